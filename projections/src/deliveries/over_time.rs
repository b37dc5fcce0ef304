//! How the letters of a run ended over time, however many there are: small runs are read whole, and of large ones a part that is
//! bounded.

use super::Ending;
use crate::Read;
use crate::columns;
use crate::runs::Run;
use chrono::{DateTime, Utc};
use domain::RunId;
use domain::batch::MAX_RECIPIENTS;
use sqlx::PgPool;

/// The most letters of a run that are read whole.
const WHOLE: i64 = 20_000;

/// About how many letters of a larger one are read.
const PART: i64 = 8_000;

/// How the last attempts of a run's letters ended in each period.
#[derive(Clone, Debug)]
pub struct OverTime {
    /// How many ended how in which of the periods.
    pub counts: Vec<(usize, Read<Ending>, u64)>,
    /// Whether the times are those of a part of the letters, from which those of all are reckoned. The sums are those of the
    /// run.
    pub reckoned: bool,
}

/// A number of letters of one period.
struct Row {
    period: i32,
    ending: String,
    count: i64,
}

/// How the last attempts of a run's letters ended in each period: from one of the boundaries, which are in order, to the next.
pub async fn over_time(pool: &PgPool, run: &Run, boundaries: &[DateTime<Utc>]) -> Result<OverTime, sqlx::Error> {
    let id = RunId(run.id);
    if run.planned <= WHOLE {
        let rows = notable_or_all(pool, id, boundaries, true).await?;
        return Ok(OverTime { counts: told(id, boundaries, rows), reckoned: false });
    }
    let (sample, share) = sample(pool, run, boundaries).await?;
    let notable = run.rejected + run.deferred + run.unknown + run.suppressed + run.expired;
    let accepted = |row: &Row| row.ending == "accepted";
    let (went_well, others): (Vec<Row>, Vec<Row>) = sample.into_iter().partition(accepted);
    let mut rows = scaled(went_well, run.accepted);
    if notable <= PART {
        // There is an index of what did not go well.
        rows.extend(notable_or_all(pool, id, boundaries, false).await?);
    } else {
        let mut endings: Vec<String> = others.iter().map(|row| row.ending.clone()).collect();
        endings.sort_unstable();
        endings.dedup();
        let mut others = others;
        for ending in endings {
            let (these, rest): (Vec<Row>, Vec<Row>) = others.into_iter().partition(|row| row.ending == ending);
            let read: i64 = these.iter().map(|row| row.count).sum();
            rows.extend(scaled(these, read.saturating_mul(share.1) / share.0.max(1)));
            others = rest;
        }
    }
    Ok(OverTime { counts: told(id, boundaries, rows), reckoned: true })
}

/// All letters that were tried, or those of them that are not accepted.
async fn notable_or_all(
    pool: &PgPool,
    run: RunId,
    boundaries: &[DateTime<Utc>],
    all: bool,
) -> Result<Vec<Row>, sqlx::Error> {
    if all {
        return sqlx::query_as!(
            Row,
            r#"select width_bucket(at, $2::timestamptz[]) as "period!", coalesce(attempt, outcome) as "ending!",
                      count(*) as "count!"
                 from deliveries where run_id = $1 and attempts > 0 group by 1, 2 order by 1, 2"#,
            run.0,
            boundaries,
        )
        .fetch_all(pool)
        .await;
    }
    sqlx::query_as!(
        Row,
        r#"select width_bucket(at, $2::timestamptz[]) as "period!", coalesce(attempt, outcome) as "ending!",
                  count(*) as "count!"
             from deliveries where run_id = $1 and outcome not in ('pending', 'accepted') and attempts > 0
            group by 1, 2 order by 1, 2"#,
        run.0,
        boundaries,
    )
    .fetch_all(pool)
    .await
}

/// Some letters of every batch, or of every few batches: they are spread over the whole run. With what part of it that is: so
/// many of so many.
async fn sample(pool: &PgPool, run: &Run, boundaries: &[DateTime<Utc>]) -> Result<(Vec<Row>, (i64, i64)), sqlx::Error> {
    let size = i64::try_from(MAX_RECIPIENTS).unwrap_or(i64::MAX);
    let batches = run.batches.map_or(run.planned / size + 1, i64::from).max(1);
    let (every, each) = ((batches / PART).max(1), (PART / batches).clamp(1, size));
    let rows = sqlx::query_as!(
        Row,
        r#"select width_bucket(d.at, $2::timestamptz[]) as "period!", coalesce(d.attempt, d.outcome) as "ending!",
                  count(*) as "count!"
             from generate_series(0, $3::bigint - 1, $4::bigint) as batch
            cross join lateral (
                select at, attempt, outcome from deliveries
                 where run_id = $1 and ordinal >= batch * 500 and ordinal < batch * 500 + $5::bigint and attempts > 0
                offset 0) d
            group by 1, 2 order by 1, 2"#,
        run.id,
        boundaries,
        batches,
        every,
        each,
    )
    .fetch_all(pool)
    .await?;
    let read = (batches / every).max(1).saturating_mul(each);
    Ok((rows, (read, run.planned)))
}

/// The same spread of so many letters in all.
fn scaled(rows: Vec<Row>, all: i64) -> Vec<Row> {
    let read: i128 = rows.iter().map(|row| i128::from(row.count)).sum();
    let (mut so_far, mut before) = (0_i128, 0_i64);
    let scale = |row: Row| {
        so_far += i128::from(row.count);
        let until = i64::try_from(so_far * i128::from(all) / read.max(1)).unwrap_or(i64::MAX);
        let count = until - before;
        before = until;
        Row { count, ..row }
    };
    rows.into_iter().map(scale).collect()
}

fn told(run: RunId, boundaries: &[DateTime<Utc>], rows: Vec<Row>) -> Vec<(usize, Read<Ending>, u64)> {
    let periods = boundaries.len().saturating_sub(1);
    let read = |word| columns::read::<Ending>("deliveries", "attempt", run, word);
    // They are counted from 1.
    let place = |period: i32| usize::try_from(period - 1).ok().filter(|place| *place < periods);
    rows.into_iter().filter_map(|row| Some((place(row.period)?, read(row.ending), row.count.unsigned_abs()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reckoned_from_a_part_adds_up_to_the_whole() {
        for (counts, all) in [
            (vec![1, 1, 1], 1_000_000),
            (vec![7, 0, 3], 99_999),
            (vec![20_000], 1_234_567),
            (vec![5, 5], 3),
            (vec![], 0),
        ] {
            let rows = (1..).zip(&counts).map(|(period, count)| Row { period, ending: String::new(), count: *count });
            let scaled = scaled(rows.collect(), all);
            assert_eq!(scaled.iter().map(|row| row.count).sum::<i64>(), all, "{counts:?}");
            assert!(scaled.iter().all(|row| row.count >= 0));
            let none = scaled.iter().zip(&counts).filter(|(_, count)| **count == 0);
            assert!(none.into_iter().all(|(row, _)| row.count == 0), "what is not in the part is not invented");
        }
    }
}
