//! What a relay replies, as it may be kept and shown.

pub use domain::reply::{EnhancedCode, NoEnhancedCode};
use domain::reply::{Whom, masked};
use std::fmt;

/// How many characters of a relay's text are kept.
const LONGEST_TEXT: usize = 500;

/// A reply as it may be kept and shown: addresses masked, at most 500 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The three digits.
    pub code: u16,
    /// The enhanced status code (RFC 3463), when there is one.
    pub enhanced: Option<EnhancedCode>,
    /// The text without the codes, lines joined with spaces.
    pub text: String,
}

impl Reply {
    /// A reply from its code and the text that followed it: takes the enhanced code off the text, masks addresses,
    /// replaces control characters and shortens it.
    #[must_use]
    pub fn new(code: u16, text: &str) -> Self {
        let text = text.trim();
        let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
        // An enhanced code must agree with the three digits (RFC 2034, 4).
        let enhanced = first.parse().ok().filter(|enhanced: &EnhancedCode| u16::from(enhanced.class) == code / 100);
        let text = if enhanced.is_some() { rest.trim_start() } else { text };
        let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Self { code, enhanced, text: shortened(&masked(&spaced)) }
    }

    /// The same reply without whom it names, to whom the letter goes that it answers.
    #[must_use]
    pub fn without(self, whom: &Whom<'_>) -> Self {
        Self { text: shortened(&whom.masked(self.text)), ..self }
    }

    /// A verdict of our own in the form of a reply, marked as such.
    pub(super) fn ours(code: u16, enhanced: (u8, u16, u16), why: &str) -> Self {
        let (class, subject, detail) = enhanced;
        let enhanced = Some(EnhancedCode { class, subject, detail });
        Self { enhanced, ..Self::new(code, &format!("SkyMailing: {why}")) }
    }

    pub(super) fn subject_and_detail(&self) -> Option<(u16, u16)> {
        // X.0.0 says nothing that the three digits do not.
        self.enhanced.map(|enhanced| (enhanced.subject, enhanced.detail)).filter(|code| *code != (0, 0))
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}

/// `550 5.1.1 no such user`
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(enhanced) = self.enhanced {
            write!(f, " {enhanced}")?;
        }
        if self.text.is_empty() { Ok(()) } else { write!(f, " {}", self.text) }
    }
}

#[cfg(test)]
mod tests;
