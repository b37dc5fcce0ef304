//! The same numbers as files: CSV for programs and for spreadsheets, and a workbook.
//!
//! Both are bounded, as what is counted is: 400 periods and 100 mailings.

use super::counted::{Asked, Counted};
use crate::failure::Failure;
use crate::web::frame::export::{CSV, file};
use crate::web::frame::workbook::{self, day, head, number, text};
use crate::web::frame::{Answer, Trouble, Visit, redirect};
use acts::mailings::recipients;
use acts::sheets::{Delimiter, MARK, line};
use projections::statistics::Attempts;
use rust_xlsxwriter::{Workbook, XlsxError};
use words::screens::recipients::Recipients;
use words::screens::statistics::Statistics as Words;

/// What was counted for the question in the address; the way to the page if it has to be mended first.
async fn counted(visit: &Visit) -> Result<Result<(Asked, Counted), String>, Trouble> {
    let asked = Asked::read(visit, &visit.query()).await?;
    if let Ok(counted) = asked.count(visit).await? {
        return Ok(Ok((asked, counted)));
    }
    let query = visit.address().split_once('?').map_or("", |(_, query)| query);
    Ok(Err(format!("/reports/statistics?{query}")))
}

/// `GET /reports/statistics.csv`; with `table=mailings` by mailing, with `table=not-sent` what was not sent by period and reason, and
/// else by period.
pub(crate) async fn csv(visit: Visit) -> Answer {
    let (asked, counted) = match counted(&visit).await? {
        Ok(counted) => counted,
        Err(page) => return Ok(redirect(&page)),
    };
    let (w, r) = (Words::of(visit.language()), Recipients::of(visit.language()));
    let delimiter = Delimiter::of(visit.language());
    let (name, lines) = match visit.query().text("table") {
        "mailings" => ("mailings", by_mailings(w, delimiter, &counted)),
        "not-sent" => ("not-sent", by_reasons(w, r, delimiter, &counted)),
        _ => ("statistics", by_periods(w, delimiter, &counted)),
    };
    let name = format!("{name}-{}-{}.csv", asked.from.trim(), asked.to.trim());
    Ok(file(&name, CSV, MARK.to_owned() + &lines))
}

fn by_periods(w: &Words, delimiter: Delimiter, counted: &Counted) -> String {
    let head = [w.first_day, w.last_day, w.accepted, w.rejected, w.deferred, w.unknown, w.failed];
    let mut lines = line(delimiter, head);
    for period in counted.periods() {
        let days = [period.first.to_string(), period.last.to_string()];
        lines.push_str(&line(delimiter, days.into_iter().chain(numbers(&period.attempts))));
    }
    lines
}

fn by_mailings(w: &Words, delimiter: Delimiter, counted: &Counted) -> String {
    let head = ["id", w.mailing, w.accepted, w.rejected, w.deferred, w.unknown, w.failed];
    let mut lines = line(delimiter, head);
    for (id, name, attempts) in &counted.mailings {
        let names = [id.to_string(), name.clone().unwrap_or_else(|| w.no_name.to_owned())];
        lines.push_str(&line(delimiter, names.into_iter().chain(numbers(attempts))));
    }
    lines
}

fn by_reasons(w: &Words, r: &'static Recipients, delimiter: Delimiter, counted: &Counted) -> String {
    let mut lines = line(delimiter, [w.first_day, w.last_day, w.reason, w.letters]);
    for period in counted.periods() {
        for (reason, letters) in period.not_sent {
            let (first, last) = (period.first.to_string(), period.last.to_string());
            let cells = [first, last, recipients::left_out(r, *reason).to_owned(), letters.to_string()];
            lines.push_str(&line(delimiter, cells));
        }
    }
    lines
}

fn numbers(attempts: &Attempts) -> impl Iterator<Item = String> + use<> {
    of(attempts).map(|number| number.to_string()).into_iter()
}

fn of(attempts: &Attempts) -> [i64; 5] {
    [attempts.accepted, attempts.rejected, attempts.deferred, attempts.unknown, attempts.failed()]
}

/// `GET /reports/statistics.xlsx`: a workbook with a sheet of the periods, one of the mailings, and one of what was not sent.
pub(crate) async fn xlsx(visit: Visit) -> Answer {
    let (asked, counted) = match counted(&visit).await? {
        Ok(counted) => counted,
        Err(page) => return Ok(redirect(&page)),
    };
    let (w, r) = (Words::of(visit.language()), Recipients::of(visit.language()));
    let name = format!("statistics-{}-{}.xlsx", asked.from.trim(), asked.to.trim());
    // It is written where nobody else waits for it.
    let written = tokio::task::spawn_blocking(move || book(w, r, &counted)).await.map_err(Failure::from)?;
    workbook::answer(&name, written)
}

fn book(w: &Words, r: &'static Recipients, counted: &Counted) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let days = workbook::days();
    let periods = book.add_worksheet().set_name(w.sheet_periods)?;
    periods.set_column_range_width(0, 6, 16)?;
    head(periods, &[w.first_day, w.last_day, w.accepted, w.rejected, w.deferred, w.unknown, w.failed])?;
    for (row, period) in (1..).zip(counted.periods()) {
        day(periods, row, 0, period.first, &days)?;
        day(periods, row, 1, period.last, &days)?;
        for (column, count) in (2..).zip(of(&period.attempts)) {
            number(periods, row, column, count.unsigned_abs())?;
        }
    }
    let mailings = book.add_worksheet().set_name(w.sheet_mailings)?;
    mailings.set_column_range_width(1, 5, 16)?.set_column_width(0, 40)?.set_column_width(6, 38)?;
    head(mailings, &[w.mailing, w.accepted, w.rejected, w.deferred, w.unknown, w.failed, "id"])?;
    for (row, (id, name, attempts)) in (1..).zip(&counted.mailings) {
        text(mailings, row, 0, name.as_deref().unwrap_or(w.no_name))?;
        for (column, count) in (1..).zip(of(attempts)) {
            number(mailings, row, column, count.unsigned_abs())?;
        }
        text(mailings, row, 6, &id.to_string())?;
    }
    let not_sent = book.add_worksheet().set_name(w.sheet_not_sent)?;
    not_sent.set_column_range_width(0, 3, 16)?.set_column_width(2, 50)?;
    head(not_sent, &[w.first_day, w.last_day, w.reason, w.letters])?;
    let each = counted.periods().flat_map(|period| period.not_sent.iter().map(move |count| (period, count)));
    for (row, (period, (reason, letters))) in (1..).zip(each) {
        day(not_sent, row, 0, period.first, &days)?;
        day(not_sent, row, 1, period.last, &days)?;
        text(not_sent, row, 2, recipients::left_out(r, *reason))?;
        number(not_sent, row, 3, letters.unsigned_abs())?;
    }
    book.save_to_buffer()
}
