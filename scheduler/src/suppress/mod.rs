//! A mail server that says for good that there is no such mailbox is believed: its owner's mailings do not write there any more.
//!
//! What attempts have come to is read from the log, from its beginning on, as far as it is settled, and what follows from it is
//! appended together with how far that was read. So every such answer counts exactly once, whichever engine reads it, and however
//! often one dies on its way. One engine does it at a time: whoever holds the row of the follower.
//!
//! Whom a letter went to is told by the streams of its batch and of its client. What was known when somebody lifted the suppression
//! suppresses nobody anew, nor does an answer after which a mail server took a letter to the same address: that the read models tell,
//! and as long as they are far behind, nobody is suppressed.

mod standing;

pub use standing::{Follower, followers};

use crate::context::Context;
use crate::error::EngineError;
use chrono::{DateTime, Utc};
use domain::batch::{self, AttemptOutcome, Batch, MAX_RECIPIENTS, Recipient};
use domain::client::{self, Client};
use domain::suppression::{Command, DEAD_FOR, Reason, Scope, Source, Suppression};
use domain::{Decide, EmailAddress, Fact, RunId, SuppressionId, UserId, suppression};
use eventstore::{Append, AppendError, Cause, EventStore, Loaded, Stored};
use projections::{Projection, statuses};
use sqlx::PgConnection;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What the follower is called.
const NAME: &str = "dead_addresses";

/// So many positions of the log are looked through with one statement.
const STRETCH: i64 = 10_000;

/// So many events that tell of dead addresses are taken at once: they are appended to in a transaction that keeps readers waiting.
const EVENTS: i64 = 50;

/// How often it is looked whether there is more.
const LOOK: Duration = Duration::from_secs(1);

/// How long to leave it alone after something failed.
const PAUSE: Duration = Duration::from_secs(5);

/// What came of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looked {
    /// There may be more.
    More,
    /// All that is settled was read, or another engine reads it.
    Done,
}

/// An event of a batch with attempts that found no mailbox.
struct Told {
    position: i64,
    batch: Uuid,
    cause: Cause,
    /// The places in the batch, each with the moment of the answer.
    dead: Vec<(u16, DateTime<Utc>)>,
}

/// An address of which it is to be recorded that nobody writes to it.
struct Address {
    id: Uuid,
    email: EmailAddress,
    /// The last letter that found no mailbox there.
    letter: Dead,
    stream: Loaded<Suppression>,
}

/// A letter that found no mailbox.
struct Dead {
    owner: UserId,
    run: RunId,
    ordinal: u32,
    recipient: Recipient,
    at: DateTime<Utc>,
    cause: Cause,
}

