//! The ways on which bounces, complaints and wishes to leave come in: a mail server, and a mailbox that is looked into. What comes in is
//! read, and what follows from it is done, by `acts::intake`; a message is acknowledged only after that is written.
//!
//! * [`smtp`]: the mail server, which others deliver to (SMTP and LMTP);
//! * [`imap`]: the mailbox, which is looked into.

// A dependency that nobody uses is an error of the build (`make check`).
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

pub mod imap;
pub mod smtp;
