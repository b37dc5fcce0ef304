//! Migrations find databases that have a history.

use eventstore::EventStore;
use projections::{NotBegun, Projection, Rebuild, RebuildError, rebuild};
use sqlx::PgPool;

use super::{assert_same, equals_a_rebuild, follow, import, metadata, one, owner, rebuilt, rows, status, world::World};
use crate::support::database;

async fn execute(pool: &PgPool, statement: &str) {
    sqlx::raw_sql(statement).execute(pool).await.expect("the statement is right");
}

/// A statement of a migration: from these words to the semicolon.
fn statement<'m>(migration: &'m str, begin: &str) -> &'m str {
    let (from, _) = migration.match_indices(begin).next().expect("it has the statement");
    migration[from..].split_inclusive(';').next().expect("it ends")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_migrations_fill_in_is_what_the_projections_fold() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    let mut world = World::new(&store, 81);
    let something = "select exists (select from users where blocked_reason is not null)
                        and exists (select from attempt_counts where outcome <> 'accepted')
                        and exists (select from client_addresses) and exists (select from group_counts)";
    for round in 1.. {
        world.run(100).await;
        following.shows_all(&database.pool).await;
        if one(&database.pool, something).await {
            break;
        }
        assert!(round < 50, "there is something to fill in");
    }
    following.end().await;
    let projections = [Projection::Users, Projection::Clients, Projection::Runs];
    let mut folded = Vec::new();
    for projection in projections {
        folded.push(rows(&database.pool, projection).await);
    }

    let (administration, articles) =
        (include_str!("../../migrations/0009_administration.sql"), include_str!("../../migrations/0011_articles.sql"));
    let counts = include_str!("../../migrations/0017_rendered_and_counted.sql");
    let groups = include_str!("../../migrations/0040_reads.sql");
    execute(&database.pool, "update users set blocked_reason = null").await;
    execute(&database.pool, "truncate client_addresses, client_numbers, client_counts, group_counts, attempt_counts")
        .await;
    execute(&database.pool, statement(administration, "update users")).await;
    for table in ["client_addresses", "client_numbers", "attempt_counts"] {
        execute(&database.pool, statement(articles, &format!("insert into {table}"))).await;
    }

    execute(&database.pool, statement(counts, "insert into client_counts")).await;
    execute(&database.pool, statement(groups, "insert into group_counts")).await;

    for (projection, folded) in projections.into_iter().zip(folded) {
        assert_same("folded and filled in", &folded, &rows(&database.pool, projection).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_projection_that_is_new_does_not_hold_up_the_others() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    import(&store, owner(), 50).await;
    following.shows_all(&database.pool).await;
    following.end().await;
    let others = status(&database.pool, "clients").await;
    execute(&database.pool, "update projections set position = 0, folded = 0 where name in ('notices', 'articles')")
        .await;

    execute(&database.pool, statement(include_str!("../../migrations/0015_checkpoints.sql"), "update projections"))
        .await;

    for name in ["notices", "articles"] {
        let new = status(&database.pool, name).await;
        assert_eq!((new.position, new.folded), (others.position, others.folded), "{name}");
    }
    equals_a_rebuild(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_that_a_migration_overtook_changes_nothing_and_begins_anew() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    import(&store, owner(), 50).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    let live = rows(&database.pool, Projection::Clients).await;
    let last = "version = (select max(version) from _sqlx_migrations)";
    execute(&database.pool, &format!("update _sqlx_migrations set success = false where {last}")).await;
    let overtaken = Rebuild::begin(&store, Projection::Clients, &metadata()).await.expect("nobody else does");
    execute(&database.pool, "alter table clients add nickname text default 'none'").await;
    execute(&database.pool, &format!("update _sqlx_migrations set success = true where {last}")).await;

    let error = overtaken.run(|_| {}).await.expect_err("its tables lack the column");

    assert!(matches!(error, RebuildError::Migrated), "{error}");
    assert_eq!(rows(&database.pool, Projection::Clients).await["clients"].len(), live["clients"].len());
    rebuild(&store, Projection::Clients, &metadata(), |_| {}).await.expect("with the tables of today");
    let named: i64 = one(&database.pool, "select count(*) from clients where nickname = 'none'").await;
    assert_eq!(named, 50);
}

#[tokio::test]
async fn a_program_that_does_not_know_the_last_migration_rebuilds_nothing() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    import(&store, owner(), 5).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    // The future fills a column that nobody here knows.
    let migrated = "alter table clients add nickname text default 'none';
                    update clients set nickname = 'Annie';
                    insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                    values (9999, 'from the future', true, '', 0)";
    execute(&database.pool, migrated).await;

    let refused = rebuild(&store, Projection::Clients, &metadata(), |_| {}).await.expect_err("it is older");

    assert!(matches!(refused, RebuildError::NotBegun(NotBegun::Outdated { migration: 9_999 })), "{refused}");
    let named: i64 = one(&database.pool, "select count(*) from clients where nickname = 'Annie'").await;
    assert_eq!(named, 5);
    let begun = "select count(*) from events where aggregate_type = 'rebuild'";
    assert_eq!(one::<i64>(&database.pool, begun).await, 0);
}

#[tokio::test]
async fn what_another_version_has_left_unfinished_is_begun_anew() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    import(&store, owner(), 5).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    let ours =
        "select exists (select from pg_attribute where attrelid = 'clients'::regclass and attname = 'made_before')";
    for other_version in [false, true] {
        drop(Rebuild::begin(&store, Projection::Clients, &metadata()).await.expect("begun"));
        execute(&database.pool, "alter table rebuild_clients.clients add made_before text").await;
        let stamp = "select obj_description('rebuild_clients'::regnamespace, 'pg_namespace')";
        let stamp: String = one(&database.pool, stamp).await;
        if other_version {
            let other = stamp.replace(env!("CARGO_PKG_VERSION"), "0.0.1");
            execute(&database.pool, &format!("comment on schema rebuild_clients is '{other}'")).await;
        }

        rebuilt(&store, Projection::Clients).await;

        assert_eq!(one::<bool>(&database.pool, ours).await, !other_version, "{stamp}");
        execute(&database.pool, "alter table clients drop column if exists made_before").await;
    }
    equals_a_rebuild(&store).await;
}
