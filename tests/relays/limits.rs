//! What one worker finds out about a relay's limits, all keep to, and no recipient pays for it.

use super::outbox;
use crate::support::service::{Service, Working, found};
use crate::support::smtp_server::{Act, Offers, SmtpServer, Turn};
use scheduler::smtp::{Pauses, Relay};
use skymailing::wire::Node;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant};

fn relay(server: &SmtpServer, connections: usize) -> Relay {
    Service::relay(server).with_connections(connections).with_pauses(Pauses::default())
}

/// Engines that have a batch each, so that both have work.
fn engines_of(nodes: [&Node; 2], server: &SmtpServer) -> [Working; 2] {
    let mut settings = Service::settings();
    (settings.batches, settings.small_batches) = (1, 0);
    nodes.map(|node| Service::work_with(node, relay(server, 4), settings.clone()))
}

/// How many attempts were recorded that were not successes.
async fn failures(service: &Service) -> i64 {
    sqlx::query_scalar(
        "select count(*) from events, jsonb_array_elements(payload #> '{AttemptRecorded,attempts}') attempt
          where event_type = 'AttemptRecorded' and attempt ->> 'outcome' <> 'accepted'",
    )
    .fetch_one(&service.database.pool)
    .await
    .expect("attempts can be counted")
}

#[tokio::test]
async fn a_run_over_fewer_connections_than_wanted_puts_nobody_off() {
    let server = SmtpServer::start(Offers { most_connections: 2, ..Offers::default() }).await;
    let service = Service::start().await;
    let group = service.clients(300).await;
    let engine = Service::work_with(&service.node, relay(&server, 10), Service::settings());
    let mailing = service.mailing(group).await;
    let totals = service.finished(mailing).await;
    assert_eq!((totals.accepted, failures(&service).await), (300, 0));
    engine.stop().await;
    assert_eq!((server.received().len(), server.accepted_recipients().len()), (300, 300));
}

#[tokio::test]
async fn nodes_share_the_connections_that_a_relay_allows() {
    let server = SmtpServer::start(Offers { most_connections: 2, ..Offers::default() }).await;
    server.play(|turn| match turn {
        Turn::Body(_) => Act::After(Duration::from_millis(5)),
        _ => Act::Usual,
    });
    let service = Service::start().await;
    let second = service.second_node().await;
    let group = service.clients(1_000).await;
    let engines = engines_of([&service.node, &second], &server);
    let mailing = service.mailing(group).await;
    for engine in &engines {
        found("the node sends", async || (outbox(&engine.relays).counts().accepted > 0).then_some(())).await;
    }
    let totals = service.finished(mailing).await;
    assert_eq!((totals.accepted, totals.deferred), (1_000, 0));
    for engine in engines {
        engine.stop().await;
    }
    assert_eq!((server.received().len(), server.accepted_recipients().len()), (1_000, 1_000));
}

/// Both nodes together get more than the server takes, and find it out together.
#[tokio::test]
async fn nodes_find_the_rate_of_a_relay_together_and_use_up_no_attempt() {
    let server = SmtpServer::start(Offers::default()).await;
    let taken = Mutex::new(VecDeque::<Instant>::new());
    server.play(move |turn| {
        let Turn::Body(_) = turn else { return Act::Usual };
        let (now, mut taken) = (Instant::now(), taken.lock().expect("nobody panics here"));
        taken.retain(|moment| now.duration_since(*moment) < Duration::from_secs(1));
        if taken.len() >= 60 {
            return Act::Say("454 Throttling failure: Maximum sending rate exceeded.");
        }
        taken.push_back(now);
        Act::Usual
    });
    let service = Service::start().await;
    let second = service.second_node().await;
    let group = service.clients(600).await;
    let engines = engines_of([&service.node, &second], &server);
    let mailing = service.mailing(group).await;
    for engine in &engines {
        found("the node knows the rate", async || outbox(&engine.relays).limits().rate.map(drop)).await;
    }
    let totals = service.finished(mailing).await;
    assert_eq!((totals.accepted, failures(&service).await), (600, 0));
    for engine in engines {
        engine.stop().await;
    }
}
