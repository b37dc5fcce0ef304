//! How numbers and times are shown to people.

pub use super::number::number;

use crate::{en, ru};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use domain::{Language, TimeZone};

/// A number that may have a part, with no more of it than there is.
#[must_use]
pub fn decimal(language: Language, number: f64) -> String {
    let shown = number.to_string();
    match language {
        Language::En => shown,
        Language::Ru => shown.replace('.', ","),
    }
}

/// A share of a whole in percent: none of nothing is none, and only all of it is 100.
#[must_use]
pub fn percent(language: Language, part: u64, whole: u64) -> String {
    let tenths = if whole == 0 { 0 } else { u128::from(part) * 1_000 / u128::from(whole) };
    let (whole, tenth) = (tenths / 10, tenths % 10);
    match (language, tenth) {
        (Language::En, 0) => format!("{whole}%"),
        (Language::En, tenth) => format!("{whole}.{tenth}%"),
        (Language::Ru, 0) => format!("{whole}\u{a0}%"),
        (Language::Ru, tenth) => format!("{whole},{tenth}\u{a0}%"),
    }
}

/// A day in a zone.
#[must_use]
pub fn day(language: Language, at: DateTime<Utc>, zone: TimeZone) -> String {
    let local = zone.at(at);
    match language {
        Language::En => local.format("%-d %b %Y").to_string(),
        Language::Ru => local.format("%d.%m.%Y").to_string(),
    }
}

/// A day of a year that is known, in a zone.
#[must_use]
pub fn short_day(language: Language, at: DateTime<Utc>, zone: TimeZone) -> String {
    let local = zone.at(at);
    match language {
        Language::En => local.format("%-d %b").to_string(),
        Language::Ru => local.format("%d.%m").to_string(),
    }
}

/// The month of a moment in a zone.
#[must_use]
pub fn short_month(language: Language, at: DateTime<Utc>, zone: TimeZone) -> String {
    let local = zone.at(at);
    match language {
        Language::En => local.format("%b %Y").to_string(),
        Language::Ru => local.format("%m.%Y").to_string(),
    }
}

/// A moment in a zone, to the minute.
#[must_use]
pub fn minute(language: Language, at: DateTime<Utc>, zone: TimeZone) -> String {
    format!("{}, {}", day(language, at, zone), zone.at(at).format("%H:%M"))
}

/// A moment in a zone, to the second.
#[must_use]
pub fn second(language: Language, at: DateTime<Utc>, zone: TimeZone) -> String {
    format!("{}, {}", day(language, at, zone), zone.at(at).format("%H:%M:%S"))
}

/// The days of the week from Monday on, as short as calendars have them.
#[must_use]
pub fn weekdays(language: Language) -> [&'static str; 7] {
    match language {
        Language::En => en::screens::shown::WEEKDAYS,
        Language::Ru => ru::screens::shown::WEEKDAYS,
    }
}

/// A day of a year that is known.
#[must_use]
pub fn day_of_month(language: Language, day: NaiveDate) -> String {
    let months = match language {
        Language::En => en::screens::shown::MONTHS,
        Language::Ru => ru::screens::shown::MONTHS,
    };
    format!("{} {}", day.day(), months[day.month0() as usize])
}

/// The same with its day of the week.
#[must_use]
pub fn weekday(language: Language, day: NaiveDate) -> String {
    let name = weekdays(language)[day.weekday().num_days_from_monday() as usize];
    let day = day_of_month(language, day);
    match language {
        Language::En => format!("{name} {day}"),
        Language::Ru => format!("{name}, {day}"),
    }
}

/// How far a moment is from now in words, such as "in 12 minutes"; `None` if it is more than 12 hours away, when a date says
/// more.
#[must_use]
pub fn near(language: Language, at: DateTime<Utc>, now: DateTime<Utc>) -> Option<String> {
    let away = at - now;
    let (ahead, minutes) = (away > TimeDelta::zero(), away.abs().num_minutes().unsigned_abs());
    (minutes < 12 * 60).then(|| match language {
        Language::En => en::screens::shown::near(ahead, minutes),
        Language::Ru => ru::screens::shown::near(ahead, minutes),
    })
}

/// How long something takes, such as "3 min 20 s": the two largest units, without what is nought.
#[must_use]
pub fn duration(language: Language, seconds: u64) -> String {
    let [h, min, s] = match language {
        Language::En => en::screens::shown::UNITS,
        Language::Ru => ru::screens::shown::UNITS,
    };
    let said = |number: u64, unit: &str| format!("{} {unit}", self::number(language, number));
    match parts(seconds) {
        [0, 0, 0] => format!("< 1 {s}"),
        [0, 0, rest] => said(rest, s),
        [0, minutes, 0] => said(minutes, min),
        [0, minutes, rest] => format!("{} {}", said(minutes, min), said(rest, s)),
        [hours, 0, _] => said(hours, h),
        [hours, minutes, _] => format!("{} {}", said(hours, h), said(minutes, min)),
    }
}

