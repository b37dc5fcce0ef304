//! What is reported of the letters of a run, recorded as whoever takes it in does: that they came back, are late, or were complained of.
//! No mail server is needed for it.

use super::all_read;
use super::service::metadata;
use acts::Services;
use chrono::{DateTime, Utc};
use domain::batch::MAX_RECIPIENTS;
use domain::feedback::{Bounce, Command, Event, Feedback, Letter, Report, Severity, Via};
use domain::{FeedbackId, ReportId, RunId};
use eventstore::{Append, EventStore};
use projections::{Access, deliveries};
use sqlx::PgPool;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The letter came back, as there is no such mailbox.
pub(crate) fn gone() -> Bounce {
    let (code, words) = (Some("5.1.1".to_owned()), Some("no such user".to_owned()));
    Bounce { severity: Severity::Permanent, dead: true, code, words }
}

/// The letter came back for another reason.
pub(crate) fn refused() -> Bounce {
    Bounce { severity: Severity::Permanent, dead: false, code: Some("5.7.1".to_owned()), words: None }
}

/// The letter came back for the moment, as the mailbox is full.
pub(crate) fn full() -> Bounce {
    let (code, words) = (Some("4.2.2".to_owned()), Some("the mailbox is full".to_owned()));
    Bounce { severity: Severity::Temporary, dead: false, code, words }
}

/// The letter is late, and goes on being tried.
pub(crate) fn late() -> Bounce {
    let (code, words) = (Some("4.4.1".to_owned()), Some("nobody answers".to_owned()));
    Bounce { severity: Severity::Delayed, dead: false, code, words }
}

/// All letters of a run, in the order of their places in it.
pub(crate) async fn letters(pool: &PgPool, run: RunId) -> Vec<Letter> {
    let batches: Vec<(Uuid, Uuid, Vec<Uuid>, Vec<i32>)> = sqlx::query_as(
        "select r.mailing_id, r.owner_id, b.clients, b.revisions
           from runs r join batches b on b.run_id = r.id where r.id = $1 order by b.number",
    )
    .bind(run.0)
    .fetch_all(pool)
    .await
    .expect("batches");
    let people = batches.into_iter().flat_map(|(mailing, owner, clients, revisions)| {
        clients.into_iter().zip(revisions).map(move |(client, revision)| (mailing, owner, client, revision))
    });
    let letters = (0..).zip(people).map(|(ordinal, (mailing, owner, client, revision))| Letter {
        run,
        ordinal,
        mailing: mailing.into(),
        owner: owner.into(),
        client: client.into(),
        revision: revision.unsigned_abs(),
    });
    letters.collect()
}

/// The letter at a place of a run.
pub(crate) async fn letter_at(pool: &PgPool, run: RunId, ordinal: u32) -> Letter {
    let letters = letters(pool, run).await;
    letters.into_iter().find(|letter| letter.ordinal == ordinal).expect("there is such a letter")
}

/// The letter of a run that went to this address.
pub(crate) async fn letter_to(pool: &PgPool, run: RunId, address: &str) -> Letter {
    let filter = deliveries::Filter { search: Some(address.to_owned()), ..deliveries::Filter::default() };
    let found = all_read(deliveries::page(pool, Access::All, run, &filter, None, 10).await);
    let found = found.into_iter().find(|delivery| delivery.email == address).expect("a letter went there");
    letter_at(pool, run, found.ordinal.unsigned_abs()).await
}

/// A report of this name, by a mail server.
fn report(name: &str, at: DateTime<Utc>) -> Report {
    let by = Some("mx.example.org".to_owned());
    Report { id: ReportId::derive("message", name), via: Via::Smtp, by, at }
}

/// The stream of what is reported of the letter and of those in its batch.
fn stream(letter: &Letter) -> Uuid {
    let most = u32::try_from(MAX_RECIPIENTS).expect("a batch is not that large");
    FeedbackId::derive(letter.run, letter.ordinal / most).0
}

async fn record(store: &EventStore, letter: Letter, command: Command) -> i64 {
    store.execute::<Feedback>(stream(&letter), command, &metadata()).await.expect("it is recorded").position
}

async fn shown(services: &Services, position: i64) -> i64 {
    assert!(services.shown(position).await, "the read models follow");
    position
}

/// Reports that a letter came back, or is late, where nobody keeps the read models. Says where that landed.
pub(crate) async fn bounced_at(
    store: &EventStore,
    at: DateTime<Utc>,
    letter: Letter,
    name: &str,
    bounce: Bounce,
) -> i64 {
    record(store, letter, Command::ReportBounce { letter, report: report(name, at), bounce }).await
}

/// Somebody reports that a letter came back, or is late; each `name` is another report. Says where that landed, when the read models
/// show it.
pub(crate) async fn bounced(services: &Services, letter: Letter, name: &str, bounce: Bounce) -> i64 {
    shown(services, bounced_at(&services.store, services.now(), letter, name, bounce).await).await
}

/// A mailbox provider, which does not say who it is, reports that the recipient complained. Says where that landed, when the read models show
/// it.
pub(crate) async fn complained(services: &Services, letter: Letter, name: &str) -> i64 {
    let report = Report { via: Via::Imap, by: None, ..report(name, services.now()) };
    let command = Command::Complain { letter, report, kind: Some("abuse".to_owned()) };
    shown(services, record(&services.store, letter, command).await).await
}

/// Somebody reports of all these letters at once that they came back, or are late. Says where that landed, when the read models show it.
pub(crate) async fn all_bounced(services: &Services, letters: &[Letter], bounce: Bounce) -> i64 {
    let mut streams: BTreeMap<Uuid, Vec<Event>> = BTreeMap::new();
    for letter in letters.iter().copied() {
        let report = report(&format!("<{}.{}>", letter.run, letter.ordinal), services.now());
        let event = Event::BounceReported { letter, report, bounce: bounce.clone() };
        streams.entry(stream(&letter)).or_default().push(event);
    }
    let mut appends = Vec::new();
    for (stream, events) in streams {
        let loaded = services.store.load::<Feedback>(stream).await.expect("readable");
        appends.push(Append::new(stream, loaded, events).expect("events"));
    }
    let receipt = services.store.append(&appends, &metadata()).await.expect("they are recorded");
    shown(services, receipt.position).await
}
