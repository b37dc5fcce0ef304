//! Segments: saved filters over an owner's clients, and who passes them.

pub mod filter;
pub(crate) mod fold;
mod list;

pub(crate) use list::also_deleted;
pub use list::{by_ids, count, get, held, page};

use crate::columns::read;
use crate::{Cursor, Read};
use chrono::{DateTime, Utc};
use domain::segment::Filter;
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

/// A saved filter over one owner's clients.
#[derive(Clone, Debug)]
pub struct Segment {
    /// The segment's id.
    pub id: Uuid,
    /// The owner of the segment.
    pub owner_id: Uuid,
    /// The segment's name, which no other segment of the owner has.
    pub name: String,
    /// Who passes it.
    pub filter: Filter,
    /// The moment when the segment was made.
    pub created_at: DateTime<Utc>,
    /// The moment when the segment was deleted, as mailings that name it are stopped then; `None` if it is there.
    pub deleted_at: Option<DateTime<Utc>>,
    /// The segment's version: the place in its stream of the last event that is shown.
    pub version: i64,
}

impl Segment {
    /// Its place in [`page`].
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id }
    }
}

/// The row as it is stored.
struct Stored {
    id: Uuid,
    owner_id: Uuid,
    name: String,
    filter: Value,
    created_at: DateTime<Utc>,
    deleted_at: Option<DateTime<Utc>>,
    version: i64,
}

impl Stored {
    fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id }
    }

    /// The row, unless its filter does not read.
    fn read(self) -> Read<Segment> {
        let Json(filter) = read::<Json<Filter>>("segments", "filter", self.id, self.filter)?;
        let Self { id, owner_id, name, created_at, deleted_at, version, .. } = self;
        Ok(Segment { id, owner_id, name, filter, created_at, deleted_at, version })
    }
}
