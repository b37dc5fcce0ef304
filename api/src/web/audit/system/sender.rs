//! Who letters are from, and what the name service says of it, with the records to enter.

use super::Words;
use crate::web::frame::fields::sentence;
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::{Trouble, Visit};
use acts::senders::{self, Checked};
use domain::alignment::{Finding, Record, Verdict};
use words::Sentence;

/// What asks in the address that the name service is asked: it may take seconds, for which nobody waits who only looks at the page.
const ASKS: &str = "sender";

/// The section about the sender.
pub(super) struct Sender {
    /// Whom letters are from, or why nobody can be asked about it.
    pub(super) said: String,
    /// Whether there is somebody to ask.
    pub(super) can_ask: bool,
    /// What was found; empty until somebody asks.
    pub(super) found: Vec<Row>,
}

/// A finding as it is shown.
pub(super) struct Row {
    pub(super) subject: &'static str,
    pub(super) mark: Mark,
    pub(super) said: String,
    pub(super) record: Option<Record>,
}

pub(super) async fn of(visit: &Visit) -> Result<Sender, Trouble> {
    let (by, w) = (visit.administrator()?, Words::of(visit.language()));
    if visit.query().some(ASKS).is_none() {
        let said = w.sender_from.with(&visit.services().senders.from);
        return Ok(Sender { said, can_ask: true, found: Vec::new() });
    }
    Ok(match senders::check_own(visit.services(), by).await {
        Ok(Checked { domain, findings }) => Sender {
            said: w.sender_from.with(domain.as_str()),
            can_ask: true,
            found: findings.into_iter().map(|finding| row(visit, w, finding)).collect(),
        },
        Err(error) => Sender { said: sentence(&error.told(visit.language())), can_ask: false, found: Vec::new() },
    })
}

fn row(visit: &Visit, w: &'static Words, finding: Finding) -> Row {
    let marks = visit.marks();
    let mark = match finding.verdict {
        Verdict::Good => Mark::new(Shape::Tick, Tone::Good, marks.well),
        Verdict::Warning => Mark::new(Shape::Bars, Tone::Warn, w.sender_warning),
        Verdict::Bad => Mark::new(Shape::Cross, Tone::Bad, marks.trouble),
        Verdict::Unknown => Mark::new(Shape::Question, Tone::Quiet, w.sender_unknown),
    };
    let said = sentence(&finding.what.told(visit.language()));
    Row { subject: finding.subject.name(), mark, said, record: finding.record }
}
