//! The guard: a mailing of which too many letters came back for good, or of too many letters of which recipients complained, is paused, as
//! going on harms its sender and everybody who sends through the same mail servers.
//!
//! It looks at a mailing whenever something was reported of its letters: at its runs of the last days, and at as many older ones as it takes
//! to have enough letters to tell anything (`domain::feedback::guard`). When it pauses one it marks what is known of its runs by then, and the
//! next time only what came after that counts: whoever resumes a mailing has seen what was. What comes back while it is paused for that
//! belongs to that, too. Runs that are older than the marked ones count no more.

use crate::context::Context;
use crate::error::EngineError;
use crate::follow::{Follow, Told, Wanted};
use chrono::{DateTime, Utc};
use domain::feedback::guard::{self, Counts, LATELY, Limits, Passed};
use domain::feedback::{Event, Severity};
use domain::mailing::{self, Command, Mailing, Status};
use domain::{Decide, Fact, Language, StreamKind};
use eventstore::{Append, Cause, EventStore};
use projections::Projection;
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use words::Sentence;
use words::mailings::Halt;

/// So many of a mailing's runs are looked at, the newest first: there are mailings that a handful of people get every hour.
const MOST: i64 = 1_000;

/// The part of the service that pauses mailings.
pub(crate) const ACTOR: &str = "guard";

/// Whoever pauses mailings of which too much comes back.
pub(crate) struct Guard;

impl Follow for Guard {
    const NAME: &'static str = "guard";
    const ACTOR: &'static str = ACTOR;
    // Reports come in bursts, and many of them are of one mailing, which is looked at once.
    const WANTED: Wanted =
        Wanted { kind: StreamKind::Feedback, events: &["BounceReported", "Complained"], having: None, at_once: 1_000 };
    const ASKS: &'static [Projection] = &[Projection::Runs, Projection::Feedback];
    const MEANWHILE: &'static str = "mailings of which too many letters come back go on until this is mended";

    fn needs(told: &[Told], _settled: i64) -> Option<i64> {
        told.last().map(|last| last.position)
    }

    async fn follows(
        context: &Context,
        transaction: &mut PgConnection,
        told: Vec<Told>,
    ) -> Result<Vec<Append>, EngineError> {
        let limits = context.settings.guard;
        if limits.bounces.is_none() && limits.complaints.is_none() {
            return Ok(Vec::new());
        }
        let (reported, now) = (mailings_of(told), context.clock.now());
        let ids: Vec<Uuid> = reported.keys().copied().collect();
        let mut runs = newest_runs(transaction, &ids, now, limits.minimum).await?;
        let mailings = EventStore::load_within::<Mailing>(transaction, &ids).await?;
        let paused = paused_by_the_guard(transaction, &ids, mailings.iter().map(|mailing| &mailing.state)).await?;
        let (mut appends, mut marks) = (Vec::new(), Vec::new());
        for ((id, cause), mailing) in reported.into_iter().zip(mailings) {
            let runs = runs.remove(&id).unwrap_or_default();
            if paused.contains(&id) {
                marks.extend(runs);
                continue;
            }
            let Some(reason) = reason(limits, &runs, now) else { continue };
            let events = mailing.state.decide(Command::Suspend { reason });
            // It is deleted by now.
            let Ok(events) = events else { continue };
            // Nothing: it does not send anyway, and whoever has it go on is told of what is then.
            if !events.is_empty() {
                appends.push(Append::new(id, mailing, events)?.caused_by(Some(cause)));
                marks.extend(runs);
            }
        }
        mark(transaction, &marks).await?;
        Ok(appends)
    }

    fn say(appended: &[Append]) {
        tracing::warn!(
            mailings = appended.len(),
            "too many letters came back, or too many recipients complained: mailings are paused"
        );
    }
}

/// A run of a mailing, with what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    id: Uuid,
    mailing: Uuid,
    told: guard::Run,
}

/// The mailings of which something was reported that counts, each with the last of it.
fn mailings_of(told: Vec<Told>) -> BTreeMap<Uuid, Cause> {
    let mailing = |told: Told| {
        let Fact::Feedback(_, event) = &told.fact else { return None };
        let counts = match event {
            Event::BounceReported { bounce, .. } => bounce.severity == Severity::Permanent,
            Event::Complained { .. } => true,
        };
        counts.then(|| (event.letter().mailing.0, told.cause()))
    };
    told.into_iter().filter_map(mailing).collect()
}

