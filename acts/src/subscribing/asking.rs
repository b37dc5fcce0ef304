//! The form, and what becomes of it when somebody sends it.

use super::Visitor;
use crate::Services;
use crate::address_book::clients;
use crate::refusal::input::Problems;
use crate::refusal::{Problem, Refused};
use crate::who::accounts;
use crate::who::allowance::{self, Act, Whom};
use domain::notice::{self, Notice};
use domain::subscription::{Command, Event, Subscription, Wish, check_topics};
use domain::suppression::{Reason, Scope, Suppression};
use domain::{Decide, FullName, GroupId, Language, NoticeId, SubscriptionId, SuppressionId, UserId, group};
use eventstore::{Append, AppendError, ExecuteError, StoreError};
use projections::groups;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What people are offered who open an owner's form. Only [`form`] makes one.
#[derive(Clone, Debug)]
pub struct Form {
    owner: UserId,
    /// What the owner is called.
    pub name: FullName,
    /// The owner's language, for those whose own is not known.
    pub language: Language,
    /// The topics, in the order in which their groups were made.
    pub topics: Vec<Offered>,
}

/// A topic that people may ask for letters about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The group.
    pub id: GroupId,
    /// What it is called in public.
    pub title: String,
    /// What those get who ask for it; it may be empty.
    pub description: String,
    /// Whether it is the one that the address of the form names.
    pub named: bool,
}

/// What somebody sent with the form, as they wrote it.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The address that letters are to go to.
    pub email: String,
    /// The name that letters are to greet; it may be empty.
    pub full_name: String,
    /// The ids of the topics. What is not offered is not asked for.
    pub topics: Vec<String>,
}

/// What somebody is told who sent the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// If letters may go to that address, one with a link does. Which addresses those are, is not told.
    Heard,
    /// As many have asked for this owner's letters today as may in a day.
    TooMany {
        /// How long to wait.
        seconds: u32,
    },
}

impl Form {
    /// What somebody agrees to who asks for these topics.
    #[must_use]
    pub fn wording<'a>(&self, topics: impl IntoIterator<Item = &'a Offered>, language: Language) -> String {
        let titles: Vec<&str> = topics.into_iter().map(|topic| topic.title.as_str()).collect();
        words::subscribing::wording(self.name.as_str(), &titles, language)
    }

    /// Those of the topics that were chosen.
    fn chosen(&self, ids: &[String]) -> Result<Vec<&Offered>, Problem> {
        let ids: BTreeSet<GroupId> = ids.iter().filter_map(|id| id.parse().ok()).collect();
        let chosen: Vec<&Offered> = self.topics.iter().filter(|topic| ids.contains(&topic.id)).collect();
        check_topics(chosen.len()).map_err(|error| Problem::of(&error))?;
        Ok(chosen)
    }
}

/// The form of an owner; `None` if there is no such account, if it is blocked, or if none of its groups is a topic.
pub async fn form(services: &Services, owner: &str, topic: Option<&str>) -> Result<Option<Form>, Refused> {
    let Ok(owner) = owner.parse::<UserId>() else { return Ok(None) };
    let account = accounts::account(services, owner).await?.filter(|account| !account.blocked);
    let Some(account) = account else { return Ok(None) };
    let named: Option<GroupId> = topic.and_then(|id| id.parse().ok());
    let offered = |topic: groups::Topic| {
        let groups::Topic { id, title, description } = topic;
        Offered { id: GroupId(id), title, description, named: named == Some(GroupId(id)) }
    };
    let topics: Vec<Offered> = groups::topics(services.pool(), owner).await?.into_iter().map(offered).collect();
    if topics.is_empty() {
        return Ok(None);
    }
    Ok(Some(Form { owner, name: account.full_name, language: account.language, topics }))
}

