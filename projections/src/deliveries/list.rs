//! The deliveries of a run as a list: filtered, page by page.

use super::filter::{Filter, names};
use super::{Delivery, StoredDelivery, reported, search};
use crate::columns::only;
use crate::{Access, Listed, ReadError, runs, sought};
use domain::{Outcome, RunId};
use sqlx::PgPool;
use std::collections::BTreeSet;

/// The deliveries of a run after a place, in order.
pub async fn page(
    pool: &PgPool,
    access: Access,
    run: RunId,
    filter: &Filter,
    after: Option<i32>,
    limit: i64,
) -> Result<Listed<i32, Delivery>, sqlx::Error> {
    let rows = match (sought(filter.search.as_deref()), filter.came_back) {
        (Some(text), _) => search::page(pool, access, run, filter, text, after, limit).await?,
        (None, Some(came_back)) => reported::page(pool, access, run, (filter, came_back), after, limit).await?,
        (None, None) => stored(pool, access, run, filter, after, limit).await?,
    };
    Ok(rows.into_iter().map(|row| (row.ordinal, row.read())).collect())
}

/// The page's places are found first, and only what is on the page is looked up, one by one: right after a run has begun,
/// PostgreSQL believes that tables are small, and would read whole runs for it.
async fn stored(
    pool: &PgPool,
    access: Access,
    run: RunId,
    filter: &Filter,
    after: Option<i32>,
    limit: i64,
) -> Result<Vec<StoredDelivery>, sqlx::Error> {
    let outcomes = names(&filter.outcomes);
    if filter.undecided || !outcomes.is_empty() {
        // Whoever waits for the first attempt has no row, and is found where batches are not through.
        let waiting = !filter.undecided && filter.outcomes.contains(&Outcome::Pending);
        return sqlx::query_as!(
            StoredDelivery,
            r#"select $1 as "run_id!", p.ordinal as "ordinal!", c.id as "client_id!", coalesce(v.email, c.email) as "email!",
                      coalesce(v.full_name, c.full_name) as "full_name!", coalesce(d.outcome, 'pending') as "outcome!",
                      d.doubt as "doubt?", coalesce(d.attempts, 0::smallint) as "attempts!",
                      why_suppressed(d.suppression, d.outcome, p.ordinal, b.left_out) as "suppression?"
                 from (
                    (select d.ordinal from deliveries d
                      where d.run_id = $1 and d.outcome <> 'pending'
                        and (cardinality($3::text[]) = 0 or d.outcome = any($3))
                        and (not $6 or d.outcome = 'unknown' and d.doubt = 'open')
                        and d.ordinal > coalesce($4::integer, -1)
                      order by d.ordinal limit $5)
                     union all
                    (select t.ordinal
                       from (select number, recipients from batches
                              where run_id = $1 and completed_at is null and number >= (coalesce($4::integer, -1) + 1) / 500
                              order by number offset 0) open
                      cross join lateral (
                          select ordinal from generate_series(open.number * 500, open.number * 500 + open.recipients - 1)
                                           as places (ordinal)
                           where ordinal > coalesce($4::integer, -1)
                             and not exists (select from deliveries d where d.run_id = $1 and d.ordinal = places.ordinal
                                                and d.outcome <> 'pending' offset 0)
                           order by ordinal limit $5) t
                      where $7
                      order by open.number, t.ordinal limit $5)
                      order by ordinal limit $5
                 ) p
                cross join lateral (
                    select left_out, clients[p.ordinal % 500 + 1] as client_id, revisions[p.ordinal % 500 + 1] as revision
                      from batches where run_id = $1 and number = p.ordinal / 500 offset 0) b
                cross join lateral (select id, email, full_name from clients where id = b.client_id offset 0) c
                 left join lateral (
                    select email, full_name from client_revisions
                     where client_id = b.client_id and revision = b.revision offset 0) v on true
                 left join lateral (
                    select outcome, doubt, attempts, suppression from deliveries
                     where run_id = $1 and ordinal = p.ordinal offset 0) d
                   on true
                where exists (select from runs r where r.id = $1 and ($2::uuid is null or r.owner_id = $2))
                order by p.ordinal"#,
            run.0,
            access.owner(),
            &outcomes,
            after,
            limit,
            filter.undecided,
            waiting,
        )
        .fetch_all(pool)
        .await;
    }
    // No more batches are taken apart than the page can need, and of each no more than is on it.
    sqlx::query_as!(
        StoredDelivery,
        r#"select $1 as "run_id!", p.ordinal as "ordinal!", c.id as "client_id!", coalesce(v.email, c.email) as "email!",
                  coalesce(v.full_name, c.full_name) as "full_name!", coalesce(d.outcome, 'pending') as "outcome!",
                  d.doubt as "doubt?", coalesce(d.attempts, 0::smallint) as "attempts!",
                  why_suppressed(d.suppression, d.outcome, p.ordinal, p.left_out) as "suppression?"
             from (
                select t.ordinal, t.client_id, t.revision, b.left_out
                  from (select number, clients, revisions, left_out,
                               greatest(coalesce($3::integer, -1) + 1 - number * 500, 0) as skipped
                          from (select number, clients, revisions, left_out,
                                       sum(recipients) over (order by number) - recipients as before
                                  from batches
                                 where run_id = $1 and number >= (coalesce($3::integer, -1) + 1) / 500
                                 order by number limit $4) next
                         where before - 500 < $4) b
                 cross join lateral (
                     select b.number * 500 + b.skipped + (u.place - 1)::integer as ordinal, u.client_id, u.revision
                       from unnest(b.clients[b.skipped + 1:b.skipped + least($4, 500)],
                                 b.revisions[b.skipped + 1:b.skipped + least($4, 500)])
                                   with ordinality as u (client_id, revision, place)) t
                 order by b.number, t.ordinal limit $4
             ) p
            cross join lateral (select id, email, full_name from clients where id = p.client_id offset 0) c
             left join lateral (
                select email, full_name from client_revisions
                 where client_id = p.client_id and revision = p.revision offset 0) v on true
             left join lateral (
                select outcome, doubt, attempts, suppression from deliveries
                 where run_id = $1 and ordinal = p.ordinal offset 0) d on true
            where exists (select from runs r where r.id = $1 and ($2::uuid is null or r.owner_id = $2))
            order by p.ordinal"#,
        run.0,
        access.owner(),
        after,
        limit,
    )
    .fetch_all(pool)
    .await
}

