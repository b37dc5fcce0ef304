use super::{Audience, Error, InDoubt, Kind, Name, Plan, Sending};
use crate::{MessageId, Periodicity, RelayName, SenderId, TimeZone, UserId, Window};
use chrono::{DateTime, Utc};

/// What can be asked of a mailing.
#[derive(Clone, Debug)]
pub enum Command {
    /// Plan it. It starts by itself when its window opens.
    Create {
        /// The owner of the mailing.
        owner: UserId,
        /// What is sent, to whom and when.
        plan: Plan,
        /// The present moment.
        now: DateTime<Utc>,
    },
    /// Change the plan; runs that have started keep what they started with.
    Change {
        /// The user who asks.
        by: UserId,
        /// What is planned otherwise.
        change: Change,
        /// The present moment.
        now: DateTime<Utc>,
    },
    /// Stops sending until the mailing is resumed.
    Pause {
        /// The user who asks.
        by: UserId,
    },
    /// Stop sending until its owner resumes it, because every letter would meet the same refusal.
    Suspend {
        /// Why the service stops it, for the owner to read.
        reason: String,
    },
    /// Goes on with a paused mailing.
    Resume {
        /// The user who asks.
        by: UserId,
    },
    /// Stop sending until a manager enables it. The caller has checked that the actor is one.
    Disable {
        /// Why a manager stops it, for the owner to read.
        reason: String,
    },
    /// Allow it again. The caller has checked that the actor is a manager.
    Enable {
        /// Why a manager allows it again, for the owner to read.
        reason: String,
    },
    /// Gives the mailing up, for good.
    Cancel {
        /// The user who asks.
        by: UserId,
    },
    /// The window has ended.
    Complete {
        /// The present moment.
        now: DateTime<Utc>,
    },
    /// Removes the mailing from the lists; its history stays.
    Delete {
        /// The user who asks.
        by: UserId,
    },
    /// Ask whether "send now" may start a run. Never makes an event.
    CheckSendable {
        /// The user who asks.
        by: UserId,
        /// The present moment.
        now: DateTime<Utc>,
    },
}

/// A partial change: what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The new name; `None` if it stays.
    pub name: Option<Name>,
    /// The new message; `None` if it stays.
    pub message: Option<MessageId>,
    /// The whole new audience; `None` if it stays.
    pub audience: Option<Audience>,
    /// The moment from which letters may go out; `None` if it stays.
    pub starts_at: Option<DateTime<Utc>>,
    /// The moment until which letters may go out; `None` if it stays.
    pub ends_at: Option<DateTime<Utc>>,
    /// How often a run starts from now on; `None` if it stays.
    pub periodicity: Option<Periodicity>,
    /// The time zone in which the periodicity counts from now on; `None` if it stays.
    pub time_zone: Option<TimeZone>,
    /// What to do from now on with letters in doubt; `None` if it stays.
    pub in_doubt: Option<InDoubt>,
    /// The relay that letters go through; `Some(None)`: any that works.
    pub relay: Option<Option<RelayName>>,
    /// What its letters are from now on; `None` if they stay what they are.
    pub kind: Option<Kind>,
    /// Who its letters are from; `Some(None)`: the service itself.
    pub sender: Option<Option<SenderId>>,
}

impl Change {
    /// The plan with this change made. A new start or end is judged together with the one that stays.
    pub(super) fn apply_to(self, plan: &Plan) -> Result<Plan, Error> {
        let start = self.starts_at.unwrap_or_else(|| plan.window.start());
        let end = self.ends_at.unwrap_or_else(|| plan.window.end());
        Ok(Plan {
            name: self.name.unwrap_or_else(|| plan.name.clone()),
            message: self.message.unwrap_or(plan.message),
            audience: self.audience.unwrap_or_else(|| plan.audience.clone()),
            window: Window::new(start, end).map_err(Error::Window)?,
            periodicity: self.periodicity.unwrap_or_else(|| plan.periodicity.clone()),
            time_zone: self.time_zone.unwrap_or(plan.time_zone),
            sending: Sending {
                in_doubt: self.in_doubt.unwrap_or(plan.sending.in_doubt),
                relay: self.relay.unwrap_or_else(|| plan.sending.relay.clone()),
            },
            kind: self.kind.unwrap_or(plan.kind),
            sender: self.sender.unwrap_or(plan.sender),
        })
    }
}
