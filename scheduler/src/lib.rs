//! The delivery engine: plan, claim, intend, send, judge, record.
//!
//! | part | what it does |
//! | --- | --- |
//! | `engine` | who runs when |
//! | `held` | what an engine holds for a while, and the one loop that keeps it: claim, renew, hand back, drain |
//! | `plan` | a due mailing becomes a run, its audience is frozen into batches, and both come to an end |
//! | `send` | workers claim batches, intend, send, judge and record |
//! | `notices` | letters of the service itself, such as the one with the link that proves an address |
//! | `signing` | letters are signed with the keys of the domain that they are from |
//! | [`relays`] | several relays, and what all engines share about them: breakers and rates |
//! | [`smtp`] | connections, letters, replies |
//! | `stream` | a stream is written only by whoever holds it |
//! | `records` | what the name service says of the domains that letters are from |
//! | `follow` | whoever reads the log in order, and appends what follows from it |
//! | `suppress` | addresses to which letters are in vain, or unwanted, are not written to any more |
//! | `guard` | mailings of which too many letters come back are paused |
//! | `alerts` | people are told of what stops |
//! | `company` | what many small batches ask PostgreSQL, they ask together |
//!
//! Any number of engines share one PostgreSQL. None is special, and killing one costs at most its lease time: what had
//! begun and has no outcome is then recorded as unknown, everything else goes on.

// A dependency that nobody uses is an error of the build (`make check`).
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

mod alerts;
mod company;
mod context;
mod engine;
mod error;
mod follow;
mod guard;
mod held;
mod interval;
mod notices;
mod plan;
mod records;
mod send;
mod settings;
mod signing;
mod stream;
mod suppress;
mod told;
mod unreadable;

pub mod relays;
pub mod smtp;

pub use engine::Engine;
pub use error::EngineError;
pub use follow::{Follower, followers};
pub use records::Records;
pub use relays::Relays;
pub use send::archive::{SentLetter, sent_letter};
pub use settings::Settings;
