//! Quotas: how much one account may have.

use domain::{Code, Refusal};

/// What an account may have only so many of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noun {
    /// Clients in the address book.
    Client,
    /// Groups of clients.
    Group,
    /// Segments of clients.
    Segment,
    /// Addresses that are not written to.
    Suppression,
    /// Messages.
    Message,
    /// Mailings.
    Mailing,
    /// Senders.
    Sender,
    /// Pictures of articles.
    Picture,
    /// Revisions of one message.
    RevisionOfMessage,
    /// Revisions of one article.
    RevisionOfArticle,
    /// MiB of all revisions of a message together.
    SizeOfMessage,
}

/// An account has as many as it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// What the account has so many of.
    pub noun: Noun,
    /// How many it may have.
    pub most: u32,
}

impl Refusal for Reached {
    fn code(&self) -> Code {
        Code::QuotaReached
    }
}
