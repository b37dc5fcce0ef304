//! The place whose clocks a mailing goes by.

mod tzdata;

pub use tzdata::Tzdata;

use crate::refusal::told_by_code;
use crate::{Code, Refusal};
use chrono::{DateTime, Datelike, FixedOffset, NaiveDateTime, Offset as _, TimeDelta, Timelike, Utc};
use jiff::tz::{AmbiguousOffset, Offset};
use jiff::{Timestamp, civil};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// A time zone of the IANA database, such as `Europe/Berlin`. It is a name; its rules are those that are [in use](Tzdata).
///
/// As JSON it is its name, and reading it back does not fail: an event may name a zone that only another process has rules for.
/// Where there are none, it goes by UTC, so whoever is about to act on it asks [`TimeZone::parse`] first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeZone(&'static str);

/// How often the clocks of a zone show a local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// They show it once, as nearly all times.
    Once,
    /// They skip it, as they go forward.
    Never,
    /// They show it twice, as they go back.
    Twice,
}

/// Why a text is not a time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeZoneError {
    /// The database has no such zone.
    Unknown {
        /// The name that was given, cut when it is long.
        name: String,
        /// The zone that was probably meant.
        nearest: Option<&'static str>,
    },
}

impl Refusal for TimeZoneError {
    fn code(&self) -> Code {
        match self {
            Self::Unknown { .. } => Code::TimeZoneUnknown,
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("timeZone")
    }
}

told_by_code!(TimeZoneError);

impl TimeZone {
    /// The zone of coordinated universal time.
    pub const UTC: Self = Self("UTC");

    /// Finds a zone by its IANA name, which has to be exact (blanks around it are ignored).
    pub fn parse(name: &str) -> Result<Self, TimeZoneError> {
        let name = name.trim();
        tzdata::known(name).filter(|name| tzdata::has_rules(name)).map(Self).ok_or_else(|| TimeZoneError::Unknown {
            name: name.chars().take(LONGEST).collect(),
            nearest: nearest(name),
        })
    }

    /// The zone that an event names, whether or not there are rules for it here.
    #[must_use]
    pub fn recorded(name: &str) -> Self {
        Self(tzdata::recorded(name))
    }

    /// All time zones that this program knows.
    pub fn all() -> impl Iterator<Item = Self> {
        tzdata::names().into_iter().map(Self)
    }

    /// The name of the zone in the IANA database.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0
    }

    /// A moment as its clocks show it.
    #[must_use]
    pub fn at(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        let offset = tzdata::rules(self.0).to_offset(timestamp(at));
        at.with_timezone(&FixedOffset::east_opt(offset.seconds()).unwrap_or(Utc.fix()))
    }

    /// What the zone's clocks show at a moment.
    #[must_use]
    pub fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        self.at(at).naive_local()
    }

    /// How often its clocks show this time.
    #[must_use]
    pub fn shows(&self, time: NaiveDateTime) -> Shown {
        match tzdata::rules(self.0).to_ambiguous_timestamp(on_the_wall(time)).offset() {
            AmbiguousOffset::Unambiguous { .. } => Shown::Once,
            AmbiguousOffset::Gap { .. } => Shown::Never,
            AmbiguousOffset::Fold { .. } => Shown::Twice,
        }
    }

    /// The first moment at which its clocks show this time or a later one.
    #[must_use]
    pub fn moment(&self, time: NaiveDateTime) -> DateTime<Utc> {
        let rules = tzdata::rules(self.0);
        let under = |offset: Offset| (time - TimeDelta::seconds(offset.seconds().into())).and_utc();
        match rules.to_ambiguous_timestamp(on_the_wall(time)).offset() {
            AmbiguousOffset::Unambiguous { offset } => under(offset),
            AmbiguousOffset::Fold { before, .. } => under(before),
            AmbiguousOffset::Gap { before, .. } => {
                // Had nobody changed the clocks, they would show it now: they were changed at this moment or not long ago.
                let unchanged = under(before);
                let just_after = timestamp(unchanged + TimeDelta::seconds(1));
                let changed = rules.preceding(just_after).find(|change| {
                    let before_it = change.timestamp() - jiff::SignedDuration::from_secs(1);
                    rules.to_offset(before_it) == before && change.offset() != before
                });
                let end = changed.and_then(|change| DateTime::from_timestamp(change.timestamp().as_second(), 0));
                end.unwrap_or(unchanged)
            }
        }
    }
}

