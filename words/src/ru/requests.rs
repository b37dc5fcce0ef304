use super::Russian;
use crate::requests::Problem;
use std::fmt;

impl Russian for Problem {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StaleVersion { expected, actual } => write!(
                f,
                "за это время уже были изменения: вы видели версию {expected}, теперь версия {actual}; \
                 загрузите заново",
            ),
            Self::KeyReused => write!(
                f,
                "с этим ключом идемпотентности уже приходили другие данные; для нового запроса возьмите новый ключ",
            ),
            Self::Conflict => write!(f, "слишком много изменений одновременно; попробуйте ещё раз"),
            Self::KeyInvalid { most } => {
                write!(f, "ключ идемпотентности — от 1 до {most} символов в одну строку; подойдёт новый UUID")
            }
            Self::TextInvalid => write!(f, "в тексте есть нулевой символ (U+0000): удалите его"),
            Self::NoMoment { text } => write!(f, "{text:?} — не дата и время; укажите их в виде 2026-05-01T10:00:00Z"),
            Self::TooManyTries { seconds } => write!(f, "слишком много попыток: попробуйте снова через {seconds} с"),
            Self::Busy { seconds } => {
                write!(f, "такой работы сейчас уже слишком много: попробуйте снова через {seconds} с")
            }
        }
    }
}
