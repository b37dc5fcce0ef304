//! The proof that somebody holds the link of a letter of ours, and what that letter was.

use crate::Services;
use crate::letterhead::{self, Known};
use crate::refusal::Refused;
use domain::client;
use domain::letter::Recipient;
use domain::letter::leave_link::{Letterhead, Purpose};
use domain::suppression::{Reason, Scope};
use domain::user::User;
use domain::{Actor, ClientId, EmailAddress, GroupId, Language, MailingId, SuppressionId, UserId};
use eventstore::{Cause, Metadata};
use projections::LinkKeys;
use uuid::Uuid;

/// Who has done it, for the log: somebody without an account, as all are who are not signed in.
const ACTOR: &str = "visitor";

/// The proof that somebody holds the link of a letter of ours, and what that letter was. Only [`open`] makes one.
#[derive(Clone, Debug)]
pub struct Link {
    pub(super) letter: Letterhead,
    pub(super) owner: UserId,
    pub(super) mailing: MailingId,
    /// The client to whom the letter went.
    pub(super) client: ClientId,
    /// The same, as the address book had them then.
    pub(super) recipient: Recipient,
    /// The last that happened to the batch of the letter.
    cause: Option<Cause>,
    request: Uuid,
}

/// What a recipient leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Only the mailing that the letter was of.
    Mailing,
    /// All mailings whose audience names this group, which its owner has made public, or had.
    Topic(GroupId),
    /// All mailings of its owner.
    Owner,
}

impl Link {
    /// The same on a certain request, whose id is kept with what is done.
    #[must_use]
    pub fn on_request(self, request: Uuid) -> Self {
        Self { request, ..self }
    }

    pub(super) fn scope(&self, which: Which) -> Scope {
        match which {
            Which::Mailing => Scope::Mailing { owner: self.owner, mailing: self.mailing },
            Which::Topic(group) => Scope::Topic { owner: self.owner, group },
            Which::Owner => Scope::Owner { owner: self.owner },
        }
    }

    /// The stream in which it stands whether the recipient has left.
    pub(super) fn stream(&self, which: Which) -> Uuid {
        SuppressionId::derive(self.scope(which), &self.email().key(), Reason::Unsubscribed).0
    }

    /// It was accepted when the letter went there.
    pub(super) fn email(&self) -> EmailAddress {
        EmailAddress::taken(&self.recipient.email)
    }

    /// Whence it is known what its holder agrees to, or agrees to no longer.
    pub(super) fn source(&self) -> client::Source {
        let Letterhead { run, ordinal } = self.letter;
        client::Source::Letter { run, ordinal }
    }

    /// What is kept with an event: which letter it followed from. The network address of a recipient is nobody's to know.
    pub(super) fn metadata(&self) -> Metadata {
        Metadata::new(Actor::System(ACTOR.to_owned()), self.request).caused_by(self.cause)
    }
}

/// What a token opens; `None` if it is none of ours. An error means that it could not be read whether it is.
pub async fn open(services: &Services, token: &str) -> Result<Option<Link>, Refused> {
    // Asked anew each time, so that a key that was added since is known here, too.
    let letter = letterhead::of_token(services, &LinkKeys::default(), Purpose::Unsubscribe, token).await?;
    let Some(letter) = letter else { return Ok(None) };
    let Some(known) = letterhead::find(services, letter).await? else { return Ok(None) };
    let Some(recipient) = letterhead::recipient(services, &known).await? else { return Ok(None) };
    let Known { owner, mailing, client, cause, .. } = known;
    Ok(Some(Link { letter, owner, mailing, client, recipient, cause, request: Uuid::now_v7() }))
}

/// The full name of the owner of the mailing, empty if there is none any more, and their language.
pub(super) async fn owner(services: &Services, link: &Link) -> Result<(String, Language), Refused> {
    Ok(match services.store.load::<User>(link.owner.0).await?.state {
        User::Registered(account) => (account.full_name.as_str().to_owned(), account.language),
        User::Absent => (String::new(), Language::default()),
    })
}
