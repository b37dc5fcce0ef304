//! The id of a suppression.

use super::{Reason, Scope};
use crate::SuppressionId;
use crate::ids::derived;

impl SuppressionId {
    /// One stream for each scope, mailbox ([`crate::EmailAddress::key`]) and reason: asking twice is asking once.
    #[must_use]
    pub fn derive(scope: Scope, mailbox: &str, reason: Reason) -> Self {
        Self(derived(&["suppression", &scope.id().to_string(), mailbox, reason.name()]))
    }
}
