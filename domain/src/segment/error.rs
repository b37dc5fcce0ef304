use crate::refusal::told_by_code;
use crate::{Code, Refusal};

/// Why a segment's command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The segment does not exist, is deleted, or is somebody else's.
    NotFound,
    /// The id is in use.
    AlreadyExists,
    /// Another segment of the same owner is called so.
    NameTaken {
        /// The name as it is compared.
        name: String,
    },
    /// The filter has no condition, so that everybody would pass it.
    ConditionsMissing,
    /// The filter has more than [`super::MAX_CONDITIONS`] conditions.
    ConditionsTooMany {
        /// How many it has.
        count: usize,
    },
    /// A condition looks for a text that is empty.
    NeedleEmpty,
    /// A condition looks for a text of more than [`super::MAX_NEEDLE`] characters.
    NeedleTooLong {
        /// The text's length in characters.
        length: usize,
    },
    /// A condition counts no days, or more than [`super::MAX_DAYS`].
    DaysOutOfRange {
        /// How many it counts.
        days: u32,
    },
    /// A condition compares a field with a value for which there is no more and no less.
    NotComparable {
        /// The field's key.
        key: String,
    },
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::SegmentNotFound,
            Self::AlreadyExists => Code::AlreadyExists,
            Self::NameTaken { .. } => Code::NameTaken,
            Self::ConditionsMissing => Code::SegmentConditionsMissing,
            Self::ConditionsTooMany { .. } => Code::SegmentConditionsTooMany,
            Self::NeedleEmpty => Code::SegmentTextEmpty,
            Self::NeedleTooLong { .. } => Code::SegmentTextTooLong,
            Self::DaysOutOfRange { .. } => Code::SegmentDaysOutOfRange,
            Self::NotComparable { .. } => Code::SegmentNotComparable,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotFound => Some("id"),
            Self::AlreadyExists => None,
            Self::NameTaken { .. } => Some("name"),
            Self::ConditionsMissing
            | Self::ConditionsTooMany { .. }
            | Self::NeedleEmpty
            | Self::NeedleTooLong { .. }
            | Self::DaysOutOfRange { .. }
            | Self::NotComparable { .. } => Some("conditions"),
        }
    }
}

told_by_code!(Error);
