//! What holds for every sentence in every language.

mod acts;
mod api;
mod domain;

use crate::sentence::everything;
use crate::{Said, Sentence};
use ::domain::Language;
use std::collections::BTreeSet;

/// Something that can be said, as it is said.
pub(crate) struct Example {
    /// The variant.
    pub(crate) what: &'static str,
    pub(crate) said: Said,
}

/// Values with an example of every variant.
pub(crate) trait Examples: Sized {
    fn examples() -> Vec<(&'static str, Self)>;
}

pub(crate) fn examples_of<S: Sentence + Examples>() -> impl Iterator<Item = Example> {
    S::examples().into_iter().map(|(what, example)| Example { what, said: example.into() })
}

/// Lists examples of every variant: a variant that is not listed does not compile, and an example that is not of the variant
/// before it, or none at all, fails.
macro_rules! examples {
    ($($sentence:ty { $($variant:pat => $examples:expr),+ $(,)? })+) => {$(
        impl $crate::laws::Examples for $sentence {
            fn examples() -> Vec<(&'static str, Self)> {
                let variant = |example: &Self| match example {
                    $($variant => stringify!($variant),)+
                };
                let mut all: Vec<(&'static str, Self)> = Vec::new();
                $(
                    let before = all.len();
                    all.extend($examples.into_iter().map(|example| (stringify!($variant), example)));
                    assert!(all.len() > before, "{}", stringify!($variant));
                    assert!(all[before..].iter().all(|(name, example)| variant(example) == *name), "{}", stringify!($variant));
                )+
                all
            }
        }
    )+};
}

pub(crate) use examples;

fn is_cyrillic(c: char) -> bool {
    matches!(c, 'а'..='я' | 'ё' | 'А'..='Я' | 'Ё')
}

fn numbers(text: &str) -> Vec<&str> {
    let mut numbers: Vec<_> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    numbers.sort_unstable();
    numbers
}

/// What is filled in as it is: what stands in quotation marks, merge fields, addresses, and words of programs with an underscore.
fn names(text: &str) -> BTreeSet<&str> {
    let quoted = text.split('"').skip(1).step_by(2);
    // Not what merely stands between signs that are told of by themselves.
    let fields = text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(field, _)| field);
    let fields = fields.filter(|field| !field.contains(';'));
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "_@./:-=".contains(c)));
    let bare = words.map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
    quoted.chain(fields).chain(bare.filter(|word| word.contains(['_', '@']) || word.contains("://"))).collect()
}

/// What is more than a sentence: it has as many of them in every language.
fn is_prose(what: &str) -> bool {
    what.starts_with("passwords::Weak")
}

#[test]
fn english_has_no_cyrillic_letter_and_russian_is_russian() {
    for Example { what, said } in everything() {
        let [english, russian] = Language::ALL.map(|language| said.to(language));
        assert!(!english.chars().any(is_cyrillic), "{what}: {english}");
        assert!(russian.chars().filter(|c| is_cyrillic(*c)).count() >= 5, "{what}: {russian}");
    }
}

#[test]
fn every_language_tells_the_same_numbers_and_names() {
    for Example { what, said } in everything() {
        let [english, russian] = Language::ALL.map(|language| said.to(language));
        assert_eq!(numbers(english), numbers(russian), "{what}: {english} / {russian}");
        assert_eq!(names(english), names(russian), "{what}: {english} / {russian}");
    }
}

#[test]
fn a_sentence_can_follow_a_colon_and_is_one_line() {
    for Example { what, said } in everything() {
        for language in Language::ALL {
            let text = said.to(language);
            assert!(!text.is_empty() && text.trim() == text, "{what}: {text:?}");
            assert!(!text.contains(char::is_control) && !text.contains("  "), "{what}: {text:?}");
            assert!(!text.chars().next().is_some_and(char::is_uppercase), "{what} begins with a small letter: {text}");
            assert!(
                is_prose(what) || !text.ends_with(['.', ',', ';', ':', ' ']),
                "{what} ends without a full stop: {text}"
            );
        }
    }
}

#[test]
fn what_is_more_than_a_sentence_is_told_sentence_by_sentence() {
    for Example { what, said } in everything() {
        let sentences = Language::ALL.map(|language| said.to(language).matches(". ").count());
        assert_eq!(sentences[0], sentences[1], "{what}: {said}");
    }
}

#[test]
fn what_is_said_is_as_agreed() {
    let line = |Example { what, said }: Example| {
        format!("{what}\n    {}\n    {}\n", said.to(Language::En), said.to(Language::Ru))
    };
    insta::assert_snapshot!(everything().into_iter().map(line).collect::<String>());
}