/// Why a mailing of these runs is paused, for its owner to read; none if it may go on.
fn reason(limits: Limits, runs: &[Run], now: DateTime<Utc>) -> Option<String> {
    let told: Vec<guard::Run> = runs.iter().map(|run| run.told).collect();
    let (passed, Counts { accepted, bounced, complained }) = limits.judge(&told, now)?;
    let halt = match passed {
        Passed::Bounces => Halt::TooManyBounces { bounced, accepted, limit: limits.bounces? },
        Passed::Complaints => Halt::TooManyComplaints { complained, accepted, limit: limits.complaints? },
    };
    Some(halt.told(Language::En))
}

/// The newest runs of these mailings, by the mailings' ids, the newest first: those that started lately, and of older ones as many as have
/// the minimum of letters together.
async fn newest_runs(
    transaction: &mut PgConnection,
    mailings: &[Uuid],
    now: DateTime<Utc>,
    minimum: u64,
) -> Result<BTreeMap<Uuid, Vec<Run>>, EngineError> {
    let rows = sqlx::query!(
        // The runs of each mailing are gone through in the order of their index, and only what is known of those that count is looked up.
        r#"select r.mailing_id as "mailing_id!", r.id as "id!", r.started_at as "started_at!", r.accepted as "accepted!",
                  coalesce(f.bounced, 0) as "bounced!", coalesce(f.complained, 0) as "complained!",
                  k.accepted as "marked_accepted?", k.bounced as "marked_bounced?", k.complained as "marked_complained?"
             from unnest($1::uuid[]) as asked (id)
            cross join lateral (
                select id, mailing_id, started_at, accepted
                  from (select id, mailing_id, started_at, accepted,
                               coalesce(sum(accepted) filter (where started_at <= $3::timestamptz)
                                            over (order by started_at desc, id desc
                                                  rows between unbounded preceding and 1 preceding), 0) as older
                          from (select id, mailing_id, started_at, accepted from runs
                                 where mailing_id = asked.id order by started_at desc, id desc limit $2) newest) summed
                 where started_at > $3 or older < $4::bigint
            ) r
             left join feedback_counts f on f.run_id = r.id
             left join guard_marks k on k.run_id = r.id
            order by r.mailing_id, r.started_at desc, r.id desc"#,
        mailings,
        MOST,
        now - LATELY,
        i64::try_from(minimum.max(1)).unwrap_or(i64::MAX),
    )
    .fetch_all(transaction)
    .await?;
    let mut runs: BTreeMap<Uuid, Vec<Run>> = BTreeMap::new();
    for row in rows {
        let marked = row.marked_accepted.zip(row.marked_bounced).zip(row.marked_complained);
        let told = guard::Run {
            started_at: row.started_at,
            known: counts(row.accepted, row.bounced, row.complained),
            marked: marked.map(|((accepted, bounced), complained)| counts(accepted, bounced, complained)),
        };
        runs.entry(row.mailing_id).or_default().push(Run { id: row.id, mailing: row.mailing_id, told });
    }
    Ok(runs)
}

/// Numbers of letters as tables have them.
fn counts(accepted: i64, bounced: i64, complained: i64) -> Counts {
    let whole = |letters: i64| u64::try_from(letters).unwrap_or(0);
    Counts { accepted: whole(accepted), bounced: whole(bounced), complained: whole(complained) }
}

/// Those of these mailings that the guard has paused, and nobody has done anything about it.
async fn paused_by_the_guard<'a>(
    transaction: &mut PgConnection,
    ids: &[Uuid],
    states: impl Iterator<Item = &'a Mailing>,
) -> Result<BTreeSet<Uuid>, EngineError> {
    // A pause lasts under whatever else keeps the mailing from going on.
    let is_paused = |state: &Mailing| match state {
        Mailing::Planned { status, .. } => match status {
            Status::Paused => true,
            Status::Disabled { paused } | Status::Completed { paused, .. } => *paused,
            Status::Active | Status::Cancelled => false,
        },
        Mailing::Absent | Mailing::Deleted { .. } => false,
    };
    let paused: Vec<Uuid> = ids.iter().zip(states).filter(|(_, state)| is_paused(state)).map(|(id, _)| *id).collect();
    if paused.is_empty() {
        return Ok(BTreeSet::new());
    }
    let told = EventStore::events_until::<Mailing>(transaction, &paused, i64::MAX).await?;
    Ok(paused.into_iter().zip(told).filter(|(_, events)| was_paused_by_the_guard(events)).map(|(id, _)| id).collect())
}

