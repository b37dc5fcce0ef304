//! Replies around the moment when the client gives up: whoever wins, no letter gets the reply to another one.

use std::time::Duration;

use futures::{StreamExt, stream};
use scheduler::smtp::{Connector, Judgement, Outbox, Scope, Timeouts};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{LONG, disagreements, reply, word};
use crate::{
    smtp::{assert_not_tried, deliver, is_accepted, letter, plain_server, relay, url},
    support::smtp_server::{Act, Beat, Gate, Turn},
};

/// Letters in the storm.
const LETTERS: u64 = 240;

/// The client's patience in the storm. The server's replies come up to three times later.
const PATIENCE: Duration = Duration::from_millis(40);

/// The number in `r17@example.com`.
fn number(recipient: &str) -> u64 {
    recipient.trim_start_matches('r').split('@').next().and_then(|number| number.parse().ok()).expect("a number")
}

/// Spread over the letters and turns without any order, and the same in every run.
fn delay(number: u64, turn: u64) -> Duration {
    let stirred = (number * 4 + turn).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    // Most turns are quick, so that many letters get as far as the dot.
    if stirred.is_multiple_of(3) { Duration::from_millis(stirred / 3 % 120) } else { Duration::ZERO }
}

fn says(after: Duration, line: &str) -> Act {
    Act::Beats(vec![Beat::Rest(after), Beat::Say(format!("{line}\r\n").into_bytes())])
}

/// What the server says to a letter, and the word for it.
fn own(number: u64) -> (String, &'static str) {
    match number % 4 {
        0 => (format!("550 5.1.1 letter {number} goes nowhere"), "dead"),
        1 => (format!("451 4.2.0 letter {number} comes too early"), "deferred"),
        2 => (format!("554 5.6.0 letter {number} reads badly"), "message"),
        _ => (format!("250 2.0.0 letter {number} is taken"), "accepted"),
    }
}

#[tokio::test]
async fn whenever_a_reply_comes_no_letter_is_judged_by_that_of_another() {
    let server = plain_server().await;
    server.play(|turn| match turn {
        Turn::Rcpt(recipient) if number(recipient).is_multiple_of(4) => {
            says(delay(number(recipient), 0), &own(number(recipient)).0)
        }
        Turn::Rcpt(recipient) => Act::After(delay(number(recipient), 1)),
        Turn::Body(recipient) => says(delay(number(recipient), 2), &own(number(recipient)).0),
        _ => Act::Usual,
    });
    let timeouts = Timeouts { connect: LONG, command: PATIENCE, data: PATIENCE };
    let outbox = Outbox::start(relay(&url(&server)).with_connections(4).with_timeouts(timeouts));
    let recipients: Vec<_> = (0..LETTERS).map(|number| format!("r{number}@example.com")).collect();
    let reported: Vec<(&str, Judgement)> = stream::iter(&recipients)
        .map(|recipient| {
            let outbox = outbox.clone();
            async move {
                outbox.ready().await;
                (recipient.as_str(), deliver(&outbox, letter(recipient)).await)
            }
        })
        .buffer_unordered(8)
        .collect()
        .await;
    outbox.close().await;

    assert_eq!(disagreements(&server, &reported), [""; 0]);
    let (mut answered, mut given_up) = (0, 0);
    for (recipient, judgement) in &reported {
        let (line, own_word) = own(number(recipient));
        if let Some(reply) = reply(judgement) {
            assert_eq!((reply.to_string(), word(judgement)), (line, own_word), "{recipient}");
            answered += 1;
        } else {
            assert!(matches!(word(judgement), "unknown" | "relay"), "{recipient}: {judgement:?}");
            given_up += 1;
        }
    }
    assert!(answered > 0 && given_up > 0, "no race: {answered} answered, {given_up} given up");
}

#[tokio::test]
async fn callers_that_give_up_at_any_moment_leave_no_reply_behind() {
    let server = plain_server().await;
    server.play(|turn| match turn {
        Turn::Rcpt(recipient) if number(recipient).is_multiple_of(4) => {
            says(Duration::from_millis(2), &own(number(recipient)).0)
        }
        Turn::Body(recipient) => says(Duration::from_millis(4), &own(number(recipient)).0),
        _ => Act::Usual,
    });
    let outbox = Outbox::start(relay(&url(&server)));
    let mut answered = 0;
    for number in 0..120 {
        let recipient = format!("r{number}@example.com");
        // Each moment from before the first byte to after the last.
        let patience = if number % 3 == 2 { LONG } else { Duration::from_millis(number % 11) };
        if let Ok(judgement) = timeout(patience, deliver(&outbox, letter(&recipient))).await {
            let said = reply(&judgement).map(ToString::to_string).unwrap_or_default();
            assert_eq!((said, word(&judgement)), own(number), "{judgement:?}");
            answered += 1;
        }
    }
    assert!(answered >= 40, "{answered}");
    outbox.close().await;
}

#[tokio::test]
async fn a_connection_whose_dialogue_was_abandoned_sends_nothing_more() {
    let server = plain_server().await;
    let gate = Gate::new();
    let at_gate = gate.clone();
    server.play(move |turn| match turn {
        Turn::Body("first@example.com") => Act::Wait(at_gate.clone()),
        _ => Act::Usual,
    });
    let connector = Connector::new(relay(&url(&server)));
    let mut connection = connector.open().await.expect("a connection");
    let (first, second) = (letter("first@example.com"), letter("second@example.com"));
    tokio::select! {
        verdict = connection.send(&first) => panic!("{verdict:?}"),
        () = gate.reached_by(1) => {}
    }
    gate.open();
    server.wait_for(1).await;
    // The reply to the first letter is there now, or will be soon.
    let verdict = connection.send(&second).await;
    assert_not_tried(&verdict.judgement, Scope::Relay);
    assert!(!verdict.keep_connection);
    assert!(connection.reset().await.is_err());
    assert_eq!(server.commands(), ["EHLO", "MAIL", "RCPT", "DATA"]);
}

#[tokio::test]
async fn a_withdrawal_in_the_middle_of_a_late_reply_changes_nothing_for_the_next_letter() {
    let server = plain_server().await;
    let gate = Gate::new();
    let at_gate = gate.clone();
    server.play(move |turn| match turn {
        Turn::Body("first@example.com") => {
            Act::Beats(vec![Beat::Pass(at_gate.clone()), Beat::Say(b"554 5.6.0 dislikes first\r\n".to_vec())])
        }
        _ => Act::Usual,
    });
    let outbox = Outbox::start(relay(&url(&server)));
    let wanted = CancellationToken::new();
    let first = tokio::spawn({
        let (outbox, wanted) = (outbox.clone(), wanted.clone());
        async move { outbox.deliver(letter("first@example.com"), &wanted).await }
    });
    gate.reached_by(1).await;
    wanted.cancel();
    let second = tokio::spawn({
        let outbox = outbox.clone();
        async move { deliver(&outbox, letter("second@example.com")).await }
    });
    gate.open();
    assert_eq!(word(&first.await.expect("a judgement")), "message");
    assert!(is_accepted(&second.await.expect("a judgement")));
}
