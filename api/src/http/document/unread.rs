//! Why a document is not read.

use super::too_much::TooMuch;
use words::documents::TypeName;

/// Why a document is not executed.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::http) enum Unread {
    /// It asks for too much.
    TooMuch(TooMuch),
    /// It is not written as documents are.
    Syntax(async_graphql::parser::Error),
    /// A string has no end. The parser would read `"""` as an empty string and the beginning of another one, and would look
    /// for its end again at each of them.
    Unclosed {
        /// The line on which it begins, counted from 1.
        line: usize,
    },
    /// A fragment spreads itself, perhaps through others.
    Cycle(String),
    /// `__typename` has what it does not take. The library's validation does not look at that field.
    TypeName(TypeName),
    /// The last of too many fields that there are not.
    Unknown(String),
}

impl From<TooMuch> for Unread {
    fn from(much: TooMuch) -> Self {
        Self::TooMuch(much)
    }
}