/// Whether it is the guard that paused a mailing the last time that it was paused or resumed.
fn was_paused_by_the_guard(events: &[mailing::Event]) -> bool {
    let of_pause = events.iter().rev().find_map(|event| match event {
        mailing::Event::Suspended { reason } => Some(Some(reason)),
        mailing::Event::Paused | mailing::Event::Resumed => Some(None),
        mailing::Event::Created { .. }
        | mailing::Event::Changed { .. }
        | mailing::Event::Disabled { .. }
        | mailing::Event::Enabled { .. }
        | mailing::Event::Cancelled
        | mailing::Event::Completed
        | mailing::Event::Deleted => None,
    });
    of_pause.flatten().and_then(|reason| Halt::read(reason)).is_some_and(|halt| halt.is_the_guards())
}

/// From now on only what comes after this counts.
async fn mark(transaction: &mut PgConnection, runs: &[Run]) -> Result<(), EngineError> {
    if runs.is_empty() {
        return Ok(());
    }
    let column = |of: fn(&Counts) -> u64| -> Vec<i64> {
        runs.iter().map(|run| i64::try_from(of(&run.told.known)).unwrap_or(i64::MAX)).collect()
    };
    sqlx::query!(
        "insert into guard_marks (run_id, mailing_id, accepted, bounced, complained)
         select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[])
         on conflict (run_id) do update
            set accepted = excluded.accepted, bounced = excluded.bounced, complained = excluded.complained",
        &runs.iter().map(|run| run.id).collect::<Vec<_>>(),
        &runs.iter().map(|run| run.mailing).collect::<Vec<_>>(),
        &column(|known| known.accepted),
        &column(|known| known.bounced),
        &column(|known| known.complained),
    )
    .execute(transaction)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::feedback::guard::Share;

    const LIMITS: Limits = Limits { minimum: 200, bounces: Some(Share(5_000)), complaints: Some(Share(300)) };

    /// A run that is the only one of its mailing.
    fn run(accepted: i64, bounced: i64, complained: i64) -> Run {
        let (id, mailing) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let known = counts(accepted, bounced, complained);
        Run { id, mailing, told: guard::Run { started_at: DateTime::UNIX_EPOCH, known, marked: None } }
    }

    #[test]
    fn the_reason_tells_what_was_counted_and_is_known_again() {
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(reason(LIMITS, &[run(1_000, 50, 3)], now), None);
        for (run, begins) in [
            (run(1_000, 51, 3), "51 of 1,000 letters came back (5.1%, "),
            (run(1_000, 51, 4), "recipients complained of 4 of 1,000 letters (0.4%, "),
        ] {
            let reason = reason(LIMITS, &[run], now).expect("a reason");
            assert!(reason.starts_with(begins), "{reason}");
            let suspended = mailing::Event::Suspended { reason };
            assert!(was_paused_by_the_guard(&[mailing::Event::Resumed, suspended.clone()]));
            assert!(!was_paused_by_the_guard(&[suspended.clone(), mailing::Event::Resumed]));
            let (disabled, enabled) = (
                mailing::Event::Disabled { reason: "no".to_owned() },
                mailing::Event::Enabled { reason: "yes".to_owned() },
            );
            // It lasts under whatever others do.
            assert!(was_paused_by_the_guard(&[suspended.clone(), disabled.clone(), mailing::Event::Completed]));
            assert!(was_paused_by_the_guard(&[suspended.clone(), disabled, enabled]));
            assert!(!was_paused_by_the_guard(&[suspended, mailing::Event::Resumed, mailing::Event::Paused]));
        }
        let suspended = mailing::Event::Suspended { reason: "553 5.1.8 sender not allowed".to_owned() };
        assert!(!was_paused_by_the_guard(&[suspended]));
        assert!(!was_paused_by_the_guard(&[]));
    }
}
