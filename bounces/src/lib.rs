//! Reads what mail servers and mailbox providers report of letters: that they came back, that recipients complained, or only that
//! somebody is on holiday.
//!
//! It computes over bytes and does nothing else: which letter a report is about, and whether the reporter may speak of it, is found out
//! by whoever asks.
//!
//! # How a message is read
//!
//! [`read`] takes a message apart (`mail/`), finds the letter that came back with it wherever that stands (`returned.rs`, `pasted.rs`), and
//! asks one after the other:
//!
//! 1. whether it is a complaint (`complaint.rs`, RFC 5965);
//! 2. whether it has the mark of a service that wants a proof (`answer.rs`);
//! 3. whether it is a delivery status notification (`status.rs`, RFC 3464 and RFC 6533);
//! 4. whether it is a report in words, with `X-Failed-Recipients`, from a mail system, or with a subject that says so (`prose.rs`);
//! 5. what it is else: an automatic reply, a challenge, a letter, or nothing that is understood (`answer.rs`).
//!
//! What codes and words mean is judged in one place for all forms (`judge.rs`). Phrases and marks are data with a reason each ([`rules`]).
//! `docs/bounces.md` has the rules in words, and what they were measured to do.
//!
//! Whatever the bytes are, nothing panics, and the work is bounded: half a megabyte is read, of that so many parts, levels, fields and
//! addresses as reports have.

// A dependency that nobody uses is an error of the build (`make check`).
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

mod answer;
mod codes;
mod complaint;
mod judge;
mod mail;
mod pasted;
mod prose;
mod reading;
mod returned;
pub mod rules;
mod status;
#[cfg(test)]
mod tests;
mod told;
pub mod webhooks;

pub use reading::{Reading, read};
pub use told::{About, Says};
