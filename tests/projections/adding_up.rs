//! The law of this house: planned is the sum of all outcomes, at every moment.

use eventstore::EventStore;
use projections::Projection;
use sqlx::PgPool;

use super::{follow, one, rebuilt, world::World};
use crate::support::database;

/// Runs whose numbers do not add up, or are not those of their deliveries, or of the report that their streams gave.
const WRONG: &str = "
    select count(*) from runs r
      left join (select run_id, count(*) as written,
                        count(*) filter (where outcome = 'accepted') as accepted,
                        count(*) filter (where outcome = 'rejected') as rejected,
                        count(*) filter (where outcome = 'deferred') as deferred,
                        count(*) filter (where outcome = 'unknown') as unknown,
                        count(*) filter (where outcome = 'suppressed') as suppressed,
                        count(*) filter (where outcome = 'expired') as expired,
                        count(*) filter (where outcome = 'pending') as pending,
                        sum(greatest(attempts - 1, 0))::bigint as earlier,
                        count(*) filter (where (outcome = 'unknown') <> (doubt is not null)) as odd_doubts
                   from deliveries group by run_id) d on d.run_id = r.id
      left join (select run_id, count(*) as earlier from attempts group by run_id) a on a.run_id = r.id
      left join (select run_id, sum(recipients) as planned, sum(coalesce(cardinality(left_out), 0)) as left_out
                   from batches group by run_id) b on b.run_id = r.id
      left join reports on reports.run_id = r.id
     where r.planned <> r.accepted + r.rejected + r.deferred + r.unknown + r.suppressed + r.expired + r.pending
        or (r.planned, r.accepted, r.rejected, r.deferred, r.unknown, r.suppressed, r.expired, r.pending)
           is distinct from (coalesce(b.planned, 0), coalesce(d.accepted, 0), coalesce(d.rejected, 0),
                             coalesce(d.deferred, 0), coalesce(d.unknown, 0), coalesce(d.suppressed, 0),
                             coalesce(d.expired, 0),
                             -- Who has no row waits for the first attempt.
                             coalesce(d.pending, 0) + coalesce(b.planned, 0) - coalesce(d.written, 0))
        or r.left_out > r.suppressed or r.left_out <> coalesce(b.left_out, 0)
        or coalesce(d.earlier, 0) <> coalesce(a.earlier, 0)
        or d.odd_doubts > 0
        or (r.status = 'finished') <> (reports.finished_at is not null)
        or (r.status = 'finished' and reports.totals <>
            jsonb_build_object('planned', r.planned, 'accepted', r.accepted, 'rejected', r.rejected,
                               'deferred', r.deferred, 'unknown', r.unknown, 'suppressed', r.suppressed,
                               'expired', r.expired, 'pending', r.pending))";

/// Runs of whose suppressed deliveries the counts by reason are not those of the rows, and deliveries whose reason does not fit.
const WRONG_REASONS: &str = "
    with counted as (
        select run_id, suppression as reason, count(*) as deliveries from deliveries where suppression is not null group by 1, 2
    )
    select (select count(*) from (select * from counted except all select * from suppression_counts) missing)
         + (select count(*) from (select * from suppression_counts except all select * from counted) too_many)
         + (select count(*) from deliveries where (outcome = 'suppressed') <> (suppression is not null))
         + (select count(*) from runs r
             where r.suppressed <> coalesce((select sum(c.deliveries) from suppression_counts c where c.run_id = r.id), 0)
                or r.left_out <> coalesce((select c.deliveries from suppression_counts c
                                            where c.run_id = r.id and c.reason = 'same_mailbox'), 0))";

/// Runs of which the numbers of letters that came back are not those of the reports, each letter counted once, or are more than mail
/// servers have taken: in a history nothing else is reported of.
const WRONG_FEEDBACK: &str = "
    with letters as (
        select run_id, mailing_id, owner_id, ordinal, bool_or(what = 'permanent') as permanent,
               bool_or(what = 'temporary') as temporary, bool_or(what = 'complaint') as complaint
          from feedback where what <> 'delayed' group by 1, 2, 3, 4
    ), counted as (
        select run_id, mailing_id, owner_id, count(*) filter (where permanent) as bounced,
               count(*) filter (where temporary and not permanent) as delayed,
               count(*) filter (where complaint) as complained
          from letters group by 1, 2, 3
    )
    select (select count(*) from (select * from counted except all select * from feedback_counts) missing)
         + (select count(*) from (select * from feedback_counts except all select * from counted) too_many)
         + (select count(*) from feedback_counts c left join runs r on r.id = c.run_id
             where c.bounced + c.delayed > coalesce(r.accepted, 0) or c.complained > coalesce(r.accepted, 0))";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_numbers_of_every_run_add_up_after_every_page() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    let watching = tokio::spawn(watch(database.pool.clone(), following.reached.subscribe()));

    World::new(&store, 70).run_until_rich(&following).await;
    following.end().await;

    let looks = watching.await.expect("they always added up");
    assert!(looks > 100, "looked {looks} times only");
    rebuilt(&store, Projection::Runs).await;
    assert_eq!(one::<i64>(&database.pool, WRONG).await, 0);
    assert_eq!(one::<i64>(&database.pool, WRONG_REASONS).await, 0);
    rebuilt(&store, Projection::Feedback).await;
    assert_eq!(one::<i64>(&database.pool, WRONG_FEEDBACK).await, 0);
}

/// Looks whenever a page was folded, until the projector is gone.
async fn watch(pool: PgPool, mut reached: tokio::sync::watch::Receiver<projections::Position>) -> usize {
    let mut looks = 0;
    while reached.changed().await.is_ok() {
        let position = reached.borrow_and_update().moving;
        assert_eq!(one::<i64>(&pool, WRONG).await, 0, "soon after {position}");
        assert_eq!(one::<i64>(&pool, WRONG_REASONS).await, 0, "soon after {position}");
        assert_eq!(one::<i64>(&pool, WRONG_FEEDBACK).await, 0, "soon after {position}");
        looks += 1;
    }
    looks
}
