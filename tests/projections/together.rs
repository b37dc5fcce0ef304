//! Several read models rebuilt together share the reading of the log, and nothing else.

use std::collections::BTreeMap;

use eventstore::EventStore;
use projections::{NotBegun, Projection, Rebuild, RebuildError, RebuildProgress, rebuild, rebuild_together, standing};
use sqlx::{PgPool, postgres::PgConnectOptions};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{
    POLL, assert_same, begin, begin_mailing, create_group, equals_a_rebuild, follow, import, insert, metadata, one,
    owner,
    rebuilding::{leftovers, shape},
    rich, rows, slow_index, status, within,
    world::World,
};
use crate::support::database;

type Tables = BTreeMap<&'static str, Vec<serde_json::Value>>;

async fn all_rows(pool: &PgPool) -> BTreeMap<Projection, Tables> {
    let mut all = BTreeMap::new();
    for projection in Projection::ALL {
        all.insert(projection, rows(pool, projection).await);
    }
    all
}

fn assert_all_same(what: &str, one: &BTreeMap<Projection, Tables>, other: &BTreeMap<Projection, Tables>) {
    for (projection, tables) in one {
        assert_same(what, tables, &other[projection]);
    }
}

/// How many events of this kind tell of a rebuild.
async fn told(pool: &PgPool, kind: &str) -> i64 {
    one(pool, &format!("select count(*) from events where aggregate_type = 'rebuild' and event_type = '{kind}'")).await
}

