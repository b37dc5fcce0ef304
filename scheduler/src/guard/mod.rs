//! The guard: a mailing of which too many letters came back for good, or of too many letters of which recipients complained, is paused, as
//! going on harms its sender and everybody who sends through the same mail servers.
//!
//! It looks at a mailing whenever something was reported of its letters: at its newest runs, as many as it takes to have enough letters to
//! tell anything (`domain::feedback::guard`). When it pauses one it marks what is known of its runs by then, and the next time only what came
//! after that counts: whoever resumes a mailing has seen what was. What comes back while it is paused for that belongs to that, too. Runs that
//! are older than the marked ones count no more.

use crate::context::Context;
use crate::error::EngineError;
use crate::follow::{Follow, Told, Wanted};
use domain::feedback::guard::{Counts, Limits, Passed};
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

/// So many of a mailing's runs are looked at, the newest first,
const FEW: i64 = 20;

/// and, if these have too few letters, so many: there are mailings that a handful of people get every day.
const MANY: i64 = 1_000;

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
        let reported = mailings_of(told);
        let ids: Vec<Uuid> = reported.keys().copied().collect();
        let mut runs = newest_runs(transaction, &ids, FEW).await?;
        let short: Vec<Uuid> =
            runs.iter().filter(|(_, runs)| is_short(runs, limits.minimum)).map(|(id, _)| *id).collect();
        if !short.is_empty() {
            runs.extend(newest_runs(transaction, &short, MANY).await?);
        }
        let mailings = EventStore::load_within::<Mailing>(transaction, &ids).await?;
        let paused = paused_by_the_guard(transaction, &ids, mailings.iter().map(|mailing| &mailing.state)).await?;
        let (mut appends, mut marks) = (Vec::new(), Vec::new());
        for ((id, cause), mailing) in reported.into_iter().zip(mailings) {
            let runs = runs.remove(&id).unwrap_or_default();
            if paused.contains(&id) {
                marks.extend(runs);
                continue;
            }
            let Some(reason) = reason(limits, counts(&runs, limits.minimum)) else { continue };
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

/// What is known of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    id: Uuid,
    mailing: Uuid,
    accepted: i64,
    bounced: i64,
    complained: i64,
    /// What of these was known when the guard paused its mailing; none if it has not done so since the run started.
    marked: Option<[i64; 3]>,
}

