use super::Russian;
use crate::queries::Problem;
use std::fmt;

impl Russian for Problem {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First { most, first } => write!(f, "first — от 1 до {most}, а не {first}"),
            Self::Last { most, last } => write!(f, "last — от 1 до {most}, а не {last}"),
            Self::FirstAndLast => write!(f, "у страницы бывает либо first, либо last, но не оба"),
            Self::CursorBefore => write!(f, "before — не курсор этого списка: возьмите startCursor следующей страницы"),
            Self::Cursor => write!(f, "after — не курсор этого списка: возьмите endCursor предыдущей страницы"),
            Self::CursorOfAnotherOrder => write!(
                f,
                "after — курсор другого порядка: возьмите endCursor страницы в этом порядке или начните заново",
            ),
            Self::NotAMoment { name, text } => {
                write!(f, "{name} — {text:?}, а это не момент: укажите его в виде 2026-05-01T10:00:00Z")
            }
            Self::ToNotAfterFrom => write!(f, "to должно быть позже from"),
            Self::TooManyPeriods { from, to, limit } => write!(
                f,
                "с {from} по {to} больше {limit} периодов: запросите меньший промежуток или более длинные периоды",
            ),
            Self::ArticleByIdOrSlug => write!(f, "укажите либо id статьи, либо её slug"),
            Self::ClientsNotNamed => write!(f, "укажите клиентов: либо через clientIds, либо через filter"),
            Self::CsvTooLarge { bytes, most, upload } => write!(
                f,
                "в CSV {bytes} байт; здесь помещается не больше {most} МиБ, а POST /import/clients принимает \
                 до {upload} МиБ",
            ),
            Self::WorkbookTooLong { most } => {
                write!(f, "в таблице XLSX помещается не больше {most} получателей: возьмите файл CSV, в нём есть все")
            }
            Self::WorkbookCellTooLong { most } => write!(
                f,
                "в ячейку таблицы XLSX помещается не больше {most} символов, а у кого-то в ней больше, например названий \
                 групп: возьмите файл CSV, в нём есть всё",
            ),
            Self::Days { most, days } => write!(f, "days — от 1 до {most}, а не {days}"),
            Self::NoIntakeMessage => write!(f, "сообщения с таким id нет: его выбросили или уже разобрали"),
            Self::NoApiToken => write!(f, "токена API с таким id у вас нет"),
            Self::NoSession => write!(f, "сеанса с таким id у вас нет"),
            Self::NoProjection { names } => write!(f, "есть такие проекции: {names}"),
            Self::ProjectionBusy => write!(f, "эта проекция уже перестраивается"),
            Self::ProgramOutdated { migration } => write!(
                f,
                "в базе данных есть миграция {migration}, которой эта программа не знает: перестраивайте новейшей версией",
            ),
            Self::ProjectionObstructed { what } => write!(
                f,
                "от таблиц этой проекции, которые были бы заменены, зависит {what}: удалите это, перестройте проекцию и \
                 создайте снова",
            ),
        }
    }
}
