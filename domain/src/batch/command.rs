use super::{Attempt, GiveUpReason, LeaveOutReason, Recipient};
use crate::{HoldId, MailingId, RunId, UserId};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// What can be asked of a batch.
#[derive(Clone, Debug)]
pub enum Command {
    /// Names the batch's recipients.
    Plan {
        /// The run that the batch is part of.
        run: RunId,
        /// The mailing that the run is of.
        mailing: MailingId,
        /// The owner of the mailing.
        owner: UserId,
        /// The batch's number within the run, counted from 0.
        number: u32,
        /// The recipients, 1 to [`super::MAX_RECIPIENTS`].
        recipients: Vec<Recipient>,
    },
    /// Send nothing to these recipients. Whoever has the mailbox of another one is left out only before anything was tried;
    /// whose address is not written to any more also while they wait to be tried again. Those of whom a letter is on its way,
    /// or who have their outcome, are passed over.
    LeaveOut {
        /// The places of the recipients in the batch.
        recipients: Vec<u16>,
        /// Why they are left out.
        reason: LeaveOutReason,
    },
    /// Record the outcomes of attempts, and the intent to send to the next ones before their first byte goes out. One
    /// command, so that one commit serves both.
    Record {
        /// The outcomes gathered, of recipients in flight.
        attempts: Vec<Attempt>,
        /// The places of waiting recipients that are sent to next.
        next: Vec<u16>,
        /// The hold under which they are sent to, if it leaves marks.
        hold: Option<HoldId>,
    },
    /// Another worker held this batch and is gone: what it had in flight is in doubt, but for what certainly never began.
    Recover {
        /// The present moment.
        at: DateTime<Utc>,
        /// When to send what is in doubt again, if the mailing's policy is to do that.
        again: Option<DateTime<Utc>>,
        /// The marks that the worker left, if they are still there.
        marks: Option<Marks>,
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
    /// Gives up the rest: nothing more of the batch will be sent.
    GiveUp {
        /// Why the rest is given up.
        reason: GiveUpReason,
        /// The present moment.
        at: DateTime<Utc>,
    },
}

/// The letters that a worker has marked as begun. It marks a letter before its text leaves, and whoever has the marks has
/// taken them away from the worker: a letter without one never began, and never will under that hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    /// The hold of which they tell. About letters of another hold they say nothing.
    pub hold: HoldId,
    /// The places of the letters that have begun. There may be some among them whose outcome is recorded.
    pub begun: BTreeSet<u16>,
}
