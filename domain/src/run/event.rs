use super::Origin;
use crate::{MailingId, Missed, RunId, Totals, UserId};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Why a run starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A moment of the mailing's periodicity came.
    Occurrence(DateTime<Utc>),
    /// Somebody pressed "send now"; the same key is the same press.
    SendNow(String),
    /// Somebody wants to try again those whose letters failed in this run.
    ResendFailed(RunId),
}

impl Trigger {
    /// What makes this run of a mailing different from all its others.
    #[must_use]
    pub fn occurrence_key(&self) -> String {
        match self {
            Self::Occurrence(at) => at.to_rfc3339_opts(SecondsFormat::Secs, true),
            Self::SendNow(key) => format!("now:{key}"),
            Self::ResendFailed(run) => format!("failed:{run}"),
        }
    }

    /// The run of `mailing` that this starts.
    #[must_use]
    pub fn run_of(&self, mailing: MailingId) -> RunId {
        RunId::derive(mailing, &self.occurrence_key())
    }
}

/// The old form of [`Event::OccurrencesMissed`]: `OccurrenceMissed`, which told of one moment by `occurrence`.
pub(super) fn lift_one_missed(payload: Value) -> Value {
    let Some(one) = payload.get("OccurrenceMissed") else { return payload };
    let moment = &one["occurrence"];
    json!({ "OccurrencesMissed": {
        "mailing": one["mailing"], "owner": one["owner"], "first": moment, "last": moment, "count": 1,
    } })
}

/// What happened to a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The run started.
    Started {
        /// What the run sends, and of which mailing.
        #[serde(flatten)]
        origin: Origin,
        /// Why the run started.
        trigger: Trigger,
        /// The moment when the run started, which is the letters' `Date`.
        at: DateTime<Utc>,
        /// The right side of the letters' `Message-ID`, so that letters can go out while the audience is being frozen. `None` in
        /// runs that a program started which told it only then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_id_domain: Option<String>,
    },
    /// Moments passed unused, one or several in a row; the only event of the run that the first of them would have been.
    OccurrencesMissed {
        /// The mailing whose moments they were.
        mailing: MailingId,
        /// The owner of the mailing.
        owner: UserId,
        /// The moments that passed.
        #[serde(flatten)]
        missed: Missed,
    },
    /// All batches are planned.
    AudienceFrozen {
        /// How many recipients the run has in all.
        planned: u64,
        /// How many batches the recipients are in.
        batches: u32,
        /// The right side of the letters' `Message-ID`; the same as in `Started`, if that one tells it.
        message_id_domain: String,
    },
    /// Letters in doubt are sent again, so the run is not, or no longer, finished. Written together with the batches' own
    /// events: a run that is being finished at the same moment conflicts.
    ResendOrdered {
        /// How many deliveries are sent again.
        deliveries: u64,
        /// The moment when that was ordered.
        at: DateTime<Utc>,
    },
    /// Every delivery has its outcome.
    Finished {
        /// How many deliveries have which outcome.
        totals: Totals,
        /// The moment when the run finished.
        at: DateTime<Utc>,
    },
}
