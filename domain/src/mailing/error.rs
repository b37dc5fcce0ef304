use super::MAX_NAME;
use crate::reason::Fault;
use crate::{MAX_REASON, Refusal, WindowError};
use chrono::{DateTime, Utc};

/// Why a mailing's command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not there, deleted, or somebody else's.
    #[error("there is no such mailing among yours")]
    NotFound,
    /// The id is in use.
    #[error("this mailing exists already")]
    AlreadyExists,
    /// No name.
    #[error("a mailing needs a name")]
    NameEmpty,
    /// More than [`MAX_NAME`] characters.
    #[error("the name has {length} characters; at most {MAX_NAME} fit")]
    NameTooLong {
        /// In characters.
        length: usize,
    },
    /// Line breaks or other control characters.
    #[error("the name must be one line without control characters")]
    NameNotALine,
    /// Nobody to write to.
    #[error("the audience is empty: name clients, or groups that have clients")]
    AudienceEmpty,
    /// The window is none.
    #[error(transparent)]
    Window(WindowError),
    /// Nothing could ever be sent.
    #[error("the window has ended at {}: choose an end that lies ahead", end.format("%Y-%m-%d %H:%M UTC"))]
    WindowEnded {
        /// The window's end.
        end: DateTime<Utc>,
    },
    /// "Send now" before the window.
    #[error("the window opens at {}: move the start, or wait", start.format("%Y-%m-%d %H:%M UTC"))]
    WindowNotOpen {
        /// The window's start.
        start: DateTime<Utc>,
    },
    /// The periodicity has no moment inside the window.
    #[error("no run would ever start: the periodicity has no moment inside the window")]
    NeverDue,
    /// Stopped by its owner.
    #[error("the mailing is paused: resume it first")]
    Paused,
    /// Stopped by a manager.
    #[error("the mailing is disabled by a manager, and only a manager can enable it")]
    Disabled,
    /// Final.
    #[error("the mailing is cancelled for good: create a new one")]
    Cancelled,
    /// The window has ended.
    #[error("the mailing is completed: give it an end that lies ahead first")]
    Completed,
    /// Managers owe a reason.
    #[error("a reason is needed, for the owner to read")]
    ReasonMissing,
    /// More than [`MAX_REASON`] characters.
    #[error("the reason has {length} characters; at most {MAX_REASON} fit")]
    ReasonTooLong {
        /// In characters.
        length: usize,
    },
}

impl Refusal for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::NameEmpty => "NAME_EMPTY",
            Self::NameTooLong { .. } => "NAME_TOO_LONG",
            Self::NameNotALine => "NAME_NOT_A_LINE",
            Self::AudienceEmpty => "AUDIENCE_EMPTY",
            Self::Window(error) => error.code(),
            Self::WindowEnded { .. } => "WINDOW_ENDED",
            Self::WindowNotOpen { .. } => "WINDOW_NOT_OPEN",
            Self::NeverDue => "NEVER_DUE",
            Self::Paused => "MAILING_PAUSED",
            Self::Disabled => "MAILING_DISABLED",
            Self::Cancelled => "MAILING_CANCELLED",
            Self::Completed => "MAILING_COMPLETED",
            Self::ReasonMissing => "REASON_MISSING",
            Self::ReasonTooLong { .. } => "REASON_TOO_LONG",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotFound => Some("id"),
            Self::NameEmpty | Self::NameTooLong { .. } | Self::NameNotALine => Some("name"),
            Self::AudienceEmpty => Some("audience"),
            Self::Window(_) | Self::WindowEnded { .. } => Some("endsAt"),
            Self::WindowNotOpen { .. } => Some("startsAt"),
            Self::NeverDue => Some("periodicity"),
            Self::ReasonMissing | Self::ReasonTooLong { .. } => Some("reason"),
            Self::AlreadyExists | Self::Paused | Self::Disabled | Self::Cancelled | Self::Completed => None,
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Missing => Self::ReasonMissing,
            Fault::TooLong { length } => Self::ReasonTooLong { length },
        }
    }
}
