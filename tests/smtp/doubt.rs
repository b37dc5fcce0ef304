//! Stories of doubt: what is known of a letter when the relay stops making sense.

use chrono::DateTime;
use scheduler::smtp::{Contents, Judgement, Letter, Mailbox, Outbox, Scope};

use super::{assert_not_tried, deliver, deliver_once, impatient, is_accepted, letter, plain_server, relay, url};
use crate::support::smtp_server::{Act, Turn};

#[tokio::test]
async fn a_relay_that_closes_its_service_leaves_the_letter_untried() {
    for at in [Turn::Greeting, Turn::Mail, Turn::Rcpt("kim@example.com"), Turn::Data] {
        let server = plain_server().await;
        server.play(move |turn| if turn == at { Act::Say("421 4.3.2 shutting down") } else { Act::Usual });
        assert_not_tried(&deliver_once(relay(&url(&server))).await, Scope::Relay);
        assert!(server.received().is_empty(), "{at:?}");
    }
}

/// What a relay can do wrong at a turn, and what is known about the letter then.
#[tokio::test]
async fn doubt_before_the_final_dot_is_the_relays_and_after_it_nobody_knows() {
    let wrongs = [
        Act::HangUp,
        Act::Silent,
        Act::Bytes(b"HTTP/1.1 400 Bad Request\r\n"),
        Act::Bytes(b"250-begun\r\n550 ended otherwise\r\n"),
        Act::Bytes(b"\xff\xfe\r\n"),
        Act::Say("399 what?"),
    ];
    for at in [
        Turn::Greeting,
        Turn::Ehlo,
        Turn::Mail,
        Turn::Rcpt("kim@example.com"),
        Turn::Data,
        Turn::Body("kim@example.com"),
    ] {
        for wrong in wrongs.clone() {
            let server = plain_server().await;
            let does = wrong.clone();
            server.play(move |turn| if turn == at { does.clone() } else { Act::Usual });
            let judgement = deliver_once(impatient(relay(&url(&server)), at)).await;
            match at {
                Turn::Body(_) => {
                    assert!(matches!(judgement, Judgement::Unknown { .. }), "{at:?} {wrong:?}: {judgement:?}");
                }
                _ => assert!(
                    matches!(judgement, Judgement::NotTried { scope: Scope::Relay, .. }),
                    "{at:?} {wrong:?}: {judgement:?}"
                ),
            }
        }
    }
}

#[tokio::test]
async fn a_letter_whose_end_never_left_is_certainly_not_there() {
    let server = plain_server().await;
    server.play(|turn| match turn {
        Turn::Data => Act::Deaf("354 go ahead"),
        _ => Act::Usual,
    });
    let from = Mailbox::parse("news@example.org").expect("a sender");
    let huge = "All work and no play.\n".repeat(1_000_000);
    let letter = Letter::new(Contents {
        from: &from,
        reply_to: None,
        to: &from,
        subject: "",
        text: &huge,
        html: None,
        message_id: "1@example.org",
        date: DateTime::UNIX_EPOCH,
        headers: &[],
        structured: &[],
    });
    let outbox = Outbox::start(impatient(relay(&url(&server)), Turn::Body("")));
    let judgement = deliver(&outbox, letter.expect("a letter")).await;
    assert_not_tried(&judgement, Scope::Relay);
}

#[tokio::test]
async fn a_letter_that_was_taken_without_a_word_is_unknown_and_not_sent_again() {
    let server = plain_server().await;
    server.play(|turn| match turn {
        Turn::Body("kim@example.com") => Act::TakeAndHangUp,
        _ => Act::Usual,
    });
    let outbox = Outbox::start(relay(&url(&server)));
    // On a connection that has proved itself, too.
    assert!(is_accepted(&deliver(&outbox, letter("eva@example.com")).await));
    let judgement = deliver(&outbox, letter("kim@example.com")).await;
    assert!(matches!(judgement, Judgement::Unknown { .. }), "{judgement:?}");
    assert!(is_accepted(&deliver(&outbox, letter("eva@example.com")).await));
    assert_eq!(server.received().iter().filter(|received| received.recipient == "kim@example.com").count(), 1);
}

#[tokio::test]
async fn a_reply_too_many_is_not_taken_for_the_word_on_the_letter() {
    let server = plain_server().await;
    server.play(|turn| match turn {
        Turn::Data => Act::Bytes(b"354 go ahead\r\n250 2.0.0 queued\r\n"),
        _ => Act::Usual,
    });
    assert_not_tried(&deliver_once(relay(&url(&server))).await, Scope::Relay);
}
