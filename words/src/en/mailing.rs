use super::English;
use crate::shown::minute;
use domain::MAX_REASON;
use domain::mailing::{Error, MAX_NAME, Obstacle};
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "there is no such mailing among yours"),
            Self::AlreadyExists => write!(f, "this mailing exists already"),
            Self::NameEmpty => write!(f, "a mailing needs a name"),
            Self::NameTooLong { length } => write!(f, "the name has {length} characters; at most {MAX_NAME} fit"),
            Self::NameNotALine => write!(f, "the name must be one line without control characters"),
            Self::AudienceEmpty => write!(f, "the audience is empty: name clients, or groups that have clients"),
            Self::Window(inner) => inner.english(f),
            Self::WindowEnded { end } => {
                write!(f, "the window has ended at {}: choose an end that lies ahead", minute(end))
            }
            Self::StartTooOld { start, earliest } => write!(
                f,
                "the window opened at {}, more than a year ago: choose a start from {} on",
                minute(start),
                minute(earliest),
            ),
            Self::WindowNotOpen { start } => {
                write!(f, "the window opens at {}: move the start, or wait", minute(start))
            }
            Self::NeverDue => write!(f, "no run would ever start: the periodicity has no moment inside the window"),
            Self::Paused => write!(f, "the mailing is paused: resume it first"),
            Self::Disabled => write!(f, "the mailing is disabled by a manager, and only a manager can enable it"),
            Self::Cancelled => write!(f, "the mailing is cancelled for good: create a new one"),
            Self::Completed => write!(f, "the mailing is completed: give it an end that lies ahead first"),
            Self::ReasonMissing => write!(f, "a reason is needed, for the owner to read"),
            Self::ReasonTooLong { length } => {
                write!(f, "the reason has {length} characters; at most {MAX_REASON} fit")
            }
        }
    }
}

impl English for Obstacle {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimeZoneUnknown { zone } => write!(
                f,
                "the service has no rules for the time zone {zone:?}, so it cannot tell when a run is due, and \
                 starts none by itself; choose another zone, or have its time zones updated (`skymailing \
                 doctor` tells how)",
            ),
        }
    }
}
