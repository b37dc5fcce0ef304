//! Holds those who freeze audiences in the middle of it.

use sqlx::PgPool;

/// From now on nobody can plan the batches of any run from this number on: whoever tries is told that a lock is held, and tries
/// again later. Unlike somebody who really holds a lock, this keeps nobody else from reading the log.
pub(crate) async fn hold_batches_from(pool: &PgPool, number: u32) {
    let held = format!(
        "create function planners_are_held() returns trigger language plpgsql as $$
         begin
             raise exception 'the story holds this batch' using errcode = 'lock_not_available';
         end
         $$;
         create trigger planners_are_held before insert on events
             for each row when (new.event_type = 'Planned' and (new.payload #>> '{{Planned,number}}')::integer >= {number})
             execute function planners_are_held()"
    );
    sqlx::raw_sql(&held).execute(pool).await.expect("planners are held");
}

/// They go on.
pub(crate) async fn let_planners_go(pool: &PgPool) {
    let free = "drop trigger planners_are_held on events; drop function planners_are_held()";
    sqlx::raw_sql(free).execute(pool).await.expect("planners go on");
}
