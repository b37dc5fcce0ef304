//! A rebuild makes of the log what the projector made of it, whatever comes between.

use std::{collections::BTreeMap, pin::pin, time::Duration};

use eventstore::EventStore;
use projections::{NotBegun, Projection, RebuildError, RebuildProgress, rebuild, statuses};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::Value;
use sqlx::PgPool;
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

use super::{
    POLL, assert_same, begin, begin_mailing, create_group, equals_a_rebuild, execute, follow, import, insert,
    last_position, metadata, one, owner, rebuilt, rich, rows, status, within, world::World,
};
use crate::support::database;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuilt_projection_equals_the_live_one_row_for_row() {
    let database = rich().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);

    for projection in Projection::ALL {
        // With the event that tells of the rebuild.
        let events = one::<i64>(&database.pool, "select count(*) from events").await + 1;
        let (live, shape) = (rows(&database.pool, projection).await, shape(&database.pool, projection).await);
        assert!(live.values().all(|rows| !rows.is_empty()), "{} has nothing to compare", projection.name());

        let mut told = Vec::new();
        let done = rebuild(&store, projection, &metadata(), |progress| told.push(progress)).await.expect("rebuilt");

        assert_same("live and rebuilt", &live, &rows(&database.pool, projection).await);
        assert_eq!(self::shape(&database.pool, projection).await, shape, "{}", projection.name());
        assert_eq!((done.folded, done.total), (events, events));
        assert!(told.is_sorted_by_key(|progress| progress.folded), "{told:?}");
        assert!(told.iter().all(|progress| progress.total == events), "{told:?}");
        // And with the one that tells of its end.
        following.shows_all(&database.pool).await;
        let status = status(&database.pool, projection.name()).await;
        assert_eq!((status.position, status.folded), (last_position(&database.pool).await, events + 1));
    }
    assert_eq!(leftovers(&database.pool).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_beside_writers_and_the_projector_misses_nothing() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    let (writing, stop) = watch::channel(true);
    let writers: Vec<_> = (10..12)
        .map(|seed| {
            let (mut world, stop) = (World::new(&store, seed), stop.clone());
            tokio::spawn(async move {
                while *stop.borrow() {
                    world.step().await;
                }
            })
        })
        .collect();
    import(&store, owner(), 2_500).await;

    for projection in Projection::ALL {
        let mut told = Vec::new();
        let done = rebuild(&store, projection, &metadata(), |progress| told.push(progress)).await.expect("rebuilt");
        assert_eq!(done.folded, done.total);
        // What does not concern it is passed over, however much it is.
        let pages = if projection == Projection::Clients { 2 } else { 1 };
        assert!(told.len() >= pages, "several pages: {told:?}");
        following.shows_all(&database.pool).await;
    }

    writing.send_replace(false);
    for writer in writers {
        writer.await.expect("it wrote to the end");
    }
    following.shows_all(&database.pool).await;
    equals_a_rebuild(&store).await;
}

#[tokio::test]
async fn a_rebuild_that_was_stopped_goes_on_where_it_was() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    import(&store, owner(), 9_000).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    let live = rows(&database.pool, Projection::Clients).await;

    // Dropped in the middle of the third page.
    let (tell, told) = oneshot::channel();
    let mut tell = Some(tell);
    let asked = metadata();
    let stopped = rebuild(&store, Projection::Clients, &asked, |progress| {
        if progress.folded == 4_000
            && let Some(tell) = tell.take()
        {
            tell.send(progress).expect("somebody waits");
        }
    });
    let progress: RebuildProgress = tokio::select! {
        biased;
        told = told => told.expect("told"),
        done = stopped => panic!("it should have been stopped: {done:?}"),
    };
    assert_eq!((progress.folded, progress.total), (4_000, 9_001));
    assert_eq!(status(&database.pool, "rebuild:clients").await.folded, 4_000);
    assert_same("before and while it is being rebuilt", &live, &rows(&database.pool, Projection::Clients).await);

    let late = import(&store, owner(), 1).await;
    following.shows_all(&database.pool).await;
    let mut folded = Vec::new();
    within("PostgreSQL has noticed that the rebuild was stopped", async {
        while let Err(error) =
            rebuild(&store, Projection::Clients, &metadata(), |progress| folded.push(progress.folded)).await
        {
            assert!(matches!(error, RebuildError::NotBegun(NotBegun::Busy)), "{error}");
            tokio::time::sleep(POLL).await;
        }
    })
    .await;

    assert_eq!(folded, [6_000, 8_000, 9_003, 9_003]);
    let rebuilt = rows(&database.pool, Projection::Clients).await;
    assert_eq!(rebuilt["clients"].len(), 9_001, "{late:?} too");
    assert!(statuses(&database.pool).await.expect("statuses").iter().all(|status| !status.name.contains(':')));
    equals_a_rebuild(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_stopped_anywhere_and_often_ends_right() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    World::new(&store, 2).run(200).await;
    import(&store, owner(), 3_000).await;
    following.shows_all(&database.pool).await;
    let mut random = StdRng::seed_from_u64(2);

    for projection in [Projection::Clients, Projection::Runs, Projection::Mailings] {
        let live = rows(&database.pool, projection).await;
        let mut dropped = 0;
        within("the rebuild is over", async {
            let mut most = 5_u64;
            loop {
                let after = Duration::from_millis(random.random_range(0..most));
                // Longer and longer, or it would never come to its end. By a tenth and not by a millisecond: else it takes the
                // longer the slower the machine is, squared.
                most += most.div_ceil(10);
                match tokio::time::timeout(after, rebuild(&store, projection, &metadata(), |_| {})).await {
                    Ok(Ok(_)) => break,
                    Ok(Err(RebuildError::NotBegun(NotBegun::Busy))) => tokio::time::sleep(POLL).await,
                    Ok(Err(error)) => panic!("{error}"),
                    Err(_) => dropped += 1,
                }
            }
        })
        .await;
        assert!(dropped > 1);
        assert_same("live and rebuilt", &live, &rows(&database.pool, projection).await);
    }
    begin::<domain::group::Group>(&store, create_group(owner(), "Friends")).await;
    equals_a_rebuild(&store).await;
}

