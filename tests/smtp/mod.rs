//! Stories of letters and relays, against a server that does what the story needs.

mod breaking;
mod doubt;
mod gates;
mod greeting;
mod letters;
mod limits;
mod misbehaviour;
mod pool;
mod security;
mod tokens;
mod withdrawing;

use std::{io::Write, time::Duration};

use chrono::DateTime;
use scheduler::smtp::{Contents, Judgement, Letter, Mailbox, Outbox, Pauses, Relay, Scope, Timeouts};
use tokio_util::sync::CancellationToken;

use crate::support::smtp_server::{Offers, SmtpServer, Turn};

const TEXT: &str = "Dear Kim,\n.\n..two dots\nbye";

fn letter_with(recipient: &str, name: &str, subject: &str) -> Letter {
    let from = Mailbox::parse("Aurora News <news@example.org>").expect("a sender");
    let to = Mailbox::new(recipient, Some(name)).expect("a recipient");
    Letter::new(Contents {
        from: &from,
        reply_to: None,
        to: &to,
        subject,
        text: TEXT,
        html: None,
        message_id: "1.2.3@example.org",
        date: DateTime::from_timestamp(1_777_629_600, 0).expect("a date"),
        headers: &[("X-SkyMailing-Run", "42")],
        structured: &[],
    })
    .expect("a letter")
}

fn letter(recipient: &str) -> Letter {
    letter_with(recipient, "Kim", "Hello")
}

async fn plain_server() -> SmtpServer {
    SmtpServer::start(Offers::default()).await
}

fn url(server: &SmtpServer) -> String {
    format!("smtp://{}", server.address())
}

/// One connection, short pauses, and a breaker that stays out of the way.
fn relay(url: &str) -> Relay {
    Relay::parse(url).expect("a relay").with_connections(1).with_pauses(Pauses {
        failures: 100,
        first: Duration::from_millis(20),
        longest: Duration::from_millis(100),
    })
}

/// Waits briefly at the turn that the story is about, and patiently elsewhere.
fn impatient(relay: Relay, at: Turn<'_>) -> Relay {
    let (short, long) = (Duration::from_millis(100), Duration::from_secs(20));
    relay.with_timeouts(match at {
        Turn::Body(_) => Timeouts { connect: long, command: long, data: short },
        _ => Timeouts { connect: long, command: short, data: long },
    })
}

fn trusting(relay: Relay, server: &SmtpServer) -> Relay {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(server.certificate_pem().as_bytes()).expect("a certificate in it");
    relay.with_ca_file(file.path()).expect("a certificate to trust")
}

async fn deliver(outbox: &Outbox, letter: Letter) -> Judgement {
    outbox.deliver(letter, &CancellationToken::new()).await
}

async fn deliver_once(relay: Relay) -> Judgement {
    let outbox = Outbox::start(relay);
    let judgement = deliver(&outbox, letter("kim@example.com")).await;
    outbox.close().await;
    judgement
}

fn is_accepted(judgement: &Judgement) -> bool {
    matches!(judgement, Judgement::Accepted { .. })
}

#[track_caller]
fn assert_not_tried(judgement: &Judgement, wanted: Scope) {
    assert!(matches!(judgement, Judgement::NotTried { scope, .. } if *scope == wanted), "{judgement:?}");
}
