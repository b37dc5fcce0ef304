//! What a relay replies, as it may be kept and shown.

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

/// An enhanced status code such as 5.1.1 (RFC 3463).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EnhancedCode {
    /// 2, 4 or 5.
    pub class: u8,
    /// What it is about: 1 address, 2 mailbox, 3 mail system, 4 network, 5 protocol, 6 content, 7 policy.
    pub subject: u16,
    /// What exactly.
    pub detail: u16,
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
        Self { code, enhanced, text: mask_addresses(&spaced).chars().take(LONGEST_TEXT).collect() }
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

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// What is not an enhanced status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an enhanced status code looks like 5.1.1 (RFC 3463)")]
pub struct NoEnhancedCode;

impl std::str::FromStr for EnhancedCode {
    type Err = NoEnhancedCode;

    fn from_str(text: &str) -> Result<Self, NoEnhancedCode> {
        let number = |part: &str| {
            let good = (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<u16>().ok().filter(|_| good)
        };
        let mut parts = text.split('.').map(number);
        match (parts.next().flatten(), parts.next().flatten(), parts.next().flatten(), parts.next()) {
            (Some(class @ (2 | 4 | 5)), Some(subject), Some(detail), None) => {
                Ok(Self { class: u8::try_from(class).map_err(|_| NoEnhancedCode)?, subject, detail })
            }
            _ => Err(NoEnhancedCode),
        }
    }
}

/// Puts `<address>` in the place of everything that looks like `local@domain`: replies are kept for years and shown to
/// people, addresses belong to the address book only.
pub(crate) fn mask_addresses(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let local = local_part_length(before);
        let domain = after.find(|c| !is_in_domain(c)).unwrap_or(after.len());
        if local == 0 || domain == 0 {
            masked.push_str(&rest[..=at]);
            rest = after;
            continue;
        }
        let before = &before[..before.len() - local];
        // An address in angle brackets has them already.
        let bracketed = before.ends_with('<') && after[domain..].starts_with('>');
        masked.push_str(before.strip_suffix('<').filter(|_| bracketed).unwrap_or(before));
        masked.push_str("<address>");
        // "." and ":" also end sentences and clauses.
        let kept = after[..domain].len() - after[..domain].trim_end_matches(['.', ':', '-']).len();
        rest = if bracketed { &after[domain + 1..] } else { &after[domain - kept..] };
    }
    masked.push_str(rest);
    masked
}

fn local_part_length(before: &str) -> usize {
    if let Some(quoted) = before.strip_suffix('"') {
        return quoted.rfind('"').map_or(1, |start| before.len() - start);
    }
    before.len() - before.trim_end_matches(|c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)).len()
}

fn is_in_domain(c: char) -> bool {
    c.is_alphanumeric() || ".-_:[]".contains(c)
}

#[cfg(test)]
mod tests;
