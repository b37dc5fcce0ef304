use super::{Origin, Trigger};
use crate::{MailingId, Missed, Totals, UserId};
use chrono::{DateTime, Utc};

/// What can be asked of a run.
#[derive(Clone, Debug)]
pub enum Command {
    /// Start it. Asking again for the same one is answered by the one that exists.
    Start {
        /// What the run sends, and of which mailing.
        origin: Origin,
        /// Why the run starts.
        trigger: Trigger,
        /// The present moment; the letters' `Date`.
        at: DateTime<Utc>,
        /// The right side of the letters' `Message-ID`, which stays the same over all attempts. `None`: whoever freezes the
        /// audience says it, and nothing is sent before.
        message_id_domain: Option<String>,
    },
    /// Record that its moment, and perhaps others after it, passed unused. The first of them names the run: whoever looked
    /// earlier and is about to start one of them begins with the same one, so that only one of the two can append.
    Miss {
        /// The mailing whose moment it was.
        mailing: MailingId,
        /// The owner of the mailing.
        owner: UserId,
        /// The moments that passed.
        missed: Missed,
    },
    /// All batches are planned.
    FreezeAudience {
        /// How many recipients the run has in all.
        planned: u64,
        /// How many batches the recipients are in.
        batches: u32,
        /// The right side of the letters' `Message-ID`, for runs that started without one.
        message_id_domain: String,
    },
    /// Letters in doubt are to be sent again, in batches that are told in the same append.
    Resend {
        /// How many deliveries are sent again.
        deliveries: u64,
        /// The present moment.
        at: DateTime<Utc>,
    },
    /// Every delivery has its outcome. Whoever counts in a read model appends after the version of the run that the read
    /// model shows, and not after a later one: a resend in between is not among the totals.
    Finish {
        /// How many deliveries have which outcome.
        totals: Totals,
        /// The present moment.
        at: DateTime<Utc>,
    },
}
