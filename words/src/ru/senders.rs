use super::Russian;
use crate::senders::{KeyFault, Problem};
use std::fmt;

impl Russian for Problem {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MasterKeyMissing => {
                write!(
                    f,
                    "без главного ключа хранить закрытые ключи нельзя: задайте MASTER_KEY там, где работает сервис"
                )
            }
            Self::MasterKeyOther => write!(
                f,
                "закрытый ключ не открывается: он потерян, или MASTER_KEY не тот, что был, когда ключ создавали"
            ),
            Self::Key(fault) => fault.russian(f),
            Self::TooManyKeys { most } => {
                write!(f, "за один раз можно добавить не больше ключей, чем {most}: остальные импортируйте потом")
            }
        }
    }
}

impl Russian for KeyFault {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey => write!(f, "закрытого ключа здесь нет: нужен ключ в виде PEM (PKCS#8 или PKCS#1)"),
            Self::Encrypted => write!(f, "закрытый ключ зашифрован: сначала снимите с него пароль"),
            Self::Unreadable => write!(f, "закрытый ключ не читается; возможно, он обрезан"),
            Self::OtherAlgorithm => write!(f, "это ключ не RSA и не Ed25519, а других DKIM не знает"),
            Self::TooShort { bits } => write!(f, "длина ключа RSA в битах, {bits}, мала: возьмите ключ на 2048"),
            Self::TooLong { bits } => write!(
                f,
                "длина ключа RSA в битах, {bits}, велика, многие почтовые серверы его не проверят: возьмите ключ на 2048"
            ),
            Self::OddLength { bits } => {
                write!(f, "длина ключа RSA в битах, {bits}, не подходит: возьмите ключ на 2048, 3072 или 4096")
            }
            Self::Unsound => write!(f, "закрытый ключ испорчен: его части не подходят друг к другу"),
        }
    }
}
