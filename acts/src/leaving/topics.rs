//! Topics: the groups that an owner has made public, of which the recipient of a letter chooses those that they want.

use super::link::{Link, Which, owner};
use super::standing::{Left, left, lift, suppress};
use crate::Services;
use crate::refusal::Refused;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::client::{self, Card, Client, Command, Consent, Standing, State};
use domain::group::{self, Group};
use domain::mailing::{Audience, Kind, Mailing};
use domain::segment::Segment;
use domain::suppression::{Suppression, Way};
use domain::{ClientId, GroupId, Language, Periodicity, UserId};
use eventstore::{EventStore, ExecuteError, Loaded};
use projections::groups;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use words::screens::leaving::Leaving as Words;

/// How many topics a recipient is offered; the first ones, if an owner has more.
const MOST: usize = 100;

/// How many bytes of a hash tell one wording from another.
const FINGERPRINT: usize = 9;

/// A topic as the recipient of a letter is offered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The group that it is.
    pub id: GroupId,
    /// What it is called in public.
    pub title: String,
    /// What those get who want it; it may be empty.
    pub description: String,
    /// Whether the recipient gets its letters: belongs to the group, and has not left the topic.
    pub gets: bool,
    /// Whether the letter was of the topic, so that leaving it is leaving such letters.
    pub of_mailing: bool,
    /// Whether it is public now. Whoever leaves one that is not cannot come back by themselves.
    pub is_open: bool,
}

/// Which topics a recipient wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// The topics that they could choose from. All others stay as they are.
    pub shown: BTreeSet<GroupId>,
    /// Those that they want, each with the [`fingerprint`] of the words beside it.
    pub ticked: BTreeMap<GroupId, String>,
}

/// What came of what a recipient asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is written.
    Done,
    /// What was to be left is left. Nothing was joined: the address is not in the owner's address book any more.
    NotThere,
    /// What was to be left is left. Nothing was joined: the recipient gets no letters of the owner at all, by their own wish.
    LeftAll,
    /// What was to be left is left. Nothing was joined: something that was wanted is not offered any more, or in other words.
    Changed,
    /// Nothing is written: the topic is none of the owner's that the recipient could leave.
    Unknown,
}

/// What tells one wording of a consent from another: whoever agrees says by it which words they have read.
#[must_use]
pub fn fingerprint(wording: &str) -> String {
    let digest = Sha256::digest(wording.as_bytes());
    URL_SAFE_NO_PAD.encode(digest.iter().copied().take(FINGERPRINT).collect::<Vec<u8>>())
}

/// Where a recipient stands with the letter's owner at this moment.
pub(super) struct Place {
    /// Whoever has the letter's address in the owner's address book.
    client: Option<(ClientId, Card)>,
    /// The groups that the audience of the letter's mailing names, by itself or by a segment.
    named: BTreeSet<GroupId>,
    /// Whether leaving stops letters of that mailing.
    is_bulk: bool,
    /// Whether it sends more than once.
    recurs: bool,
}

impl Place {
    pub(super) async fn of(services: &Services, link: &Link) -> Result<Self, Refused> {
        let client = client_of(services, link).await?;
        Ok(match services.store.load::<Mailing>(link.mailing.0).await?.state {
            Mailing::Planned { plan, .. } => Self {
                client,
                is_bulk: plan.kind == Kind::Bulk,
                recurs: plan.periodicity != Periodicity::Once,
                named: named(services, plan.audience).await?,
            },
            Mailing::Absent | Mailing::Deleted { .. } => {
                Self { client, named: BTreeSet::new(), is_bulk: false, recurs: false }
            }
        })
    }

    /// Whether the recipient can come to a topic.
    pub(super) fn may_join(&self) -> bool {
        self.client.is_some()
    }

    /// Whether the mailing is left by itself. Leaving stops no transactional mailing, so that there is nothing to leave of it alone.
    pub(super) fn mailing_alone(&self, offered: &[Topic]) -> bool {
        self.is_bulk && self.recurs && !offered.iter().any(|topic| topic.of_mailing)
    }

    fn belongs(&self, topic: GroupId) -> bool {
        self.client.as_ref().is_some_and(|(_, card)| card.groups.contains(&topic))
    }

