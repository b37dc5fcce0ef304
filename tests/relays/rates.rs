//! A relay's rate holds over all nodes together.

use super::plain_server;
use crate::support::service::Service;
use crate::support::smtp_server::{Act, SmtpServer, Turn};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Letters per second.
const RATE: f64 = 60.0;

/// Letters in a block, and nodes.
const BLOCK: f64 = 6.0;
const NODES: f64 = 2.0;

/// When letters begin, from now on, as the server sees it.
fn beginnings(server: &SmtpServer) -> Arc<Mutex<Vec<Instant>>> {
    let moments = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&moments);
    server.play(move |turn| {
        if turn == Turn::Mail {
            noted.lock().expect("nobody panics here").push(Instant::now());
        }
        Act::Usual
    });
    moments
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred letters")]
fn letters(count: usize) -> f64 {
    count as f64
}

#[tokio::test]
async fn two_nodes_together_keep_a_relays_rate_and_use_it_up() {
    let (service, server) = (Service::start().await, plain_server().await);
    let moments = beginnings(&server);
    let group = service.clients(1_000).await;
    let second = service.second_node().await;
    let relay = || Service::relay_saying(&server, "rate=60/s");
    let mut settings = Service::settings();
    // Two batches, so that each node has one.
    (settings.batches, settings.small_batches) = (1, 0);
    let first_engine = Service::work_with(&service.node, relay(), settings.clone());
    let second_engine = Service::work_with(&second, relay(), settings);
    let mailing = service.mailing(group).await;
    server.wait_for(420).await;
    let sent = |relays: &scheduler::Relays| super::outbox(relays).counts().accepted;
    assert!(sent(&first_engine.relays) > 0 && sent(&second_engine.relays) > 0, "both nodes send");
    first_engine.stop().await;
    second_engine.stop().await;

    let moments = moments.lock().expect("nobody panics here").clone();
    for (first, began) in moments.iter().enumerate() {
        for (last, ended) in moments.iter().enumerate().skip(first + 1) {
            let (count, time) = (letters(last - first + 1), (*ended - *began).as_secs_f64());
            let most = RATE * time * 1.05 + NODES * BLOCK + 1.0;
            assert!(count <= most, "{count} letters in {time} s, from letter {first} on");
        }
    }
    // A machine that is busy with something else may lose time here and there, but not everywhere.
    let steady = moments.len() / 3;
    let time = |window: &[Instant]| (window[steady - 1] - window[0]).as_secs_f64();
    let best = moments.windows(steady).map(time).fold(f64::MAX, f64::min);
    assert!(letters(steady - 1) >= 0.95 * RATE * best, "{steady} letters in {best} s at best");
    assert_eq!(service.runs(mailing).await.len(), 1);
}

#[tokio::test]
async fn a_letter_that_waits_for_its_turn_can_be_withdrawn() {
    let (service, server) = (Service::start().await, plain_server().await);
    let group = service.clients(50).await;
    // The first letter begins at once, the second after an hour.
    let relay = Service::relay_saying(&server, "rate=1/h");
    let engine = Service::work_with(&service.node, relay, Service::settings());
    let mailing = service.mailing(group).await;
    service.run_where(mailing, |run| run.accepted == 1).await;

    let pause = domain::mailing::Command::Pause { by: service.owner };
    service.tell(mailing, pause).await;
    crate::support::service::found("the batch is given back", async || {
        let leases = sqlx::query_scalar::<_, i64>("select count(*) from batch_leases where worker is not null");
        (leases.fetch_one(&service.database.pool).await.ok()? == 0).then_some(())
    })
    .await;

    let totals = service.runs(mailing).await.remove(0).totals();
    assert_eq!((totals.accepted, totals.pending), (1, 49), "nothing is in doubt");
    engine.stop().await;
}
