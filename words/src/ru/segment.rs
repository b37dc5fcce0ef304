use super::{Russian, of_characters};
use domain::segment::{Error, MAX_CONDITIONS, MAX_DAYS, MAX_NEEDLE};
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "среди ваших сегментов такого нет"),
            Self::AlreadyExists => write!(f, "такой сегмент уже есть"),
            Self::NameTaken { name } => write!(f, "у вас уже есть сегмент {name:?}"),
            Self::ConditionsMissing => {
                write!(f, "сегменту нужно условие: без него в сегмент вошли бы все")
            }
            Self::ConditionsTooMany { count } => {
                write!(f, "условий в сегменте: {count}; помещается не больше {MAX_CONDITIONS}")
            }
            Self::NeedleEmpty => write!(f, "в условии нужно указать текст, а он пуст"),
            Self::NeedleTooLong { length } => {
                let length = of_characters(*length);
                write!(f, "в тексте условия {length}; помещается не больше {MAX_NEEDLE}")
            }
            Self::DaysOutOfRange { days } => {
                write!(f, "в условии указано дней: {days}; можно от 1 до {MAX_DAYS}")
            }
            Self::NotComparable { key } => write!(
                f,
                "поле {key:?} нельзя сравнить, больше оно или меньше: в нём не число и не дата; спросите, чему оно равно",
            ),
        }
    }
}
