//! Workbooks (Office Open XML, ECMA-376).

use super::export::file;
use super::{Answer, Trouble};
use crate::failure::Failure;
use crate::limits;
use crate::table::CELL;
use acts::Problem;
use acts::refusal::Fault;
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use domain::Code;
use rust_xlsxwriter::{ExcelDateTime, Format, Worksheet, XlsxError};
use std::io;
use words::queries;

/// The media type of workbooks.
const MEDIA: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The last year that workbooks know.
const LAST_YEAR: i32 = 9_999;

/// A workbook to keep.
pub(crate) fn answer(name: &str, written: Result<Vec<u8>, XlsxError>) -> Answer {
    let bytes = written.map_err(|error| Failure::from(Fault::from(io::Error::other(error))))?;
    Ok(file(name, MEDIA, bytes))
}

/// Whether a workbook takes so many people: it is made while somebody waits for it.
pub(crate) fn fits(people: u64) -> Result<(), Trouble> {
    let most = limits::WORKBOOK_RECIPIENTS;
    if people <= most {
        return Ok(());
    }
    Err(Trouble::Problems(vec![Problem::new(Code::BadRequest, &[], queries::Problem::WorkbookTooLong { most })]))
}

/// The first row, which stays in sight.
pub(crate) fn head(sheet: &mut Worksheet, labels: &[impl AsRef<str>]) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    for (column, label) in (0..).zip(labels) {
        sheet.write_string_with_format(0, column, label.as_ref(), &bold)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// A text stays a text, whatever it begins with.
pub(crate) fn text(sheet: &mut Worksheet, row: u32, column: u16, text: &str) -> Result<(), XlsxError> {
    let fits: String = text.chars().take(CELL).collect();
    sheet.write_string(row, column, fits)?;
    Ok(())
}

/// A whole number.
pub(crate) fn number(sheet: &mut Worksheet, row: u32, column: u16, number: u64) -> Result<(), XlsxError> {
    #[expect(clippy::cast_precision_loss, reason = "a workbook has no other numbers; nothing here counts beyond 2^52")]
    sheet.write_number(row, column, number as f64)?;
    Ok(())
}

/// How days are shown.
pub(crate) fn days() -> Format {
    Format::new().set_num_format("yyyy-mm-dd")
}

/// How moments are shown.
pub(crate) fn moments() -> Format {
    Format::new().set_num_format("yyyy-mm-dd hh:mm:ss")
}

/// A day, in the format of [`days`].
pub(crate) fn day(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    day: NaiveDate,
    format: &Format,
) -> Result<(), XlsxError> {
    sheet.write_datetime_with_format(row, column, &date(day)?, format)?;
    Ok(())
}

/// A moment as clocks showed it, in the format of [`moments`].
pub(crate) fn moment(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    at: NaiveDateTime,
    format: &Format,
) -> Result<(), XlsxError> {
    let hour = u16::try_from(at.hour()).unwrap_or(0);
    let at = date(at.date())?.and_hms(hour, part(at.minute()), part(at.second()))?;
    sheet.write_datetime_with_format(row, column, &at, format)?;
    Ok(())
}

fn date(day: NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    let day = day.min(NaiveDate::from_ymd_opt(LAST_YEAR, 12, 31).unwrap_or(day));
    ExcelDateTime::from_ymd(u16::try_from(day.year()).unwrap_or(1970), part(day.month()), part(day.day()))
}

fn part(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(1)
}
