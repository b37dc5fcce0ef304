//! A relay that cannot be reached at all.

use std::time::Duration;

use scheduler::smtp::{Judgement, Outbox, Scope, Timeouts};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use super::{LONG, SHORT, disagreements, word};
use crate::smtp::{assert_not_tried, deliver, letter, plain_server, relay, url};

#[tokio::test]
async fn letters_to_a_relay_that_was_away_are_not_tried_and_later_ones_are_judged_by_their_own_replies() {
    let mut server = plain_server().await;
    let outbox = Outbox::start(relay(&url(&server)));
    let mut reported = Vec::new();
    for round in 0..5 {
        if round > 0 {
            server.stop().await;
            let judgement = deliver(&outbox, letter("away@example.com")).await;
            assert_eq!(word(&judgement), "relay", "{judgement:?}");
            reported.push(("away@example.com", judgement));
            server.start_again().await;
        }
        let recipient = ["0@example.com", "1@example.com", "2@example.com", "3@example.com", "4@example.com"][round];
        let judgement = deliver(&outbox, letter(recipient)).await;
        assert_eq!(word(&judgement), "accepted", "{judgement:?}");
        reported.push((recipient, judgement));
    }
    outbox.close().await;
    assert_eq!(disagreements(&server, &reported), [""; 0]);
}

#[tokio::test]
async fn a_relay_that_does_not_answer_the_call_is_not_waited_for() {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let listener = socket.listen(1).expect("a listener that accepts nobody");
    let address = listener.local_addr().expect("its address");
    // The kernel takes a few calls by itself; then it lets them ring.
    let mut taken = Vec::new();
    while let Ok(call) = timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
        taken.push(call.expect("a call that the kernel takes"));
        assert!(taken.len() < 100, "the kernel takes every call");
    }
    let timeouts = Timeouts { connect: SHORT, command: LONG, data: LONG };
    let outbox = Outbox::start(relay(&format!("smtp://{address}")).with_timeouts(timeouts));
    let judgement = deliver(&outbox, letter("kim@example.com")).await;
    assert_not_tried(&judgement, Scope::Relay);
    let Judgement::NotTried { why, .. } = judgement else { unreachable!() };
    assert!(why.contains("while connecting") && why.contains("did not reply in time"), "{why}");
}
