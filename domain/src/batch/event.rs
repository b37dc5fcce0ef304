use crate::{ClientId, HoldId, MailingId, RunId, UserId, suppression};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A recipient as frozen: the client and the revision of its entry. Written as `[client, revision]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient(
    /// The client who gets the letter.
    pub ClientId,
    /// Which revision of the entry, counted from 1: the letter goes to the address and name it had.
    pub u32,
);

/// One SMTP transaction, or the lack of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The recipient's place in `Planned`.
    pub recipient: u16,
    /// The moment when the attempt ended.
    pub at: DateTime<Utc>,
    /// The outcome with which the attempt ended.
    #[serde(flatten)]
    pub outcome: AttemptOutcome,
    /// The reply's three digits (RFC 5321, section 4.2), if there was a reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// The reply's enhanced code (RFC 3463), such as `5.1.1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enhanced: Option<String>,
    /// The reply's text with addresses masked, or what went wrong without a reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
}

impl Attempt {
    /// The attempt of a worker that is gone.
    #[must_use]
    pub fn unknown(recipient: u16, at: DateTime<Utc>) -> Self {
        Self {
            recipient,
            at,
            outcome: AttemptOutcome::Unknown { again: None },
            code: None,
            enhanced: None,
            reply: Some("the sender stopped between the send and the answer".to_owned()),
        }
    }

    /// The attempt that a worker that is gone had promised, and never began.
    #[must_use]
    pub fn never_begun(recipient: u16, at: DateTime<Utc>) -> Self {
        Self {
            recipient,
            at,
            outcome: AttemptOutcome::NotTried,
            code: None,
            enhanced: None,
            reply: Some("the sender stopped before it began".to_owned()),
        }
    }

    /// The same under another policy: a letter in doubt is sent again at `again`, or never by itself.
    #[must_use]
    pub fn with_again(mut self, again: Option<DateTime<Utc>>) -> Self {
        if let AttemptOutcome::Unknown { again: moment } = &mut self.outcome {
            *moment = again;
        }
        self
    }
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// The server took the letter.
    Accepted,
    /// The server said no for good.
    Rejected {
        /// Whether the address is dead, not only this letter unwelcome.
        dead: bool,
    },
    /// The server said not now.
    Deferred {
        /// The moment from which the letter may be tried again.
        until: DateTime<Utc>,
    },
    /// Nobody knows whether the mail server took the letter.
    Unknown {
        /// When it will be sent again although it may have arrived, if the mailing's policy is to do that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again: Option<DateTime<Utc>>,
    },
    /// Not sent after all, through no fault of the recipient; the attempt is not used up.
    NotTried,
}

/// Why the rest of a batch is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GiveUpReason {
    /// The mailing's window ended.
    WindowEnded,
    /// The mailing was cancelled or deleted.
    Cancelled,
}

/// Why recipients get no letter of a run, although they are among its recipients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaveOutReason {
    /// Another recipient of the run has the same mailbox, and gets the letter.
    SameMailbox,
    /// The address is not written to any more.
    Suppressed(suppression::Reason),
}

/// What happened to a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The batch's recipients were named.
    Planned {
        /// The run that the batch is part of.
        run: RunId,
        /// The mailing that the run is of.
        mailing: MailingId,
        /// The owner of the mailing.
        owner: UserId,
        /// The batch's number within the run, counted from 0.
        number: u32,
        /// The recipients, in the order by which the other events name them.
        recipients: Vec<Recipient>,
    },
    /// These recipients get no letter of this run.
    LeftOut {
        /// The places of the recipients in the batch.
        recipients: Vec<u16>,
        /// Why they are left out.
        reason: LeaveOutReason,
    },
    /// The intent: these recipients are about to be sent to. Committed before the first byte goes out.
    SendingStarted {
        /// The places of the recipients in the batch.
        recipients: Vec<u16>,
        /// The hold under which they are sent to, if it leaves marks about which of them have begun. Whoever knows nothing
        /// of marks takes all of them for begun, which is what it means where there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hold: Option<HoldId>,
    },
    /// The outcomes of one flush.
    AttemptRecorded {
        /// The attempts, tens to hundreds of them.
        attempts: Vec<Attempt>,
    },
    /// Somebody wants these letters in doubt sent again, although they may have arrived.
    ResendOrdered {
        /// The places of the recipients in the batch.
        recipients: Vec<u16>,
    },
    /// Somebody has seen that these letters are in doubt, and leaves them as they are.
    DoubtAccepted {
        /// The places of the recipients in the batch.
        recipients: Vec<u16>,
    },
    /// The rest was given up.
    GaveUp {
        /// Why the rest is given up.
        reason: GiveUpReason,
        /// The moment when the rest was given up.
        at: DateTime<Utc>,
    },
    /// All deliveries have their outcome. Happens again when letters in doubt are sent again.
    Completed,
}

impl Event {
    /// Whether it tells something of the recipient at this place of the batch.
    #[must_use]
    pub fn concerns(&self, place: u16) -> bool {
        match self {
            Self::Planned { recipients, .. } => usize::from(place) < recipients.len(),
            Self::LeftOut { recipients, .. }
            | Self::SendingStarted { recipients, .. }
            | Self::ResendOrdered { recipients }
            | Self::DoubtAccepted { recipients } => recipients.contains(&place),
            Self::AttemptRecorded { attempts } => attempts.iter().any(|attempt| attempt.recipient == place),
            Self::GaveUp { .. } | Self::Completed => true,
        }
    }
}
