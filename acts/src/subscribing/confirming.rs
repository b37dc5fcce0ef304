//! The link in the letter, and what becomes of it when its button is pressed.

use super::Visitor;
use crate::refusal::{Problem, Refused};
use crate::room;
use crate::who::accounts::{self, links};
use crate::{Services, leaving};
use domain::client::{self, Card, Client, Consent, Details, Source};
use domain::group::Group;
use domain::notice::{self, Notice};
use domain::subscription::{Command, Error, Event, Subscription, Wish};
use domain::suppression::{self, Lifter, Reason, Scope, Suppression};
use domain::{ClientId, Decide, FullName, GroupId, Language, SubscriptionId, SuppressionId};
use eventstore::{Append, AppendError, EventStore, ExecuteError, Loaded};
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;
use words::quotas::Noun;

/// How many characters a token has: 32 bytes in base64.
const TOKEN: usize = 43;

/// How often it is decided again because somebody else wrote to one of its streams in between.
const ATTEMPTS: u32 = 10;

/// The proof that somebody has got a letter that asks whether they want an owner's letters. Only [`open`] makes one.
#[derive(Clone, Debug)]
pub struct Link {
    token: String,
    subscription: SubscriptionId,
    wish: Wish,
    standing: Standing,
    owner_name: FullName,
    topics: Vec<String>,
}

/// How far what a link is for has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can be confirmed.
    Open,
    /// It is confirmed.
    Confirmed,
    /// Nobody has confirmed it in time.
    Expired,
    /// What was asked for is no longer offered.
    Gone,
}

/// What somebody has asked for, for the one who got the letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What the owner was called when the letter was asked for; it may be empty.
    pub owner: String,
    /// The titles of the topics, as they were then.
    pub topics: Vec<String>,
    /// The address, so that its holder knows it and nobody else learns it: `a•••@e•••.org`.
    pub masked: String,
    /// What whoever presses the button agrees to.
    pub wording: String,
    /// The language of these words.
    pub language: Language,
    /// How far it has come.
    pub standing: Standing,
    /// Whether they have left the owner's letters as a whole, which the button takes back.
    pub has_left: bool,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// Letters come from now on; or they were asked for by this link before, and what is so by now stays.
    Done,
    /// It was too late.
    Expired,
    /// What was asked for is no longer offered.
    Gone,
    /// The owner's address book takes nobody any more.
    Full,
}

/// What a token opens; `None` if it is none of ours. An error means that it could not be read whether it is.
pub async fn open(services: &Services, token: &str) -> Result<Option<Link>, Refused> {
    let looks = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    // Whoever tries their luck costs no look into a table.
    if token.len() != TOKEN || !token.bytes().all(looks) {
        return Ok(None);
    }
    let found = links::letter_of(services, links::Kind::ConfirmSubscription, token).await?;
    let Some((letter, works)) = found else { return Ok(None) };
    let sending = match services.store.load::<Notice>(letter.0).await?.state {
        Notice::Absent => return Ok(None),
        Notice::Waiting(sending) | Notice::InFlight(sending) | Notice::Settled(sending, _) => sending,
    };
    let notice::Kind::ConfirmSubscription { subscription, owner_name, topics } = sending.request.kind else {
        return Ok(None);
    };
    let (wish, standing) = match services.store.load::<Subscription>(subscription.0).await?.state {
        Subscription::Absent => return Ok(None),
        Subscription::Confirmed { wish, .. } => (wish, Standing::Confirmed),
        Subscription::Requested(wish) if !works || wish.has_expired(services.now()) => (wish, Standing::Expired),
        Subscription::Requested(wish) => (wish, Standing::Open),
    };
    let topics = topics.iter().map(|title| title.as_str().to_owned()).collect();
    Ok(Some(Link { token: token.to_owned(), subscription, wish, standing, owner_name, topics }))
}

