//! The first visible sheet with something in it, as CSV.
//!
//! A row of the sheet is a row of the table, and empty ones between them are empty lines, so that the numbers that a report tells
//! are those of the sheet. What is empty behind the last cell of a row, and behind the last row, is left out, however much of it
//! there is. Of cells that are merged the first one has the text, as it is in the file.

use super::failed::{Failed, MIB, damaged};
use super::metered::{Allowance, Metered};
use super::{cell, unpack};
use crate::address_book::import::csv::MAX_RECORD;
use crate::address_book::import::preamble::{Preamble, ROWS};
use crate::sheets::{self, Delimiter};
use calamine::{Reader as _, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError};
use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, Write};
use words::import::{Bound, FileError};

/// A workbook of which only so much is read.
type Book = Xlsx<Metered<BufReader<File>>>;

/// How much may be read to know the sheets and their texts.
const HEAD: u64 = 4 * unpack::LEAD + unpack::SHARED + MIB;

/// How much may be read for one cell: there may be a million empty rows before it.
const STEP: u64 = 64 * MIB;

/// How much is read of all sheets together, where each may be read twice: many sheets may be the same part of the archive.
const ALL: u64 = 2 * unpack::UNPACKED;

/// How many sheets are looked at.
const SHEETS: usize = 500;

/// How many cells are read, of all sheets together.
const CELLS: u64 = 20_000_000;

/// How many columns a sheet has at most.
const COLUMNS: u32 = 16_384;

/// How large the table may become, in bytes.
const TABLE: u64 = 256 * MIB;

/// The table of a workbook, at its beginning.
pub(super) fn of(file: File) -> Result<File, Failed> {
    within(file, ALL)
}

/// The same, if no more than so many bytes of sheets have to be read for it.
pub(super) fn within(file: File, most: u64) -> Result<File, Failed> {
    let allowance = Allowance::new(HEAD);
    let mut book: Book = Xlsx::new(Metered::new(BufReader::new(file), allowance.clone())).map_err(damaged)?;
    let mut reading = Reading { allowance, given: 0, bytes: 0, most, cells: 0 };
    let visible = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible);
    let names: Vec<String> = visible.take(SHEETS).map(|sheet| sheet.name.clone()).collect();
    let mut filled: Vec<&str> = Vec::new();
    for name in &names {
        match reading.first(&mut book, name) {
            Ok(true) => filled.push(name),
            Ok(false) => {}
            Err(error) if filled.is_empty() => return Err(error),
            // It is not read.
            Err(_) => {}
        }
    }
    let Some((sheet, others)) = filled.split_first() else { return Err(FileError::Empty.into()) };
    let mut table = Table::new(BufWriter::new(tempfile::tempfile()?), sheet, others.len() as u64);
    reading.rows(&mut book, sheet, |row, cells| table.row(row, cells))?;
    table.finish()
}

/// What has been read so far.
struct Reading {
    allowance: Allowance,
    /// How much was allowed last.
    given: u64,
    /// How much of the sheets has been read, and how much may be.
    bytes: u64,
    most: u64,
    cells: u64,
}

/// A cell with something in it: its row and column, counted from 0, and its text.
type Filled = (u32, u32, String);

impl Reading {
    /// Allows one step more, unless too much has been read already.
    fn step(&mut self) -> Result<(), Failed> {
        self.bytes += self.given.saturating_sub(self.allowance.left());
        if self.bytes > self.most {
            return Err(FileError::WorkbookTooLarge { bound: Bound::Unpacked { most: self.most / MIB } }.into());
        }
        self.given = STEP;
        self.allowance.renew(STEP);
        Ok(())
    }

    /// Whether there is something in a sheet.
    fn first(&mut self, book: &mut Book, sheet: &str) -> Result<bool, Failed> {
        let Some(mut cells) = self.open(book, sheet)? else { return Ok(false) };
        Ok(self.next(&mut cells)?.is_some())
    }

