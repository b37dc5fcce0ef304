//! Why a row of a file is not imported, where the row itself is to blame and not what a rule of the domain says of it.

use super::csv::{MAX_RECORD, Malformed};
use domain::{Code, Refusal, counted_in_russian, group};

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RowError {
    /// The address came before.
    #[error("line {first} has the address {email} already")]
    DuplicateInFile {
        /// Where.
        first: u64,
        /// The address as it is compared.
        email: String,
    },
    /// There is something beyond the last column.
    #[error(
        "the row has {has} fields, the first line names {columns} columns; put a text with a delimiter in quotation marks"
    )]
    TooManyFields {
        /// How many the row has.
        has: usize,
        /// How many columns there are.
        columns: usize,
    },
    /// What is in the column of groups names none.
    #[error("the group {name:?}: {error}")]
    Group {
        /// The beginning of what stands there.
        name: String,
        /// What is wrong with it.
        error: group::Error,
    },
    /// An update has nothing to change.
    #[error("{email} is in the address book with all that the row says; nothing was changed")]
    Unchanged {
        /// The address as people read it.
        email: String,
    },
    /// A quotation mark opens and none closes.
    #[error("a field begins with a quotation mark and does not end with one; inside a field, write two for one")]
    QuotesBroken,
    /// Longer than a record may be.
    #[error("the row has more than {} KiB", MAX_RECORD / 1024)]
    TooLong,
    /// In another encoding.
    #[error("the row is not in UTF-8; save the file as CSV in UTF-8")]
    NotUtf8,
    /// No text at all.
    #[error("the row has a NUL, which is part of no text")]
    Nul,
}

#[cfg(test)]
impl RowError {
    /// One of each kind that has a code of its own.
    fn examples() -> [Self; 7] {
        [
            Self::DuplicateInFile { first: 7, email: "anna@example.com".to_owned() },
            Self::NotUtf8,
            Self::Nul,
            Self::QuotesBroken,
            Self::TooLong,
            Self::TooManyFields { has: 5, columns: 4 },
            Self::Unchanged { email: "anna@example.com".to_owned() },
        ]
    }
}

impl From<Malformed> for RowError {
    fn from(malformed: Malformed) -> Self {
        match malformed {
            Malformed::Quotes => Self::QuotesBroken,
            Malformed::TooLong => Self::TooLong,
            Malformed::NotUtf8 => Self::NotUtf8,
            Malformed::Nul => Self::Nul,
        }
    }
}

impl Refusal for RowError {
    fn code(&self) -> Code {
        match self {
            Self::DuplicateInFile { .. } => Code::DuplicateInFile,
            Self::TooManyFields { .. } => Code::RowTooManyFields,
            Self::Group { error, .. } => error.code(),
            Self::Unchanged { .. } => Code::RowUnchanged,
            Self::QuotesBroken => Code::RowQuotesBroken,
            Self::TooLong => Code::RowTooLong,
            Self::NotUtf8 => Code::RowNotUtf8,
            Self::Nul => Code::RowNul,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::DuplicateInFile { .. } => Some("email"),
            Self::Group { .. } => Some("groups"),
            Self::TooManyFields { .. }
            | Self::Unchanged { .. }
            | Self::QuotesBroken
            | Self::TooLong
            | Self::NotUtf8
            | Self::Nul => None,
        }
    }

    fn in_russian(&self) -> String {
        match self {
            Self::DuplicateInFile { first, email } => format!("адрес {email} уже есть в строке {first}"),
            Self::TooManyFields { has, columns } => {
                let has = counted_in_russian(*has as u64, ["поле", "поля", "полей"]);
                let columns = counted_in_russian(*columns as u64, ["столбец", "столбца", "столбцов"]);
                format!("в строке {has}, а в первой строке файла {columns}; возьмите текст с разделителем в кавычки")
            }
            Self::Group { name, error } => format!("группа {name:?}: {}", error.in_russian()),
            Self::Unchanged { email } => {
                format!("{email} уже есть в адресной книге со всем, что сказано в строке; ничего не изменено")
            }
            Self::QuotesBroken => {
                "поле начинается с кавычки и не кончается ею; внутри поля пишите две кавычки вместо одной".to_owned()
            }
            Self::TooLong => format!("в строке больше {} КиБ", MAX_RECORD / 1024),
            Self::NotUtf8 => "строка не в UTF-8; сохраните файл как CSV в UTF-8".to_owned(),
            Self::Nul => "в строке есть нулевой символ, которого в тексте не бывает".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Place;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_has_an_example() {
        // Whoever adds a kind adds it here, too: there is no arm for the rest.
        let kind = |error: &RowError| match error {
            RowError::DuplicateInFile { .. } => 0,
            RowError::TooManyFields { .. } => 1,
            RowError::QuotesBroken => 2,
            RowError::TooLong => 3,
            RowError::NotUtf8 => 4,
            RowError::Nul => 5,
            RowError::Unchanged { .. } => 6,
            RowError::Group { .. } => unreachable!("it has the code of what is wrong with the group"),
        };
        let kinds: BTreeSet<u8> = RowError::examples().iter().map(kind).collect();
        assert_eq!(kinds, (0..7).collect());
    }

    #[test]
    fn every_kind_has_a_code_that_is_told_of_rows() {
        for error in RowError::examples() {
            assert!(error.code().places().contains(&Place::ImportProblem), "{error}");
        }
    }
}
