//! Stories of the circuit breaker.

use std::time::Duration;

use scheduler::smtp::{BreakerStatus, Judgement, Outbox, Pauses, Scope};

use super::{assert_not_tried, deliver, deliver_once, is_accepted, letter, plain_server, relay, url};
use crate::support::smtp_server::{Act, Gate, Turn};

#[tokio::test]
async fn nobody_listening_is_the_relays_problem() {
    let mut server = plain_server().await;
    server.stop().await;
    assert_not_tried(&deliver_once(relay(&url(&server))).await, Scope::Relay);
    assert_not_tried(&deliver_once(relay("smtp://no-such-host.invalid")).await, Scope::Relay);
}

#[tokio::test]
async fn the_breaker_opens_and_closes_by_itself_when_the_relay_is_back() {
    let mut server = plain_server().await;
    let pauses = Pauses { failures: 3, first: Duration::from_millis(20), longest: Duration::from_millis(40) };
    let outbox = Outbox::start(relay(&url(&server)).with_connections(4).with_pauses(pauses));
    assert!(is_accepted(&deliver(&outbox, letter("kim@example.com")).await));
    assert_eq!(outbox.status(), BreakerStatus::Closed);

    server.stop().await;
    for _ in 0..3 {
        assert_not_tried(&deliver(&outbox, letter("kim@example.com")).await, Scope::Relay);
    }
    let BreakerStatus::Open { scope, why, .. } = outbox.status() else { panic!("the breaker is closed") };
    assert_eq!(scope, Scope::Relay);
    assert!(why.contains("while connecting"), "{why}");
    // Probes fail, and letters come back at once.
    assert_not_tried(&deliver(&outbox, letter("kim@example.com")).await, Scope::Relay);
    assert_eq!(server.received().len(), 1);

    server.start_again().await;
    outbox.ready().await;
    for _ in 0..10 {
        assert!(is_accepted(&deliver(&outbox, letter("kim@example.com")).await));
    }
    outbox.close().await;
}

#[tokio::test]
async fn a_relay_that_loses_every_letter_gets_few_of_them() {
    let server = plain_server().await;
    server.play(|turn| match turn {
        Turn::Body(_) => Act::HangUp,
        _ => Act::Usual,
    });
    let pauses = Pauses { failures: 3, first: Duration::from_mins(1), longest: Duration::from_mins(1) };
    let outbox = Outbox::start(relay(&url(&server)).with_pauses(pauses));
    let mut unknown = 0;
    for _ in 0..20 {
        unknown += usize::from(matches!(deliver(&outbox, letter("kim@example.com")).await, Judgement::Unknown { .. }));
    }
    assert_eq!(unknown, 3);
}

#[tokio::test]
async fn letters_in_the_queue_come_back_when_the_breaker_opens() {
    let server = plain_server().await;
    let gate = Gate::new();
    let at_gate = gate.clone();
    server.play(move |turn| match turn {
        Turn::Mail => Act::Wait(at_gate.clone()),
        Turn::Rcpt(_) => Act::Say("451 4.3.0 in trouble"),
        _ => Act::Usual,
    });
    let pauses = Pauses { failures: 1, first: Duration::from_mins(1), longest: Duration::from_mins(1) };
    let outbox = Outbox::start(relay(&url(&server)).with_pauses(pauses));
    let letters: Vec<_> = (0..8)
        .map(|_| {
            let outbox = outbox.clone();
            tokio::spawn(async move { deliver(&outbox, letter("kim@example.com")).await })
        })
        .collect();
    gate.reached_by(1).await;
    gate.open();
    for judgement in letters {
        assert_not_tried(&judgement.await.expect("a judgement"), Scope::Relay);
    }
    assert_eq!(server.commands().iter().filter(|verb| *verb == "MAIL").count(), 1);
}
