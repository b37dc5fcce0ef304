//! Stories of letters that arrive, and of letters that are refused.

use chrono::DateTime;
use scheduler::smtp::{Blame, Contents, Judgement, Letter, Mailbox, Outbox, Scope};

use super::{assert_not_tried, deliver, deliver_once, is_accepted, letter, letter_with, plain_server, relay, url};
use crate::support::smtp_server::{Act, Beat, Offers, SmtpServer, Turn};

#[tokio::test]
async fn a_letter_arrives_byte_for_byte() {
    let server = plain_server().await;
    let judgement = deliver_once(relay(&url(&server))).await;
    let Judgement::Accepted { reply } = &judgement else { panic!("{judgement:?}") };
    assert_eq!(reply.to_string(), "250 2.0.0 queued as 42");
    let received = server.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].mail, "MAIL FROM:<news@example.org>");
    assert_eq!(received[0].recipient, "kim@example.com");
    assert_eq!(received[0].letter, letter("kim@example.com").bytes());
    assert!(!received[0].encrypted);
    assert_eq!(server.commands(), ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]);
}

#[tokio::test]
async fn a_refused_recipient_costs_no_connection_and_no_other_letter() {
    let server = plain_server().await;
    server.play(|turn| match turn {
        Turn::Rcpt("gone@example.com") => Act::Say("550 5.1.1 <gone@example.com>: no such user"),
        Turn::Rcpt("full@example.com") => Act::Say("452 4.2.2 full"),
        Turn::Body("spam@example.com") => Act::Say("554 5.7.1 spam"),
        _ => Act::Usual,
    });
    let outbox = Outbox::start(relay(&url(&server)));
    let gone = deliver(&outbox, letter("gone@example.com")).await;
    let Judgement::Rejected { reply, dead: true, blame: Blame::Recipient } = &gone else { panic!("{gone:?}") };
    assert_eq!(reply.to_string(), "550 5.1.1 <address>: no such user");
    let full = deliver(&outbox, letter("full@example.com")).await;
    assert!(matches!(full, Judgement::Deferred { .. }), "{full:?}");
    let spam = deliver(&outbox, letter("spam@example.com")).await;
    assert!(matches!(spam, Judgement::Rejected { dead: false, blame: Blame::Reputation, .. }), "{spam:?}");
    assert!(is_accepted(&deliver(&outbox, letter("kim@example.com")).await));
    outbox.close().await;
    let dialogue = [
        "EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA", "RSET", "MAIL", "RCPT", "DATA",
        "QUIT",
    ];
    assert_eq!(server.commands(), dialogue);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_refused_sender_blames_no_recipient() {
    let server = plain_server().await;
    server.play(|turn| match turn {
        Turn::Mail => Act::Say("550 5.7.1 not from here"),
        _ => Act::Usual,
    });
    assert_not_tried(&deliver_once(relay(&url(&server))).await, Scope::Sender);
}

#[tokio::test]
async fn names_and_subjects_arrive_encoded_and_add_no_header() {
    let server = plain_server().await;
    let outbox = Outbox::start(relay(&url(&server)));
    let evil = "Łukasz\r\nBcc: victim@example.net\r\n\r\n.\r\nMAIL FROM:<x@example.net>";
    assert!(is_accepted(&deliver(&outbox, letter_with("kim@bücher.example", evil, evil)).await));
    let received = server.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].recipient, "kim@xn--bcher-kva.example");
    let text = String::from_utf8(received[0].letter.clone()).expect("ASCII");
    assert!(text.is_ascii());
    assert!(!text.lines().any(|line| line.starts_with("Bcc") || line.starts_with("MAIL")), "{text}");
    assert_eq!(server.commands(), ["EHLO", "MAIL", "RCPT", "DATA"]);
}

