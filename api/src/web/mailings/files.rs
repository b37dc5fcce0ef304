//! The recipients of a run as files: CSV of any number of them, and a workbook with the run's numbers beside them.

use super::recipients::filter;
use super::run::{existing, mailing_of};
use crate::failure::Failure;
use crate::http::error_answer::ErrorAnswer;
use crate::web::frame::export::{self, Lines};
use crate::web::frame::workbook::{self, fits, head, moment, number, text};
use crate::web::frame::{Answer, Visit};
use acts::mailings::recipients::{Recipient, Recipients};
use acts::who::Viewer;
use axum::extract::Path;
use chrono::{DateTime, Utc};
use domain::{Outcome, RunId, TimeZone};
use projections::runs::Run;
use projections::{Access, ReadError, deliveries};
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};
use tokio::sync::mpsc::{self, Receiver};
use words::screens::mark::Mark as MarkWords;
use words::screens::reports::Reports as Words;

/// How many pieces of recipients wait for being written.
const AHEAD: usize = 2;

/// A file that is read with these rights.
struct File {
    recipients: Recipients,
    access: Access,
}

impl Lines for File {
    async fn next(&mut self) -> Result<Option<String>, ReadError> {
        self.recipients.next_lines().await
    }

    fn allow(&self, viewer: &Viewer) -> bool {
        let reads = viewer.reads();
        reads == Access::All || reads == self.access
    }
}

fn recipients(visit: &Visit, access: Access, run: &Run) -> Recipients {
    let filter = filter(&visit.query());
    Recipients::new(visit.services(), access, RunId(run.id), filter, visit.language(), visit.zone())
}

/// `GET /runs/ID/recipients.csv`, with the filters of the page.
pub(crate) async fn csv(visit: Visit, Path(id): Path<String>) -> Answer {
    let viewer = visit.viewer()?;
    let access = viewer.reads();
    let run = existing(&visit, access, &id).await?;
    let lines = File { recipients: recipients(&visit, access, &run), access };
    let turn = visit.app().exports.take(viewer.id()).await.map_err(ErrorAnswer::of)?;
    let name = format!("recipients-{}.csv", export::today(&visit));
    Ok(export::begun(&visit, &name, lines, turn).await?)
}

/// `GET /runs/ID/recipients.xlsx`, with the filters of the page.
pub(crate) async fn xlsx(visit: Visit, Path(id): Path<String>) -> Answer {
    let viewer = visit.viewer()?;
    let access = viewer.reads();
    let run = existing(&visit, access, &id).await?;
    let mailing = mailing_of(&visit, access, &run).await?.name;
    let count = deliveries::count(visit.pool(), access, RunId(run.id), &filter(&visit.query())).await?;
    fits(count.unsigned_abs())?;
    let _turn = visit.app().exports.take(viewer.id()).await.map_err(ErrorAnswer::of)?;
    let mut all = recipients(&visit, access, &run);
    let book = Book {
        w: Words::of(visit.language()),
        m: visit.marks(),
        mailing,
        run,
        labels: all.labels(),
        zone: visit.zone(),
    };
    // It is written where nobody else waits for it, while the next ones are read.
    let (to, from) = mpsc::channel(AHEAD);
    let writing = tokio::task::spawn_blocking(move || book.write(from));
    while let Some(rows) = all.next().await? {
        // The run goes on while its recipients are read.
        fits(all.count())?;
        if to.send(rows).await.is_err() {
            break;
        }
    }
    drop(to);
    let written = writing.await.map_err(Failure::from)?;
    workbook::answer(&format!("report-{}.xlsx", export::today(&visit)), written)
}

/// What a workbook is made of, besides the recipients.
struct Book {
    w: &'static Words,
    m: &'static MarkWords,
    mailing: String,
    run: Run,
    labels: [String; 9],
    zone: TimeZone,
}

impl Book {
    /// The bytes of the workbook with all recipients that come.
    fn write(&self, mut from: Receiver<Vec<Recipient>>) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        self.report(book.add_worksheet().set_name(self.w.sheet_report)?)?;
        // Its rows go to a file as they come, and not into memory.
        let sheet = book.add_worksheet_with_constant_memory()?.set_name(self.w.sheet_recipients)?;
        sheet.set_column_range_width(0, 1, 32)?.set_column_range_width(2, 6, 20)?.set_column_range_width(7, 8, 60)?;
        head(sheet, &self.labels)?;
        let format = workbook::moments();
        let mut line = 1;
        while let Some(rows) = from.blocking_recv() {
            for row in rows {
                for (column, cell) in [&row.email, &row.full_name, row.outcome, row.note].into_iter().enumerate() {
                    text(sheet, line, u16::try_from(column).unwrap_or(u16::MAX), cell)?;
                }
                number(sheet, line, 4, row.attempts.into())?;
                if let Some(at) = row.at {
                    moment(sheet, line, 5, self.zone.local(at), &format)?;
                }
                text(sheet, line, 6, &row.code)?;
                text(sheet, line, 7, &row.reply)?;
                text(sheet, line, 8, &row.came_back)?;
                line += 1;
            }
        }
        book.save_to_buffer()
    }

    /// The run's own numbers.
    fn report(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let (w, run, totals) = (self.w, &self.run, self.run.totals());
        sheet.set_column_width(0, 32)?.set_column_width(1, 40)?;
        let format = workbook::moments();
        text(sheet, 0, 0, w.mailing)?;
        text(sheet, 0, 1, &self.mailing)?;
        let mut line = 1;
        let mut at = |sheet: &mut Worksheet, label: &str, at: Option<DateTime<Utc>>| {
            text(sheet, line, 0, &format!("{label} ({})", self.zone.name()))?;
            if let Some(at) = at {
                moment(sheet, line, 1, self.zone.local(at), &format)?;
            }
            line += 1;
            Ok::<(), XlsxError>(())
        };
        at(sheet, w.started, Some(run.started_at))?;
        at(sheet, w.finished, run.finished_at)?;
        line += 1;
        for outcome in Outcome::ALL {
            text(sheet, line, 0, self.m.outcome(outcome))?;
            number(sheet, line, 1, totals.of(outcome))?;
            line += 1;
        }
        text(sheet, line, 0, self.m.planned)?;
        number(sheet, line, 1, totals.planned)
    }
}