    fn agrees(&self, topic: GroupId) -> bool {
        let standing = self.client.as_ref().and_then(|(_, card)| card.consent(Some(topic)));
        standing.is_some_and(is_in_force)
    }

    /// The topics that the recipient is offered, those of the mailing first.
    pub(super) async fn topics(&self, services: &Services, link: &Link) -> Result<Vec<Topic>, Refused> {
        let public =
            groups::topics(services.pool(), link.owner).await?.into_iter().take(MOST).map(|row| GroupId(row.id));
        let mut asked = BTreeSet::new();
        let own = self.named.iter().copied().filter(|group| self.belongs(*group));
        let ids: Vec<GroupId> = own.chain(public).filter(|group| asked.insert(*group)).collect();
        let streams: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let groups = services.store.load_many::<Group>(&streams).await?;
        let streams: Vec<Uuid> = ids.iter().map(|id| link.stream(Which::Topic(*id))).collect();
        let left = services.store.load_many::<Suppression>(&streams).await?;
        let mut topics = Vec::new();
        for ((id, Loaded { state: group, .. }), left) in ids.into_iter().zip(groups).zip(left) {
            let has_left = matches!(left.state, Suppression::Active(_));
            let was =
                if self.may_be_closed(link.owner, id, &group, has_left) { last(services, id).await? } else { None };
            topics.extend(self.offered(link.owner, id, &group, was, has_left));
        }
        topics.sort_by_key(|topic| !topic.of_mailing);
        topics.truncate(MOST);
        Ok(topics)
    }

    /// Whether a group that is not public is offered all the same, if it once was: to be left by those who are in it by the mailing.
    fn may_be_closed(&self, owner: UserId, id: GroupId, group: &Group, has_left: bool) -> bool {
        let is_private = matches!(group, Group::Present { owner: of, topic: None, .. } if *of == owner);
        is_private && !has_left && self.named.contains(&id) && self.belongs(id)
    }

    /// A group as a topic that the recipient is offered, if it is one. `was` is what a group that is not public any more was at last.
    fn offered(
        &self,
        owner: UserId,
        id: GroupId,
        group: &Group,
        was: Option<group::Topic>,
        has_left: bool,
    ) -> Option<Topic> {
        let Group::Present { owner: of, topic, .. } = group else { return None };
        if *of != owner {
            return None;
        }
        let is_open = topic.is_some();
        let was = was.filter(|_| self.may_be_closed(owner, id, group, has_left));
        let group::Topic { title, description } = topic.clone().or(was)?;
        let belongs = self.belongs(id);
        Some(Topic {
            id,
            title: title.as_str().to_owned(),
            description: description.as_str().to_owned(),
            gets: belongs && !has_left,
            of_mailing: self.is_bulk && self.named.contains(&id) && (belongs || has_left),
            is_open,
        })
    }

    /// Whether the recipient can leave a group: one that is public, or that they have to do with.
    pub(super) async fn knows(&self, services: &Services, link: &Link, topic: GroupId) -> Result<bool, Refused> {
        let group = services.store.load::<Group>(topic.0).await?.state;
        Ok(self.may_leave(link.owner, topic, &group))
    }

    fn may_leave(&self, owner: UserId, id: GroupId, group: &Group) -> bool {
        let concerns = self.named.contains(&id) || self.belongs(id);
        match group {
            Group::Present { owner: of, topic, .. } => *of == owner && (concerns || topic.is_some()),
            Group::Deleted { owner: of } => *of == owner && concerns,
            Group::Absent => false,
        }
    }

    /// What follows in the address book from leaving topics. They are suppressed already, which counts without it.
    pub(super) async fn left_topics(
        &self,
        services: &Services,
        link: &Link,
        topics: &[GroupId],
    ) -> Result<(), Refused> {
        let Some((client, _)) = &self.client else { return Ok(()) };
        let (by, at) = (link.owner, services.now());
        let commands = topics.iter().flat_map(|topic| {
            let withdraw = Command::WithdrawConsent { by, topic: Some(*topic), at, source: link.source() };
            [Command::LeaveGroup { by, group: *topic }, withdraw]
        });
        tell(services, link, *client, commands.collect()).await?;
        Ok(())
    }

