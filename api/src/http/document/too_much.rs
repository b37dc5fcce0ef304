//! What is too much to ask for at once, and what to do instead.

use crate::limits;
use domain::Said;

/// Of what a request asks for too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum TooMuch {
    /// A name has too many characters.
    Name,
    /// A number has too many digits.
    Number,
    /// Too many brackets, or selection sets, are inside each other.
    Nesting,
    /// More than so many fields are below each other.
    Depth(usize),
    /// The document has too many parts.
    Parts,
    /// Arguments have too many bytes.
    Input,
    /// Texts in the document itself have too many bytes, as they are written there.
    Texts,
    /// The answer could have more than so many fields.
    Fields(u64),
    /// PostgreSQL would have too much to do.
    Work,
    /// More than one thing of which a request does one.
    Alone,
}

impl TooMuch {
    /// The sentence for whoever asked.
    pub(super) fn said(self) -> Said {
        match self {
            Self::Name => {
                let most = limits::NAME;
                Said::filled(
                    format!("a name in the document has more than {most} characters; shorten it"),
                    format!("в документе есть имя длиннее {most} символов; сократите его"),
                )
            }
            Self::Number => {
                let most = limits::NAME;
                Said::filled(
                    format!("a number in the document has more than {most} digits; no field takes one"),
                    format!("в документе есть число длиннее {most} цифр; ни одно поле такого не принимает"),
                )
            }
            Self::Nesting => {
                let most = limits::NESTING;
                Said::filled(
                    format!(
                        "the document nests more than {most} levels deep, with brackets and fragments counted; ask for \
                         less depth, or put nested values into variables"
                    ),
                    format!(
                        "вложенность документа больше {most} уровней, считая скобки и фрагменты; запросите меньшую глубину \
                         или вынесите вложенные значения в переменные"
                    ),
                )
            }
            Self::Depth(most) => Said::filled(
                format!("fields stand more than {most} levels below each other; ask for less depth at once"),
                format!("поля вложены глубже {most} уровней; запросите меньшую глубину за раз"),
            ),
            Self::Parts => {
                let (most, syntax) = (limits::PARTS, limits::SYNTAX / 1024);
                Said::filled(
                    format!(
                        "the document has more than {most} parts, with fragments counted wherever they are spread, or more \
                         than {syntax} KiB beside its texts; ask for less at once, and put values into variables"
                    ),
                    format!(
                        "в документе больше {most} частей, если считать фрагменты всюду, где они подставлены, или больше \
                         {syntax} КиБ без учёта текстов; запрашивайте меньше за раз, а значения передавайте переменными"
                    ),
                )
            }
            Self::Input => {
                let most = limits::INPUT / 1024;
                Said::filled(
                    format!(
                        "arguments have more than {most} KiB together, with a variable counted as often as it is used; use \
                         large ones in fewer places"
                    ),
                    format!(
                        "аргументы занимают вместе больше {most} КиБ, если считать переменную столько раз, сколько она \
                         использована; используйте большие переменные реже"
                    ),
                )
            }
            Self::Texts => {
                let most = limits::TEXTS / 1024;
                Said::filled(
                    format!(
                        "the texts in the document have more than {most} KiB as they are written there; write letters \
                         themselves and not as \\u0416, or put long texts into variables, where it does not matter"
                    ),
                    format!(
                        "тексты в документе занимают в том виде, как они записаны, больше {most} КиБ; пишите сами буквы, а не \
                         \\u0416, или передавайте длинные тексты переменными, где это не важно"
                    ),
                )
            }
            Self::Fields(most) => Said::filled(
                format!(
                    "the answer could have more than {most} fields, with every list as long as it was asked for; ask for \
                     shorter pages (first) or fewer fields at once"
                ),
                format!(
                    "в ответе могло бы оказаться больше {most} полей, если считать каждый список полным; запросите \
                     страницы короче (first) или меньше полей за раз"
                ),
            ),
            Self::Alone => Said::new(
                "of logging in, registering, asking for letters, changing passwords and addresses, and rebuilding a request does \
                 one thing, once; ask in several requests",
                "вход, регистрация, запрос писем, смена пароля или адреса и перестройка проекций выполняются в запросе по одному \
                 и один раз; отправьте несколько запросов",
            ),
            Self::Work => Said::new(
                "the request asks for too many lists, searches, counts or changes at once; ask in several requests, for \
                 shorter pages (first) where lists stand inside lists, and for totalCount only where you need it",
                "запрос требует слишком много списков, поисков, подсчётов или изменений сразу; разбейте его на несколько, \
                 для списков внутри списков берите страницы короче (first), а totalCount — только там, где он нужен",
            ),
        }
    }
}
