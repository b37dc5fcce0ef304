//! What a letter says.

use super::Error;
use crate::Template;
use serde::{Deserialize, Serialize};

/// The longest subject, in characters. A header line holds at most 998 bytes (RFC 5322, section 2.1.1).
pub const MAX_SUBJECT: usize = 255;

/// The longest body, in bytes, text and HTML each.
pub const MAX_BODY: usize = 1024 * 1024;

/// Subject and bodies, whose merge fields are known to be right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    subject: String,
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    html: Option<String>,
}

impl Content {
    /// Checks a letter: a subject of one line, a body, and merge fields that exist.
    pub fn parse(subject: &str, text: &str, html: Option<&str>) -> Result<Self, Error> {
        let subject = subject.trim();
        let html = html.filter(|html| !html.trim().is_empty());
        let length = subject.chars().count();
        if subject.is_empty() {
            return Err(Error::SubjectEmpty);
        }
        if subject.chars().any(char::is_control) {
            return Err(Error::SubjectNotALine);
        }
        if length > MAX_SUBJECT {
            return Err(Error::SubjectTooLong { length });
        }
        if text.trim().is_empty() {
            return Err(Error::TextEmpty);
        }
        for (field, body) in [("text", text), ("html", html.unwrap_or_default())] {
            if body.len() > MAX_BODY {
                return Err(Error::BodyTooLong { field, bytes: body.len() });
            }
        }
        for (field, part) in [("subject", subject), ("text", text), ("html", html.unwrap_or_default())] {
            Template::parse(part).map_err(|problem| Error::MergeField { field, problem })?;
        }
        Ok(Self { subject: subject.to_owned(), text: text.to_owned(), html: html.map(str::to_owned) })
    }

    /// One line, with merge fields.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The plain text, with merge fields.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The HTML, with merge fields.
    #[must_use]
    pub fn html(&self) -> Option<&str> {
        self.html.as_deref()
    }
}
