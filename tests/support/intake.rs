//! Messages that came in and were not understood, how many came in, and whether somebody looks for them: no mail server is needed for it.

use acts::Services;
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

/// Keeps a message that was not understood, a minute after those before. Returns its id.
pub(crate) async fn keep(services: &Services, subject: &str, message: &[u8], size: i64) -> Uuid {
    let (pool, id) = (services.pool(), Uuid::now_v7());
    let query = "insert into intake_messages (id, via, received_at, envelope_to, from_line, subject, message, size)
                 select $1, 'smtp', $2::timestamptz + count(*) * interval '1 minute', 'b+token@bounce.example.org',
                        'Postmaster <postmaster@mx.example.org>', $3, $4, $5
                   from intake_messages";
    let query = sqlx::query(query).bind(id).bind(services.now()).bind(subject).bind(message).bind(size);
    query.execute(pool).await.expect("it is kept");
    id
}

/// Counts messages that came in so many days ago.
pub(crate) async fn counted(pool: &PgPool, now: DateTime<Utc>, rows: &[(i32, &str, &str, i64)]) {
    for (days, via, taken, messages) in rows {
        let query = "insert into intake_counts (day, via, taken, messages)
                     values (($1::timestamptz at time zone 'UTC')::date - $2::integer, $3, $4, $5)";
        let query = sqlx::query(query).bind(now).bind(days).bind(via).bind(taken).bind(messages);
        query.execute(pool).await.expect("it is counted");
    }
}

/// Somebody has looked into the mailbox; what was in the way, if something was.
pub(crate) async fn looked(pool: &PgPool, now: DateTime<Utc>, error: Option<&str>) {
    let query = "insert into intake_states (via, error, since, looked_at)
                 values ('imap', $1, case when $1::text is null then null else $2::timestamptz end, $2)";
    sqlx::query(query).bind(error).bind(now).execute(pool).await.expect("it is noted");
}