#[tokio::test]
async fn of_two_rebuilds_of_one_projection_the_second_is_refused() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    import(&store, owner(), 2_500).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;

    let (tell, told) = oneshot::channel();
    let mut tell = Some(tell);
    let asked = metadata();
    let mut first = pin!(rebuild(&store, Projection::Clients, &asked, move |_| {
        tell.take().into_iter().for_each(|tell| tell.send(()).expect("somebody waits"));
    }));
    tokio::select! {
        biased;
        told = told => told.expect("told"),
        done = &mut first => panic!("it should be at its second page: {done:?}"),
    }
    let other = EventStore::new(PgPool::connect(&database.url).await.expect("connections"));
    let second = rebuild(&other, Projection::Clients, &metadata(), |_| {}).await;
    assert!(matches!(second, Err(RebuildError::NotBegun(NotBegun::Busy))), "{second:?}");
    rebuilt(&other, Projection::Users).await;

    first.await.expect("the first goes on");
    rebuilt(&other, Projection::Clients).await;
    equals_a_rebuild(&store).await;
}

#[tokio::test]
async fn a_rebuild_over_an_event_that_it_needs_and_cannot_read_fails_and_changes_nothing() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    World::new(&store, 3).run(200).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    following.end().await;
    let broken = insert(&database.pool, ("group", Uuid::now_v7()), 1, "Exploded", r#""Exploded""#).await;
    begin::<domain::group::Group>(&store, create_group(owner(), "Friends")).await;

    for projection in Projection::ALL {
        let before = rows(&database.pool, projection).await;
        // The audit tells of everything.
        if matches!(projection, Projection::Groups | Projection::Audit) {
            let error = rebuild(&store, projection, &metadata(), |_| {}).await.expect_err("it cannot be read");
            assert!(matches!(error, RebuildError::Event { position, .. } if position == broken), "{error}");
            assert!(error.to_string().contains(&format!("position {broken} ")), "{error}");
            assert!(error.to_string().contains("Exploded"), "{error}");
        } else {
            rebuilt(&store, projection).await;
        }
        assert_same("before and after", &before, &rows(&database.pool, projection).await);
        assert_eq!(status(&database.pool, projection.name()).await.error, None);
    }
}

#[tokio::test]
async fn a_rebuild_over_an_event_that_does_not_fit_names_its_position() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let mailing = begin_mailing(&store, owner()).await.mailing;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    following.end().await;
    let before = rows(&database.pool, Projection::Mailings).await;
    // In one page with events that fit, before and after it.
    let pause = domain::mailing::Command::Suspend { reason: "no relay".to_owned() };
    execute::<domain::mailing::Mailing>(&store, mailing.0, pause).await;
    let broken = insert(&database.pool, ("mailing", Uuid::now_v7()), 1, "Paused", r#""Paused""#).await;
    begin_mailing(&store, owner()).await;

    let error = rebuild(&store, Projection::Mailings, &metadata(), |_| {}).await.expect_err("there is no such mailing");

    assert!(error.to_string().contains("there is no mailing"), "{error}");
    assert!(matches!(error, RebuildError::Event { position, .. } if position == broken), "it is at {broken}: {error}");
    assert_same("before and after", &before, &rows(&database.pool, Projection::Mailings).await);
}

/// How many schemas and checkpoints rebuilds have left.
pub(super) async fn leftovers(pool: &PgPool) -> i64 {
    one(
        pool,
        "select (select count(*) from pg_namespace where nspname like 'rebuild%')
              + (select count(*) from projections where name like 'rebuild%')",
    )
    .await
}

/// Columns, constraints and indexes of a projection's tables, with their names.
pub(super) async fn shape(pool: &PgPool, projection: Projection) -> BTreeMap<&'static str, Vec<Value>> {
    let mut shapes = BTreeMap::new();
    for table in projection.tables() {
        let query = format!(
            "with t as (select 'public.{table}'::regclass as oid)
             select jsonb_build_array('column', attnum, attname, format_type(atttypid, atttypmod), attnotnull,
                                      pg_get_expr(adbin, adrelid))
               from t join pg_attribute a on a.attrelid = t.oid and attnum > 0 and not attisdropped
               left join pg_attrdef d on d.adrelid = t.oid and d.adnum = attnum
             union all
             select jsonb_build_array('constraint', conname, contype, pg_get_constraintdef(c.oid))
               from t join pg_constraint c on c.conrelid = t.oid
             union all
             select jsonb_build_array('index', indexdef)
               from pg_indexes where schemaname = 'public' and tablename = '{table}'
             order by 1"
        );
        let shape: Vec<Value> = sqlx::query_scalar(&query).fetch_all(pool).await.expect("a shape");
        assert!(shape.iter().any(|part| part[0] == "index"), "{table} has no index at all");
        shapes.insert(*table, shape);
    }
    shapes
}
