//! What a run sends, and for whom, as it was when the run began.

use crate::mailing::{self, is_usual};
use crate::{MailingId, MessageId, SenderId, UserId};
use serde::{Deserialize, Serialize};

/// What a run started with, and keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Of which mailing.
    pub mailing: MailingId,
    /// Whose.
    pub owner: UserId,
    /// The letter.
    pub message: MessageId,
    /// The letter's revision, counted from 1.
    pub revision: u32,
    /// What its letters are to those who get them: what the mailing said when the run started.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub kind: mailing::Kind,
    /// Who its letters are from, as the sender was when the run started; the service itself if nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<PinnedSender>,
}

/// A sender as it was at a moment, whatever becomes of it later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedSender {
    /// The sender.
    pub sender: SenderId,
    /// The sender's revision, counted from 1.
    pub revision: u32,
}

impl Origin {
    /// What a run starts with where owners may say that a mailing is transactional, or where they may not: there a mailing that said
    /// so before writes to many, as all others do, and to nobody who has left.
    #[must_use]
    pub fn where_transactional_is(self, allowed: bool) -> Self {
        if allowed { self } else { Self { kind: mailing::Kind::Bulk, ..self } }
    }
}
