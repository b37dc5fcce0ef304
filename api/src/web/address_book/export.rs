//! The address book as a file: CSV of any number of clients, and a workbook.

use super::clients::wanted;
use crate::failure::Failure;
use crate::http::error_answer::ErrorAnswer;
use crate::table::{CELL, Table, TableError};
use crate::web::frame::export::{self, Lines};
use crate::web::frame::workbook;
use crate::web::frame::{Answer, Trouble, Visit};
use acts::Problem;
use acts::address_book::export::Export;
use acts::sheets::Delimiter;
use acts::who::Viewer;
use acts::who::rights::Owner;
use domain::Code;
use projections::ReadError;
use projections::clients::{self as read, Filter};
use rust_xlsxwriter::XlsxError;
use tokio::sync::mpsc::{self, Receiver};
use words::queries;

/// How many pieces of the address book wait for being written.
const AHEAD: usize = 2;

impl Lines for Export {
    async fn next(&mut self) -> Result<Option<String>, ReadError> {
        Export::next(self).await
    }

    fn allow(&self, viewer: &Viewer) -> bool {
        viewer.owner().is_ok()
    }
}

/// Whose clients, and which: one's own, those that a search finds, those of a group, or those in a segment.
async fn asked(visit: &Visit) -> Result<(Owner, Filter), Trouble> {
    let owner = visit.owner()?;
    let (_, filter) = wanted(visit, visit.viewer()?.own(), &visit.query()).await?;
    Ok((owner, filter))
}

/// `GET /clients/export`.
pub(crate) async fn csv(visit: Visit) -> Answer {
    let (owner, filter) = asked(&visit).await?;
    let lines = Export::new(visit.services(), owner, filter, Delimiter::of(visit.language()));
    let turn = visit.app().exports.take(owner.id()).await.map_err(ErrorAnswer::of)?;
    let name = format!("clients-{}.csv", export::today(&visit));
    Ok(export::begun(&visit, &name, lines, turn).await?)
}

/// `GET /clients/export.xlsx`.
pub(crate) async fn xlsx(visit: Visit) -> Answer {
    let (owner, filter) = asked(&visit).await?;
    workbook::fits(read::count(visit.pool(), visit.viewer()?.own(), &filter).await?.unsigned_abs())?;
    let _turn = visit.app().exports.take(owner.id()).await.map_err(ErrorAnswer::of)?;
    let mut export = Export::new(visit.services(), owner, filter, Delimiter::of(visit.language()));
    // It is written where nobody else waits for it, while the next ones are read.
    let (to, from) = mpsc::channel(AHEAD);
    let columns = export.columns().await?;
    let writing = tokio::task::spawn_blocking(move || written(&columns, from));
    while let Some(rows) = export.rows().await? {
        // The address book goes on growing while it is read.
        workbook::fits(export.count())?;
        if to.send(rows).await.is_err() {
            break;
        }
    }
    drop(to);
    let name = format!("clients-{}.xlsx", export::today(&visit));
    match writing.await.map_err(Failure::from)? {
        Ok(bytes) => workbook::answer(&name, Ok(bytes)),
        Err(TableError::CellTooLong) => {
            let most = CELL as u64;
            let problem = Problem::new(Code::BadRequest, &[], queries::Problem::WorkbookCellTooLong { most });
            Err(Trouble::Problems(vec![problem]))
        }
        Err(TableError::TooLong) => workbook::answer(&name, Err(XlsxError::RowColumnLimitError)),
        Err(TableError::Written(error)) => workbook::answer(&name, Err(error)),
    }
}

/// The bytes of the workbook with all clients that come.
fn written(columns: &[String], mut from: Receiver<Vec<Vec<String>>>) -> Result<Vec<u8>, TableError> {
    let mut table = Table::new(columns)?;
    while let Some(rows) = from.blocking_recv() {
        table.add(&rows)?;
    }
    let mut bytes = Vec::new();
    table.write_to(&mut bytes)?;
    Ok(bytes)
}
