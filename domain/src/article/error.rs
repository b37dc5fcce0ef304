use crate::refusal::told_by_code;
use crate::{Code, Refusal, markdown};

/// Why an article's command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The article does not exist, or is deleted.
    NotFound,
    /// The id is in use.
    AlreadyExists,
    /// No title, or one without a letter or digit.
    TitleEmpty,
    /// The title has line breaks or other control characters.
    TitleNotALine,
    /// The title has more than [`super::MAX_TITLE`] characters.
    TitleTooLong {
        /// The title's length in characters.
        length: usize,
    },
    /// Another article has the same place in the blog.
    TitleTaken {
        /// The slug that is made of the title.
        slug: String,
    },
    /// The body has nothing to read.
    BodyEmpty,
    /// The body has more than [`super::MAX_BODY`] bytes.
    BodyTooLong {
        /// The body's length in bytes.
        bytes: usize,
    },
    /// Quotes, lists, emphasis or elements of HTML are inside each other more than [`super::MAX_NESTING`] deep.
    NestsTooDeep,
    /// The body becomes more than [`super::MAX_HTML`] bytes of HTML.
    HtmlTooLarge,
    /// The text is neither the address of an image that a browser may load, nor that of a picture that lies here.
    ImageInvalid {
        /// The text that was given.
        url: String,
    },
    /// The image's address has more than [`super::MAX_IMAGE`] characters.
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
}

told_by_code!(Error);

/// Why bytes were not kept as a picture of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureError {
    /// They begin as no picture does that browsers show.
    NotAPicture,
    /// There are more than [`super::MAX_PICTURE`] of them.
    TooLarge,
}

impl Refusal for PictureError {
    fn code(&self) -> Code {
        match self {
            Self::NotAPicture => Code::UnsupportedMediaType,
            Self::TooLarge => Code::PayloadTooLarge,
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("picture")
    }
}

told_by_code!(PictureError);

impl From<markdown::Error> for Error {
    fn from(error: markdown::Error) -> Self {
        match error {
            markdown::Error::NestsTooDeep => Self::NestsTooDeep,
            markdown::Error::HtmlTooLarge => Self::HtmlTooLarge,
        }
    }
}
