//! What a letter says.

use super::Error;
use crate::letter::size::MAX_BODY;
use crate::letter::{Advice, Known, advice, markdown};
use crate::{Part, Template};
use serde::{Deserialize, Serialize};

/// The longest subject, in characters. A header line holds at most 998 bytes (RFC 5322, section 2.1.1).
pub const MAX_SUBJECT: usize = 255;

/// Subject and bodies, whose merge fields are known to be right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    subject: String,
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    html: Option<String>,
    /// What text and HTML were made of, if they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    markdown: Option<String>,
}

impl Content {
    /// Checks a letter that names no fields of its owner's own.
    pub fn parse(subject: &str, text: &str, html: Option<&str>) -> Result<Self, Error> {
        Self::parse_with(subject, text, html, Known::None)
    }

    /// Checks a letter: a subject of one line, a body, merge fields that exist or are among these of its owner's own, and no more of
    /// them than fit.
    pub fn parse_with(subject: &str, text: &str, html: Option<&str>, known: Known<'_>) -> Result<Self, Error> {
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
            fits(part, &template(part, source, known)?)?;
        }
        let (subject, text, html) = (subject.to_owned(), text.to_owned(), html.map(str::to_owned));
        Ok(Self { subject, text, html, markdown: None })
    }

    /// The same as [`Self::parse`] for a letter whose text and HTML are made of one source in Markdown.
    pub fn of_markdown(subject: &str, source: &str) -> Result<Self, Error> {
        Self::of_markdown_with(subject, source, Known::None)
    }

    /// The same as [`Self::parse_with`] for a letter whose text and HTML are made of one source in Markdown, which takes a core for a
    /// tenth of a second if it is of the longest.
    pub fn of_markdown_with(subject: &str, source: &str, known: Known<'_>) -> Result<Self, Error> {
        if source.trim().is_empty() {
            return Err(Error::MarkdownEmpty);
        }
        if source.len() > MAX_BODY {
            return Err(Error::BodyTooLong { field: "markdown", bytes: source.len() });
        }
        // As it was written, so that the line that is named is the writer's.
        Template::parse_with(Part::Text, source, known)
            .map_err(|problem| Error::MergeField { field: "markdown", problem })?;
        let parts = markdown::parts(source)?;
        let content =
            Self::parse_with(subject, &parts.text, Some(&parts.html), known).map_err(|error| match error {
                Error::TextEmpty => Error::MarkdownEmpty,
                Error::BodyTooLong { .. } => Error::MarkdownTooLarge,
                Error::MergeField { field: "text" | "html", problem } => {
                    Error::MergeField { field: "markdown", problem }
                }
                error => error,
            })?;
        Ok(Self { markdown: Some(source.to_owned()), ..content })
    }

    /// The same letter with another subject.
    pub fn with_subject(&self, subject: &str, known: Known<'_>) -> Result<Self, Error> {
        let Self { subject, .. } = Self::parse_with(subject, "-", None, known)?;
        Ok(Self { subject, ..self.clone() })
    }

    /// Checks a letter that was written once for whether it would be taken today: it may be older than the budgets are, and than
    /// what is known about filters.
    pub fn check(subject: &str, text: &str, html: Option<&str>, known: Known<'_>) -> Result<(), Error> {
        for (part, source) in Part::ALL.into_iter().zip([subject, text, html.unwrap_or_default()]) {
            fits(part, &template(part, source, known)?)?;
        }
        Ok(())
    }

    /// What in a letter looks like a mistake, and may be none. If text and HTML were made of Markdown, it is told of that.
    #[must_use]
    pub fn warnings(
        subject: &str,
        text: &str,
        html: Option<&str>,
        markdown: Option<&str>,
        known: Known<'_>,
    ) -> Vec<Advice> {
        match markdown {
            Some(source) => advice::about_markdown(subject, source, html.unwrap_or_default(), known),
            None => advice::about(subject, text, html.unwrap_or_default(), known),
        }
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

    /// The source of text and HTML, if they were made of Markdown.
    #[must_use]
    pub fn markdown(&self) -> Option<&str> {
        self.markdown.as_deref()
    }
}

fn template(part: Part, source: &str, known: Known<'_>) -> Result<Template, Error> {
    Template::parse_with(part, source, known).map_err(|problem| Error::MergeField { field: part.name(), problem })
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
