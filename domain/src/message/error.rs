use super::{MAX_BODY, MAX_SUBJECT};
use crate::{Code, Part, Refusal, TemplateError, counted_in_russian};

/// Why a message's command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The message does not exist, is deleted, or is somebody else's.
    #[error("there is no such message among yours")]
    NotFound,
    /// The id is in use.
    #[error("this message exists already")]
    AlreadyExists,
    /// The message's subject is missing.
    #[error("a letter needs a subject")]
    SubjectEmpty,
    /// The subject has line breaks or other control characters.
    #[error("the subject must be one line without control characters")]
    SubjectNotALine,
    /// The subject has more than [`MAX_SUBJECT`] characters.
    #[error("the subject has {length} characters; at most {MAX_SUBJECT} fit")]
    SubjectTooLong {
        /// The subject's length in characters.
        length: usize,
    },
    /// The message's plain text is missing.
    #[error("a letter needs a text; HTML may come beside it, not instead of it")]
    TextEmpty,
    /// The part has more than [`MAX_BODY`] bytes.
    #[error("the {field} has {bytes} bytes; at most {MAX_BODY} fit")]
    BodyTooLong {
        /// The part that is too long: `text` or `html`.
        field: &'static str,
        /// The part's length in bytes.
        bytes: usize,
    },
    /// A merge field that does not exist, or broken braces.
    #[error("in the {field}: {problem}")]
    MergeField {
        /// The part that is wrong: `subject`, `text` or `html`.
        field: &'static str,
        /// What is wrong with the part as a template.
        problem: TemplateError,
    },
    /// With its merge fields filled in, a part could become larger than its budget.
    #[error(
        "the {} could become {bytes} bytes large, for a client whose name and comment are as long as they may be, and at \
         most {} fit: use merge fields less often, above all {{{{{merge_field}}}}}, which is there {times} times",
        .part.name(),
        .part.budget()
    )]
    TooLarge {
        /// The part of the letter that could become too large.
        part: Part,
        /// The size in bytes that the part could get.
        bytes: usize,
        /// The merge field that makes up most of it.
        merge_field: &'static str,
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
            Self::TextEmpty => Code::TextEmpty,
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
            Self::BodyTooLong { field, .. } | Self::MergeField { field, .. } => Some(field),
            Self::TooLarge { part, .. } => Some(part.name()),
        }
    }

    fn in_russian(&self) -> String {
        match self {
            Self::NotFound => "среди ваших писем такого нет".to_owned(),
            Self::AlreadyExists => "такое письмо уже есть".to_owned(),
            Self::SubjectEmpty => "укажите тему письма".to_owned(),
            Self::SubjectNotALine => "тема должна быть одной строкой без управляющих символов".to_owned(),
            Self::SubjectTooLong { length } => {
                let length = counted_in_russian(*length as u64, ["символ", "символа", "символов"]);
                format!("в теме {length}; помещается не больше {MAX_SUBJECT}")
            }
            Self::TextEmpty => "напишите текст письма; HTML может быть вместе с текстом, но не вместо него".to_owned(),
            Self::BodyTooLong { field, bytes } => {
                let bytes = counted_in_russian(*bytes as u64, ["байт", "байта", "байт"]);
                format!("{} {bytes}; помещается не больше {MAX_BODY}", inside(field))
            }
            Self::MergeField { field, problem } => format!("{}: {}", inside(field), problem.in_russian()),
            Self::TooLarge { part, bytes, merge_field, times } => {
                let bytes = counted_in_russian(*bytes as u64, ["байт", "байта", "байт"]);
                let times = counted_in_russian(*times as u64, ["раз", "раза", "раз"]);
                format!(
                    "{} может получиться {bytes}, если имя и комментарий клиента самые длинные, а помещается не больше {}: \
                     используйте поля подстановки реже, прежде всего {{{{{merge_field}}}}}, которое встречается {times}",
                    part.inside_in_russian(),
                    part.budget()
                )
            }
        }
    }
}

/// Where in the letter, in Russian.
fn inside(field: &'static str) -> &'static str {
    let part = Part::ALL.into_iter().find(|part| part.name() == field);
    part.unwrap_or(Part::Text).inside_in_russian()
}
