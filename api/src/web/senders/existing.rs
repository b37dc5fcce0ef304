//! The sender that an address names.

use crate::web::frame::{Trouble, Visit};
use domain::SenderId;
use projections::Access;
use projections::senders::{self as read, Sender};

/// The visitor's own sender that an address names.
pub(super) async fn existing(visit: &Visit, id: &str) -> Result<Sender, Trouble> {
    visit.owner()?;
    let id: SenderId = id.parse().map_err(|_| Trouble::Absent)?;
    let row = read::get(visit.pool(), visit.viewer()?.own(), id).await?;
    row.filter(|row| row.deleted_at.is_none()).ok_or(Trouble::Absent)
}

/// The sender that an address names, if the visitor may look at it: their own, unless it is deleted and holds its address no longer, and
/// for administrators anybody's, also a deleted one.
pub(super) async fn seen(visit: &Visit, id: &str) -> Result<Sender, Trouble> {
    let judges = visit.viewer()?.may_administer();
    let access = if judges {
        Access::All
    } else {
        visit.owner()?;
        visit.viewer()?.own()
    };
    let id: SenderId = id.parse().map_err(|_| Trouble::Absent)?;
    let row = read::get(visit.pool(), access, id).await?;
    row.filter(|row| judges || row.deleted_at.is_none() || row.revoked_at.is_some()).ok_or(Trouble::Absent)
}
