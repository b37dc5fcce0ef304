//! How a sender stands, as it is shown.

use crate::web::frame::mark::{Mark, Shape, Tone};
use projections::senders::Sender;
use words::screens::senders::Senders as Words;

/// Whether mailings can be from a sender, and why.
pub(super) struct Status {
    pub(super) mark: Mark,
    pub(super) said: &'static str,
    /// Whether a link that was sent is waited for.
    pub(super) waits: bool,
}

impl Status {
    pub(super) fn of(w: &'static Words, row: &Sender) -> Self {
        let (is_revoked, is_deleted) = (row.revoked_at.is_some(), row.deleted_at.is_some());
        let (shape, tone, label, said) = match (is_revoked, is_deleted, row.verified_at.is_some(), row.is_usable()) {
            (true, ..) => (Shape::Stop, Tone::Bad, w.revoked, w.revoked_said),
            (false, true, ..) => (Shape::Cross, Tone::Quiet, w.gone, w.gone_said),
            (false, false, true, _) => (Shape::Tick, Tone::Good, w.verified, w.verified_said),
            (false, false, false, true) => (Shape::Tick, Tone::Good, w.granted, w.granted_said),
            (false, false, false, false) => (Shape::Clock, Tone::Warn, w.unverified, w.unverified_said),
        };
        Self { mark: Mark::new(shape, tone, label), said, waits: !row.is_usable() && !is_revoked && !is_deleted }
    }
}
