//! What one peer may have, and how long it is waited for: with small limits, so that no story lasts.

use super::peer::{Peer, ended};
use super::{Sent, bounces, report};
use crate::support::database::eventually;
use crate::support::service::found;
use intake::smtp::Limits;
use std::time::{Duration, Instant};

#[tokio::test]
async fn an_address_has_no_more_than_its_share_of_the_connections() {
    let sent = Sent::with_letters(1).await;
    let listening = sent.listens(Limits { per_address: 3, ..Limits::default() }).await;
    let mut peers = Vec::new();
    for _ in 0..3 {
        peers.push(Peer::at(listening.address).await);
    }

    for _ in 0..5 {
        let mut one_too_many = Peer::connected(listening.address).await;
        assert!(one_too_many.hears().await.starts_with("421 4.7.0"));
        one_too_many.gets_hung_up_on().await;
    }

    for peer in &mut peers {
        peer.does(&[("NOOP", "250")]).await;
    }
    peers.pop();
    let again = found("there is room again", async || {
        let mut peer = Peer::connected(listening.address).await;
        peer.hears().await.starts_with("220").then_some(peer)
    });
    let mut again = again.await;
    again.does(&[("EHLO mx.example.net", "250")]).await;
    assert!(again.delivers(&sent.letters.address(0), &report("one")).await.starts_with("250"));
}

#[tokio::test]
async fn who_says_nothing_makes_room_when_all_seats_are_taken() {
    let sent = Sent::with_letters(1).await;
    let limits = Limits { connections: 2, silence: Duration::from_millis(50), ..Limits::default() };
    let listening = sent.listens(limits).await;
    let (mut silent, mut busy) =
        (Peer::at(listening.address).await, Peer::greeting(listening.address, "EHLO mx.example.net").await);
    busy.begins(&sent.letters.address(0)).await;

    let mut third = found("there is room", async || {
        let mut peer = Peer::connected(listening.address).await;
        peer.hears().await.starts_with("220").then_some(peer)
    })
    .await;

    assert!(silent.hears().await.starts_with("421 4.7.0"));
    third.does(&[("EHLO mx.example.net", "250")]).await;
    // Whoever is in the middle of a message goes on.
    busy.says(ended(&report("one"))).await;
    assert!(busy.hears().await.starts_with("250"));
}

#[tokio::test]
async fn who_is_slow_is_cut_off() {
    let sent = Sent::with_letters(1).await;
    let listening = sent.listens(Limits { command: Duration::from_millis(300), ..Limits::default() }).await;
    for said in ["", "EHL"] {
        let mut peer = Peer::at(listening.address).await;
        peer.says(said).await;
        assert!(peer.hears().await.starts_with("421 4.4.2"), "{said:?}");
        peer.gets_hung_up_on().await;
    }
    eventually("everybody has left", || listening.tally.connections() == 0).await;

    let listening = sent.listens(Limits { pause: Duration::from_secs(1), ..Limits::default() }).await;
    let mut silent = Peer::greeting(listening.address, "EHLO mx.example.net").await;
    silent.begins(&sent.letters.address(0)).await;
    silent.says("Subject: x\r\n").await;
    assert!(silent.hears().await.starts_with("421 4.4.2"));
    silent.gets_hung_up_on().await;

    // Fast enough, and without an end.
    let listening = sent.listens(Limits { text: Duration::from_secs(2), ..Limits::default() }).await;
    let mut endless = Peer::greeting(listening.address, "EHLO mx.example.net").await;
    endless.begins(&sent.letters.address(0)).await;
    let (began, line) = (Instant::now(), format!("{}\r\n", "x".repeat(998)));
    while endless.tries_to_say(&line).await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!((listening.taken(), bounces(sent.pool(), 0).await), (0, 0));
}

#[tokio::test]
async fn an_address_that_sends_too_much_is_put_off_and_has_sent_what_was_taken() {
    let sent = Sent::with_letters(1).await;
    let listening = sent.listens(Limits { per_minute: 3, ..Limits::default() }).await;
    for number in 0..3 {
        let mut peer = Peer::greeting(listening.address, "EHLO mx.example.net").await;
        let taken = peer.delivers(&sent.letters.address(0), &report(&number.to_string())).await;
        assert!(taken.starts_with("250"), "{taken}");
    }
    let mut peer = Peer::greeting(listening.address, "EHLO mx.example.net").await;
    peer.does(&[("MAIL FROM:<>", "450 4.7.1"), ("QUIT", "221")]).await;
    assert_eq!((listening.taken(), bounces(sent.pool(), 0).await), (3, 3));
}

#[tokio::test]
async fn a_message_has_ten_recipients_at_the_most() {
    let sent = Sent::with_letters(11).await;
    let listening = sent.listens(Limits::default()).await;
    let mut peer = Peer::greeting(listening.address, "EHLO mx.example.net").await;
    peer.does(&[("MAIL FROM:<>", "250")]).await;
    for ordinal in 0..10 {
        peer.does(&[(&format!("RCPT TO:<{}>", sent.letters.address(ordinal)), "250")]).await;
    }
    peer.does(&[(&format!("RCPT TO:<{}>", sent.letters.address(10)), "452 4.5.3"), ("DATA", "354")]).await;
    peer.says(ended(&report("all"))).await;
    assert!(peer.hears().await.starts_with("250"));
    for ordinal in 0..11 {
        assert_eq!(bounces(sent.pool(), ordinal).await, i64::from(ordinal < 10), "{ordinal}");
    }
}
