//! What clients have agreed to: written down, withdrawn, and asked for as of a moment.

use super::groups;
use crate::Services;
use crate::moment::Moment;
use crate::refusal::input::{self, Problems};
use crate::refusal::{Problem, Refused};
use crate::who::rights::Owner;
use chrono::{DateTime, Utc};
use domain::batch::{self, Batch, MAX_RECIPIENTS};
use domain::client::{Card, Client, Command, Consent, Error, Source, Subscribed, check_wording};
use domain::mailing::{self, Mailing};
use domain::run::Run;
use domain::suppression::{Entry, Reason, Scope, Suppression};
use domain::{BatchId, ClientId, Code, Decide, GroupId, RunId, SuppressionId, UserId, group};
use eventstore::{EventStore, Metadata, Receipt, StoreError};
use projections::clients::ConsentRow;
use projections::{Access, clients};
use std::collections::BTreeSet;
use std::net::IpAddr;
use uuid::Uuid;
use words::address_book;

/// A consent to write down.
#[derive(Clone, Debug, Default)]
pub struct New {
    /// The id of the group that it is about, one of the owner's own; `None` for all that the owner sends.
    pub topic: Option<String>,
    /// The words that the client agreed to.
    pub wording: String,
    /// When they agreed; `None` for now.
    pub at: Option<Moment>,
    /// The network address that they agreed from; `None` if it is not known.
    pub address: Option<String>,
}

/// What was known of a client at a moment: whether they were to get letters then, and what shows it.
#[derive(Clone, Debug)]
pub struct AsOf {
    /// The moment.
    pub at: DateTime<Utc>,
    /// Whether they were to get letters.
    pub answer: Subscribed,
    /// Their entry in the address book, with the groups that they belonged to; `None` if they were not in it.
    pub card: Option<Card>,
    /// What they had agreed to, also if they were deleted by then, in the order in which it was written down.
    pub consents: Vec<ConsentRow>,
    /// What kept letters from their address: in the owner's mailings, or in everybody's; of a letter, also in those about its topics.
    pub suppressions: Vec<Entry>,
}

/// Writes down that a client has agreed to get letters. The same consent, of the same moment, changes nothing.
pub async fn give(
    services: &Services,
    by: Owner,
    client: &str,
    new: New,
    source: Source,
    metadata: &Metadata,
) -> Result<(ClientId, Receipt), Refused> {
    let by = by.id();
    let (consent, mut problems) = read(services, by, new, source, &[]).await?;
    let id = problems.take(input::id::<ClientId>(client, &["id"], &Error::NotFound));
    let (Some(id), Some(consent), true) = (id, consent, problems.is_empty()) else { return Err(problems.into()) };
    let receipt = services.store.execute::<Client>(id.0, Command::GiveConsent { by, consent }, metadata).await?;
    Ok((id, receipt))
}

/// Writes down that a client agrees no longer: to a topic, or to all that the owner sends. Where no consent is in force nothing changes.
pub async fn withdraw(
    services: &Services,
    by: Owner,
    client: &str,
    topic: Option<&str>,
    source: Source,
    metadata: &Metadata,
) -> Result<(ClientId, Receipt), Refused> {
    let by = by.id();
    let mut problems = Problems::default();
    let id = problems.take(input::id::<ClientId>(client, &["id"], &Error::NotFound));
    let unknown = &group::Error::NotFound;
    let topic = problems.take(topic.map(|topic| input::id::<GroupId>(topic, &["topicId"], unknown)).transpose());
    let (Some(id), Some(topic)) = (id, topic) else { return Err(problems.into()) };
    // Whoever has agreed to a topic may agree no longer, also when it was deleted since.
    if let Some(wanted) = topic
        && !has(services, id, by, wanted).await?
        && !groups::own(services, by, &[wanted.to_string()], &[]).await?.1.is_empty()
    {
        return Err(Problem::of(unknown).at(&["topicId"]).into());
    }
    let command = Command::WithdrawConsent { by, topic, at: services.now(), source };
    let receipt = services.store.execute::<Client>(id.0, command, metadata).await?;
    Ok((id, receipt))
}

/// Whether somebody's client has ever agreed to a topic.
async fn has(services: &Services, client: ClientId, owner: UserId, topic: GroupId) -> Result<bool, Refused> {
    match services.store.load::<Client>(client.0).await?.state {
        Client::Present(card) if card.owner == owner => Ok(card.consent(Some(topic)).is_some()),
        _ => Err(Problem::of(&Error::NotFound).into()),
    }
}

