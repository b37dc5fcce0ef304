//! What comes back: bounces, complaints, and wishes to leave by mail, on whichever way they come in.
//!
//! ```text
//! a message ──> [`take`] ── bounces::read ──┬── it came to an address to leave ──> [`crate::leaving`]
//! a provider's webhook ──> [`tell`] ────────┼── a report, and its letter is found ──> an event in the feedback on its batch
//!                                           ├── a letter is late, and which one is not known ──> nothing
//!                                           └── neither, or not understood ──> kept for a person ([`kept`])
//! ```
//!
//! Everything here answers after the commit. An error means that nothing may be acknowledged: the same message has to come again, and
//! then does no more than it would have done the first time.
//!
//! A message is counted ([`counts`]) in the transaction that records or keeps it, so it is in the counts exactly if it is in the log or
//! in the list. A wish to leave is counted after it is written, which takes several appends that can each be repeated: a process that
//! dies in between has acknowledged nothing, and the wish is counted when it comes again. A message that was counted and whose
//! acknowledgement was lost comes again too, and counts once more, as known.
//!
//! A bounce of a letter of the service itself (a notice) concerns no run, so no event has a place for it: it is kept, and a person sees
//! whom the service could not reach.

mod counting;
mod entry;
mod keeping;
pub mod kept;
mod letter;
mod message;
mod post;
mod report;
mod states;
mod storable;
mod taking;
mod turn;
mod ways;
mod wish;

pub use counting::{Count, counts};
pub use message::{KEPT_MOST, Message, Taken};
pub use states::{Standing, looked, standing};
pub use taking::{expects, take, tell};
pub use turn::Turn;
pub use ways::{IN_A_ROW, Obstacle, Refusal, Ways};
