use super::{Audience, Error, InDoubt, Name, Plan, Sending};
use crate::{MessageId, Periodicity, RelayName, TimeZone, UserId, Window};
use chrono::{DateTime, Utc};

/// What can be asked of a mailing.
#[derive(Clone, Debug)]
pub enum Command {
    /// Plan it. It starts by itself when its window opens.
    Create {
        /// For whom.
        owner: UserId,
        /// What, to whom and when.
        plan: Plan,
        /// The present moment.
        now: DateTime<Utc>,
    },
    /// Change the plan; runs that have started keep what they started with.
    Change {
        /// Who asks.
        by: UserId,
        /// What to change.
        change: Change,
        /// The present moment.
        now: DateTime<Utc>,
    },
    /// Stop sending until resumed.
    Pause {
        /// Who asks.
        by: UserId,
    },
    /// Stop sending until its owner resumes it, because every letter would meet the same refusal.
    Suspend {
        /// Why, for the owner to read.
        reason: String,
    },
    /// Go on.
    Resume {
        /// Who asks.
        by: UserId,
    },
    /// Stop sending until a manager enables it. The caller has checked that the actor is one.
    Disable {
        /// Why, for the owner to read.
        reason: String,
    },
    /// Allow it again. The caller has checked that the actor is a manager.
    Enable {
        /// Why.
        reason: String,
    },
    /// Give up, for good.
    Cancel {
        /// Who asks.
        by: UserId,
    },
    /// The window has ended.
    Complete {
        /// The present moment.
        now: DateTime<Utc>,
    },
    /// Remove from the lists; its history stays.
    Delete {
        /// Who asks.
        by: UserId,
    },
    /// Ask whether "send now" may start a run. Never makes an event.
    CheckSendable {
        /// Who asks.
        by: UserId,
        /// The present moment.
        now: DateTime<Utc>,
    },
}

/// A partial change: what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// For people.
    pub name: Option<Name>,
    /// The letter.
    pub message: Option<MessageId>,
    /// The recipients.
    pub audience: Option<Audience>,
    /// When letters may go out, from.
    pub starts_at: Option<DateTime<Utc>>,
    /// When letters may go out, until.
    pub ends_at: Option<DateTime<Utc>>,
    /// How often.
    pub periodicity: Option<Periodicity>,
    /// In which zone.
    pub time_zone: Option<TimeZone>,
    /// What to do with letters in doubt.
    pub in_doubt: Option<InDoubt>,
    /// The relay that letters go through; `Some(None)`: any that works.
    pub relay: Option<Option<RelayName>>,
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
        })
    }
}