/// Reads a consent, whose fields stand `within` the input: nothing if something is wrong with it.
pub(crate) async fn read(
    services: &Services,
    owner: UserId,
    new: New,
    source: Source,
    within: &[&str],
) -> Result<(Option<Consent>, Problems), sqlx::Error> {
    let at_field = |name: &'static str| [within, &[name]].concat();
    let mut problems = Problems::default();
    let topic = match &new.topic {
        None => Some(None),
        Some(id) => {
            let (mut found, missing) = groups::own(services, owner, std::slice::from_ref(id), &[]).await?;
            match missing.into_iter().next() {
                Some(problem) => problems.take(Err(problem.at(&at_field("topicId")))),
                None => Some(found.pop_first()),
            }
        }
    };
    let wording = problems.take(wording(new.wording, &at_field("wording")));
    let at = problems.take(moment(services.now(), new.at, &at_field("at")));
    let address = problems.take(new.address.as_deref().map(|text| address(text, &at_field("address"))).transpose());
    let (Some(topic), Some(wording), Some(at), Some(address)) = (topic, wording, at, address) else {
        return Ok((None, problems));
    };
    Ok((Some(Consent { topic, wording, at, source, address }), problems))
}

/// The words that somebody agreed to, with the line breaks that texts have here, however a form sent them.
pub fn wording(text: String, field: &[&str]) -> Result<String, Problem> {
    let text = input::text(text, field)?.trim().replace("\r\n", "\n");
    check_wording(&text).map_err(|error| Problem::of(&error).at(field))?;
    Ok(text)
}

/// When somebody agreed. Nobody has agreed tomorrow.
fn moment(now: DateTime<Utc>, given: Option<Moment>, field: &[&str]) -> Result<DateTime<Utc>, Problem> {
    match given {
        None => Ok(now),
        Some(Err(text)) => Err(Problem::new(Code::DateTimeInvalid, field, words::requests::Problem::NoMoment { text })),
        Some(Ok(at)) if at > now => {
            Err(Problem::new(Code::ConsentInFuture, field, address_book::Problem::ConsentInFuture { at }))
        }
        Some(Ok(at)) => Ok(at),
    }
}

/// A network address, as it is written.
fn address(text: &str, field: &[&str]) -> Result<IpAddr, Problem> {
    let invalid = |_| Problem::new(Code::ConsentAddressInvalid, field, address_book::Problem::NetworkAddressInvalid);
    text.trim().parse().map_err(invalid)
}

/// What was known of a client at a moment; `None` if there is none that may be read. It is told by the log and the times at which it
/// was written, so that nothing that was written down later changes the answer.
pub async fn was_subscribed(
    services: &Services,
    access: Access,
    client: ClientId,
    at: DateTime<Utc>,
) -> Result<Option<AsOf>, StoreError> {
    was_subscribed_to(services, access, client, &BTreeSet::new(), at).await
}

/// The same of a letter of this run: what counts is what the client had agreed to of the groups that its mailing named when it started,
/// or of all that the owner sends, and whether they had left any of these. Where it named no group, all counts that is known.
pub async fn was_subscribed_to_run(
    services: &Services,
    access: Access,
    client: ClientId,
    run: RunId,
    at: DateTime<Utc>,
) -> Result<Option<AsOf>, StoreError> {
    let topics = named(services, run).await?;
    was_subscribed_to(services, access, client, &topics, at).await
}

/// The groups that a run's mailing named when the run started.
async fn named(services: &Services, run: RunId) -> Result<BTreeSet<GroupId>, StoreError> {
    let state = services.store.load::<Run>(run.0).await?.state;
    let (Run::Started { origin, .. } | Run::Sending { origin, .. } | Run::Finished { origin, .. }) = state else {
        return Ok(BTreeSet::new());
    };
    let pair = (origin.mailing.0, run.0);
    let told = EventStore::events_before::<Mailing, Run>(services.pool(), &[pair], &["Created", "Changed"]).await?;
    let plan = told.into_iter().flatten().next_back().and_then(|event| match event {
        mailing::Event::Created { plan, .. } | mailing::Event::Changed { plan, .. } => Some(plan),
        _ => None,
    });
    Ok(plan.map(|plan| plan.audience.groups).unwrap_or_default())
}

