use super::{Russian, of_characters};
use crate::shown::minute;
use domain::MAX_REASON;
use domain::mailing::{Error, MAX_NAME, Obstacle};
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "среди ваших рассылок такой нет"),
            Self::AlreadyExists => write!(f, "такая рассылка уже есть"),
            Self::NameEmpty => write!(f, "укажите название рассылки"),
            Self::NameTooLong { length } => {
                let length = of_characters(*length);
                write!(f, "в названии {length}; помещается не больше {MAX_NAME}")
            }
            Self::NameNotALine => write!(f, "название должно быть одной строкой без управляющих символов"),
            Self::AudienceEmpty => write!(f, "получателей нет: укажите клиентов или группы, в которых есть клиенты"),
            Self::Window(error) => error.russian(f),
            Self::WindowEnded { end } => {
                write!(f, "окно закрылось {}: выберите конец в будущем", minute(end))
            }
            Self::StartTooOld { start, earliest } => write!(
                f,
                "окно открылось {}, больше года назад: выберите начало не раньше {}",
                minute(start),
                minute(earliest),
            ),
            Self::WindowNotOpen { start } => {
                write!(f, "окно откроется {}: перенесите начало или подождите", minute(start))
            }
            Self::NeverDue => {
                write!(f, "ни один запуск не состоится: периодичность не даёт ни одного момента внутри окна")
            }
            Self::Paused => write!(f, "рассылка приостановлена: сначала возобновите её"),
            Self::Disabled => write!(f, "рассылку отключил менеджер, и включить её может только менеджер"),
            Self::Cancelled => write!(f, "рассылка отменена навсегда: создайте новую"),
            Self::Completed => write!(f, "рассылка завершена: сначала укажите для неё конец в будущем"),
            Self::ReasonMissing => write!(f, "укажите причину: её прочтёт владелец"),
            Self::ReasonTooLong { length } => {
                write!(f, "в причине {}; помещается не больше {MAX_REASON}", of_characters(*length))
            }
        }
    }
}

impl Russian for Obstacle {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimeZoneUnknown { zone } => write!(
                f,
                "сервису неизвестны правила часового пояса {zone:?}, поэтому он не может узнать, когда пора \
                 начинать, и сам ничего не запускает; выберите другой пояс или попросите обновить часовые \
                 пояса (как — подскажет `skymailing doctor`)",
            ),
        }
    }
}
