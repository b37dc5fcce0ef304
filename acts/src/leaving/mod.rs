//! Leaving: what whoever holds a link of a letter can do with it, without an account.
//!
//! It reads streams and not read models: whoever wants no more letters need not wait until tables are rebuilt, and a link works as
//! long as its run is in the log. Only which topics an owner has is asked from a table, and how each of them stands from its stream.
//!
//! What is written is in such an order that whoever is left in the middle of it gets fewer letters, and never more: suppressing comes
//! first and counts at once, and lifting comes last. Doing the same again does the rest.

mod topics;

pub use topics::{Choice, Outcome, Topic, choose, fingerprint};

use crate::Services;
use crate::letterhead::{self, Known};
use crate::refusal::Refused;
use domain::client;
use domain::letter::Recipient;
use domain::letter::leave_link::{Letterhead, Purpose};
use domain::run::Run;
use domain::suppression::{Command, Error, Lifter, Reason, Scope, Source, Suppression, Way};
use domain::user::User;
use domain::{
    Actor, ClientId, EmailAddress, GroupId, Language, MailingId, MergeFields, Part, SuppressionId, Template, UserId,
};
use eventstore::{Cause, ExecuteError, Loaded, Metadata};
use projections::{LinkKeys, messages};
use topics::Place;
use uuid::Uuid;
use words::custom_fields;

/// Stands for what is hidden of an address.
const HIDDEN: &str = "•••";

/// Who has done it, for the log: somebody without an account, as all are who are not signed in.
const ACTOR: &str = "visitor";

/// The proof that somebody holds the link of a letter of ours, and what that letter was. Only [`open`] makes one.
#[derive(Clone, Debug)]
pub struct Link {
    letter: Letterhead,
    owner: UserId,
    mailing: MailingId,
    /// The client to whom the letter went.
    client: ClientId,
    /// The same, as the address book had them then.
    recipient: Recipient,
    /// The last that happened to the batch of the letter.
    cause: Option<Cause>,
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
    /// Whether there is something to leave of the mailing alone: it sends more than once, to those who have not left it, and is of no
    /// topic that could be left instead.
    pub mailing_alone: bool,
    /// What is in force by the recipient's own wish.
    pub left: Left,
    /// The topics that the recipient is offered, those of the mailing first.
    pub topics: Vec<Topic>,
    /// Whether the address is in the owner's address book, so that its holder can come to a topic.
    pub may_join: bool,
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

    fn scope(&self, which: Which) -> Scope {
        match which {
            Which::Mailing => Scope::Mailing { owner: self.owner, mailing: self.mailing },
            Which::Topic(group) => Scope::Topic { owner: self.owner, group },
            Which::Owner => Scope::Owner { owner: self.owner },
        }
    }

    /// The stream in which it stands whether the recipient has left.
    fn stream(&self, which: Which) -> Uuid {
        SuppressionId::derive(self.scope(which), &self.email().key(), Reason::Unsubscribed).0
    }

    /// It was accepted when the letter went there.
    fn email(&self) -> EmailAddress {
        EmailAddress::taken(&self.recipient.email)
    }

    /// Whence it is known what its holder agrees to, or agrees to no longer.
    fn source(&self) -> client::Source {
        let Letterhead { run, ordinal } = self.letter;
        client::Source::Letter { run, ordinal }
    }

