//! Deliveries that are looked for by address or name.
//!
//! A run keeps no addresses of its own: it names its clients and their revisions, batch by batch, in the order of the clients' ids.
//! So those are found first who are called so, or were once, in the address book of the run's owner, and each of them is looked up
//! in the run, halving its batches again and again. Where many are found, the run itself is gone through from the place on where the
//! page begins, which is full soon.

use super::StoredDelivery;
use super::filter::{Filter, names};
use crate::clients;
use crate::columns::Word as _;
use crate::{Access, sought_of_people};
use domain::{RunId, UserId};
use sqlx::PgPool;
use uuid::Uuid;

/// The most people who are looked up one by one.
const SINGLE: i64 = 200;

/// How many batches are gone through at once.
const AT_ONCE: i32 = 20;

/// Whom a text is about.
enum Found {
    /// Just these.
    Few(Vec<Uuid>),
    /// More than are looked up one by one.
    Many,
}

/// What at least one report of a letter has to say, if it has to be one that came back.
fn what(filter: &Filter) -> Option<&'static str> {
    filter.came_back.map(|came_back| came_back.what().word())
}

/// The run's owner and its last batch; `None` if there is no such run that may be read, or nobody in it yet.
async fn bounds(pool: &PgPool, access: Access, run: RunId) -> Result<Option<(UserId, i32)>, sqlx::Error> {
    let row = sqlx::query!(
        "select r.owner_id, (select max(b.number) from batches b where b.run_id = r.id) as last
           from runs r where r.id = $1 and ($2::uuid is null or r.owner_id = $2)",
        run.0,
        access.owner(),
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.and_then(|row| Some((UserId(row.owner_id), row.last?))))
}

async fn found(pool: &PgPool, owner: UserId, text: &str) -> Result<Found, sqlx::Error> {
    let filter = clients::Filter { search: Some(text.to_owned()), ..clients::Filter::default() };
    let present = clients::page(pool, Access::Owner(owner), &filter, None, SINGLE + 1).await?;
    let mut ids: Vec<Uuid> = present.into_iter().map(|client| client.id).collect();
    let is_many = |ids: &Vec<Uuid>| ids.len() as u64 > SINGLE.unsigned_abs();
    if !is_many(&ids) {
        ids.extend(clients::former(pool, owner, text, SINGLE + 1).await?);
        ids.sort_unstable();
        ids.dedup();
    }
    Ok(if is_many(&ids) { Found::Many } else { Found::Few(ids) })
}

/// The deliveries after a place to those whose address or name contained the text when the run started.
pub(super) async fn page(
    pool: &PgPool,
    access: Access,
    run: RunId,
    filter: &Filter,
    text: &str,
    after: Option<i32>,
    limit: i64,
) -> Result<Vec<StoredDelivery>, sqlx::Error> {
    let Some((owner, last)) = bounds(pool, access, run).await? else { return Ok(Vec::new()) };
    match found(pool, owner, text).await? {
        Found::Few(ids) => few(pool, run, filter, text, &ids, last, after, limit).await,
        Found::Many => many(pool, run, filter, text, last, after, limit).await,
    }
}

/// How many there are.
pub(super) async fn count(
    pool: &PgPool,
    access: Access,
    run: RunId,
    filter: &Filter,
    text: &str,
) -> Result<i64, sqlx::Error> {
    let Some((owner, last)) = bounds(pool, access, run).await? else { return Ok(0) };
    match found(pool, owner, text).await? {
        Found::Few(ids) => {
            let rows = few(pool, run, filter, text, &ids, last, None, SINGLE).await?;
            Ok(i64::try_from(rows.len()).unwrap_or(i64::MAX))
        }
        Found::Many => {
            sqlx::query_file_scalar!(
                "src/deliveries/count_sought.sql",
                run.0,
                &names(&filter.outcomes),
                filter.undecided,
                sought_of_people(Some(text)) as Option<Vec<Option<String>>>,
                what(filter),
            )
            .fetch_one(pool)
            .await
        }
    }
}

/// Those of these clients who are in the run.
#[expect(clippy::too_many_arguments, reason = "what is looked for, among whom, and which page of it")]
async fn few(
    pool: &PgPool,
    run: RunId,
    filter: &Filter,
    text: &str,
    ids: &[Uuid],
    last: i32,
    after: Option<i32>,
    limit: i64,
) -> Result<Vec<StoredDelivery>, sqlx::Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    sqlx::query_file_as!(
        StoredDelivery,
        "src/deliveries/sought_one_by_one.sql",
        run.0,
        ids,
        last,
        &names(&filter.outcomes),
        filter.undecided,
        sought_of_people(Some(text)) as Option<Vec<Option<String>>>,
        after,
        limit,
        what(filter),
    )
    .fetch_all(pool)
    .await
}

/// Those of the run who are called so, some batches at a time until the page is full.
async fn many(
    pool: &PgPool,
    run: RunId,
    filter: &Filter,
    text: &str,
    last: i32,
    after: Option<i32>,
    limit: i64,
) -> Result<Vec<StoredDelivery>, sqlx::Error> {
    let (outcomes, text) = (names(&filter.outcomes), sought_of_people(Some(text)));
    let mut rows = Vec::new();
    let mut from = after.map_or(0, |ordinal| i32::try_from(super::place(ordinal + 1).0).unwrap_or(i32::MAX));
    while from <= last {
        let left = limit.saturating_sub(i64::try_from(rows.len()).unwrap_or(i64::MAX));
        if left <= 0 {
            break;
        }
        let some = sqlx::query_file_as!(
            StoredDelivery,
            "src/deliveries/sought_in_batches.sql",
            run.0,
            from,
            from.saturating_add(AT_ONCE - 1),
            &outcomes,
            filter.undecided,
            text.clone() as Option<Vec<Option<String>>>,
            after,
            left,
            what(filter),
        )
        .fetch_all(pool)
        .await?;
        rows.extend(some);
        from = from.saturating_add(AT_ONCE);
    }
    Ok(rows)
}
