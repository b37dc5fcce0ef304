//! The same numbers as files: CSV for programs and for spreadsheets, and a workbook.
//!
//! Both are bounded, as what is counted is: 400 periods and 100 mailings.

use super::counted::{Asked, Counted};
use crate::failure::Failure;
use crate::web::frame::{Answer, Trouble, Visit, redirect};
use acts::refusal::Fault;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use chrono::{Datelike, NaiveDate};
use projections::statistics::Attempts;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use std::io;
use words::screens::statistics::Statistics as Words;

/// Tells spreadsheets that a file is in UTF-8.
const MARK: &str = "\u{feff}";

/// What was counted for the question in the address; the way to the page if it has to be mended first.
async fn counted(visit: &Visit) -> Result<Result<(Asked, Counted), String>, Trouble> {
    let asked = Asked::read(visit, &visit.query()).await?;
    if let Ok(counted) = asked.count(visit).await? {
        return Ok(Ok((asked, counted)));
    }
    let query = visit.address().split_once('?').map_or("", |(_, query)| query);
    Ok(Err(format!("/reports/statistics?{query}")))
}

/// `GET /reports/statistics.csv`; with `table=mailings` by mailing, and else by period.
pub(crate) async fn csv(visit: Visit) -> Answer {
    let (asked, counted) = match counted(&visit).await? {
        Ok(counted) => counted,
        Err(page) => return Ok(redirect(&page)),
    };
    let w = Words::of(visit.language());
    let by_mailing = visit.query().text("table") == "mailings";
    let lines = if by_mailing { by_mailings(w, &counted) } else { by_periods(w, &counted) };
    let name = if by_mailing { "mailings" } else { "statistics" };
    let name = format!("{name}-{}-{}.csv", asked.from.trim(), asked.to.trim());
    Ok(file(&name, "text/csv; charset=utf-8", (MARK.to_owned() + &lines).into_bytes()))
}

fn by_periods(w: &Words, counted: &Counted) -> String {
    let head = [w.first_day, w.last_day, w.accepted, w.rejected, w.deferred, w.unknown, w.failed];
    let mut lines = line(head.map(str::to_owned));
    for period in counted.periods() {
        let days = [period.first.to_string(), period.last.to_string()];
        lines.push_str(&line(days.into_iter().chain(numbers(&period.attempts))));
    }
    lines
}

fn by_mailings(w: &Words, counted: &Counted) -> String {
    let head = ["id", w.mailing, w.accepted, w.rejected, w.deferred, w.unknown, w.failed];
    let mut lines = line(head.map(str::to_owned));
    for (id, name, attempts) in &counted.mailings {
        let names = [id.to_string(), name.clone().unwrap_or_else(|| w.no_name.to_owned())];
        lines.push_str(&line(names.into_iter().chain(numbers(attempts))));
    }
    lines
}

fn numbers(attempts: &Attempts) -> impl Iterator<Item = String> + use<> {
    of(attempts).map(|number| number.to_string()).into_iter()
}

fn of(attempts: &Attempts) -> [i64; 5] {
    [attempts.accepted, attempts.rejected, attempts.deferred, attempts.unknown, attempts.failed()]
}

