//! The read side: events in, tables out.
//!
//! One file per read model, the writer (`fold`) beside the readers. [`Projector`] follows the log and keeps all of
//! them; [`rebuild`] fills one anew beside the live one. Every table is a pure fold of the log: nothing here reads
//! the clock, and a rebuilt table equals the live one row for row.

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
pub mod clients;
pub mod deliveries;
pub mod groups;
pub mod history;
pub mod home;
pub mod mailings;
pub mod messages;
pub mod notices;
pub mod relays;
pub mod reports;
pub mod runs;
pub mod statistics;
pub mod users;

pub use projection::{Event, FoldError, Projection, ProjectionStatus, statuses};
pub use projector::Projector;
pub use reached::{Position, Reached};
pub use reading::Reader;
pub use rebuild::{Rebuild, RebuildError, RebuildProgress, rebuild};

use chrono::{DateTime, Utc};
use domain::UserId;
use uuid::Uuid;

/// Whose rows may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only this owner's.
    Owner(UserId),
    /// Everybody's: managers and administrators.
    All,
}

impl Access {
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
    /// Its id.
    pub id: Uuid,
}

use projection::touched;

/// The `ilike` pattern for texts that contain this; nothing, or nothing but blanks, is in every text.
fn pattern(search: Option<&str>) -> Option<String> {
    let text = search.map(str::trim).filter(|text| !text.is_empty())?;
    let escaped = text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    Some(format!("%{escaped}%"))
}

/// Splits an optional cursor into the two parameters of a row comparison.
fn split(after: Option<Cursor>) -> (Option<DateTime<Utc>>, Option<Uuid>) {
    (after.map(|cursor| cursor.at), after.map(|cursor| cursor.id))
}