/// What was asked for, and how far it has come. It changes nothing.
pub async fn seen(services: &Services, link: &Link) -> Result<Seen, Refused> {
    let standing = match link.standing {
        Standing::Open if offered(services, &link.wish).await?.is_empty() => Standing::Gone,
        standing => standing,
    };
    let stream = leaving_all(&link.wish);
    let has_left = standing == Standing::Open
        && matches!(services.store.load::<Suppression>(stream).await?.state, Suppression::Active(_));
    Ok(Seen {
        owner: link.owner_name.as_str().to_owned(),
        topics: link.topics.clone(),
        masked: leaving::masked(link.wish.email.as_str()),
        wording: link.wish.wording.clone(),
        language: link.wish.language,
        standing,
        has_left,
    })
}

/// Whoever has the letter wants what was asked for. They are in the owner's address book from then on, with their consents; what they
/// have left themselves of the owner's letters comes again, but for topics that they left with all the others and do not ask for now. All
/// of it is written at once, so that the link works until it is done; doing it again changes nothing.
pub async fn confirm(services: &Services, link: &Link, visitor: &Visitor) -> Result<Confirmed, Refused> {
    if link.standing == Standing::Expired {
        return Ok(Confirmed::Expired);
    }
    let confirmed = fulfil(services, link.subscription, visitor).await?;
    if confirmed == Confirmed::Done {
        links::used(services, &link.token).await?;
    }
    Ok(confirmed)
}

async fn fulfil(services: &Services, id: SubscriptionId, visitor: &Visitor) -> Result<Confirmed, Refused> {
    for attempt in 1..=ATTEMPTS {
        let loaded = services.store.load::<Subscription>(id.0).await?;
        let wish = match &loaded.state {
            Subscription::Absent => return Ok(Confirmed::Gone),
            Subscription::Confirmed { .. } => return Ok(Confirmed::Done),
            Subscription::Requested(wish) => wish.clone(),
        };
        let topics = offered(services, &wish).await?;
        if topics.is_empty() {
            return Ok(Confirmed::Gone);
        }
        let (client, card) = client_of(services, id, &wish).await?;
        let (now, address) = (services.now(), visitor.address);
        let events: Vec<Event> = match loaded.state.decide(Command::Confirm { at: now, address, client }) {
            Ok(events) => events,
            Err(Error::Expired) => return Ok(Confirmed::Expired),
            Err(error) => return Err(Problem::of(&error).into()),
        };
        let is_new = !matches!(card.state, Client::Present(_));
        if is_new && room::full::<Client>(services, wish.owner, Noun::Client, client.0).await?.is_some() {
            return Ok(Confirmed::Full);
        }
        let metadata = visitor.metadata().caused_by(loaded.last);
        let Lifted { appends: lifted, all } = coming_back(services, &wish, &topics).await?;
        let mut commands = joining(&wish, &topics, is_new, id);
        if let Client::Present(card) = &card.state
            && all
        {
            commands.extend(staying_away(services, &wish, card, &topics).await?);
        }
        commands.extend(consenting(&wish, &topics, id).into_iter().flat_map(|consent| {
            let (by, topic) = (wish.owner, consent.topic);
            let given = client::Command::GiveConsent { by, consent };
            [given, client::Command::ConfirmConsent { by, topic, at: now, address }]
        }));
        let joined = card.state.decide_all(commands).map_err(ExecuteError::Refused)?;
        let mut appends = vec![Append::new(client.0, card, joined)?];
        appends.extend(lifted);
        appends.push(Append::new(id.0, loaded, events)?);
        match services.store.append(&appends, &metadata).await {
            Ok(_) => return Ok(Confirmed::Done),
            Err(AppendError::Conflict | AppendError::Claimed(_)) => {
                tokio::time::sleep(Duration::from_millis(1 << attempt)).await;
            }
            Err(error) => return Err(error.refused::<Subscription>().into()),
        }
    }
    Err(ExecuteError::<Error>::Conflict.into())
}

/// Those of the topics that people can still subscribe to; none if the owner's account is blocked.
async fn offered(services: &Services, wish: &Wish) -> Result<BTreeSet<GroupId>, Refused> {
    let account = accounts::account(services, wish.owner).await?;
    if account.is_none_or(|account| account.blocked) {
        return Ok(BTreeSet::new());
    }
    let ids: Vec<Uuid> = wish.topics.iter().map(|topic| topic.0).collect();
    let loaded = services.store.load_many::<Group>(&ids).await?;
    let there = wish.topics.iter().zip(loaded).filter(
        |(_, loaded)| matches!(&loaded.state, Group::Present { owner, topic: Some(_), .. } if *owner == wish.owner),
    );
    Ok(there.map(|(topic, _)| *topic).collect())
}

