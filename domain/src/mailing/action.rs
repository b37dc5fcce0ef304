//! What may be done with a mailing.

use super::{Error, Event, Status, check_sendable};
use crate::{Window, WindowPhase};
use chrono::{DateTime, Utc};

/// What people do with a mailing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// The owner plans the mailing otherwise.
    Update,
    /// The owner sends the mailing now.
    Start,
    /// The owner stops the mailing until it is resumed.
    Pause,
    /// The owner goes on with a paused mailing.
    Resume,
    /// The owner gives the mailing up, for good.
    Cancel,
    /// The owner removes the mailing from the lists.
    Delete,
    /// A manager stops the mailing until a manager enables it.
    Disable,
    /// A manager allows a disabled mailing again.
    Enable,
}

/// What somebody may be to a mailing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Whether the mailing is theirs.
    pub owns: bool,
    /// Whether they watch over everybody's mailings.
    pub watches: bool,
}

impl Action {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 8] =
        [Self::Update, Self::Start, Self::Pause, Self::Resume, Self::Cancel, Self::Delete, Self::Disable, Self::Enable];
}

impl Status {
    /// With the window's end counted at once, not only when the scheduler has written it down.
    #[must_use]
    pub fn in_phase(self, phase: WindowPhase) -> Self {
        match self {
            Self::Active | Self::Paused | Self::Disabled { .. } if phase == WindowPhase::Ended => {
                self.after(&Event::Completed)
            }
            status => status,
        }
    }

    /// What somebody with these rights may do in this phase of the window with a mailing that is not deleted. The state
    /// stands in the way of nothing else: whatever is not among it is refused, or changes nothing because it is so
    /// already.
    #[must_use]
    pub fn allows(self, phase: WindowPhase, rights: Rights) -> Vec<Action> {
        let status = self.in_phase(phase);
        let allowed = |action: &Action| match action {
            Action::Update => rights.owns && status != Self::Cancelled,
            Action::Start => rights.owns && status == Self::Active && phase == WindowPhase::Open,
            Action::Pause => rights.owns && status == Self::Active,
            Action::Resume => rights.owns && status == Self::Paused,
            Action::Cancel => rights.owns && !matches!(status, Self::Completed { .. } | Self::Cancelled),
            Action::Delete => rights.owns,
            Action::Disable => rights.watches && matches!(status, Self::Active | Self::Paused),
            Action::Enable => {
                rights.watches && matches!(status, Self::Disabled { .. } | Self::Completed { disabled: true, .. })
            }
        };
        Action::ALL.into_iter().filter(allowed).collect()
    }

    /// Why its owner cannot do this now; `None` if they can, or if it is so already.
    #[must_use]
    pub fn refuses(self, action: Action, window: &Window, now: DateTime<Utc>) -> Option<Error> {
        let status = self.in_phase(window.phase(now));
        let over = match status {
            Self::Completed { .. } => Some(Error::Completed),
            Self::Cancelled => Some(Error::Cancelled),
            Self::Active | Self::Paused | Self::Disabled { .. } => None,
        };
        match action {
            Action::Start => check_sendable(window, status, now).err(),
            Action::Update => over.filter(|_| status == Self::Cancelled),
            Action::Pause | Action::Resume => {
                over.or_else(|| matches!(status, Self::Disabled { .. }).then_some(Error::Disabled))
            }
            Action::Cancel | Action::Disable => over,
            Action::Delete | Action::Enable => None,
        }
    }
}
