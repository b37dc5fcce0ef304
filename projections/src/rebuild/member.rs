//! A projection that is being filled.

use crate::Projection;
use domain::RebuildId;

/// A projection that is being filled.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) projection: Projection,
    /// The stream that tells of it.
    pub(super) id: RebuildId,
    /// The last event that its new tables show.
    pub(super) position: i64,
    /// How many events that were.
    pub(super) folded: i64,
}
