//! Why nothing is looked up.

use crate::refusal::told_by_code;
use crate::{Code, Refusal};

/// Why a domain cannot be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// It is no domain at all.
    DomainInvalid {
        /// What was given.
        domain: String,
    },
    /// It is no name that everybody may know: a single label, or a name of an inner network.
    DomainNotPublic {
        /// What was given.
        domain: String,
    },
    /// It is no name of a DKIM key.
    SelectorInvalid {
        /// What was given.
        selector: String,
    },
    /// There are too many selectors for one check.
    SelectorsTooMany {
        /// How many were named.
        named: usize,
    },
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::DomainInvalid { .. } => Code::DomainInvalid,
            Self::DomainNotPublic { .. } => Code::DomainNotPublic,
            Self::SelectorInvalid { .. } => Code::SelectorInvalid,
            Self::SelectorsTooMany { .. } => Code::SelectorsTooMany,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::DomainInvalid { .. } | Self::DomainNotPublic { .. } => Some("domain"),
            Self::SelectorInvalid { .. } | Self::SelectorsTooMany { .. } => Some("selectors"),
        }
    }
}

told_by_code!(Error);
