use super::{Origin, Trigger};
use crate::{MailingId, Missed, Totals, UserId};
use chrono::{DateTime, Utc};

/// What can be asked of a run.
#[derive(Clone, Debug)]
pub enum Command {
    /// Start it. Asking again for the same one is answered by the one that exists.
    Start {
        /// What it sends, of which mailing.
        origin: Origin,
        /// Why it starts.
        trigger: Trigger,
        /// The present moment; the letters' `Date`.
        at: DateTime<Utc>,
    },
    /// Record that its moment, and perhaps others after it, passed unused. The first of them names the run: whoever looked
    /// earlier and is about to start one of them begins with the same one, so that only one of the two can append.
    Miss {
        /// Of which mailing.
        mailing: MailingId,
        /// Whose.
        owner: UserId,
        /// The moments that passed.
        missed: Missed,
    },
    /// All batches are planned.
    FreezeAudience {
        /// How many recipients in all.
        planned: u64,
        /// In how many batches.
        batches: u32,
        /// The right side of the letters' `Message-ID`, which stays the same over all attempts.
        message_id_domain: String,
    },
    /// Letters in doubt are to be sent again, in batches that are told in the same append.
    Resend {
        /// How many.
        deliveries: u64,
        /// The present moment.
        at: DateTime<Utc>,
    },
    /// Every delivery has its outcome. Whoever counts in a read model appends after the version of the run that the read
    /// model shows, and not after a later one: a resend in between is not among the totals.
    Finish {
        /// What became of them.
        totals: Totals,
        /// The present moment.
        at: DateTime<Utc>,
    },
}
