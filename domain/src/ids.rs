//! Ids: version 7 UUIDs for what people create, derived (version 5) ones for what must exist only once.

use crate::custom_field;
use crate::sender_domain::DomainName;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Namespace of the derived ids of this service (RFC 9562, section 5.5). Changing it would let a run be
/// repeated, so it never changes.
const NAMESPACE: Uuid = Uuid::from_u128(0x5b0c_3c54_8a3e_4a3e_9c1e_6d61_696c_696e);

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text.trim()).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

id! {
    /// A user.
    UserId
}
id! {
    /// A client in one user's address book.
    ClientId
}
id! {
    /// A group of one user's clients.
    GroupId
}
id! {
    /// A message (not the `Message-ID` of a letter).
    MessageId
}
id! {
    /// A mailing.
    MailingId
}
id! {
    /// A run, derived from its mailing and occurrence: starting the same one twice conflicts in the store.
    RunId
}
id! {
    /// A letter of the service itself.
    NoticeId
}
id! {
    /// An article of the blog.
    ArticleId
}
id! {
    /// A session, from logging in to its end. It is no secret.
    SessionId
}
id! {
    /// A token for programs. It is no secret.
    TokenId
}
id! {
    /// A rebuild of a read model.
    RebuildId
}
id! {
    /// A suppression, derived from its scope, mailbox and reason: suppressing the same one twice is one suppression.
    SuppressionId
}
id! {
    /// A sender: who an owner's letters are from.
    SenderId
}
id! {
    /// A domain whose letters are signed, derived from its name: adding the same one twice is one domain.
    SenderDomainId
}
id! {
    /// A field that an owner has added to their clients, derived from owner and key: defining the same one twice is one field.
    CustomFieldId
}
id! {
    /// A segment: a saved filter over one owner's clients.
    SegmentId
}
id! {
    /// An import of a file of clients.
    ImportId
}
id! {
    /// A wish to subscribe, from the form to its confirmation.
    SubscriptionId
}
id! {
    /// A batch, derived from its run and number: planning the same one twice conflicts in the store.
    BatchId
}
id! {
    /// The feedback on a batch, derived from its run and number: a batch has one stream of it.
    FeedbackId
}
id! {
    /// A report of a bounce or a complaint, derived from what it is known by: one that comes again is the same.
    ReportId
}
id! {
    /// A worker's hold of a batch, from getting it until giving it back: another one each time.
    HoldId
}

impl RunId {
    /// The run of `mailing` for the occurrence (or the press of "send now") named by `occurrence`, see
    /// [`crate::run::Trigger::occurrence_key`].
    #[must_use]
    pub fn derive(mailing: MailingId, occurrence: &str) -> Self {
        Self(derived(&["run", &mailing.to_string(), occurrence]))
    }
}

impl BatchId {
    /// Batch `number` (counted from 0) of `run`.
    #[must_use]
    pub fn derive(run: RunId, number: u32) -> Self {
        Self(derived(&["batch", &run.to_string(), &number.to_string()]))
    }
}

impl FeedbackId {
    /// The feedback on batch `number` (counted from 0) of `run`.
    #[must_use]
    pub fn derive(run: RunId, number: u32) -> Self {
        Self(derived(&["feedback", &run.to_string(), &number.to_string()]))
    }
}

impl ReportId {
    /// The report that `source` knows by this name: a `Message-ID`, or what a provider calls it.
    #[must_use]
    pub fn derive(source: &str, name: &str) -> Self {
        Self(derived(&["report", source, name]))
    }
}

impl NoticeId {
    /// The letter that tells this user of an event: whoever tells it twice tells it once.
    #[must_use]
    pub fn of_event(event: Uuid, user: UserId) -> Self {
        Self(derived(&["notice", "event", &event.to_string(), &user.to_string()]))
    }

    /// The letter that tells this user that something is wrong with a part of the service, known by its name and by since when.
    #[must_use]
    pub fn of_trouble(part: &str, since: &str, user: UserId) -> Self {
        Self(derived(&["notice", "trouble", part, since, &user.to_string()]))
    }
}

impl ClientId {
    /// The client who is made when this subscription is confirmed: confirming it twice at the same moment is one client.
    #[must_use]
    pub fn of_subscription(subscription: SubscriptionId) -> Self {
        Self(derived(&["client", "subscription", &subscription.to_string()]))
    }
}

impl SenderDomainId {
    /// The only stream that a domain has.
    #[must_use]
    pub fn derive(domain: &DomainName) -> Self {
        Self(derived(&["sender_domain", domain.as_str()]))
    }
}

