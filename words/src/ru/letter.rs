use super::{Russian, counted, of_bytes};
use crate::custom_fields::as_written;
use crate::shown::merge_fields;
use domain::letter::{Advice, Finding, LinkFault};
use domain::{OverBudget, Part, TemplateError};
use std::fmt;

impl Russian for TemplateError {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownField { name, line, own } => write!(
                f,
                "{{{{{name}}}}} в строке {line} — не поле подстановки; укажите одно из {} или напишите \\{{{{, \
                 если нужны сами скобки",
                as_written(own),
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
            Self::InSubject { name, line } => write!(
                f,
                "{{{{{name}}}}} в строке {line} — ссылка, а в теме письма её не нажать: напишите её в тексте или в HTML",
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

impl Russian for Advice {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, line, finding } = self;
        let within = within(field);
        match finding {
            Finding::Foreign { found, instead } => {
                let instead = instead.as_deref().map_or_else(|| format!("одно из {}", merge_fields()), str::to_owned);
                write!(
                    f,
                    "{within}, строка {line}: {found} похоже на поле подстановки другой программы и ушло бы как есть; \
                     напишите вместо него {instead}",
                )
            }
            Finding::FieldEmpty { name, clients, of, all } => {
                let first = if *all { "" } else { "первых " };
                write!(
                    f,
                    "{within}, строка {line}: поле {{{{{name}}}}} пустое у части ваших клиентов ({clients} из {first}{of}), и на этом \
                     месте не будет ничего; напишите {{{{{name}|...}}}} со словом на этот случай",
                )
            }
            Finding::TextThin => write!(
                f,
                "в тексте сказано намного меньше, чем в HTML; читатели, чьи программы не показывают HTML, получат только \
                 текст: скажите в нём то же самое",
            ),
            Finding::HtmlCut { bytes } => {
                let bytes = of_bytes(*bytes);
                write!(f, "в HTML {bytes}; Gmail показывает около 102 КБ письма, а остальное прячет: сократите его")
            }
            Finding::ImageWithoutAlt { address } => write!(
                f,
                "{within}, строка {line}: у картинки {address:?} нет описания; напишите его для тех, кто её не увидит \
                 (alt=\"...\"), или alt=\"\", если она ничего не сообщает",
            ),
            Finding::Link { address, fault } => {
                write!(f, "{within}, строка {line}: ссылка {address:?} никуда не ведёт")?;
                f.write_str(match fault {
                    LinkFault::Empty => "; укажите адрес",
                    LinkFault::NoScheme => "; напишите адрес полностью, с https:// впереди",
                    LinkFault::Program => ": почтовые программы не запускают скриптов; сошлитесь на страницу",
                    LinkFault::Local => " у ваших читателей: эта машина есть только у вас; сошлитесь на страницу, которую откроет каждый",
                    LinkFault::Invalid => ": это не адрес; поищите в нём ошибку",
                })
            }
        }
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

/// The same for what a message is written in.
pub(super) fn within(field: &str) -> &'static str {
    if field == "markdown" {
        return "в Markdown";
    }
    let part = Part::ALL.into_iter().find(|part| part.name() == field);
    inside(part.unwrap_or(Part::Text))
}
