//! Strangers try what mail servers have been talked into elsewhere.

use super::peer::{Peer, ended};
use super::{DOMAIN, Sent, bounces, kept, report};
use intake::smtp::Limits;
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};

/// After all of it the server works as before, and nothing has come of it.
async fn nothing_came_of_it(sent: &Sent, listening: &super::Listening, taken: u64) {
    assert_eq!((listening.taken(), kept(sent.pool()).await, bounces(sent.pool(), 0).await), (taken, 0, 0));
    let mut peer = Peer::greeting(listening.address, "EHLO mx.example.net").await;
    assert!(peer.delivers(&sent.letters.address(0), &report("one")).await.starts_with("250"));
    assert_eq!(bounces(sent.pool(), 0).await, 1);
}

#[tokio::test]
async fn nobody_gets_mail_through_it_to_anybody_else() {
    let sent = Sent::with_letters(1).await;
    let listening = sent.listens(Limits::default()).await;
    let ours = sent.letters.address(0);
    let (local, _) = ours.split_once('@').expect("an address");
    let (other_token, other_run) = (ours.replace("b+a", "b+b"), local.replace("b+", "u+"));
    for from in ["<>", "<ann@example.org>", &format!("<postmaster@{DOMAIN}>")] {
        let mut peer = Peer::greeting(listening.address, "EHLO localhost").await;
        peer.does(&[(&format!("MAIL FROM:{from}"), "250")]).await;
        for to in [
            "ann@example.org".to_owned(),
            format!("ann@{DOMAIN}"),
            "ann".to_owned(),
            format!("ann%example.org@{DOMAIN}"),
            format!("example.org!ann@{DOMAIN}"),
            format!("\"ann@example.org\"@{DOMAIN}"),
            format!("@{DOMAIN}:ann@example.org"),
            format!("{ours}.example.org"),
            format!("{ours}@example.org"),
            format!("{local}@example.org"),
            format!("{local}@[127.0.0.1]"),
            // One character is another one; an address to leave, with the code of one to come back.
            other_token.clone(),
            format!("{other_run}@{DOMAIN}"),
            format!("b+@{DOMAIN}"),
            "postmaster@example.org".to_owned(),
        ] {
            peer.does(&[(&format!("RCPT TO:<{to}>"), "550 5.1.1")]).await;
        }
        peer.does(&[("DATA", "503"), ("VRFY ann", "252"), ("EXPN everybody", "502"), ("QUIT", "221")]).await;
    }
    nothing_came_of_it(&sent, &listening, 0).await;
}

#[tokio::test]
async fn a_message_in_a_message_is_no_message() {
    let sent = Sent::with_letters(2).await;
    let listening = sent.listens(Limits::default()).await;
    let smuggled = format!("MAIL FROM:<>\r\nRCPT TO:<{}>\r\nDATA\r\n{}", sent.letters.address(0), report("inner"));
    for (number, end) in
        ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r\n\0.\r\n", "\r.\n", "\n..\n"].iter().enumerate()
    {
        let mut peer = Peer::greeting(listening.address, "EHLO mx.example.net").await;
        peer.begins(&sent.letters.address(1)).await;
        peer.says(format!("{}{end}{smuggled}.\r\nQUIT\r\n", report(&format!("outer{number}")))).await;
        assert!(peer.hears().await.starts_with("250 2.0.0"), "{end:?}");
        assert!(peer.hears().await.starts_with("221"), "{end:?}");
    }
    assert_eq!((listening.taken(), bounces(sent.pool(), 0).await), (8, 0));
}

#[tokio::test]
async fn rubbish_half_commands_and_those_who_hang_up_harm_nobody() {
    let sent = Sent::with_letters(1).await;
    // It takes a moment until the server has noticed that somebody is gone.
    let listening = sent.listens(Limits { connections: 1_000, per_address: 1_000, ..Limits::default() }).await;
    let mut dice = StdRng::seed_from_u64(20_260_504);
    for _ in 0..50 {
        let mut bytes = vec![0_u8; dice.random_range(1..5_000)];
        dice.fill_bytes(&mut bytes);
        let mut peer = Peer::connected(listening.address).await;
        peer.says(&bytes).await;
    }
    let ours = format!("RCPT TO:<{}>", sent.letters.address(0));
    let said = format!("EHLO mx\r\nMAIL FROM:<>\r\n{ours}\r\nDATA\r\n{}", report("half"));
    for length in (0..said.len()).step_by(31) {
        let mut peer = Peer::at(listening.address).await;
        peer.says(&said[..length]).await;
    }
    // Its end was missing only by this much.
    let mut peer = Peer::at(listening.address).await;
    peer.says(format!("{said}.\r")).await;
    drop(peer);
    let mut peer = Peer::at(listening.address).await;
    peer.says("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    peer.gets_hung_up_on().await;
    nothing_came_of_it(&sent, &listening, 0).await;
}

#[tokio::test]
async fn whoever_does_not_wait_for_answers_is_answered_in_turn() {
    let sent = Sent::with_letters(1).await;
    let listening = sent.listens(Limits::default()).await;
    let ours = sent.letters.address(0);
    let all = format!(
        "EHLO mx.example.net\r\nMAIL FROM:<>\r\nRCPT TO:<ann@example.org>\r\nRCPT TO:<{ours}>\r\nDATA\r\n\
         {}RSET\r\nQUIT\r\n",
        ended(&report("one"))
    );
    // In two parts, cut anywhere.
    for at in [10, all.len() / 2, all.len() - 20] {
        let mut peer = Peer::at(listening.address).await;
        let (one, other) = all.split_at(at);
        peer.says(one).await;
        tokio::task::yield_now().await;
        peer.says(other).await;
        for answer in ["250", "250", "550", "250", "354", "250", "250", "221"] {
            let heard = peer.hears().await;
            assert!(heard.starts_with(answer), "{heard:?} instead of {answer}, cut at {at}");
        }
        peer.gets_hung_up_on().await;
    }
    assert_eq!((listening.taken(), bounces(sent.pool(), 0).await), (3, 1));
}