/// The delivery at this place of the run; `None` if there is none that may be read.
pub async fn get(pool: &PgPool, access: Access, run: RunId, ordinal: i32) -> Result<Option<Delivery>, ReadError> {
    let mut page = page(pool, access, run, &Filter::default(), Some(ordinal - 1), 1).await?;
    page.retain(|(place, _)| *place == ordinal);
    only(page)
}

/// How many deliveries of the run pass the filter.
pub async fn count(pool: &PgPool, access: Access, run: RunId, filter: &Filter) -> Result<i64, ReadError> {
    if let Some(text) = sought(filter.search.as_deref()) {
        return Ok(search::count(pool, access, run, filter, text).await?);
    }
    if let Some(came_back) = filter.came_back {
        return Ok(reported::count(pool, access, run, (filter, came_back)).await?);
    }
    if filter.undecided {
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!" from deliveries d join runs r on r.id = d.run_id
                where d.run_id = $1 and ($2::uuid is null or r.owner_id = $2)
                  and d.outcome = 'unknown' and d.doubt = 'open'
                  and (cardinality($3::text[]) = 0 or d.outcome = any($3))"#,
            run.0,
            access.owner(),
            &names(&filter.outcomes),
        );
        return Ok(count.fetch_one(pool).await?);
    }
    // The run's own numbers are the counts.
    let Some(totals) = runs::get(pool, access, run).await?.map(|run| run.totals()) else { return Ok(0) };
    let all = if filter.outcomes.is_empty() { &Outcome::ALL[..] } else { &filter.outcomes };
    let named: BTreeSet<Outcome> = all.iter().copied().collect();
    Ok(named.into_iter().map(|outcome| i64::try_from(totals.of(outcome)).unwrap_or(i64::MAX)).sum())
}
