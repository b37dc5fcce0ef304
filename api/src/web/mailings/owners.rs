//! Whose mailings these are, for those who see everybody's.

use crate::web::frame::{Trouble, Visit, list};
use projections::users;
use std::collections::HashMap;
use uuid::Uuid;

/// The addresses of these users.
pub(super) async fn of(visit: &Visit, mut ids: Vec<Uuid>) -> Result<HashMap<Uuid, String>, Trouble> {
    ids.sort_unstable();
    ids.dedup();
    let rows = users::by_ids(visit.pool(), &ids).await?;
    let owner = |(id, row)| Some((id, list::shown::<users::User>(visit, row)?.email));
    Ok(rows.into_iter().filter_map(owner).collect())
}
