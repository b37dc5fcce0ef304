//! What was imported otherwise than somebody may have meant.

use super::absent::Found;
use super::names::looks_like_a_name_or_an_address;
use domain::{Language, Refusal, counted_in_russian};
use serde::Serialize;

/// Something in a file that somebody should look at. It costs no row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// A stable code such as `TAKEN_FOR_EMPTY`.
    pub code: &'static str,
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
    /// A column that may have been meant to be imported.
    #[error(
        "the column {column:?} looks like a name or an address and is not imported; say which column is what to have it"
    )]
    ColumnIgnored {
        /// Its name in the file.
        column: String,
    },
}

fn cells_in_english(cells: u64) -> String {
    if cells == 1 { "1 cell".to_owned() } else { format!("{cells} cells") }
}

impl Refusal for Notable {
    fn code(&self) -> &'static str {
        match self {
            Self::TakenForEmpty { .. } => "TAKEN_FOR_EMPTY",
            Self::ColumnIgnored { .. } => "COLUMN_IGNORED",
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
            Self::ColumnIgnored { column } => format!(
                "столбец {column:?} похож на имя или адрес и не импортируется; если он нужен, укажите, какой столбец что значит"
            ),
        }
    }
}

impl Notable {
    /// One of each kind, for the documentation.
    pub(super) fn examples() -> [Self; 2] {
        [
            Self::ColumnIgnored { column: "Company name".to_owned() },
            Self::TakenForEmpty { column: "full_name", word: "NULL", cells: 12, line: 3 },
        ]
    }

    /// As it is told in a language.
    pub(super) fn told(&self, language: Language) -> Warning {
        let (column, cells) = match self {
            Self::TakenForEmpty { column, cells, .. } => ((*column).to_owned(), Some(*cells)),
            Self::ColumnIgnored { column } => (column.clone(), None),
        };
        Warning { code: self.code(), column, cells, message: self.sentence(language) }
    }
}

/// What is to be told of words that were taken for empty.
pub(super) fn taken_for_empty(found: &Found) -> impl Iterator<Item = Notable> {
    found.iter().map(|(&(column, word), &(cells, line))| Notable::TakenForEmpty { column, word, cells, line })
}

/// What is to be told of columns that mean nothing here.
pub(super) fn ignored(columns: &[String]) -> impl Iterator<Item = Notable> {
    let notable = columns.iter().filter(|name| looks_like_a_name_or_an_address(name));
    notable.map(|name| Notable::ColumnIgnored { column: name.clone() })
}