/// The same in words for sentences, such as "3 minutes 20 seconds".
#[must_use]
pub fn long(language: Language, seconds: u64) -> String {
    let said = |number: u64, unit: usize| match language {
        Language::En => en::screens::shown::long(number, unit),
        Language::Ru => ru::screens::shown::long(number, unit),
    };
    match parts(seconds) {
        [0, 0, rest] => said(rest, 2),
        [0, minutes, 0] => said(minutes, 1),
        [0, minutes, rest] => format!("{} {}", said(minutes, 1), said(rest, 2)),
        [hours, 0, _] => said(hours, 0),
        [hours, minutes, _] => format!("{} {}", said(hours, 0), said(minutes, 1)),
    }
}

/// Hours, minutes and seconds.
fn parts(seconds: u64) -> [u64; 3] {
    [seconds / 3_600, seconds / 60 % 60, seconds % 60]
}

/// A size in bytes, KB or MB of 1,024.
#[must_use]
pub fn size(language: Language, bytes: u64) -> String {
    let [b, kb, mb] = match language {
        Language::En => ["bytes", "KB", "MB"],
        Language::Ru => ["Б", "КБ", "МБ"],
    };
    let tenths = |unit: u64| {
        let tenths = bytes.saturating_mul(10) / unit;
        let point = if language == Language::En { '.' } else { ',' };
        if tenths >= 100 || tenths.is_multiple_of(10) {
            (tenths / 10).to_string()
        } else {
            format!("{}{point}{}", tenths / 10, tenths % 10)
        }
    };
    match bytes {
        0..1_024 => format!("{bytes} {b}"),
        1_024..1_048_576 => format!("{} {kb}", tenths(1_024)),
        _ => format!("{} {mb}", tenths(1_048_576)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a moment")
    }

    #[test]
    fn thousands_stand_apart() {
        for (value, en, ru) in [
            (0, "0", "0"),
            (999, "999", "999"),
            (1_000, "1,000", "1\u{a0}000"),
            (1_234_567, "1,234,567", "1\u{a0}234\u{a0}567"),
        ] {
            assert_eq!((number(Language::En, value), number(Language::Ru, value)), (en.to_owned(), ru.to_owned()));
        }
    }

    #[test]
    fn only_all_of_it_is_a_hundred_percent() {
        for (part, whole, shown) in [(0, 0, "0%"), (1, 3, "33.3%"), (9_999, 10_000, "99.9%"), (5, 5, "100%")] {
            assert_eq!(percent(Language::En, part, whole), shown);
        }
        assert_eq!(percent(Language::Ru, 1, 3), "33,3\u{a0}%");
    }

    #[test]
    fn times_are_near_or_have_a_date() {
        let now = at("2026-05-04T10:00:00Z");
        for (moment, en, ru) in [
            ("2026-05-04T10:00:30Z", Some("now"), Some("сейчас")),
            ("2026-05-04T10:12:00Z", Some("in 12 minutes"), Some("через 12 минут")),
            ("2026-05-04T09:59:00Z", Some("1 minute ago"), Some("1 минуту назад")),
            ("2026-05-04T12:30:00Z", Some("in 2 hours"), Some("через 2 часа")),
            ("2026-05-05T10:00:00Z", None, None),
        ] {
            assert_eq!(near(Language::En, at(moment), now).as_deref(), en);
            assert_eq!(near(Language::Ru, at(moment), now).as_deref(), ru);
        }
        let zone = TimeZone::parse("Europe/Berlin").expect("a zone");
        assert_eq!(minute(Language::En, now, zone), "4 May 2026, 12:00");
        assert_eq!(second(Language::Ru, now, zone), "04.05.2026, 12:00:00");
        assert_eq!(
            (short_day(Language::En, now, zone), short_month(Language::En, now, zone)),
            ("4 May".into(), "May 2026".into())
        );
        assert_eq!(
            (short_day(Language::Ru, now, zone), short_month(Language::Ru, now, zone)),
            ("04.05".into(), "05.2026".into())
        );
    }

    #[test]
    fn days_have_their_names() {
        let day = NaiveDate::from_ymd_opt(2026, 5, 4).expect("a day");
        assert_eq!(weekday(Language::En, day), "Mon 4 May");
        assert_eq!(weekday(Language::Ru, day), "пн, 4 мая");
    }

    #[test]
    fn durations_and_sizes_are_short() {
        assert_eq!(duration(Language::En, 59), "59 s");
        assert_eq!(duration(Language::Ru, 200), "3 мин 20 с");
        assert_eq!(duration(Language::En, 7_260), "2 h 1 min");
        assert_eq!(duration(Language::En, 3_601), "1 h");
        assert_eq!(duration(Language::En, 0), "< 1 s");
        assert_eq!(duration(Language::Ru, 120), "2 мин");
        for (seconds, en, ru) in [
            (0, "0 seconds", "0 секунд"),
            (1, "1 second", "1 секунду"),
            (62, "1 minute 2 seconds", "1 минуту 2 секунды"),
            (3_601, "1 hour", "1 час"),
            (18_300, "5 hours 5 minutes", "5 часов 5 минут"),
        ] {
            assert_eq!((long(Language::En, seconds), long(Language::Ru, seconds)), (en.to_owned(), ru.to_owned()));
        }
        assert_eq!(size(Language::En, 100), "100 bytes");
        assert_eq!(size(Language::Ru, 1_536), "1,5 КБ");
        assert_eq!(size(Language::En, 104_448), "102 KB");
    }
}
