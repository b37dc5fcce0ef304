use super::MAX_NAME;
use crate::reason::{self, Fault};
use crate::{Code, MAX_REASON, Refusal, WindowError, counted_in_russian};
use chrono::{DateTime, Utc};

/// Why a mailing's command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The mailing does not exist, is deleted, or is somebody else's.
    #[error("there is no such mailing among yours")]
    NotFound,
    /// The id is in use.
    #[error("this mailing exists already")]
    AlreadyExists,
    /// The mailing's name is missing.
    #[error("a mailing needs a name")]
    NameEmpty,
    /// The name has more than [`MAX_NAME`] characters.
    #[error("the name has {length} characters; at most {MAX_NAME} fit")]
    NameTooLong {
        /// The name's length in characters.
        length: usize,
    },
    /// The name has line breaks or other control characters.
    #[error("the name must be one line without control characters")]
    NameNotALine,
    /// The audience names nobody to write to.
    #[error("the audience is empty: name clients, or groups that have clients")]
    AudienceEmpty,
    /// The window is none.
    #[error(transparent)]
    Window(WindowError),
    /// The window has ended, so nothing could ever be sent.
    #[error("the window has ended at {}: choose an end that lies ahead", end.format("%Y-%m-%d %H:%M UTC"))]
    WindowEnded {
        /// The moment when the window ended.
        end: DateTime<Utc>,
    },
    /// The start lies further back than [`super::OLDEST_START`].
    #[error(
        "the window opened at {}, more than a year ago: choose a start from {} on",
        start.format("%Y-%m-%d %H:%M UTC"),
        earliest.format("%Y-%m-%d %H:%M UTC")
    )]
    StartTooOld {
        /// The moment when the window opens.
        start: DateTime<Utc>,
        /// The earliest that there may be.
        earliest: DateTime<Utc>,
    },
    /// "Send now" was asked for before the window opens.
    #[error("the window opens at {}: move the start, or wait", start.format("%Y-%m-%d %H:%M UTC"))]
    WindowNotOpen {
        /// The moment when the window opens.
        start: DateTime<Utc>,
    },
    /// The periodicity has no moment inside the window.
    #[error("no run would ever start: the periodicity has no moment inside the window")]
    NeverDue,
    /// The mailing was stopped by its owner.
    #[error("the mailing is paused: resume it first")]
    Paused,
    /// The mailing was stopped by a manager.
    #[error("the mailing is disabled by a manager, and only a manager can enable it")]
    Disabled,
    /// The mailing was given up, for good.
    #[error("the mailing is cancelled for good: create a new one")]
    Cancelled,
    /// The window has ended.
    #[error("the mailing is completed: give it an end that lies ahead first")]
    Completed,
    /// The reason is missing, which managers owe.
    #[error("a reason is needed, for the owner to read")]
    ReasonMissing,
    /// The reason has more than [`MAX_REASON`] characters.
    #[error("the reason has {length} characters; at most {MAX_REASON} fit")]
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

    fn in_russian(&self) -> String {
        match self {
            Self::NotFound => "среди ваших рассылок такой нет".to_owned(),
            Self::AlreadyExists => "такая рассылка уже есть".to_owned(),
            Self::NameEmpty => "укажите название рассылки".to_owned(),
            Self::NameTooLong { length } => {
                let length = counted_in_russian(*length as u64, ["символ", "символа", "символов"]);
                format!("в названии {length}; помещается не больше {MAX_NAME}")
            }
            Self::NameNotALine => "название должно быть одной строкой без управляющих символов".to_owned(),
            Self::AudienceEmpty => "получателей нет: укажите клиентов или группы, в которых есть клиенты".to_owned(),
            Self::Window(error) => error.in_russian(),
            Self::WindowEnded { end } => {
                format!("окно закрылось {}: выберите конец в будущем", end.format("%Y-%m-%d %H:%M UTC"))
            }
            Self::StartTooOld { start, earliest } => format!(
                "окно открылось {}, больше года назад: выберите начало не раньше {}",
                start.format("%Y-%m-%d %H:%M UTC"),
                earliest.format("%Y-%m-%d %H:%M UTC")
            ),
            Self::WindowNotOpen { start } => {
                format!("окно откроется {}: перенесите начало или подождите", start.format("%Y-%m-%d %H:%M UTC"))
            }
            Self::NeverDue => {
                "ни один запуск не состоится: периодичность не даёт ни одного момента внутри окна".to_owned()
            }
            Self::Paused => "рассылка приостановлена: сначала возобновите её".to_owned(),
            Self::Disabled => "рассылку отключил менеджер, и включить её может только менеджер".to_owned(),
            Self::Cancelled => "рассылка отменена навсегда: создайте новую".to_owned(),
            Self::Completed => "рассылка завершена: сначала укажите для неё конец в будущем".to_owned(),
            Self::ReasonMissing => "укажите причину: её прочтёт владелец".to_owned(),
            Self::ReasonTooLong { length } => reason::too_long_in_russian(*length),
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
