//! Stories of what a relay allows: how many connections, how fast, and for how long.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};
use scheduler::smtp::{BreakerStatus, Judgement, Outbox, Pauses, Relay, Scope};

use super::{deliver, is_accepted, letter, plain_server, relay, url};
use crate::support::smtp_server::{Act, Offers, SmtpServer, Turn};

/// Letters of a story.
const LETTERS: usize = 300;

/// With the pauses that the service has.
fn usual_relay(server: &SmtpServer) -> Relay {
    relay(&url(server)).with_connections(10).with_pauses(Pauses::default())
}

/// Sends letters as a run would, and says what became of each.
async fn deliver_all(outbox: &Outbox, letters: usize) -> Vec<(usize, Judgement)> {
    stream::iter(0..letters)
        .map(|number| async move { (number, deliver(outbox, letter(&format!("client{number}@example.com"))).await) })
        .buffer_unordered(40)
        .collect()
        .await
}

#[track_caller]
fn assert_all_accepted(judgements: &[(usize, Judgement)]) {
    let others: Vec<_> = judgements.iter().filter(|(_, judgement)| !is_accepted(judgement)).collect();
    assert!(others.is_empty(), "{} of {}: {:?}", others.len(), judgements.len(), others.first());
}

#[tokio::test]
async fn letters_go_over_as_many_connections_as_the_relay_allows_and_nobody_is_put_off() {
    for too_many in [
        "421 4.7.0 too many connections",
        "421 4.3.2 not today",
        "450 4.7.1 who are you",
        "554 5.7.0 Error: too many connections from you",
    ] {
        let server = SmtpServer::start(Offers { most_connections: 2, too_many, ..Offers::default() }).await;
        let outbox = Outbox::start(usual_relay(&server));
        assert_all_accepted(&deliver_all(&outbox, LETTERS).await);
        assert_eq!(outbox.status(), BreakerStatus::Closed, "{too_many}");
        assert_eq!(outbox.limits().connections, Some(2), "{too_many}");
        assert!(server.turned_away() <= 12, "{too_many}: {}", server.turned_away());
        outbox.close().await;
        assert_eq!(server.accepted_recipients().len(), LETTERS);
        assert_eq!(server.received().len(), LETTERS, "none of them twice");
    }
}

#[tokio::test]
async fn connections_that_are_renewed_do_not_take_each_others_place() {
    let server = SmtpServer::start(Offers { most_connections: 2, ..Offers::default() }).await;
    let outbox = Outbox::start(usual_relay(&server).with_letters_per_connection(5));
    assert_all_accepted(&deliver_all(&outbox, LETTERS).await);
    assert_eq!(outbox.limits().connections, Some(2));
    assert!(server.turned_away() <= 12, "{}", server.turned_away());
    outbox.close().await;
}

#[tokio::test]
async fn too_many_letters_at_the_same_time_are_offered_again_over_fewer_connections() {
    for at_the_dot in [false, true] {
        let server = plain_server().await;
        let busy = Arc::new(AtomicUsize::new(0));
        server.play(move |turn| match turn {
            Turn::Data if busy.fetch_add(1, Ordering::SeqCst) >= 2 && !at_the_dot => {
                busy.fetch_sub(1, Ordering::SeqCst);
                Act::Say("432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded")
            }
            Turn::Data => Act::After(Duration::from_millis(2)),
            Turn::Body(_) if busy.fetch_sub(1, Ordering::SeqCst) > 2 => {
                Act::Say("432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded")
            }
            _ => Act::Usual,
        });
        let outbox = Outbox::start(usual_relay(&server));
        assert_all_accepted(&deliver_all(&outbox, LETTERS).await);
        assert_eq!(outbox.status(), BreakerStatus::Closed);
        outbox.close().await;
        assert_eq!(server.received().len(), LETTERS, "none of them twice");
    }
}

