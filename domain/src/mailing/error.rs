use crate::reason::Fault;
use crate::refusal::told_by_code;
use crate::{Code, Refusal, WindowError};
use chrono::{DateTime, Utc};

/// Why a mailing's command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The mailing does not exist, is deleted, or is somebody else's.
    NotFound,
    /// The id is in use.
    AlreadyExists,
    /// The mailing's name is missing.
    NameEmpty,
    /// The name has more than [`super::MAX_NAME`] characters.
    NameTooLong {
        /// The name's length in characters.
        length: usize,
    },
    /// The name has line breaks or other control characters.
    NameNotALine,
    /// The audience names nobody to write to.
    AudienceEmpty,
    /// The window is none.
    Window(WindowError),
    /// The window has ended, so nothing could ever be sent.
    WindowEnded {
        /// The moment when the window ended.
        end: DateTime<Utc>,
    },
    /// The start lies further back than [`super::OLDEST_START`].
    StartTooOld {
        /// The moment when the window opens.
        start: DateTime<Utc>,
        /// The earliest that there may be.
        earliest: DateTime<Utc>,
    },
    /// "Send now" was asked for before the window opens.
    WindowNotOpen {
        /// The moment when the window opens.
        start: DateTime<Utc>,
    },
    /// The periodicity has no moment inside the window.
    NeverDue,
    /// The mailing was stopped by its owner.
    Paused,
    /// The mailing was stopped by a manager.
    Disabled,
    /// The mailing was given up, for good.
    Cancelled,
    /// The window has ended.
    Completed,
    /// The reason is missing, which managers owe.
    ReasonMissing,
    /// The reason has more than [`crate::MAX_REASON`] characters.
    ReasonTooLong {
        /// The reason's length in characters.
        length: usize,
    },
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::NotFound,
            Self::AlreadyExists => Code::AlreadyExists,
            Self::NameEmpty => Code::NameEmpty,
            Self::NameTooLong { .. } => Code::NameTooLong,
            Self::NameNotALine => Code::NameNotALine,
            Self::AudienceEmpty => Code::AudienceEmpty,
            Self::Window(error) => error.code(),
            Self::WindowEnded { .. } => Code::WindowEnded,
            Self::StartTooOld { .. } => Code::StartTooOld,
            Self::WindowNotOpen { .. } => Code::WindowNotOpen,
            Self::NeverDue => Code::NeverDue,
            Self::Paused => Code::MailingPaused,
            Self::Disabled => Code::MailingDisabled,
            Self::Cancelled => Code::MailingCancelled,
            Self::Completed => Code::MailingCompleted,
            Self::ReasonMissing => Code::ReasonMissing,
            Self::ReasonTooLong { .. } => Code::ReasonTooLong,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotFound => Some("id"),
            Self::NameEmpty | Self::NameTooLong { .. } | Self::NameNotALine => Some("name"),
            Self::AudienceEmpty => Some("audience"),
            Self::Window(error) => error.field(),
            Self::WindowEnded { .. } => Some("endsAt"),
            Self::StartTooOld { .. } | Self::WindowNotOpen { .. } => Some("startsAt"),
            Self::NeverDue => Some("periodicity"),
            Self::ReasonMissing | Self::ReasonTooLong { .. } => Some("reason"),
            Self::AlreadyExists | Self::Paused | Self::Disabled | Self::Cancelled | Self::Completed => None,
        }
    }
}

told_by_code!(Error);

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Missing => Self::ReasonMissing,
            Fault::TooLong { length } => Self::ReasonTooLong { length },
        }
    }
}
