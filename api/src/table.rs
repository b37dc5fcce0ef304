//! Tables as workbooks (XLSX) with one sheet: pages answer with them, and the command line writes them.
//!
//! All cells are texts, so that what was exported comes back as it was: a spreadsheet makes neither formulas nor numbers of them.

use rust_xlsxwriter::{Format, Workbook, XlsxError};
use std::io::Write;

/// How many rows a sheet has at most, with the names of the columns.
const ROWS: u32 = 1_048_576;

/// The most characters that a cell of a workbook holds.
pub(crate) const CELL: usize = 32_767;

/// Why a table does not become a workbook.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// It has more rows than a sheet.
    #[error("a sheet of a workbook has at most {} rows: write a CSV file", ROWS)]
    TooLong,
    /// What stands in a cell does not fit into it. A part of it would come back as something else.
    #[error("a cell of a workbook holds at most {} characters, and there are more for one: write a CSV file", CELL)]
    CellTooLong,
    /// It cannot be written.
    #[error(transparent)]
    Written(XlsxError),
}

impl From<XlsxError> for TableError {
    fn from(error: XlsxError) -> Self {
        match error {
            XlsxError::MaxStringLengthExceeded => Self::CellTooLong,
            XlsxError::RowColumnLimitError => Self::TooLong,
            other => Self::Written(other),
        }
    }
}

/// A table whose rows go to a temporary file as they come, and not into memory.
pub struct Table {
    book: Workbook,
    /// The row that comes next, counted from 0.
    next: u32,
}

impl Table {
    /// A table with columns of these names and no rows. The names stay in sight.
    pub fn new(columns: &[String]) -> Result<Self, TableError> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet_with_constant_memory()?;
        let bold = Format::new().set_bold();
        for (place, name) in (0..).zip(columns) {
            sheet.set_column_width(place, 24)?;
            sheet.write_string_with_format(0, place, name.as_str(), &bold)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        Ok(Self { book, next: 1 })
    }

    /// Adds rows behind those that are there.
    pub fn add(&mut self, rows: &[Vec<String>]) -> Result<(), TableError> {
        let sheet = self.book.worksheet_from_index(0)?;
        for cells in rows {
            for (place, cell) in (0..).zip(cells) {
                sheet.write_string(self.next, place, cell.as_str())?;
            }
            self.next += 1;
        }
        Ok(())
    }

    /// Writes the workbook.
    pub fn write_to(mut self, to: impl Write + Send) -> Result<(), TableError> {
        Ok(self.book.save_to_writer(to)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_and_not_cut() {
        let mut table = Table::new(&["comment".to_owned()]).expect("a table");
        table.add(&[vec!["x".repeat(CELL)]]).expect("it fits");
        assert!(matches!(table.add(&[vec!["x".repeat(CELL + 1)]]), Err(TableError::CellTooLong)));
        table.next = ROWS;
        assert!(matches!(table.add(&[vec!["x".to_owned()]]), Err(TableError::TooLong)));
        let mut written = Vec::new();
        Table::new(&[]).expect("a table").write_to(&mut written).expect("written");
        assert!(written.starts_with(b"PK\x03\x04"));
    }
}