#[tokio::test]
async fn an_address_outside_ascii_goes_to_relays_that_take_it() {
    let server = plain_server().await;
    let outbox = Outbox::start(relay(&url(&server)));
    assert!(is_accepted(&deliver(&outbox, letter("kïm@example.com")).await));
    assert_eq!(server.received()[0].mail, "MAIL FROM:<news@example.org> SMTPUTF8 BODY=8BITMIME");
    assert_eq!(server.received()[0].recipient, "kïm@example.com");

    let old = SmtpServer::start(Offers { extensions: &["SIZE 1000000"], ..Offers::default() }).await;
    let outbox = Outbox::start(relay(&url(&old)));
    let judgement = deliver(&outbox, letter("kïm@example.com")).await;
    assert!(matches!(judgement, Judgement::Rejected { dead: false, blame: Blame::Recipient, .. }), "{judgement:?}");
    assert!(is_accepted(&deliver(&outbox, letter("kim@example.com")).await));
    assert_eq!(old.connections(), 1);
}

#[tokio::test]
async fn a_sender_outside_ascii_goes_to_relays_that_take_it_also_where_letters_come_back_to_an_address_in_ascii() {
    let mailbox = |address: &str| Mailbox::new(address, None).expect("an address");
    let letter = |from: &str, reply_to: Option<&str>| {
        let (from, to, reply_to) = (mailbox(from), mailbox("kim@example.com"), reply_to.map(mailbox));
        let letter = Letter::new(Contents {
            from: &from,
            reply_to: reply_to.as_ref(),
            to: &to,
            subject: "Hello",
            text: "Dear Kim",
            html: None,
            message_id: "1.2.3@example.org",
            date: DateTime::UNIX_EPOCH,
            headers: &[],
            structured: &[],
        });
        letter.expect("a letter").returning_to("b+a@bounce.example.org").expect("an address")
    };
    let server = plain_server().await;
    let outbox = Outbox::start(relay(&url(&server)));
    for (from, reply_to, parameters) in [
        ("news@example.org", None, ""),
        ("nëws@example.org", None, " SMTPUTF8 BODY=8BITMIME"),
        ("news@example.org", Some("dësk@example.org"), " SMTPUTF8 BODY=8BITMIME"),
    ] {
        assert!(is_accepted(&deliver(&outbox, letter(from, reply_to)).await));
        let received = server.received().pop().expect("a letter");
        assert_eq!(received.mail, format!("MAIL FROM:<b+a@bounce.example.org>{parameters}"), "{from}");
    }

    // A relay that does not take it refuses no recipient: it is the sender's, for all letters.
    let old = SmtpServer::start(Offers { extensions: &["8BITMIME"], ..Offers::default() }).await;
    let outbox = Outbox::start(relay(&url(&old)));
    assert_not_tried(&deliver(&outbox, letter("nëws@example.org", None)).await, Scope::Sender);
    assert!(is_accepted(&deliver(&outbox, letter("news@example.org", None)).await));
}

#[tokio::test]
async fn sloppy_replies_are_understood() {
    let long = format!("250 2.0.0 {}\r\n", "Ÿ".repeat(600));
    let in_latin_1 = [b"250 2.0.0 ".to_vec(), vec![0xff; 1900], b"\r\n".to_vec()].concat();
    let sloppy: [&[u8]; 6] = [
        b"250\r\n",
        b"250 ok\n",
        b"250 angenommen f\xfcr Kim\r\n",
        b"250-2.0.0 one\r\n250 2.0.0 two\r\n",
        long.as_bytes(),
        &in_latin_1,
    ];
    for reply in sloppy.map(<[u8]>::to_vec) {
        let server = plain_server().await;
        let beats = vec![Beat::Say(reply.clone())];
        server.play(move |turn| match turn {
            Turn::Body(_) => Act::Beats(beats.clone()),
            _ => Act::Usual,
        });
        let judgement = deliver_once(relay(&url(&server))).await;
        assert!(is_accepted(&judgement), "{:?}: {judgement:?}", String::from_utf8_lossy(&reply));
    }
}

#[tokio::test]
async fn a_line_of_blanks_in_the_answer_to_ehlo_hurts_nobody() {
    let server = plain_server().await;
    server.play(|turn| match turn {
        Turn::Ehlo => Act::Bytes(b"250-test.example\r\n250- \r\n250-\xc2\xa0\r\n250-\r\n250 \t\r\n"),
        _ => Act::Usual,
    });
    let judgement = deliver_once(relay(&url(&server))).await;
    assert!(is_accepted(&judgement), "{judgement:?}");
}
