//! Lists of those who pass the filter of a segment, beside whatever else a list asks for. What a segment asks is known only when
//! somebody asks it, so the statement is put together then.

use super::order::{Filter, Key, Order, Place};
use super::{Client, in_order};
use crate::{Access, segments, sought};
use chrono::{DateTime, Utc};
use domain::segment;
use sqlx::{PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

/// The clients after a place of the same order.
pub(super) async fn ordered(
    pool: &PgPool,
    access: Access,
    filters: (&Filter, &segment::Filter),
    order: Order,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<Client>, sqlx::Error> {
    let (column, value) = match order.key {
        Key::Created => ("c.created_at", ""),
        Key::Email => ("lower(c.email)", "lower"),
        Key::FullName => ("lower(c.full_name)", "lower"),
    };
    let (than, direction) = if order.descending { ("<", " desc") } else { (">", "") };
    let mut query = passing("select c.id ", access, filters, now(pool).await?);
    if let Some(place) = after {
        query.push(format_args!(" and ({column}, c.id) {than} ({value}("));
        match order.key {
            Key::Created => query.push_bind(place.at()),
            Key::Email | Key::FullName => query.push_bind(place.text().map(str::to_owned)),
        };
        query.push("), ").push_bind(place.id()).push(")");
    }
    query.push(format_args!(" order by {column}{direction}, c.id{direction} limit ")).push_bind(limit);
    let ids: Vec<Uuid> = query.build_query_scalar().persistent(false).fetch_all(pool).await?;
    in_order(pool, access, &ids).await
}

/// So many of those who pass, or all of them.
pub(super) async fn count(
    pool: &PgPool,
    access: Access,
    filters: (&Filter, &segment::Filter),
    most: i64,
) -> Result<i64, sqlx::Error> {
    let mut query = passing("select count(*) from (select c.id ", access, filters, now(pool).await?);
    query.push(" limit ").push_bind(most).push(") enough");
    query.build_query_scalar().persistent(false).fetch_one(pool).await
}

/// The present moment by the clock that tells when clients were added.
async fn now(pool: &PgPool) -> Result<DateTime<Utc>, sqlx::Error> {
    sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#).fetch_one(pool).await
}

/// A query of those who pass both filters.
fn passing(
    select: &str,
    access: Access,
    (filter, segment): (&Filter, &segment::Filter),
    now: DateTime<Utc>,
) -> QueryBuilder<'static, Postgres> {
    let mut query = QueryBuilder::new(select);
    query.push("from clients c where c.deleted_at is null");
    if let Some(owner) = access.owner() {
        query.push(" and c.owner_id = ").push_bind(owner);
    }
    // One look-up each, whatever the planner believes about groups.
    if let Some(group) = filter.group {
        query
            .push(" and exists (select from group_members m where m.client_id = c.id and m.group_id = ")
            .push_bind(group)
            .push(" offset 0)");
    }
    if let Some(groups) = &filter.any_group {
        query
            .push(" and exists (select from group_members m where m.client_id = c.id and m.group_id = any(")
            .push_bind(groups.clone())
            .push(") offset 0)");
    }
    if let Some(group) = filter.without_group {
        query
            .push(" and not exists (select from group_members m where m.client_id = c.id and m.group_id = ")
            .push_bind(group)
            .push(" offset 0)");
    }
    if let Some(text) = sought(filter.search.as_deref()) {
        query
            .push(
                " and (strpos(coalesce(c.found_by, folded(c.email || chr(10) || c.full_name || chr(10) || c.comment)),
                              folded(",
            )
            .push_bind(text.to_owned())
            .push(")) > 0");
        if let Some(mailbox) = filter.mailbox() {
            query.push(" or coalesce(c.mailbox, lower(c.email)) = ").push_bind(mailbox);
        }
        query.push(")");
    }
    query.push(" and ");
    segments::filter::push(&mut query, segment, access.owner().unwrap_or_default(), now);
    query
}
