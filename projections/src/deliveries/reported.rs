//! Deliveries whose letters came back, or were complained of.
//!
//! They are found by what was reported, which is little beside a run, and not among its deliveries.

use super::StoredDelivery;
use super::filter::{Filter, names};
use crate::columns::Word as _;
use crate::feedback::CameBack;
use crate::{Access, feedback};
use domain::RunId;
use sqlx::PgPool;

/// The deliveries after a place of whose letters that was reported, in order.
pub(super) async fn page(
    pool: &PgPool,
    access: Access,
    run: RunId,
    (filter, came_back): (&Filter, CameBack),
    after: Option<i32>,
    limit: i64,
) -> Result<Vec<StoredDelivery>, sqlx::Error> {
    sqlx::query_as!(
        StoredDelivery,
        // What is on the page is looked up one by one, as in lists of other deliveries.
        r#"select $1 as "run_id!", p.ordinal as "ordinal!", c.id as "client_id!", coalesce(v.email, c.email) as "email!",
                  coalesce(v.full_name, c.full_name) as "full_name!", coalesce(d.outcome, 'pending') as "outcome!",
                  d.doubt as "doubt?", coalesce(d.attempts, 0::smallint) as "attempts!",
                  why_suppressed(d.suppression, d.outcome, p.ordinal, b.left_out) as "suppression?"
             from (
                select w.ordinal
                  from (select distinct f.ordinal from feedback f
                         where f.run_id = $1 and f.what = $3::text and f.ordinal > coalesce($4::integer, -1)
                           and not ($3::text = 'temporary'
                                    and exists (select from feedback g where g.run_id = $1 and g.ordinal = f.ordinal
                                                   and g.what = 'permanent' offset 0))) w
                  left join lateral (
                     select outcome, doubt from deliveries where run_id = $1 and ordinal = w.ordinal offset 0) d on true
                 where (cardinality($5::text[]) = 0 or coalesce(d.outcome, 'pending') = any($5))
                   and (not $6 or d.outcome = 'unknown' and d.doubt = 'open')
                 order by w.ordinal limit $7
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
                 where run_id = $1 and ordinal = p.ordinal offset 0) d on true
            where exists (select from runs r where r.id = $1 and ($2::uuid is null or r.owner_id = $2))
            order by p.ordinal"#,
        run.0,
        access.owner(),
        came_back.what().word(),
        after,
        &names(&filter.outcomes),
        filter.undecided,
        limit,
    )
    .fetch_all(pool)
    .await
}

/// How many there are. Without another condition they are counted already.
pub(super) async fn count(
    pool: &PgPool,
    access: Access,
    run: RunId,
    (filter, came_back): (&Filter, CameBack),
) -> Result<i64, sqlx::Error> {
    if filter.outcomes.is_empty() && !filter.undecided {
        return feedback::count_of_run(pool, access, run, came_back).await;
    }
    sqlx::query_scalar!(
        r#"select count(*) as "count!"
             from (select distinct f.ordinal from feedback f
                    where f.run_id = $1 and f.what = $3::text
                      and not ($3::text = 'temporary'
                               and exists (select from feedback g where g.run_id = $1 and g.ordinal = f.ordinal
                                              and g.what = 'permanent' offset 0))) w
             left join lateral (
                select outcome, doubt from deliveries where run_id = $1 and ordinal = w.ordinal offset 0) d on true
            where (cardinality($4::text[]) = 0 or coalesce(d.outcome, 'pending') = any($4))
              and (not $5 or d.outcome = 'unknown' and d.doubt = 'open')
              and exists (select from runs r where r.id = $1 and ($2::uuid is null or r.owner_id = $2))"#,
        run.0,
        access.owner(),
        came_back.what().word(),
        &names(&filter.outcomes),
        filter.undecided,
    )
    .fetch_one(pool)
    .await
}
