//! Leaving: what whoever holds a link of a letter can do with it, without an account.
//!
//! It reads streams and not read models: whoever wants no more letters need not wait until tables are rebuilt, and a link works as
//! long as its run is in the log. Only which topics an owner has is asked from a table, and how each of them stands from its stream.
//!
//! What is written is in such an order that whoever is left in the middle of it gets fewer letters, and never more: suppressing comes
//! first and counts at once, and lifting comes last. Doing the same again does the rest.

mod link;
mod standing;
mod topics;

pub use link::{Link, Which, open};
pub use standing::Left;
pub use topics::{Choice, Outcome, Topic, choose, fingerprint};

use crate::Services;
use crate::refusal::Refused;
use domain::run::Run;
use domain::suppression::Way;
use domain::{Language, MergeFields, Part, Template};
use link::owner;
use projections::messages;
use standing::{left, lift, suppress};
use topics::Place;
use words::custom_fields;

/// Stands for what is hidden of an address.
const HIDDEN: &str = "•••";

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

/// Undoes that the recipient has left the owner or the mailing. What somebody else has suppressed stays, as do the topics that the
/// recipient has left one by one, and what they agreed to before they left is not agreed to anew: they choose topics for that.
pub async fn back(services: &Services, link: &Link) -> Result<(), Refused> {
    for which in [Which::Owner, Which::Mailing] {
        lift(services, link, which).await?;
    }
    Ok(())
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
