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

impl HtmlSafe for When {}