#[tokio::test]
async fn a_relay_that_has_no_connection_for_us_is_in_trouble() {
    let server = SmtpServer::start(Offers { most_connections: 0, ..Offers::default() }).await;
    let pauses = Pauses { failures: 3, first: Duration::from_mins(1), longest: Duration::from_mins(1) };
    let outbox = Outbox::start(usual_relay(&server).with_pauses(pauses));
    let judgements = deliver_all(&outbox, 40).await;
    assert!(judgements.iter().all(|(_, judgement)| matches!(judgement, Judgement::NotTried { .. })));
    assert!(matches!(outbox.status(), BreakerStatus::Open { .. }));
    assert!(outbox.limits().connections.is_none());
}

/// Says this to whoever is faster than so many letters in a second, by the server's clock.
fn takes(server: &SmtpServer, most: usize, at: fn(Turn<'_>) -> bool, says: &'static str) -> Arc<AtomicUsize> {
    let taken = Mutex::new(VecDeque::<Instant>::new());
    let refused = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&refused);
    server.play(move |turn| {
        if !at(turn) {
            return Act::Usual;
        }
        let (now, mut taken) = (Instant::now(), taken.lock().expect("nobody panics here"));
        taken.retain(|moment| now.duration_since(*moment) < Duration::from_secs(1));
        if taken.len() < most {
            taken.push_back(now);
            return Act::Usual;
        }
        count.fetch_add(1, Ordering::Relaxed);
        Act::Say(says)
    });
    refused
}

