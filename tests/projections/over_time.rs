//! Charts of runs that are too large to be read whole.

use crate::support::database;
use chrono::{DateTime, TimeDelta, Utc};
use domain::RunId;
use projections::deliveries::{self, Ending};
use projections::{Access, runs};
use uuid::Uuid;

/// Ten minutes of a run: all letters go out at the same pace, and one of a thousand is refused, half of them in the last minute.
#[tokio::test]
async fn a_large_run_is_drawn_from_a_part_of_its_letters_with_the_sums_of_all() {
    let database = database().await;
    let pool = &database.pool;
    let (run, mailing, owner) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let start: DateTime<Utc> = "2026-05-04T10:00:00Z".parse().expect("a moment");
    let letters = 60_000_i32;
    sqlx::query(
        "insert into deliveries (run_id, ordinal, at, attempts, code, outcome)
         select $1, n, $2 + make_interval(secs => case when n % 2000 = 999 then 599 else n / 100.0 end), 1, 250,
                case when n % 1000 = 999 then 'rejected' else 'accepted' end
           from generate_series(0, $3 - 1) as n",
    )
    .bind(run)
    .bind(start)
    .bind(letters)
    .execute(pool)
    .await
    .expect("letters");
    sqlx::query(
        "insert into runs (id, mailing_id, owner_id, status, trigger, started_at, finished_at, batches, planned, accepted,
                           rejected, pending, last_attempt_at, version)
         values ($1, $2, $3, 'finished', 'send_now', $4, $5, 120, 60000, 59940, 60, 0, $5, 3)",
    )
    .bind(run)
    .bind(mailing)
    .bind(owner)
    .bind(start)
    .bind(start + TimeDelta::minutes(10))
    .execute(pool)
    .await
    .expect("a run");

    let run = runs::get(pool, Access::All, RunId(run)).await.expect("it reads").expect("it is there");
    let boundaries: Vec<DateTime<Utc>> = (0..=10).map(|minute| start + TimeDelta::minutes(minute)).collect();
    let drawn = deliveries::over_time(pool, &run, &boundaries).await.expect("a chart");
    assert!(drawn.reckoned);
    let of = |wanted: Ending| -> Vec<(usize, u64)> {
        let rows =
            drawn.counts.iter().map(|(period, ending, count)| (*period, *ending.as_ref().expect("it reads"), *count));
        rows.filter(|(_, ending, _)| *ending == wanted).map(|(period, _, count)| (period, count)).collect()
    };
    let accepted = of(Ending::Accepted);
    assert_eq!(accepted.iter().map(|(_, count)| count).sum::<u64>(), 59_940, "the sum is that of the run");
    assert_eq!(accepted.len(), 10);
    assert!(accepted.iter().all(|(_, count)| count.abs_diff(5_994) < 300), "the pace is even: {accepted:?}");
    let rejected = of(Ending::Rejected);
    assert_eq!(rejected.iter().map(|(_, count)| count).sum::<u64>(), 60, "what is seldom is counted one by one");
    assert_eq!(rejected.last(), Some(&(9, 33)), "{rejected:?}");

    // A small one is read whole.
    let small = runs::Run { planned: 20_000, ..run };
    assert!(!deliveries::over_time(pool, &small, &boundaries).await.expect("a chart").reckoned);
}
