//! Who has an address, or ever had it: also those who are deleted, and those who have another one now.

use crate::Access;
use domain::EmailAddress;
use sqlx::PgPool;
use uuid::Uuid;

/// A client who has an address, or had it once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ever {
    /// The client.
    pub id: Uuid,
    /// The owner of the address book.
    pub owner_id: Uuid,
}

/// The clients who have this address in whichever of its spellings, or ever had it; of owners who have ever planned a mailing. In no
/// order. Indexes lead to them where address books are large, see [`keep_indexes`](super::keep_indexes).
pub async fn ever_had(pool: &PgPool, access: Access, email: &EmailAddress) -> Result<Vec<Ever>, sqlx::Error> {
    let key = email.key();
    // Details of before have no column for the address as it is compared.
    let spellings = [key.clone(), email.as_str().to_lowercase()];
    sqlx::query_as!(
        Ever,
        r#"with owners as materialized (
               select distinct owner_id from mailings where ($1::uuid is null or owner_id = $1)
           )
           select c.id as "id!", o.owner_id as "owner_id!"
             from owners o
            cross join lateral (
                (select id from clients
                  where owner_id = o.owner_id and deleted_at is null and lower(email) = any($3) offset 0)
                union all
                (select id from clients
                  where owner_id = o.owner_id and deleted_at is null and mailbox = $2 offset 0)
                union all
                (select id from clients
                  where owner_id = o.owner_id and deleted_at is not null and coalesce(mailbox, lower(email)) = $2 offset 0)
            ) c
            union
           select c.id, c.owner_id
             from (select distinct client_id from client_revisions where lower(email) = any($3)) v
            cross join lateral (select id, owner_id from clients where id = v.client_id offset 0) c
            where ($1::uuid is null or c.owner_id = $1)"#,
        access.owner(),
        key,
        &spellings,
    )
    .fetch_all(pool)
    .await
}
