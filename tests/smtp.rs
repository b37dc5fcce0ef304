//! Stories of letters and relays, against a server that does what the story needs.

use std::{io::Write, time::Duration};

use chrono::DateTime;
use scheduler::smtp::{
    Blame, BreakerStatus, Contents, Judgement, Letter, Mailbox, Outbox, Pauses, Relay, Scope, Timeouts,
};
use tokio_util::sync::CancellationToken;

use crate::support::smtp_server::{Act, Encryption, Gate, Offers, SmtpServer, Turn};

const TEXT: &str = "Dear Kim,\n.\n..two dots\nbye";

fn letter_with(recipient: &str, name: &str, subject: &str) -> Letter {
    let from = Mailbox::parse("Aurora News <news@example.org>").expect("a sender");
    let to = Mailbox::new(recipient, Some(name)).expect("a recipient");
    Letter::new(Contents {
        from: &from,
        to: &to,
        subject,
        text: TEXT,
        html: None,
        message_id: "1.2.3@example.org",
        date: DateTime::from_timestamp(1_777_629_600, 0).expect("a date"),
        headers: &[("X-SkyMailing-Run", "42")],
    })
    .expect("a letter")
}

fn letter(recipient: &str) -> Letter {
    letter_with(recipient, "Kim", "Hello")
}

async fn plain_server() -> SmtpServer {
    SmtpServer::start(Offers::default()).await
}

fn url(server: &SmtpServer) -> String {
    format!("smtp://{}", server.address())
}

/// One connection, short pauses, and a breaker that stays out of the way.
fn relay(url: &str) -> Relay {
    Relay::parse(url).expect("a relay").with_connections(1).with_pauses(Pauses {
        failures: 100,
        first: Duration::from_millis(20),
        longest: Duration::from_millis(100),
    })
}

/// Waits briefly at the turn that the story is about, and patiently elsewhere.
fn impatient(relay: Relay, at: Turn<'_>) -> Relay {
    let (short, long) = (Duration::from_millis(100), Duration::from_secs(20));
    relay.with_timeouts(match at {
        Turn::Body(_) => Timeouts { connect: long, command: long, data: short },
        _ => Timeouts { connect: long, command: short, data: long },
    })
}

fn trusting(relay: Relay, server: &SmtpServer) -> Relay {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(server.certificate_pem().as_bytes()).expect("a certificate in it");
    relay.with_ca_file(file.path()).expect("a certificate to trust")
}

async fn deliver(outbox: &Outbox, letter: Letter) -> Judgement {
    outbox.deliver(letter, &CancellationToken::new()).await
}

async fn deliver_once(relay: Relay) -> Judgement {
    let outbox = Outbox::start(relay);
    let judgement = deliver(&outbox, letter("kim@example.com")).await;
    outbox.close().await;
    judgement
}

fn is_accepted(judgement: &Judgement) -> bool {
    matches!(judgement, Judgement::Accepted { .. })
}

#[track_caller]
fn assert_not_tried(judgement: &Judgement, wanted: Scope) {
    assert!(matches!(judgement, Judgement::NotTried { scope, .. } if *scope == wanted), "{judgement:?}");
}

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
async fn letters_go_encrypted_when_the_relay_says_so() {
    for (encryption, scheme, parameter) in [
        (Encryption::StartTls, "smtp", "?tls=required"),
        (Encryption::StartTls, "smtp", "?tls=opportunistic"),
        (Encryption::Implicit, "smtps", ""),
    ] {
        let server = SmtpServer::start(Offers { encryption, ..Offers::default() }).await;
        let relay = relay(&format!("{scheme}://{}{parameter}", server.address()));
        let judgement = deliver_once(trusting(relay, &server)).await;
        assert!(is_accepted(&judgement), "{scheme}{parameter}: {judgement:?}");
        assert!(server.received()[0].encrypted, "{scheme}{parameter}");
    }
}

