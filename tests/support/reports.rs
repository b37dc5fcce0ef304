//! Reports of bounces and complaints, as whoever takes them in records them.

use super::service::{Service, metadata};
use domain::feedback::{Bounce, Command, Event, Feedback, Letter, Report, Severity, Via};
use domain::{ClientId, FeedbackId, MailingId, ReportId, RunId, UserId};
use eventstore::Append;
use projections::runs;
use std::collections::BTreeMap;
use uuid::Uuid;

/// How many letters have a stream of feedback together.
const TOGETHER: u32 = 500;

/// The letter came back, as there is no such mailbox.
pub(crate) fn gone() -> Bounce {
    let (code, words) = (Some("5.1.1".to_owned()), Some("no such user".to_owned()));
    Bounce { severity: Severity::Permanent, dead: true, code, words }
}

/// The letter came back for another reason.
pub(crate) fn refused() -> Bounce {
    Bounce { severity: Severity::Permanent, dead: false, code: Some("5.7.1".to_owned()), words: None }
}

/// The letter came back for the moment.
pub(crate) fn full() -> Bounce {
    Bounce { severity: Severity::Temporary, dead: false, code: Some("4.2.2".to_owned()), words: None }
}

/// The letter is late, and goes on being tried.
pub(crate) fn late() -> Bounce {
    Bounce { severity: Severity::Delayed, dead: false, code: Some("4.4.1".to_owned()), words: None }
}

/// All letters of a run, by their numbers in it.
pub(crate) async fn letters(service: &Service, run: &runs::Run) -> Vec<Letter> {
    let batches: Vec<(Vec<Uuid>, Vec<i32>)> =
        sqlx::query_as("select clients, revisions from batches where run_id = $1 order by number")
            .bind(run.id)
            .fetch_all(&service.database.pool)
            .await
            .expect("batches");
    let people = batches.into_iter().flat_map(|(clients, revisions)| clients.into_iter().zip(revisions));
    let letters = (0..).zip(people).map(|(ordinal, (client, revision))| Letter {
        run: RunId(run.id),
        ordinal,
        mailing: MailingId(run.mailing_id),
        owner: UserId(run.owner_id),
        client: ClientId(client),
        revision: revision.unsigned_abs(),
    });
    letters.collect()
}

/// The letter of a run that went to this address.
pub(crate) async fn letter_to(service: &Service, run: &runs::Run, address: &str) -> Letter {
    let client: Uuid =
        sqlx::query_scalar("select id from clients where email = $1 and owner_id = $2 order by id limit 1")
            .bind(address)
            .bind(run.owner_id)
            .fetch_one(&service.database.pool)
            .await
            .expect("a client");
    let letters = letters(service, run).await;
    letters.into_iter().find(|letter| letter.client.0 == client).expect("they got a letter")
}

/// A report that is known by this name.
fn report(service: &Service, name: &str) -> Report {
    let (id, by) = (ReportId::derive("message", name), Some("mx.example.org".to_owned()));
    Report { id, via: Via::Smtp, by, at: service.clock.now() }
}

async fn tell(service: &Service, letter: Letter, command: Command) -> i64 {
    let store = &service.node.services.store;
    let id = FeedbackId::derive(letter.run, letter.ordinal / TOGETHER);
    store.execute::<Feedback>(id.0, command, &metadata()).await.expect("it is recorded").position
}

/// Somebody reports that a letter came back, or is late. Says where that landed.
pub(crate) async fn bounce(service: &Service, letter: Letter, name: &str, bounce: Bounce) -> i64 {
    tell(service, letter, Command::ReportBounce { letter, report: report(service, name), bounce }).await
}

/// Somebody reports that a recipient complained. Says where that landed.
pub(crate) async fn complain(service: &Service, letter: Letter, name: &str) -> i64 {
    let kind = Some("abuse".to_owned());
    tell(service, letter, Command::Complain { letter, report: report(service, name), kind }).await
}

/// Somebody reports of all these letters at once that they came back, or are late. Says where that landed.
pub(crate) async fn bounce_all(service: &Service, letters: &[Letter], bounce: Bounce) -> i64 {
    let mut streams: BTreeMap<Uuid, Vec<Event>> = BTreeMap::new();
    for letter in letters.iter().copied() {
        let (report, bounce) = (report(service, &format!("<{}.{}>", letter.run, letter.ordinal)), bounce.clone());
        let stream = FeedbackId::derive(letter.run, letter.ordinal / TOGETHER).0;
        streams.entry(stream).or_default().push(Event::BounceReported { letter, report, bounce });
    }
    let (store, mut appends) = (&service.node.services.store, Vec::new());
    for (stream, events) in streams {
        let loaded = store.load::<Feedback>(stream).await.expect("readable");
        appends.push(Append::new(stream, loaded, events).expect("events"));
    }
    store.append(&appends, &metadata()).await.expect("they are recorded").position
}

/// Waits until this follower of the log has read it up to there.
pub(crate) async fn followed(service: &Service, follower: &str, position: i64) {
    super::service::found("the follower has read it", async || {
        let at: i64 = sqlx::query_scalar("select position from followers where name = $1")
            .bind(follower)
            .fetch_one(&service.database.pool)
            .await
            .ok()?;
        (at >= position).then_some(())
    })
    .await;
}

/// A follower of the log reads all of it anew, or nothing for now.
pub(crate) async fn follow_from(service: &Service, follower: &str, position: i64) {
    sqlx::query("update followers set position = $2 where name = $1")
        .bind(follower)
        .bind(position)
        .execute(&service.database.pool)
        .await
        .expect("there is such a follower");
}
