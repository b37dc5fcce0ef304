//! What an article says, and where it is found.

use super::{Error, PictureName};
use crate::markdown;
use serde::{Deserialize, Serialize};
use url::Url;

/// The longest title, in characters.
pub const MAX_TITLE: usize = 200;

/// The longest body, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;

/// The longest address of an image, in characters.
pub const MAX_IMAGE: usize = 2_000;

/// A title of one line, a body in Markdown, and perhaps an image, here or somewhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    title: String,
    body: Body,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image: Option<String>,
}

/// A text in Markdown that becomes HTML.
///
/// Reading it back from an event does not judge it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Body(String);

impl Body {
    /// Checks a text, and that it can be rendered: that takes a core for a tenth of a second if it is of the longest.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.trim().is_empty() {
            return Err(Error::BodyEmpty);
        }
        if text.len() > MAX_BODY {
            return Err(Error::BodyTooLong { bytes: text.len() });
        }
        markdown::html(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The body as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As HTML in which nothing runs. A text that is older than the rules and breaks them is shown as it was written.
    #[must_use]
    pub fn html(&self) -> String {
        markdown::html(&self.0).unwrap_or_else(|_| markdown::as_written(&self.0))
    }
}

/// A text that was a body once.
impl From<String> for Body {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Content {
    /// Checks an article. An empty address is none.
    pub fn parse(title: &str, body: &str, image: Option<&str>) -> Result<Self, Error> {
        Self::new(title, Body::parse(body)?, image)
    }

    /// The content of a title, a checked body and an image's address; what is wrong with the title or the address is
    /// an error.
    pub fn new(title: &str, body: Body, image: Option<&str>) -> Result<Self, Error> {
        let title = title.trim();
        let length = title.chars().count();
        if title.chars().any(char::is_control) {
            return Err(Error::TitleNotALine);
        }
        if length > MAX_TITLE {
            return Err(Error::TitleTooLong { length });
        }
        // A mark that stands alone counts as a letter in Unicode, and leads nowhere all the same.
        if Slug::of(title).0.is_empty() {
            return Err(Error::TitleEmpty);
        }
        let image = image.map(str::trim).filter(|image| !image.is_empty());
        if let Some(image) = image {
            check_image(image)?;
        }
        Ok(Self { title: title.to_owned(), body, image: image.map(str::to_owned) })
    }

    /// The title, in one line.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The body, in Markdown.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// The address of the image; `None` if there is none.
    #[must_use]
    pub fn image(&self) -> Option<&str> {
        self.image.as_deref()
    }

    /// The slug that is made of the title.
    #[must_use]
    pub fn slug(&self) -> Slug {
        Slug::of(&self.title)
    }
}

/// A browser loads it, so it is the web's, and has no password for everybody to read; or it is one of the pictures that lie
/// here. Parsers of URLs drop line breaks and blanks; we refuse them, because what is kept is what was written.
fn check_image(image: &str) -> Result<(), Error> {
    let length = image.chars().count();
    if length > MAX_IMAGE {
        return Err(Error::ImageTooLong { length });
    }
    if PictureName::at(image).is_some() {
        return Ok(());
    }
    let is_right = |url: &Url| {
        ["https", "http"].contains(&url.scheme())
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    };
    let is_plain = !image.chars().any(|character| character.is_control() || character.is_whitespace());
    match Url::parse(image) {
        Ok(url) if is_plain && is_right(&url) => Ok(()),
        _ => Err(Error::ImageInvalid { url: image.to_owned() }),
    }
}

/// An article's place in the blog: the title's letters and digits of any script in lower case, with hyphens between
/// words. Two titles that lead to the same place exclude each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slug(String);

impl Slug {
    fn of(title: &str) -> Self {
        // A combining mark belongs to the letter before it and is no word's end; it is left out.
        let is_mark = |c: char| matches!(c, '\u{300}'..='\u{36f}' | '\'' | '\u{2019}');
        let kept: String = title.to_lowercase().chars().filter(|c| !is_mark(*c)).collect();
        let words: Vec<&str> = kept.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        Self(words.join("-"))
    }

    /// The slug as it stands in an address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
