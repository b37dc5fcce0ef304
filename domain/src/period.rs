//! Days, weeks and months on somebody's calendar.

use crate::TimeZone;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc};

/// How a time is cut into periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Each period is a day, from midnight to midnight.
    Day,
    /// Each period is a week, from Monday to Monday (ISO 8601).
    Week,
    /// Each period is a month, from its first day to the first day of the next one.
    Month,
}

impl Period {
    /// Where the periods meet that cover all from `from` until `to`: the beginning of each, and the end of the last one. None if
    /// there would be more than `limit` of them, or none at all.
    #[must_use]
    pub fn boundaries(
        self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        zone: TimeZone,
        limit: usize,
    ) -> Option<Vec<DateTime<Utc>>> {
        if to <= from {
            return None;
        }
        let mut day = self.first_day(zone.local(from).date())?;
        let mut boundaries = vec![zone.moment(day.and_time(NaiveTime::MIN))];
        while boundaries.last().is_some_and(|last| *last < to) {
            if boundaries.len() > limit {
                return None;
            }
            day = self.next(day)?;
            boundaries.push(zone.moment(day.and_time(NaiveTime::MIN)));
        }
        Some(boundaries)
    }

    /// The same for whole days, from `first` until the end of `last`.
    #[must_use]
    pub fn boundaries_of_days(
        self,
        first: NaiveDate,
        last: NaiveDate,
        zone: TimeZone,
        limit: usize,
    ) -> Option<Vec<DateTime<Utc>>> {
        let midnight = |day: NaiveDate| zone.moment(day.and_time(NaiveTime::MIN));
        self.boundaries(midnight(first), midnight(last.succ_opt()?), zone, limit)
    }

    fn first_day(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => Some(day),
            Self::Week => day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into())),
            Self::Month => day.with_day(1),
        }
    }

    fn next(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => day.checked_add_days(Days::new(1)),
            Self::Week => day.checked_add_days(Days::new(7)),
            Self::Month => day.checked_add_months(Months::new(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn boundaries(period: Period, from: &str, to: &str, zone: &str) -> Option<Vec<String>> {
        let moment = |text: &str| text.parse::<DateTime<Utc>>().expect("a moment");
        let zone = TimeZone::parse(zone).expect("a zone");
        let found = period.boundaries(moment(from), moment(to), zone, 3)?;
        Some(found.iter().map(|at| at.format("%Y-%m-%dT%H:%M").to_string()).collect())
    }

    #[test]
    fn periods_begin_at_midnight_on_the_owners_calendar() {
        for (period, from, to, zone, expected) in [
            (
                Period::Day,
                "2026-05-04T09:00:00Z",
                "2026-05-04T23:00:00Z",
                "Europe/Berlin",
                vec!["2026-05-03T22:00", "2026-05-04T22:00", "2026-05-05T22:00"],
            ),
            // The day on which clocks go forward has 23 hours.
            (
                Period::Day,
                "2026-03-28T23:00:00Z",
                "2026-03-29T22:00:00Z",
                "Europe/Berlin",
                vec!["2026-03-28T23:00", "2026-03-29T22:00"],
            ),
            (
                Period::Day,
                "2026-05-04T18:20:00Z",
                "2026-05-04T18:21:00Z",
                "Asia/Kathmandu",
                vec!["2026-05-04T18:15", "2026-05-05T18:15"],
            ),
            (
                Period::Week,
                "2026-05-06T00:00:00Z",
                "2026-05-11T00:00:01Z",
                "UTC",
                vec!["2026-05-04T00:00", "2026-05-11T00:00", "2026-05-18T00:00"],
            ),
            (
                Period::Month,
                "2026-01-31T12:00:00Z",
                "2026-03-01T00:00:00Z",
                "UTC",
                vec!["2026-01-01T00:00", "2026-02-01T00:00", "2026-03-01T00:00"],
            ),
        ] {
            let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(boundaries(period, from, to, zone), Some(expected), "{period:?} {zone}");
        }
    }

    #[test]
    fn there_are_no_more_periods_than_allowed_and_at_least_one() {
        let day = |to: &str| boundaries(Period::Day, "2026-05-04T00:00:00Z", to, "UTC").map(|found| found.len());
        assert_eq!(day("2026-05-07T00:00:00Z"), Some(4));
        assert_eq!(day("2026-05-07T00:00:01Z"), None);
        assert_eq!(day("2026-05-04T00:00:00Z"), None);
        assert_eq!(day("2026-05-03T00:00:00Z"), None);
        let (min, max) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
        for period in [Period::Day, Period::Week, Period::Month] {
            assert_eq!(period.boundaries(max - TimeDelta::days(1), max, TimeZone::UTC, 400), None);
            assert!(
                period.boundaries(min, min + TimeDelta::days(1), TimeZone::UTC, 400).is_none_or(|it| it.len() <= 3)
            );
        }
    }

    #[test]
    fn whole_days_are_covered_from_the_first_to_the_last() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let count = |period: Period, first, last, zone: &str| {
            let zone = TimeZone::parse(zone).expect("a zone");
            period.boundaries_of_days(day(first), day(last), zone, 400).map(|found| found.len() - 1)
        };
        assert_eq!(count(Period::Day, "2026-05-04", "2026-05-04", "UTC"), Some(1));
        assert_eq!(count(Period::Day, "2026-03-28", "2026-03-30", "Europe/Berlin"), Some(3));
        // There is no midnight on the first of these days, nor on the day after the last of those.
        assert_eq!(count(Period::Day, "2026-09-06", "2026-09-06", "America/Santiago"), Some(1));
        assert_eq!(count(Period::Day, "2026-09-05", "2026-09-05", "America/Santiago"), Some(1));
        assert_eq!(count(Period::Week, "2026-05-10", "2026-05-11", "UTC"), Some(2));
        assert_eq!(count(Period::Month, "2026-05-31", "2026-05-31", "UTC"), Some(1));
        assert_eq!(count(Period::Day, "2026-05-04", "2026-05-03", "UTC"), None);
        assert_eq!(count(Period::Day, "2020-01-01", "2026-05-03", "UTC"), None);
    }

    /// Attempts are counted by quarters of an hour; a day that began between two would get some of its neighbour's.
    #[test]
    fn every_day_in_these_years_begins_at_a_quarter_of_an_hour() {
        let from = "2024-01-01T12:00:00Z".parse().expect("a moment");
        for zone in TimeZone::all() {
            let days = Period::Day.boundaries(from, from + TimeDelta::days(800), zone, 900).expect("days");
            assert!(days.iter().all(|day| day.timestamp() % 900 == 0), "{zone}");
            assert!(days.is_sorted_by(|one, next| one < next), "{zone}");
        }
    }
}
