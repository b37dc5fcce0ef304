//! The steps that every run takes once, gathered for many runs and batches, and written with a statement for each kind.
//!
//! They are written in the order in which a run takes them, whatever lies between them in the log. That comes to the same, because
//! a stream takes them in this order too: only what is no step leads back, and whoever meets that writes first what was gathered.

use super::Trigger;
use crate::columns::Word;
use crate::deliveries::fold::{self as deliveries, LeftOut, Recorded};
use crate::{Event, FoldError};
use chrono::{DateTime, Utc};
use domain::batch::{Attempt, LeaveOutReason};
use domain::{BatchId, Fact, RunId, batch, run};
use sqlx::PgConnection;
use sqlx::postgres::PgQueryResult;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Steps that are not written yet.
#[derive(Default)]
pub(super) struct Steps<'e> {
    started: Vec<Started<'e>>,
    planned: Vec<Planned<'e>>,
    frozen: Vec<Frozen<'e>>,
    left_out: Vec<(BatchId, &'e [u16], LeaveOutReason)>,
    attempts: Vec<(BatchId, &'e [Attempt])>,
    completed: Vec<(BatchId, DateTime<Utc>)>,
    finished: Vec<(RunId, DateTime<Utc>, i64)>,
    /// How far each stream has come.
    stages: HashMap<Uuid, Stage>,
    /// The recipients whose attempts were gathered.
    tried: HashSet<(BatchId, u16)>,
}

/// The steps in their order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Started,
    Planned,
    Frozen,
    LeftOut,
    Attempted,
    Completed,
    Finished,
}

struct Started<'e> {
    id: RunId,
    origin: &'e run::Origin,
    trigger: &'e run::Trigger,
    at: DateTime<Utc>,
    message_id_domain: Option<&'e str>,
    version: i64,
}

struct Planned<'e> {
    id: BatchId,
    run: RunId,
    mailing: Uuid,
    owner: Uuid,
    number: u32,
    recipients: &'e [batch::Recipient],
}

struct Frozen<'e> {
    id: RunId,
    batches: u32,
    message_id_domain: &'e str,
    version: i64,
}

/// The stream of a step, and which one it is; none for an event that is no step.
fn stage(fact: &Fact) -> Option<(Uuid, Stage)> {
    Some(match fact {
        Fact::Run(id, run::Event::Started { .. }) => (id.0, Stage::Started),
        Fact::Run(id, run::Event::AudienceFrozen { .. }) => (id.0, Stage::Frozen),
        Fact::Run(id, run::Event::Finished { .. }) => (id.0, Stage::Finished),
        Fact::Batch(id, batch::Event::Planned { .. }) => (id.0, Stage::Planned),
        Fact::Batch(id, batch::Event::LeftOut { .. }) => (id.0, Stage::LeftOut),
        Fact::Batch(id, batch::Event::AttemptRecorded { .. }) => (id.0, Stage::Attempted),
        Fact::Batch(id, batch::Event::Completed) => (id.0, Stage::Completed),
        _ => return None,
    })
}

impl<'e> Steps<'e> {
    /// Whether the event is a step that must not be written together with what was gathered: an attempt after another one of the
    /// same letter, or a step that its stream has taken before.
    pub(super) fn overtakes(&self, event: &Event) -> bool {
        let again = match &event.fact {
            Fact::Batch(id, batch::Event::AttemptRecorded { attempts }) => {
                let mut places = HashSet::with_capacity(attempts.len());
                attempts.iter().any(|one| self.tried.contains(&(*id, one.recipient)) || !places.insert(one.recipient))
            }
            _ => false,
        };
        let before = |(stream, stage)| self.stages.get(&stream).is_some_and(|reached| *reached > stage);
        again || stage(&event.fact).is_some_and(before)
    }

