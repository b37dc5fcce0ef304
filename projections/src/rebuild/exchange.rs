//! The new tables take the place of the old ones.
//!
//! All read models stand still for that moment, and with them whatever waits for them, such as runs that begin or end. So the moment
//! is short: as long as somebody keeps reading the old tables, such as a backup or a transaction that was left open, everything of
//! the exchange is given up and tried again later, with longer and longer pauses, and whoever looks at the rebuild reads for whom it
//! waits.

use super::RebuildError;
use super::heritage::{dependent, hand_down};
use super::member::Member;
use super::parts::{fold_alone, fold_rest};
use super::progress::Step;
use super::source::{Counted, Source};
use super::tables::{checkpoint, schema, stamp, stamped};
use crate::Projection;
use eventstore::{Blame, EventStore, limited};
use sqlx::{Connection, PgConnection};
use std::time::Duration;

/// How long the exchange of the tables may be left alone before PostgreSQL gives it up. More than a page needs when the
/// machine is busy: a rebuild that was given up has to be begun again by somebody.
const SILENCE: Duration = Duration::from_secs(2);

/// How long others go first when they and the exchange stand in each other's way, at first.
const GIVE_WAY: Duration = Duration::from_millis(50);

/// The longest that they go first: whoever has read for an hour is not waited for with everybody else standing still.
const LONGEST: Duration = Duration::from_secs(3);

/// Exchanges the tables as soon as nobody is in the way. What comes meanwhile is folded.
pub(super) async fn exchange(
    connection: &mut PgConnection,
    member: &mut Member,
    counted: Counted,
    progress: &impl Fn(Projection, Step),
) -> Result<(), RebuildError> {
    let (mut pause, mut told) = (GIVE_WAY, None);
    loop {
        fold_rest(connection, member, progress).await?;
        let before = (member.position, member.folded);
        match swap(connection, member, counted).await {
            Err(RebuildError::Database(error)) if matches!(Blame::of(&error), Blame::Locked | Blame::Conflict) => {
                (member.position, member.folded) = before;
                tell(connection, member.projection, &mut told).await?;
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST);
            }
            swapped => return swapped,
        }
    }
}

/// Writes down who is in the way, for those who look at the rebuild, and logs it when it is somebody else than before.
async fn tell(
    connection: &mut PgConnection,
    projection: Projection,
    told: &mut Option<i32>,
) -> Result<(), RebuildError> {
    let tables: Vec<String> = projection.tables().iter().map(|table| format!("public.{table}")).collect();
    // PostgreSQL shows others' names to everybody, and since when they are at it to those who may know.
    let reader = sqlx::query!(
        r#"select l.pid, coalesce(nullif(a.application_name, ''), a.usename::text, 'a prepared transaction') as "who!",
                  extract(epoch from clock_timestamp() - a.xact_start)::bigint as seconds
             from pg_locks l left join pg_stat_activity a on a.pid = l.pid
            where l.locktype = 'relation' and l.granted and l.pid is distinct from pg_backend_pid()
              and l.database = (select oid from pg_database where datname = current_database())
              and l.relation in (select to_regclass(name)::oid from unnest($1::text[]) as t (name))
            order by a.xact_start limit 1"#,
        &tables,
    )
    .fetch_optional(&mut *connection)
    .await?;
    // Whoever it was is gone.
    let Some(reader) = reader else { return Ok(()) };
    let process = reader.pid.map_or_else(String::new, |pid| format!(", process {pid} of PostgreSQL,"));
    let since = reader.seconds.map_or_else(String::new, |seconds| format!(" for {seconds} s"));
    let waits = format!(
        "the new tables wait until {}{process} is done with the old ones, which it has used{since}; everything else goes on",
        reader.who,
    );
    sqlx::query!("update projections set error = $2 where name = $1", checkpoint(projection), waits)
        .execute(connection)
        .await?;
    let pid = Some(reader.pid.unwrap_or(0));
    if std::mem::replace(told, pid) != pid {
        tracing::warn!(projection = projection.name(), "{waits}");
    }
    Ok(())
}

