//! What was done by something that was sent, for the page that comes next.

use words::screens::frame::Frame;

/// What was done, as the next page says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// A change was saved.
    Saved,
    /// Something was added.
    Created,
    /// Something was deleted.
    Deleted,
    /// A test letter was sent.
    Sent,
    /// A mailing was planned.
    Planned,
    /// A run has begun.
    OnTheirWay,
    /// Something else was done.
    Other,
    /// It was done, but the lists do not show it yet.
    Behind,
    /// Somebody has logged in, and what another account's holder had typed was thrown away.
    NotKept,
    /// Somebody has logged in who was logged out when they asked for something, which was not done.
    Lapsed,
}

impl Done {
    const ALL: [Self; 10] = [
        Self::Saved,
        Self::Created,
        Self::Deleted,
        Self::Sent,
        Self::Planned,
        Self::OnTheirWay,
        Self::Other,
        Self::Behind,
        Self::NotKept,
        Self::Lapsed,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Created => "created",
            Self::Deleted => "deleted",
            Self::Sent => "sent",
            Self::Planned => "planned",
            Self::OnTheirWay => "on-their-way",
            Self::Other => "done",
            Self::Behind => "behind",
            Self::NotKept => "not-kept",
            Self::Lapsed => "not-done",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.name() == name)
    }

    pub(super) fn said(self, frame: &Frame) -> &'static str {
        match self {
            Self::Saved => frame.done_saved,
            Self::Created => frame.done_created,
            Self::Deleted => frame.done_deleted,
            Self::Sent => frame.done_sent,
            Self::Planned => frame.done_mailing,
            Self::OnTheirWay => frame.done_on_their_way,
            Self::Other => frame.done_general,
            Self::Behind => frame.behind,
            Self::NotKept => frame.done_not_kept,
            Self::Lapsed => frame.done_nothing,
        }
    }
}
