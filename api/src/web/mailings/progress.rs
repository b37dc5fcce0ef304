//! How far a run is: its numbers, one bar of its parts, and the same parts as a table. The page and what keeps it live have it
//! from the same template.

use super::back::{self, Number};
use super::marks;
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::when::When;
use crate::web::frame::{Trouble, Visit};
use askama::Template;
use askama::filters::HtmlSafe;
use chrono::{DateTime, Utc};
use domain::{Language, Outcome, TimeZone, Totals};
use projections::feedback::Counts;
use projections::mailings::Standing;
use projections::relays::{Hold, Scope};
use projections::runs::{Run, Status};
use words::screens::feedback::Feedback as BackWords;
use words::screens::mark::Mark as MarkWords;
use words::screens::recipients::Recipients as RecipientsWords;
use words::screens::run::Run as Words;
use words::screens::shown;

/// How wide the bar is, in units of its own.
const WIDTH: u64 = 1_000;

/// What is there at all is seen, however small its part is.
const LEAST: u64 = 6;

/// Who reads a page, as far as it matters for what a run shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader {
    /// Their language.
    pub(super) language: Language,
    /// The time zone in which they read times.
    pub(super) zone: TimeZone,
    /// Whether they look after the service, so that they get to read the words of mail servers.
    pub(super) detailed: bool,
}

impl Reader {
    /// Whoever visits.
    pub(super) fn of(visit: &Visit) -> Result<Self, Trouble> {
        let detailed = visit.viewer()?.may_watch();
        Ok(Self { language: visit.language(), zone: visit.zone(), detailed })
    }
}

/// How far a run is, as it is shown.
#[derive(Clone, Debug, Template)]
#[template(path = "mailings/progress.html")]
pub(super) struct Progress {
    w: &'static Words,
    m: &'static MarkWords,
    b: &'static BackWords,
    id: String,
    mark: Mark,
    /// The state in a few words, for those who hear the page. It changes seldom.
    said: String,
    /// What there is to say as long as nobody knows how many letters there are.
    gathering: Option<&'static str>,
    planned: String,
    done: String,
    rate: Option<String>,
    left: Option<String>,
    failed: Option<String>,
    doubts: Option<String>,
    parts: Vec<Part>,
    started: When,
    finished: Option<When>,
    took: Option<String>,
    holds: Vec<(String, Option<String>)>,
    /// What came back so far, as long as the run goes on: after that it stands beside its progress.
    back: Vec<Number>,
    is_open: bool,
    missed: bool,
}

impl HtmlSafe for Progress {}

/// One part of the bar.
#[derive(Clone, Debug)]
struct Part {
    name: &'static str,
    label: &'static str,
    class: &'static str,
    number: String,
    share: String,
    is_any: bool,
    x: u64,
    width: u64,
}

impl Progress {
    /// What this run shows at `now`, of which so much came back, with what its mailing is doing if that is known.
    pub(super) fn of(
        run: &Run,
        mailing: Option<Standing>,
        holds: &[Hold],
        came_back: &Counts,
        reader: Reader,
        now: DateTime<Utc>,
    ) -> Self {
        let (language, totals) = (reader.language, run.totals());
        let (w, m) = (Words::of(language), MarkWords::of(language));
        let number = |number| shown::number(language, number);
        let when = |at| When::new(at, now, language, reader.zone);
        let pace = run.pace(now);
        let is_open = is_open(run);
        // What is tried again is not done yet.
        let done = totals.planned.saturating_sub(totals.pending + totals.deferred);
        let is_stopped = run.status == Status::Sending && holds.iter().any(|hold| matches!(hold, Hold::Stopped));
        let rate = whole(pace.per_second * 60.0);
        let parts = Outcome::ALL.into_iter().zip(widths(&totals)).map(|(outcome, (x, width))| {
            let count = totals.of(outcome);
            Part {
                name: outcome.name(),
                label: m.outcome(outcome),
                class: marks::outcome_class(outcome),
                number: number(count),
                share: shown::percent(language, count, totals.planned),
                is_any: count > 0,
                x,
                width,
            }
        });
        let some = |count: u64| (count > 0).then(|| number(count));
        let took = run.finished_at.map(|finished| seconds(finished - run.started_at));
        Self {
            w,
            m,
            b: BackWords::of(language),
            id: run.id.to_string(),
            mark: match mailing {
                Some(Standing::Paused | Standing::Disabled) => marks::of_run_in(run.status, mailing, language),
                _ if is_stopped => Mark::new(Shape::Bars, Tone::Warn, m.paused),
                _ => marks::of_run(run.status, language),
            },
            said: match run.status {
                Status::Planning => w.said_planning.to_owned(),
                Status::Sending if !holds.is_empty() => w.said_waiting.to_owned(),
                Status::Sending => w.said_sending.to_owned(),
                Status::Finished => w.said_finished.with(number(totals.accepted)),
                Status::Missed => w.missed_said.to_owned(),
            },
            gathering: gathering(run, language),
            planned: number(totals.planned),
            done: shown::percent(language, done, totals.planned),
            rate: (is_open && rate > 0 && totals.pending > 0 && holds.is_empty()).then(|| number(rate)),
            left: pace
                .seconds_left
                .filter(|_| totals.pending > 0 && holds.is_empty())
                .map(|left| shown::duration(language, whole(left.ceil()))),
            failed: some(totals.rejected + totals.expired),
            doubts: some(totals.unknown),
            parts: parts.collect(),
            started: when(run.started_at),
            finished: run.finished_at.map(when),
            took: took.map(|seconds| shown::duration(language, seconds)),
            holds: holds.iter().map(|hold| hold_said(w, hold, reader)).collect(),
            back: if is_open { back::numbers_of_run(language, run, came_back) } else { Vec::new() },
            is_open,
            missed: run.status == Status::Missed,
        }
    }

