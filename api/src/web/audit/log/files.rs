//! The log as a file, with the conditions of the address.

use super::asked;
use crate::failure::Failure;
use crate::http::error_answer::ErrorAnswer;
use crate::web::frame::export::{self, CSV, JSON_LINES, Lines};
use crate::web::frame::{Answer, Visit};
use acts::audit::export::{Export, Form, Reader};
use acts::sheets::Delimiter;
use acts::who::Viewer;
use projections::{Access, ReadError};

impl Lines for Export {
    async fn next(&mut self) -> Result<Option<String>, ReadError> {
        Export::next(self).await
    }

    fn allow(&self, viewer: &Viewer) -> bool {
        // Whoever may read less than at first reads no further.
        self.access() == viewer.reads() || viewer.reads() == Access::All
    }
}

/// `GET /log/export.jsonl`.
pub(crate) async fn json_lines(visit: Visit) -> Answer {
    answer(&visit, Form::JsonLines, ("jsonl", JSON_LINES)).await
}

/// `GET /log/export.csv`.
pub(crate) async fn csv(visit: Visit) -> Answer {
    answer(&visit, Form::Csv(Delimiter::of(visit.language())), ("csv", CSV)).await
}

async fn answer(visit: &Visit, form: Form, (ending, media): (&str, &'static str)) -> Answer {
    let (viewer, filter) = (visit.viewer()?, asked::filter(visit, &visit.query()).await?);
    let filter = filter.map_err(|wrong| Failure::BadRequest(wrong.problem().into()))?;
    let reader = (Reader::Viewer(Box::new(viewer.clone())), visit.language());
    let lines = Export::new(visit.services(), viewer.reads(), filter, reader, form);
    let turn = visit.app().exports.take(viewer.id()).await.map_err(ErrorAnswer::of)?;
    let name = format!("log-{}.{ending}", export::today(visit));
    Ok(export::begun_as(visit, (&name, media), lines, turn).await?)
}
