//! Who letters are from: the senders of owners, and the [`domains`] whose letters are signed.

mod bar;
pub mod domains;
pub(crate) mod fold;
mod list;

pub use bar::{Bar, bar, with_address};
pub use list::{Form, Which, by_ids, count, form, get, held, page, usable};

use crate::Cursor;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A sender as lists show it.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The sender's id.
    pub id: Uuid,
    /// The owner of the sender.
    pub owner_id: Uuid,
    /// The name that recipients see; it may be empty.
    pub name: String,
    /// The address that letters are from.
    pub address: String,
    /// The domain of the address, as the name service knows it; empty if it has no such form.
    pub domain: String,
    /// The address that replies go to, if it is another one.
    pub reply_to: Option<String>,
    /// The moment when the address was shown to be the owner's; `None` if it was not.
    pub verified_at: Option<DateTime<Utc>>,
    /// Whether the owner may write from all addresses of the domain.
    pub granted: bool,
    /// The moment when an administrator has revoked the sender, which may be deleted; `None` if nobody has, or if it is allowed again.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Why an administrator has revoked it; `None` if it is not revoked.
    pub revoked_why: Option<String>,
    /// The moment when the sender was made.
    pub created_at: DateTime<Utc>,
    /// The moment when the sender was deleted; `None` if it is there.
    pub deleted_at: Option<DateTime<Utc>>,
    /// The sender's revision, counted from 1.
    pub revision: i32,
    /// The sender's version: the place in its stream of the last event that is shown.
    pub version: i64,
}

impl Sender {
    /// Its place in [`page`].
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id }
    }

    /// Whether letters of its owner can be from it: this is the only place that says so.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.deleted_at.is_none() && self.revoked_at.is_none() && (self.verified_at.is_some() || self.granted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_usable_while_it_is_there_and_allowed_and_its_address_or_its_domain_is_the_owners() {
        let moment = || Some(DateTime::UNIX_EPOCH);
        for (verified_at, granted, revoked_at, deleted_at, usable) in [
            (None, false, None, None, false),
            (moment(), false, None, None, true),
            (None, true, None, None, true),
            (moment(), true, None, None, true),
            (moment(), true, moment(), None, false),
            (moment(), true, None, moment(), false),
        ] {
            let sender = Sender {
                id: Uuid::nil(),
                owner_id: Uuid::nil(),
                name: String::new(),
                address: "news@example.org".to_owned(),
                domain: "example.org".to_owned(),
                reply_to: None,
                verified_at,
                granted,
                revoked_at,
                revoked_why: None,
                created_at: DateTime::UNIX_EPOCH,
                deleted_at,
                revision: 1,
                version: 1,
            };
            assert_eq!(sender.is_usable(), usable, "{sender:?}");
        }
    }
}
