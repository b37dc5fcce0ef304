//! What was imported otherwise than somebody may have meant.

use super::absent::Found;
use super::names::looks_like_a_name_or_an_address;
use super::rows::Several;
use domain::{Code, Language, Refusal, counted_in_russian};
use serde::Serialize;

/// Something in a file that somebody should look at. It costs no row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// The code, such as [`Code::TakenForEmpty`].
    pub code: Code,
    /// The column that it is about.
    pub column: String,
    /// How many cells it is about; none if it is the column as a whole.
    pub cells: Option<u64>,
    /// A sentence for a person.
    pub message: String,
}

/// What there is to warn of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Notable {
    /// Cells with a word that means that there is no value.
    #[error("{word:?} in the column {column} is taken for empty, from line {line} on, in {} altogether", cells_in_english(*cells))]
    TakenForEmpty {
        /// The column, by its usual name.
        column: &'static str,
        /// What stands there.
        word: &'static str,
        /// How often.
        cells: u64,
        /// The first line.
        line: u64,
    },
    /// Cells with several addresses, of which one is imported.
    #[error(
        "{} of the column email {} several addresses, of which the first is taken; left out: {left_out}; give each a row of \
         its own to have them all",
        cells_in_english(*cells),
        if *cells == 1 { "has" } else { "have" }
    )]
    SeveralAddresses {
        /// How many cells.
        cells: u64,
        /// The addresses that are left out, with their lines.
        left_out: LeftOut,
    },
    /// A column that may have been meant to be imported.
    #[error(
        "the column {column:?} looks like a name or an address and is not imported; say which column is what to have it"
    )]
    ColumnIgnored {
        /// Its name in the file.
        column: String,
    },
}

/// Addresses that are left out, with their lines; as many as are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeftOut {
    addresses: Vec<(u64, String)>,
    /// How many more there are.
    unnamed: u64,
}

impl LeftOut {
    pub(crate) fn new(addresses: Vec<(u64, String)>, unnamed: u64) -> Self {
        Self { addresses, unnamed }
    }

    fn in_words(&self, line_word: &str, more: &str) -> String {
        let named = self.addresses.iter().map(|(line, address)| format!("{address} ({line_word} {line})"));
        let more = (self.unnamed > 0).then(|| format!("{more} {}", self.unnamed));
        named.chain(more).collect::<Vec<_>>().join(", ")
    }
}

impl std::fmt::Display for LeftOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.in_words("line", "and more:"))
    }
}

fn cells_in_english(cells: u64) -> String {
    if cells == 1 { "1 cell".to_owned() } else { format!("{cells} cells") }
}

impl Refusal for Notable {
    fn code(&self) -> Code {
        match self {
            Self::TakenForEmpty { .. } => Code::TakenForEmpty,
            Self::SeveralAddresses { .. } => Code::SeveralAddresses,
            Self::ColumnIgnored { .. } => Code::ColumnIgnored,
        }
    }

    fn in_russian(&self) -> String {
        match self {
            Self::TakenForEmpty { column, word, cells, line } => {
                let cells = counted_in_russian(*cells, ["ячейка", "ячейки", "ячеек"]);
                format!(
                    "{word:?} в столбце {column} считается пустым значением, начиная со строки {line}, всего {cells}"
                )
            }
            Self::SeveralAddresses { cells, left_out } => {
                let cells = counted_in_russian(*cells, ["ячейка", "ячейки", "ячеек"]);
                let left_out = left_out.in_words("строка", "и ещё:");
                format!(
                    "в столбце email по нескольку адресов в одной ячейке ({cells}), взят первый; пропущены: {left_out}; чтобы \
                     импортировать все, дайте каждому свою строку"
                )
            }
            Self::ColumnIgnored { column } => format!(
                "столбец {column:?} похож на имя или адрес и не импортируется; если он нужен, укажите, какой столбец что значит"
            ),
        }
    }
}

impl Notable {
    /// As it is told in a language.
    pub(super) fn told(&self, language: Language) -> Warning {
        let (column, cells) = match self {
            Self::TakenForEmpty { column, cells, .. } => ((*column).to_owned(), Some(*cells)),
            Self::SeveralAddresses { cells, .. } => ("email".to_owned(), Some(*cells)),
            Self::ColumnIgnored { column } => (column.clone(), None),
        };
        Warning { code: self.code(), column, cells, message: self.sentence(language) }
    }
}

/// What is to be told of words that were taken for empty.
pub(super) fn taken_for_empty(found: &Found) -> impl Iterator<Item = Notable> {
    found.iter().map(|(&(column, word), &(cells, line))| Notable::TakenForEmpty { column, word, cells, line })
}

/// What is to be told of cells with several addresses.
pub(super) fn several_addresses(found: &Several) -> Option<Notable> {
    let left_out = LeftOut::new(found.left_out.clone(), found.unnamed);
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
        let left_out = LeftOut::new(vec![(3, "anna@example.org".to_owned())], 0);
        for notable in [
            Notable::ColumnIgnored { column: "Company name".to_owned() },
            Notable::TakenForEmpty { column: "full_name", word: "NULL", cells: 12, line: 3 },
            Notable::SeveralAddresses { cells: 1, left_out },
        ] {
            // Whoever adds a kind adds it here, too: there is no arm for the rest.
            match notable {
                Notable::ColumnIgnored { .. } | Notable::TakenForEmpty { .. } | Notable::SeveralAddresses { .. } => {
                    assert_eq!(notable.code().places(), [Place::ImportWarning], "{notable}");
                }
            }
        }
    }
}
