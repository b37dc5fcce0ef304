//! What is reported of letters, recorded as the intake does it.

use domain::feedback::{Bounce, Command, Feedback, Letter, Report, Severity, Via};
use domain::{FeedbackId, ReportId, RunId};
use eventstore::{EventStore, Receipt};
use sqlx::PgPool;
use uuid::Uuid;

use super::service::{HandClock, metadata};

/// The letter at a place of a run, as the read models know it.
pub(crate) async fn letter(pool: &PgPool, run: RunId, ordinal: u32) -> Letter {
    let (mailing, owner, client, revision): (Uuid, Uuid, Uuid, i32) = sqlx::query_as(
        "select r.mailing_id, r.owner_id, b.clients[$2 % 500 + 1], b.revisions[$2 % 500 + 1]
           from runs r join batches b on b.run_id = r.id and b.number = $2 / 500 where r.id = $1",
    )
    .bind(run.0)
    .bind(i32::try_from(ordinal).expect("a place"))
    .fetch_one(pool)
    .await
    .expect("the letter");
    Letter {
        run,
        ordinal,
        mailing: mailing.into(),
        owner: owner.into(),
        client: client.into(),
        revision: revision.unsigned_abs(),
    }
}

/// A report of this name, which comes in now.
pub(crate) fn report(name: &str, clock: &HandClock) -> Report {
    let by = Some("mx.example.org".to_owned());
    Report { id: ReportId::derive("message", name), via: Via::Smtp, by, at: clock.now() }
}

/// What a report says of a letter that came back, for good or for the moment, or is late.
pub(crate) fn bounce(severity: Severity) -> Bounce {
    let (code, words) = match severity {
        Severity::Permanent => ("5.1.1", "no such user"),
        Severity::Temporary => ("4.2.2", "the mailbox is full"),
        Severity::Delayed => ("4.4.1", "nobody answers"),
    };
    Bounce {
        severity,
        dead: severity == Severity::Permanent,
        code: Some(code.to_owned()),
        words: Some(words.to_owned()),
    }
}

/// Records that a letter came back.
pub(crate) async fn bounced(store: &EventStore, letter: Letter, report: Report, severity: Severity) -> Receipt {
    record(store, letter, Command::ReportBounce { letter, report, bounce: bounce(severity) }).await
}

/// Records that a recipient complained.
pub(crate) async fn complained(store: &EventStore, letter: Letter, report: Report) -> Receipt {
    record(store, letter, Command::Complain { letter, report, kind: Some("abuse".to_owned()) }).await
}

async fn record(store: &EventStore, letter: Letter, command: Command) -> Receipt {
    let stream = FeedbackId::derive(letter.run, letter.ordinal / 500);
    store.execute::<Feedback>(stream.0, command, &metadata()).await.expect("it is recorded")
}
