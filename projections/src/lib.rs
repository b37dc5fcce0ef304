//! The read side: events in, tables out.
//!
//! One file per read model, the writer (`fold`) beside the readers. [`Projector`] follows the log and keeps all of
//! them; [`rebuild()`] fills one anew beside the live one. Every table is a pure fold of the log: nothing here reads
//! the clock, and a rebuilt table equals the live one row for row.

// A dependency that nobody uses is an error of the build (`make check`).
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

mod access;
mod checkpoint;
mod cursor;
mod event;
mod folding;
mod pace;
mod projection;
mod projector;
mod reached;
mod reading;
mod rebuild;
mod remedy;
mod search;
mod standing;

pub mod articles;
pub mod audit;
pub mod catalogue;
pub mod clients;
pub mod columns;
pub mod custom_fields;
pub mod deliveries;
pub mod feedback;
pub mod groups;
pub mod history;
pub mod home;
pub mod imports;
pub mod link_keys;
pub mod mailboxes;
pub mod mailings;
pub mod messages;
pub mod notices;
mod nouns;
pub mod relays;
pub mod reports;
pub mod runs;
pub mod sealed_keys;
pub mod segments;
pub mod senders;
pub mod statistics;
pub mod suppressions;
pub mod users;
pub mod ways;

pub use access::Access;
pub use checkpoint::MIGRATIONS;
pub use columns::{Listed, Read, ReadError, Unreadable};
pub use cursor::Cursor;
pub use event::{Event, FoldError};
pub use link_keys::LinkKeys;
pub use nouns::{Noun, noun_of};
pub use projection::{Projection, ProjectionStatus, Standing, standing, statuses};
pub use projector::Projector;
pub use reached::{Position, Reached};
pub use reading::Reader;
pub use rebuild::{NotBegun, Rebuild, RebuildError, RebuildProgress, rebuild, rebuild_together};

use cursor::split;
use event::touched;
use search::{pattern, sought, sought_of_people};
