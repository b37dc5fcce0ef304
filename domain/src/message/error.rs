use super::{MAX_BODY, MAX_SUBJECT};
use crate::{Refusal, TemplateError};

/// Why a message's command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not there, deleted, or somebody else's.
    #[error("there is no such message among yours")]
    NotFound,
    /// The id is in use.
    #[error("this message exists already")]
    AlreadyExists,
    /// No subject.
    #[error("a letter needs a subject")]
    SubjectEmpty,
    /// Line breaks in the subject.
    #[error("the subject must be one line without control characters")]
    SubjectNotALine,
    /// More than [`MAX_SUBJECT`] characters.
    #[error("the subject has {length} characters; at most {MAX_SUBJECT} fit")]
    SubjectTooLong {
        /// In characters.
        length: usize,
    },
    /// No plain text.
    #[error("a letter needs a text; HTML may come beside it, not instead of it")]
    TextEmpty,
    /// More than [`MAX_BODY`] bytes.
    #[error("the {field} has {bytes} bytes; at most {MAX_BODY} fit")]
    BodyTooLong {
        /// `text` or `html`.
        field: &'static str,
        /// In bytes.
        bytes: usize,
    },
    /// A merge field that does not exist, or broken braces.
    #[error("in the {field}: {problem}")]
    MergeField {
        /// `subject`, `text` or `html`.
        field: &'static str,
        /// What is wrong with it.
        problem: TemplateError,
    },
}

impl Refusal for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::SubjectEmpty => "SUBJECT_EMPTY",
            Self::SubjectNotALine => "SUBJECT_NOT_A_LINE",
            Self::SubjectTooLong { .. } => "SUBJECT_TOO_LONG",
            Self::TextEmpty => "TEXT_EMPTY",
            Self::BodyTooLong { .. } => "BODY_TOO_LONG",
            Self::MergeField { problem, .. } => problem.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotFound => Some("id"),
            Self::AlreadyExists => None,
            Self::SubjectEmpty | Self::SubjectNotALine | Self::SubjectTooLong { .. } => Some("subject"),
            Self::TextEmpty => Some("text"),
            Self::BodyTooLong { field, .. } | Self::MergeField { field, .. } => Some(field),
        }
    }
}
