use super::Kind;
use crate::refusal::told_by_code;
use crate::{Code, Refusal};

/// Why something about a custom field was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The field does not exist, was removed, or is somebody else's.
    NotFound,
    /// The owner has a field with this key.
    KeyTaken {
        /// The key.
        key: String,
    },
    /// The key is none: it is empty, too long, does not begin with a letter, or has other signs than letters, digits and `_`.
    KeyInvalid {
        /// What was given, cut when it is long.
        key: String,
    },
    /// Letters mean something else by that name, such as `email`.
    KeyReserved {
        /// The key.
        key: String,
    },
    /// The label is missing.
    LabelEmpty,
    /// The label has more than [`super::MAX_LABEL`] characters.
    LabelTooLong {
        /// The label's length in characters.
        length: usize,
    },
    /// The label has line breaks or other control characters.
    LabelNotALine,
    /// The text is no value of the field's kind.
    ValueInvalid {
        /// The field's key.
        key: String,
        /// What it takes.
        kind: Kind,
        /// What was given, cut when it is long.
        value: String,
    },
    /// A text is longer than [`super::MAX_TEXT`] characters.
    TextTooLong {
        /// The field's key.
        key: String,
        /// The text's length in characters.
        length: usize,
    },
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::CustomFieldNotFound,
            Self::KeyTaken { .. } => Code::CustomFieldKeyTaken,
            Self::KeyInvalid { .. } => Code::CustomFieldKeyInvalid,
            Self::KeyReserved { .. } => Code::CustomFieldKeyReserved,
            Self::LabelEmpty => Code::NameEmpty,
            Self::LabelTooLong { .. } => Code::NameTooLong,
            Self::LabelNotALine => Code::NameNotALine,
            Self::ValueInvalid { .. } => Code::CustomFieldValueInvalid,
            Self::TextTooLong { .. } => Code::CustomFieldTextTooLong,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotFound => Some("id"),
            Self::KeyTaken { .. } | Self::KeyInvalid { .. } | Self::KeyReserved { .. } => Some("key"),
            Self::LabelEmpty | Self::LabelTooLong { .. } | Self::LabelNotALine => Some("label"),
            Self::ValueInvalid { .. } | Self::TextTooLong { .. } => Some("fields"),
        }
    }
}

told_by_code!(Error);
