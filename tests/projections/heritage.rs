//! What an operator has given to a read model's tables is given to those that take their place.

use eventstore::EventStore;
use projections::{NotBegun, Projection, Rebuild, RebuildError, rebuild};
use sqlx::PgPool;
use uuid::Uuid;

use super::{equals_a_rebuild, follow, import, metadata, one, owner, rows};
use crate::support::database;

async fn execute(pool: &PgPool, statements: &str) {
    sqlx::raw_sql(statements).execute(pool).await.expect("the statements are right");
}

/// A role of this name alone, as roles belong to the whole server, which other stories use, too.
fn role(name: &str) -> String {
    format!("{name}_{}", Uuid::now_v7().simple())
}

/// Ends a role with all that is its own in this database.
async fn end(pool: &PgPool, role: &str) {
    execute(pool, &format!("drop owned by {role} cascade; drop role {role}")).await;
}

#[tokio::test]
async fn whoever_may_read_a_table_may_read_it_after_a_rebuild() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    import(&store, owner(), 3).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    let reports = role("reports");
    let grant = format!(
        "create role {reports}; grant select on clients to {reports} with grant option;
         grant select (client_id) on client_revisions to {reports};
         grant delete on group_members to public"
    );
    execute(&database.pool, &grant).await;
    let late = Rebuild::begin(&store, Projection::Clients, &metadata()).await.expect("begun");
    execute(&database.pool, &format!("grant insert on client_counts to {reports}")).await;

    late.run(|_| {}).await.expect("rebuilt");

    let may = format!(
        "select array[has_table_privilege('{reports}', 'clients', 'select with grant option'),
                      has_table_privilege('{reports}', 'clients', 'update'),
                      has_column_privilege('{reports}', 'client_revisions', 'client_id', 'select'),
                      has_table_privilege('{reports}', 'client_revisions', 'select'),
                      has_table_privilege('{reports}', 'group_members', 'delete'),
                      has_table_privilege('{reports}', 'client_counts', 'insert')]"
    );
    let may = one::<Vec<bool>>(&database.pool, &may).await;
    end(&database.pool, &reports).await;
    assert_eq!(may, [true, false, true, false, true, true]);
}

/// The command line may be an administrator of PostgreSQL, and the service may not.
#[tokio::test]
async fn tables_belong_to_whom_they_belonged_to_whoever_rebuilds_them() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    import(&store, owner(), 3).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    let service = role("service");
    execute(&database.pool, &format!("create role {service}; grant usage, create on schema public to {service}")).await;
    for table in Projection::Clients.tables() {
        let own = format!("alter table {table} owner to {service}; alter table {table} set (fillfactor = 71)");
        execute(&database.pool, &own).await;
    }
    let owned = async || {
        let owned = format!(
            "select count(*) from pg_class
              where relkind = 'r' and relowner = '{service}'::regrole and reloptions = '{{fillfactor=71}}'"
        );
        one::<i64>(&database.pool, &owned).await
    };
    let before = owned().await;

    let begun = Rebuild::begin(&store, Projection::Clients, &metadata()).await.expect("begun");
    // What is stopped can be taken up by the owner, who may not change what belongs to others.
    let schema = format!("select nspowner = '{service}'::regrole from pg_namespace where nspname = 'rebuild_clients'");
    let schema = one::<bool>(&database.pool, &schema).await;
    begun.run(|_| {}).await.expect("rebuilt");

    let after = owned().await;
    end(&database.pool, &service).await;
    assert!(schema);
    assert_eq!((before, after), (8, 8));
}

#[tokio::test]
async fn a_read_model_that_a_view_looks_at_is_not_rebuilt_and_says_why_before_any_work() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    import(&store, owner(), 3).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    let before = rows(&database.pool, Projection::Clients).await;
    execute(&database.pool, "create view best_clients as select email from clients").await;

    let refused = Rebuild::begin(&store, Projection::Clients, &metadata()).await.expect_err("it would be lost");

    assert!(
        matches!(&refused, RebuildError::NotBegun(NotBegun::Obstructed { what }) if what == "view best_clients"),
        "{refused}"
    );
    let begun = "select count(*) from events where aggregate_type = 'rebuild'";
    assert_eq!(one::<i64>(&database.pool, begun).await, 0);
    // One that comes later stops it before anything is lost, and after that it goes on.
    execute(&database.pool, "drop view best_clients").await;
    let late = Rebuild::begin(&store, Projection::Clients, &metadata()).await.expect("nothing is in the way");
    execute(&database.pool, "create view best_clients as select email from clients").await;
    let stopped = late.run(|_| {}).await.expect_err("it would be lost");
    assert!(matches!(&stopped, RebuildError::Obstructed { what } if what == "view best_clients"), "{stopped}");
    assert_eq!(one::<i64>(&database.pool, "select count(*) from best_clients").await, 3);
    assert_eq!(rows(&database.pool, Projection::Clients).await, before);
    execute(&database.pool, "drop view best_clients").await;
    rebuild(&store, Projection::Clients, &metadata(), |_| {}).await.expect("rebuilt");
    equals_a_rebuild(&store).await;
}
