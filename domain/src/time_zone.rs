//! The place whose clocks a mailing goes by.

use crate::Refusal;
use chrono_tz::{TZ_VARIANTS, Tz};
use serde::{Deserialize, Serialize};

/// A time zone of the IANA database, such as `Europe/Berlin`.
///
/// As JSON it is its name. Reading it back fails only for a name that the database no longer knows; names are
/// renamed there, but the old ones stay as links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeZone(Tz);

/// Why a text is not a time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeZoneError {
    /// The database has no such zone.
    #[error("there is no time zone {name:?}; {}", hint(*nearest))]
    Unknown {
        /// The name that was given, cut when it is long.
        name: String,
        /// The zone that was probably meant.
        nearest: Option<&'static str>,
    },
}

impl Refusal for TimeZoneError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "TIME_ZONE_UNKNOWN",
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("timeZone")
    }

    fn in_russian(&self) -> String {
        match self {
            Self::Unknown { name, nearest: Some(nearest) } => {
                format!("часового пояса {name:?} нет; возможно, это {nearest}?")
            }
            Self::Unknown { name, nearest: None } => {
                format!("часового пояса {name:?} нет; укажите имя IANA, например Europe/Berlin или America/New_York")
            }
        }
    }
}

impl TimeZone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// Finds a zone by its IANA name, which has to be exact (blanks around it are ignored).
    pub fn parse(name: &str) -> Result<Self, TimeZoneError> {
        let name = name.trim();
        name.parse()
            .map(Self)
            .map_err(|_| TimeZoneError::Unknown { name: name.chars().take(LONGEST).collect(), nearest: nearest(name) })
    }

    /// Its IANA name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.name()
    }

    /// The zone itself, for showing a moment as local time.
    #[must_use]
    pub fn tz(&self) -> Tz {
        self.0
    }
}

impl std::fmt::Display for TimeZone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Longer than every name in the database; what exceeds it was not a typing mistake.
const LONGEST: usize = 40;

fn hint(nearest: Option<&str>) -> String {
    match nearest {
        Some(name) => format!("did you mean {name}?"),
        None => "use an IANA name such as Europe/Berlin or America/New_York".to_owned(),
    }
}

/// The zone whose name is closest to what was typed, when it is close: blanks for underscores, another case, a
/// missing continent, or up to two wrong letters.
fn nearest(typed: &str) -> Option<&'static str> {
    let typed: Vec<char> = typed.chars().map(plain).collect();
    if typed.len() < 3 || typed.len() > LONGEST {
        return None;
    }
    TZ_VARIANTS
        .iter()
        .flat_map(|tz| {
            let city = tz.name().rsplit_once('/').map(|(_, city)| city);
            // A city alone has fewer letters to recognise it by, so it comes after a full name that is as close.
            [(Some(tz.name()), 0), (city, 1)].map(|(written, handicap)| (tz.name(), written, handicap))
        })
        .filter_map(|(name, written, handicap)| {
            let written: Vec<char> = written?.chars().map(plain).collect();
            (written.len().abs_diff(typed.len()) <= 2).then(|| (distance(&typed, &written) * 2 + handicap, name))
        })
        .filter(|(distance, _)| *distance <= 5)
        .min()
        .map(|(_, name)| name)
}

fn plain(c: char) -> char {
    if c == ' ' || c == '-' { '_' } else { c.to_ascii_lowercase() }
}

/// How many letters have to be added, dropped or changed to make one of the other (Levenshtein).
fn distance(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_found_by_its_exact_name() {
        for name in ["Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+5", "Asia/Calcutta"] {
            assert_eq!(TimeZone::parse(name).expect("a zone").name(), name);
        }
        assert_eq!(TimeZone::parse(" Europe/Moscow\n").expect("a zone").to_string(), "Europe/Moscow");
    }

    #[test]
    fn a_typing_mistake_gets_the_zone_that_was_meant() {
        for (typed, meant) in [
            ("europe/berlin", "Europe/Berlin"),
            ("Europe/Berlni", "Europe/Berlin"),
            ("America/New York", "America/New_York"),
            ("America/NewYork", "America/New_York"),
            ("Moscow", "Europe/Moscow"),
            ("Eurpoe/Moscow", "Europe/Moscow"),
        ] {
            let error = TimeZone::parse(typed).expect_err("a mistake");
            assert_eq!(error.to_string(), format!("there is no time zone {typed:?}; did you mean {meant}?"));
            assert_eq!(error.code(), "TIME_ZONE_UNKNOWN");
        }
    }

    #[test]
    fn what_is_no_zone_gets_an_example() {
        for typed in ["", "Atlantis/Downtown", "+03:00", "зона"] {
            let error = TimeZone::parse(typed).expect_err("no zone").to_string();
            assert!(error.ends_with("use an IANA name such as Europe/Berlin or America/New_York"), "{error}");
        }
        assert!(TimeZone::parse(&"x".repeat(100_000)).expect_err("no zone").to_string().len() < 150);
    }

    #[test]
    fn its_json_is_its_name() {
        let zone = TimeZone::parse("Australia/Lord_Howe").expect("a zone");
        let json = serde_json::to_value(zone).expect("json");
        assert_eq!(json, "Australia/Lord_Howe");
        assert_eq!(serde_json::from_value::<TimeZone>(json).expect("a zone"), zone);
    }

    #[test]
    fn no_name_in_the_database_is_longer_than_what_a_refusal_shows() {
        assert!(TZ_VARIANTS.iter().all(|tz| tz.name().chars().count() <= LONGEST));
    }
}