/// Writes down what somebody asks for, and asks for the letter with the link that confirms it. Nothing comes of it before that.
///
/// An address gets one such letter an hour and three a day from an owner; who asks more often is answered as always.
pub async fn ask(services: &Services, form: &Form, visitor: &Visitor, wanted: &Wanted) -> Result<Asked, Refused> {
    let mut problems = Problems::default();
    let email = problems.take(clients::email(&wanted.email));
    let full_name = problems.take(clients::full_name(&wanted.full_name));
    let topics = problems.take(form.chosen(&wanted.topics));
    let (Some(email), Some(full_name), Some(topics)) = (email, full_name, topics) else { return Err(problems.into()) };
    let wish = Wish {
        owner: form.owner,
        email,
        full_name,
        topics: topics.iter().map(|topic| topic.id).collect(),
        wording: form.wording(topics.iter().copied(), visitor.language),
        language: visitor.language,
        at: services.now(),
        address: visitor.address,
    };
    let titles = topics.iter().filter_map(|topic| group::Name::parse(&topic.title).ok()).collect();
    allowance::take(services, Act::Subscribe, visitor.address, None).await?;
    let (owner, most) = (wish.owner.to_string(), services.quotas.bounds().subscriptions);
    let from = Whom::AccountFrom(&owner, visitor.address);
    allowance::take_all(services, Act::SubscribeTo, std::iter::once(from)).await?;
    if let Some(seconds) = allowance::take_of_day(services, Act::SubscribeTo, &owner, most).await? {
        return Ok(Asked::TooMany { seconds });
    }
    // What is used up is the same whether a letter goes there or not, so that the last one of the day tells nothing either.
    let written = accounts::alike(write(services, form, visitor, wish, titles)).await;
    if written.is_err() {
        allowance::give_back_of_day(services, Act::SubscribeTo, &owner, most).await?;
    }
    written.map(|()| Asked::Heard)
}

/// Writes down the wish, with the letter, if that address may get one now.
async fn write(
    services: &Services,
    form: &Form,
    visitor: &Visitor,
    wish: Wish,
    topics: Vec<group::Name>,
) -> Result<(), Refused> {
    let whose = format!("{} {}", wish.owner, wish.email.key());
    let whom = Whom::Account(&whose);
    for act in [Act::Subscribe, Act::SubscribeDaily] {
        if allowance::take_one(services, act, whom).await?.is_some() {
            return Ok(());
        }
    }
    if is_suppressed(services, &wish).await? {
        return Ok(());
    }
    let appended = append(services, form, visitor, wish, topics).await;
    if appended.is_err() {
        // Who asks again after an error is not kept waiting for an hour.
        for act in [Act::Subscribe, Act::SubscribeDaily] {
            allowance::give_back(services, act, whom).await?;
        }
    }
    appended
}

/// The wish and its letter, both or none.
async fn append(
    services: &Services,
    form: &Form,
    visitor: &Visitor,
    wish: Wish,
    topics: Vec<group::Name>,
) -> Result<(), Refused> {
    let (id, metadata) = (SubscriptionId(Uuid::now_v7()), visitor.metadata());
    let letter = notice::Request {
        user: wish.owner,
        kind: notice::Kind::ConfirmSubscription { subscription: id, owner_name: form.name.clone(), topics },
        to: wish.email.clone(),
        // The letter calls nobody by it: a stranger may have typed it.
        full_name: FullName::default(),
        language: wish.language,
    };
    let events: Vec<Event> = Subscription::default().decide(Command::Request(wish)).map_err(ExecuteError::Refused)?;
    let asked = Append::begin::<Subscription>(id.0, events)?;
    let notice = NoticeId(Uuid::now_v7());
    let letter = Append::begin::<Notice>(notice.0, vec![notice::Event::Requested(letter)])?;
    let letter = letter.caused_by(asked.ends_in(&metadata));
    let appended = services.store.append(&[asked, letter], &metadata).await;
    appended.map_err(AppendError::refused::<Subscription>)?;
    Ok(())
}

/// Whether no letter may go there, as somebody else than its holder has said: the owner, an administrator, or a mail server. Who has
/// left the owner's letters may come back.
async fn is_suppressed(services: &Services, wish: &Wish) -> Result<bool, StoreError> {
    let (mailbox, own) = (wish.email.key(), Scope::Owner { owner: wish.owner });
    let all = [Scope::Installation, own].into_iter().flat_map(|scope| Reason::ALL.map(|reason| (scope, reason)));
    let streams: Vec<Uuid> = all
        .filter(|which| *which != (own, Reason::Unsubscribed))
        .map(|(scope, reason)| SuppressionId::derive(scope, &mailbox, reason).0)
        .collect();
    let loaded = services.store.load_many::<Suppression>(&streams).await?;
    Ok(loaded.iter().any(|loaded| loaded.state.is_in_force(wish.at)))
}