    /// Those of the topics that the recipient could have chosen which they do not want, and have or agree to.
    fn unwanted(&self, choice: &Choice) -> Vec<GroupId> {
        let unticked = choice.shown.iter().copied().filter(|topic| !choice.ticked.contains_key(topic));
        unticked.filter(|topic| self.belongs(*topic) || self.agrees(*topic)).collect()
    }
}

/// The groups that an audience names, by itself or by its segments: those whose letters its letters are.
async fn named(services: &Services, audience: Audience) -> Result<BTreeSet<GroupId>, Refused> {
    let mut named = audience.groups;
    let segments: Vec<Uuid> = audience.segments.iter().map(|segment| segment.0).collect();
    if segments.is_empty() {
        return Ok(named);
    }
    for Loaded { state, .. } in services.store.load_many::<Segment>(&segments).await? {
        if let Segment::Present { filter, .. } = state {
            named.extend(filter.topics());
        }
    }
    Ok(named)
}

/// Whoever has the letter's address in its owner's address book now: the client to whom it went, or another one who got the address
/// since. Whoever holds the link answers for that address and for no other one.
async fn client_of(services: &Services, link: &Link) -> Result<Option<(ClientId, Card)>, Refused> {
    if let Some(found) = card_of(services, link, link.client).await? {
        return Ok(Some(found));
    }
    let claim = client::email_claim(link.owner, &link.email());
    let spellings: Vec<String> = claim.spellings().map(|claim| claim.value).collect();
    let holders = EventStore::holders(services.pool(), claim.kind, &claim.scope, &spellings).await?;
    match holders.into_iter().next() {
        Some((_, other)) => card_of(services, link, ClientId(other)).await,
        None => Ok(None),
    }
}

async fn card_of(services: &Services, link: &Link, id: ClientId) -> Result<Option<(ClientId, Card)>, Refused> {
    Ok(match services.store.load::<Client>(id.0).await?.state {
        Client::Present(card) if card.owner == link.owner && card.email.key() == link.email().key() => Some((id, card)),
        Client::Present(_) | Client::Absent | Client::Deleted { .. } => None,
    })
}

/// What a group was in public at last, if it ever was.
async fn last(services: &Services, id: GroupId) -> Result<Option<group::Topic>, Refused> {
    let events = services.store.events_after::<Group>(id.0, 0).await?;
    Ok(events.into_iter().rev().find_map(|event| match event {
        group::Event::Published(topic) => Some(topic),
        group::Event::Created { .. }
        | group::Event::Renamed { .. }
        | group::Event::Unpublished
        | group::Event::Deleted => None,
    }))
}

/// What follows in the address book from leaving everything: the client agrees to nothing any longer. It is suppressed already, which
/// counts without it.
pub(super) async fn left_all(services: &Services, link: &Link) -> Result<(), Refused> {
    let Some((client, card)) = client_of(services, link).await? else { return Ok(()) };
    let (by, at) = (link.owner, services.now());
    let agreed = card.consents.iter().filter(|standing| is_in_force(standing));
    let commands = agreed.map(|standing| Command::WithdrawConsent {
        by,
        topic: standing.consent.topic,
        at,
        source: link.source(),
    });
    tell(services, link, client, commands.collect()).await?;
    Ok(())
}

fn is_in_force(standing: &Standing) -> bool {
    standing.state() != State::Withdrawn
}

