//! How a mailing stands.

/// What a mailing is doing, as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The mailing is active, and no run of it has started yet.
    Created,
    /// The mailing is active, and a run of it has started.
    Running,
    /// The window has ended.
    Completed,
    /// The mailing is stopped until its owner resumes it, or until the owner's account is unblocked.
    Paused,
    /// The mailing is stopped by a manager.
    Disabled,
    /// The mailing was given up by its owner.
    Cancelled,
}

impl Standing {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
            Self::Cancelled => "cancelled",
        }
    }
}
