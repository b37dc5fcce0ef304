use super::{Attempt, GiveUpReason, Recipient};
use crate::{MailingId, RunId, UserId};
use chrono::{DateTime, Utc};

/// What can be asked of a batch.
#[derive(Clone, Debug)]
pub enum Command {
    /// Name its recipients.
    Plan {
        /// Of which run.
        run: RunId,
        /// Of which mailing.
        mailing: MailingId,
        /// Whose.
        owner: UserId,
        /// Counted from 0 within the run.
        number: u32,
        /// 1 to [`super::MAX_RECIPIENTS`].
        recipients: Vec<Recipient>,
    },
    /// Record the outcomes of attempts, and the intent to send to the next ones before their first byte goes out. One
    /// command, so that one commit serves both.
    Record {
        /// The outcomes gathered, of recipients in flight.
        attempts: Vec<Attempt>,
        /// The places of waiting recipients that are sent to next.
        next: Vec<u16>,
    },
    /// Another worker held this batch and is gone: what it had in flight is in doubt.
    Recover {
        /// The present moment.
        at: DateTime<Utc>,
        /// When to send it again, if the mailing's policy is to do that.
        again: Option<DateTime<Utc>>,
    },
    /// Send letters in doubt again, although they may have arrived. Asking twice sends them once.
    Resend {
        /// Their places; all that are in doubt if they are not named, except those that somebody leaves as they are.
        recipients: Option<Vec<u16>>,
    },
    /// Leave letters in doubt as they are: somebody has seen them.
    AcceptDoubt {
        /// Their places; all that are in doubt if they are not named.
        recipients: Option<Vec<u16>>,
    },
    /// Nothing more will be sent.
    GiveUp {
        /// Why.
        reason: GiveUpReason,
        /// The present moment.
        at: DateTime<Utc>,
    },
}
