//! The list for spreadsheets: CSV of any number of addresses, and a workbook.

use super::chosen::{chosen, rows_of};
use super::list::source;
use crate::failure::Failure;
use crate::http::error_answer::ErrorAnswer;
use crate::web::frame::export::{self, Lines};
use crate::web::frame::workbook::{self, fits, head, moment, text};
use crate::web::frame::{Answer, Visit};
use acts::sheets::Delimiter;
use acts::suppressions::{Export, List};
use acts::who::Viewer;
use domain::TimeZone;
use projections::ReadError;
use projections::suppressions::{self as read, ScopeKind, Suppression};
use rust_xlsxwriter::{Workbook, XlsxError};
use tokio::sync::mpsc::{self, Receiver};
use words::screens::suppressions::Suppressions as Words;

/// How many pieces of the list wait for being written.
const AHEAD: usize = 2;

/// A file that is read by this right.
struct File {
    export: Export,
    list: List,
}

impl Lines for File {
    async fn next(&mut self) -> Result<Option<String>, ReadError> {
        self.export.next().await
    }

    fn allow(&self, viewer: &Viewer) -> bool {
        match self.list {
            List::Owner(_) => viewer.owner().is_ok(),
            List::Installation(_) => viewer.administrator().is_ok(),
        }
    }
}

/// `GET /suppressions/export.csv`, with the filters of the page.
pub(super) async fn csv(visit: Visit) -> Answer {
    let list = chosen(&visit)?;
    let (access, filter) = rows_of(list, &visit.query(), visit.now());
    let export = Export::new(visit.services(), access, filter, Delimiter::of(visit.language()));
    let turn = visit.app().exports.take(visit.viewer()?.id()).await.map_err(ErrorAnswer::of)?;
    let name = format!("not-written-to-{}.csv", export::today(&visit));
    Ok(export::begun(&visit, &name, File { export, list }, turn).await?)
}

/// `GET /suppressions/export.xlsx`, with the filters of the page.
pub(super) async fn xlsx(visit: Visit) -> Answer {
    let (access, filter) = rows_of(chosen(&visit)?, &visit.query(), visit.now());
    fits(read::count(visit.pool(), access, &filter).await?.unsigned_abs())?;
    let _turn = visit.app().exports.take(visit.viewer()?.id()).await.map_err(ErrorAnswer::of)?;
    let mut export = Export::new(visit.services(), access, filter, Delimiter::of(visit.language()));
    let book = Book { w: Words::of(visit.language()), zone: visit.zone() };
    // It is written where nobody else waits for it, while the next ones are read.
    let (to, from) = mpsc::channel(AHEAD);
    let writing = tokio::task::spawn_blocking(move || book.write(from));
    while let Some(rows) = export.rows().await? {
        // The list goes on growing while it is read.
        fits(export.count())?;
        if to.send(rows).await.is_err() {
            break;
        }
    }
    drop(to);
    let written = writing.await.map_err(Failure::from)?;
    workbook::answer(&format!("not-written-to-{}.xlsx", export::today(&visit)), written)
}

/// What a workbook is made of, besides the addresses.
struct Book {
    w: &'static Words,
    zone: TimeZone,
}

impl Book {
    /// The bytes of the workbook with all addresses that come.
    fn write(&self, mut from: Receiver<Vec<Suppression>>) -> Result<Vec<u8>, XlsxError> {
        let (w, zone) = (self.w, self.zone.name());
        let mut book = Workbook::new();
        // Its rows go to a file as they come, and not into memory.
        let sheet = book.add_worksheet_with_constant_memory()?.set_name(w.sheet)?;
        sheet.set_column_width(0, 32)?.set_column_range_width(1, 3, 24)?.set_column_width(4, 40)?;
        sheet.set_column_range_width(5, 7, 20)?.set_column_width(8, 40)?;
        let at = |label: &str| format!("{label} ({zone})");
        let labels = [
            w.email.to_owned(),
            w.reason.to_owned(),
            w.place.to_owned(),
            w.source.to_owned(),
            w.note.to_owned(),
            at(w.since),
            at(w.until),
            at(w.lifted),
            w.lifted_why.to_owned(),
        ];
        head(sheet, &labels)?;
        let format = workbook::moments();
        let mut line = 1;
        while let Some(rows) = from.blocking_recv() {
            for row in rows {
                let place = match row.scope {
                    ScopeKind::Installation => w.in_nobodys,
                    ScopeKind::Owner => w.in_yours,
                    ScopeKind::Mailing => w.in_one,
                    ScopeKind::Topic => w.in_topic,
                };
                let (source, note) = (source(w, &row.source.0), row.note.unwrap_or_default());
                for (column, cell) in (0..).zip([row.email.as_str(), w.of_reason(row.reason), place, &source, &note]) {
                    text(sheet, line, column, cell)?;
                }
                for (column, at) in (5..).zip([Some(row.suppressed_at), row.until, row.lifted_at]) {
                    if let Some(at) = at {
                        moment(sheet, line, column, self.zone.local(at), &format)?;
                    }
                }
                text(sheet, line, 8, row.lifted_why.as_deref().unwrap_or_default())?;
                line += 1;
            }
        }
        book.save_to_buffer()
    }
}
