//! CSV files as spreadsheets open them (RFC 4180), in UTF-8.
//!
//! Spreadsheets run a cell that begins like a formula, and a name or a mail server's words may come from a stranger: such cells
//! get an apostrophe in front.

use domain::Language;

/// What a spreadsheet takes for the beginning of a formula, wherever its lines break.
const BEGINNINGS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// The mark at the beginning of a file by which spreadsheets know UTF-8.
pub const MARK: &str = "\u{feff}";

/// The delimiter that the spreadsheets of a language expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// Where a comma divides columns.
    Comma,
    /// Where a comma divides whole numbers from their fractions.
    Semicolon,
}

impl Delimiter {
    /// The delimiter of the spreadsheets of whoever reads this language.
    #[must_use]
    pub fn of(language: Language) -> Self {
        match language {
            Language::En => Self::Comma,
            Language::Ru => Self::Semicolon,
        }
    }

    fn sign(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Semicolon => ';',
        }
    }
}

/// A line of these cells, with its end.
#[must_use]
pub fn line(delimiter: Delimiter, cells: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    written(delimiter, cells, is_shielded_or_needs_it)
}

/// The same for names of columns, which no spreadsheet will see: they stand as they are.
pub(crate) fn plain_line(delimiter: Delimiter, cells: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    written(delimiter, cells, |_| false)
}

fn written(
    delimiter: Delimiter,
    cells: impl IntoIterator<Item = impl AsRef<str>>,
    is_shielded: impl Fn(&str) -> bool,
) -> String {
    let mut line = String::new();
    for (place, cell) in cells.into_iter().enumerate() {
        let cell = cell.as_ref();
        if place > 0 {
            line.push(delimiter.sign());
        }
        line.push('"');
        if is_shielded(cell) {
            line.push('\'');
        }
        line.push_str(&cell.replace('"', "\"\""));
        line.push('"');
    }
    line.push_str("\r\n");
    line
}

/// Whether a cell begins like a formula, behind any number of apostrophes: one more then tells those of the file from its own.
fn is_shielded_or_needs_it(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(BEGINNINGS)
}

/// The cell without the apostrophe that keeps spreadsheets from running it.
pub(crate) fn unshielded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_shielded_or_needs_it(rest) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_shielded_and_comes_back_as_it_was() {
        for (cell, written) in [
            ("=1+1", "\"'=1+1\"\r\n"),
            ("=HYPERLINK(\"http://evil.example\")", "\"'=HYPERLINK(\"\"http://evil.example\"\")\"\r\n"),
            ("+7 900", "\"'+7 900\"\r\n"),
            ("-", "\"'-\"\r\n"),
            ("@sum", "\"'@sum\"\r\n"),
            ("\t=1", "\"'\t=1\"\r\n"),
            ("\u{ff1d}1", "\"'\u{ff1d}1\"\r\n"),
            ("'=1", "\"''=1\"\r\n"),
            ("a=b", "\"a=b\"\r\n"),
            ("O'Neil", "\"O'Neil\"\r\n"),
            ("'tis", "\"'tis\"\r\n"),
            ("say \"hi\"", "\"say \"\"hi\"\"\"\r\n"),
            ("", "\"\"\r\n"),
        ] {
            assert_eq!(line(Delimiter::Comma, [cell]), written);
            let back = written.trim_end().trim_matches('"').replace("\"\"", "\"");
            if !cell.contains('"') {
                assert_eq!(unshielded(&back), cell);
            }
        }
    }

    #[test]
    fn cells_are_divided_as_the_spreadsheets_of_a_language_expect() {
        assert_eq!(line(Delimiter::of(Language::En), ["a;b", "c"]), "\"a;b\",\"c\"\r\n");
        assert_eq!(line(Delimiter::of(Language::Ru), ["a,b", "c"]), "\"a,b\";\"c\"\r\n");
    }
}
