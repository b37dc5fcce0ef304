//! Nobody is written to who is suppressed: whoever is when an audience is frozen, whoever is meanwhile, whoever a mail server calls dead, and
//! whoever's letters came back.

mod bounced;
mod dead;
mod freeze;
mod guard;
mod intent;
mod sieve;

use crate::support::all_read;
use crate::support::service::{Service, Working, metadata};
use crate::support::smtp_server::{Offers, SmtpServer};
use chrono::{DateTime, Utc};
use domain::suppression::{Command, Lifter, Reason, Scope, Source, Suppression};
use domain::{EmailAddress, GroupId, MailingId, RunId, SuppressionId};
use projections::deliveries::Suppressed;
use projections::{Access, deliveries, runs};
use scheduler::smtp::{Pauses, Relay};
use std::collections::BTreeMap;
use std::time::Duration;

async fn started() -> (Service, SmtpServer) {
    (Service::start().await, SmtpServer::start(Offers::default()).await)
}

/// Ann, Bob and Carl, in one group.
async fn friends(service: &Service) -> GroupId {
    let group = service.group("Friends").await;
    for name in ["ann", "bob", "carl"] {
        service.client(&format!("{name}@example.org"), name, &[group]).await;
    }
    group
}

fn email(address: &str) -> EmailAddress {
    EmailAddress::parse(address).expect("an address")
}

/// In all of the owner's mailings.
fn owners(service: &Service) -> Scope {
    Scope::Owner { owner: service.owner }
}

/// From now on nobody writes to the address. Says where that landed.
async fn suppress(service: &Service, scope: Scope, address: &str, reason: Reason) -> i64 {
    suppress_until(service, scope, address, reason, None).await
}

async fn suppress_until(
    service: &Service,
    scope: Scope,
    address: &str,
    reason: Reason,
    until: Option<DateTime<Utc>>,
) -> i64 {
    let email = email(address);
    let id = SuppressionId::derive(scope, &email.key(), reason);
    // It was known long ago, whenever it ends.
    let at = DateTime::UNIX_EPOCH;
    let command = Command::Suppress { scope, reason, email, source: Source::Person, note: None, at, until };
    let store = &service.node.services.store;
    store.execute::<Suppression>(id.0, command, &metadata()).await.expect("it may be").position
}

/// Whoever is suppressed for this reason is written to again, as far as that goes. Says where that landed.
async fn lift(service: &Service, scope: Scope, address: &str, reason: Reason) -> i64 {
    let id = SuppressionId::derive(scope, &email(address).key(), reason);
    let why = Some("it was a mistake".to_owned());
    let command = Command::Lift { by: Lifter::Administrator, why, at: service.clock.now() };
    let store = &service.node.services.store;
    store.execute::<Suppression>(id.0, command, &metadata()).await.expect("it may be").position
}

/// An engine whose relay is nowhere: it plans, and sends nothing.
fn plans_only(service: &Service) -> Working {
    let pauses = Pauses { failures: 3, first: Duration::from_millis(20), longest: Duration::from_millis(100) };
    let nowhere = Relay::parse("smtp://127.0.0.1:1").expect("a relay").with_pauses(pauses);
    Service::work_with(&service.node, nowhere, Service::settings())
}

/// A run of the mailing that is planned for so many, and of which nothing is sent.
async fn planned(service: &Service, mailing: MailingId, count: i64) -> runs::Run {
    let engine = plans_only(service);
    let run = service
        .run_where(mailing, |run| run.status == runs::Status::Sending && (run.planned, run.pending) == (count, count))
        .await;
    engine.stop().await;
    run
}

/// The outcomes of a run by address, each with why it was suppressed.
async fn outcomes(service: &Service, run: &runs::Run) -> BTreeMap<String, (&'static str, Option<Suppressed>)> {
    let (pool, all) = (&service.database.pool, deliveries::Filter::default());
    let page = deliveries::page(pool, Access::All, RunId(run.id), &all, None, i64::MAX).await;
    all_read(page).into_iter().map(|one| (one.email, (one.outcome.name(), one.suppression))).collect()
}

/// How many of a run's deliveries were suppressed for which reason.
async fn counts(service: &Service, run: &runs::Run) -> Vec<(Suppressed, i64)> {
    let counts = runs::suppressed_by(&service.database.pool, &[run.id]).await.expect("counts");
    counts.into_iter().map(|(_, reason, count)| (reason, count)).collect()
}

/// Whether any mail server has heard of the address.
fn heard_of(server: &SmtpServer, address: &str) -> bool {
    server.dialogue().iter().any(|(_, command)| command.contains(address))
}
