use crate::refusal::told_by_code;
use crate::{Code, Refusal};

/// Why a client's command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The client does not exist, is deleted, or is somebody else's.
    NotFound,
    /// The id is in use.
    AlreadyExists,
    /// Another client of the same owner has the address.
    EmailTaken {
        /// The address as it is compared.
        email: String,
    },
    /// The remark has more than [`super::MAX_COMMENT`] characters.
    CommentTooLong {
        /// The remark's length in characters.
        length: usize,
    },
    /// The wording of a consent is missing.
    WordingEmpty,
    /// The wording of a consent has more than [`super::MAX_WORDING`] characters.
    WordingTooLong {
        /// The wording's length in characters.
        length: usize,
    },
    /// There is no consent of this topic that could be confirmed.
    ConsentMissing,
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::NotFound,
            Self::AlreadyExists => Code::AlreadyExists,
            Self::EmailTaken { .. } => Code::EmailTaken,
            Self::CommentTooLong { .. } => Code::CommentTooLong,
            Self::WordingEmpty => Code::ConsentWordingEmpty,
            Self::WordingTooLong { .. } => Code::ConsentWordingTooLong,
            Self::ConsentMissing => Code::ConsentMissing,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotFound => Some("id"),
            Self::AlreadyExists => None,
            Self::EmailTaken { .. } => Some("email"),
            Self::CommentTooLong { .. } => Some("comment"),
            Self::WordingEmpty | Self::WordingTooLong { .. } => Some("wording"),
            Self::ConsentMissing => Some("topicId"),
        }
    }
}

told_by_code!(Error);
