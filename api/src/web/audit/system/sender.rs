//! Who letters are from, and what the name service says of it, with the records to enter.

use super::Words;
use crate::web::frame::fields::sentence;
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::{Trouble, Visit};
use acts::senders::{self, Checked};
use askama::Template;
use askama::filters::HtmlSafe;
use domain::alignment::{Finding, Record, Verdict};
use words::Sentence;
use words::screens::frame::Frame;

/// What asks in the address that the name service is asked: it may take seconds, for which nobody waits who only looks at the page.
const ASKS: &str = "sender";

/// The section about the sender.
pub(super) struct Sender {
    /// Whom letters are from, or why nobody can be asked about it.
    pub(super) said: String,
    /// Whether there is somebody to ask.
    pub(super) can_ask: bool,
    /// What was found; nothing until somebody asks.
    pub(super) found: Option<Found>,
}

/// What was found about a domain, with the records that mend it.
#[derive(Template)]
#[template(path = "audit/system/found.html")]
pub(in crate::web) struct Found {
    w: &'static Words,
    f: &'static Frame,
    rows: Vec<Row>,
}

impl HtmlSafe for Found {}

/// A finding as it is shown.
struct Row {
    subject: &'static str,
    mark: Mark,
    said: String,
    record: Option<Entry>,
}

/// A record as it is to be entered.
struct Entry {
    /// What the name is, and of which type the record.
    label: String,
    name: String,
    value: String,
}

pub(super) async fn of(visit: &Visit) -> Result<Sender, Trouble> {
    let (by, w) = (visit.administrator()?, Words::of(visit.language()));
    if visit.query().some(ASKS).is_none() {
        let said = w.sender_from.with(&visit.services().senders.from);
        return Ok(Sender { said, can_ask: true, found: None });
    }
    Ok(match senders::check_own(visit.services(), by).await? {
        Ok(Checked { domain, findings }) => {
            let found = Some(Found::of(visit, findings));
            Sender { said: w.sender_from.with(domain.as_str()), can_ask: true, found }
        }
        Err(error) => Sender { said: sentence(&error.told(visit.language())), can_ask: false, found: None },
    })
}

impl Found {
    pub(in crate::web) fn of(visit: &Visit, findings: Vec<Finding>) -> Self {
        let w = Words::of(visit.language());
        let rows = findings.into_iter().map(|finding| row(visit, w, finding)).collect();
        Self { w, f: visit.frame(), rows }
    }
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
    let entry = |Record { name, kind, value }| Entry { label: format!("{} ({kind})", w.sender_name), name, value };
    Row { subject: finding.subject.name(), mark, said, record: finding.record.map(entry) }
}
