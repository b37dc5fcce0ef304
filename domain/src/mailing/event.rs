use super::Plan;
use crate::UserId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What happened to a mailing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// Planned.
    Created {
        /// For whom.
        owner: UserId,
        /// What, to whom and when.
        plan: Plan,
        /// When it was planned: of the moments that had passed by then only the latest is to run. Older events have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<DateTime<Utc>>,
    },
    /// Planned otherwise.
    Changed {
        /// The whole new plan.
        plan: Plan,
        /// When it was planned, if its moments are others than before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<DateTime<Utc>>,
    },
    /// Stopped by its owner.
    Paused,
    /// Stopped by the service: every letter would meet the same refusal.
    Suspended {
        /// Why.
        reason: String,
    },
    /// Going on.
    Resumed,
    /// Stopped by a manager.
    Disabled {
        /// Why.
        reason: String,
    },
    /// Allowed again by a manager.
    Enabled {
        /// Why.
        reason: String,
    },
    /// Given up by its owner.
    Cancelled,
    /// The window ended.
    Completed,
    /// Removed from the lists.
    Deleted,
}
