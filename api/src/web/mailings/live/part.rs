//! A run's progress as a part of a page, kept live as long as it goes on.

use crate::web::frame::{Trouble, Visit};
use crate::web::mailings::progress::{Progress, Reader};
use askama::Template;
use askama::filters::HtmlSafe;
use domain::MailingId;
use projections::feedback;
use projections::mailings::Mailing;
use projections::relays::{self, Hold};
use projections::runs::{Run, Status};
use uuid::Uuid;

/// Over how many milliseconds those come who watched a run that is finished.
const SPREAD: u64 = 1_500;

/// The part.
#[derive(Template)]
#[template(path = "mailings/live.html")]
pub(in crate::web::mailings) struct LivePart {
    id: String,
    progress: Progress,
}

impl HtmlSafe for LivePart {}

impl LivePart {
    /// The run of this mailing as it is now.
    pub(in crate::web::mailings) async fn of(visit: &Visit, run: &Run, mailing: &Mailing) -> Result<Self, Trouble> {
        let (holds, standing) = (holds(visit, run).await?, mailing.standing(visit.now()));
        let came_back = feedback::counts(visit.pool(), &[run.id]).await?;
        let came_back = came_back.first().map(|(_, counts)| *counts).unwrap_or_default();
        let progress = Progress::of(run, Some(standing), &holds, &came_back, Reader::of(visit)?, visit.now());
        Ok(Self { id: run.id.to_string(), progress })
    }

    /// After how many milliseconds the page renews itself once the run is finished: those who watch do not all come at once.
    #[expect(clippy::unused_self, reason = "templates ask the part for it")]
    pub(in crate::web::mailings) fn delay(&self) -> u64 {
        Uuid::new_v4().as_u64_pair().1 % SPREAD
    }

    /// Whether anything is to change by itself.
    pub(in crate::web::mailings) fn is_open(&self) -> bool {
        self.progress.is_open()
    }
}

/// What keeps a run's letters right now.
async fn holds(visit: &Visit, run: &Run) -> Result<Vec<Hold>, Trouble> {
    if run.status != Status::Sending {
        return Ok(Vec::new());
    }
    let named = relays::named_by(visit.pool(), MailingId(run.mailing_id), visit.now()).await?;
    let Some(named) = named else { return Ok(vec![Hold::Stopped]) };
    Ok(relays::holds(&relays::all(visit.pool()).await?, named.as_deref())?)
}
