use super::letter::within;
use super::{En, English};
use domain::message::{Error, MAX_BODY, MAX_NESTING, MAX_SUBJECT};
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "there is no such message among yours"),
            Self::AlreadyExists => write!(f, "this message exists already"),
            Self::SubjectEmpty => write!(f, "a letter needs a subject"),
            Self::SubjectNotALine => write!(f, "the subject must be one line without control characters"),
            Self::SubjectTooLong { length } => {
                write!(f, "the subject has {length} characters; at most {MAX_SUBJECT} fit")
            }
            Self::TextEmpty => write!(f, "a letter needs a text; HTML may come beside it, not instead of it"),
            Self::BodyTooLong { field, bytes } => {
                write!(f, "the {} has {bytes} bytes; at most {MAX_BODY} fit", within(field))
            }
            Self::MarkdownEmpty => write!(f, "a letter needs a text; there is nothing to read in this Markdown"),
            Self::MarkdownNotAlone => {
                write!(f, "text and HTML are made of the Markdown; send either the Markdown, or text and HTML")
            }
            Self::MarkdownNestsTooDeep => write!(
                f,
                "quotes, lists or HTML in the Markdown nest more than {MAX_NESTING} deep; take them apart, or close what \
                 is open",
            ),
            Self::MarkdownTooLarge => {
                write!(f, "the Markdown becomes more than {MAX_BODY} bytes of text or HTML; shorten the letter")
            }
            Self::MergeField { field, problem } => write!(f, "in the {}: {}", within(field), En(problem)),
            Self::TooLarge { part, bytes, merge_field, times } => write!(
                f,
                "the {} could become {bytes} bytes large, for a client whose name and comment are as long as \
                 they may be, and at most {} fit: use merge fields less often, above all \
                 {{{{{merge_field}}}}}, which is there {times} times",
                part.name(),
                part.budget(),
            ),
        }
    }
}