/// Rebuilds all of them. Who has just dropped a rebuild may have to wait until PostgreSQL has noticed.
async fn all_rebuilt(
    store: &EventStore,
    mut progress: impl FnMut(Projection, RebuildProgress) + Send,
) -> BTreeMap<Projection, RebuildProgress> {
    let mut done = BTreeMap::new();
    within("all rebuilds are over", async {
        while done.len() < Projection::ALL.len() {
            let left: Vec<_> = Projection::ALL.into_iter().filter(|it| !done.contains_key(it)).collect();
            let ended = rebuild_together(store, &left, &metadata(), &mut progress).await.expect("begun");
            for (projection, ended) in ended {
                match ended {
                    Ok(progress) => _ = done.insert(projection, progress),
                    Err(RebuildError::NotBegun(NotBegun::Busy)) => tokio::time::sleep(POLL).await,
                    Err(error) => panic!("{} cannot be rebuilt: {error}", projection.name()),
                }
            }
        }
    })
    .await;
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_in_one_pass_equal_the_live_ones_and_each_alone() {
    let database = rich().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    let (live, mut shapes) = (all_rows(&database.pool).await, BTreeMap::new());
    for projection in Projection::ALL {
        shapes.insert(projection, shape(&database.pool, projection).await);
    }
    let count = i64::try_from(Projection::ALL.len()).expect("a few");
    let events = one::<i64>(&database.pool, "select count(*) from events").await;

    let mut said: BTreeMap<Projection, Vec<RebuildProgress>> = BTreeMap::new();
    let done = all_rebuilt(&store, |projection, progress| said.entry(projection).or_default().push(progress)).await;

    assert_all_same("live and rebuilt together", &live, &all_rows(&database.pool).await);
    for projection in Projection::ALL {
        assert_eq!(shape(&database.pool, projection).await, shapes[&projection], "{}", projection.name());
        // With the event that tells of its beginning, and maybe those that tell of others' end.
        let RebuildProgress { folded, total } = done[&projection];
        assert!(folded == total && folded > events, "{folded} of {total} of {events}");
        let said = &said[&projection];
        assert!(said.is_sorted_by_key(|progress| progress.folded) && !said.is_empty(), "{said:?}");
    }
    assert_eq!((told(&database.pool, "Begun").await, told(&database.pool, "Finished").await), (count, count));
    assert_eq!(leftovers(&database.pool).await, 0);
    following.shows_all(&database.pool).await;
    equals_a_rebuild(&store).await;
    assert_all_same("rebuilt together and alone", &live, &all_rows(&database.pool).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_in_one_pass_beside_a_writer_miss_nothing() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    import(&store, owner(), 2_500).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let writing = {
        let mut world = World::new(&store, 22);
        tokio::spawn(async move {
            let mut stopped = stopped;
            while stopped.try_recv().is_err() {
                world.step().await;
            }
        })
    };

    for _ in 0..2 {
        for (projection, progress) in all_rebuilt(&store, |_, _| {}).await {
            assert_eq!(progress.folded, progress.total, "{}", projection.name());
        }
    }

    stop.send(()).expect("it still writes");
    writing.await.expect("it wrote to the end");
    following.shows_all(&database.pool).await;
    equals_a_rebuild(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_that_were_stopped_at_different_places_go_on_together_each_where_it_was() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    World::new(&store, 23).run(200).await;
    import(&store, owner(), 12_000).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    let live = all_rows(&database.pool).await;

    // One alone, and then all of them, each time until the foremost is a page further.
    for projections in [&[Projection::Clients][..], &Projection::ALL] {
        let (tell, told) = oneshot::channel();
        let mut tell = Some(tell);
        let asked = metadata();
        let mut pages: BTreeMap<Projection, u32> = BTreeMap::new();
        let stopped = rebuild_together(&store, projections, &asked, |projection, _| {
            let pages = pages.entry(projection).or_default();
            *pages += 1;
            if *pages == 2
                && let Some(tell) = tell.take()
            {
                tell.send(()).expect("somebody waits");
            }
        });
        tokio::select! {
            biased;
            told = told => told.expect("told"),
            done = stopped => panic!("it should have been stopped: {done:?}"),
        }
        within("PostgreSQL has noticed that it was stopped", async {
            let running = async || standing(&database.pool, None).await.expect("how far they are");
            while running().await.iter().any(|it| it.rebuild_running) {
                tokio::time::sleep(POLL).await;
            }
        })
        .await;
    }
    let stopped: BTreeMap<String, i64> = standing(&database.pool, None)
        .await
        .expect("how far they are")
        .into_iter()
        .filter_map(|it| Some((it.name, it.rebuild_folded?)))
        .collect();
    assert_eq!(stopped.len(), Projection::ALL.len());
    assert!(stopped.values().any(|folded| *folded != stopped["clients"]), "they are at different places: {stopped:?}");
    let late = import(&store, owner(), 1).await;
    following.shows_all(&database.pool).await;

    let mut first: BTreeMap<Projection, i64> = BTreeMap::new();
    all_rebuilt(&store, |projection, progress| _ = first.entry(projection).or_insert(progress.folded)).await;

    for (projection, first) in first {
        assert!(first >= stopped[projection.name()], "{}: {first} after {stopped:?}", projection.name());
    }
    let clients = rows(&database.pool, Projection::Clients).await;
    assert_eq!(clients["clients"].len(), live[&Projection::Clients]["clients"].len() + late.len());
    // The audit tells of the late one, too.
    let concerned = [Projection::Clients, Projection::Audit];
    for projection in Projection::ALL.into_iter().filter(|it| !concerned.contains(it)) {
        assert_same("before and after", &live[&projection], &rows(&database.pool, projection).await);
    }
    assert_eq!(leftovers(&database.pool).await, 0);
    equals_a_rebuild(&store).await;
}

#[tokio::test]
async fn a_broken_event_of_some_leaves_the_others_right() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    World::new(&store, 24).run(200).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    following.end().await;
    // One that nobody can read, and one that does not fit.
    let unread = insert(&database.pool, ("group", Uuid::now_v7()), 1, "Exploded", r#""Exploded""#).await;
    let given_up = r#"{"GaveUp": {"reason": "cancelled", "at": "2026-03-01T00:00:00Z"}}"#;
    let unfit = insert(&database.pool, ("batch", Uuid::now_v7()), 1, "GaveUp", given_up).await;
    begin::<domain::group::Group>(&store, create_group(owner(), "Friends")).await;
    begin_mailing(&store, owner()).await;
    let before = all_rows(&database.pool).await;

    let mut last: BTreeMap<Projection, RebuildProgress> = BTreeMap::new();
    let told_last = |projection, progress| _ = last.insert(projection, progress);
    let ended = rebuild_together(&store, &Projection::ALL, &metadata(), told_last).await.expect("begun");

    assert!(last.values().all(|it| it.folded == it.total), "nobody waits for who was stopped: {last:?}");
    assert_eq!(last.len(), Projection::ALL.len());
    let ended: BTreeMap<_, _> = ended.into_iter().collect();
    assert_eq!(ended.len(), Projection::ALL.len());
    let after = all_rows(&database.pool).await;
    for (projection, ended) in &ended {
        let broken = match projection {
            // The audit tells of everything.
            Projection::Groups | Projection::Audit => Some(unread),
            Projection::Runs | Projection::History => Some(unfit),
            _ => None,
        };
        match (broken, ended) {
            (None, Ok(progress)) => assert_eq!(progress.folded, progress.total),
            (Some(broken), Err(RebuildError::Event { position, .. })) => {
                assert_eq!(*position, broken, "{}", projection.name());
                assert_same("before and after it failed", &before[projection], &after[projection]);
            }
            _ => panic!("{}: {ended:?}", projection.name()),
        }
    }
    // What came after it in the log is in those that do not read it.
    assert_eq!(after[&Projection::Mailings]["mailings"].len(), before[&Projection::Mailings]["mailings"].len() + 1);
    let all = i64::try_from(Projection::ALL.len()).expect("a few");
    assert_eq!((told(&database.pool, "Finished").await, told(&database.pool, "Failed").await), (all - 4, 4));
    for it in standing(&database.pool, None).await.expect("how far they are") {
        let failed = ["groups", "runs", "history", "audit"].contains(&it.name.as_str());
        assert_eq!((it.rebuild_error.is_some(), it.rebuild_running), (failed, false), "{}", it.name);
        assert_eq!(it.error, None, "{}", it.name);
    }
}

#[tokio::test]
async fn one_that_somebody_else_rebuilds_is_left_to_them() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    import(&store, owner(), 100).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    let first = Rebuild::begin(&store, Projection::Groups, &metadata()).await.expect("nobody else does");

    let ended = rebuild_together(&store, &Projection::ALL, &metadata(), |_, _| {}).await.expect("begun");

    for (projection, ended) in ended {
        let busy = matches!(ended, Err(RebuildError::NotBegun(NotBegun::Busy)));
        assert_eq!(busy, projection == Projection::Groups, "{}: {ended:?}", projection.name());
        assert!(busy || ended.is_ok(), "{}: {ended:?}", projection.name());
    }
    first.run(|_| {}).await.expect("the first goes on");
    following.shows_all(&database.pool).await;
    equals_a_rebuild(&store).await;
}

/// Large address books have indexes that no migration makes; what was begun of them and not finished is none.
#[tokio::test]
async fn indexes_keep_their_names_and_those_that_are_no_good_stay_away() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    import(&store, owner(), 100).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    let index = "create index clients_by_email on clients (owner_id, lower(email), id) where deleted_at is null";
    sqlx::query(index).execute(&database.pool).await.expect("made");
    sqlx::query("create unique index concurrently no_good on clients (owner_id)")
        .execute(&database.pool)
        .await
        .expect_err("one owner has many");
    let indexes = async || {
        let names =
            "select array_agg(relname::text order by relname) from pg_index i join pg_class c on c.oid = indexrelid
                      where indrelid = 'clients'::regclass and indisvalid";
        one::<Vec<String>>(&database.pool, names).await
    };
    let before = indexes().await;
    assert!(before.iter().any(|name| name == "clients_by_email"), "{before:?}");

    for _ in 0..2 {
        rebuild(&store, Projection::Clients, &metadata(), |_| {}).await.expect("rebuilt");
        assert_eq!(indexes().await, before);
    }

    let no_good = "select count(*) from pg_class where relname = 'no_good'";
    assert_eq!(one::<i64>(&database.pool, no_good).await, 0);
    assert_eq!(status(&database.pool, "clients").await.error, None);
}

#[tokio::test]
async fn a_rebuild_that_a_request_began_may_take_longer_than_a_request() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    import(&store, owner(), 100).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    slow_index(&database.pool).await;
    let options: PgConnectOptions = database.url.parse().expect("a URL");
    let requests = PgPool::connect_with(options.options([("statement_timeout", "500ms")])).await;
    let requests = store.through(requests.expect("it takes connections"));

    let done = rebuild(&requests, Projection::Clients, &metadata(), |_| {}).await.expect("rebuilt");

    assert_eq!(done.folded, done.total);
    let there = "select count(*) from pg_indexes where schemaname = 'public' and indexname = 'clients_slow'";
    assert_eq!(one::<i64>(&database.pool, there).await, 1);
    assert_eq!(leftovers(&database.pool).await, 0);
}