    /// Gathers the event, if it is a step. One that changes no row, such as an intent, is none that anybody has to write.
    pub(super) fn take(&mut self, event: &'e Event) -> bool {
        if let Fact::Batch(_, batch::Event::SendingStarted { .. }) = &event.fact {
            return true;
        }
        let Some((stream, stage)) = stage(&event.fact) else { return false };
        self.stages.insert(stream, stage);
        match &event.fact {
            Fact::Run(id, run::Event::Started { origin, trigger, at, message_id_domain }) => {
                let (at, message_id_domain, version) = (*at, message_id_domain.as_deref(), event.version);
                self.started.push(Started { id: *id, origin, trigger, at, message_id_domain, version });
            }
            Fact::Run(id, run::Event::AudienceFrozen { batches, message_id_domain, .. }) => {
                self.frozen.push(Frozen { id: *id, batches: *batches, message_id_domain, version: event.version });
            }
            Fact::Run(id, run::Event::Finished { at, .. }) => self.finished.push((*id, *at, event.version)),
            Fact::Batch(id, batch::Event::Planned { run, mailing, owner, number, recipients }) => {
                let (mailing, owner) = (mailing.0, owner.0);
                self.planned.push(Planned { id: *id, run: *run, mailing, owner, number: *number, recipients });
            }
            Fact::Batch(id, batch::Event::LeftOut { recipients, reason }) => {
                self.left_out.push((*id, recipients, *reason));
            }
            Fact::Batch(id, batch::Event::AttemptRecorded { attempts }) => {
                self.tried.extend(attempts.iter().map(|attempt| (*id, attempt.recipient)));
                self.attempts.push((*id, attempts));
            }
            Fact::Batch(id, batch::Event::Completed) => self.completed.push((*id, event.at)),
            _ => {}
        }
        true
    }

    /// Writes what was gathered.
    pub(super) async fn write(self, connection: &mut PgConnection) -> Result<(), FoldError> {
        start(connection, &self.started).await?;
        plan(connection, &self.planned).await?;
        freeze(connection, &self.frozen).await?;
        leave_out(connection, &self.left_out).await?;
        attempt(connection, &self.attempts).await?;
        complete(connection, &self.completed).await?;
        finish(connection, &self.finished).await
    }
}

/// An event changes a row that an earlier one wrote, see [`crate::touched`]; which of them did not is found when they are folded
/// one by one.
fn touched(done: &PgQueryResult, table: &str, ids: &[Uuid]) -> Result<(), FoldError> {
    if done.rows_affected() == ids.len() as u64 {
        return Ok(());
    }
    let named = ids.iter().map(Uuid::to_string).collect::<Vec<_>>().join(", ");
    Err(FoldError::Inconsistent(format!("there is no row {named} in {table}")))
}

fn number(count: impl TryInto<i32>) -> i32 {
    count.try_into().unwrap_or(i32::MAX)
}

