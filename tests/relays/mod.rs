//! Several relays and several workers: who sends what through which relay, how fast, and what happens when a relay or a
//! worker is away.

mod fairness;
mod leases;
mod limits;
mod rates;
mod seen;
mod shared_breakers;
mod silent;
mod slow;

use crate::support::service::Service;
use crate::support::smtp_server::{Act, Gate, Offers, SmtpServer, Turn};
use domain::{MailingId, RelayName};
use scheduler::Relays;
use scheduler::smtp::{BreakerStatus, Outbox, Relay, Timeouts};
use std::time::Duration;

async fn plain_server() -> SmtpServer {
    SmtpServer::start(Offers::default()).await
}

/// A server that says nothing, and keeps whoever connects to it waiting.
async fn silent_server() -> SmtpServer {
    let server = plain_server().await;
    server.play(|turn| if turn == Turn::Greeting { Act::Silent } else { Act::Usual });
    server
}

/// A server that is not well, and says so to everybody who connects.
async fn sick_server() -> SmtpServer {
    let server = plain_server().await;
    server.play(|turn| if turn == Turn::Greeting { Act::Say("421 4.3.2 not today") } else { Act::Usual });
    server
}

/// From now on it is well.
fn heal(server: &SmtpServer) {
    server.play(|_| Act::Usual);
}

/// A mailing to the group that goes through one relay only.
async fn mailing_through(service: &Service, group: domain::GroupId, relay: &str) -> MailingId {
    let mut plan = service.plan(group).await;
    plan.sending.relay = Some(RelayName::parse(relay).expect("a name"));
    service.create(plan).await
}

fn outbox(relays: &Relays) -> Outbox {
    relays.outboxes().next().expect("a relay").clone()
}

async fn is_open(outbox: &Outbox) {
    let mut status = outbox.watch();
    let open = status.wait_for(|status| *status != BreakerStatus::Closed);
    tokio::time::timeout(Duration::from_secs(30), open).await.expect("it opens in time").expect("it opens");
}

/// Gives up soon, except on the fate of a letter.
fn impatient(relay: Relay) -> Relay {
    let short = Duration::from_millis(200);
    relay.with_timeouts(Timeouts { connect: short, command: short, data: Duration::from_secs(20) })
}

/// Whoever is to be told the recipient waits at the gate.
fn hold_recipients(server: &SmtpServer) -> Gate {
    let gate = Gate::new();
    let closed = gate.clone();
    server.play(move |turn| match turn {
        Turn::Rcpt(_) => Act::Wait(closed.clone()),
        _ => Act::Usual,
    });
    gate
}
