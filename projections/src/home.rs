//! The numbers of the home page, over all owners. They name nobody.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

/// How much the service does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// How many mailings there are, however far they are.
    pub mailings: i64,
    /// Mailings that are active and have sent at least once, and whose owners are not blocked.
    pub running: i64,
    /// How many different addresses all clients have.
    pub recipients: i64,
}

/// The numbers as of `now`. Addresses are counted when clients change, so this costs the same for a million.
pub async fn numbers(pool: &PgPool, now: DateTime<Utc>) -> Result<Numbers, sqlx::Error> {
    sqlx::query_as!(
        Numbers,
        r#"select count(*) as "mailings!",
                  count(*) filter (where status = 'active' and sent and ends_at > $1
                                     and not exists (select from doors where user_id = owner_id and blocked)) as "running!",
                  coalesce((select addresses from client_numbers), 0) as "recipients!"
             from mailings where deleted_at is null"#,
        now,
    )
    .fetch_one(pool)
    .await
}
