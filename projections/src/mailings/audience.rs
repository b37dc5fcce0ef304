//! Who gets a mailing: what it names and whom it leaves out, and how many clients that is.

use super::Whom;
use super::left::Left;
use crate::columns::Word;
use crate::segments::filter::is_out_of_time;
use crate::{Access, ReadError};
use chrono::{DateTime, Utc};
use domain::mailing::{Audience, Less};
use domain::{ClientId, GroupId, MailingId, SegmentId};
use sqlx::{PgPool, QueryBuilder};
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

/// The groups that a mailing names, by itself or by one of its segments, also deleted ones: whoever has left one of them is not written
/// to, whether or not it is there.
pub async fn named_groups(pool: &PgPool, id: MailingId) -> Result<Vec<GroupId>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        r#"select group_id as "group_id!"
             from (select group_id from mailing_groups where mailing_id = $1
                    union
                   select topic from mailing_segments n join segments s on s.id = n.segment_id
                    cross join lateral topics_of(s.filter) as topic
                    where n.mailing_id = $1 and topic is not null) named
            order by group_id"#,
        id.0,
    );
    Ok(ids.fetch_all(pool).await?.into_iter().map(GroupId).collect())
}

/// The segments that a mailing names, also deleted ones, which stop it.
pub async fn audience_segments(pool: &PgPool, id: MailingId) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("select segment_id from mailing_segments where mailing_id = $1 order by segment_id", id.0)
        .fetch_all(pool)
        .await
}

/// Whom a mailing leaves out, also by what is deleted, which stops it.
pub async fn audience_less(pool: &PgPool, id: MailingId) -> Result<Less, sqlx::Error> {
    let rows = sqlx::query!("select kind, id from mailing_less where mailing_id = $1", id.0).fetch_all(pool).await?;
    let mut less = Less::default();
    for row in rows {
        match Left::from_word(&row.kind) {
            Some(Left::Group) => _ = less.groups.insert(GroupId(row.id)),
            Some(Left::Segment) => _ = less.segments.insert(SegmentId(row.id)),
            Some(Left::Mailing) => _ = less.mailings.insert(MailingId(row.id)),
            // A run goes by the log, which says what it is.
            None => {}
        }
    }
    Ok(less)
}

/// All that a mailing names, without clients and groups that are deleted.
pub async fn audience_of(pool: &PgPool, id: MailingId) -> Result<Audience, sqlx::Error> {
    Ok(Audience {
        clients: audience_clients(pool, id).await?.into_iter().map(ClientId).collect(),
        groups: audience_groups(pool, id).await?.into_iter().map(GroupId).collect(),
        segments: audience_segments(pool, id).await?.into_iter().map(SegmentId).collect(),
        less: audience_less(pool, id).await?,
    })
}

/// How many clients an audience comes to at this moment, each counted once: the size of a run that would start now.
pub async fn audience_size(
    pool: &PgPool,
    access: Access,
    audience: &Audience,
    now: DateTime<Utc>,
) -> Result<i64, ReadError> {
    if audience.is_of_groups() {
        let (clients, groups) = ids(audience);
        return Ok(size_of_groups(pool, access, &clients, &groups).await?);
    }
    let mut query = QueryBuilder::new("select count(*) ");
    Whom::at_present(pool, access, audience, now).await?.push(&mut query);
    Ok(query.build_query_scalar().persistent(false).fetch_one(pool).await?)
}

/// Whether an audience comes to nobody at this moment. It looks for one and counts none. If even that takes longer than a request may,
/// it is not taken for empty: a run tells it.
pub async fn is_audience_empty(
    pool: &PgPool,
    access: Access,
    audience: &Audience,
    now: DateTime<Utc>,
) -> Result<bool, ReadError> {
    if audience.is_of_groups() {
        let (clients, groups) = ids(audience);
        return Ok(are_groups_empty(pool, access, &clients, &groups).await?);
    }
    let mut query = QueryBuilder::new("select not exists (select ");
    Whom::at_present(pool, access, audience, now).await?.push(&mut query);
    query.push(")");
    match query.build_query_scalar().persistent(false).fetch_one(pool).await {
        Err(error) if is_out_of_time(&error) => Ok(false),
        empty => Ok(empty?),
    }
}

/// The ids of the clients and the groups that an audience names.
fn ids(audience: &Audience) -> (Vec<Uuid>, Vec<Uuid>) {
    let clients = audience.clients.iter().map(|client| client.0).collect();
    (clients, audience.groups.iter().map(|group| group.0).collect())
}

/// How many clients these clients and groups come to, each counted once. Those of the largest group are counted already, so that only
/// those are looked up who are in none but the others.
async fn size_of_groups(pool: &PgPool, access: Access, clients: &[Uuid], groups: &[Uuid]) -> Result<i64, sqlx::Error> {
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

/// Whether these clients and groups come to nobody, which takes no longer however many there are.
async fn are_groups_empty(
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
