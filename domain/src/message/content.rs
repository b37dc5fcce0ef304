//! What a letter says.

use super::Error;
use crate::{Part, Template};
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
    /// Checks a letter: a subject of one line, a body, merge fields that exist, and no more of them than fit.
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
        for (part, source) in Part::ALL.into_iter().zip([subject, text, html.unwrap_or_default()]) {
            let template = Template::parse(source);
            let template = template.map_err(|problem| Error::MergeField { field: part.name(), problem })?;
            fits(part, &template)?;
        }
        Ok(Self { subject: subject.to_owned(), text: text.to_owned(), html: html.map(str::to_owned) })
    }

    /// Checks a letter that was written once for whether it still fits: it may be older than the budgets are.
    pub fn check_budget(subject: &str, text: &str, html: Option<&str>) -> Result<(), Error> {
        for (part, source) in Part::ALL.into_iter().zip([subject, text, html.unwrap_or_default()]) {
            // What does not parse is refused where it is rendered.
            Template::parse(source).map_or(Ok(()), |template| fits(part, &template))?;
        }
        Ok(())
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

/// Whether a part stays within its budget for everybody who could be a client.
fn fits(part: Part, template: &Template) -> Result<(), Error> {
    let largest = template.largest(part);
    match largest.heaviest {
        Some((merge_field, times)) if largest.bytes > part.budget() => {
            Err(Error::TooLarge { part, bytes: largest.bytes, merge_field, times })
        }
        // Without merge fields it is as long as it is, which the bounds of subject and bodies are for.
        _ => Ok(()),
    }
}
