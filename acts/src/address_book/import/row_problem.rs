//! Why a row was not imported, as it is told.

use domain::{Code, Language};
use serde::Serialize;
use std::borrow::Cow;
use words::Told;

/// Why a row was not imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowProblem {
    /// The line of the file on which the row begins, counted from 1 (the header's, as a rule). A row with line breaks
    /// inside quotation marks spans several.
    pub line: u64,
    /// The code, such as [`Code::EmailInvalid`].
    pub code: Code,
    /// The column that is to blame, by its usual name; none if the row as a whole is.
    pub field: Option<Cow<'static, str>>,
    /// The beginning of what stands in that column; none if the row as a whole is to blame.
    pub value: Option<String>,
    /// A sentence for a person.
    pub message: String,
}

impl RowProblem {
    /// What is told of a row in a language.
    pub(super) fn of(line: u64, error: &dyn Told, language: Language) -> Self {
        Self {
            line,
            code: error.code(),
            field: error.field().map(Cow::Borrowed),
            value: None,
            message: error.told(language),
        }
    }
}
