use super::{Russian, counted};
use crate::shown::merge_fields;
use domain::{ForeignField, OverBudget, Part, TemplateError};
use std::fmt;

impl Russian for TemplateError {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownField { name, line } => write!(
                f,
                "{{{{{name}}}}} в строке {line} — не поле подстановки; укажите одно из {} или напишите \\{{{{, \
                 если нужны сами скобки",
                merge_fields(),
            ),
            Self::UnknownFilter { name, filter, line } => write!(
                f,
                "{{{{{name} | {filter}}}}} в строке {line}: такого фильтра нет; значение на случай пустого \
                 поля пишется {{{{{name} | default: 'friend'}}}} или {{{{{name}|friend}}}}, а другие фильтры — \
                 |url и |raw",
            ),
            Self::DefaultMissing { name, line } => write!(
                f,
                "{{{{{name} | default}}}} в строке {line}: нужен текст в кавычках: {{{{{name} | default: \
                 'friend'}}}}",
            ),
            Self::InProgram { name, line } => write!(
                f,
                "{{{{{name}}}}} в строке {line} стоит в скрипте, в атрибуте вроде onclick или в srcdoc, где \
                 слова клиента могли бы выполниться как программа; почтовые программы всё это отбрасывают: \
                 напишите поле в другом месте",
            ),
            Self::Unclosed { text, line } => write!(
                f,
                "поле подстановки {{{{{text} в строке {line} не закрыто; напишите }}}} после одного из {} или \
                 \\{{{{, если нужны сами скобки",
                merge_fields(),
            ),
        }
    }
}

impl Russian for ForeignField {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, found, line, instead } = self;
        let instead = instead.map_or_else(|| format!("одно из {}", merge_fields()), str::to_owned);
        write!(
            f,
            "{}, строка {line}: {found} похоже на поле подстановки другой программы и ушло бы как есть; \
             напишите вместо него {instead}",
            inside(*part),
        )
    }
}

impl Russian for OverBudget {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = counted(self.part.budget() as u64, ["байта", "байт", "байт"]);
        write!(f, "{} письма с заполненными полями подстановки больше {bytes}", inside(self.part))
    }
}

/// Where in the letter.
pub(super) fn inside(part: Part) -> &'static str {
    match part {
        Part::Subject => "в теме",
        Part::Text => "в тексте",
        Part::Html => "в HTML",
    }
}