async fn was_subscribed_to(
    services: &Services,
    access: Access,
    client: ClientId,
    topics: &BTreeSet<GroupId>,
    at: DateTime<Utc>,
) -> Result<Option<AsOf>, StoreError> {
    if clients::get(services.pool(), access, client).await?.is_none() {
        return Ok(None);
    }
    let (mut state, mut consents) = (Client::default(), Vec::new());
    for (event, recorded_at) in services.store.events_as_of::<Client>(&[client.0], at).await?.into_iter().flatten() {
        ConsentRow::retell(&mut consents, (client, &state), &event, recorded_at);
        state.evolve(event);
    }
    let card = if let Client::Present(card) = state { Some(card) } else { None };
    let suppressions = match &card {
        Some(card) => suppressed(services, card, topics, at).await?,
        None => Vec::new(),
    };
    let answer = Subscribed::of(card.as_ref(), !suppressions.is_empty(), topics);
    Ok(Some(AsOf { at, answer, card, consents, suppressions }))
}

/// What kept letters, or those about these topics, from a client's address at a moment. The list that people look at tells only the last of it: what was lifted and
/// came again is in the streams alone.
async fn suppressed(
    services: &Services,
    card: &Card,
    topics: &BTreeSet<GroupId>,
    at: DateTime<Utc>,
) -> Result<Vec<Entry>, StoreError> {
    let (owner, mailbox) = (card.owner, card.email.key());
    let streams = |scope| Reason::ALL.map(|reason| SuppressionId::derive(scope, &mailbox, reason).0);
    // Whoever is not written to about a topic alone has left it: there is no other way.
    let left = |group: &GroupId| {
        SuppressionId::derive(Scope::Topic { owner, group: *group }, &mailbox, Reason::Unsubscribed).0
    };
    let wide = [Scope::Owner { owner }, Scope::Installation].into_iter().flat_map(streams);
    let ids: Vec<Uuid> = wide.chain(topics.iter().map(left)).collect();
    let mut in_force = Vec::new();
    for events in services.store.events_as_of::<Suppression>(&ids, at).await? {
        let mut state = Suppression::default();
        for (event, _) in events {
            state.evolve(event);
        }
        if state.is_in_force(at) {
            in_force.extend(state.entry().cloned());
        }
    }
    Ok(in_force)
}

/// The moment of which it is asked whether somebody was to get a letter: when it was written down first that it is about to go out,
/// or, if it never was, when its recipients were written down. `None` if there is no such letter.
pub async fn intended_at(services: &Services, run: RunId, ordinal: u32) -> Result<Option<DateTime<Utc>>, StoreError> {
    let most = u32::try_from(MAX_RECIPIENTS).unwrap_or(u32::MAX);
    let (batch, place) = (BatchId::derive(run, ordinal / most), ordinal % most);
    let told = services.store.events_recorded::<Batch>(batch.0, &["Planned", "SendingStarted"]).await?;
    let mut planned_at = None;
    for (event, recorded_at) in told {
        match event {
            batch::Event::SendingStarted { recipients, .. } if recipients.iter().any(|it| u32::from(*it) == place) => {
                return Ok(Some(recorded_at));
            }
            batch::Event::Planned { recipients, .. } if (place as usize) < recipients.len() => {
                planned_at = Some(recorded_at);
            }
            _ => {}
        }
    }
    Ok(planned_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn nobody_has_agreed_in_the_future_and_whoever_does_not_say_when_has_agreed_now() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(100);
        let read = |given| moment(now, given, &["at"]).map_err(|problem| problem.code);
        let before = now - TimeDelta::days(30);
        assert_eq!(read(None), Ok(now));
        assert_eq!(read(Some(Ok(now))), Ok(now));
        assert_eq!(read(Some(Ok(before))), Ok(before));
        assert_eq!(read(Some(Ok(now + TimeDelta::microseconds(1)))), Err(Code::ConsentInFuture));
        assert_eq!(read(Some(Err("tomorrow".to_owned()))), Err(Code::DateTimeInvalid));
    }

    #[test]
    fn a_wording_is_kept_as_it_was_shown() {
        let read = |text: &str| wording(text.to_owned(), &["wording"]).map_err(|problem| problem.code);
        assert_eq!(read(" Yes,\r\nsend me news \n"), Ok("Yes,\nsend me news".to_owned()));
        assert_eq!(read(" \r\n"), Err(Code::ConsentWordingEmpty));
        assert_eq!(read(&"x".repeat(2_001)), Err(Code::ConsentWordingTooLong));
        assert_eq!(read("a\0b"), Err(Code::TextInvalid));
    }

    #[test]
    fn a_network_address_is_one() {
        for (text, is_one) in
            [(" 192.0.2.1 ", true), ("2001:db8::1", true), ("192.0.2", false), ("ann@example.org", false)]
        {
            assert_eq!(address(text, &["address"]).is_ok(), is_one, "{text}");
        }
    }
}
