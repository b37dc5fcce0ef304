//! A mailing: the plan. Its runs are streams of their own.

mod action;
mod command;
mod error;
mod event;
#[cfg(test)]
mod laws;
mod obstacle;
mod plan;
#[cfg(test)]
mod tests;

pub use action::{Action, Rights};
pub use command::{Change, Command};
pub use error::Error;
pub use event::Event;
pub use obstacle::Obstacle;
pub(crate) use plan::is_usual;
pub use plan::{Audience, InDoubt, Kind, Less, MAX_NAME, Name, OLDEST_START, Plan, Sending};

use crate::aggregate::aggregate;
use crate::reason::checked;
use crate::{Decide, UserId, Window, WindowPhase};
use serde::{Deserialize, Serialize};

/// The state of a mailing's stream. `docs/states.md` has all states side by side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "a stream has one state at a time, and nearly all of them are planned")]
pub enum Mailing {
    /// Nothing was planned under this id.
    #[default]
    Absent,
    /// The mailing is planned; what may happen next is in its status.
    Planned {
        /// Whose.
        owner: UserId,
        /// What is to be sent, to whom and when.
        plan: Plan,
        /// What may happen next.
        status: Status,
    },
    /// The mailing was deleted by its owner, for good. Its history and its past deliveries stay.
    Deleted {
        /// Whose it was.
        owner: UserId,
    },
}

/// What may happen next to a mailing. Whether letters may go out also depends on the window and on the owner's door, so a crash
/// before `Completed` is written lets nothing out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Runs start by themselves while the window is open. Its owner pauses or cancels it, a worker suspends it when every letter
    /// would meet the same refusal, a manager disables it, and a scheduler completes it when the window has ended.
    Active,
    /// Nothing is sent until its owner resumes it. Runs under way wait.
    Paused,
    /// Nothing is sent until a manager enables it. Runs under way wait.
    Disabled {
        /// Whether its owner had paused it before.
        paused: bool,
    },
    /// The window has ended. Planning a later end makes it what it was before.
    Completed {
        /// Whether its owner had paused it.
        paused: bool,
        /// Whether a manager had disabled it.
        disabled: bool,
    },
    /// Given up by its owner, for good. Whoever claims what is left of its runs gives it up.
    Cancelled,
}

aggregate!(
    Mailing,
    "mailing",
    Command,
    Error,
    Event { Created, Changed, Paused, Suspended, Resumed, Disabled, Enabled, Cancelled, Completed, Deleted }
);

impl Mailing {
    /// Whose it is, or was.
    #[must_use]
    pub fn owner(&self) -> Option<UserId> {
        match self {
            Self::Absent => None,
            Self::Planned { owner, .. } | Self::Deleted { owner } => Some(*owner),
        }
    }

    /// Whether letters that are in hand may go out at that moment, unless its owner is shut out.
    #[must_use]
    pub fn may_send(&self, at: chrono::DateTime<chrono::Utc>) -> bool {
        match self {
            Self::Planned { plan, status: Status::Active, .. } => plan.window.phase(at) != WindowPhase::Ended,
            Self::Planned { .. } | Self::Absent | Self::Deleted { .. } => false,
        }
    }

    fn owned_by(&self, by: UserId) -> Result<(&Plan, Status), Error> {
        match self {
            Self::Planned { owner, plan, status } if *owner == by => Ok((plan, *status)),
            _ => Err(Error::NotFound),
        }
    }

    fn planned(&self) -> Result<(&Plan, Status), Error> {
        match self {
            Self::Planned { plan, status, .. } => Ok((plan, *status)),
            _ => Err(Error::NotFound),
        }
    }
}

