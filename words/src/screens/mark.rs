//! The words for what something is doing, beside its shape and colour.

use super::screen;
use domain::Outcome;

screen! {
    /// The words for statuses, outcomes and roles.
    Mark in mark {
        texts {
            created, running, completed, paused, disabled, cancelled,
            planning, sending, finished,
            planned, pending, accepted, rejected, deferred, unknown, suppressed, expired, not_tried,
            draft, published, unpublished,
            owner, manager, content_manager, administrator,
            blocked, unverified, active, deleted, shared,
            well, trouble, closed, behind, rebuilding, stopped,
        }
    }
}

impl Mark {
    /// The word for what became of a letter.
    #[must_use]
    pub fn outcome(&self, outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::Pending => self.pending,
            Outcome::Accepted => self.accepted,
            Outcome::Rejected => self.rejected,
            Outcome::Deferred => self.deferred,
            Outcome::Unknown => self.unknown,
            Outcome::Suppressed => self.suppressed,
            Outcome::Expired => self.expired,
        }
    }
}
