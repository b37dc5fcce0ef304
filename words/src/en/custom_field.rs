use super::English;
use domain::custom_field::{Error, Kind, MAX_KEY, MAX_LABEL, MAX_TEXT};
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "there is no such field among yours"),
            Self::KeyTaken { key } => write!(f, "you have a field {key:?} already"),
            Self::KeyInvalid { key } => write!(
                f,
                "{key:?} is no key of a field: it begins with a letter, has nothing but letters, digits and _, and at most {MAX_KEY} \
                 characters"
            ),
            Self::KeyReserved { key } => {
                write!(f, "{key:?} means something else in letters or files: choose another key")
            }
            Self::LabelEmpty => write!(f, "a field needs a name"),
            Self::LabelTooLong { length } => write!(f, "the name has {length} characters; at most {MAX_LABEL} fit"),
            Self::LabelNotALine => write!(f, "the name must be one line without control characters"),
            Self::ValueInvalid { key, kind, value } => {
                write!(f, "{value:?} does not fit into the field {key:?}: it takes {}", taken(*kind))
            }
            Self::TextTooLong { key, length } => {
                write!(f, "the text for the field {key:?} has {length} characters; at most {MAX_TEXT} fit")
            }
        }
    }
}

/// What fields of a kind take.
fn taken(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "a text without control characters",
        Kind::Number => "a number such as 12.5",
        Kind::Date => "a day such as 2026-05-01",
        Kind::YesNo => "yes or no",
    }
}