/// Folds the rest while the live projection stands still, and puts the new tables in the place of the old ones: all of it, or
/// nothing where somebody is in the way.
async fn swap(connection: &mut PgConnection, member: &mut Member, counted: Counted) -> Result<(), RebuildError> {
    // All read models stand still until it ends, so PostgreSQL does not wait for long if this process stands still in it.
    let mut transaction = connection.begin_with(limited(SILENCE)).await?;
    // Pages that are lost are folded again; this is not.
    sqlx::query("set local synchronous_commit to default").execute(&mut *transaction).await?;
    // The projector skips checkpoints that are locked, so it waits for us; we wait for the page it is at.
    let name = member.projection.name();
    let live = sqlx::query_scalar!("select position from projections where name = $1 for update", name)
        .fetch_one(&mut *transaction)
        .await?;
    let settled = EventStore::settled(&mut transaction).await?.max(live);
    let mut source = Source::new(std::iter::once((member.projection, member.position)));
    while let Some(part) = source.next(&mut transaction, settled).await? {
        fold_alone(&mut transaction, member, &part).await?;
    }
    put_in_place(&mut transaction, member, live, counted).await?;
    transaction.commit().await?;
    Ok(())
}

/// Takes all the tables from their readers at once, or fails after a moment. A reader of several tables may hold one and wait for
/// another that we hold; that one goes on when this is given up, before PostgreSQL finds a deadlock (after a second) and ends one
/// of us.
async fn lock(transaction: &mut PgConnection, projection: Projection) -> Result<(), sqlx::Error> {
    let tables: Vec<String> = projection.tables().iter().map(|table| format!("public.{table}")).collect();
    sqlx::query("set local lock_timeout = '300ms'").execute(&mut *transaction).await?;
    let lock = format!("lock table {} in access exclusive mode", tables.join(", "));
    sqlx::query(&lock).execute(transaction).await?;
    Ok(())
}

/// Counts, and puts the new tables in the place of the old ones. `live`: what the old ones show.
async fn put_in_place(
    transaction: &mut PgConnection,
    member: &Member,
    live: i64,
    counted: Counted,
) -> Result<(), RebuildError> {
    let Member { projection, position, folded, .. } = *member;
    sqlx::query!("set local search_path = public").execute(&mut *transaction).await?;
    // What was counted before all this need not be counted while everybody waits.
    let since = sqlx::query_scalar!(
        r#"select count(*) as "since!" from events where position > $1 and position <= $2"#,
        counted.up_to,
        position,
    )
    .fetch_one(&mut *transaction)
    .await?;
    let total = counted.events + since;
    if folded != total || position < live {
        return Err(RebuildError::Incomplete { folded, total, position });
    }
    let schema = schema(projection);
    lock(transaction, projection).await?;
    if stamped(transaction, &schema).await? != Some(stamp(transaction).await?) {
        return Err(RebuildError::Migrated);
    }
    if let Some(what) = dependent(transaction, projection).await? {
        return Err(RebuildError::Obstructed { what });
    }
    for table in projection.tables() {
        // Once more, as it may have been granted meanwhile.
        hand_down(transaction, &schema, table).await?;
        sqlx::query(&format!("drop table public.{table}")).execute(&mut *transaction).await?;
        sqlx::query(&format!("alter table {schema}.{table} set schema public")).execute(&mut *transaction).await?;
    }
    sqlx::query(&format!("drop schema {schema}")).execute(&mut *transaction).await?;
    sqlx::query!(
        "update projections set position = $2, folded = $3, error = null, updated_at = now() where name = $1",
        projection.name(),
        position,
        folded,
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::query!("delete from projections where name = $1", checkpoint(projection)).execute(&mut *transaction).await?;
    Ok(())
}
