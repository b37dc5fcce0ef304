//! What the address of a page names, if whoever asks may see it.

use crate::web::frame::{Trouble, Visit};
use domain::{ClientId, GroupId};
use projections::Access;
use projections::clients::{self, Client};
use projections::groups::{self, Group};

/// The client of this id, if whoever asks may see them.
pub(super) async fn client(visit: &Visit, access: Access, id: &str) -> Result<Client, Trouble> {
    let id: ClientId = id.parse().map_err(|_| Trouble::Absent)?;
    let row = clients::get(visit.pool(), access, id).await?;
    row.filter(|row| row.deleted_at.is_none()).ok_or(Trouble::Absent)
}

/// The group of this id, if whoever asks may see it.
pub(super) async fn group(visit: &Visit, access: Access, id: &str) -> Result<Group, Trouble> {
    let id: GroupId = id.parse().map_err(|_| Trouble::Absent)?;
    groups::get(visit.pool(), access, id).await?.ok_or(Trouble::Absent)
}
