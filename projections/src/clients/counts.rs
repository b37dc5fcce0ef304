//! How many clients an address book and a group have. They are counted when events are folded: counting a million takes long.

use crate::{Access, FoldError};
use domain::{ClientId, UserId};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// How many clients are in an owner's address book.
pub async fn held(pool: &PgPool, owner: UserId) -> Result<i64, sqlx::Error> {
    of_address_book(pool, Access::Owner(owner)).await
}

/// How many clients are in an address book, or in all of them. Each has a statement of its own: one for both would be planned anew
/// every time, which takes longer than to run it, and every new client asks.
pub(super) async fn of_address_book(pool: &PgPool, access: Access) -> Result<i64, sqlx::Error> {
    if let Some(owner) = access.owner() {
        let held = sqlx::query_scalar!("select clients from client_counts where owner_id = $1", owner);
        return Ok(held.fetch_optional(pool).await?.unwrap_or(0));
    }
    sqlx::query_scalar!(r#"select coalesce(sum(clients), 0)::bigint as "clients!" from client_counts"#)
        .fetch_one(pool)
        .await
}

/// How many clients belong to a group.
pub(super) async fn of_group(pool: &PgPool, access: Access, group: Uuid) -> Result<i64, sqlx::Error> {
    let counted = sqlx::query_scalar!(
        "select c.clients from group_counts c join groups g on g.id = c.group_id
          where c.group_id = $1 and ($2::uuid is null or g.owner_id = $2)",
        group,
        access.owner(),
    );
    Ok(counted.fetch_optional(pool).await?.unwrap_or(0))
}

/// How many clients these groups have together, each counted in each of them.
pub(crate) async fn of_groups(pool: &PgPool, groups: &[Uuid]) -> Result<usize, sqlx::Error> {
    let counted = sqlx::query_scalar!(
        r#"select coalesce(sum(clients), 0)::bigint as "clients!" from group_counts where group_id = any($1)"#,
        groups,
    );
    Ok(usize::try_from(counted.fetch_one(pool).await?).unwrap_or(0))
}

/// Its owner has one client fewer; the last one takes the count along. There is none of a client that was added by a process
/// from before these counts.
pub(super) async fn drop_client(connection: &mut PgConnection, id: ClientId) -> Result<(), FoldError> {
    sqlx::query!(
        "with owner as (select owner_id from clients where id = $1),
              last as (delete from client_counts where owner_id = (select owner_id from owner) and clients <= 1)
         update client_counts set clients = clients - 1
          where owner_id = (select owner_id from owner) and clients > 1",
        id.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Clients who join groups, each with its group.
pub(super) async fn join_groups(
    connection: &mut PgConnection,
    clients: &[Uuid],
    groups: &[Uuid],
) -> Result<(), FoldError> {
    sqlx::query!(
        "with joined as (
             insert into group_members (client_id, group_id) select * from unnest($1::uuid[], $2::uuid[])
             returning group_id
         )
         insert into group_counts (group_id, clients) select group_id, count(*) from joined group by 1
             on conflict (group_id) do update set clients = group_counts.clients + excluded.clients",
        clients,
        groups,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Clients who leave groups, each with its group. The last one of a group takes its count along.
pub(super) async fn leave_groups(
    connection: &mut PgConnection,
    clients: &[Uuid],
    groups: &[Uuid],
) -> Result<(), FoldError> {
    sqlx::query!(
        "with gone as (
             delete from group_members where (group_id, client_id) in (select * from unnest($1::uuid[], $2::uuid[]))
             returning group_id
         ), counted as (
             select group_id, count(*) as clients from gone group by 1
         ), last as (
             delete from group_counts g using counted c where g.group_id = c.group_id and g.clients <= c.clients
         )
         update group_counts g set clients = g.clients - c.clients from counted c
          where g.group_id = c.group_id and g.clients > c.clients",
        groups,
        clients,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A client who leaves all its groups.
pub(super) async fn leave_all_groups(connection: &mut PgConnection, client: ClientId) -> Result<(), FoldError> {
    sqlx::query!(
        "with gone as (
             delete from group_members where client_id = $1 returning group_id
         ), last as (
             delete from group_counts g using gone where g.group_id = gone.group_id and g.clients <= 1
         )
         update group_counts g set clients = g.clients - 1 from gone
          where g.group_id = gone.group_id and g.clients > 1",
        client.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}
