//! Russian.

use std::fmt;

mod accounts;
mod address_book;
mod alignment;
mod article;
mod batch;
mod checks;
mod client;
pub(crate) mod conditions;
mod custom_field;
pub(crate) mod custom_fields;
mod documents;
mod email_address;
mod feedback;
pub(crate) mod footer;
mod full_name;
mod group;
pub(crate) mod history;
mod http;
mod import;
mod letter;
pub(crate) mod links;
mod mailing;
mod mailings;
mod message;
mod notice;
pub(crate) mod notices;
mod passwords;
mod periodicity;
mod postal_address;
mod queries;
mod quotas;
mod rebuild;
mod relay_name;
pub(crate) mod reports;
mod requests;
mod rights;
mod run;
pub(crate) mod screens;
mod segment;
mod sender;
mod sender_domain;
mod senders;
mod session;
pub(crate) mod subscribing;
mod subscription;
mod suppression;
mod suppressions;
mod time_zone;
mod token;
mod tokens;
mod user;
mod why;
mod window;

/// Something that can be said in Russian.
pub(crate) trait Russian {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

/// A part of another sentence.
pub(crate) struct Ru<'a, T: ?Sized>(pub(crate) &'a T);

impl<T: Russian + ?Sized> fmt::Display for Ru<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.russian(f)
    }
}

/// A number with its noun, which has three forms: for 1, for 2 and for 5, such as `["день", "дня", "дней"]`.
fn counted(count: u64, [one, few, many]: [&str; 3]) -> String {
    format!("{count} {}", plural(count, one, few, many))
}

/// The form of a word that stands after `number`: 1 письмо, 2 письма, 5 писем. The teens are many, whatever they end in.
fn plural<'a>(number: u64, one: &'a str, few: &'a str, many: &'a str) -> &'a str {
    match (number % 10, number % 100) {
        (_, 11..=14) => many,
        (1, _) => one,
        (2..=4, _) => few,
        _ => many,
    }
}

fn of_characters(count: usize) -> String {
    counted(count as u64, ["символ", "символа", "символов"])
}

fn of_bytes(count: usize) -> String {
    counted(count as u64, ["байт", "байта", "байт"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_three_forms_after_a_number() {
        for (number, expected) in [
            (0, "писем"),
            (1, "письмо"),
            (2, "письма"),
            (4, "письма"),
            (5, "писем"),
            (11, "писем"),
            (12, "писем"),
            (14, "писем"),
            (20, "писем"),
            (21, "письмо"),
            (34, "письма"),
            (100, "писем"),
            (101, "письмо"),
            (111, "писем"),
            (1_000_003, "письма"),
        ] {
            assert_eq!(plural(number, "письмо", "письма", "писем"), expected, "{number}");
            let counted = counted(number, ["письмо", "письма", "писем"]);
            assert_eq!(counted, format!("{number} {expected}"));
        }
    }
}
