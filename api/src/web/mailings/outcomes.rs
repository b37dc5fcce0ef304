//! What became of letters, as charts: of one run over time, and of the runs of a mailing.

use super::{marks, progress};
use crate::web::frame::chart::{Bars, Chart, Column, Series};
use crate::web::frame::{Trouble, Visit, list};
use chrono::{DateTime, Utc};
use domain::{Language, Outcome, TimeZone};
use projections::deliveries::{self, Ending};
use projections::runs::{Run, Status};
use words::screens::mark::Mark as MarkWords;
use words::screens::run::Run as Words;
use words::screens::shown;

/// About how many columns a chart has.
const COLUMNS: i64 = 40;

/// The stretches of time that a column may stand for, in seconds.
const STEPS: [i64; 18] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400, 604_800];

/// How the letters of a run ended over time; none if nothing has ended.
pub(super) async fn of_run(visit: &Visit, run: &Run) -> Result<Option<Chart>, Trouble> {
    let Some(last) = run.last_attempt_at else { return Ok(None) };
    let (boundaries, step) = boundaries(run.started_at.min(last), last);
    let counted = deliveries::over_time(visit.pool(), run, &boundaries).await?;
    let endings = [
        (Ending::Accepted, Outcome::Accepted),
        (Ending::Rejected, Outcome::Rejected),
        (Ending::Deferred, Outcome::Deferred),
        (Ending::Unknown, Outcome::Unknown),
    ];
    let (language, zone, w) = (visit.language(), visit.zone(), Words::of(visit.language()));
    let columns: Vec<Column> =
        boundaries.iter().take(boundaries.len() - 1).map(|at| column(language, *at, zone, step)).collect();
    let mut series: Vec<Series> = endings
        .iter()
        .map(|(_, outcome)| Series {
            label: MarkWords::of(language).outcome(*outcome).to_owned(),
            class: marks::outcome_class(*outcome),
            values: vec![0; columns.len()],
        })
        .collect();
    for (period, ending, count) in counted.counts {
        let Some(ending) = list::shown(visit, ending) else { continue };
        let place = endings.iter().position(|(one, _)| *one == ending);
        let value = place.and_then(|place| series.get_mut(place)).and_then(|series| series.values.get_mut(period));
        if let Some(value) = value {
            *value += count;
        }
    }
    series.retain(|one| one.class == "part-accepted" || one.values.iter().any(|value| *value > 0));
    let bars = Bars { language, title: w.over_time.to_owned(), over: w.time, columns, series };
    Ok((!bars.is_empty()).then(|| bars.draw().noted(counted.reckoned.then_some(w.reckoned))))
}

/// What became of the letters of these runs, of which the latest comes first; none if there is nothing to compare.
pub(super) fn of_runs(visit: &Visit, runs: &[Run]) -> Option<Chart> {
    let sent: Vec<&Run> = runs.iter().rev().filter(|run| run.status != Status::Missed).collect();
    if sent.len() < 2 {
        return None;
    }
    let (language, zone, w) = (visit.language(), visit.zone(), Words::of(visit.language()));
    let outcomes = [Outcome::Accepted, Outcome::Rejected, Outcome::Unknown, Outcome::Suppressed, Outcome::Expired];
    let series = outcomes.into_iter().map(|outcome| Series {
        label: MarkWords::of(language).outcome(outcome).to_owned(),
        class: marks::outcome_class(outcome),
        values: sent.iter().map(|run| run.totals().of(outcome)).collect(),
    });
    let one_day = progress::seconds(sent[sent.len() - 1].started_at - sent[0].started_at) < 86_400;
    let columns = sent.iter().map(|run| Column {
        short: if one_day { clock(run.started_at, zone, false) } else { shown::day(language, run.started_at, zone) },
        whole: shown::minute(language, run.started_at, zone),
    });
    let bars = Bars {
        language,
        title: w.over_runs.to_owned(),
        over: w.one_run,
        columns: columns.collect(),
        series: series
            .filter(|one| one.class == "part-accepted" || one.values.iter().any(|value| *value > 0))
            .collect(),
    };
    (!bars.is_empty()).then(|| bars.draw())
}

/// Round moments from before `from` until after `to`, and how many seconds lie between them.
fn boundaries(from: DateTime<Utc>, to: DateTime<Utc>) -> (Vec<DateTime<Utc>>, i64) {
    let wanted = ((to - from).num_seconds() / COLUMNS).max(1);
    let step = STEPS.into_iter().find(|step| *step >= wanted).unwrap_or(wanted);
    let first = from.timestamp().div_euclid(step) * step;
    let count = (to.timestamp() - first) / step + 1;
    let at = |place: i64| DateTime::from_timestamp(first + place * step, 0).unwrap_or(to);
    ((0..=count).map(at).collect(), step)
}

fn clock(at: DateTime<Utc>, zone: TimeZone, seconds: bool) -> String {
    zone.at(at).format(if seconds { "%H:%M:%S" } else { "%H:%M" }).to_string()
}

fn column(language: Language, at: DateTime<Utc>, zone: TimeZone, step: i64) -> Column {
    let (short, whole) = match step {
        ..60 => (clock(at, zone, true), shown::second(language, at, zone)),
        60..43_200 => (clock(at, zone, false), shown::minute(language, at, zone)),
        _ => (shown::day(language, at, zone), shown::minute(language, at, zone)),
    };
    Column { short, whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_round_and_cover_everything() {
        for to in ["2026-05-04T10:00:03Z", "2026-05-04T10:03:00Z", "2026-05-04T20:03:00Z", "2027-05-04T20:03:00Z"] {
            let from = "2026-05-04T10:00:03Z";
            let (from, to): (DateTime<Utc>, DateTime<Utc>) = (from.parse().unwrap(), to.parse().unwrap());
            let (boundaries, step) = boundaries(from, to);
            assert!(boundaries.len() >= 2 && boundaries.len() <= 60, "{step}");
            assert!(boundaries.windows(2).all(|two| (two[1] - two[0]).num_seconds() == step), "{boundaries:?}");
            assert_eq!(boundaries[0].timestamp() % step, 0, "{step}");
            assert!(boundaries[0] <= from && *boundaries.last().unwrap() > to, "{boundaries:?}");
        }
    }
}
