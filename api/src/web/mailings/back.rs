//! What came back of letters, beside what it came back of: as numbers of a run or a mailing, and as what was reported of one letter.

use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::when::When;
use crate::web::frame::{Trouble, Visit, list};
use askama::Template;
use askama::filters::HtmlSafe;
use domain::feedback::Via;
use domain::{Language, RunId};
use projections::columns::Word as _;
use projections::feedback::{self, CameBack, Counts, Report, What};
use projections::runs::{self, Run};
use std::collections::HashMap;
use uuid::Uuid;
use words::screens::feedback::Feedback as Words;
use words::screens::shown;

/// All that came back of some letters, as a part of a page.
#[derive(Template)]
#[template(path = "mailings/back.html")]
pub(super) struct Back {
    w: &'static Words,
    numbers: Vec<Number>,
    /// Where every report of them is.
    all: String,
}

impl HtmlSafe for Back {}

/// How many letters came back in one way.
#[derive(Clone, Debug)]
pub(in crate::web) struct Number {
    pub(in crate::web) label: &'static str,
    pub(in crate::web) number: String,
    /// What share of the letters it is that mail servers took; none if they took none.
    pub(in crate::web) share: Option<String>,
    /// Where these letters are, if they can be looked at.
    pub(in crate::web) href: Option<String>,
}

/// What was reported of one letter.
pub(super) struct Told {
    pub(super) mark: Mark,
    /// That there is no such mailbox, if the report says so.
    pub(super) dead: Option<&'static str>,
    pub(super) code: Option<String>,
    pub(super) words: Option<String>,
    /// Who reports it; none if they do not say who they are.
    pub(super) by: Option<String>,
    pub(super) at: When,
}

impl Back {
    /// What came back of a run; none if nothing did.
    pub(super) async fn of_run(visit: &Visit, run: &Run) -> Result<Option<Self>, Trouble> {
        let counts = feedback::counts(visit.pool(), &[run.id]).await?;
        let Some((_, counts)) = counts.first() else { return Ok(None) };
        Ok(Self::of(visit, numbers_of_run(visit.language(), run, counts), format!("/feedback?run={}", run.id)))
    }

    /// What came back of all runs of a mailing; none if nothing did.
    pub(super) async fn of_mailing(visit: &Visit, mailing: Uuid) -> Result<Option<Self>, Trouble> {
        let counts = feedback::counts_of_mailings(visit.pool(), &[mailing]).await?;
        let Some((_, counts)) = counts.first() else { return Ok(None) };
        let accepted = runs::accepted_of_mailings(visit.pool(), &[mailing]).await?;
        let accepted = accepted.first().map_or(0, |(_, accepted)| accepted.unsigned_abs());
        let all = format!("/feedback?mailing={mailing}");
        let href = |came_back| Some(format!("{all}&kind={}", what(came_back).word()));
        Ok(Self::of(visit, numbers(visit.language(), counts, accepted, href), all))
    }

    fn of(visit: &Visit, numbers: Vec<Number>, all: String) -> Option<Self> {
        (!numbers.is_empty()).then(|| Self { w: Words::of(visit.language()), numbers, all })
    }
}

/// Where the letters of a run are that came back so.
pub(in crate::web) fn letters_at(run: Uuid, came_back: CameBack) -> String {
    format!("/runs/{run}/recipients?back={}", came_back.word())
}

/// The numbers that are not nought, of letters of which mail servers took so many, each with where its letters are.
pub(in crate::web) fn numbers(
    language: Language,
    counts: &Counts,
    accepted: u64,
    href: impl Fn(CameBack) -> Option<String>,
) -> Vec<Number> {
    let w = Words::of(language);
    let some = CameBack::ALL.iter().map(|one| (*one, counts.of(*one).unsigned_abs())).filter(|(_, count)| *count > 0);
    some.map(|(one, count)| Number {
        label: label(w, one),
        number: shown::number(language, count),
        share: (accepted > 0).then(|| shown::percent(language, count, accepted)),
        href: href(one),
    })
    .collect()
}

/// The same of a run.
pub(super) fn numbers_of_run(language: Language, run: &Run, counts: &Counts) -> Vec<Number> {
    numbers(language, counts, run.accepted.unsigned_abs(), |came_back| Some(letters_at(run.id, came_back)))
}

/// What stands beside the number of letters that came back so.
pub(super) fn label(w: &'static Words, came_back: CameBack) -> &'static str {
    match came_back {
        CameBack::Bounced => w.letters_bounced,
        CameBack::SoftBounced => w.letters_soft_bounced,
        CameBack::Complained => w.letters_complained,
    }
}

/// What the reports say by which letters came back so.
fn what(came_back: CameBack) -> What {
    match came_back {
        CameBack::Bounced => What::Permanent,
        CameBack::SoftBounced => What::Temporary,
        CameBack::Complained => What::Complaint,
    }
}

/// What reports of a kind are called where one chooses.
pub(super) fn kind(w: &'static Words, what: What) -> &'static str {
    match what {
        What::Permanent => w.bounced,
        What::Temporary => w.soft_bounced,
        What::Delayed => w.late,
        What::Complaint => w.complained,
    }
}

/// What a report says of its letter, with its shape, as beside the outcome.
fn mark(w: &'static Words, what: What) -> Mark {
    match what {
        What::Permanent => Mark::new(Shape::Cross, Tone::Bad, w.letters_bounced),
        What::Temporary => Mark::new(Shape::Cross, Tone::Warn, w.letters_soft_bounced),
        What::Delayed => Mark::new(Shape::Clock, Tone::Busy, w.letters_late),
        What::Complaint => Mark::new(Shape::Stop, Tone::Bad, w.letters_complained),
    }
}

/// The words of a report; of a complaint its kind, as people call it.
fn said(w: &'static Words, report: &Report) -> Option<String> {
    let words = report.words.as_ref()?;
    let known = if report.what == What::Complaint { w.of_complaint(words) } else { None };
    Some(known.map_or_else(|| words.clone(), str::to_owned))
}

/// Who reports something, or the provider on whose way it came. What came as mail may be from anybody.
fn reporter(w: &'static Words, report: Report) -> Option<String> {
    report.reported_by.or_else(|| match report.via {
        Via::Smtp | Via::Imap | Via::Pipe => None,
        via @ (Via::Ses | Via::Sendgrid | Via::Mailgun | Via::Postmark | Via::Brevo) => Some(w.of_via(via).to_owned()),
    })
}

impl Told {
    pub(super) fn of(visit: &Visit, report: Report) -> Self {
        let w = Words::of(visit.language());
        Self {
            mark: mark(w, report.what),
            dead: report.dead.then_some(w.no_such_mailbox),
            words: said(w, &report),
            at: visit.when(report.reported_at),
            code: report.code_beside_words().map(str::to_owned),
            by: reporter(w, report),
        }
    }
}

/// What was reported of these letters of a run, by their places there.
pub(super) async fn of_letters(
    visit: &Visit,
    run: RunId,
    ordinals: &[i32],
) -> Result<HashMap<i32, Vec<Told>>, Trouble> {
    let mut told: HashMap<i32, Vec<Told>> = HashMap::new();
    for (ordinal, report) in feedback::of_deliveries(visit.pool(), run, ordinals).await? {
        let report = list::shown(visit, report).map(|report| Told::of(visit, report));
        told.entry(ordinal).or_default().extend(report);
    }
    Ok(told)
}
