//! Why a row of a file is not imported, where the row itself is to blame and not what a rule of the domain says of it.

use super::csv::{MAX_RECORD, Malformed};
use words::import::RowError;

/// What is wrong with a row that cannot be read as one.
pub(super) fn of(malformed: Malformed) -> RowError {
    match malformed {
        Malformed::Quotes => RowError::QuotesBroken,
        Malformed::TooLong => RowError::TooLong { most: MAX_RECORD / 1024 },
        Malformed::NotUtf8 => RowError::NotUtf8,
        Malformed::Nul => RowError::Nul,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Place, Refusal};
    use std::collections::BTreeSet;

    /// One of each kind that has a code of its own.
    fn examples() -> [RowError; 9] {
        let malformed = [Malformed::NotUtf8, Malformed::Nul, Malformed::Quotes, Malformed::TooLong].map(of);
        let [not_utf8, nul, quotes, too_long] = malformed;
        [
            RowError::DuplicateInFile { first: 7, email: "anna@example.com".to_owned() },
            not_utf8,
            nul,
            quotes,
            too_long,
            RowError::TooManyFields { has: 5, columns: 4 },
            RowError::Unchanged { email: "anna@example.com".to_owned() },
            RowError::NotThere { email: "anna@example.com".to_owned() },
            RowError::MomentInvalid { value: "yes".to_owned() },
        ]
    }

    #[test]
    fn every_kind_has_an_example() {
        // Whoever adds a kind adds it here, too: there is no arm for the rest.
        let kind = |error: &RowError| match error {
            RowError::DuplicateInFile { .. } => 0,
            RowError::TooManyFields { .. } => 1,
            RowError::QuotesBroken => 2,
            RowError::TooLong { .. } => 3,
            RowError::NotUtf8 => 4,
            RowError::Nul => 5,
            RowError::Unchanged { .. } => 6,
            RowError::NotThere { .. } => 7,
            RowError::MomentInvalid { .. } => 8,
            RowError::Group { .. } => unreachable!("it has the code of what is wrong with the group"),
        };
        let kinds: BTreeSet<u8> = examples().iter().map(kind).collect();
        assert_eq!(kinds, (0..9).collect());
    }

    #[test]
    fn every_kind_has_a_code_that_is_told_of_rows() {
        for error in examples() {
            assert!(error.code().places().contains(&Place::ImportProblem), "{error}");
        }
    }
}