/// A line of a CSV file (RFC 4180). A text that a spreadsheet would take for a formula has an apostrophe before it.
fn line(cells: impl IntoIterator<Item = String>) -> String {
    let cell = |text: String| {
        let formula =
            text.starts_with(['=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
        let text = if formula { format!("'{text}") } else { text };
        if text.contains(['"', ',', ';', '\n', '\r', '\t']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text
        }
    };
    let cells: Vec<String> = cells.into_iter().map(cell).collect();
    cells.join(",") + "\r\n"
}

/// `GET /reports/statistics.xlsx`: a workbook with a sheet of the periods and one of the mailings.
pub(crate) async fn xlsx(visit: Visit) -> Answer {
    let (asked, counted) = match counted(&visit).await? {
        Ok(counted) => counted,
        Err(page) => return Ok(redirect(&page)),
    };
    let w = Words::of(visit.language());
    let written = tokio::task::spawn_blocking(move || workbook(w, &counted)).await.map_err(Failure::from)?;
    let bytes = written.map_err(|error| Failure::from(Fault::from(io::Error::other(error))))?;
    let name = format!("statistics-{}-{}.xlsx", asked.from.trim(), asked.to.trim());
    Ok(file(&name, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", bytes))
}

fn workbook(w: &Words, counted: &Counted) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let (bold, day) = (Format::new().set_bold(), Format::new().set_num_format("yyyy-mm-dd"));
    let periods = workbook.add_worksheet().set_name(w.sheet_periods)?;
    head(periods, &[w.first_day, w.last_day, w.accepted, w.rejected, w.deferred, w.unknown, w.failed], &bold)?;
    for (row, period) in (1..).zip(counted.periods()) {
        periods.write_datetime_with_format(row, 0, &date(period.first)?, &day)?;
        periods.write_datetime_with_format(row, 1, &date(period.last)?, &day)?;
        for (column, number) in (2..).zip(of(&period.attempts)) {
            write_number(periods, row, column, number)?;
        }
    }
    periods.set_column_width(0, 14)?.set_column_width(1, 14)?;
    let mailings = workbook.add_worksheet().set_name(w.sheet_mailings)?;
    head(mailings, &[w.mailing, w.accepted, w.rejected, w.deferred, w.unknown, w.failed, "id"], &bold)?;
    for (row, (id, name, attempts)) in (1..).zip(&counted.mailings) {
        // A text stays a text, whatever it begins with.
        mailings.write_string(row, 0, name.as_deref().unwrap_or(w.no_name))?;
        for (column, number) in (1..).zip(of(attempts)) {
            write_number(mailings, row, column, number)?;
        }
        mailings.write_string(row, 6, id.to_string())?;
    }
    mailings.set_column_width(0, 40)?.set_column_width(6, 38)?;
    workbook.save_to_buffer()
}

fn head(sheet: &mut Worksheet, labels: &[&str], bold: &Format) -> Result<(), XlsxError> {
    for (column, label) in (0..).zip(labels) {
        sheet.write_string_with_format(0, column, *label, bold)?;
        sheet.set_column_width(column, 16)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn write_number(sheet: &mut Worksheet, row: u32, column: u16, number: i64) -> Result<(), XlsxError> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a workbook has no other numbers; there are fewer than 2^52 attempts"
    )]
    sheet.write_number(row, column, number as f64)?;
    Ok(())
}

fn date(day: NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    let part = |number: u32| u8::try_from(number).unwrap_or(1);
    // Workbooks know no later day.
    let day = day.min(NaiveDate::from_ymd_opt(9_999, 12, 31).unwrap_or(day));
    ExcelDateTime::from_ymd(u16::try_from(day.year()).unwrap_or(1970), part(day.month()), part(day.day()))
}

/// A file to keep. Its name has only days in it, which were read before.
fn file(name: &str, media: &'static str, bytes: Vec<u8>) -> Response {
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let disposition = disposition.unwrap_or(HeaderValue::from_static("attachment"));
    let private = HeaderValue::from_static("private, no-store");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media)),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, private),
    ];
    (headers, bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_of_a_file_is_a_formula() {
        for (text, cell) in [
            ("=HYPERLINK(\"http://evil.example\")", "\"'=HYPERLINK(\"\"http://evil.example\"\")\""),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\"'\t=1\""),
            ("News, spring; \"2026\"", "\"News, spring; \"\"2026\"\"\""),
            ("a=b", "a=b"),
            ("Привет", "Привет"),
        ] {
            assert_eq!(line([text.to_owned()]), format!("{cell}\r\n"));
        }
    }
}
