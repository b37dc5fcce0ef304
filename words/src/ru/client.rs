use super::{Russian, of_characters};
use domain::client::{Error, MAX_COMMENT, MAX_WORDING, Subscribed};
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "в вашей адресной книге такого клиента нет"),
            Self::AlreadyExists => write!(f, "такой клиент уже есть"),
            Self::EmailTaken { email } => write!(f, "{email} уже есть в вашей адресной книге"),
            Self::CommentTooLong { length } => {
                let length = of_characters(*length);
                write!(f, "в комментарии {length}; помещается не больше {MAX_COMMENT}")
            }
            Self::WordingEmpty => write!(f, "для согласия нужны слова, с которыми согласился клиент"),
            Self::WordingTooLong { length } => {
                let length = of_characters(*length);
                write!(f, "в тексте согласия {length}; помещается не больше {MAX_WORDING}")
            }
            Self::ConsentMissing => {
                write!(f, "согласия, которое можно было бы подтвердить, нет: его не давали или уже отозвали")
            }
        }
    }
}

impl Russian for Subscribed {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "нет: тогда клиента не было в адресной книге",
            Self::Suppressed => "нет: тогда на этот адрес писать было нельзя",
            Self::Withdrawn => "нет: клиент соглашался раньше, но к тому времени отозвал все согласия",
            Self::Given => "да: к тому времени клиент согласился, но ещё не подтвердил этого по ссылке из письма",
            Self::Confirmed => "да: к тому времени клиент согласился и подтвердил это по ссылке из письма",
            Self::Unsaid => "никто этого не записал: клиент тогда был в адресной книге, но согласия не было",
        })
    }
}
