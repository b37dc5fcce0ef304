use crate::refusal::told_by_code;
use crate::{Code, Part, Refusal, TemplateError, markdown};

/// Why a message's command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The message does not exist, is deleted, or is somebody else's.
    NotFound,
    /// The id is in use.
    AlreadyExists,
    /// The message's subject is missing.
    SubjectEmpty,
    /// The subject has line breaks or other control characters.
    SubjectNotALine,
    /// The subject has more than [`super::MAX_SUBJECT`] characters.
    SubjectTooLong {
        /// The subject's length in characters.
        length: usize,
    },
    /// The message's plain text is missing.
    TextEmpty,
    /// The part has more than [`super::MAX_BODY`] bytes.
    BodyTooLong {
        /// What is too long: `text`, `html` or `markdown`.
        field: &'static str,
        /// The part's length in bytes.
        bytes: usize,
    },
    /// The Markdown has nothing to read, so that the letter would have no text.
    MarkdownEmpty,
    /// There is a text or HTML beside the Markdown, of which both are made.
    MarkdownNotAlone,
    /// Quotes, lists, emphasis or elements of HTML in the Markdown are inside each other too deep.
    MarkdownNestsTooDeep,
    /// The text or the HTML that the Markdown becomes has more than [`super::MAX_BODY`] bytes.
    MarkdownTooLarge,
    /// A merge field that does not exist, or broken braces.
    MergeField {
        /// What is wrong: `subject`, `text`, `html` or `markdown`.
        field: &'static str,
        /// What is wrong with the part as a template.
        problem: TemplateError,
    },
    /// With its merge fields filled in, a part could become larger than its budget.
    TooLarge {
        /// The part of the letter that could become too large.
        part: Part,
        /// The size in bytes that the part could get.
        bytes: usize,
        /// The merge field that makes up most of it.
        merge_field: String,
        /// How often that merge field is in the part.
        times: usize,
    },
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::NotFound,
            Self::AlreadyExists => Code::AlreadyExists,
            Self::SubjectEmpty => Code::SubjectEmpty,
            Self::SubjectNotALine => Code::SubjectNotALine,
            Self::SubjectTooLong { .. } => Code::SubjectTooLong,
            Self::TextEmpty | Self::MarkdownEmpty => Code::TextEmpty,
            Self::MarkdownNotAlone => Code::MarkdownNotAlone,
            Self::MarkdownNestsTooDeep => Code::NestingTooDeep,
            Self::MarkdownTooLarge => Code::HtmlTooLarge,
            Self::BodyTooLong { .. } => Code::BodyTooLong,
            Self::MergeField { problem, .. } => problem.code(),
            Self::TooLarge { .. } => Code::LetterTooLarge,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotFound => Some("id"),
            Self::AlreadyExists => None,
            Self::SubjectEmpty | Self::SubjectNotALine | Self::SubjectTooLong { .. } => Some("subject"),
            Self::TextEmpty => Some("text"),
            Self::MarkdownEmpty | Self::MarkdownNotAlone | Self::MarkdownNestsTooDeep | Self::MarkdownTooLarge => {
                Some("markdown")
            }
            Self::BodyTooLong { field, .. } | Self::MergeField { field, .. } => Some(field),
            Self::TooLarge { part, .. } => Some(part.name()),
        }
    }
}

told_by_code!(Error);

impl From<markdown::Error> for Error {
    fn from(error: markdown::Error) -> Self {
        match error {
            markdown::Error::NestsTooDeep => Self::MarkdownNestsTooDeep,
            markdown::Error::HtmlTooLarge => Self::MarkdownTooLarge,
        }
    }
}
