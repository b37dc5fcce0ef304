use super::{Ru, Russian, of_bytes};
use domain::{AddressFault, EmailAddress, EmailError};
use std::fmt;

impl Russian for EmailError {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "укажите адрес электронной почты, например anna@example.com"),
            Self::TooLong { octets } => {
                let octets = of_bytes(*octets);
                write!(
                    f,
                    "в адресе {octets}, а почтовые серверы принимают не больше {}; сократите его",
                    EmailAddress::MAX_OCTETS,
                )
            }
            Self::Invalid { address, fault } => write!(f, "{address:?} — не адрес электронной почты: {}", Ru(fault)),
        }
    }
}

impl Russian for AddressFault {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAt => "в нём нет @; укажите адрес вида anna@example.com",
            Self::LocalEmpty => "перед @ ничего нет; укажите адрес вида anna@example.com",
            Self::LocalTooLong => "часть перед @ длиннее 64 байт",
            Self::Quoted => "в кавычках есть то, чего там быть не может; укажите адрес вида \"ann b\"@example.com",
            Self::DomainEmpty => "после @ ничего нет; укажите адрес вида anna@example.com",
            Self::DomainTooLong => "часть после @ длиннее 254 байт",
            Self::DotAlone => "рядом с точкой после @ ничего нет",
            Self::LabelTooLong => "между двумя точками после @ больше 63 байт",
            Self::DomainUnknowable => "после @ есть символы, которых в доменных именах не бывает",
            Self::DomainCharacter => "после @ могут быть только буквы, цифры, точки и дефисы",
            Self::DomainNumber => "часть после @ оканчивается числом; укажите доменное имя, например example.com",
            Self::Brackets => "адрес в скобках после @ не поддерживается; укажите доменное имя",
            Self::NotBare => "укажите только адрес, без имени и без < и >",
            Self::Character => "в нём символ или точка там, где их быть не может; укажите адрес вида anna@example.com",
        })
    }
}