    /// Tells the rows of a sheet that have something in them, with their numbers, counted from 0.
    fn rows(
        &mut self,
        book: &mut Book,
        sheet: &str,
        mut tell: impl FnMut(u32, &[String]) -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        let Some(mut cells) = self.open(book, sheet)? else { return Ok(()) };
        let (mut at, mut row) = (0, Vec::new());
        while let Some((line, column, text)) = self.next(&mut cells)? {
            if line < at {
                return Err(damaged(()));
            }
            if line > at {
                if !row.is_empty() {
                    tell(at, &row)?;
                }
                row.clear();
                at = line;
            }
            let column = usize::try_from(column).map_err(damaged)?;
            if row.len() <= column {
                row.resize(column + 1, String::new());
            }
            row[column] = text;
        }
        if row.is_empty() { Ok(()) } else { tell(at, &row) }
    }

    /// The cells of a sheet; `None` if it is no sheet of cells.
    fn open<'a>(
        &mut self,
        book: &'a mut Book,
        sheet: &str,
    ) -> Result<Option<XlsxCellReader<'a, Metered<BufReader<File>>>>, Failed> {
        self.step()?;
        match book.worksheet_cells_reader(sheet) {
            Ok(cells) => Ok(Some(cells)),
            Err(XlsxError::NotAWorksheet(_)) => Ok(None),
            Err(error) => Err(damaged(error)),
        }
    }

    /// The next cell with something in it; `None` at the end.
    fn next(&mut self, cells: &mut XlsxCellReader<'_, Metered<BufReader<File>>>) -> Result<Option<Filled>, Failed> {
        loop {
            self.step()?;
            self.cells += 1;
            if self.cells > CELLS {
                return Err(FileError::WorkbookTooLarge { bound: Bound::Cells { most: CELLS } }.into());
            }
            let cell = match cells.next_cell() {
                Ok(Some(cell)) => cell,
                Ok(None) => return Ok(None),
                // An error of a kind that came with a newer spreadsheet is nothing, as all of them are.
                Err(XlsxError::CellError(_)) => continue,
                Err(error) => return Err(damaged(error)),
            };
            let (row, column) = cell.get_position();
            if u64::from(row) >= ROWS {
                return Err(FileError::WorkbookTooLarge { bound: Bound::Rows { most: ROWS } }.into());
            }
            if column >= COLUMNS {
                return Err(damaged(()));
            }
            let text = cell::text(cell.get_value());
            if !text.trim().is_empty() {
                // A row with so long a text is refused, however much more there is of it.
                let end = text.floor_char_boundary(MAX_RECORD);
                return Ok(Some((row, column, text[..end].to_owned())));
            }
        }
    }
}

/// A table as it is written.
struct Table<W> {
    to: W,
    sheet: String,
    others: u64,
    /// The row of the sheet that comes next, counted from 0; none before the first one.
    next: Option<u32>,
    bytes: u64,
}

impl<W: Write> Table<W> {
    fn new(to: W, sheet: &str, others: u64) -> Self {
        Self { to, sheet: sheet.to_owned(), others, next: None, bytes: 0 }
    }

    /// Writes a row. The names of columns stand as they are, and all else as [`sheets::unshielded`] takes it.
    fn row(&mut self, row: u32, cells: &[String]) -> Result<(), Failed> {
        let mut line = if let Some(next) = self.next {
            for _ in next..row {
                self.write("\n")?;
            }
            sheets::line(Delimiter::Comma, cells)
        } else {
            let preamble = Preamble::new(u64::from(row) + 1, &self.sheet, self.others);
            self.write(&preamble.line())?;
            sheets::plain_line(Delimiter::Comma, cells)
        };
        if line.len() >= MAX_RECORD {
            line = too_long(&line);
        }
        self.next = Some(row + 1);
        self.write(&line)
    }

    fn write(&mut self, text: &str) -> Result<(), Failed> {
        self.bytes += text.len() as u64;
        if self.bytes > TABLE {
            return Err(FileError::WorkbookTooLarge { bound: Bound::Table { most: TABLE / MIB } }.into());
        }
        Ok(self.to.write_all(text.as_bytes())?)
    }
}

impl Table<BufWriter<File>> {
    fn finish(self) -> Result<File, Failed> {
        let mut file = self.to.into_inner().map_err(|error| Failed::Machine(error.into_error()))?;
        file.rewind()?;
        Ok(file)
    }
}

/// A row that is longer than rows may be, as far as it takes to see that. Who reads it goes on after the next line break, so it has
/// none but the last one.
fn too_long(line: &str) -> String {
    let beginning: String =
        line.chars().map(|c| if matches!(c, '\r' | '\n') { ' ' } else { c }).take(MAX_RECORD + 1).collect();
    beginning + "\r\n"
}
