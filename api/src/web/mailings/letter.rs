//! A letter as it was sent, for whoever may see the run that it was of.

use super::back::{self, Told};
use super::clients::{client_at, present};
use super::marks;
use super::run::{existing, mailing_of, title};
use crate::web::frame::mark::Mark;
use crate::web::frame::{Answer, Layout, Place, Trouble, Visit, page as shown};
use crate::web::letters;
use acts::audit::letter::{self, SentLetter};
use askama::Template;
use axum::extract::Path;
use domain::RunId;
use projections::deliveries::{self, Attempt, Delivery};
use projections::runs::Run;
use words::screens::feedback::Feedback;
use words::screens::sent::Sent as Words;

#[derive(Template)]
#[template(path = "mailings/letter.html")]
struct Page {
    page: Layout,
    w: &'static Words,
    mailings: &'static str,
    mailing: String,
    mailing_id: String,
    run: String,
    run_title: String,
    /// The page of the client; none if they were deleted.
    client: Option<String>,
    email: String,
    name: String,
    mark: Mark,
    came_back: &'static str,
    /// What was reported of it after a mail server had taken it.
    back: Vec<Told>,
    subject: String,
    text: String,
    html: Option<String>,
    /// Where the HTML is by itself.
    html_at: String,
    headers: Vec<(String, String)>,
}

/// The page of the letter of a delivery with these attempts, if one was sent.
pub(super) fn path(delivery: &Delivery, attempts: &[Attempt]) -> Option<String> {
    let is_sent = attempts.iter().any(letter::was_sent);
    is_sent.then(|| format!("/runs/{}/letters/{}", delivery.run_id, delivery.ordinal))
}

/// The letter that an address names, with its run.
async fn sent(visit: &Visit, run: &str, ordinal: &str) -> Result<(Run, i32, SentLetter), Trouble> {
    let access = visit.viewer()?.reads();
    let run = existing(visit, access, run).await?;
    let ordinal = ordinal.parse::<i32>().ok().filter(|ordinal| *ordinal >= 0).ok_or(Trouble::Absent)?;
    let letter = letter::sent(visit.services(), access, RunId(run.id), ordinal).await?;
    Ok((run, ordinal, letter.ok_or(Trouble::Absent)?))
}

/// `GET /runs/ID/letters/ORDINAL`.
pub(crate) async fn page(visit: Visit, Path((run, ordinal)): Path<(String, String)>) -> Answer {
    let (run, ordinal, letter) = sent(&visit, &run, &ordinal).await?;
    let (access, w) = (visit.viewer()?.reads(), Words::of(visit.language()));
    let mailing = mailing_of(&visit, access, &run).await?;
    let delivery = deliveries::get(visit.pool(), access, RunId(run.id), ordinal).await?.ok_or(Trouble::Absent)?;
    let there = present(&visit, access, &[delivery.client_id]).await?;
    let back = back::of_letters(&visit, RunId(run.id), &[ordinal]).await?.remove(&ordinal).unwrap_or_default();
    shown(&Page {
        page: visit.layout(w.title, Place::Mailings),
        w,
        mailings: visit.frame().mailings,
        mailing: mailing.name,
        mailing_id: mailing.id.to_string(),
        run: run.id.to_string(),
        run_title: title(&visit, &run),
        client: there.contains(&delivery.client_id).then(|| client_at(delivery.client_id)),
        mark: marks::of_outcome(delivery.outcome, visit.language()),
        came_back: Feedback::of(visit.language()).title,
        back,
        email: delivery.email,
        name: delivery.full_name,
        subject: letter.subject,
        text: letter.text,
        html: letter.html,
        html_at: format!("/runs/{}/letters/{ordinal}/html", run.id),
        headers: letter.headers,
    })
}

/// `GET /runs/ID/letters/ORDINAL/html`: the HTML of the letter and nothing else, which loads nothing from elsewhere and runs nothing.
pub(crate) async fn html(visit: Visit, Path((run, ordinal)): Path<(String, String)>) -> Answer {
    let (_, _, letter) = sent(&visit, &run, &ordinal).await?;
    Ok(letters::alone(&letter.html.ok_or(Trouble::Absent)?))
}
