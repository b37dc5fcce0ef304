//! A place in a list.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A place in a list that is ordered by time and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The time of the last row seen.
    pub at: DateTime<Utc>,
    /// The id of the row.
    pub id: Uuid,
}

/// Splits an optional cursor into the two parameters of a row comparison.
pub(crate) fn split(after: Option<Cursor>) -> (Option<DateTime<Utc>>, Option<Uuid>) {
    (after.map(|cursor| cursor.at), after.map(|cursor| cursor.id))
}
