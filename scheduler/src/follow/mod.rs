//! Those who follow the log: what happened is read from it in order, as far as it is settled, and what follows from it is appended
//! together with how far that was read. So everything counts exactly once, whichever engine reads it, and however often one dies on its
//! way. One engine does it at a time: whoever holds the row of the follower.
//!
//! | follower | what it reads | what follows |
//! | --- | --- | --- |
//! | `dead_addresses` | answers of mail servers | addresses are not written to (`crate::suppress`) |
//! | `feedback` | what came back | the same |
//! | `guard` | what came back | mailings are paused (`crate::guard`) |
//! | `alerts` | that mailings were stopped | people are told (`crate::alerts`) |
//!
//! What this program cannot read is left to a newer one: nothing is passed over, and that somebody stands still is told ([`followers`]).

mod standing;

pub use standing::{Follower, followers};

use crate::context::Context;
use crate::error::EngineError;
use domain::{Actor, Fact, StreamKind};
use eventstore::{Append, AppendError, Cause, EventStore, Metadata, Stored};
use projections::{Projection, statuses};
use sqlx::PgConnection;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// So many positions of the log are looked through with one statement.
pub(crate) const STRETCH: i64 = 10_000;

/// How often it is looked whether there is more.
const LOOK: Duration = Duration::from_secs(1);

/// How long to leave it alone after something failed.
const PAUSE: Duration = Duration::from_secs(5);

/// Somebody who follows the log.
pub(crate) trait Follow: 'static {
    /// What the follower is called, in the table and wherever it is told of.
    const NAME: &'static str;

    /// The part of the service that causes what follows.
    const ACTOR: &'static str = "scheduler";

    /// What it is told.
    const WANTED: Wanted;

    /// The read models that it asks.
    const ASKS: &'static [Projection];

    /// What happens while it stands still, for the log.
    const MEANWHILE: &'static str;

    /// Up to where the read models that it asks must show the log before anything follows from what it was told; none if it asks
    /// nothing. `settled`: up to where the log can be read.
    fn needs(told: &[Told], settled: i64) -> Option<i64>;

    /// What follows, to be appended. What it writes to tables of its own within the transaction is there exactly if that is.
    fn follows(
        context: &Context,
        transaction: &mut PgConnection,
        told: Vec<Told>,
    ) -> impl Future<Output = Result<Vec<Append>, EngineError>> + Send;

    /// Says in the log what was appended.
    fn say(appended: &[Append]);
}

/// Which events somebody is told who follows the log.
pub(crate) struct Wanted {
    /// The kind of their streams.
    pub(crate) kind: StreamKind,
    /// Their names.
    pub(crate) events: &'static [&'static str],
    /// What is in each of them, as PostgreSQL writes JSON, for `like`; none if that is nothing special.
    pub(crate) having: Option<&'static str>,
    /// So many of them are taken at once: what follows is appended in a transaction that keeps readers waiting.
    pub(crate) at_once: i64,
}

/// An event that somebody is told.
pub(crate) struct Told {
    pub(crate) position: i64,
    pub(crate) event_id: Uuid,
    pub(crate) fact: Fact,
    pub(crate) metadata: Metadata,
}

impl Told {
    /// It as the cause of what follows from it.
    pub(crate) fn cause(&self) -> Cause {
        Cause { event_id: self.event_id, correlation_id: self.metadata.correlation_id }
    }
}

/// What came of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looked {
    /// There may be more.
    More,
    /// All that is settled was read, or another engine reads it.
    Done,
}

