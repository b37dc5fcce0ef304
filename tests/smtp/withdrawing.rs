//! Stories of letters that are taken back, and of closing the outbox.

use scheduler::smtp::{Outbox, Scope};
use tokio_util::sync::CancellationToken;

use super::{assert_not_tried, deliver, is_accepted, letter, plain_server, relay, url};
use crate::support::smtp_server::{Act, Gate, SmtpServer, Turn};

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
