//! The delivery engine: plan, claim, intend, send, judge, record.
//!
//! | file | its part of the way of a letter |
//! | --- | --- |
//! | `start` | a due mailing becomes a run, occurrences that passed unused are recorded as missed |
//! | `plan` | a run's audience is frozen into batches |
//! | `lease` | a worker claims a batch, keeps it, and gives it back |
//! | `halted` | whether the mailings in hand may still be sent |
//! | `work` | intend, send, record: one batch |
//! | `pace` | how far ahead of the wire letters are promised |
//! | `marks` | which of the letters that were promised have begun |
//! | `letters` | what a letter says, to whom |
//! | `desk` | where letters are written, large ones apart |
//! | `stream` | a stream is written only by whoever holds it |
//! | `judge` | what a reply means for the delivery |
//! | `alarms` | when so many letters of a run are refused for the same reason that it makes no sense to go on |
//! | `finish` | runs whose deliveries all have their outcome are finished, windows that ended are closed |
//! | `engine` | who runs when |
//! | `workers` | who works on which batches: the slots of each relay |
//! | `turns` | whose turn it is, when more want to send than there are slots |
//! | `notices` | letters of the service itself, such as the one with the link that proves an address |
//! | [`relays`] | several relays, and what all engines share about them: breakers and rates |
//! | [`smtp`] | connections, letters, replies |
//!
//! Any number of engines share one PostgreSQL. None is special, and killing one costs at most its lease time: what had
//! begun and has no outcome is then recorded as unknown, everything else goes on.

mod alarms;
mod context;
mod desk;
mod engine;
mod error;
mod finish;
mod halted;
mod judge;
mod lease;
mod letters;
mod marks;
mod notices;
mod pace;
mod plan;
mod settings;
mod start;
mod stream;
mod turns;
mod work;
mod workers;

pub mod relays;
pub mod smtp;

pub use engine::Engine;
pub use error::EngineError;
pub use relays::Relays;
pub use settings::Settings;
