use super::MAX_COMMENT;
use crate::Refusal;

/// Why a client's command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not there, deleted, or somebody else's.
    #[error("there is no such client in your address book")]
    NotFound,
    /// The id is in use.
    #[error("this client exists already")]
    AlreadyExists,
    /// Another client of the same owner has the address.
    #[error("{email} is already in your address book")]
    EmailTaken {
        /// The address as it is compared.
        email: String,
    },
    /// More than [`MAX_COMMENT`] characters.
    #[error("the comment has {length} characters; at most {MAX_COMMENT} fit")]
    CommentTooLong {
        /// In characters.
        length: usize,
    },
}

impl Refusal for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::EmailTaken { .. } => "EMAIL_TAKEN",
            Self::CommentTooLong { .. } => "COMMENT_TOO_LONG",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotFound => Some("id"),
            Self::AlreadyExists => None,
            Self::EmailTaken { .. } => Some("email"),
            Self::CommentTooLong { .. } => Some("comment"),
        }
    }
}
