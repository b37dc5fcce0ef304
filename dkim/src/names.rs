//! The names that a signature and its record in DNS are made of.

use std::fmt;
use thiserror::Error;

/// Octets of a label (RFC 1035, section 2.3.4).
const LONGEST_LABEL: usize = 63;
/// Octets of a whole name as it is written.
const LONGEST_NAME: usize = 253;
/// What stands between a selector and its domain.
const BETWEEN: &str = "._domainkey.";
/// Room that is left for a domain beside the shortest selector.
const LONGEST_DOMAIN: usize = LONGEST_NAME - BETWEEN.len() - 1;

/// Why a name is none.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("the name is empty")]
    Empty,
    /// DNS has no room for it.
    #[error("the name has {length} characters, and may have {longest}")]
    TooLong {
        /// Octets of it.
        length: usize,
        /// Octets that it may have.
        longest: usize,
    },
    /// A domain of one label is not reachable from elsewhere.
    #[error("\"{0}\" is no domain that others can look up: it has no dot")]
    NoDot(String),
    /// Letters of other alphabets are written in their ASCII form there (RFC 6376, section 3.5, tag `d`).
    #[error("\"{0}\" is not ASCII: write it in its \"xn--\" form")]
    NotAscii(String),
    /// A part between two dots is empty, too long, or has a character that it may not have.
    #[error(
        "\"{0}\" cannot stand between two dots: letters, digits and hyphens can, 63 at most, no hyphen first or last"
    )]
    Label(String),
}

/// A domain that signs, in lower case, in the form that DNS has: `d=` of the signature.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(String);

impl Domain {
    /// Reads a domain; a dot at its end is left away.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let name = labels(text.strip_suffix('.').unwrap_or(text), LONGEST_DOMAIN)?;
        if name.contains('.') { Ok(Self(name)) } else { Err(NameError::NoDot(name)) }
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which of a domain's keys, in lower case: `s=` of the signature.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector(String);

impl Selector {
    /// Reads a selector: one label, or several with dots between them.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        labels(text, LONGEST_LABEL).map(Self)
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the record of this key is, without a dot at the end: `selector._domainkey.domain`.
    ///
    /// It fits into DNS for every selector up to 32 characters with a domain up to 209; [`Selector::fits`] says it of others.
    #[must_use]
    pub fn record_name(&self, domain: &Domain) -> String {
        format!("{}{BETWEEN}{}", self.0, domain.0)
    }

    /// Whether the name of the record is one that DNS can have.
    #[must_use]
    pub fn fits(&self, domain: &Domain) -> bool {
        self.0.len() + BETWEEN.len() + domain.0.len() <= LONGEST_NAME
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name in lower case, if it consists of labels (`sub-domain` of RFC 5321, section 4.1.2).
fn labels(text: &str, longest: usize) -> Result<String, NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if !text.is_ascii() {
        return Err(NameError::NotAscii(text.to_owned()));
    }
    if text.len() > longest {
        return Err(NameError::TooLong { length: text.len(), longest });
    }
    let is_one = |label: &str| {
        let within = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        within && (1..=LONGEST_LABEL).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    match text.split('.').find(|label| !is_one(label)) {
        Some(label) => Err(NameError::Label(label.to_owned())),
        None => Ok(text.to_ascii_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_in_lower_case_and_without_the_last_dot() {
        assert_eq!(Domain::parse("Mail.Example.ORG.").unwrap().as_str(), "mail.example.org");
        assert_eq!(Selector::parse("Key1.May").unwrap().as_str(), "key1.may");
    }

    #[test]
    fn what_would_add_a_tag_or_a_line_is_no_name() {
        for bad in ["a b", "a;d=evil.org", "a\r\n", "a_b", "-a", "a-", "a..b", ".a", "a/b", "*"] {
            assert!(matches!(Selector::parse(bad), Err(NameError::Label(_))), "{bad:?}");
            assert!(matches!(Domain::parse(&format!("{bad}.org")), Err(NameError::Label(_))), "{bad:?}.org");
        }
        assert_eq!(Domain::parse("пример.рф"), Err(NameError::NotAscii("пример.рф".to_owned())));
        assert!(Domain::parse("xn--e1afmkfd.xn--p1ai").is_ok());
        assert_eq!(Domain::parse("localhost"), Err(NameError::NoDot("localhost".to_owned())));
        assert_eq!(Domain::parse(""), Err(NameError::Empty));
        assert_eq!(Domain::parse("."), Err(NameError::Empty));
        let label = "a".repeat(63);
        assert!(Domain::parse(&format!("{label}.org")).is_ok());
        assert!(Domain::parse(&format!("a{label}.org")).is_err());
        let long = format!("{label}.{label}.{label}.{label}");
        assert_eq!(Domain::parse(&long), Err(NameError::TooLong { length: 255, longest: 240 }));
    }

    #[test]
    fn a_record_is_below_the_domain() {
        let (selector, domain) = (Selector::parse("s1").unwrap(), Domain::parse("example.org").unwrap());
        assert_eq!(selector.record_name(&domain), "s1._domainkey.example.org");
        assert!(selector.fits(&domain));
        let label = "a".repeat(63);
        let long = Domain::parse(&format!("{label}.{label}.{label}")).unwrap();
        assert!(!Selector::parse(&"s".repeat(63)).unwrap().fits(&long));
    }
}
