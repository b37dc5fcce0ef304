use crate::reason::{self, Fault};
use crate::{Code, MAX_REASON, Refusal};

/// Why a user's command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No user has this id.
    #[error("there is no such user")]
    NotFound,
    /// The id is in use.
    #[error("this user is registered already")]
    AlreadyRegistered,
    /// The address belongs to another account.
    #[error("this address is already registered; log in with it, or use another one")]
    EmailTaken,
    /// The user is an administrator, over whom managers have no power.
    #[error("only administrators block and unblock administrators")]
    AdministratorsOnly,
    /// Somebody must be left who can grant roles.
    #[error("this is the last administrator who can log in: make somebody else an administrator first")]
    LastAdministrator,
    /// The reason is missing, which blocking and unblocking need.
    #[error("a reason is needed: managers and administrators read it")]
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
            Self::AlreadyRegistered => Code::AlreadyExists,
            Self::EmailTaken => Code::EmailTaken,
            Self::AdministratorsOnly => Code::Forbidden,
            Self::LastAdministrator => Code::LastAdministrator,
            Self::ReasonMissing => Code::ReasonMissing,
            Self::ReasonTooLong { .. } => Code::ReasonTooLong,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::EmailTaken => Some("email"),
            Self::NotFound | Self::AdministratorsOnly | Self::LastAdministrator => Some("id"),
            Self::ReasonMissing | Self::ReasonTooLong { .. } => Some("reason"),
            Self::AlreadyRegistered => None,
        }
    }

    fn in_russian(&self) -> String {
        match self {
            Self::NotFound => "такого пользователя нет",
            Self::AlreadyRegistered => "этот пользователь уже зарегистрирован",
            Self::EmailTaken => "этот адрес уже зарегистрирован; войдите с ним или укажите другой",
            Self::AdministratorsOnly => "блокировать и разблокировать администраторов могут только администраторы",
            Self::LastAdministrator => {
                "это последний администратор, который может войти: сначала назначьте администратором кого-нибудь ещё"
            }
            Self::ReasonMissing => "укажите причину: её прочтут менеджеры и администраторы",
            Self::ReasonTooLong { length } => return reason::too_long_in_russian(*length),
        }
        .to_owned()
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
