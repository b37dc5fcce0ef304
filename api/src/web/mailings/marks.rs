//! Statuses and outcomes, each with its shape, word and colour.

use crate::web::frame::mark::{Mark, Shape, Tone};
use domain::{Language, Outcome};
use projections::deliveries::Ending;
use projections::mailings::Standing;
use projections::runs::Status;
use words::screens::mark::Mark as Words;
use words::screens::run::Run as RunWords;

/// What a mailing is doing.
pub(super) fn of_mailing(standing: Standing, language: Language) -> Mark {
    let w = Words::of(language);
    match standing {
        Standing::Created => Mark::new(Shape::Ring, Tone::Quiet, w.created),
        Standing::Running => Mark::new(Shape::Turning, Tone::Busy, w.running),
        Standing::Completed => Mark::new(Shape::Tick, Tone::Good, w.completed),
        Standing::Paused => Mark::new(Shape::Bars, Tone::Warn, w.paused),
        Standing::Disabled => Mark::new(Shape::Stop, Tone::Bad, w.disabled),
        Standing::Cancelled => Mark::new(Shape::Cross, Tone::Quiet, w.cancelled),
    }
}

/// How far a run is by itself.
pub(super) fn of_run(status: Status, language: Language) -> Mark {
    let w = Words::of(language);
    match status {
        Status::Planning => Mark::new(Shape::Turning, Tone::Busy, w.planning),
        Status::Sending => Mark::new(Shape::Turning, Tone::Busy, w.sending),
        Status::Finished => Mark::new(Shape::Tick, Tone::Good, w.finished),
        Status::Missed => Mark::new(Shape::Dash, Tone::Warn, RunWords::of(language).missed),
    }
}

/// How far a run is, or what its mailing is doing if that keeps its letters.
pub(super) fn of_run_in(status: Status, mailing: Option<Standing>, language: Language) -> Mark {
    match mailing {
        Some(stopped @ (Standing::Paused | Standing::Disabled)) if status == Status::Sending => {
            of_mailing(stopped, language)
        }
        _ => of_run(status, language),
    }
}

/// What became of a letter.
pub(super) fn of_outcome(outcome: Outcome, language: Language) -> Mark {
    let (shape, tone) = match outcome {
        Outcome::Pending => (Shape::Clock, Tone::Quiet),
        Outcome::Accepted => (Shape::Tick, Tone::Good),
        Outcome::Rejected => (Shape::Cross, Tone::Bad),
        Outcome::Deferred => (Shape::Clock, Tone::Warn),
        Outcome::Unknown => (Shape::Question, Tone::Warn),
        Outcome::Suppressed => (Shape::Dash, Tone::Quiet),
        Outcome::Expired => (Shape::Stop, Tone::Quiet),
    };
    Mark::new(shape, tone, Words::of(language).outcome(outcome))
}

/// How an attempt ended.
pub(super) fn of_ending(ending: Ending, language: Language) -> Mark {
    let outcome = match ending {
        Ending::Accepted => Outcome::Accepted,
        Ending::Rejected => Outcome::Rejected,
        Ending::Deferred => Outcome::Deferred,
        Ending::Unknown => Outcome::Unknown,
        Ending::NotTried => return Mark::new(Shape::Dash, Tone::Quiet, Words::of(language).not_tried),
    };
    of_outcome(outcome, language)
}

/// The class of an outcome's colour.
pub(super) fn outcome_class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pending => "part-pending",
        Outcome::Accepted => "part-accepted",
        Outcome::Rejected => "part-rejected",
        Outcome::Deferred => "part-deferred",
        Outcome::Unknown => "part-unknown",
        Outcome::Suppressed => "part-suppressed",
        Outcome::Expired => "part-expired",
    }
}
