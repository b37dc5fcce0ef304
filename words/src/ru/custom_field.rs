use super::{Russian, of_characters};
use domain::custom_field::{Error, Kind, MAX_KEY, MAX_LABEL, MAX_TEXT};
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "среди ваших полей такого нет"),
            Self::KeyTaken { key } => write!(f, "у вас уже есть поле {key:?}"),
            Self::KeyInvalid { key } => write!(
                f,
                "{key:?} не годится в ключи поля: ключ начинается с буквы, состоит только из букв, цифр и знака _, и помещается в нём \
                 не больше {MAX_KEY} символов"
            ),
            Self::KeyReserved { key } => {
                write!(f, "{key:?} в письмах или файлах означает другое: выберите другой ключ")
            }
            Self::LabelEmpty => write!(f, "укажите название поля"),
            Self::LabelTooLong { length } => {
                write!(f, "в названии {}; помещается не больше {MAX_LABEL}", of_characters(*length))
            }
            Self::LabelNotALine => write!(f, "название должно быть одной строкой без управляющих символов"),
            Self::ValueInvalid { key, kind, value } => {
                write!(f, "значение {value:?} не подходит полю {key:?}: {}", taken(*kind))
            }
            Self::TextTooLong { key, length } => {
                write!(f, "в тексте для поля {key:?} {}; помещается не больше {MAX_TEXT}", of_characters(*length))
            }
        }
    }
}

/// What fields of a kind take.
fn taken(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "нужен текст без управляющих символов",
        Kind::Number => "нужно число, например 12.5",
        Kind::Date => "нужна дата, например 2026-05-01",
        Kind::YesNo => "нужно «да» или «нет»",
    }
}