    /// What is kept with an event: which letter it followed from. The network address of a recipient is nobody's to know.
    fn metadata(&self) -> Metadata {
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

/// What the letter was, what its recipient has left, and what they are offered.
pub async fn seen(services: &Services, link: &Link) -> Result<Seen, Refused> {
    let (owner, language) = owner(services, link).await?;
    let place = Place::of(services, link).await?;
    let topics = place.topics(services, link).await?;
    Ok(Seen {
        masked: masked(&link.recipient.email),
        owner,
        subject: subject(services, link, language).await?,
        language,
        mailing_alone: place.mailing_alone(&topics),
        left: left(services, link).await?,
        topics,
        may_join: place.may_join(),
    })
}

/// The full name of the owner of the mailing, empty if there is none any more, and their language.
async fn owner(services: &Services, link: &Link) -> Result<(String, Language), Refused> {
    Ok(match services.store.load::<User>(link.owner.0).await?.state {
        User::Registered(account) => (account.full_name.as_str().to_owned(), account.language),
        User::Absent => (String::new(), Language::default()),
    })
}

async fn left(services: &Services, link: &Link) -> Result<Left, Refused> {
    let streams = [link.stream(Which::Owner), link.stream(Which::Mailing)];
    let mut loaded = services.store.load_many::<Suppression>(&streams).await?.into_iter();
    let mut in_force = || matches!(loaded.next(), Some(Loaded { state: Suppression::Active(_), .. }));
    let (owner, mailing) = (in_force(), in_force());
    Ok(match (owner, mailing) {
        (true, _) => Left::Owner,
        (false, true) => Left::Mailing,
        (false, false) => Left::Nothing,
    })
}

/// The subject as the recipient got it. The texts of a message are many megabytes in the log, so its table is asked: whoever comes
/// while that is rebuilt reads no subject, and can leave all the same.
async fn subject(services: &Services, link: &Link, language: Language) -> Result<String, Refused> {
    let run = services.store.load::<Run>(link.letter.run.0).await?.state;
    let (Run::Started { origin, .. } | Run::Sending { origin, .. } | Run::Finished { origin, .. }) = run else {
        return Ok(String::new());
    };
    let revision = i32::try_from(origin.revision).unwrap_or(i32::MAX);
    let Some(revision) = messages::revision(services.pool(), origin.message, revision).await? else {
        return Ok(String::new());
    };
    // What cannot be read or written any more has not been sent either.
    let template = Template::stored(Part::Subject, &revision.subject).ok();
    let subject = template.and_then(|template| {
        let named = template.custom_fields().cloned().collect();
        let custom = custom_fields::values(&link.recipient.fields, &named, language);
        template.render(&MergeFields { custom: &custom, ..link.recipient.merge_fields() }).ok()
    });
    let subject = subject.unwrap_or_default();
    // A subject may greet with the address, and an address book may have it for a name.
    Ok(without(&subject, &link.recipient.email))
}

/// A text in which an address, in whichever case it stands there, is [`masked`].
fn without(text: &str, address: &str) -> String {
    let (hidden, length) = (masked(address), address.len());
    let (mut told, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(first) = rest.chars().next() {
        let is_here = length > 0 && rest.get(..length).is_some_and(|start| start.eq_ignore_ascii_case(address));
        let taken = if is_here { length } else { first.len_utf8() };
        told.push_str(if is_here { hidden.as_str() } else { rest.get(..taken).unwrap_or_default() });
        rest = rest.get(taken..).unwrap_or_default();
    }
    told
}

/// No more letters of that kind to this recipient, who agrees to none of them any longer. It answers when that is written; doing it
/// again changes nothing.
pub async fn leave(services: &Services, link: &Link, which: Which, way: Way) -> Result<Outcome, Refused> {
    if let Which::Topic(topic) = which {
        let place = Place::of(services, link).await?;
        if !place.knows(services, link, topic).await? {
            return Ok(Outcome::Unknown);
        }
        suppress(services, link, which, way).await?;
        place.left_topics(services, link, &[topic]).await?;
    } else {
        suppress(services, link, which, way).await?;
        if which == Which::Owner {
            topics::left_all(services, link).await?;
        }
    }
    Ok(Outcome::Done)
}

/// What a recipient leaves who says that they want no more, and nothing else: with the button of a mail program, or with a letter to the
/// address that `List-Unsubscribe` names. Neither shows the topic or the mailing, so whoever uses it has chosen nothing smaller than all
/// letters of the owner. It answers when that is written; doing it again changes nothing.
pub async fn leave_at_once(services: &Services, link: &Link, way: Way) -> Result<Outcome, Refused> {
    leave(services, link, Which::Owner, way).await
}

/// The same by a letter; `false` if the recipient had left by then.
pub(crate) async fn leave_by_mail(services: &Services, link: &Link) -> Result<bool, Refused> {
    let before = left(services, link).await?;
    leave_at_once(services, link, Way::Mail).await?;
    Ok(before != Left::Owner)
}

/// From now on no letter of that kind is promised to this recipient.
async fn suppress(services: &Services, link: &Link, which: Which, way: Way) -> Result<(), Refused> {
    let Letterhead { run, ordinal } = link.letter;
    let command = Command::Suppress {
        scope: link.scope(which),
        reason: Reason::Unsubscribed,
        email: link.email(),
        source: Source::Recipient { run, ordinal, way },
        note: None,
        at: services.now(),
        until: None,
    };
    services.store.execute::<Suppression>(link.stream(which), command, &link.metadata()).await?;
    Ok(())
}

/// Undoes that the recipient has left the owner or the mailing. What somebody else has suppressed stays, as do the topics that the
/// recipient has left one by one, and what they agreed to before they left is not agreed to anew: they choose topics for that.
pub async fn back(services: &Services, link: &Link) -> Result<(), Refused> {
    for which in [Which::Owner, Which::Mailing] {
        lift(services, link, which).await?;
    }
    Ok(())
}

/// Undoes what the recipient has left, if they have.
async fn lift(services: &Services, link: &Link, which: Which) -> Result<(), Refused> {
    let command = Command::Lift { by: Lifter::Recipient, why: None, at: services.now() };
    match services.store.execute::<Suppression>(link.stream(which), command, &link.metadata()).await {
        // There is nothing to undo here.
        Ok(_) | Err(ExecuteError::Refused(Error::NotFound)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// An address with its first letters, and what it ends in.
pub(crate) fn masked(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let first = |text: &str| text.chars().take(1).collect::<String>();
    let ending = domain.rsplit_once('.').map(|(_, ending)| format!(".{ending}")).unwrap_or_default();
    format!("{}{HIDDEN}@{}{HIDDEN}{ending}", first(local), first(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_again_by_its_holder_and_by_nobody_else() {
        for (address, shown) in [
            ("anna@example.org", "a•••@e•••.org"),
            ("a@b.c", "a•••@b•••.c"),
            ("anna@localhost", "a•••@l•••"),
            ("анна@почта.пример.рф", "а•••@п•••.рф"),
            ("\"a@b\"@example.org", "\"•••@e•••.org"),
        ] {
            assert_eq!(masked(address), shown);
        }
    }

    #[test]
    fn a_text_that_has_the_address_in_it_tells_no_more_of_it() {
        for (text, told) in [
            ("For anna@example.org", "For a•••@e•••.org"),
            ("ANNA@Example.org, anna@example.org!", "a•••@e•••.org, a•••@e•••.org!"),
            ("Жанна ☃ <anna@example.org>", "Жанна ☃ <a•••@e•••.org>"),
            ("bob@example.org", "bob@example.org"),
            ("", ""),
        ] {
            assert_eq!(without(text, "anna@example.org"), told);
        }
        assert_eq!(without("Пишем на анна@почта.рф", "анна@почта.рф"), "Пишем на а•••@п•••.рф");
        assert_eq!(without("nobody", ""), "nobody");
    }
}
