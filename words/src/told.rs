//! What can be said to people.

use domain::{Language, Refusal};
use std::fmt;

/// Something that can be said to a person in every language.
pub trait Sentence {
    /// Writes the sentence in a language.
    fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// The sentence in a language.
    #[must_use]
    fn told(&self, language: Language) -> String {
        struct In<'a, S: ?Sized>(&'a S, Language);
        impl<S: Sentence + ?Sized> fmt::Display for In<'_, S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.write(self.1, f)
            }
        }
        In(self, language).to_string()
    }
}

impl<S: Sentence + ?Sized> Sentence for &S {
    fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).write(language, f)
    }
}

/// What a rule refuses: a code for programs, and a sentence for people.
pub trait Told: Refusal + Sentence {}

impl<T: Refusal + Sentence + ?Sized> Told for T {}
