//! Who gets a mailing: the clients and groups that it names, and how many clients that is.

use crate::Access;
use domain::{GroupId, MailingId};
use sqlx::PgPool;
use uuid::Uuid;

/// The single clients that a mailing names, without deleted ones.
pub async fn audience_clients(pool: &PgPool, id: MailingId) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select client_id from mailing_clients m join clients c on c.id = m.client_id
          where mailing_id = $1 and c.deleted_at is null order by client_id",
        id.0
    )
    .fetch_all(pool)
    .await
}

/// The groups that a mailing names, without deleted ones.
pub async fn audience_groups(pool: &PgPool, id: MailingId) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select group_id from mailing_groups m join groups g on g.id = m.group_id
          where mailing_id = $1 and g.deleted_at is null order by group_id",
        id.0
    )
    .fetch_all(pool)
    .await
}

/// The groups that a mailing names, also deleted ones: whoever has left one of them is not written to, whether or not it is there.
pub async fn named_groups(pool: &PgPool, id: MailingId) -> Result<Vec<GroupId>, sqlx::Error> {
    let ids = sqlx::query_scalar!("select group_id from mailing_groups where mailing_id = $1 order by group_id", id.0);
    Ok(ids.fetch_all(pool).await?.into_iter().map(GroupId).collect())
}

/// How many clients these clients and groups come to, each counted once: the size of a run that would start now. Those of the
/// largest group are counted already, so that only those are looked up who are in none but the others.
pub async fn audience_size(
    pool: &PgPool,
    access: Access,
    clients: &[Uuid],
    groups: &[Uuid],
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"with named as (
               select g.id, coalesce(n.clients, 0) as clients from groups g left join group_counts n on n.group_id = g.id
                where g.id = any($3) and g.deleted_at is null and ($1::uuid is null or g.owner_id = $1)
           ), largest as (
               select id, clients from named order by clients desc, id limit 1
           ), others as (
               select m.client_id from named n join group_members m on m.group_id = n.id
                where n.id <> (select id from largest)
                union
               select c.id from clients c
                where c.id = any($2) and c.deleted_at is null and ($1::uuid is null or c.owner_id = $1)
           )
           select coalesce((select clients from largest), 0)
                  + (select count(*) from others o
                      where not exists (select from group_members m
                                         where m.group_id = (select id from largest) and m.client_id = o.client_id))
                  as "count!""#,
        access.owner(),
        clients,
        groups,
    )
    .fetch_one(pool)
    .await
}

/// Whether these clients and groups come to nobody. It looks for one and counts none, so it takes no longer however many there
/// are.
pub async fn is_audience_empty(
    pool: &PgPool,
    access: Access,
    clients: &[Uuid],
    groups: &[Uuid],
) -> Result<bool, sqlx::Error> {
    // One look-up each, by nothing but the key: right after an import PostgreSQL believes that there is nobody, and would walk
    // the whole address book.
    sqlx::query_scalar!(
        r#"select not exists (
                      select from unnest($2::uuid[]) as w (id)
                       cross join lateral (select owner_id, deleted_at from clients where id = w.id offset 0) c
                       where c.deleted_at is null and ($1::uuid is null or c.owner_id = $1))
              and not exists (
                      select from unnest($3::uuid[]) as w (id)
                       cross join lateral (select owner_id, deleted_at from groups where id = w.id offset 0) g
                       cross join lateral (select clients from group_counts where group_id = w.id offset 0) n
                       where g.deleted_at is null and ($1::uuid is null or g.owner_id = $1) and n.clients > 0) as "empty!""#,
        access.owner(),
        clients,
        groups,
    )
    .fetch_one(pool)
    .await
}
