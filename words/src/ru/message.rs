use super::letter::{inside, within};
use super::{Ru, Russian, counted, of_bytes, of_characters};
use domain::message::{Error, MAX_BODY, MAX_NESTING, MAX_SUBJECT};
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "среди ваших писем такого нет"),
            Self::AlreadyExists => write!(f, "такое письмо уже есть"),
            Self::SubjectEmpty => write!(f, "укажите тему письма"),
            Self::SubjectNotALine => write!(f, "тема должна быть одной строкой без управляющих символов"),
            Self::SubjectTooLong { length } => {
                let length = of_characters(*length);
                write!(f, "в теме {length}; помещается не больше {MAX_SUBJECT}")
            }
            Self::TextEmpty => write!(f, "напишите текст письма; HTML может быть вместе с текстом, но не вместо него"),
            Self::BodyTooLong { field, bytes } => {
                let bytes = of_bytes(*bytes);
                write!(f, "{} {bytes}; помещается не больше {MAX_BODY}", within(field))
            }
            Self::MarkdownEmpty => write!(f, "напишите текст письма: в этом Markdown читать нечего"),
            Self::MarkdownNotAlone => {
                write!(f, "текст и HTML получаются из Markdown; пришлите или Markdown, или текст и HTML")
            }
            Self::MarkdownNestsTooDeep => write!(
                f,
                "цитаты, списки или HTML в Markdown вложены друг в друга глубже {MAX_NESTING}; разделите их или закройте \
                 то, что открыто",
            ),
            Self::MarkdownTooLarge => {
                write!(f, "из Markdown получается текст или HTML больше {MAX_BODY} байт; сократите письмо")
            }
            Self::MergeField { field, problem } => write!(f, "{}: {}", within(field), Ru(problem)),
            Self::TooLarge { part, bytes, merge_field, times } => {
                let bytes = of_bytes(*bytes);
                let times = counted(*times as u64, ["раз", "раза", "раз"]);
                write!(
                    f,
                    "{} может получиться {bytes}, если имя и комментарий клиента самые длинные, а помещается \
                     не больше {}: используйте поля подстановки реже, прежде всего {{{{{merge_field}}}}}, \
                     которое встречается {times}",
                    inside(*part),
                    part.budget(),
                )
            }
        }
    }
}
