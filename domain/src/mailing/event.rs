use super::Plan;
use crate::UserId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What happened to a mailing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The mailing was planned.
    Created {
        /// The owner of the mailing.
        owner: UserId,
        /// What is sent, to whom and when.
        plan: Plan,
        /// When it was planned: of the moments that had passed by then only the latest is to run. Older events have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<DateTime<Utc>>,
    },
    /// The mailing was planned otherwise.
    Changed {
        /// The whole new plan.
        plan: Plan,
        /// The moment when it was planned; `None` if the moments of its runs are the same as before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<DateTime<Utc>>,
        /// Whether the plan before had segments, or left somebody out, and this one does neither, because its owner wants that. A program
        /// of before segments does not say it and writes each plan without them, which is refused (migration 0059).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        of_groups_again: bool,
    },
    /// The mailing was stopped by its owner.
    Paused,
    /// Stopped by the service: every letter would meet the same refusal.
    Suspended {
        /// Why the service stopped it, for the owner to read.
        reason: String,
    },
    /// The owner goes on with the mailing.
    Resumed,
    /// The mailing was stopped by a manager.
    Disabled {
        /// Why a manager stopped it, for the owner to read.
        reason: String,
    },
    /// The mailing was allowed again by a manager.
    Enabled {
        /// Why a manager allowed it again, for the owner to read.
        reason: String,
    },
    /// The mailing was given up by its owner.
    Cancelled,
    /// The window ended.
    Completed,
    /// The mailing was removed from the lists.
    Deleted,
}
