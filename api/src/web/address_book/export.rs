//! The address book as a file.

use super::clients::wanted;
use crate::http::error_answer::ErrorAnswer;
use crate::web::frame::export::{self, Lines};
use crate::web::frame::{Answer, Visit};
use acts::address_book::export::Export;
use acts::sheets::Delimiter;
use acts::who::Viewer;
use projections::ReadError;

impl Lines for Export {
    async fn next(&mut self) -> Result<Option<String>, ReadError> {
        Ok(Export::next(self).await?)
    }

    fn allow(&self, viewer: &Viewer) -> bool {
        viewer.owner().is_ok()
    }
}

/// `GET /clients/export`: one's own clients, those that a search finds, those of a group, or those in a segment.
pub(crate) async fn file(visit: Visit) -> Answer {
    let owner = visit.owner()?;
    let (_, filter) = wanted(&visit, visit.viewer()?.own(), &visit.query()).await?;
    let lines = Export::new(visit.services(), owner, filter, Delimiter::of(visit.language()));
    let turn = visit.app().exports.take(owner.id()).await.map_err(ErrorAnswer::of)?;
    let name = format!("clients-{}.csv", export::today(&visit));
    Ok(export::begun(&visit, &name, lines, turn).await?)
}
