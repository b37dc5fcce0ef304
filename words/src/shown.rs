//! How values are shown, whatever the language.

use crate::custom_fields::as_written;
use chrono::{DateTime, Timelike, Utc};
use std::fmt::Display;

/// A moment to the minute.
pub(crate) fn minute(at: &DateTime<Utc>) -> impl Display {
    at.format("%Y-%m-%d %H:%M UTC")
}

/// A moment. Seconds and their parts are shown only where there are some, for sentences that would otherwise show two equal
/// times.
pub(crate) fn moment(at: &DateTime<Utc>) -> impl Display {
    let format = if at.nanosecond() != 0 {
        "%Y-%m-%d %H:%M:%S%.f UTC"
    } else if at.second() != 0 {
        "%Y-%m-%d %H:%M:%S UTC"
    } else {
        "%Y-%m-%d %H:%M UTC"
    };
    at.format(format)
}

/// All merge fields that there are for everybody, as they are written.
pub(crate) fn merge_fields() -> String {
    as_written(&[])
}

/// So much of a text is told within a sentence, in characters.
const LINE: usize = 100;

/// A text as part of a sentence: its beginning, in one line.
pub(crate) fn line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut line: String = words.chars().take(LINE).collect();
    if words.chars().nth(LINE).is_some() {
        line.push('…');
    }
    line
}

/// The sentence with a full stop, unless its last words have brought one: what people give as a reason may be a sentence itself.
pub(crate) fn ended(mut sentence: String) -> String {
    if !sentence.ends_with(['.', '!', '?', '…']) {
        sentence.push('.');
    }
    sentence
}

/// The text with a capital at its beginning.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_within_a_sentence_is_one_short_line() {
        assert_eq!(line(" Yes,\n\tsend me  news "), "Yes, send me news");
        assert_eq!(line(&"ж".repeat(LINE)), "ж".repeat(LINE));
        assert_eq!(line(&"ж".repeat(LINE + 1)), format!("{}…", "ж".repeat(LINE)));
    }

    #[test]
    fn a_sentence_ends_once() {
        for (text, whole) in [
            ("Ann left", "Ann left."),
            ("Ann left: enough.", "Ann left: enough."),
            ("Ann left: why?", "Ann left: why?"),
            ("Ann left: “enough.”", "Ann left: “enough.”."),
        ] {
            assert_eq!(ended(text.to_owned()), whole);
        }
    }

    #[test]
    fn times_that_differ_in_seconds_only_are_shown_with_seconds() {
        for (text, shown) in [
            ("2026-05-01T10:00:00Z", "2026-05-01 10:00 UTC"),
            ("2026-05-01T09:00:30Z", "2026-05-01 09:00:30 UTC"),
            ("2026-05-01T09:00:29.5Z", "2026-05-01 09:00:29.500 UTC"),
        ] {
            let at: DateTime<Utc> = text.parse().expect("a moment");
            assert_eq!(moment(&at).to_string(), shown);
            assert_eq!(minute(&at).to_string(), shown.replace(":30 UTC", " UTC").replace(":29.500 UTC", " UTC"));
        }
    }
}