impl Decide for Mailing {
    const COURSE: bool = true;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Create { owner, plan, now } => match self {
                Self::Absent => {
                    plan.check(now)?;
                    plan.check_start(now)?;
                    Ok(vec![Event::Created { owner, plan, since: Some(now) }])
                }
                _ => Err(Error::AlreadyExists),
            },
            Command::Change { by, change, now } => {
                let (plan, status) = self.owned_by(by)?;
                if status == Status::Cancelled {
                    return Err(Error::Cancelled);
                }
                let changed = change.apply_to(plan)?;
                if changed == *plan {
                    return Ok(vec![]);
                }
                changed.check(now)?;
                // A start that has become old stays allowed.
                if changed.window.start() != plan.window.start() {
                    changed.check_start(now)?;
                }
                let since = changed.has_other_moments(plan, now).then_some(now);
                let of_groups_again = changed.audience.is_of_groups() && !plan.audience.is_of_groups();
                Ok(vec![Event::Changed { plan: changed, since, of_groups_again }])
            }
            Command::Pause { by } => match self.owned_by(by)?.1 {
                Status::Active => Ok(vec![Event::Paused]),
                Status::Paused => Ok(vec![]),
                Status::Disabled { .. } => Err(Error::Disabled),
                Status::Completed { .. } => Err(Error::Completed),
                Status::Cancelled => Err(Error::Cancelled),
            },
            Command::Suspend { reason } => match self.planned()?.1 {
                Status::Active if reason.trim().is_empty() => Err(Error::ReasonMissing),
                // Of any length: these are the mail server's words.
                Status::Active => Ok(vec![Event::Suspended { reason }]),
                Status::Paused | Status::Disabled { .. } | Status::Completed { .. } | Status::Cancelled => Ok(vec![]),
            },
            Command::Resume { by } => match self.owned_by(by)?.1 {
                Status::Paused => Ok(vec![Event::Resumed]),
                Status::Active => Ok(vec![]),
                Status::Disabled { .. } => Err(Error::Disabled),
                Status::Completed { .. } => Err(Error::Completed),
                Status::Cancelled => Err(Error::Cancelled),
            },
            Command::Disable { reason } => match self.planned()?.1 {
                Status::Active | Status::Paused => Ok(vec![Event::Disabled { reason: checked(reason)? }]),
                Status::Disabled { .. } => Ok(vec![]),
                Status::Completed { .. } => Err(Error::Completed),
                Status::Cancelled => Err(Error::Cancelled),
            },
            Command::Enable { reason } => match self.planned()?.1 {
                Status::Disabled { .. } | Status::Completed { disabled: true, .. } => {
                    Ok(vec![Event::Enabled { reason: checked(reason)? }])
                }
                Status::Active | Status::Paused | Status::Completed { .. } | Status::Cancelled => Ok(vec![]),
            },
            Command::Cancel { by } => match self.owned_by(by)?.1 {
                Status::Cancelled => Ok(vec![]),
                Status::Completed { .. } => Err(Error::Completed),
                Status::Active | Status::Paused | Status::Disabled { .. } => Ok(vec![Event::Cancelled]),
            },
            Command::Complete { now } => {
                let (plan, status) = self.planned()?;
                let ended = plan.window.phase(now) == WindowPhase::Ended;
                Ok(match status {
                    Status::Active | Status::Paused | Status::Disabled { .. } if ended => vec![Event::Completed],
                    _ => vec![],
                })
            }
            Command::Delete { by } => match self {
                Self::Deleted { owner } if *owner == by => Ok(vec![]),
                _ => self.owned_by(by).map(|_| vec![Event::Deleted]),
            },
            Command::CheckSendable { by, now } => {
                let (plan, status) = self.owned_by(by)?;
                check_sendable(&plan.window, status, now).map(|()| vec![])
            }
        }
    }

    /// By then the window may have ended, and the plan would be refused.
    fn was_begun_by(events: &[Event], command: &Command) -> bool {
        match (events.first(), command) {
            (Some(Event::Created { owner, plan, .. }), Command::Create { owner: by, plan: again, .. }) => {
                owner == by && plan == again
            }
            _ => false,
        }
    }

    fn evolve(&mut self, event: Event) {
        match (&mut *self, event) {
            (_, Event::Created { owner, plan, .. }) => *self = Self::Planned { owner, plan, status: Status::Active },
            (Self::Planned { owner, .. }, Event::Deleted) => *self = Self::Deleted { owner: *owner },
            (Self::Planned { plan, status, .. }, Event::Changed { plan: new, .. }) => {
                *plan = new;
                // Only a window that ends later than now passes `decide`, so a completed mailing lives again.
                *status = status.prolonged();
            }
            (Self::Planned { status, .. }, event) => *status = status.after(&event),
            (Self::Absent | Self::Deleted { .. }, _) => {}
        }
    }
}

impl Status {
    /// What an event that changes nothing but the status makes of it.
    #[must_use]
    pub fn after(self, event: &Event) -> Self {
        match event {
            Event::Paused | Event::Suspended { .. } => Self::Paused,
            Event::Resumed => Self::Active,
            Event::Disabled { .. } => Self::Disabled { paused: self == Self::Paused },
            Event::Enabled { .. } => match self {
                Self::Disabled { paused: true } => Self::Paused,
                Self::Completed { paused, .. } => Self::Completed { paused, disabled: false },
                _ => Self::Active,
            },
            Event::Cancelled => Self::Cancelled,
            Event::Completed => match self {
                Self::Paused => Self::Completed { paused: true, disabled: false },
                Self::Disabled { paused } => Self::Completed { paused, disabled: true },
                _ => Self::Completed { paused: false, disabled: false },
            },
            Event::Created { .. } | Event::Changed { .. } | Event::Deleted => self,
        }
    }

    /// What a mailing becomes when its window is moved: the end of the window undoes neither its owner's pause nor a
    /// manager's disabling.
    #[must_use]
    pub fn prolonged(self) -> Self {
        match self {
            Self::Completed { paused, disabled: true } => Self::Disabled { paused },
            Self::Completed { paused: true, .. } => Self::Paused,
            Self::Completed { .. } => Self::Active,
            Self::Active | Self::Paused | Self::Disabled { .. } | Self::Cancelled => self,
        }
    }
}

/// Whether "send now" makes sense at this moment.
fn check_sendable(window: &Window, status: Status, now: chrono::DateTime<chrono::Utc>) -> Result<(), Error> {
    match status {
        Status::Paused => return Err(Error::Paused),
        Status::Disabled { .. } => return Err(Error::Disabled),
        Status::Cancelled => return Err(Error::Cancelled),
        Status::Active | Status::Completed { .. } => {}
    }
    match window.phase(now) {
        WindowPhase::Ahead => Err(Error::WindowNotOpen { start: window.start() }),
        WindowPhase::Open => Ok(()),
        WindowPhase::Ended => Err(Error::WindowEnded { end: window.end() }),
    }
}
