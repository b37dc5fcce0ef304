use super::English;
use domain::article::{Error, MAX_BODY, MAX_HTML, MAX_IMAGE, MAX_NESTING, MAX_PICTURE, MAX_TITLE, PictureError};
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "there is no such article"),
            Self::AlreadyExists => write!(f, "this article exists already"),
            Self::TitleEmpty => write!(f, "an article needs a title with at least one letter or digit"),
            Self::TitleNotALine => write!(f, "the title must be one line without control characters"),
            Self::TitleTooLong { length } => write!(f, "the title has {length} characters; at most {MAX_TITLE} fit"),
            Self::TitleTaken { slug } => {
                write!(f, "another article is at {slug:?}, where this title would lead; choose another title")
            }
            Self::BodyEmpty => write!(f, "an article needs a body"),
            Self::BodyTooLong { bytes } => write!(f, "the body has {bytes} bytes; at most {MAX_BODY} fit"),
            Self::NestsTooDeep => write!(
                f,
                "quotes, lists or HTML in the body nest more than {MAX_NESTING} deep; take them apart, or \
                 close what is open",
            ),
            Self::HtmlTooLarge => write!(
                f,
                "the body becomes more than {MAX_HTML} bytes of HTML; shorten it, or close the tags that are open",
            ),
            Self::ImageInvalid { url } => {
                write!(f, "{url:?} is no address of an image; write one such as https://example.org/picture.jpg")
            }
            Self::ImageTooLong { length } => {
                write!(f, "the image's address has {length} characters; at most {MAX_IMAGE} fit")
            }
        }
    }
}

impl English for PictureError {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAPicture => {
                write!(f, "this is no picture that browsers show: send a PNG, a JPEG, a GIF or a WebP")
            }
            Self::TooLarge => {
                let most = MAX_PICTURE / 1024 / 1024;
                write!(f, "a picture has at most {most} MiB: make it smaller")
            }
        }
    }
}
