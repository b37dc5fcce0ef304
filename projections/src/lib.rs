//! The read side: events in, tables out.
//!
//! One file per read model, the writer (`fold`) beside the readers. [`Projector`] follows the log and keeps all of
//! them; [`rebuild()`] fills one anew beside the live one. Every table is a pure fold of the log: nothing here reads
//! the clock, and a rebuilt table equals the live one row for row.

// A dependency that nobody uses is an error of the build (`make check`).
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

mod checkpoint;
mod folding;
mod pace;
mod projection;
mod projector;
mod reached;
mod reading;
mod rebuild;
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

pub use checkpoint::MIGRATIONS;
pub use columns::{Listed, Read, ReadError, Unreadable};
pub use link_keys::LinkKeys;
pub use nouns::{Noun, noun_of};
pub use projection::{Event, FoldError, Projection, ProjectionStatus, Standing, standing, statuses};
pub use projector::Projector;
pub use reached::{Position, Reached};
pub use reading::Reader;
pub use rebuild::{NotBegun, Rebuild, RebuildError, RebuildProgress, rebuild, rebuild_together};

use chrono::{DateTime, Utc};
use domain::{EmailAddress, UserId};
use uuid::Uuid;

/// The rows that may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only the rows of this owner may be read.
    Owner(UserId),
    /// Everybody's rows may be read: for managers and administrators.
    All,
}

impl Access {
    /// The same for the rows of this owner alone; whoever may not read them reads none.
    #[must_use]
    pub fn of_owner(self, owner: Option<UserId>) -> Self {
        match (self, owner) {
            (_, None) => self,
            (Self::All, Some(owner)) => Self::Owner(owner),
            (Self::Owner(own), Some(owner)) if own == owner => self,
            // Nobody has this id.
            (Self::Owner(_), Some(_)) => Self::Owner(UserId(Uuid::nil())),
        }
    }

    /// The owner to filter by, for `$n::uuid is null or owner_id = $n`.
    fn owner(self) -> Option<Uuid> {
        match self {
            Self::Owner(id) => Some(id.0),
            Self::All => None,
        }
    }
}

/// A place in a list that is ordered by time and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The time of the last row seen.
    pub at: DateTime<Utc>,
    /// The id of the row.
    pub id: Uuid,
}

use projection::touched;

/// What somebody looks for; nothing, or nothing but blanks, is in every text. What compares it is `folded` in PostgreSQL: the one
/// place that knows which texts search takes for the same.
fn sought(search: Option<&str>) -> Option<&str> {
    search.map(str::trim).filter(|text| !text.is_empty())
}

/// The same where addresses are among what is looked through: the text, and the mailbox if it is the whole address of one, whose
/// domain may be spelled otherwise there.
fn sought_of_people(search: Option<&str>) -> Option<Vec<Option<String>>> {
    let text = sought(search)?;
    let mailbox = EmailAddress::parse(text).ok().map(|address| address.key());
    Some(vec![Some(text.to_owned()), mailbox])
}

/// The `ilike` pattern for texts that contain this as it is written, in any case.
fn pattern(search: Option<&str>) -> Option<String> {
    let text = sought(search)?;
    let escaped = text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    Some(format!("%{escaped}%"))
}

/// Splits an optional cursor into the two parameters of a row comparison.
fn split(after: Option<Cursor>) -> (Option<DateTime<Utc>>, Option<Uuid>) {
    (after.map(|cursor| cursor.at), after.map(|cursor| cursor.id))
}
