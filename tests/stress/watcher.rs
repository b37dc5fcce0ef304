//! Looks at the read models all the time and checks that the numbers add up at every moment.

use super::world::{PATIENCE, World};
use domain::Totals;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Between two looks, besides four times as long as a look takes: it must not become the main load.
const PAUSE: Duration = Duration::from_millis(50);

/// Every run's numbers as its row has them, as its deliveries have them (a recipient to whom nothing has happened yet is
/// only in its batch), and as its report has them. One statement, hence one snapshot.
const LOOK: &str = "
    select r.status, r.planned, r.accepted, r.rejected, r.deferred, r.unknown, r.suppressed, r.expired, r.pending,
           d.*, b.d_planned, b.d_planned - d.told as d_pending, p.totals
      from runs r
      left join reports p on p.run_id = r.id
     cross join lateral (
        select count(*) filter (where outcome <> 'pending') as told,
               count(*) filter (where outcome = 'accepted') as d_accepted,
               count(*) filter (where outcome = 'rejected') as d_rejected,
               count(*) filter (where outcome = 'deferred') as d_deferred,
               count(*) filter (where outcome = 'unknown') as d_unknown,
               count(*) filter (where outcome = 'suppressed') as d_suppressed,
               count(*) filter (where outcome = 'expired') as d_expired
          from deliveries where run_id = r.id) d
     cross join lateral (
        select coalesce(sum(recipients), 0) as d_planned from batches where run_id = r.id) b
     where r.status <> 'missed'";

/// What was seen last.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// How often something was seen.
    pub(super) looks: usize,
    /// How often PostgreSQL was away.
    pub(super) away: usize,
    /// How many deliveries have no final outcome, in all runs.
    pub(super) open: u64,
    /// How many runs are finished.
    pub(super) finished: usize,
}

pub(super) struct Watcher {
    task: JoinHandle<()>,
    seen: watch::Receiver<Seen>,
}

impl Watcher {
    pub(super) fn start(pool: PgPool) -> Self {
        let (sender, seen) = watch::channel(Seen::default());
        Self { task: tokio::spawn(look_on(pool, sender)), seen }
    }

    /// What was seen last; fails the story if something was not right.
    pub(super) async fn seen(&mut self) -> Seen {
        if self.task.is_finished() {
            (&mut self.task).await.expect("at every moment the numbers add up");
        }
        *self.seen.borrow()
    }

    /// Waits until so many runs are finished.
    pub(super) async fn finished(&mut self, world: &World, runs: usize) -> Seen {
        let mut progress = (world.receiver.count(), self.seen().await.open, Instant::now());
        loop {
            let seen = self.seen().await;
            if seen.finished >= runs {
                return seen;
            }
            assert!(progress.2.elapsed() < PATIENCE, "nothing moves any more, and the run is not finished: {seen:?}");
            if (world.receiver.count(), seen.open) != (progress.0, progress.1) {
                progress = (world.receiver.count(), seen.open, Instant::now());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn look_on(pool: PgPool, seen: watch::Sender<Seen>) {
    loop {
        let began = Instant::now();
        match sqlx::query(LOOK).fetch_all(&pool).await {
            Ok(rows) => {
                let runs: Vec<(String, Totals)> = rows.iter().map(checked).collect();
                seen.send_modify(|seen| {
                    seen.looks += 1;
                    seen.open = runs.iter().map(|(_, totals)| totals.pending + totals.deferred).sum();
                    seen.finished = runs.iter().filter(|(status, _)| status == "finished").count();
                });
                tokio::time::sleep(began.elapsed() * 4).await;
            }
            Err(_) => seen.send_modify(|seen| seen.away += 1),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The status and numbers of a run, which are the same wherever they are shown.
fn checked(row: &PgRow) -> (String, Totals) {
    let status: String = row.get("status");
    let shown = totals(row, "");
    assert!(shown.add_up(), "{status}: {shown:?}");
    assert_eq!(shown, totals(row, "d_"), "the run ({status}) agrees with its batches and deliveries");
    if let Some(reported) = row.get::<Option<serde_json::Value>, _>("totals") {
        let reported: Totals = serde_json::from_value(reported).expect("totals");
        assert_eq!((&*status, shown), ("finished", reported), "the report agrees with the run");
    }
    (status, shown)
}

fn totals(row: &PgRow, prefix: &str) -> Totals {
    let count = |name: &str| u64::try_from(row.get::<i64, _>(&*format!("{prefix}{name}"))).expect("a count");
    Totals {
        planned: count("planned"),
        accepted: count("accepted"),
        rejected: count("rejected"),
        deferred: count("deferred"),
        unknown: count("unknown"),
        suppressed: count("suppressed"),
        expired: count("expired"),
        pending: count("pending"),
    }
}
