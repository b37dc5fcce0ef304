//! Address books as files, for spreadsheets and for bringing them back in.
//!
//! What is exported can be imported again by [`super::import`], with the same names, comments and groups. Spreadsheets run a cell
//! that begins like a formula, and a client's name or a remark may come from a stranger: such cells get an apostrophe in front,
//! which an import takes away again.

use projections::clients::Client;

/// What a spreadsheet takes for the beginning of a formula, wherever its lines break.
const BEGINNINGS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// What stands between the names of several groups, as an import understands it.
const BETWEEN: &str = "|";

/// What stands between and behind the names where one of them has a lesser separator in it.
const STRONGER: &str = ":::";

/// The delimiter that the spreadsheets of a language expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// Where a comma divides columns.
    Comma,
    /// Where a comma divides whole numbers from their fractions.
    Semicolon,
}

impl Delimiter {
    fn sign(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Semicolon => ';',
        }
    }
}

/// The first line. It begins with the mark by which spreadsheets know UTF-8.
#[must_use]
pub fn header(delimiter: Delimiter) -> String {
    format!("\u{feff}{}", line(delimiter, ["email", "full_name", "first_name", "last_name", "comment", "groups"]))
}

/// The line of a client who belongs to these groups.
#[must_use]
pub fn row(delimiter: Delimiter, client: &Client, groups: &[String]) -> String {
    let (first, last) = (client.first_name.as_deref(), client.last_name.as_deref());
    let groups = joined(groups);
    line(
        delimiter,
        [
            &client.email,
            &client.full_name,
            first.unwrap_or_default(),
            last.unwrap_or_default(),
            &client.comment,
            &groups,
        ],
    )
}

fn line<'a>(delimiter: Delimiter, cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            line.push(delimiter.sign());
        }
        line.push('"');
        if is_shielded_or_needs_it(cell) {
            line.push('\'');
        }
        line.push_str(&cell.replace('"', "\"\""));
        line.push('"');
    }
    line.push_str("\r\n");
    line
}

fn joined(groups: &[String]) -> String {
    // An import takes the strongest separator that it finds, and names without one stand as they are.
    let has_lesser = groups.iter().any(|name| name.contains(['|', ';', ',']));
    if has_lesser { groups.join(STRONGER) + STRONGER } else { groups.join(BETWEEN) }
}

/// Whether a cell begins like a formula, behind any number of apostrophes: one more then tells those of the file from its own.
fn is_shielded_or_needs_it(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(BEGINNINGS)
}

/// The cell without the apostrophe that keeps spreadsheets from running it.
pub(super) fn unshielded(cell: &str) -> &str {
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
            ("+7 900", "\"'+7 900\"\r\n"),
            ("-", "\"'-\"\r\n"),
            ("@sum", "\"'@sum\"\r\n"),
            ("'=1", "\"''=1\"\r\n"),
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
    fn groups_are_separated_by_what_none_of_their_names_has() {
        let names = |all: &[&str]| all.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(joined(&names(&["Friends", "Press"])), "Friends|Press");
        assert_eq!(joined(&names(&["A, B"])), "A, B:::");
        assert_eq!(joined(&names(&["A|B", "C"])), "A|B:::C:::");
        assert_eq!(joined(&[]), "");
    }

    #[test]
    fn a_file_has_the_delimiter_that_spreadsheets_of_the_language_expect() {
        assert!(header(Delimiter::Comma).starts_with("\u{feff}\"email\",\"full_name\""));
        assert!(header(Delimiter::Semicolon).contains("\"email\";\"full_name\""));
    }
}