impl Context {
    /// Follows the log until `stop` is cancelled, and gets over PostgreSQL being away. What this program cannot read is left to a newer
    /// one: nothing is passed over.
    pub(crate) async fn suppress_dead(&self, stop: &CancellationToken) {
        let mut said: Option<String> = None;
        while !stop.is_cancelled() {
            let looked = tokio::select! {
                looked = self.look_for_dead() => looked,
                () = stop.cancelled() => return,
            };
            let pause = match looked {
                Ok(Looked::More) => continue,
                Ok(Looked::Done) => {
                    said = None;
                    LOOK
                }
                Err(error) => {
                    let why = error.to_string();
                    // What passes by itself is none of its own business: everything waits for PostgreSQL.
                    if !error.stops_all() {
                        self.stands_still(&why).await;
                    }
                    if said.as_ref() != Some(&why) {
                        tracing::warn!(%error, "dead addresses are written to until this is mended");
                        said = Some(why);
                    }
                    PAUSE
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Tells everybody who asks (`doctor`, metrics) that it stands still, and why. Whoever goes on takes it back.
    async fn stands_still(&self, why: &str) {
        // PostgreSQL keeps every character but one.
        let why = why.replace('\0', "\u{fffd}");
        let told =
            sqlx::query!("update followers set error = $2 where name = $1 and error is distinct from $2", NAME, why);
        if let Err(error) = told.execute(self.pool()).await {
            tracing::debug!(%error, "nobody can be told that dead addresses are not looked for");
        }
    }

    /// Reads a stretch of the log, and appends what follows from it.
    async fn look_for_dead(&self) -> Result<Looked, EngineError> {
        let mut transaction = self.store.begin_steps().await?;
        let follower =
            sqlx::query_scalar!("select position from followers where name = $1 for update skip locked", NAME);
        let Some(after) = follower.fetch_optional(&mut *transaction).await? else { return Ok(Looked::Done) };
        let settled = EventStore::settled(&mut transaction).await?;
        let end = settled.min(after.saturating_add(STRETCH));
        if end <= after {
            return Ok(Looked::Done);
        }
        let told = told(&mut transaction, after, end).await?;
        if !told.is_empty() && shown(&mut transaction).await?.saturating_add(STRETCH) < settled {
            return Ok(Looked::Done);
        }
        let is_full = i64::try_from(told.len()).is_ok_and(|count| count >= EVENTS);
        let read = told.last().filter(|_| is_full).map_or(end, |last| last.position);
        let dead = self.letters_of(&mut transaction, told).await?;
        let appends = suppressing(&mut transaction, dead).await?;
        let appended = if appends.is_empty() {
            None
        } else {
            let appended = self.store.append_within(&mut transaction, &appends, &self.metadata()).await;
            Some(match appended {
                Ok(receipt) => receipt,
                // Somebody has suppressed one of them, or lifted it, at this moment.
                Err(AppendError::Conflict | AppendError::Claimed(_) | AppendError::Needed(_)) => {
                    return Ok(Looked::More);
                }
                Err(AppendError::Store(error)) => return Err(error.into()),
            })
        };
        sqlx::query!("update followers set position = $2, error = null where name = $1", NAME, read)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        if let Some(receipt) = appended {
            tracing::info!(
                addresses = appends.len(),
                "mail servers know no such mailboxes: they are not written to any more"
            );
            self.store.appended(receipt);
        }
        Ok(if read < settled { Looked::More } else { Looked::Done })
    }

    /// Which letters they were, without those whose answers say nothing any more.
    async fn letters_of(&self, transaction: &mut PgConnection, told: Vec<Told>) -> Result<Vec<Dead>, EngineError> {
        let now = self.clock.now();
        let mut ids: Vec<Uuid> = told.iter().map(|event| event.batch).collect();
        ids.sort_unstable();
        ids.dedup();
        let batches = EventStore::load_within::<Batch>(transaction, &ids).await?;
        let batches: HashMap<Uuid, Batch> = ids.into_iter().zip(batches.into_iter().map(|batch| batch.state)).collect();
        let mut letters = Vec::new();
        for Told { batch, cause, dead, .. } in told {
            // An attempt of a batch that was never planned is nobody's, and keeps nobody else waiting.
            let Some(slice) = batches.get(&batch).and_then(Batch::slice) else { continue };
            for (place, at) in dead.into_iter().filter(|(_, at)| *at + DEAD_FOR > now) {
                let Some(delivery) = slice.deliveries.get(usize::from(place)) else { continue };
                let (owner, run, recipient) = (slice.owner, slice.run, delivery.recipient);
                letters.push(Dead { owner, run, ordinal: ordinal(slice.number, place), recipient, at, cause });
            }
        }
        Ok(letters)
    }
}

/// What suppresses the addresses to which these letters went.
async fn suppressing(transaction: &mut PgConnection, dead: Vec<Dead>) -> Result<Vec<Append>, EngineError> {
    let mut addresses = addresses(transaction, dead).await?;
    addresses.retain(|address| !address.stream.state.is_in_force(address.letter.at));
    let lifted = lifted(transaction, &addresses).await?;
    addresses.retain(|address| lifted.get(&address.id).is_none_or(|lifted| *lifted <= address.letter.at));
    let alive = taken_since(transaction, &addresses).await?;
    addresses.retain(|address| !alive.contains(&address.id));
    let mut appends = Vec::with_capacity(addresses.len());
    for Address { id, email, letter, stream } in addresses {
        let command = Command::Suppress {
            scope: Scope::Owner { owner: letter.owner },
            reason: Reason::Dead,
            email,
            source: Source::MailServer { run: letter.run, ordinal: letter.ordinal },
            note: None,
            at: letter.at,
            until: Some(letter.at + DEAD_FOR),
        };
        let events = stream.state.decide(command).map_err(|error| EngineError::refused(&error))?;
        if !events.is_empty() {
            appends.push(Append::new(id, stream, events)?.caused_by(Some(letter.cause)));
        }
    }
    Ok(appends)
}

/// The addresses to which these letters went, each once: of several answers the last one counts.
async fn addresses(transaction: &mut PgConnection, dead: Vec<Dead>) -> Result<Vec<Address>, EngineError> {
    let clients: Vec<Uuid> = dead.iter().map(|letter| letter.recipient.0.0).collect();
    let told = EventStore::events_until::<Client>(&mut *transaction, &clients, i64::MAX).await?;
    let mut found: BTreeMap<Uuid, (EmailAddress, Dead)> = BTreeMap::new();
    for (letter, events) in dead.into_iter().zip(told) {
        let Some(email) = address_at(letter.recipient.1, events) else { continue };
        let id = SuppressionId::derive(Scope::Owner { owner: letter.owner }, &email.key(), Reason::Dead);
        match found.entry(id.0) {
            Entry::Vacant(place) => {
                place.insert((email, letter));
            }
            Entry::Occupied(mut place) => {
                if place.get().1.at <= letter.at {
                    place.insert((email, letter));
                }
            }
        }
    }
    let ids: Vec<Uuid> = found.keys().copied().collect();
    let streams = EventStore::load_within::<Suppression>(transaction, &ids).await?;
    let found = found.into_iter().zip(streams);
    Ok(found.map(|((id, (email, letter)), stream)| Address { id, email, letter, stream }).collect())
}

/// When those of these suppressions were lifted that are.
async fn lifted(
    transaction: &mut PgConnection,
    addresses: &[Address],
) -> Result<HashMap<Uuid, DateTime<Utc>>, EngineError> {
    let is_lifted = |address: &&Address| matches!(address.stream.state, Suppression::Lifted(_));
    let ids: Vec<Uuid> = addresses.iter().filter(is_lifted).map(|address| address.id).collect();
    let told = EventStore::events_until::<Suppression>(transaction, &ids, i64::MAX).await?;
    let last = |events: Vec<suppression::Event>| {
        events.into_iter().rev().find_map(|event| match event {
            suppression::Event::Lifted { at, .. } => Some(at),
            suppression::Event::Suppressed { .. } => None,
        })
    };
    Ok(ids.into_iter().zip(told).filter_map(|(id, events)| Some((id, last(events)?))).collect())
}

/// Those of these addresses to which a mail server took a letter after it had said that there is no such mailbox.
async fn taken_since(transaction: &mut PgConnection, addresses: &[Address]) -> Result<HashSet<Uuid>, EngineError> {
    if addresses.is_empty() {
        return Ok(HashSet::new());
    }
    let taken = sqlx::query_file_scalar!(
        "src/suppress/taken_since.sql",
        &addresses.iter().map(|address| address.letter.owner.0).collect::<Vec<_>>(),
        &addresses.iter().map(|address| address.letter.recipient.0.0).collect::<Vec<_>>(),
        &addresses.iter().map(|address| address.email.as_str()).collect::<Vec<_>>() as &[&str],
        &addresses.iter().map(|address| address.email.key()).collect::<Vec<_>>(),
        &addresses.iter().map(|address| address.letter.at).collect::<Vec<_>>(),
    )
    .fetch_all(transaction)
    .await?;
    let address = |n: i64| addresses.get(usize::try_from(n - 1).ok()?).map(|address| address.id);
    Ok(taken.into_iter().filter_map(address).collect())
}

/// Up to where the read models show the log that tell what became of letters.
async fn shown(transaction: &mut PgConnection) -> Result<i64, sqlx::Error> {
    let all = statuses(transaction).await?;
    let telling = [Projection::Clients, Projection::Mailings, Projection::Runs].map(Projection::name);
    let positions = all.iter().filter(|one| telling.contains(&one.name.as_str())).map(|one| one.position);
    Ok(positions.min().unwrap_or(0))
}

/// The events of a stretch of the log that tell of dead addresses.
async fn told(transaction: &mut PgConnection, after: i64, end: i64) -> Result<Vec<Told>, EngineError> {
    let rows = sqlx::query!(
        // By the position and by nothing else, whatever PostgreSQL believes about how many events are of batches. How JSON is written
        // as text is PostgreSQL's own, and always the same.
        r#"select position as "position!", aggregate_type as "aggregate_type!", aggregate_id as "aggregate_id!",
                  event_type as "event_type!", event_version as "event_version!", payload::text as "payload!",
                  event_id as "event_id!", metadata ->> 'correlation_id' as correlation_id
             from (select * from events where position > $1 and position <= $2 offset 0) e
            where aggregate_type = 'batch' and event_type = 'AttemptRecorded' and payload::text like '%"dead": true%'
            order by position limit $3"#,
        after,
        end,
        EVENTS,
    )
    .fetch_all(transaction)
    .await?;
    let mut told = Vec::with_capacity(rows.len());
    for row in rows {
        let stored = Stored { event_type: &row.event_type, version: &row.event_version, payload: &row.payload };
        let fact = eventstore::fact(&row.aggregate_type, &row.aggregate_id, stored);
        let fact = fact.map_err(|error| EngineError::Inconsistent(format!("position {}: {error}", row.position)))?;
        let Fact::Batch(batch, batch::Event::AttemptRecorded { attempts }) = fact else { continue };
        let correlation_id = row.correlation_id.and_then(|id| Uuid::parse_str(&id).ok()).unwrap_or_default();
        told.push(Told {
            position: row.position,
            batch: batch.0,
            cause: Cause { event_id: row.event_id, correlation_id },
            dead: places_of_dead(&attempts),
        });
    }
    Ok(told)
}

/// Whose mailboxes are not there, by their places.
fn places_of_dead(attempts: &[batch::Attempt]) -> Vec<(u16, DateTime<Utc>)> {
    let is_dead = |attempt: &&batch::Attempt| matches!(attempt.outcome, AttemptOutcome::Rejected { dead: true });
    attempts.iter().filter(is_dead).map(|attempt| (attempt.recipient, attempt.at)).collect()
}

/// The address that a client had in that revision of their details, counted from 1.
fn address_at(revision: u32, events: Vec<client::Event>) -> Option<EmailAddress> {
    let (mut reached, mut address) = (0, None);
    for event in events {
        reached += u32::from(event.makes_revision());
        if let client::Event::Added { email, .. } | client::Event::Changed { email: Some(email), .. } = event {
            address = Some(email);
        }
        if reached >= revision {
            return address;
        }
    }
    None
}

/// The place in a run of a place in one of its batches.
fn ordinal(batch: u32, place: u16) -> u32 {
    let size = u32::try_from(MAX_RECIPIENTS).unwrap_or(u32::MAX);
    batch.saturating_mul(size).saturating_add(u32::from(place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{FullName, GroupId};

    fn email(text: &str) -> EmailAddress {
        EmailAddress::parse(text).expect("an address")
    }

    fn changed(address: Option<&str>) -> client::Event {
        client::Event::Changed {
            email: address.map(email),
            full_name: None,
            first_name: None,
            last_name: None,
            comment: None,
        }
    }

    #[test]
    fn the_address_is_the_one_that_the_letter_went_to() {
        let events = vec![
            client::Event::Added {
                owner: UserId(Uuid::from_u128(1)),
                email: email("first@example.org"),
                full_name: FullName::default(),
                first_name: FullName::default(),
                last_name: FullName::default(),
                comment: String::new(),
                groups: [].into(),
                fields: client::Fields::new(),
                source: None,
            },
            client::Event::JoinedGroup { group: GroupId(Uuid::from_u128(2)) },
            changed(None),
            client::Event::FieldsChanged { fields: [].into() },
            changed(Some("second@example.org")),
            client::Event::Deleted,
        ];
        for (revision, address) in
            [(1, Some("first@example.org")), (3, Some("first@example.org")), (4, Some("second@example.org")), (5, None)]
        {
            assert_eq!(address_at(revision, events.clone()), address.map(email), "{revision}");
        }
    }

    #[test]
    fn only_who_was_refused_because_there_is_no_such_mailbox_is_dead() {
        let at = DateTime::UNIX_EPOCH;
        let attempt =
            |recipient, outcome| batch::Attempt { recipient, at, outcome, code: None, enhanced: None, reply: None };
        let attempts = [
            attempt(0, AttemptOutcome::Accepted),
            attempt(1, AttemptOutcome::Rejected { dead: true }),
            attempt(2, AttemptOutcome::Rejected { dead: false }),
            attempt(3, AttemptOutcome::Deferred { until: at }),
            attempt(4, AttemptOutcome::NotTried),
            attempt(5, AttemptOutcome::Rejected { dead: true }),
        ];
        assert_eq!(places_of_dead(&attempts), [(1, at), (5, at)]);
    }

    #[test]
    fn a_delivery_is_numbered_over_all_batches_of_its_run() {
        assert_eq!((ordinal(0, 7), ordinal(3, 499)), (7, 1_999));
    }
}
