//! The pages of the clients that runs and their letters name.

use crate::web::frame::{Trouble, Visit};
use projections::{Access, clients};
use std::collections::HashSet;
use uuid::Uuid;

/// Those of these clients who have a page, as they were not deleted.
pub(super) async fn present(visit: &Visit, access: Access, ids: &[Uuid]) -> Result<HashSet<Uuid>, Trouble> {
    let found = clients::by_ids(visit.pool(), access, ids).await?.into_iter();
    Ok(found.filter(|client| client.deleted_at.is_none()).map(|client| client.id).collect())
}

/// The page of a client who has one.
pub(super) fn client_at(id: Uuid) -> String {
    format!("/clients/{id}")
}