/// PostgreSQL ends the session of a rebuild, as a restart or an administrator does, and somebody else begins the next one.
#[tokio::test]
async fn one_that_lost_its_connection_tells_nothing_beside_the_next_one_and_is_told_of_when_there_is_none() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    import(&store, owner(), 10).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    let end_its_session = "select pg_terminate_backend(l.pid, 60000) from pg_locks l join pg_database d on d.oid = l.database
                            where d.datname = current_database() and l.locktype = 'advisory' and l.objid = 1 and l.objsubid = 2";
    let groups = async || standing(&database.pool, Some(Projection::Groups)).await.expect("how far it is").remove(0);

    let lost = Rebuild::begin(&store, Projection::Groups, &metadata()).await.expect("begun");
    assert!(one::<bool>(&database.pool, end_its_session).await);
    let next = Rebuild::begin(&store, Projection::Groups, &metadata()).await.expect("nobody else does");
    let error = lost.run(|_| {}).await.expect_err("its connection is gone");
    assert!(matches!(error, RebuildError::Database(_)), "{error}");
    let seen = groups().await;
    assert_eq!((seen.rebuild_running, seen.rebuild_error), (true, None));
    next.run(|_| {}).await.expect("the next one goes on");

    let lost = Rebuild::begin(&store, Projection::Groups, &metadata()).await.expect("begun");
    assert!(one::<bool>(&database.pool, end_its_session).await);
    let error = lost.run(|_| {}).await.expect_err("its connection is gone");
    let seen = groups().await;
    assert_eq!((seen.rebuild_running, seen.rebuild_error), (false, Some(error.to_string())));
}

