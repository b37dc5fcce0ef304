use super::Request;
use crate::batch::{self, AttemptOutcome};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One SMTP transaction, or the lack of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The moment when the attempt ended.
    pub at: DateTime<Utc>,
    /// How it ended. A notice in doubt is never sent again by itself.
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
    /// The attempt of a sender that is gone.
    #[must_use]
    pub fn unknown(at: DateTime<Utc>) -> Self {
        batch::Attempt::unknown(0, at).into()
    }
}

/// The attempt of a letter that has one recipient.
impl From<batch::Attempt> for Attempt {
    fn from(attempt: batch::Attempt) -> Self {
        let batch::Attempt { at, outcome, code, enhanced, reply, recipient: _ } = attempt;
        Self { at, outcome, code, enhanced, reply }
    }
}

/// What happened to a notice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The notice was asked for.
    Requested(Request),
    /// The intent. Committed before the first byte goes out.
    SendingStarted {
        /// The letter's `Message-ID`, the same for all attempts.
        message_id: String,
    },
    /// An attempt to send the notice ended.
    AttemptRecorded(Attempt),
    /// The notice was put off for too long, and is not sent any more.
    Expired {
        /// The moment when it was given up.
        at: DateTime<Utc>,
    },
}
