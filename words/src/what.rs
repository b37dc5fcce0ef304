//! What happened, as far as somebody who reads of it may know it.

use domain::Fact;

/// What happened, as far as the reader of a sentence may know it.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// All of it.
    Whole(&'a Fact),
    /// That it happened, and not the words that somebody wrote then in a letter or an article.
    WithoutWords(&'a Fact),
    /// Nothing: this version does not know it.
    Unknown,
}