/// Writes what a client has said, all of it or nothing; `false` if the client was deleted a moment ago.
async fn tell(services: &Services, link: &Link, client: ClientId, commands: Vec<Command>) -> Result<bool, Refused> {
    if commands.is_empty() {
        return Ok(true);
    }
    let metadata = link.metadata();
    let told = services.store.execute_all::<Client>(client.0, None, commands, |_| Ok(None), &metadata).await;
    match told {
        Ok(_) => Ok(true),
        Err(ExecuteError::Refused(client::Error::NotFound)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Leaves the topics that were shown and are not wanted, and then joins those that are wanted and that the recipient does not get. A
/// topic that they get already says nothing new: nobody agrees by a box that somebody else has ticked. `told` is the language of the
/// page, if its reader has told one; else it was the owner's.
pub async fn choose(
    services: &Services,
    link: &Link,
    choice: &Choice,
    told: Option<Language>,
) -> Result<Outcome, Refused> {
    let place = Place::of(services, link).await?;
    let unwanted = place.unwanted(choice);
    for topic in &unwanted {
        suppress(services, link, Which::Topic(*topic), Way::Page).await?;
    }
    place.left_topics(services, link, &unwanted).await?;
    if choice.ticked.is_empty() {
        return Ok(Outcome::Done);
    }
    let (owner, language) = owner(services, link).await?;
    let offered = place.topics(services, link).await?;
    let joined = joined(&offered, choice, |title| Words::of(told.unwrap_or(language)).wording(title, &owner));
    if joined.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Outcome::Done);
    }
    let Some((client, card)) = &place.client else { return Ok(Outcome::NotThere) };
    if left(services, link).await? == Left::Owner {
        return Ok(Outcome::LeftAll);
    }
    let Some(joined) = joined else { return Ok(Outcome::Changed) };
    let topics: Vec<GroupId> = joined.iter().map(|(topic, _)| *topic).collect();
    let commands = joined.into_iter().flat_map(|(topic, wording)| joins(services, link, card, topic, wording));
    if !tell(services, link, *client, commands.collect()).await? {
        return Ok(Outcome::NotThere);
    }
    for topic in topics {
        lift(services, link, Which::Topic(topic)).await?;
    }
    Ok(Outcome::Done)
}

/// The topics that are wanted and that the recipient does not get, each with the words that they agree to; `None` if one of them is
/// not offered any more, or not in the words that they have read.
fn joined(offered: &[Topic], choice: &Choice, wording: impl Fn(&str) -> String) -> Option<Vec<(GroupId, String)>> {
    let mut joined = Vec::new();
    for (id, read) in &choice.ticked {
        let topic = offered.iter().find(|topic| topic.id == *id)?;
        if topic.gets {
            continue;
        }
        let wording = wording(&topic.title);
        if !topic.is_open || fingerprint(&wording) != *read {
            return None;
        }
        joined.push((*id, wording));
    }
    Some(joined)
}

/// What a client says who joins a topic. The link came by letter to their address, so what they agree to is confirmed by that. What
/// they have said already with the same letter is not said twice.
fn joins(services: &Services, link: &Link, card: &Card, topic: GroupId, wording: String) -> Vec<Command> {
    let (by, at, source) = (link.owner, services.now(), link.source());
    let mut commands = vec![Command::JoinGroup { by, group: topic }];
    if !card.consent(Some(topic)).is_some_and(|standing| says(standing, &wording, &source)) {
        let consent = Consent { topic: Some(topic), wording, at, source, address: None };
        commands.push(Command::GiveConsent { by, consent });
        commands.push(Command::ConfirmConsent { by, topic: Some(topic), at, address: None });
    }
    commands
}

/// Whether a consent in force is to these words, and came with this letter.
fn says(standing: &Standing, wording: &str, source: &client::Source) -> bool {
    standing.state() == State::Confirmed && standing.consent.wording == wording && standing.consent.source == *source
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use domain::{EmailAddress, FullName, RunId};

    const ANN: UserId = UserId(Uuid::from_u128(1));
    const BOB: UserId = UserId(Uuid::from_u128(2));
    const NEWS: GroupId = GroupId(Uuid::from_u128(3));
    const OFFERS: GroupId = GroupId(Uuid::from_u128(4));

    fn called(title: &str) -> group::Topic {
        let title = group::Name::parse(title).expect("a title");
        group::Topic { title, description: group::Description::parse("Once a week").expect("it is short") }
    }

    fn group(owner: UserId, topic: Option<group::Topic>) -> Group {
        Group::Present { owner, name: group::Name::parse("Regulars who complain").expect("a name"), topic }
    }

    fn consent(topic: Option<GroupId>, withdrawn: bool) -> Standing {
        let source = client::Source::Letter { run: RunId(Uuid::nil()), ordinal: 7 };
        let at = DateTime::UNIX_EPOCH;
        Standing {
            consent: Consent { topic, wording: "Yes".to_owned(), at, source, address: None },
            confirmed_at: Some(at),
            withdrawn_at: withdrawn.then_some(at),
        }
    }

    /// A recipient who is in these groups, of a mailing to the news.
    fn place(groups: &[GroupId], consents: Vec<Standing>) -> Place {
        let card = Card {
            owner: ANN,
            email: EmailAddress::parse("anna@example.org").expect("an address"),
            full_name: FullName::default(),
            first_name: FullName::default(),
            last_name: FullName::default(),
            comment: String::new(),
            groups: groups.iter().copied().collect(),
            fields: client::Fields::default(),
            source: None,
            consents,
        };
        let client = Some((ClientId(Uuid::from_u128(5)), card));
        Place { client, named: BTreeSet::from([NEWS]), is_bulk: true, recurs: true }
    }

    fn nobody() -> Place {
        Place { client: None, ..place(&[], vec![]) }
    }

    #[test]
    fn whoever_is_in_a_topic_and_has_not_left_it_gets_it() {
        let public = group(ANN, Some(called("News")));
        for (place, id, has_left, gets, of_mailing) in [
            (place(&[NEWS], vec![]), NEWS, false, true, true),
            (place(&[NEWS], vec![]), NEWS, true, false, true),
            (place(&[], vec![]), NEWS, true, false, true),
            (place(&[], vec![]), NEWS, false, false, false),
            (place(&[OFFERS], vec![]), OFFERS, false, true, false),
            (nobody(), NEWS, false, false, false),
            (nobody(), NEWS, true, false, true),
        ] {
            let topic = place.offered(ANN, id, &public, None, has_left).expect("it is public");
            assert_eq!((topic.title.as_str(), topic.description.as_str()), ("News", "Once a week"));
            assert_eq!((topic.gets, topic.of_mailing, topic.is_open), (gets, of_mailing, true), "{id} {has_left}");
        }
        let receipts = Place { is_bulk: false, ..place(&[NEWS], vec![]) };
        let topic = receipts.offered(ANN, NEWS, &public, None, false).expect("it is public");
        assert!(topic.gets && !topic.of_mailing, "leaving it stops no transactional mailing");
    }

    #[test]
    fn a_topic_that_is_not_public_any_more_is_there_to_be_left_by_those_who_are_in_it_by_the_mailing() {
        let (closed, was) = (group(ANN, None), || Some(called("News")));
        let topic = place(&[NEWS], vec![]).offered(ANN, NEWS, &closed, was(), false).expect("it was public");
        assert_eq!((topic.title.as_str(), topic.gets, topic.of_mailing, topic.is_open), ("News", true, true, false));
        for (place, id, was, has_left) in [
            (place(&[NEWS], vec![]), NEWS, None, false),
            (place(&[NEWS], vec![]), NEWS, was(), true),
            (place(&[], vec![]), NEWS, was(), false),
            (place(&[OFFERS], vec![]), OFFERS, was(), false),
            (nobody(), NEWS, was(), false),
        ] {
            assert_eq!(
                place.offered(ANN, id, &closed, was, has_left),
                None,
                "nobody reads what it is called in private"
            );
        }
    }

    #[test]
    fn another_owners_topics_are_not_there() {
        let theirs = group(BOB, Some(called("News")));
        let place = place(&[NEWS], vec![]);
        for group in [theirs.clone(), Group::Absent, Group::Deleted { owner: ANN }, Group::Deleted { owner: BOB }] {
            assert_eq!(place.offered(ANN, NEWS, &group, Some(called("News")), false), None, "{group:?}");
        }
        assert!(!place.may_leave(ANN, NEWS, &theirs) && !place.may_leave(ANN, NEWS, &Group::Absent));
    }

    #[test]
    fn whatever_is_public_or_concerns_the_recipient_can_be_left() {
        let (public, private) = (group(ANN, Some(called("Offers"))), group(ANN, None));
        assert!(nobody().may_leave(ANN, OFFERS, &public));
        assert!(!nobody().may_leave(ANN, OFFERS, &private), "whoever guesses an id leaves nothing");
        assert!(place(&[OFFERS], vec![]).may_leave(ANN, OFFERS, &private));
        assert!(nobody().may_leave(ANN, NEWS, &private), "the mailing names it");
        let (gone, theirs) = (Group::Deleted { owner: ANN }, Group::Deleted { owner: BOB });
        assert!(nobody().may_leave(ANN, NEWS, &gone) && !nobody().may_leave(ANN, NEWS, &theirs));
    }

    #[test]
    fn the_mailing_is_left_by_itself_where_no_topic_of_it_could_be() {
        let (place, public) = (place(&[NEWS], vec![]), group(ANN, Some(called("News"))));
        let topics: Vec<Topic> = place.offered(ANN, NEWS, &public, None, false).into_iter().collect();
        assert!(!place.mailing_alone(&topics) && place.mailing_alone(&[]));
        assert!(!Place { recurs: false, ..nobody() }.mailing_alone(&[]));
        assert!(!Place { is_bulk: false, ..nobody() }.mailing_alone(&[]));
    }

    #[test]
    fn what_was_shown_and_is_not_ticked_is_left_if_there_is_anything_to_leave() {
        let choice = |shown: &[GroupId], ticked: &[GroupId]| Choice {
            shown: shown.iter().copied().collect(),
            ticked: ticked.iter().map(|topic| (*topic, String::new())).collect(),
        };
        let both = [NEWS, OFFERS];
        assert_eq!(place(&[NEWS], vec![]).unwanted(&choice(&both, &[])), [NEWS]);
        assert_eq!(place(&both, vec![]).unwanted(&choice(&both, &[NEWS])), [OFFERS]);
        assert!(place(&both, vec![]).unwanted(&choice(&[NEWS], &[NEWS])).is_empty(), "what was not shown stays");
        assert!(nobody().unwanted(&choice(&both, &[])).is_empty());
        let agreed = |withdrawn| place(&[], vec![consent(Some(OFFERS), withdrawn)]);
        assert_eq!(agreed(false).unwanted(&choice(&both, &[])), [OFFERS], "a consent outlives the group");
        assert!(agreed(true).unwanted(&choice(&both, &[])).is_empty());
    }

    #[test]
    fn nobody_joins_what_they_get_already_or_have_read_in_other_words() {
        let topic = |id, gets, is_open| Topic {
            id,
            title: "News".to_owned(),
            description: String::new(),
            gets,
            of_mailing: false,
            is_open,
        };
        let wording = |title: &str| format!("I want {title}");
        let read = fingerprint("I want News");
        let ticked =
            |read: &str| Choice { shown: BTreeSet::from([NEWS]), ticked: BTreeMap::from([(NEWS, read.to_owned())]) };
        let ask = |offered: &[Topic], read: &str| joined(offered, &ticked(read), wording);
        assert_eq!(ask(&[topic(NEWS, false, true)], &read), Some(vec![(NEWS, "I want News".to_owned())]));
        assert_eq!(ask(&[topic(NEWS, true, true)], "anything"), Some(vec![]));
        assert_eq!(ask(&[topic(NEWS, true, false)], &read), Some(vec![]));
        assert_eq!(ask(&[topic(NEWS, false, true)], &fingerprint("I want Offers")), None);
        assert_eq!(ask(&[topic(NEWS, false, false)], &read), None);
        assert_eq!(ask(&[topic(OFFERS, false, true)], &read), None);
    }

    #[test]
    fn a_fingerprint_goes_into_a_form_and_tells_wordings_apart() {
        let of = fingerprint("I want News");
        assert!(of.len() == 12 && of.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{of}");
        assert_eq!(of, fingerprint("I want News"));
        assert_ne!(of, fingerprint("I want news"));
    }

    #[test]
    fn the_same_letter_says_the_same_once() {
        let given = consent(Some(NEWS), false);
        let letter = |ordinal| client::Source::Letter { run: RunId(Uuid::nil()), ordinal };
        assert!(says(&given, "Yes", &letter(7)));
        assert!(!says(&given, "No", &letter(7)) && !says(&given, "Yes", &letter(8)));
        assert!(!says(&consent(Some(NEWS), true), "Yes", &letter(7)), "it was withdrawn");
        assert!(!says(&Standing { confirmed_at: None, ..given }, "Yes", &letter(7)), "it was not confirmed");
    }
}