impl CustomFieldId {
    /// The only stream that a field of this owner with this key has.
    #[must_use]
    pub fn derive(owner: UserId, key: &custom_field::Key) -> Self {
        Self(derived(&["custom_field", &owner.to_string(), key.as_str()]))
    }
}

impl ImportId {
    /// The correlation of what takes the import back, by which it can be told from what others do.
    #[must_use]
    pub fn undo(self) -> Uuid {
        derived(&["import_undo", &self.to_string()])
    }
}

/// The id that an idempotency key of a user stands for: the same key leads to the same stream, so a
/// repeated request finds what the first one made.
#[must_use]
pub fn from_idempotency_key(user: UserId, noun: &str, key: &str) -> Uuid {
    derived(&["key", &user.to_string(), noun, key])
}

pub(crate) fn derived(parts: &[&str]) -> Uuid {
    // The unit separator keeps ("a", "bc") and ("ab", "c") apart.
    Uuid::new_v5(&NAMESPACE, parts.join("\u{1f}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suppression::{Reason, Scope};

    #[test]
    fn the_same_occurrence_is_the_same_run() {
        let mailing = MailingId(Uuid::from_u128(7));
        let first = RunId::derive(mailing, "2026-05-01T10:00:00Z");

        assert_eq!(first, RunId::derive(mailing, "2026-05-01T10:00:00Z"));
        assert_ne!(first, RunId::derive(mailing, "2026-05-02T10:00:00Z"));
        assert_ne!(first, RunId::derive(MailingId(Uuid::from_u128(8)), "2026-05-01T10:00:00Z"));
    }

    #[test]
    fn another_scope_mailbox_or_reason_is_another_suppression() {
        let (owner, mailing, group) =
            (UserId(Uuid::from_u128(1)), MailingId(Uuid::from_u128(2)), GroupId(Uuid::from_u128(3)));
        let id = |scope, mailbox| SuppressionId::derive(scope, mailbox, Reason::Unsubscribed);
        let first = id(Scope::Owner { owner }, "ann@example.com");

        assert_eq!(first, id(Scope::Owner { owner }, "ann@example.com"));
        for other in [
            id(Scope::Installation, "ann@example.com"),
            id(Scope::Mailing { owner, mailing }, "ann@example.com"),
            id(Scope::Topic { owner, group }, "ann@example.com"),
            id(Scope::Owner { owner }, "bob@example.com"),
            SuppressionId::derive(Scope::Owner { owner }, "ann@example.com", Reason::Dead),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn all_spellings_of_a_domain_are_one_domain() {
        let id = |text| SenderDomainId::derive(&DomainName::parse(text).expect("a domain"));
        assert_eq!(id("Пример.рф"), id("xn--e1afmkfd.xn--p1ai."));
        assert_ne!(id("example.org"), id("mail.example.org"));
    }

    #[test]
    fn taking_an_import_back_is_told_from_the_import_and_from_others() {
        let (first, second) = (ImportId(Uuid::from_u128(1)), ImportId(Uuid::from_u128(2)));
        assert_eq!(first.undo(), ImportId(Uuid::from_u128(1)).undo());
        assert!(![first.0, second.0, second.undo()].contains(&first.undo()));
    }

    #[test]
    fn derived_ids_never_change() {
        let run = RunId::derive(MailingId(Uuid::from_u128(7)), "now:a");

        assert_eq!(run.to_string(), "978e1fce-225a-5d24-80fa-23f98c117639");
        assert_eq!(BatchId::derive(run, 3).to_string(), "a9c78ed2-faa5-5e46-8756-0ee8bfb6c9f0");
        assert_eq!(FeedbackId::derive(run, 3).to_string(), "5eba610b-bf72-51c3-aa6b-2eb7dbbc7ca4");
        assert_eq!(ReportId::derive("smtp", "<1@mx.example.org>").to_string(), "e87d3a67-7b24-52ac-8a3f-22137e72cb74");
        let client = ClientId::of_subscription(SubscriptionId(Uuid::from_u128(7)));
        assert_eq!(client.to_string(), "9bcb4b74-250a-51ba-9873-a50bb1f49cca");
        let ann = Scope::Owner { owner: UserId(Uuid::from_u128(0xa)) };
        for (scope, reason, id) in [
            (ann, Reason::Unsubscribed, "106a25a3-b5b0-5cf5-8489-368ba7deb556"),
            (Scope::Installation, Reason::Complained, "687cb4de-0e5a-5b72-a3e5-939d0528989e"),
        ] {
            assert_eq!(SuppressionId::derive(scope, "ann@example.com", reason).to_string(), id);
        }
    }
}
