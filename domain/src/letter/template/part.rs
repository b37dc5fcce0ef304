//! The parts of a letter.

use crate::letter::size::MAX_BODY;

/// A part of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The part is the subject: one line.
    Subject,
    /// The part is the plain text.
    Text,
    /// The HTML beside it, where values are escaped.
    Html,
}

impl Part {
    /// All parts of a letter.
    pub const ALL: [Self; 3] = [Self::Subject, Self::Text, Self::Html];

    /// The name of the part in inputs and sentences.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Text => "text",
            Self::Html => "html",
        }
    }

    /// The most bytes that it may have once the merge fields are filled in. A subject may be nothing but full names; a
    /// body may be the longest template and have half as much again from merge fields, which is 436 full names in HTML.
    #[must_use]
    pub const fn budget(self) -> usize {
        match self {
            Self::Subject => 16 * 1024,
            Self::Text | Self::Html => MAX_BODY + MAX_BODY / 2,
        }
    }
}
