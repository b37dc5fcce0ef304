//! Ids: version 7 UUIDs for what people create, derived (version 5) ones for what must exist only once.

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
    /// A batch, derived from its run and number: planning the same one twice conflicts in the store.
    BatchId
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

/// The id that an idempotency key of a user stands for: the same key leads to the same stream, so a
/// repeated request finds what the first one made.
#[must_use]
pub fn from_idempotency_key(user: UserId, noun: &str, key: &str) -> Uuid {
    derived(&["key", &user.to_string(), noun, key])
}

fn derived(parts: &[&str]) -> Uuid {
    // The unit separator keeps ("a", "bc") and ("ab", "c") apart.
    Uuid::new_v5(&NAMESPACE, parts.join("\u{1f}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_occurrence_is_the_same_run() {
        let mailing = MailingId(Uuid::from_u128(7));
        let first = RunId::derive(mailing, "2026-05-01T10:00:00Z");

        assert_eq!(first, RunId::derive(mailing, "2026-05-01T10:00:00Z"));
        assert_ne!(first, RunId::derive(mailing, "2026-05-02T10:00:00Z"));
        assert_ne!(first, RunId::derive(MailingId(Uuid::from_u128(8)), "2026-05-01T10:00:00Z"));
    }

    #[test]
    fn derived_ids_never_change() {
        let run = RunId::derive(MailingId(Uuid::from_u128(7)), "now:a");

        assert_eq!(run.to_string(), "978e1fce-225a-5d24-80fa-23f98c117639");
        assert_eq!(BatchId::derive(run, 3).to_string(), "a9c78ed2-faa5-5e46-8756-0ee8bfb6c9f0");
    }
}