/// Clocks of the years that nobody plans for show what those of the nearest year do that the rules reach.
fn timestamp(at: DateTime<Utc>) -> Timestamp {
    let bounded = at.timestamp().clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(bounded).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// To the second: no clock is changed between two.
fn on_the_wall(time: NaiveDateTime) -> civil::DateTime {
    let two_digits = |number: u32| i8::try_from(number).unwrap_or(0);
    let date = i16::try_from(time.year())
        .ok()
        .and_then(|year| civil::Date::new(year, two_digits(time.month()), two_digits(time.day())).ok());
    let clock = civil::Time::new(two_digits(time.hour()), two_digits(time.minute()), two_digits(time.second()), 0);
    let nearest = if time.year() < 0 { civil::DateTime::MIN } else { civil::DateTime::MAX };
    date.zip(clock.ok()).map_or(nearest, |(date, clock)| date.to_datetime(clock))
}

impl Serialize for TimeZone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for TimeZone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        if name.chars().count() > LONGEST {
            return Err(D::Error::custom("this is no name of a time zone"));
        }
        Ok(Self::recorded(&name))
    }
}

impl std::fmt::Display for TimeZone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Longer than every name in the database; what exceeds it was not a typing mistake.
const LONGEST: usize = 40;

/// The zone whose name is closest to what was typed, when it is close: blanks for underscores, another case, a
/// missing continent, or up to two wrong letters.
fn nearest(typed: &str) -> Option<&'static str> {
    let typed: Vec<char> = typed.chars().map(plain).collect();
    if typed.len() < 3 || typed.len() > LONGEST {
        return None;
    }
    tzdata::names()
        .into_iter()
        .flat_map(|name| {
            let city = name.rsplit_once('/').map(|(_, city)| city);
            // A city alone has fewer letters to recognise it by, so it comes after a full name that is as close.
            [(Some(name), 0), (city, 1)].map(|(written, handicap)| (name, written, handicap))
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
    fn a_local_time_is_shown_once_or_skipped_or_shown_twice() {
        let berlin = TimeZone::parse("Europe/Berlin").expect("a zone");
        for (time, shown) in [
            ("2026-03-29T01:59:00", Shown::Once),
            ("2026-03-29T02:30:00", Shown::Never),
            ("2026-10-25T02:30:00", Shown::Twice),
            ("2026-10-25T03:00:00", Shown::Once),
        ] {
            assert_eq!(berlin.shows(time.parse().expect("a time")), shown, "{time}");
        }
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
            assert_eq!(error, TimeZoneError::Unknown { name: typed.to_owned(), nearest: Some(meant) });
            assert_eq!(error.code(), Code::TimeZoneUnknown);
        }
    }

    #[test]
    fn what_is_no_zone_is_told_as_far_as_names_go() {
        for typed in ["", "Atlantis/Downtown", "+03:00", "зона"] {
            let error = TimeZone::parse(typed).expect_err("no zone");
            assert_eq!(error, TimeZoneError::Unknown { name: typed.to_owned(), nearest: None });
        }
        let TimeZoneError::Unknown { name, .. } = TimeZone::parse(&"x".repeat(100_000)).expect_err("no zone");
        assert_eq!(name.len(), LONGEST);
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
        assert!(TimeZone::all().all(|zone| zone.name().chars().count() <= LONGEST));
    }
}
