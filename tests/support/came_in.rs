//! What came back of letters, as soon as the read models show it, and what came in and was not understood: no mail server is needed for it.

use super::service::metadata;
use super::{all_read, reported};
use acts::Services;
use chrono::{DateTime, Utc};
use domain::batch::MAX_RECIPIENTS;
use domain::feedback::{Bounce, Command, Feedback, Letter, Report, Severity, Via};
use domain::{FeedbackId, ReportId, RunId};
use projections::{Access, deliveries};
use sqlx::PgPool;
use uuid::Uuid;

/// The letter of a run that went to this address.
pub(crate) async fn letter(services: &Services, run: &str, email: &str) -> Letter {
    let (pool, run): (_, RunId) = (services.pool(), run.parse().expect("an id"));
    let filter = deliveries::Filter { search: Some(email.to_owned()), ..deliveries::Filter::default() };
    let found = all_read(deliveries::page(pool, Access::All, run, &filter, None, 10).await);
    let found = found.into_iter().find(|delivery| delivery.email == email).expect("a letter went there");
    reported::letter(pool, run, found.ordinal.unsigned_abs()).await
}

/// That there is no such mailbox.
pub(crate) fn gone() -> Bounce {
    reported::bounce(Severity::Permanent)
}

/// That the mailbox is full.
pub(crate) fn full() -> Bounce {
    reported::bounce(Severity::Temporary)
}

/// That the letter is late.
pub(crate) fn late() -> Bounce {
    reported::bounce(Severity::Delayed)
}

/// Somebody reports that the letter came back, or is late; each `name` is another report.
pub(crate) async fn bounced(services: &Services, letter: Letter, name: &str, bounce: Bounce) {
    let report = report(services, name, Via::Smtp, Some("mx.example.org"));
    tell(services, letter, Command::ReportBounce { letter, report, bounce }).await;
}

/// A mailbox provider, which does not say who it is, reports that the recipient complained.
pub(crate) async fn complained(services: &Services, letter: Letter, name: &str) {
    let report = report(services, name, Via::Imap, None);
    tell(services, letter, Command::Complain { letter, report, kind: Some("abuse".to_owned()) }).await;
}

fn report(services: &Services, name: &str, via: Via, by: Option<&str>) -> Report {
    Report { id: ReportId::derive("message", name), via, by: by.map(str::to_owned), at: services.now() }
}

async fn tell(services: &Services, letter: Letter, command: Command) {
    let most = u32::try_from(MAX_RECIPIENTS).expect("a batch is not that large");
    let id = FeedbackId::derive(letter.run, letter.ordinal / most);
    let receipt = services.store.execute::<Feedback>(id.0, command, &metadata()).await.expect("it is recorded");
    assert!(services.shown(receipt.position).await, "the read models follow");
}

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
