//! The words for what something is doing, beside its shape and colour.

use super::screen;

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