#[tokio::test]
async fn one_that_cannot_begin_leaves_the_others_to_begin_and_end() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    World::new(&store, 25).run(100).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    let refuse = "alter table projections add constraint no_messages check (name <> 'rebuild:messages')";
    sqlx::query(refuse).execute(&database.pool).await.expect("refused from now on");

    let ended = rebuild_together(&store, &Projection::ALL, &metadata(), |_, _| {}).await.expect("begun");

    assert_eq!(ended.len(), Projection::ALL.len());
    for (projection, ended) in ended {
        let left = matches!(ended, Err(RebuildError::NotBegun(NotBegun::Failed(_))));
        assert_eq!(left, projection == Projection::Messages, "{}: {ended:?}", projection.name());
        assert!(left || ended.is_ok(), "{}: {ended:?}", projection.name());
    }
    // Whatever has begun has ended.
    let others = i64::try_from(Projection::ALL.len() - 1).expect("a few");
    assert_eq!((told(&database.pool, "Begun").await, told(&database.pool, "Finished").await), (others, others));
    sqlx::query("alter table projections drop constraint no_messages").execute(&database.pool).await.expect("allowed");
    rebuild(&store, Projection::Messages, &metadata(), |_| {}).await.expect("nobody holds its lock");
    equals_a_rebuild(&store).await;
}
