//! Whether somebody may come in. The event store writes it with the events, in their transaction; guarding the door never
//! waits for a read model.

use domain::UserId;
use sqlx::PgPool;

/// An account's door.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Door {
    /// Whether its address is known to be its holder's.
    pub(crate) verified: bool,
    /// Whether its holder is shut out.
    pub(crate) blocked: bool,
}

/// The account's door right now.
pub(crate) async fn of(pool: &PgPool, user: UserId) -> Result<Option<Door>, sqlx::Error> {
    sqlx::query_as!(Door, "select verified, blocked from doors where user_id = $1", user.0).fetch_optional(pool).await
}
