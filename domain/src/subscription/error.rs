use crate::refusal::told_by_code;
use crate::{Code, Refusal};

/// Why a subscription's command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// Nobody asked for it.
    NotFound,
    /// The id is in use.
    AlreadyExists,
    /// No topic was chosen.
    TopicsMissing,
    /// More than [`super::MAX_TOPICS`] topics were chosen.
    TopicsTooMany {
        /// How many were chosen.
        chosen: usize,
    },
    /// There are no words that somebody could have agreed to.
    WordingEmpty,
    /// The words have more than [`crate::client::MAX_WORDING`] characters.
    WordingTooLong {
        /// The length in characters.
        length: usize,
    },
    /// It was asked for so long ago that nobody can confirm it any more.
    Expired,
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::SubscriptionNotFound,
            Self::AlreadyExists => Code::AlreadyExists,
            Self::TopicsMissing => Code::TopicsMissing,
            Self::TopicsTooMany { .. } => Code::TopicsTooMany,
            Self::WordingEmpty => Code::ConsentWordingEmpty,
            Self::WordingTooLong { .. } => Code::ConsentWordingTooLong,
            Self::Expired => Code::SubscriptionExpired,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotFound | Self::Expired => Some("id"),
            Self::AlreadyExists => None,
            Self::TopicsMissing | Self::TopicsTooMany { .. } => Some("topic"),
            Self::WordingEmpty | Self::WordingTooLong { .. } => Some("wording"),
        }
    }
}

told_by_code!(Error);
