use super::{DomainName, Selector};
use crate::refusal::told_by_code;
use crate::{Code, Refusal};
use chrono::{DateTime, Utc};

/// Why a sender domain's command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The domain was not added, or was removed.
    NotFound,
    /// The domain was added already.
    Taken {
        /// The domain.
        domain: DomainName,
    },
    /// The text is no domain.
    DomainInvalid {
        /// What was given.
        domain: String,
    },
    /// The text is no selector.
    SelectorInvalid {
        /// What was given.
        selector: String,
    },
    /// The domain has, or had, a key of this name.
    SelectorTaken {
        /// The name of the key.
        selector: Selector,
    },
    /// The domain has no key of this name.
    KeyNotFound {
        /// The name of the key.
        selector: Selector,
    },
    /// Letters are signed with the key.
    KeyActive {
        /// The name of the key.
        selector: Selector,
    },
    /// Letters that were signed with the key may be on their way.
    KeyStillNeeded {
        /// The name of the key.
        selector: Selector,
        /// The moment from which it may go.
        until: DateTime<Utc>,
    },
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::SenderDomainNotFound,
            Self::Taken { .. } => Code::SenderDomainTaken,
            Self::DomainInvalid { .. } => Code::DomainInvalid,
            Self::SelectorInvalid { .. } => Code::SelectorInvalid,
            Self::SelectorTaken { .. } => Code::SelectorTaken,
            Self::KeyNotFound { .. } => Code::KeyNotFound,
            Self::KeyActive { .. } => Code::KeyActive,
            Self::KeyStillNeeded { .. } => Code::KeyStillNeeded,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotFound | Self::Taken { .. } | Self::DomainInvalid { .. } => Some("domain"),
            Self::SelectorInvalid { .. }
            | Self::SelectorTaken { .. }
            | Self::KeyNotFound { .. }
            | Self::KeyActive { .. }
            | Self::KeyStillNeeded { .. } => Some("selector"),
        }
    }
}

told_by_code!(Error);
