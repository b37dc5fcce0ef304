//! What came back of letters, written straight into the log, and what came in: no mail server is needed for it.

use super::all_read;
use super::service::metadata;
use acts::Services;
use domain::batch::MAX_RECIPIENTS;
use domain::feedback::{Bounce, Command, Feedback, Letter, Report, Severity, Via};
use domain::{ClientId, FeedbackId, MailingId, ReportId, RunId, UserId};
use projections::{Access, deliveries, runs};
use sqlx::PgPool;
use uuid::Uuid;

/// The letter of a run that went to this address.
pub(crate) async fn letter(services: &Services, run: &str, email: &str) -> Letter {
    let (pool, run): (_, RunId) = (services.pool(), run.parse().expect("an id"));
    let row = runs::get(pool, Access::All, run).await.expect("an answer").expect("the run is there");
    let filter = deliveries::Filter { search: Some(email.to_owned()), ..deliveries::Filter::default() };
    let found = all_read(deliveries::page(pool, Access::All, run, &filter, None, 10).await);
    let found = found.into_iter().find(|delivery| delivery.email == email).expect("a letter went there");
    Letter {
        run,
        ordinal: found.ordinal.unsigned_abs(),
        mailing: MailingId(row.mailing_id),
        owner: UserId(row.owner_id),
        client: ClientId(found.client_id),
        revision: 1,
    }
}

/// That there is no such mailbox.
pub(crate) fn gone() -> Bounce {
    let (code, words) = (Some("5.1.1".to_owned()), Some("no such user".to_owned()));
    Bounce { severity: Severity::Permanent, dead: true, code, words }
}

/// That the mailbox is full.
pub(crate) fn full() -> Bounce {
    let (code, words) = (Some("4.2.2".to_owned()), Some("mailbox full".to_owned()));
    Bounce { severity: Severity::Temporary, dead: false, code, words }
}

/// Somebody reports that the letter came back; each `name` is another report.
pub(crate) async fn bounced(services: &Services, letter: Letter, name: &str, bounce: Bounce) {
    let report = report(services, name, Via::Smtp, Some("mx.example.org"));
    tell(services, letter, Command::ReportBounce { letter, report, bounce }).await;
}

/// A mailbox provider reports that the recipient complained.
pub(crate) async fn complained(services: &Services, letter: Letter, name: &str) {
    let report = report(services, name, Via::Imap, None);
    tell(services, letter, Command::Complain { letter, report, kind: Some("abuse".to_owned()) }).await;
}

fn report(services: &Services, name: &str, via: Via, by: Option<&str>) -> Report {
    Report { id: ReportId::derive("test", name), via, by: by.map(str::to_owned), at: services.now() }
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
pub(crate) async fn counted(pool: &PgPool, now: chrono::DateTime<chrono::Utc>, rows: &[(i32, &str, &str, i64)]) {
    for (days, via, taken, messages) in rows {
        let query = "insert into intake_counts (day, via, taken, messages)
                     values (($1::timestamptz at time zone 'UTC')::date - $2::integer, $3, $4, $5)";
        let query = sqlx::query(query).bind(now).bind(days).bind(via).bind(taken).bind(messages);
        query.execute(pool).await.expect("it is counted");
    }
}

/// Somebody has looked into the mailbox; what was in the way, if something was.
pub(crate) async fn looked(pool: &PgPool, now: chrono::DateTime<chrono::Utc>, error: Option<&str>) {
    let query = "insert into intake_states (via, error, since, looked_at)
                 values ('imap', $1, case when $1::text is null then null else $2::timestamptz end, $2)";
    sqlx::query(query).bind(error).bind(now).execute(pool).await.expect("it is noted");
}
