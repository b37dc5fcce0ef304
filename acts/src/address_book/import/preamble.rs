//! What a table begins with that was a sheet.

use words::import::Notable;

/// The sign that no text of people begins with (U+001E, a separator of records).
const SIGN: u8 = 0x1e;

/// What stands between its parts (U+001F, a separator of units).
const BETWEEN: char = '\u{1f}';

/// How many rows a sheet has at most.
pub(super) const ROWS: u64 = 1_048_576;

/// How much of the name of a sheet is told, in characters.
const NAME: usize = 100;

/// How long it is at most, in bytes.
const LENGTH: usize = 1_024;

/// The line before the table, which tells where in the sheet the table begins, and of how many other sheets nothing is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Preamble {
    /// The first row with something in it, counted from 1.
    pub(super) row: u64,
    /// The name of the sheet.
    sheet: String,
    /// How many other sheets have something in them.
    others: u64,
}

impl Preamble {
    /// What is told of a table that begins on this row of this sheet, while so many others have something in them, too.
    pub(super) fn new(row: u64, sheet: &str, others: u64) -> Self {
        let sheet = sheet.chars().filter(|c| !c.is_control()).take(NAME).collect();
        Self { row, sheet, others }
    }

    /// The line, with its end.
    pub(super) fn line(&self) -> String {
        let Self { row, sheet, others } = self;
        format!("{}{row}{BETWEEN}{others}{BETWEEN}{sheet}\n", char::from(SIGN))
    }

    /// The preamble that a file begins with, and how long it is; `None` if it begins otherwise.
    pub(super) fn parse(file: &[u8]) -> Option<(Self, usize)> {
        let rest = file.strip_prefix(&[SIGN])?;
        let length = rest.iter().take(LENGTH).position(|byte| *byte == b'\n')?;
        let mut parts = std::str::from_utf8(&rest[..length]).ok()?.splitn(3, BETWEEN);
        let row: u64 = parts.next()?.parse().ok()?;
        let others = parts.next()?.parse().ok()?;
        let preamble = Self::new(row, parts.next()?, others);
        // The sign before it, and the end of the line.
        (1..=ROWS).contains(&row).then_some((preamble, length + 2))
    }

    /// What is to be told of the other sheets.
    pub(super) fn notable(&self) -> Option<Notable> {
        let Self { sheet, others, .. } = self;
        (*others > 0).then(|| Notable::SheetsIgnored { sheet: sheet.clone(), others: *others })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_nothing_else_is_taken_for_it() {
        let long = "ж".repeat(300);
        for (row, sheet, others) in
            [(1, "Sheet1", 0), (7, "Клиенты, \"все\"", 2), (ROWS, "a\nb\u{1f}c", 1), (1, &long, 0)]
        {
            let preamble = Preamble::new(row, sheet, others);
            let line = preamble.line();
            let file = format!("{line}\"email\"\r\n");
            assert_eq!(Preamble::parse(file.as_bytes()), Some((preamble.clone(), line.len())), "{line:?}");
            assert_eq!(preamble.notable().is_some(), others > 0);
        }
        for other in [
            "email\n",
            "",
            "\u{1e}",
            "\u{1e}x\u{1f}0\u{1f}\n",
            "\u{1e}0\u{1f}0\u{1f}\n",
            "\u{1e}1\u{1f}\n",
            "\u{1e}1\n",
        ] {
            assert_eq!(Preamble::parse(other.as_bytes()), None, "{other:?}");
        }
        assert_eq!(Preamble::parse(format!("\u{1e}{}\u{1f}0\u{1f}\n", ROWS + 1).as_bytes()), None);
    }
}
