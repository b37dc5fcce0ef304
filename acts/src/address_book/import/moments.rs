//! Moments as people and programs write them into files.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Utc};

/// How far clocks may be ahead of UTC, where the first day of the world begins.
const AHEAD: TimeDelta = TimeDelta::hours(14);

/// With a time of the day. What has no zone is in UTC.
const WITH_TIME: [&str; 6] = [
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
];

/// Days, never with slashes, which mean different days in different countries.
const DAYS: [&str; 2] = ["%Y-%m-%d", "%d.%m.%Y"];

/// The moment that a text is, if it is not yet to come. What has no zone may be of somebody's whose day has begun already: it is not later
/// than now, then.
pub(super) fn past(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let has_zone = DateTime::parse_from_rfc3339(text.trim()).is_ok();
    let ahead = if has_zone { TimeDelta::zero() } else { AHEAD };
    read(text).filter(|at| *at - now <= ahead).map(|at| at.min(now))
}

/// The moment that a text is: as in RFC 3339, or a day with or without a time in UTC. A day alone is its beginning.
fn read(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let zoned = DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc());
    let timed = || WITH_TIME.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let day = || DAYS.iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok())?.and_hms_opt(0, 0, 0);
    let read = zoned.or_else(|| timed().or_else(day).map(|at| at.and_utc()));
    // A year of two digits reads as one of the first century.
    read.filter(|at| (1000..=9999).contains(&at.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_programs_and_people_write_them() {
        for (text, moment) in [
            ("2026-05-01T10:00:00+02:00", Some("2026-05-01T08:00:00Z")),
            (" 2026-05-01 10:00:30 ", Some("2026-05-01T10:00:30Z")),
            ("2026-05-01T10:00", Some("2026-05-01T10:00:00Z")),
            ("2026-05-01", Some("2026-05-01T00:00:00Z")),
            ("1.5.2026", Some("2026-05-01T00:00:00Z")),
            ("01.05.2026 9:05", Some("2026-05-01T09:05:00Z")),
            ("05/01/2026", None),
            ("01.05.26", None),
            ("2026-02-30", None),
            ("yes", None),
            ("", None),
        ] {
            let expected = moment.map(|moment| moment.parse::<DateTime<Utc>>().expect("a moment"));
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_moment_of_today_is_past_wherever_it_was_written_and_a_later_one_is_not() {
        let now = "2026-05-01T20:00:00Z".parse::<DateTime<Utc>>().expect("a moment");
        for (text, moment) in [
            ("2026-05-01", Some("2026-05-01T00:00:00Z")),
            ("2026-05-02", Some("2026-05-01T20:00:00Z")),
            ("02.05.2026 9:00", Some("2026-05-01T20:00:00Z")),
            ("2026-05-02T06:00:00+10:00", Some("2026-05-01T20:00:00Z")),
            ("2026-05-01T20:00:01Z", None),
            ("2026-05-02 10:00:01", None),
            ("2026-05-03", None),
        ] {
            let expected = moment.map(|moment| moment.parse::<DateTime<Utc>>().expect("a moment"));
            assert_eq!(past(text, now), expected, "{text}");
        }
    }
}
