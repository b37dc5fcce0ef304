//! Whose mailings these are, for those who see everybody's.

use crate::web::frame::{Trouble, Visit, list};
use projections::users;
use std::collections::HashMap;
use uuid::Uuid;

/// The owner of a mailing, as managers see them.
#[derive(Clone, Debug, Default)]
pub(super) struct Owner {
    /// The address that they log in with.
    pub(super) email: String,
}

/// These users.
pub(super) async fn of(visit: &Visit, mut ids: Vec<Uuid>) -> Result<HashMap<Uuid, Owner>, Trouble> {
    ids.sort_unstable();
    ids.dedup();
    let rows = users::by_ids(visit.pool(), &ids).await?;
    let owner = |(id, row)| {
        let user: users::User = list::shown(visit, row)?;
        Some((id, Owner { email: user.email }))
    };
    Ok(rows.into_iter().filter_map(owner).collect())
}