async fn start(connection: &mut PgConnection, started: &[Started<'_>]) -> Result<(), FoldError> {
    if started.is_empty() {
        return Ok(());
    }
    let trigger = |run: &Started<'_>| match run.trigger {
        run::Trigger::Occurrence(at) => (Trigger::Occurrence.word(), Some(*at), None),
        run::Trigger::SendNow(_) => (Trigger::SendNow.word(), None, None),
        run::Trigger::ResendFailed(run) => (Trigger::ResendFailed.word(), None, Some(run.0)),
    };
    let triggers: Vec<_> = started.iter().map(trigger).collect();
    let senders: Vec<_> = started.iter().map(|run| run.origin.sender).collect();
    sqlx::query!(
        "insert into runs (id, mailing_id, owner_id, status, trigger, occurrence, message_id, message_revision,
                           started_at, version, resend_of, message_id_domain, kind, sender_id, sender_revision)
         select id, mailing_id, owner_id, 'planning', trigger, occurrence, message_id, message_revision, started_at,
                version, resend_of, message_id_domain, kind, sender_id, sender_revision
           from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::uuid[], $7::integer[],
                       $8::timestamptz[], $9::bigint[], $10::uuid[], $11::text[], $12::text[],
                       $13::uuid[], $14::integer[])
                as t (id, mailing_id, owner_id, trigger, occurrence, message_id, message_revision, started_at, version,
                      resend_of, message_id_domain, kind, sender_id, sender_revision)",
        &started.iter().map(|run| run.id.0).collect::<Vec<_>>(),
        &started.iter().map(|run| run.origin.mailing.0).collect::<Vec<_>>(),
        &started.iter().map(|run| run.origin.owner.0).collect::<Vec<_>>(),
        &triggers.iter().map(|(trigger, ..)| *trigger).collect::<Vec<_>>() as &[&str],
        &triggers.iter().map(|(_, occurrence, _)| *occurrence).collect::<Vec<_>>() as &[Option<DateTime<Utc>>],
        &started.iter().map(|run| run.origin.message.0).collect::<Vec<_>>(),
        &started.iter().map(|run| number(run.origin.revision)).collect::<Vec<_>>(),
        &started.iter().map(|run| run.at).collect::<Vec<_>>(),
        &started.iter().map(|run| run.version).collect::<Vec<_>>(),
        &triggers.iter().map(|(.., resend_of)| *resend_of).collect::<Vec<_>>() as &[Option<Uuid>],
        &started.iter().map(|run| run.message_id_domain).collect::<Vec<_>>() as &[Option<&str>],
        &started.iter().map(|run| run.origin.kind.name()).collect::<Vec<_>>() as &[&str],
        &senders.iter().map(|sender| sender.map(|it| it.sender.0)).collect::<Vec<_>>() as &[Option<Uuid>],
        &senders.iter().map(|sender| sender.map(|it| number(it.revision))).collect::<Vec<_>>() as &[Option<i32>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn plan(connection: &mut PgConnection, planned: &[Planned<'_>]) -> Result<(), FoldError> {
    if planned.is_empty() {
        return Ok(());
    }
    // The recipients of all of them in one array, and where each one's lie in it, counted from 1.
    let all = || planned.iter().flat_map(|batch| batch.recipients);
    let mut last = 0;
    let (firsts, lasts): (Vec<i32>, Vec<i32>) = planned
        .iter()
        .map(|batch| {
            let first = last + 1;
            last += number(batch.recipients.len());
            (first, last)
        })
        .unzip();
    sqlx::query!(
        "insert into batches (id, run_id, mailing_id, owner_id, number, recipients, clients, revisions)
         select id, run_id, mailing_id, owner_id, number, last - first + 1, ($8::uuid[])[first:last],
                ($9::integer[])[first:last]
           from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::integer[], $6::integer[], $7::integer[])
                as t (id, run_id, mailing_id, owner_id, number, first, last)",
        &planned.iter().map(|batch| batch.id.0).collect::<Vec<_>>(),
        &planned.iter().map(|batch| batch.run.0).collect::<Vec<_>>(),
        &planned.iter().map(|batch| batch.mailing).collect::<Vec<_>>(),
        &planned.iter().map(|batch| batch.owner).collect::<Vec<_>>(),
        &planned.iter().map(|batch| number(batch.number)).collect::<Vec<_>>(),
        &firsts,
        &lasts,
        &all().map(|recipient| recipient.0.0).collect::<Vec<_>>(),
        &all().map(|recipient| number(recipient.1)).collect::<Vec<_>>(),
    )
    .execute(&mut *connection)
    .await?;
    let mut sizes: HashMap<Uuid, i64> = HashMap::new();
    for batch in planned {
        *sizes.entry(batch.run.0).or_default() += i64::try_from(batch.recipients.len()).unwrap_or(i64::MAX);
    }
    let (runs, sizes): (Vec<Uuid>, Vec<i64>) = sizes.into_iter().unzip();
    sqlx::query!(
        "update runs r set planned = planned + t.size, pending = pending + t.size
           from unnest($1::uuid[], $2::bigint[]) as t (id, size) where r.id = t.id",
        &runs,
        &sizes,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn freeze(connection: &mut PgConnection, frozen: &[Frozen<'_>]) -> Result<(), FoldError> {
    if frozen.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = frozen.iter().map(|run| run.id.0).collect();
    let done = sqlx::query!(
        "update runs r set status = 'sending', batches = t.batches, message_id_domain = t.domain, version = t.version
           from unnest($1::uuid[], $2::integer[], $3::text[], $4::bigint[]) as t (id, batches, domain, version)
          where r.id = t.id",
        &ids,
        &frozen.iter().map(|run| number(run.batches)).collect::<Vec<_>>(),
        &frozen.iter().map(|run| run.message_id_domain).collect::<Vec<_>>() as &[&str],
        &frozen.iter().map(|run| run.version).collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    touched(&done, "runs", &ids)
}

async fn attempt(connection: &mut PgConnection, attempts: &[(BatchId, &[Attempt])]) -> Result<(), FoldError> {
    if attempts.is_empty() {
        return Ok(());
    }
    let places = places_of(connection, attempts.iter().map(|(batch, _)| *batch)).await?;
    let mut recorded = Vec::with_capacity(attempts.len());
    for (id, attempts) in attempts {
        let (run, batch) = place_of(&places, *id)?;
        recorded.push(Recorded { run, batch, attempts });
    }
    deliveries::record(connection, &recorded).await
}

/// Of which run each batch is, and its number in it.
type Places = HashMap<Uuid, (RunId, u32)>;

async fn places_of(
    connection: &mut PgConnection,
    batches: impl Iterator<Item = BatchId>,
) -> Result<Places, sqlx::Error> {
    let ids: Vec<Uuid> = batches.map(|batch| batch.0).collect();
    let rows =
        sqlx::query!("select id, run_id, number from batches where id = any($1)", &ids).fetch_all(connection).await?;
    let place = |run, number: i32| (RunId(run), u32::try_from(number).unwrap_or(0));
    Ok(rows.into_iter().map(|row| (row.id, place(row.run_id, row.number))).collect())
}

fn place_of(places: &Places, id: BatchId) -> Result<(RunId, u32), FoldError> {
    places.get(&id.0).copied().ok_or_else(|| FoldError::Inconsistent(format!("there is no batch {id}")))
}

async fn leave_out(
    connection: &mut PgConnection,
    left_out: &[(BatchId, &[u16], LeaveOutReason)],
) -> Result<(), FoldError> {
    if left_out.is_empty() {
        return Ok(());
    }
    let places = places_of(connection, left_out.iter().map(|(batch, ..)| *batch)).await?;
    let mut all = Vec::with_capacity(left_out.len());
    for (id, recipients, reason) in left_out {
        let (run, batch) = place_of(&places, *id)?;
        all.push(LeftOut { run, batch, places: recipients, reason: *reason });
    }
    deliveries::leave_out(connection, &all).await?;
    let doubles = || left_out.iter().filter(|(.., reason)| *reason == LeaveOutReason::SameMailbox);
    let (batches, places): (Vec<Uuid>, Vec<i16>) = doubles()
        .flat_map(|(batch, recipients, _)| {
            recipients.iter().map(move |place| (batch.0, i16::try_from(*place).unwrap_or(0)))
        })
        .unzip();
    if batches.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "update batches b set left_out = coalesce(b.left_out, '{}') || t.places
           from (select id, array_agg(place order by n) as places
                   from unnest($1::uuid[], $2::smallint[]) with ordinality as u (id, place, n) group by id) t
          where b.id = t.id",
        &batches,
        &places,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn complete(connection: &mut PgConnection, completed: &[(BatchId, DateTime<Utc>)]) -> Result<(), FoldError> {
    if completed.is_empty() {
        return Ok(());
    }
    let (ids, times): (Vec<Uuid>, Vec<DateTime<Utc>>) = completed.iter().map(|(batch, at)| (batch.0, *at)).unzip();
    let done = sqlx::query!(
        "update batches b set completed_at = t.at
           from unnest($1::uuid[], $2::timestamptz[]) as t (id, at) where b.id = t.id",
        &ids,
        &times,
    )
    .execute(connection)
    .await?;
    touched(&done, "batches", &ids)
}

async fn finish(connection: &mut PgConnection, finished: &[(RunId, DateTime<Utc>, i64)]) -> Result<(), FoldError> {
    if finished.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = finished.iter().map(|(run, ..)| run.0).collect();
    let done = sqlx::query!(
        "update runs r set status = 'finished', finished_at = t.at, version = t.version
           from unnest($1::uuid[], $2::timestamptz[], $3::bigint[]) as t (id, at, version) where r.id = t.id",
        &ids,
        &finished.iter().map(|(_, at, _)| *at).collect::<Vec<_>>(),
        &finished.iter().map(|(.., version)| *version).collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    touched(&done, "runs", &ids)
}
