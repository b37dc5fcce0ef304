//! Why letters of a domain cannot be signed.

use domain::Language;
use std::sync::Arc;
use words::Sentence;
use words::mailings::Halt;

/// Why letters of a domain cannot go out at this moment.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoSigner {
    /// It has keys, and somebody has to do something before they can be used here.
    #[error("letters from {domain} cannot be signed: {why}")]
    Unusable {
        /// Whose keys they are.
        domain: Arc<str>,
        /// What is wrong with them.
        why: Arc<str>,
    },
    /// It has keys that are sealed under another master key than this process has. Processes that have it send its letters.
    #[error("letters from {domain} are left to other processes: {why}")]
    Elsewhere {
        /// Whose keys they are.
        domain: Arc<str>,
        /// What is wrong here.
        why: Arc<str>,
    },
    /// Nobody could be asked which keys it has. That passes.
    #[error("the keys cannot be read: {0}")]
    Unread(#[from] sqlx::Error),
}

impl NoSigner {
    /// What stops a mailing, as its owner is told; nothing if it passes by itself.
    pub(crate) fn stops(&self) -> Option<String> {
        match self {
            Self::Unusable { domain, why } => {
                Some(Halt::Unsigned { domain: domain.to_string(), why: why.to_string() }.told(Language::En))
            }
            Self::Elsewhere { .. } | Self::Unread(_) => None,
        }
    }

    /// Whether it is this process that cannot send the letters, and others can.
    pub(crate) fn is_elsewhere(&self) -> bool {
        matches!(self, Self::Elsewhere { .. })
    }
}
