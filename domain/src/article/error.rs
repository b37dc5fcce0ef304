use super::{MAX_BODY, MAX_HTML, MAX_IMAGE, MAX_NESTING, MAX_TITLE};
use crate::{Code, Refusal, counted_in_russian};

/// Why an article's command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The article does not exist, or is deleted.
    #[error("there is no such article")]
    NotFound,
    /// The id is in use.
    #[error("this article exists already")]
    AlreadyExists,
    /// No title, or one without a letter or digit.
    #[error("an article needs a title with at least one letter or digit")]
    TitleEmpty,
    /// The title has line breaks or other control characters.
    #[error("the title must be one line without control characters")]
    TitleNotALine,
    /// The title has more than [`MAX_TITLE`] characters.
    #[error("the title has {length} characters; at most {MAX_TITLE} fit")]
    TitleTooLong {
        /// The title's length in characters.
        length: usize,
    },
    /// Another article has the same place in the blog.
    #[error("another article is at {slug:?}, where this title would lead; choose another title")]
    TitleTaken {
        /// The slug that is made of the title.
        slug: String,
    },
    /// The body has nothing to read.
    #[error("an article needs a body")]
    BodyEmpty,
    /// The body has more than [`MAX_BODY`] bytes.
    #[error("the body has {bytes} bytes; at most {MAX_BODY} fit")]
    BodyTooLong {
        /// The body's length in bytes.
        bytes: usize,
    },
    /// Quotes, lists, emphasis or elements of HTML are inside each other more than [`MAX_NESTING`] deep.
    #[error(
        "quotes, lists or HTML in the body nest more than {MAX_NESTING} deep; take them apart, or close what is open"
    )]
    NestsTooDeep,
    /// The body becomes more than [`MAX_HTML`] bytes of HTML.
    #[error("the body becomes more than {MAX_HTML} bytes of HTML; shorten it, or close the tags that are open")]
    HtmlTooLarge,
    /// The text is not the address of an image that a browser may load.
    #[error("{url:?} is no address of an image; write one such as https://example.org/picture.jpg")]
    ImageInvalid {
        /// The text that was given.
        url: String,
    },
    /// The image's address has more than [`MAX_IMAGE`] characters.
    #[error("the image's address has {length} characters; at most {MAX_IMAGE} fit")]
    ImageTooLong {
        /// The address's length in characters.
        length: usize,
    },
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::NotFound,
            Self::AlreadyExists => Code::AlreadyExists,
            Self::TitleEmpty => Code::TitleEmpty,
            Self::TitleNotALine => Code::TitleNotALine,
            Self::TitleTooLong { .. } => Code::TitleTooLong,
            Self::TitleTaken { .. } => Code::TitleTaken,
            Self::BodyEmpty => Code::TextEmpty,
            Self::BodyTooLong { .. } => Code::BodyTooLong,
            Self::NestsTooDeep => Code::NestingTooDeep,
            Self::HtmlTooLarge => Code::HtmlTooLarge,
            Self::ImageInvalid { .. } => Code::ImageUrlInvalid,
            Self::ImageTooLong { .. } => Code::ImageUrlTooLong,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotFound => Some("id"),
            Self::AlreadyExists => None,
            Self::TitleEmpty | Self::TitleNotALine | Self::TitleTooLong { .. } | Self::TitleTaken { .. } => {
                Some("title")
            }
            Self::BodyEmpty | Self::BodyTooLong { .. } | Self::NestsTooDeep | Self::HtmlTooLarge => Some("body"),
            Self::ImageInvalid { .. } | Self::ImageTooLong { .. } => Some("imageUrl"),
        }
    }

    fn in_russian(&self) -> String {
        match self {
            Self::NotFound => "такой статьи нет".to_owned(),
            Self::AlreadyExists => "такая статья уже есть".to_owned(),
            Self::TitleEmpty => "укажите заголовок статьи, в котором есть хотя бы одна буква или цифра".to_owned(),
            Self::TitleNotALine => "заголовок должен быть одной строкой без управляющих символов".to_owned(),
            Self::TitleTooLong { length } => {
                let length = counted_in_russian(*length as u64, ["символ", "символа", "символов"]);
                format!("в заголовке {length}; помещается не больше {MAX_TITLE}")
            }
            Self::TitleTaken { slug } => {
                format!(
                    "адрес {slug:?}, который получится из заголовка, занят другой статьёй; выберите другой заголовок"
                )
            }
            Self::BodyEmpty => "напишите текст статьи".to_owned(),
            Self::BodyTooLong { bytes } => {
                let bytes = counted_in_russian(*bytes as u64, ["байт", "байта", "байт"]);
                format!("в тексте {bytes}; помещается не больше {MAX_BODY}")
            }
            Self::NestsTooDeep => format!(
                "цитаты, списки или HTML в тексте вложены друг в друга глубже {MAX_NESTING}; разделите их или закройте открытое"
            ),
            Self::HtmlTooLarge => {
                format!("из текста получается HTML больше {MAX_HTML} байт; сократите его или закройте открытые теги")
            }
            Self::ImageInvalid { url } => {
                format!("{url:?} — не адрес изображения; укажите, например, https://example.org/picture.jpg")
            }
            Self::ImageTooLong { length } => {
                let length = counted_in_russian(*length as u64, ["символ", "символа", "символов"]);
                format!("в адресе изображения {length}; помещается не больше {MAX_IMAGE}")
            }
        }
    }
}
