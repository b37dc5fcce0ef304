use super::English;
use crate::shown::minute;
use domain::sender_domain::Error;
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "letters of this domain are not signed here: add the domain first"),
            Self::Taken { domain } => write!(f, "the domain {domain} is there already"),
            Self::DomainInvalid { domain } => {
                write!(f, "{domain:?} is no domain that others can look up, such as \"example.org\"")
            }
            Self::SelectorInvalid { selector } => write!(
                f,
                "{selector:?} cannot be the name of a key: letters, digits and hyphens can be in it, 63 at most, no hyphen \
                 first or last"
            ),
            Self::SelectorTaken { selector } => write!(
                f,
                "the domain has, or had, another key with the name {selector}: take a name that was never used"
            ),
            Self::KeyNotFound { selector } => write!(f, "the domain has no key with the name {selector}"),
            Self::KeyActive { selector } => write!(f, "letters are signed with the key {selector}: retire it first"),
            Self::KeyStillNeeded { selector, until } => write!(
                f,
                "letters that were signed with the key {selector} may be on their way; it can go from {} on, and its record \
                 has to stay until then",
                minute(until),
            ),
        }
    }
}