/// The client of the owner's who has the address; if there is none, the one who is to be added.
async fn client_of(
    services: &Services,
    id: SubscriptionId,
    wish: &Wish,
) -> Result<(ClientId, Loaded<Client>), Refused> {
    let claim = client::email_claim(wish.owner, &wish.email);
    let values: Vec<String> = claim.spellings().map(|spelling| spelling.value).collect();
    let holders = EventStore::holders(services.store.pool(), claim.kind, &claim.scope, &values).await?;
    if let Some((_, holder)) = holders.first() {
        let loaded = services.store.load::<Client>(*holder).await?;
        // It may have been removed just now.
        if matches!(loaded.state, Client::Present(_)) {
            return Ok((ClientId(*holder), loaded));
        }
    }
    let added = ClientId::of_subscription(id);
    Ok((added, services.store.load::<Client>(added.0).await?))
}

/// How the client comes into the groups. One who is there keeps what the address book says of them: a stranger may have typed the name.
fn joining(wish: &Wish, topics: &BTreeSet<GroupId>, is_new: bool, id: SubscriptionId) -> Vec<client::Command> {
    if !is_new {
        let join = |group: &GroupId| client::Command::JoinGroup { by: wish.owner, group: *group };
        return topics.iter().map(join).collect();
    }
    let details = Details {
        email: wish.email.clone(),
        full_name: wish.full_name.clone(),
        first_name: FullName::default(),
        last_name: FullName::default(),
        comment: String::new(),
        fields: client::Fields::default(),
    };
    let source = Source::Form { subscription: id };
    vec![client::Command::Add { owner: wish.owner, details, groups: topics.clone(), source }]
}

/// What the client has agreed to, topic by topic.
fn consenting(wish: &Wish, topics: &BTreeSet<GroupId>, id: SubscriptionId) -> Vec<Consent> {
    let consent = |topic: &GroupId| Consent {
        topic: Some(*topic),
        wording: wish.wording.clone(),
        at: wish.at,
        source: Source::Form { subscription: id },
        address: wish.address,
    };
    topics.iter().map(consent).collect()
}

/// The stream in which it stands whether whoever has the address has left all that the owner sends.
fn leaving_all(wish: &Wish) -> Uuid {
    SuppressionId::derive(Scope::Owner { owner: wish.owner }, &wish.email.key(), Reason::Unsubscribed).0
}

/// What a client leaves who had left all letters and comes back for some topics: the others that they still belong to, and agree to no
/// longer. Whoever asks for one topic has not asked for those. Groups that are no topics are the owner's own matter.
async fn staying_away(
    services: &Services,
    wish: &Wish,
    card: &Card,
    topics: &BTreeSet<GroupId>,
) -> Result<Vec<client::Command>, Refused> {
    let others = others(card, topics);
    let ids: Vec<Uuid> = others.iter().map(|group| group.0).collect();
    let loaded = services.store.load_many::<Group>(&ids).await?;
    let public = others
        .into_iter()
        .zip(loaded)
        .filter(|(_, group)| matches!(group.state, Group::Present { topic: Some(_), .. }));
    Ok(public.map(|(group, _)| client::Command::LeaveGroup { by: wish.owner, group }).collect())
}

/// The groups of a client's beside these topics whose letters they do not agree to.
fn others(card: &Card, topics: &BTreeSet<GroupId>) -> Vec<GroupId> {
    let agrees = |group: &GroupId| {
        card.consent(Some(*group)).is_some_and(|standing| standing.state() != client::State::Withdrawn)
    };
    card.groups.difference(topics).copied().filter(|group| !agrees(group)).collect()
}

/// What is taken back of what somebody has left.
struct Lifted {
    appends: Vec<Append>,
    /// Whether they had left all that the owner sends.
    all: bool,
}

