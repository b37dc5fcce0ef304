//! What is wrong with what was typed.

use domain::Language;
use words::Sentence;

/// What is wrong with something that was typed, as a sentence in English.
pub(super) fn told(error: impl Sentence) -> anyhow::Error {
    anyhow::anyhow!(error.told(Language::En))
}
