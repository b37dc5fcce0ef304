//! What a letter says.

use super::Error;
use crate::{ForeignField, Part, Template};
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
            fits(part, &template(part, source)?)?;
        }
        Ok(Self { subject: subject.to_owned(), text: text.to_owned(), html: html.map(str::to_owned) })
    }

    /// Checks a letter that was written once for whether it would be taken today: it may be older than the budgets are, and than
    /// what is known about filters.
    pub fn check(subject: &str, text: &str, html: Option<&str>) -> Result<(), Error> {
        for (part, source) in Part::ALL.into_iter().zip([subject, text, html.unwrap_or_default()]) {
            fits(part, &template(part, source)?)?;
        }
        Ok(())
    }

    /// What in a letter looks like a mistake, and may be none: merge fields of other programs, which are sent as they are.
    #[must_use]
    pub fn warnings(subject: &str, text: &str, html: Option<&str>) -> Vec<ForeignField> {
        let parts = Part::ALL.into_iter().zip([subject, text, html.unwrap_or_default()]);
        parts.flat_map(|(part, source)| Template::foreign_fields(part, source)).collect()
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

fn template(part: Part, source: &str) -> Result<Template, Error> {
    Template::parse(part, source).map_err(|problem| Error::MergeField { field: part.name(), problem })
}

/// Whether a part stays within its budget for everybody who could be a client.
fn fits(part: Part, template: &Template) -> Result<(), Error> {
    let largest = template.largest();
    match largest.heaviest {
        Some((merge_field, times)) if largest.bytes > part.budget() => {
            Err(Error::TooLarge { part, bytes: largest.bytes, merge_field, times })
        }
        // Without merge fields it is as long as it is, which the bounds of subject and bodies are for.
        _ => Ok(()),
    }
}
