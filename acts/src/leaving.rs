//! Leaving: what whoever holds a link of a letter can do with it, without an account.
//!
//! It reads streams and not read models: whoever wants no more letters need not wait until tables are rebuilt, and a link works as
//! long as its run is in the log.

use crate::Services;
use crate::refusal::Refused;
use domain::batch::{self, Batch, MAX_RECIPIENTS};
use domain::client::{self, Client};
use domain::letter::leave_link::{Letterhead, LinkKey, Purpose};
use domain::letter::{MergeFields, Recipient};
use domain::mailing::Mailing;
use domain::run::Run;
use domain::suppression::{Command, Lifter, Reason, Scope, Source, Suppression, Way};
use domain::user::User;
use domain::{
    Actor, BatchId, Decide, EmailAddress, Language, MailingId, Part, Periodicity, RunId, SuppressionId, Template,
    UserId,
};
use eventstore::Metadata;
use uuid::Uuid;

/// How many characters a token has.
const TOKEN: usize = 50;

/// Stands for what is hidden of an address.
const HIDDEN: &str = "•••";

/// The proof that somebody holds the link of a letter of ours, and what that letter was. Only [`open`] makes one.
#[derive(Clone, Debug)]
pub struct Link {
    letter: Letterhead,
    owner: UserId,
    mailing: MailingId,
    /// Whom the letter went to, as the address book had it then.
    recipient: Recipient,
    request: Uuid,
}

/// What a letter was, for the one who got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The address that the letter went to, so that its holder knows it and nobody else learns it: `a•••@e•••.org`.
    pub masked: String,
    /// The full name of the owner of the mailing; empty if there is none any more.
    pub owner: String,
    /// The subject of the letter; empty if it is not known at the moment.
    pub subject: String,
    /// The owner's language.
    pub language: Language,
    /// Whether the mailing sends more than once.
    pub mailing_recurs: bool,
    /// What is in force by the recipient's own wish.
    pub left: Left,
}

/// What a recipient has left, by their own wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// The recipient gets letters.
    Nothing,
    /// The recipient gets no letters of this mailing.
    Mailing,
    /// The recipient gets no letters of the owner's mailings.
    Owner,
}

/// What a recipient leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Only the mailing that the letter was of.
    Mailing,
    /// All mailings of its owner.
    Owner,
}

impl Link {
    /// The same on a certain request, whose id is kept with what is done.
    #[must_use]
    pub fn on_request(self, request: Uuid) -> Self {
        Self { request, ..self }
    }
}

/// What a token opens; `None` if it is none of ours. An error means that it could not be read whether it is.
pub async fn open(services: &Services, token: &str) -> Result<Option<Link>, Refused> {
    unimplemented!()
}

/// What the letter was, and what its recipient has left.
pub async fn seen(services: &Services, link: &Link) -> Result<Seen, Refused> {
    unimplemented!()
}

/// No more letters of that kind to this recipient. It answers when that is written; doing it again changes nothing.
pub async fn leave(services: &Services, link: &Link, which: Which, way: Way) -> Result<(), Refused> {
    unimplemented!()
}

/// Undoes what was left by the recipient. What somebody else has suppressed stays.
pub async fn back(services: &Services, link: &Link) -> Result<(), Refused> {
    unimplemented!()
}
