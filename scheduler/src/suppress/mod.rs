//! Addresses to which letters are in vain, or unwanted, are not written to any more, in none of their owner's mailings.
//!
//! | file | what it is about |
//! | --- | --- |
//! | `dead` | a mail server said, when a letter was sent, that there is no such mailbox |
//! | `bounced` | letters came back, or recipients complained |
//! | `addresses` | which addresses these are, and what is known of them that speaks against it |
//!
//! What was known when somebody lifted a suppression suppresses nobody anew.

mod addresses;
mod bounced;
mod dead;

pub(crate) use bounced::Bounced;
pub(crate) use dead::Dead;
