use super::{Russian, of_bytes, of_characters};
use domain::article::{Error, MAX_BODY, MAX_HTML, MAX_IMAGE, MAX_NESTING, MAX_PICTURE, MAX_TITLE, PictureError};
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "такой статьи нет"),
            Self::AlreadyExists => write!(f, "такая статья уже есть"),
            Self::TitleEmpty => write!(f, "укажите заголовок статьи, в котором есть хотя бы одна буква или цифра"),
            Self::TitleNotALine => write!(f, "заголовок должен быть одной строкой без управляющих символов"),
            Self::TitleTooLong { length } => {
                let length = of_characters(*length);
                write!(f, "в заголовке {length}; помещается не больше {MAX_TITLE}")
            }
            Self::TitleTaken { slug } => {
                write!(
                    f,
                    "адрес {slug:?}, который получится из заголовка, занят другой статьёй; выберите другой заголовок",
                )
            }
            Self::BodyEmpty => write!(f, "напишите текст статьи"),
            Self::BodyTooLong { bytes } => {
                let bytes = of_bytes(*bytes);
                write!(f, "в тексте {bytes}; помещается не больше {MAX_BODY}")
            }
            Self::NestsTooDeep => write!(
                f,
                "цитаты, списки или HTML в тексте вложены друг в друга глубже {MAX_NESTING}; разделите их или \
                 закройте открытое",
            ),
            Self::HtmlTooLarge => {
                write!(f, "из текста получается HTML больше {MAX_HTML} байт; сократите его или закройте открытые теги")
            }
            Self::ImageInvalid { url } => {
                write!(f, "{url:?} — не адрес изображения; укажите, например, https://example.org/picture.jpg")
            }
            Self::ImageTooLong { length } => {
                let length = of_characters(*length);
                write!(f, "в адресе изображения {length}; помещается не больше {MAX_IMAGE}")
            }
        }
    }
}

impl Russian for PictureError {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAPicture => {
                write!(f, "это не картинка, которую показывают браузеры: отправьте PNG, JPEG, GIF или WebP")
            }
            Self::TooLarge => {
                let most = MAX_PICTURE / 1024 / 1024;
                write!(f, "в картинке не больше {most} МиБ: уменьшите её")
            }
        }
    }
}
