//! What somebody says of the columns of a file.

use super::names::Meaning;
use domain::{Code, Refusal};
use words::import::FileError;

/// With how many characters the name of a column is told.
const SHOWN: usize = 100;

/// What the columns mean whose names do not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    entries: Vec<(Meaning, String)>,
    /// Whether columns that are not named here mean nothing, whatever they are called.
    only: bool,
}

impl Mapping {
    /// Says what one more column is.
    pub fn add(&mut self, meaning: impl Into<Meaning>, column: &str) -> Result<(), FileError> {
        let (meaning, column) = (meaning.into(), column.trim());
        if column.is_empty() {
            return Err(FileError::MappingInvalid { text: format!("{}=", meaning.name()) });
        }
        if let Some((_, first)) = self.entries.iter().find(|(other, _)| *other == meaning) {
            let shown = |name: &str| name.chars().take(SHOWN).collect();
            return Err(FileError::FieldMappedTwice {
                field: meaning.name().into_owned(),
                first: shown(first),
                second: shown(column),
            });
        }
        self.entries.push((meaning, column.to_owned()));
        Ok(())
    }

    /// The same from text such as `first_name=Vorname` or `field:city=Ort`.
    pub fn add_text(&mut self, text: &str) -> Result<(), FileError> {
        let invalid = || FileError::MappingInvalid { text: text.chars().take(200).collect() };
        let (meaning, column) = text.split_once('=').ok_or_else(invalid)?;
        let meaning = Meaning::of_name(meaning).ok_or_else(invalid)?;
        self.add(meaning, column)
            .map_err(|error| if error.code() == Code::FileMappingInvalid { invalid() } else { error })
    }

    /// The same, and whether columns that are not named mean nothing, whatever they are called.
    #[must_use]
    pub fn only(self, only: bool) -> Self {
        Self { only, ..self }
    }

    /// Whether a column that is not named may mean what its name tells.
    pub(super) fn may_guess(&self) -> bool {
        !self.only
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&Meaning, &str)> {
        self.entries.iter().map(|(meaning, column)| (meaning, column.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address_book::import::Field;
    use domain::custom_field::Key;

    #[test]
    fn a_mapping_is_a_field_and_a_column() {
        let mut mapping = Mapping::default();
        for text in ["email=Kontakt", " First-Name = Rufname=1 ", "field:city=Ort"] {
            assert_eq!(mapping.add_text(text), Ok(()), "{text}");
        }
        let entries: Vec<_> = mapping.entries().collect();
        let city = Meaning::Custom(Key::parse("city").expect("a key"));
        let expected = [(&Field::Email.into(), "Kontakt"), (&Field::FirstName.into(), "Rufname=1"), (&city, "Ort")];
        assert_eq!(entries, expected);
        for text in ["email", "email=", "phone=Phone", "field:email=x", "=x", ""] {
            assert_eq!(mapping.add_text(text).map_err(|error| error.code()), Err(Code::FileMappingInvalid), "{text}");
        }
        let twice = mapping.add_text("E-Mail=Again").expect_err("twice");
        assert_eq!(twice.code(), Code::FileMappingTwice);
        assert_eq!(twice.to_string(), "two columns are said to be email: \"Kontakt\" and \"Again\"; name one of them");
        assert_eq!(mapping.entries().count(), 3);
    }
}