#[tokio::test]
async fn how_fast_a_relay_takes_letters_is_found_wherever_and_however_it_says_so() {
    let dot: fn(Turn<'_>) -> bool = |turn| matches!(turn, Turn::Body(_));
    let rcpt: fn(Turn<'_>) -> bool = |turn| matches!(turn, Turn::Rcpt(_));
    let mail: fn(Turn<'_>) -> bool = |turn| turn == Turn::Mail;
    let stories = stream::iter([
        (dot, "454 Throttling failure: Maximum sending rate exceeded."),
        (dot, "421 4.7.28 too fast"),
        (dot, "450 4.2.1 sending rate exceeded"),
        (rcpt, "450 4.7.1 Error: too much mail from you"),
        (rcpt, "451 4.7.500 Server busy. Slow down"),
        (mail, "421 4.4.2 Message submission rate for this client has exceeded the configured limit"),
        (mail, "450 4.7.0 try again later"),
    ])
    .map(async |(at, says)| {
        let server = plain_server().await;
        let refused = takes(&server, 40, at, says);
        let outbox = Outbox::start(usual_relay(&server));
        let judgements = deliver_all(&outbox, 160).await;
        outbox.close().await;
        assert_all_accepted(&judgements);
        let refused = refused.load(Ordering::Relaxed);
        assert!(refused > 0 && refused <= 50, "{says}: {refused} refusals");
        assert_eq!(server.received().len(), 160, "{says}: none of them twice");
    });
    stories.buffer_unordered(8).collect::<()>().await;
}

#[tokio::test]
async fn single_recipients_that_are_not_welcome_now_are_put_off_and_nobody_else_waits() {
    let stories = stream::iter([
        "450 4.7.0 Greylisted, please try again later",
        "450 4.7.25 who are you",
        "451 4.7.500 not now",
        "454 4.7.1 not now",
    ])
    .map(async |says| {
        let server = plain_server().await;
        server.play(move |turn| match turn {
            Turn::Rcpt(recipient) if is_greylisted(number(recipient)) => Act::Say(says),
            _ => Act::Usual,
        });
        let outbox = Outbox::start(usual_relay(&server).with_connections(4));
        let judgements = deliver_all(&outbox, LETTERS).await;
        for (number, judgement) in &judgements {
            let as_expected = match judgement {
                Judgement::Accepted { .. } => !is_greylisted(*number),
                Judgement::Deferred { reply } => is_greylisted(*number) && says.starts_with(&reply.code.to_string()),
                _ => false,
            };
            assert!(as_expected, "{says}: {number} {judgement:?}");
        }
        assert_eq!((outbox.status(), outbox.limits().rate), (BreakerStatus::Closed, None), "{says}");
        outbox.close().await;
    });
    stories.buffer_unordered(8).collect::<()>().await;
}

#[tokio::test]
async fn one_recipient_that_always_comes_too_fast_while_others_are_taken_is_put_off() {
    let server = plain_server().await;
    server.play(|turn| match turn {
        Turn::Rcpt("client3@example.com") => Act::Say("450 4.7.28 too fast"),
        _ => Act::Usual,
    });
    let outbox = Outbox::start(usual_relay(&server));
    for (number, judgement) in deliver_all(&outbox, LETTERS).await {
        let as_expected = match judgement {
            Judgement::Accepted { .. } => number != 3,
            Judgement::Deferred { .. } => number == 3,
            _ => false,
        };
        assert!(as_expected, "{number} {judgement:?}");
    }
    assert_eq!((outbox.status(), outbox.limits().rate), (BreakerStatus::Closed, None));
}

/// The number in `client17@example.com`.
fn number(recipient: &str) -> usize {
    recipient.trim_start_matches("client").split('@').next().and_then(|number| number.parse().ok()).expect("a number")
}

/// 15 of 300.
fn is_greylisted(number: usize) -> bool {
    number % 20 == 7
}

#[tokio::test]
async fn whoever_is_always_too_fast_is_left_alone_and_is_not_blamed() {
    let server = plain_server().await;
    server.play(|turn| match turn {
        Turn::Body(_) => Act::Say("454 Throttling failure: Daily message quota exceeded."),
        _ => Act::Usual,
    });
    let pauses = Pauses { failures: 3, first: Duration::from_millis(20), longest: Duration::from_mins(1) };
    let outbox = Outbox::start(usual_relay(&server).with_pauses(pauses));
    let judgements = deliver_all(&outbox, 40).await;
    for (number, judgement) in &judgements {
        // Without the reply, which would count against the recipient.
        assert!(matches!(judgement, Judgement::NotTried { reply: None, .. }), "{number} {judgement:?}");
    }
    assert!(matches!(outbox.status(), BreakerStatus::Open { scope: Scope::Rate, .. }));
}

#[tokio::test]
async fn an_old_connection_that_ends_before_the_dot_is_replaced_and_costs_nothing() {
    let mail: fn(Turn<'_>) -> bool = |turn| turn == Turn::Mail;
    let rcpt: fn(Turn<'_>) -> bool = |turn| matches!(turn, Turn::Rcpt(_));
    let data: fn(Turn<'_>) -> bool = |turn| turn == Turn::Data;
    for extensions in [&["PIPELINING"][..], &[]] {
        for at in [mail, rcpt, data] {
            for act in [Act::Say("421 4.4.2 your time is over"), Act::HangUp] {
                let server = SmtpServer::start(Offers { extensions, ..Offers::default() }).await;
                let (turns, end) = (AtomicUsize::new(0), act.clone());
                server.play(move |turn| {
                    if at(turn) && turns.fetch_add(1, Ordering::Relaxed) % 5 == 4 { end.clone() } else { Act::Usual }
                });
                // A single failure would open the breaker, for long.
                let pauses = Pauses { failures: 1, first: Duration::from_mins(1), longest: Duration::from_mins(1) };
                let outbox = Outbox::start(relay(&url(&server)).with_pauses(pauses));
                for number in 0..40 {
                    let judgement = deliver(&outbox, letter(&format!("client{number}@example.com"))).await;
                    assert!(is_accepted(&judgement), "{act:?}: {number} {judgement:?}");
                }
                outbox.close().await;
                assert_eq!((server.received().len(), server.accepted_recipients().len()), (40, 40));
            }
        }
    }
}
