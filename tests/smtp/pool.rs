//! Stories of connections: how many there are and how long they live.

use std::time::Duration;

use scheduler::smtp::{Outbox, Scope};
use tokio_util::sync::CancellationToken;

use super::{assert_not_tried, deliver, is_accepted, letter, plain_server, relay, url};
use crate::support::service::found;
use crate::support::smtp_server::{Act, Gate, Turn};

#[tokio::test]
async fn many_letters_share_a_connection() {
    let server = plain_server().await;
    let outbox = Outbox::start(relay(&url(&server)).with_connections(10));
    for number in 0..200 {
        let judgement = deliver(&outbox, letter(&format!("client{number}@example.com"))).await;
        assert!(is_accepted(&judgement), "{judgement:?}");
    }
    outbox.close().await;
    assert_eq!(server.accepted_recipients().len(), 200);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn many_letters_at_once_use_all_connections_and_no_more() {
    let server = plain_server().await;
    let gate = Gate::new();
    let at_gate = gate.clone();
    server.play(move |turn| match turn {
        Turn::Body(_) => Act::Wait(at_gate.clone()),
        _ => Act::Usual,
    });
    let outbox = Outbox::start(relay(&url(&server)).with_connections(4));
    let letters: Vec<_> = (0..40)
        .map(|number| {
            let outbox = outbox.clone();
            tokio::spawn(async move { deliver(&outbox, letter(&format!("client{number}@example.com"))).await })
        })
        .collect();
    gate.reached_by(4).await;
    gate.open();
    server.wait_for(40).await;
    for judgement in letters {
        assert!(is_accepted(&judgement.await.expect("a judgement")));
    }
    assert_eq!(server.connections(), 4);
    assert_eq!(server.accepted_recipients().len(), 40);
}

#[tokio::test]
async fn a_letter_that_goes_first_waits_for_no_other_not_even_for_room() {
    let server = plain_server().await;
    let gate = Gate::new();
    let at_gate = gate.clone();
    server.play(move |turn| match turn {
        Turn::Body("client0@example.com") => Act::Wait(at_gate.clone()),
        _ => Act::Usual,
    });
    let outbox = Outbox::start(relay(&url(&server)));
    let mut letters = Vec::new();
    // One is on its way, four fill the queue, the others wait for room.
    for number in 0..9 {
        let sender = outbox.clone();
        letters
            .push(tokio::spawn(async move { deliver(&sender, letter(&format!("client{number}@example.com"))).await }));
        match number {
            0 => gate.reached_by(1).await,
            number => eventually("it is in the queue", || outbox.queued() == number.min(4)).await,
        }
    }
    for name in ["ann", "eve"] {
        let sender = outbox.clone();
        let first = letter(&format!("{name}@example.com"));
        let before = outbox.queued();
        letters.push(tokio::spawn(async move { sender.deliver_first(first, &CancellationToken::new()).await }));
        eventually("it is in the queue", || outbox.queued() > before).await;
    }
    // One that is withdrawn takes nothing with it.
    let permission = CancellationToken::new();
    permission.cancel();
    assert_not_tried(&outbox.deliver_first(letter("nobody@example.com"), &permission).await, Scope::Withdrawn);

    gate.open();

    for judgement in letters {
        assert!(is_accepted(&judgement.await.expect("a judgement")));
    }
    let received: Vec<String> = server.received().into_iter().map(|received| received.recipient).collect();
    assert_eq!(received[..3], ["client0@example.com", "ann@example.com", "eve@example.com"]);
    assert_eq!((received.len(), outbox.queued()), (11, 0));
    let (all, first) = (outbox.counts(), outbox.counts_first());
    assert_eq!((all.accepted, first.accepted), (11, 2));
    // The queue has as many places as before.
    assert!(is_accepted(&deliver(&outbox, letter("kim@example.com")).await));
}

/// Waits until something that no channel tells holds.
async fn eventually(what: &str, holds: impl Fn() -> bool) {
    found(what, async || holds().then_some(())).await;
}

#[tokio::test]
async fn a_connection_is_renewed_after_its_letters() {
    let server = plain_server().await;
    let outbox = Outbox::start(relay(&url(&server)).with_letters_per_connection(5));
    for _ in 0..12 {
        assert!(is_accepted(&deliver(&outbox, letter("kim@example.com")).await));
    }
    let connections: Vec<_> = server.received().iter().map(|received| received.connection).collect();
    assert_eq!(connections, [1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3]);
    server.wait_for_command("QUIT", 2).await;
}

#[tokio::test]
async fn an_unused_connection_says_goodbye() {
    let server = plain_server().await;
    let outbox = Outbox::start(relay(&url(&server)).with_idle(Duration::from_millis(20)));
    assert!(is_accepted(&deliver(&outbox, letter("kim@example.com")).await));
    server.wait_for_command("QUIT", 1).await;
    assert!(is_accepted(&deliver(&outbox, letter("kim@example.com")).await));
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_connection_that_was_closed_while_unused_costs_nothing() {
    let mut server = plain_server().await;
    let outbox = Outbox::start(relay(&url(&server)));
    assert!(is_accepted(&deliver(&outbox, letter("kim@example.com")).await));
    server.hang_up().await;
    assert!(is_accepted(&deliver(&outbox, letter("eva@example.com")).await));
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn the_pool_ends_with_its_last_outbox() {
    let server = plain_server().await;
    let outbox = Outbox::start(relay(&url(&server)));
    assert!(is_accepted(&deliver(&outbox, letter("kim@example.com")).await));
    drop(outbox);
    server.wait_for_command("QUIT", 1).await;
}
