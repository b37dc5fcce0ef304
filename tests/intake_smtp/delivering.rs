//! Mail servers deliver what comes back.

use super::peer::{Peer, ended};
use super::{Sent, bounces, kept, report};
use crate::support::service::{Service, found};
use intake::smtp::Limits;
use scheduler::smtp::Relay;
use skymailing::{metrics, wire};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn a_bounce_that_a_mail_server_delivers_is_an_event_of_its_letter_however_often_it_comes() {
    let sent = Sent::with_letters(2).await;
    let listening = sent.listens(Limits::default()).await;
    let mut peer = Peer::greeting(listening.address, "EHLO mx.example.net").await;

    for times in 1..=3 {
        assert!(peer.delivers(&sent.letters.address(1), &report("one")).await.starts_with("250 2.0.0"));
        assert_eq!(bounces(sent.pool(), 1).await, 1, "after {times}");
    }

    assert_eq!(bounces(sent.pool(), 0).await, 0);
    // Another report of the same letter, to the address in upper case, as some servers write it.
    let upper = sent.letters.address(1).to_uppercase();
    assert!(peer.delivers(&upper, &report("two")).await.starts_with("250 2.0.0"));
    assert_eq!((bounces(sent.pool(), 1).await, kept(sent.pool()).await), (2, 0));
    peer.does(&[("QUIT", "221")]).await;
    listening.stops().await;
}

#[tokio::test]
async fn over_lmtp_each_recipient_has_an_answer() {
    let sent = Sent::with_letters(2).await;
    let listening = sent.listens(Limits::default()).await;
    let mut peer = Peer::greeting(listening.address, "LHLO mx.example.org").await;
    let [first, second] = [0, 1].map(|ordinal| format!("RCPT TO:<{}>", sent.letters.address(ordinal)));
    let wrong = first.replace("b+a", "b+b");

    peer.does(&[("MAIL FROM:<>", "250"), (&first, "250"), (&wrong, "550 5.1.1"), (&second, "250"), ("DATA", "354")])
        .await;
    peer.says(ended(&report("one"))).await;

    for _ in 0..2 {
        assert!(peer.hears().await.starts_with("250 2.0.0"));
    }
    // That was all.
    peer.does(&[("NOOP", "250 2.0.0 Still here"), ("MAIL FROM:<>", "250"), (&wrong, "550"), ("DATA", "503")]).await;
    assert_eq!((bounces(sent.pool(), 0).await, bounces(sent.pool(), 1).await), (1, 1));
}

#[tokio::test]
async fn what_nobody_understands_is_kept_for_the_administrators_as_it_was_written() {
    let sent = Sent::with_letters(1).await;
    let listening = sent.listens(Limits::default()).await;
    let mut peer = Peer::greeting(listening.address, "HELO mx.example.net").await;
    let text = "From: ann@example.org\r\nSubject: Hello\r\n\r\n.\r\n..dots\r\nlone\nnewlines\r.\r\n";

    assert!(peer.delivers("Postmaster", text).await.starts_with("250 2.0.0"));

    let (message, size, to): (Vec<u8>, i64, Option<String>) =
        sqlx::query_as("select message, size, envelope_to from intake_messages")
            .fetch_one(sent.pool())
            .await
            .expect("it is kept");
    assert_eq!(String::from_utf8_lossy(&message), text);
    assert_eq!((usize::try_from(size), to.as_deref()), (Ok(text.len()), Some("Postmaster")));
}

#[tokio::test]
async fn a_mail_client_that_knows_nothing_of_this_server_delivers_to_it() {
    let sent = Sent::with_letters(1).await;
    let listening = sent.listens(Limits::default()).await;
    let (service, own) = (&sent.service, sent.service.group("Addresses of our own").await);
    service.client(&sent.letters.address(0), "Nobody", &[own]).await;
    let mailing = service.mailing(own).await;
    let relay = Relay::parse(&format!("smtp://{}", listening.address)).expect("a relay");

    let engine = Service::work_with(&service.node, relay, Service::settings());

    assert_eq!(service.finished(mailing).await.accepted, 1);
    engine.stop().await;
    assert_eq!(listening.taken(), 1);
    // A letter is no report.
    assert_eq!(bounces(sent.pool(), 0).await, 0);
}

#[tokio::test]
async fn prometheus_sees_what_was_taken_and_refused() {
    let sent = Sent::with_letters(1).await;
    let listening = sent.listens(Limits::default()).await;
    let mut peer = Peer::greeting(listening.address, "EHLO mx.example.net").await;
    peer.delivers(&sent.letters.address(0), &report("one")).await;
    peer.does(&[("MAIL FROM:<>", "250"), ("RCPT TO:<ann@example.org>", "550")]).await;
    let metrics_listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/metrics", metrics_listener.local_addr().expect("an address"));
    let router = metrics::router(sent.service.node.services.clone(), None, Some(listening.tally.clone()));
    let stop = CancellationToken::new();
    tokio::spawn(wire::serve(metrics_listener, router, stop.clone()));

    let text = found("it is told", async || reqwest::get(&url).await.ok()?.text().await.ok()).await;

    for line in [
        "skymailing_intake_messages_total{kind=\"bounce\"} 1",
        "skymailing_intake_messages_total{kind=\"kept\"} 0",
        "skymailing_intake_refused_total{kind=\"stranger\"} 1",
        "skymailing_intake_refused_total{kind=\"put_off\"} 0",
        "skymailing_intake_connections 1",
        "skymailing_intake_closed{via=\"smtp\"} 0",
    ] {
        assert!(text.lines().any(|told| told == line), "{line}\n{text}");
    }
    assert!(!text.contains('@') && !text.contains("127.0.0.1"), "{text}");
    stop.cancel();
}
