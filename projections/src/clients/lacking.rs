//! What is not known of clients: of how many of an address book.

use domain::UserId;
use sqlx::PgPool;
use std::collections::HashMap;

/// The most clients that are looked at, those who were added first. A larger address book is not read to its end for a warning.
pub const LOOKED_AT: i64 = 20_000;

/// Of how many clients something is not known, so that nothing stands in their letters for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lacking {
    /// How many clients were looked at.
    pub looked_at: i64,
    /// How many of them have no full name.
    pub full_name: i64,
    /// How many of them have no first name, and no full name of which the first word would be taken.
    pub first_name: i64,
    /// How many of them have no last name.
    pub last_name: i64,
    /// How many of them have no comment.
    pub comment: i64,
}

impl Lacking {
    /// Whether all clients of the address book were looked at.
    #[must_use]
    pub fn is_of_all(&self) -> bool {
        self.looked_at < LOOKED_AT
    }

    /// For how many clients the merge field of this name is empty; everybody has an address.
    #[must_use]
    pub fn of(&self, field: &str) -> i64 {
        match field {
            "full_name" => self.full_name,
            "first_name" => self.first_name,
            "last_name" => self.last_name,
            "comment" => self.comment,
            _ => 0,
        }
    }
}

/// What is not known of the clients in an address book.
pub async fn lacking(pool: &PgPool, owner: UserId) -> Result<Lacking, sqlx::Error> {
    sqlx::query_as!(
        Lacking,
        r#"select count(*) as "looked_at!",
                  count(*) filter (where full_name = '') as "full_name!",
                  count(*) filter (where full_name = '' and coalesce(first_name, '') = '') as "first_name!",
                  count(*) filter (where coalesce(last_name, '') = '') as "last_name!",
                  count(*) filter (where comment = '' or comment !~ '[^[:space:]]') as "comment!"
             from (select full_name, first_name, last_name, comment from clients
                    where owner_id = $1 and deleted_at is null order by created_at, id limit $2) as looked_at"#,
        owner.0,
        LOOKED_AT,
    )
    .fetch_one(pool)
    .await
}

/// How many of the clients that [`lacking`] looks at have nothing in each of these fields of their owner's own, by their keys.
pub async fn without(pool: &PgPool, owner: UserId, keys: &[String]) -> Result<HashMap<String, i64>, sqlx::Error> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        r#"select key as "key!", count(*) filter (where not jsonb_exists(fields, key)) as "clients!"
             from (select fields from clients
                    where owner_id = $1 and deleted_at is null order by created_at, id limit $2) as looked_at
            cross join unnest($3::text[]) as t (key)
            group by key"#,
        owner.0,
        LOOKED_AT,
        keys,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.key, row.clients)).collect())
}
