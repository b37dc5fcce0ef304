use super::{Russian, of_characters};
use domain::MAX_REASON;
use domain::user::Error;
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "такого пользователя нет"),
            Self::AlreadyRegistered => write!(f, "этот пользователь уже зарегистрирован"),
            Self::EmailTaken => write!(f, "этот адрес уже зарегистрирован; войдите с ним или укажите другой"),
            Self::AdministratorsOnly => {
                write!(f, "блокировать и разблокировать администраторов могут только администраторы")
            }
            Self::LastAdministrator => write!(
                f,
                "это последний администратор, который может войти: сначала назначьте администратором кого-нибудь ещё",
            ),
            Self::ReasonMissing => write!(f, "укажите причину: её прочтут менеджеры и администраторы"),
            Self::ReasonTooLong { length } => {
                write!(f, "в причине {}; помещается не больше {MAX_REASON}", of_characters(*length))
            }
        }
    }
}
