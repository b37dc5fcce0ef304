//! Why a text is not a template.

use crate::refusal::told_by_code;
use crate::{Code, Refusal};

/// Why a text is not a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateError {
    /// The name between the braces is not a merge field's.
    UnknownField {
        /// What stands between the braces, cut when it is long.
        name: String,
        /// The line of the text, counted from 1.
        line: usize,
        /// The keys of the owner's own fields, which could stand there.
        own: Vec<String>,
    },
    /// A filter of another language. As a fallback it would be what a letter says.
    UnknownFilter {
        /// The name of the merge field.
        name: String,
        /// What stands behind it, cut when it is long.
        filter: String,
        /// The line of the text, counted from 1.
        line: usize,
    },
    /// The filter `default` lacks the text that it stands for.
    DefaultMissing {
        /// The name of the merge field.
        name: String,
        /// The line of the text, counted from 1.
        line: usize,
    },
    /// A field in something that is run. Escapes of HTML and of addresses are undone before that.
    InProgram {
        /// The name of the merge field.
        name: String,
        /// The line of the text, counted from 1.
        line: usize,
    },
    /// A field that is a link in the subject, where nobody can press it.
    InSubject {
        /// The name of the merge field.
        name: &'static str,
        /// The line of the text, counted from 1.
        line: usize,
    },
    /// A field is opened and not closed.
    Unclosed {
        /// What follows the braces, cut when it is long.
        text: String,
        /// The line of the text, counted from 1.
        line: usize,
    },
}

impl Refusal for TemplateError {
    fn code(&self) -> Code {
        match self {
            Self::UnknownField { .. } => Code::MergeFieldUnknown,
            Self::UnknownFilter { .. } | Self::DefaultMissing { .. } => Code::MergeFilterUnknown,
            Self::InProgram { .. } => Code::MergeFieldInProgram,
            Self::InSubject { .. } => Code::MergeFieldInSubject,
            Self::Unclosed { .. } => Code::MergeFieldUnclosed,
        }
    }
}

told_by_code!(TemplateError);