impl Run {
    /// What came after it was marked.
    fn since(&self) -> Counts {
        let since = |known: i64, marked: i64| u64::try_from(known - marked).unwrap_or(0);
        let [accepted, bounced, complained] = self.marked.unwrap_or_default();
        Counts {
            accepted: since(self.accepted, accepted),
            bounced: since(self.bounced, bounced),
            complained: since(self.complained, complained),
        }
    }
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

/// What is known of the newest of these runs, of as many as have the minimum together, or of all since the mailing was paused.
fn counts(runs: &[Run], minimum: u64) -> Counts {
    let (mut counts, mut is_marked) = (Counts::default(), false);
    for run in runs {
        let is_before_the_pause = is_marked && run.marked.is_none();
        if counts.accepted >= minimum || is_before_the_pause {
            break;
        }
        is_marked |= run.marked.is_some();
        let Counts { accepted, bounced, complained } = run.since();
        counts.accepted = counts.accepted.saturating_add(accepted);
        counts.bounced = counts.bounced.saturating_add(bounced);
        counts.complained = counts.complained.saturating_add(complained);
    }
    counts
}

/// Whether there may be more runs than these few, and more are needed.
fn is_short(few: &[Run], minimum: u64) -> bool {
    i64::try_from(few.len()).is_ok_and(|few| few >= FEW) && counts(few, minimum).accepted < minimum
}

/// Why a mailing is paused of which this is known, for its owner to read; none if it may go on.
fn reason(limits: Limits, counts: Counts) -> Option<String> {
    let Counts { accepted, bounced, complained } = counts;
    let halt = match limits.passed(counts)? {
        Passed::Bounces => Halt::TooManyBounces { bounced, accepted, limit: limits.bounces? },
        Passed::Complaints => Halt::TooManyComplaints { complained, accepted, limit: limits.complaints? },
    };
    Some(halt.told(Language::En))
}

/// The newest runs of these mailings, so many of each, by the mailings' ids, the newest first.
async fn newest_runs(
    transaction: &mut PgConnection,
    mailings: &[Uuid],
    most: i64,
) -> Result<BTreeMap<Uuid, Vec<Run>>, EngineError> {
    let rows = sqlx::query!(
        r#"select r.mailing_id as "mailing_id!", r.id as "id!", r.accepted as "accepted!",
                  coalesce(f.bounced, 0) as "bounced!", coalesce(f.complained, 0) as "complained!",
                  k.accepted as "marked_accepted?", k.bounced as "marked_bounced?", k.complained as "marked_complained?"
             from unnest($1::uuid[]) as asked (id)
            cross join lateral (select id, mailing_id, accepted, started_at from runs
                                 where mailing_id = asked.id order by started_at desc, id desc limit $2) r
             left join feedback_counts f on f.run_id = r.id
             left join guard_marks k on k.run_id = r.id
            order by r.mailing_id, r.started_at desc, r.id desc"#,
        mailings,
        most,
    )
    .fetch_all(transaction)
    .await?;
    let mut runs: BTreeMap<Uuid, Vec<Run>> = BTreeMap::new();
    for row in rows {
        let marked = row.marked_accepted.zip(row.marked_bounced).zip(row.marked_complained);
        runs.entry(row.mailing_id).or_default().push(Run {
            id: row.id,
            mailing: row.mailing_id,
            accepted: row.accepted,
            bounced: row.bounced,
            complained: row.complained,
            marked: marked.map(|((accepted, bounced), complained)| [accepted, bounced, complained]),
        });
    }
    Ok(runs)
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
    let column = |of: fn(&Run) -> i64| runs.iter().map(of).collect::<Vec<_>>();
    sqlx::query!(
        "insert into guard_marks (run_id, mailing_id, accepted, bounced, complained)
         select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[])
         on conflict (run_id) do update
            set accepted = excluded.accepted, bounced = excluded.bounced, complained = excluded.complained",
        &runs.iter().map(|run| run.id).collect::<Vec<_>>(),
        &runs.iter().map(|run| run.mailing).collect::<Vec<_>>(),
        &column(|run| run.accepted),
        &column(|run| run.bounced),
        &column(|run| run.complained),
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

    fn run(accepted: i64, bounced: i64, complained: i64) -> Run {
        let (id, mailing) = (Uuid::from_u128(1), Uuid::from_u128(2));
        Run { id, mailing, accepted, bounced, complained, marked: None }
    }

    /// A run of which all that is known was known when its mailing was paused.
    fn marked(accepted: i64, bounced: i64, complained: i64) -> Run {
        Run { marked: Some([accepted, bounced, complained]), ..run(accepted, bounced, complained) }
    }

    #[test]
    fn the_newest_runs_count_until_they_have_enough_letters() {
        let counted = |accepted, bounced, complained| Counts { accepted, bounced, complained };
        for (runs, expected) in [
            (vec![], counted(0, 0, 0)),
            (vec![run(150, 1, 0)], counted(150, 1, 0)),
            (vec![run(150, 1, 0), run(1_000, 60, 2), run(1_000, 900, 0)], counted(1_150, 61, 2)),
            (vec![run(200, 1, 0), run(1_000, 900, 0)], counted(200, 1, 0)),
            (vec![run(0, 0, 0), run(0, 0, 0), run(300, 20, 0)], counted(300, 20, 0)),
            // What is older than a run that was marked was known by then, too, and was not looked at.
            (vec![run(150, 1, 0), marked(1_000, 60, 2), marked(5, 5, 0), run(900, 90, 0)], counted(150, 1, 0)),
        ] {
            assert_eq!(counts(&runs, LIMITS.minimum), expected, "{runs:?}");
        }
    }

    #[test]
    fn more_runs_are_looked_at_only_where_few_have_not_enough_letters() {
        let runs = |number: usize, accepted| vec![run(accepted, 0, 0); number];
        for (few, short) in [
            (runs(19, 5), false),
            (runs(20, 5), true),
            (runs(20, 10), false),
            (runs(1, 200), false),
            ([runs(19, 5), vec![run(200, 0, 0)]].concat(), false),
        ] {
            assert_eq!(is_short(&few, LIMITS.minimum), short, "{few:?}");
        }
    }

    #[test]
    fn what_was_known_when_a_mailing_was_paused_does_not_count_again() {
        let marked = Run { marked: Some([1_000, 60, 3]), ..run(1_300, 75, 3) };
        assert_eq!(marked.since(), Counts { accepted: 300, bounced: 15, complained: 0 });
        // A rebuilt read model may be behind the mark for a while.
        let behind = Run { marked: Some([1_000, 60, 3]), ..run(10, 0, 0) };
        assert_eq!(behind.since(), Counts::default());
    }

    #[test]
    fn the_reason_tells_what_was_counted_and_is_known_again() {
        let counts = |bounced, complained| Counts { accepted: 1_000, bounced, complained };
        assert_eq!(reason(LIMITS, counts(50, 3)), None);
        for (counts, begins) in [
            (counts(51, 3), "51 of 1,000 letters came back (5.1%, "),
            (counts(51, 4), "recipients complained of 4 of 1,000 letters (0.4%, "),
        ] {
            let reason = reason(LIMITS, counts).expect("a reason");
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
