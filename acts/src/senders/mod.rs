//! Who letters are from.
//!
//! Owners have senders: a name and an address that is known to be theirs, by the link of a letter that went there, or because an
//! administrator has granted its domain to them. Administrators have [`domains`], whose letters are signed with their keys. All that
//! have no sender are from `MAIL_FROM`. Whether other mail servers will believe a domain, is looked up ([`check()`]), also before a mailing
//! is from it ([`not_aligned`]).

mod aligned;
mod check;
mod dns;
pub mod domains;
mod keys;
mod known;
mod looking;
mod own;
mod rewrap;

pub use aligned::not_aligned;
pub(crate) use aligned::required;
pub use check::{check, check_own, with_own_keys};
pub use dns::Dns;
pub use keys::{Unopened, note_fingerprints, unopened};
pub use looking::{Checked, Senders, Wanted};
pub use own::{
    Change, Made, New, Shows, allow, change, create, delete, revoke, send_link, sender_id, shows, usable, verify,
};
pub use rewrap::{RewrapError, Rewrapped, rewrap};
