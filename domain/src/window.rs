//! When a mailing may send: from its start until just before its end.

use crate::refusal::told_by_code;
use crate::{Code, Refusal};
use chrono::{DateTime, Datelike, SubsecRound, Utc};
use serde::{Deserialize, Serialize};

/// The time in which a mailing may send: `start <= at < end`.
///
/// Both ends are kept to the microsecond, which is what `PostgreSQL` keeps: a window that went through a table is
/// still equal to the one that came from an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

/// Where a moment lies relative to a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WindowPhase {
    /// The window has not opened yet.
    Ahead,
    /// The window is open: letters may go out.
    Open,
    /// The window is over; nothing is ever sent again.
    Ended,
}

/// Why two moments do not make a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WindowError {
    /// The end lies before the start.
    Reversed {
        /// The start that was given.
        start: DateTime<Utc>,
        /// The end that was given.
        end: DateTime<Utc>,
    },
    /// The end is the start: no moment lies between them.
    Empty {
        /// The moment that was given twice.
        at: DateTime<Utc>,
    },
    /// One end is too far from today to be meant.
    YearOutOfRange {
        /// The year that was given.
        year: i32,
    },
}

impl Refusal for WindowError {
    fn code(&self) -> Code {
        match self {
            Self::Reversed { .. } => Code::WindowReversed,
            Self::Empty { .. } => Code::WindowEmpty,
            Self::YearOutOfRange { .. } => Code::WindowYearOutOfRange,
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("endsAt")
    }
}

told_by_code!(WindowError);

impl Window {
    /// The first and last year that a window may touch.
    ///
    /// The limits keep every later computation (local times, occurrences) away from the edge of what dates can express.
    pub const YEARS: std::ops::RangeInclusive<i32> = 1970..=9999;

    /// A window from `start` until just before `end`; parts of a microsecond are dropped.
    pub fn new(start: DateTime<Utc>, end: DateTime<Utc>) -> Result<Self, WindowError> {
        let (start, end) = (start.trunc_subsecs(6), end.trunc_subsecs(6));
        for year in [start.year(), end.year()] {
            if !Self::YEARS.contains(&year) {
                return Err(WindowError::YearOutOfRange { year });
            }
        }
        match end.cmp(&start) {
            std::cmp::Ordering::Less => Err(WindowError::Reversed { start, end }),
            std::cmp::Ordering::Equal => Err(WindowError::Empty { at: start }),
            std::cmp::Ordering::Greater => Ok(Self { start, end }),
        }
    }

    /// The first moment inside.
    #[must_use]
    pub fn start(&self) -> DateTime<Utc> {
        self.start
    }

    /// The first moment after it.
    #[must_use]
    pub fn end(&self) -> DateTime<Utc> {
        self.end
    }

    /// Whether letters may go out at that moment.
    #[must_use]
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        self.phase(at) == WindowPhase::Open
    }

    /// Where that moment lies.
    #[must_use]
    pub fn phase(&self, at: DateTime<Utc>) -> WindowPhase {
        if at < self.start {
            WindowPhase::Ahead
        } else if at < self.end {
            WindowPhase::Open
        } else {
            WindowPhase::Ended
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a moment")
    }

    #[test]
    fn an_end_before_the_start_is_refused_with_both() {
        let (start, end) = (at("2026-05-02T09:00:00Z"), at("2026-05-01T10:00:00Z"));
        let error = Window::new(start, end).expect_err("reversed");
        assert_eq!(error.code(), Code::WindowReversed);
        assert_eq!(error, WindowError::Reversed { start, end });
    }

    #[test]
    fn a_window_without_a_moment_inside_is_refused() {
        let start = at("2026-05-01T10:00:00Z");
        let error = Window::new(start, start).expect_err("empty");
        assert_eq!(error.code(), Code::WindowEmpty);
        assert_eq!(error, WindowError::Empty { at: start });
    }

    #[test]
    fn a_year_that_nobody_means_is_refused() {
        let sane = at("2026-05-01T10:00:00Z");
        for (start, end) in [(DateTime::<Utc>::MIN_UTC, sane), (sane, DateTime::<Utc>::MAX_UTC)] {
            let error = Window::new(start, end).expect_err("far away");
            assert_eq!(error.code(), Code::WindowYearOutOfRange);
        }
    }

    #[test]
    fn the_start_is_inside_and_the_end_is_not() {
        let window = Window::new(at("2026-05-01T10:00:00Z"), at("2026-05-01T11:00:00Z")).expect("a window");
        for (moment, phase) in [
            ("2026-05-01T09:59:59.999999999Z", WindowPhase::Ahead),
            ("2026-05-01T10:00:00Z", WindowPhase::Open),
            ("2026-05-01T10:59:59.999999999Z", WindowPhase::Open),
            ("2026-05-01T11:00:00Z", WindowPhase::Ended),
        ] {
            assert_eq!(window.phase(at(moment)), phase, "{moment}");
            assert_eq!(window.is_open(at(moment)), phase == WindowPhase::Open, "{moment}");
        }
    }

    #[test]
    fn parts_of_a_microsecond_are_dropped() {
        let window = Window::new(at("2026-05-01T10:00:00.123456789Z"), at("2026-05-01T11:00:00Z")).expect("a window");
        assert_eq!(window.start(), at("2026-05-01T10:00:00.123456Z"));
        let error = Window::new(at("2026-05-01T10:00:00.000000100Z"), at("2026-05-01T10:00:00.000000900Z"));
        assert_eq!(error.expect_err("empty").code(), Code::WindowEmpty);
    }

    #[test]
    fn its_json_has_a_start_and_an_end() {
        let window = Window::new(at("2026-05-01T10:00:00Z"), at("2026-05-01T11:00:00Z")).expect("a window");
        let json = serde_json::to_value(window).expect("json");
        assert_eq!(json, serde_json::json!({"start": "2026-05-01T10:00:00Z", "end": "2026-05-01T11:00:00Z"}));
        assert_eq!(serde_json::from_value::<Window>(json).expect("a window"), window);
    }
}
