//! The segment that an address names, whose clients it is over, and what it says.

use crate::web::frame::{Trouble, Visit};
use acts::address_book::conditions;
use domain::{SegmentId, UserId};
use projections::segments::{self, Segment};
use projections::{Access, ReadError};

/// The segment of this id, if whoever asks may see it.
pub(super) async fn existing(visit: &Visit, access: Access, id: &str) -> Result<Segment, Trouble> {
    let id: SegmentId = id.parse().map_err(|_| Trouble::Absent)?;
    segments::get(visit.pool(), access, id).await?.ok_or(Trouble::Absent)
}

/// Whose clients a segment is over: whoever sees the segment sees these.
pub(super) fn clients_of(row: &Segment) -> Access {
    Access::Owner(UserId(row.owner_id))
}

/// The conditions of a segment, as sentences say them.
pub(super) async fn said(visit: &Visit, row: &Segment) -> Result<Vec<String>, ReadError> {
    let names = conditions::names(visit.services(), clients_of(row), &[&row.filter]).await?;
    let told = |condition| words::conditions::told(visit.language(), condition, &names);
    Ok(row.filter.conditions.iter().map(told).collect())
}