#[tokio::test]
async fn without_the_offer_of_starttls_opportunity_is_passed_over_and_requirement_sends_nothing() {
    let server = plain_server().await;
    let judgement = deliver_once(relay(&format!("{}?tls=opportunistic", url(&server)))).await;
    assert!(is_accepted(&judgement), "{judgement:?}");
    let judgement = deliver_once(relay(&format!("{}?tls=required", url(&server)))).await;
    assert_not_tried(&judgement, Scope::Relay);
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn an_untrusted_certificate_is_refused() {
    for (encryption, scheme, parameter) in [
        (Encryption::StartTls, "smtp", "?tls=required"),
        (Encryption::StartTls, "smtp", "?tls=opportunistic"),
        (Encryption::Implicit, "smtps", ""),
    ] {
        let server = SmtpServer::start(Offers { encryption, ..Offers::default() }).await;
        let other = SmtpServer::start(Offers::default()).await;
        let relay = relay(&format!("{scheme}://{}{parameter}", server.address()));
        let judgement = deliver_once(trusting(relay, &other)).await;
        assert_not_tried(&judgement, Scope::Relay);
        let Judgement::NotTried { why, .. } = judgement else { unreachable!() };
        assert!(why.contains("certificate is not trusted"), "{why}");
        assert!(server.received().is_empty());
    }
}

#[tokio::test]
async fn replies_slipped_in_before_the_handshake_are_not_believed() {
    let server = SmtpServer::start(Offers { encryption: Encryption::StartTls, ..Offers::default() }).await;
    server.play(|turn| match turn {
        Turn::StartTls => Act::Bytes(b"220 go ahead\r\n250 injected\r\n"),
        _ => Act::Usual,
    });
    let relay = relay(&format!("{}?tls=required", url(&server)));
    let judgement = deliver_once(trusting(relay, &server)).await;
    assert_not_tried(&judgement, Scope::Relay);
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn users_log_in_with_what_the_relay_offers() {
    for mechanisms in ["PLAIN", "LOGIN", "CRAM-MD5 LOGIN PLAIN"] {
        for encryption in [Encryption::None, Encryption::StartTls, Encryption::Implicit] {
            let credentials = Some(("kim@example.org", "s3cret: ü"));
            let server = SmtpServer::start(Offers { encryption, credentials, mechanisms, ..Offers::default() }).await;
            let (scheme, parameter) = match encryption {
                Encryption::None => ("smtp", ""),
                Encryption::StartTls => ("smtp", "?tls=required"),
                Encryption::Implicit => ("smtps", ""),
            };
            let relay =
                relay(&format!("{scheme}://kim%40example.org:s3cret%3A%20%C3%BC@{}{parameter}", server.address()));
            let judgement = deliver_once(trusting(relay, &server)).await;
            assert!(is_accepted(&judgement), "{mechanisms} {encryption:?}: {judgement:?}");
            assert_eq!(server.received()[0].user.as_deref(), Some("kim@example.org"));
        }
    }
}

#[tokio::test]
async fn a_wrong_password_stops_everything_at_once() {
    let server = SmtpServer::start(Offers { credentials: Some(("kim", "right")), ..Offers::default() }).await;
    let outbox = Outbox::start(relay(&format!("smtp://kim:wrong@{}", server.address())));
    let judgement = deliver(&outbox, letter("kim@example.com")).await;
    assert_not_tried(&judgement, Scope::Credentials);
    let shown = format!("{judgement:?} {:?}", outbox.status());
    assert!(shown.contains("wrong user or password") && !shown.contains("kim:wrong"), "{shown}");
    assert!(matches!(outbox.status(), BreakerStatus::Open { scope: Scope::Credentials, .. }));
    outbox.close().await;
}

#[tokio::test]
async fn a_user_that_the_relay_has_no_use_for_is_a_wrong_setting() {
    let server = plain_server().await;
    let judgement = deliver_once(relay(&format!("smtp://kim:secret@{}", server.address()))).await;
    assert_not_tried(&judgement, Scope::Credentials);
}

#[tokio::test]
async fn a_missing_user_is_a_wrong_setting() {
    let server = SmtpServer::start(Offers { credentials: Some(("kim", "right")), ..Offers::default() }).await;
    assert_not_tried(&deliver_once(relay(&url(&server))).await, Scope::Credentials);
}

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
        to: &from,
        subject: "",
        text: &huge,
        html: None,
        message_id: "1@example.org",
        date: DateTime::UNIX_EPOCH,
        headers: &[],
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

#[tokio::test]
async fn sloppy_replies_are_understood() {
    let sloppy: [&[u8]; 4] =
        [b"250\r\n", b"250 ok\n", b"250 angenommen f\xfcr Kim\r\n", b"250-2.0.0 one\r\n250 2.0.0 two\r\n"];
    for reply in sloppy {
        let server = plain_server().await;
        server.play(move |turn| match turn {
            Turn::Body(_) => Act::Bytes(reply),
            _ => Act::Usual,
        });
        let judgement = deliver_once(relay(&url(&server))).await;
        assert!(is_accepted(&judgement), "{judgement:?}");
    }
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
async fn nobody_listening_is_the_relays_problem() {
    let mut server = plain_server().await;
    server.stop().await;
    assert_not_tried(&deliver_once(relay(&url(&server))).await, Scope::Relay);
    assert_not_tried(&deliver_once(relay("smtp://no-such-host.invalid")).await, Scope::Relay);
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
        Turn::Rcpt(_) => Act::Say("450 4.7.28 too fast"),
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
        assert_not_tried(&judgement.await.expect("a judgement"), Scope::Rate);
    }
    assert_eq!(server.commands().iter().filter(|verb| *verb == "MAIL").count(), 1);
}

/// A server that is busy with a letter, so that the next one has to wait.
async fn busy_server(gate: &Gate) -> SmtpServer {
    let server = plain_server().await;
    let gate = gate.clone();
    server.play(move |turn| match turn {
        Turn::Body("first@example.com") => Act::Wait(gate.clone()),
        _ => Act::Usual,
    });
    server
}

#[tokio::test]
async fn a_withdrawn_letter_never_reaches_the_relay() {
    let gate = Gate::new();
    let server = busy_server(&gate).await;
    let outbox = Outbox::start(relay(&url(&server)));
    let first = tokio::spawn({
        let outbox = outbox.clone();
        async move { deliver(&outbox, letter("first@example.com")).await }
    });
    gate.reached_by(1).await;

    // One is withdrawn by its token, one by dropping the future, one before it is given.
    let wanted = CancellationToken::new();
    let by_token = outbox.deliver(letter("token@example.com"), &wanted);
    let (judgement, ()) = tokio::join!(biased; by_token, async { wanted.cancel() });
    assert_not_tried(&judgement, Scope::Withdrawn);
    tokio::select! {
        biased;
        judgement = deliver(&outbox, letter("drop@example.com")) => panic!("{judgement:?}"),
        () = std::future::ready(()) => {}
    }
    assert_not_tried(&outbox.deliver(letter("before@example.com"), &wanted).await, Scope::Withdrawn);

    gate.open();
    assert!(is_accepted(&first.await.expect("a judgement")));
    assert!(is_accepted(&deliver(&outbox, letter("last@example.com")).await));
    let recipients: Vec<_> = server.accepted_recipients().into_iter().collect();
    assert_eq!(recipients, ["first@example.com", "last@example.com"]);
}

#[tokio::test]
async fn a_letter_withdrawn_while_its_connection_opens_is_not_sent() {
    let server = plain_server().await;
    let gate = Gate::new();
    let at_gate = gate.clone();
    server.play(move |turn| match turn {
        Turn::Greeting => Act::Wait(at_gate.clone()),
        _ => Act::Usual,
    });
    let outbox = Outbox::start(relay(&url(&server)));
    let wanted = CancellationToken::new();
    let withdrawn = outbox.deliver(letter("withdrawn@example.com"), &wanted);
    let (judgement, ()) = tokio::join!(withdrawn, async {
        gate.reached_by(1).await;
        wanted.cancel();
    });
    assert_not_tried(&judgement, Scope::Withdrawn);
    gate.open();
    assert!(is_accepted(&deliver(&outbox, letter("kim@example.com")).await));
    assert_eq!(server.commands(), ["EHLO", "MAIL", "RCPT", "DATA"]);
}

#[tokio::test]
async fn a_transaction_that_has_begun_is_brought_to_its_end() {
    let gate = Gate::new();
    let server = busy_server(&gate).await;
    let outbox = Outbox::start(relay(&url(&server)));
    let wanted = CancellationToken::new();

    let caller = tokio::spawn({
        let outbox = outbox.clone();
        async move { deliver(&outbox, letter("first@example.com")).await }
    });
    gate.reached_by(1).await;
    caller.abort();
    assert!(caller.await.is_err_and(|error| error.is_cancelled()));
    gate.open();
    server.wait_for(1).await;

    // Cancelling in the middle gives the real judgement.
    let judgement = tokio::spawn({
        let (outbox, wanted) = (outbox.clone(), wanted.clone());
        async move { outbox.deliver(letter("first@example.com"), &wanted).await }
    });
    gate.reached_by(2).await;
    wanted.cancel();
    assert!(is_accepted(&judgement.await.expect("a judgement")));
    outbox.close().await;
    assert_eq!(server.commands(), ["EHLO", "MAIL", "RCPT", "DATA", "MAIL", "RCPT", "DATA", "QUIT"]);
}

#[tokio::test]
async fn closing_finishes_what_has_begun_and_gives_back_the_rest() {
    let gate = Gate::new();
    let server = busy_server(&gate).await;
    let outbox = Outbox::start(relay(&url(&server)));
    let spawn = |recipient: &'static str| {
        let outbox = outbox.clone();
        tokio::spawn(async move { deliver(&outbox, letter(recipient)).await })
    };
    let first = spawn("first@example.com");
    gate.reached_by(1).await;
    let waiting = spawn("waiting@example.com");
    let closing = tokio::spawn(outbox.clone().close());
    assert_not_tried(&waiting.await.expect("a judgement"), Scope::Withdrawn);
    outbox.ready().await;
    gate.open();
    assert!(is_accepted(&first.await.expect("a judgement")));
    closing.await.expect("closed");
    assert_not_tried(&deliver(&outbox, letter("late@example.com")).await, Scope::Withdrawn);
    assert_eq!(server.commands().last().map(String::as_str), Some("QUIT"));
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn the_pool_ends_with_its_last_outbox() {
    let server = plain_server().await;
    let outbox = Outbox::start(relay(&url(&server)));
    assert!(is_accepted(&deliver(&outbox, letter("kim@example.com")).await));
    drop(outbox);
    server.wait_for_command("QUIT", 1).await;
}
