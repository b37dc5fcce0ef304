//! The address book as a file.

use super::clients::filter;
use crate::http::error_answer::ErrorAnswer;
use crate::web::frame::export::{self, Lines};
use crate::web::frame::{Answer, Visit};
use acts::address_book::clients;
use acts::address_book::export::Export;
use acts::sheets::Delimiter;
use acts::who::Viewer;
use projections::ReadError;

impl Lines for Export {
    async fn next(&mut self) -> Result<Option<String>, ReadError> {
        Export::next(self).await
    }

    fn allow(&self, viewer: &Viewer) -> bool {
        viewer.owner().is_ok()
    }
}

/// `GET /clients/export`: one's own clients, those that a search finds, or those of a group.
pub(crate) async fn file(visit: Visit) -> Answer {
    let owner = visit.owner()?;
    let filter = clients::seen(visit.services(), visit.viewer()?.own(), filter(&visit.query())?).await?;
    let lines = Export::new(visit.services(), owner, filter, Delimiter::of(visit.language()));
    let turn = visit.app().exports.take(owner.id()).await.map_err(ErrorAnswer::of)?;
    let name = format!("clients-{}.csv", export::today(&visit));
    Ok(export::begun(&visit, &name, lines, turn).await?)
}