    /// Whether anything is still to change by itself.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }
}

/// Whether anything of the run is still to change by itself.
pub(super) fn is_open(run: &Run) -> bool {
    matches!(run.status, Status::Planning | Status::Sending)
}

/// What is said of a run in place of its numbers as long as there are none.
pub(super) fn gathering(run: &Run, language: Language) -> Option<&'static str> {
    (is_open(run) && run.totals().planned == 0).then(|| RecipientsWords::of(language).nobody_yet)
}

/// Whole seconds of a stretch of time; none if it is negative.
pub(super) fn seconds(stretch: chrono::TimeDelta) -> u64 {
    u64::try_from(stretch.num_seconds()).unwrap_or(0)
}

/// The nearest whole number.
fn whole(number: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of a float to an integer saturates"
    )]
    let whole = number.round() as u64;
    whole
}

/// Why letters wait, and what the mail server said, for those who look after it.
fn hold_said(w: &'static Words, hold: &Hold, reader: Reader) -> (String, Option<String>) {
    match hold {
        Hold::Stopped => (w.waits_stopped.to_owned(), None),
        Hold::NoWorker => (w.waits_no_worker.to_owned(), None),
        Hold::Unknown(name) => (w.waits_unknown.with(name), None),
        Hold::Open(relay) => {
            let said = match relay.scope {
                Some(Scope::Credentials) => w.waits_credentials,
                Some(Scope::Rate) => w.waits_rate,
                Some(Scope::Relay) | None => w.waits_relay,
            };
            (said.with(&relay.name), relay.why.clone().filter(|_| reader.detailed))
        }
    }
}

/// Where each part of the bar begins and how wide it is, in the order of [`Outcome::ALL`]. All of them together fill it, and
/// none that is there is too small to be seen.
fn widths(totals: &Totals) -> [(u64, u64); 7] {
    let counts = Outcome::ALL.map(|outcome| totals.of(outcome));
    let all: u64 = counts.iter().sum();
    if all == 0 {
        return [(0, 0); 7];
    }
    let share = |count: u64| u64::try_from(u128::from(count) * u128::from(WIDTH) / u128::from(all)).unwrap_or(0);
    let mut widths = counts.map(|count| if count == 0 { 0 } else { share(count).max(LEAST) });
    // What the small ones were given, and what rounding left, is the largest one's.
    let largest = (0..widths.len()).max_by_key(|place| widths[*place]).unwrap_or(0);
    let others: u64 = widths.iter().enumerate().filter(|(place, _)| *place != largest).map(|(_, width)| width).sum();
    widths[largest] = WIDTH.saturating_sub(others);
    let mut x = 0;
    widths.map(|width| {
        let part = (x, width);
        x += width;
        part
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_fill_the_bar_and_all_of_them_are_seen() {
        for totals in [
            Totals { planned: 3, accepted: 1, rejected: 1, pending: 1, ..Totals::default() },
            Totals { planned: 1_000_000, accepted: 999_999, unknown: 1, ..Totals::default() },
            Totals {
                planned: 7,
                accepted: 1,
                rejected: 1,
                deferred: 1,
                unknown: 1,
                suppressed: 1,
                expired: 1,
                pending: 1,
            },
            Totals { planned: 1, pending: 1, ..Totals::default() },
        ] {
            let widths = widths(&totals);
            assert_eq!(widths.iter().map(|(_, width)| width).sum::<u64>(), WIDTH, "{totals:?}");
            for (outcome, (_, width)) in Outcome::ALL.into_iter().zip(widths) {
                assert_eq!(width >= LEAST, totals.of(outcome) > 0, "{outcome:?} of {totals:?}");
            }
            assert!(widths.windows(2).all(|pair| pair[0].0 + pair[0].1 == pair[1].0), "they follow each other");
        }
        assert_eq!(widths(&Totals::default()), [(0, 0); 7]);
    }
}
