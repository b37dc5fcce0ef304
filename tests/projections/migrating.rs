//! Migrations find databases that have a history.

use eventstore::EventStore;
use projections::{Projection, Rebuild, RebuildError, rebuild};
use sqlx::PgPool;

use super::{assert_same, equals_a_rebuild, follow, import, metadata, one, owner, rows, status, world::World};
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
    let overtaken = Rebuild::begin(&store, Projection::Clients, &metadata()).await.expect("nobody else does");
    execute(&database.pool, "alter table clients add nickname text default 'none'").await;
    execute(&database.pool, "update _sqlx_migrations set version = 1000000 where version = 1").await;

    let error = overtaken.run(|_| {}).await.expect_err("its tables lack the column");

    assert!(matches!(error, RebuildError::Migrated), "{error}");
    assert_eq!(rows(&database.pool, Projection::Clients).await["clients"].len(), live["clients"].len());
    rebuild(&store, Projection::Clients, &metadata(), |_| {}).await.expect("with the tables of today");
    let named: i64 = one(&database.pool, "select count(*) from clients where nickname = 'none'").await;
    assert_eq!(named, 50);
}
