//! Whose things these are, for those who see everybody's.

use super::{Trouble, Visit, list};
use projections::users::{self, User};
use std::collections::HashMap;
use uuid::Uuid;

/// The addresses of these users.
pub(crate) async fn of(visit: &Visit, mut ids: Vec<Uuid>) -> Result<HashMap<Uuid, String>, Trouble> {
    ids.sort_unstable();
    ids.dedup();
    let rows = users::by_ids(visit.pool(), &ids).await?;
    let address = |(id, row)| Some((id, list::shown::<User>(visit, row)?.email));
    Ok(rows.into_iter().filter_map(address).collect())
}

/// The address of one user; `None` if there is none that reads.
pub(crate) async fn one(visit: &Visit, id: Uuid) -> Result<Option<String>, Trouble> {
    Ok(of(visit, vec![id]).await?.remove(&id))
}
