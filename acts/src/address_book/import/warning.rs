//! What was imported otherwise than somebody may have meant.

use super::absent::Found;
use super::names::looks_like_a_name_or_an_address;
use super::rows::Several;
use domain::{Code, Language, Refusal};
use serde::Serialize;
use words::Sentence;
use words::import::{LeftOut, Notable};

/// Something in a file that somebody should look at. It costs no row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// The code, such as [`Code::TakenForEmpty`].
    pub code: Code,
    /// The column that it is about; empty if it is about the file as a whole.
    pub column: String,
    /// How many cells it is about; none if it is the column as a whole.
    pub cells: Option<u64>,
    /// A sentence for a person.
    pub message: String,
}

impl Warning {
    /// As it is told in a language.
    pub(super) fn told(notable: &Notable, language: Language) -> Self {
        let (column, cells) = match notable {
            Notable::TakenForEmpty { column, cells, .. } => (column.clone().into_owned(), Some(*cells)),
            Notable::SeveralAddresses { cells, .. } => ("email".to_owned(), Some(*cells)),
            Notable::ColumnIgnored { column } => (column.clone(), None),
            Notable::SheetsIgnored { .. } => (String::new(), None),
        };
        Self { code: notable.code(), column, cells, message: notable.told(language) }
    }
}

/// What is to be told of words that were taken for empty.
pub(super) fn taken_for_empty(found: &Found) -> impl Iterator<Item = Notable> {
    found.iter().map(|((column, word), &(cells, line))| Notable::TakenForEmpty {
        column: column.clone(),
        word,
        cells,
        line,
    })
}

/// What is to be told of cells with several addresses.
pub(super) fn several_addresses(found: &Several) -> Option<Notable> {
    let left_out = LeftOut { addresses: found.left_out.clone(), unnamed: found.unnamed };
    (found.cells > 0).then_some(Notable::SeveralAddresses { cells: found.cells, left_out })
}

/// What is to be told of columns that mean nothing here.
pub(super) fn ignored(columns: &[String]) -> impl Iterator<Item = Notable> {
    let notable = columns.iter().filter(|name| looks_like_a_name_or_an_address(name));
    notable.map(|name| Notable::ColumnIgnored { column: name.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Place;

    #[test]
    fn every_kind_has_a_code_that_is_told_as_a_warning() {
        let left_out = LeftOut { addresses: vec![(3, "anna@example.org".to_owned())], unnamed: 0 };
        for notable in [
            Notable::ColumnIgnored { column: "Company name".to_owned() },
            Notable::TakenForEmpty { column: "full_name".into(), word: "NULL", cells: 12, line: 3 },
            Notable::SeveralAddresses { cells: 1, left_out },
            Notable::SheetsIgnored { sheet: "Clients".to_owned(), others: 1 },
        ] {
            // Whoever adds a kind adds it here, too: there is no arm for the rest.
            match notable {
                Notable::ColumnIgnored { .. }
                | Notable::TakenForEmpty { .. }
                | Notable::SeveralAddresses { .. }
                | Notable::SheetsIgnored { .. } => {
                    assert_eq!(notable.code().places(), [Place::ImportWarning], "{notable}");
                }
            }
        }
    }
}
