use super::{Lifter, Reason, Scope, Source};
use crate::EmailAddress;
use chrono::{DateTime, Utc};

/// What can be asked of a suppression. Whoever asks has checked that the stream is the one of this scope, mailbox and reason.
#[derive(Clone, Debug)]
pub enum Command {
    /// Do not write to this address any more. Asking twice is asking once, unless it was lifted, or came to its end, meanwhile, or is to
    /// last longer now.
    Suppress {
        /// Where the address is not written to.
        scope: Scope,
        /// Why not.
        reason: Reason,
        /// The address, as it is written.
        email: EmailAddress,
        /// Whence it is known.
        source: Source,
        /// What somebody has to say about it; blanks say nothing.
        note: Option<String>,
        /// The moment when it became known.
        at: DateTime<Utc>,
        /// The moment from which the address may be written to again. Only reasons that may pass have an end
        /// ([`Reason::may_end`]); all others stay until they are lifted, whatever stands here.
        until: Option<DateTime<Utc>>,
    },
    /// Write to this address again, as far as this reason goes. The caller has checked who asks.
    Lift {
        /// As what they ask.
        by: Lifter,
        /// Why; owners and administrators owe a reason, a recipient is asked for none.
        why: Option<String>,
        /// The present moment.
        at: DateTime<Utc>,
    },
}