impl Context {
    /// Follows the log until `stop` is cancelled, and gets over PostgreSQL being away.
    pub(crate) async fn follow<F: Follow>(&self, stop: &CancellationToken) {
        let mut said: Option<String> = None;
        while !stop.is_cancelled() {
            let looked = tokio::select! {
                looked = self.look::<F>() => looked,
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
                        self.stands_still(F::NAME, &why).await;
                    }
                    if said.as_ref() != Some(&why) {
                        tracing::warn!(%error, follower = F::NAME, "{}", F::MEANWHILE);
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
    async fn stands_still(&self, name: &str, why: &str) {
        // PostgreSQL keeps every character but one.
        let why = why.replace('\0', "\u{fffd}");
        let told =
            sqlx::query!("update followers set error = $2 where name = $1 and error is distinct from $2", name, why);
        if let Err(error) = told.execute(self.pool()).await {
            tracing::debug!(%error, follower = name, "nobody can be told that a follower of the log stands still");
        }
    }

    /// Reads a stretch of the log, and appends what follows from it.
    async fn look<F: Follow>(&self) -> Result<Looked, EngineError> {
        let mut transaction = self.store.begin_steps().await?;
        let follower =
            sqlx::query_scalar!("select position from followers where name = $1 for update skip locked", F::NAME);
        let Some(after) = follower.fetch_optional(&mut *transaction).await? else { return Ok(Looked::Done) };
        let settled = EventStore::settled(&mut transaction).await?;
        let end = settled.min(after.saturating_add(STRETCH));
        if end <= after {
            return Ok(Looked::Done);
        }
        let mut told = told(&mut transaction, &F::WANTED, (after, end)).await?;
        let is_full = i64::try_from(told.len()).is_ok_and(|count| count >= F::WANTED.at_once);
        let mut read = told.last().filter(|_| is_full).map_or(end, |last| last.position);
        if F::needs(&told, settled).is_some() {
            let shown = shown(&mut transaction, F::ASKS).await?;
            read = as_far_as_shown::<F>(&mut told, read, (settled, shown));
            if read <= after {
                return Ok(Looked::Done);
            }
        }
        let appends = if told.is_empty() { Vec::new() } else { F::follows(self, &mut transaction, told).await? };
        let appended = if appends.is_empty() {
            None
        } else {
            let metadata = Metadata::new(Actor::System(F::ACTOR.to_owned()), Uuid::new_v4());
            Some(match self.store.append_within(&mut transaction, &appends, &metadata).await {
                Ok(receipt) => receipt,
                // Somebody has done something with one of these streams at this moment.
                Err(AppendError::Conflict | AppendError::Claimed(_) | AppendError::Needed(_)) => {
                    return Ok(Looked::More);
                }
                Err(AppendError::Store(error)) => return Err(error.into()),
            })
        };
        sqlx::query!("update followers set position = $2, error = null where name = $1", F::NAME, read)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        if let Some(receipt) = appended {
            F::say(&appends);
            self.store.appended(receipt);
        }
        Ok(if read < settled { Looked::More } else { Looked::Done })
    }
}

/// Leaves the first of these events, for which the read models show enough, and says up to where the log is read with them. Where something
/// happens all the time, the read models never show the last of it.
fn as_far_as_shown<F: Follow>(told: &mut Vec<Told>, mut read: i64, (settled, shown): (i64, i64)) -> i64 {
    while F::needs(told, settled).is_some_and(|needed| shown < needed) {
        let Some(late) = told.pop() else { break };
        read = late.position - 1;
    }
    read
}

/// Up to where all of these read models show the log.
async fn shown(transaction: &mut PgConnection, asked: &[Projection]) -> Result<i64, sqlx::Error> {
    let all = statuses(transaction).await?;
    let is_asked = |name: &str| asked.iter().any(|projection| projection.name() == name);
    let positions = all.iter().filter(|one| is_asked(&one.name)).map(|one| one.position);
    Ok(positions.min().unwrap_or(0))
}

/// The events of a stretch of the log, behind its first position, that somebody is told.
async fn told(
    transaction: &mut PgConnection,
    wanted: &Wanted,
    (after, end): (i64, i64),
) -> Result<Vec<Told>, EngineError> {
    let rows = sqlx::query!(
        // By the position and by nothing else, whatever PostgreSQL believes about how many events are of which kind. How JSON is
        // written as text is PostgreSQL's own, and always the same.
        r#"select position as "position!", aggregate_type as "aggregate_type!", aggregate_id as "aggregate_id!",
                  event_type as "event_type!", event_version as "event_version!", payload::text as "payload!",
                  event_id as "event_id!", metadata as "metadata!"
             from (select * from events where position > $1 and position <= $2 offset 0) e
            where aggregate_type = $3 and event_type = any($4) and ($5::text is null or payload::text like $5)
            order by position limit $6"#,
        after,
        end,
        wanted.kind.name(),
        wanted.events as &[&str],
        wanted.having,
        wanted.at_once,
    )
    .fetch_all(transaction)
    .await?;
    let mut told = Vec::with_capacity(rows.len());
    for row in rows {
        let stored = Stored { event_type: &row.event_type, version: &row.event_version, payload: &row.payload };
        let fact = eventstore::fact(&row.aggregate_type, &row.aggregate_id, stored);
        let fact = fact.map_err(|error| EngineError::Inconsistent(format!("position {}: {error}", row.position)))?;
        let metadata = Metadata::from_json(&row.metadata);
        told.push(Told { position: row.position, event_id: row.event_id, fact, metadata });
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::Guard;
    use crate::suppress::{Bounced, Dead};
    use chrono::DateTime;
    use domain::feedback::{Bounce, Event, Letter, Report, Severity, Via};
    use domain::{ClientId, FeedbackId, MailingId, ReportId, RunId, UserId};

    fn told(position: i64, complaint: bool) -> Told {
        let letter = Letter {
            run: RunId(Uuid::from_u128(1)),
            ordinal: 7,
            mailing: MailingId(Uuid::from_u128(2)),
            owner: UserId(Uuid::from_u128(3)),
            client: ClientId(Uuid::from_u128(4)),
            revision: 1,
        };
        let report = Report { id: ReportId(Uuid::from_u128(5)), via: Via::Smtp, by: None, at: DateTime::UNIX_EPOCH };
        let event = if complaint {
            Event::Complained { letter, report, kind: None }
        } else {
            let bounce = Bounce { severity: Severity::Permanent, dead: false, code: None, words: None };
            Event::BounceReported { letter, report, bounce }
        };
        let metadata = Metadata::new(Actor::System("intake".to_owned()), Uuid::nil());
        let fact = Fact::Feedback(FeedbackId(Uuid::from_u128(6)), event);
        Told { position, event_id: Uuid::nil(), fact, metadata }
    }

    /// What is left of events at these positions, and up to where the log is read, which is settled up to 100.
    fn left<F: Follow>(mut told: Vec<Told>, shown: i64) -> (Vec<i64>, i64) {
        let read = as_far_as_shown::<F>(&mut told, 100, (100, shown));
        (told.iter().map(|one| one.position).collect(), read)
    }

    #[test]
    fn what_the_read_models_do_not_show_yet_keeps_nothing_waiting_that_came_before() {
        let bounces = || Vec::from([10, 20, 30].map(|position| told(position, false)));
        for (shown, positions, read) in [
            (100, &[10, 20, 30][..], 100),
            (30, &[10, 20, 30], 100),
            (29, &[10, 20], 29),
            (20, &[10, 20], 29),
            (9, &[], 9),
        ] {
            assert_eq!(left::<Guard>(bounces(), shown), (positions.to_vec(), read), "{shown}");
            assert_eq!(left::<Bounced>(bounces(), shown), (positions.to_vec(), read), "{shown}");
        }
        // It is far behind, or not at all.
        assert_eq!(left::<Dead>(bounces(), 0), (vec![10, 20, 30], 100));
    }

    #[test]
    fn complaints_wait_for_no_read_model_but_behind_bounces_that_do() {
        let complaints = || Vec::from([10, 20].map(|position| told(position, true)));
        assert_eq!(left::<Bounced>(complaints(), 0), (vec![10, 20], 100));
        let mixed: Vec<Told> = complaints().into_iter().chain([told(30, false)]).collect();
        assert_eq!(left::<Bounced>(mixed, 0), (vec![10, 20], 29));
        assert_eq!(left::<Guard>(complaints(), 10), (vec![10], 19), "shares are told by read models");
    }
}
