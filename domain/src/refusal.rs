//! What every error of the domain tells besides its sentence.

mod code;

pub use code::{Code, Place};

use crate::{Language, Said};

/// An error is a sentence for a person (its `Display`, and the same in Russian), a code for a program, and the field it
/// is about.
pub trait Refusal: std::error::Error {
    /// The code, such as [`Code::WindowReversed`].
    fn code(&self) -> Code;

    /// The field of the request that has to change, if it is about one.
    fn field(&self) -> Option<&'static str> {
        None
    }

    /// What its `Display` says in English, in Russian.
    fn in_russian(&self) -> String;

    /// The sentence in a language.
    fn sentence(&self, language: Language) -> String {
        match language {
            Language::En => self.to_string(),
            Language::Ru => self.in_russian(),
        }
    }

    /// The sentence in every language.
    fn said(&self) -> Said {
        Said::filled(self.to_string(), self.in_russian())
    }
}

#[cfg(test)]
mod laws;