/// Takes back what the recipient has left by their own wish: the owner's letters, and those of the topics. What anybody else has
/// suppressed stays.
async fn coming_back(services: &Services, wish: &Wish, topics: &BTreeSet<GroupId>) -> Result<Lifted, Refused> {
    let (owner, mailbox) = (wish.owner, wish.email.key());
    let topics = topics.iter().map(|group| Scope::Topic { owner, group: *group });
    let scopes = [Scope::Owner { owner }].into_iter().chain(topics);
    let streams: Vec<Uuid> =
        scopes.map(|scope| SuppressionId::derive(scope, &mailbox, Reason::Unsubscribed).0).collect();
    let mut lifted = Lifted { appends: Vec::new(), all: false };
    for (stream, loaded) in streams.iter().zip(services.store.load_many::<Suppression>(&streams).await?) {
        let lift = suppression::Command::Lift { by: Lifter::Recipient, why: None, at: services.now() };
        match loaded.state.decide(lift) {
            Ok(events) if events.is_empty() => {}
            Ok(events) => {
                lifted.all |= *stream == leaving_all(wish);
                lifted.appends.push(Append::new(*stream, loaded, events)?);
            }
            // It was never left.
            Err(suppression::Error::NotFound) => {}
            Err(error) => return Err(Problem::of(&error).into()),
        }
    }
    Ok(lifted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};
    use domain::{EmailAddress, UserId};

    const ID: SubscriptionId = SubscriptionId(Uuid::from_u128(1));
    const NEWS: GroupId = GroupId(Uuid::from_u128(2));

    fn wish() -> Wish {
        Wish {
            owner: UserId(Uuid::from_u128(3)),
            email: EmailAddress::parse("anna@example.com").expect("an address"),
            full_name: FullName::parse("Anna").expect("a name"),
            topics: BTreeSet::from([NEWS]),
            wording: "Yes".to_owned(),
            language: Language::En,
            at: DateTime::<Utc>::UNIX_EPOCH,
            address: None,
        }
    }

    #[test]
    fn who_is_there_keeps_their_details_and_joins() {
        let [there, new] = [false, true].map(|is_new| joining(&wish(), &BTreeSet::from([NEWS]), is_new, ID));
        assert!(matches!(&there[..], [client::Command::JoinGroup { group: NEWS, .. }]), "{there:?}");
        let [client::Command::Add { details, groups, source, .. }] = &new[..] else { panic!("{new:?}") };
        assert_eq!((details.full_name.as_str(), groups), ("Anna", &BTreeSet::from([NEWS])));
        assert_eq!(*source, Source::Form { subscription: ID });
    }

    #[test]
    fn who_had_left_everything_comes_back_to_what_they_ask_for_and_to_what_they_agree_to() {
        let [weather, offers] = [4, 5].map(|id| GroupId(Uuid::from_u128(id)));
        let standing = |topic, withdrawn_at| client::Standing {
            consent: Consent { topic: Some(topic), ..consenting(&wish(), &BTreeSet::from([NEWS]), ID).remove(0) },
            confirmed_at: None,
            withdrawn_at,
        };
        let card = Card {
            owner: wish().owner,
            email: wish().email,
            full_name: FullName::default(),
            first_name: FullName::default(),
            last_name: FullName::default(),
            comment: String::new(),
            groups: BTreeSet::from([NEWS, weather, offers]),
            fields: client::Fields::default(),
            source: None,
            consents: vec![standing(weather, Some(wish().at)), standing(offers, None)],
        };
        assert_eq!(others(&card, &BTreeSet::from([NEWS])), [weather]);
        assert_eq!(others(&card, &BTreeSet::new()), [NEWS, weather]);
    }

    #[test]
    fn a_consent_is_that_of_the_moment_in_which_it_was_asked_for() {
        let consents = consenting(&wish(), &BTreeSet::from([NEWS]), ID);
        let [consent] = &consents[..] else { panic!("{consents:?}") };
        assert_eq!((consent.topic, consent.at, consent.wording.as_str()), (Some(NEWS), wish().at, "Yes"));
        assert_eq!(consent.source, Source::Form { subscription: ID });
    }
}
