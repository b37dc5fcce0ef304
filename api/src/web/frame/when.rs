//! Moments as their readers read them: near ones in words, all of them with their date in reach.

use askama::Template;
use askama::filters::HtmlSafe;
use chrono::{DateTime, SecondsFormat, Utc};
use domain::{Language, TimeZone};
use words::screens::shown;

/// A moment as it is shown.
#[derive(Clone, Debug, Template)]
#[template(
    source = r#"<time datetime="{{ machine }}" title="{{ exact }}">{% if let Some(near) = near %}{{ near }}{% else %}{{ minute }}{% endif %}</time>"#,
    ext = "html"
)]
pub(crate) struct When {
    machine: String,
    /// The moment to the second, with its zone.
    pub(crate) exact: String,
    /// The moment to the minute.
    pub(crate) minute: String,
    /// The day alone.
    day: String,
    /// How far it is away, if it is near.
    pub(crate) near: Option<String>,
}

impl When {
    pub(crate) fn new(at: DateTime<Utc>, now: DateTime<Utc>, language: Language, zone: TimeZone) -> Self {
        Self {
            machine: at.to_rfc3339_opts(SecondsFormat::Secs, true),
            exact: format!("{} ({zone})", shown::second(language, at, zone)),
            minute: unbroken(&shown::minute(language, at, zone)),
            day: unbroken(&shown::day(language, at, zone)),
            near: shown::near(language, at, now).map(|near| unbroken(&near)),
        }
    }

    /// The same with its date, however near it is.
    #[must_use]
    pub(crate) fn dated(self) -> Self {
        Self { near: None, ..self }
    }

    /// Its day alone, for those of whom nobody knows in which zone they read times.
    #[must_use]
    pub(crate) fn day(self) -> Self {
        Self { near: None, minute: self.day.clone(), ..self }
    }
}

/// A date, or a time, as one word that no line breaks.
pub(crate) fn unbroken(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

/// The months as dates have them, where these are words.
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A sentence in which no line breaks within a date, or between a date and its time.
pub(crate) fn with_whole_times(sentence: &str) -> String {
    let is_digit = |c: char| c.is_ascii_digit();
    let mut whole = String::with_capacity(sentence.len());
    let mut before = "";
    for (place, word) in sentence.split(' ').enumerate() {
        if place > 0 {
            let day = before.ends_with(is_digit) && MONTHS.contains(&word);
            let year = MONTHS.contains(&before) && word.starts_with(is_digit);
            let time =
                before.strip_suffix(',').is_some_and(|date| date.ends_with(is_digit)) && word.starts_with(is_digit);
            whole.push(if day || year || time { '\u{a0}' } else { ' ' });
        }
        whole.push_str(word);
        before = word;
    }
    whole
}

impl HtmlSafe for When {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_do_not_break_within_times() {
        assert_eq!(unbroken("4 May 2026, 11:00"), "4\u{a0}May\u{a0}2026,\u{a0}11:00");
        for (said, whole) in [
            ("From 4 May 2026, 11:00, to nobody, 2 of 3.", "From 4\u{a0}May\u{a0}2026,\u{a0}11:00, to nobody, 2 of 3."),
            ("May I, in May, write to 3 of  them?", "May I, in May, write to 3 of  them?"),
            ("04.05.2026, 11:00", "04.05.2026,\u{a0}11:00"),
            ("", ""),
        ] {
            assert_eq!(with_whole_times(said), whole);
        }
    }
}
