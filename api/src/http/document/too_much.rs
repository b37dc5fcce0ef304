//! What is too much to ask for at once, and what to do instead.

use crate::limits;
use words::documents;

/// Of what a request asks for too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum TooMuch {
    /// A name has too many characters.
    Name,
    /// A number has too many digits.
    Number,
    /// Too many brackets, or selection sets, are inside each other.
    Nesting,
    /// More than so many fields are below each other.
    Depth(usize),
    /// The document has too many parts.
    Parts,
    /// Arguments have too many bytes.
    Input,
    /// Texts in the document itself have too many bytes, as they are written there.
    Texts,
    /// The answer could have more than so many fields.
    Fields(u64),
    /// PostgreSQL would have too much to do.
    Work,
    /// More than one thing of which a request does one.
    Alone,
}

impl TooMuch {
    /// The sentence for whoever asked, with the bound that there is.
    pub(super) fn said(self) -> documents::TooMuch {
        use documents::TooMuch as Words;
        match self {
            Self::Name => Words::Name { most: limits::NAME },
            Self::Number => Words::Number { most: limits::NAME },
            Self::Nesting => Words::Nesting { most: limits::NESTING },
            Self::Depth(most) => Words::Depth { most },
            Self::Parts => Words::Parts { most: limits::PARTS, syntax: limits::SYNTAX / 1024 },
            Self::Input => Words::Input { most: limits::INPUT / 1024 },
            Self::Texts => Words::Texts { most: limits::TEXTS / 1024 },
            Self::Fields(most) => Words::Fields { most },
            Self::Work => Words::Work,
            Self::Alone => Words::Alone,
        }
    }
}
