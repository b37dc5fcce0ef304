//! The tables that a rebuild fills, beside the live ones.

use super::heritage::{hand_down, make_indexes, make_schema};
use crate::Projection;
use crate::checkpoint::migration;
use sqlx::{Connection, PgConnection};

/// How the tables are made and filled. A program that does it otherwise begins anew instead of going on: one that made all indexes
/// at once would leave out those that are made at the end. Another word also sets apart folds that change within a version.
const MANNER: &str = "named";

/// Held by whoever rebuilds a projection; `standing` looks whether it is.
pub(super) fn lock_of(projection: Projection) -> String {
    format!("skymailing rebuild {}", projection.name())
}

/// Lets others rebuild the projection.
pub(super) async fn unlock(connection: &mut PgConnection, projection: Projection) {
    let unlocked =
        sqlx::query_scalar!(r#"select pg_advisory_unlock(hashtext($1), 1) as "unlocked!""#, lock_of(projection));
    if let Err(error) = unlocked.fetch_one(connection).await {
        tracing::debug!(%error, "the lock of a rebuild ends with its connection");
    }
}

pub(super) fn schema(projection: Projection) -> String {
    format!("rebuild_{}", projection.name())
}

pub(super) fn checkpoint(projection: Projection) -> String {
    format!("rebuild:{}", projection.name())
}

/// Makes the tables to fill, unless an earlier rebuild that was stopped left them, as they would be made now. Returns where it
/// was, and how many events it had folded.
pub(super) async fn prepare(connection: &mut PgConnection, projection: Projection) -> Result<(i64, i64), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let schema = schema(projection);
    let stamp = stamp(&mut transaction).await?;
    if stamped(&mut transaction, &schema).await?.as_ref() == Some(&stamp) {
        sqlx::query!("update projections set error = null where name = $1", checkpoint(projection))
            .execute(&mut *transaction)
            .await?;
    } else {
        // Names of schemas and tables cannot be bound; these are our own constants.
        sqlx::query(&format!("drop schema if exists {schema} cascade")).execute(&mut *transaction).await?;
        sqlx::query!("delete from projections where name = $1", checkpoint(projection))
            .execute(&mut *transaction)
            .await?;
        make_schema(&mut transaction, &schema, projection).await?;
        sqlx::query(&format!("comment on schema {schema} is '{stamp}'")).execute(&mut *transaction).await?;
        for table in projection.tables() {
            let create = format!("create table {schema}.{table} (like public.{table} including all excluding indexes)");
            sqlx::query(&create).execute(&mut *transaction).await?;
            hand_down(&mut transaction, &schema, table).await?;
            make_indexes(&mut transaction, &schema, table, projection.bare().contains(table)).await?;
        }
        sqlx::query!("insert into projections (name) values ($1)", checkpoint(projection))
            .execute(&mut *transaction)
            .await?;
    }
    let at = sqlx::query!("select position, folded from projections where name = $1", checkpoint(projection))
        .fetch_one(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok((at.position, at.folded))
}

/// What tables are stamped with that are made now: the last migration, how they are filled, and by what version of the program. Another
/// version may fold the same events into other rows, and one table shows only what one version makes of them.
pub(super) async fn stamp(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    Ok(format!("{} {MANNER} {}", migration(connection).await?, env!("CARGO_PKG_VERSION")))
}

/// What the tables to fill were stamped with when they were made.
pub(super) async fn stamped(connection: &mut PgConnection, schema: &str) -> Result<Option<String>, sqlx::Error> {
    let stamp = sqlx::query_scalar!("select obj_description(to_regnamespace($1)::oid, 'pg_namespace')", schema);
    stamp.fetch_one(connection).await
}

/// Makes the filled tables what readers expect: with all indexes, and known to the planner.
pub(super) async fn complete(connection: &mut PgConnection, projection: Projection) -> Result<(), sqlx::Error> {
    let schema = schema(projection);
    for table in projection.bare() {
        make_indexes(connection, &schema, table, false).await?;
    }
    let tables: Vec<String> = projection.tables().iter().map(|table| format!("{schema}.{table}")).collect();
    sqlx::query(&format!("analyze {}", tables.join(", "))).execute(connection).await?;
    Ok(())
}
