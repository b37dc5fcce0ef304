//! A relay that offers TLS and fails it: nothing is sent, and above all nothing unencrypted.

use scheduler::smtp::{Judgement, Scope};

use super::{
    Cell,
    places::{HANDSHAKES, Place},
    play_all,
};
use crate::{
    smtp::{deliver_once, relay, trusting},
    support::smtp_server::{Act, Beat, Certificate, Offers, SmtpServer},
};

/// A TLS record that announces more than comes.
const BEGUN: &[u8] = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03";

fn failures() -> Vec<(&'static str, Act)> {
    let beats = |beats: &[Beat]| Act::Beats(beats.to_vec());
    let say = |bytes: &[u8]| Beat::Say(bytes.to_vec());
    vec![
        ("hangs up", Act::HangUp),
        ("hangs up when greeted", beats(&[Beat::Hear, Beat::HangUp])),
        ("hangs up in the middle", beats(&[Beat::Hear, say(BEGUN), Beat::HangUp])),
        ("raises an alert", beats(&[Beat::Hear, say(b"\x15\x03\x03\x00\x02\x02\x28")])),
        ("knows no such version", beats(&[Beat::Hear, say(b"\x15\x03\x01\x00\x02\x02\x46"), Beat::HangUp])),
        ("says goodbye", beats(&[Beat::Hear, say(b"\x15\x03\x03\x00\x02\x01\x00"), Beat::HangUp])),
        ("speaks plain text", Act::Bytes(b"220 test.example ESMTP\r\n")),
        ("refuses in plain text", beats(&[Beat::Hear, say(b"454 4.7.0 TLS not available\r\n")])),
        ("speaks nonsense", beats(&[Beat::Repeat(vec![0x17; 1000])])),
        ("speaks zeros", beats(&[Beat::Repeat(vec![0; 1000])])),
    ]
}

fn silences() -> Vec<(&'static str, Act)> {
    vec![
        ("says nothing", Act::Silent),
        ("stops in the middle", Act::Beats(vec![Beat::Hear, Beat::Say(BEGUN.to_vec()), Beat::Silent])),
    ]
}

#[tokio::test]
async fn a_handshake_that_fails_is_the_relays_problem() {
    let mut cells = Vec::new();
    for place in &HANDSHAKES {
        cells.extend(failures().into_iter().map(|(wrong, act)| Cell::new(place, wrong, act, "relay")));
        cells.extend(
            silences()
                .into_iter()
                .map(|(wrong, act)| Cell { impatient: true, ..Cell::new(place, wrong, act, "relay") }),
        );
    }
    play_all(cells, 36).await;
}

async fn deliver_against(place: &Place, certificate: Certificate) -> (Judgement, SmtpServer) {
    let server = SmtpServer::start(Offers { certificate, ..place.offers() }).await;
    let judgement = deliver_once(trusting(relay(&place.url(&server)), &server)).await;
    (judgement, server)
}

#[tokio::test]
async fn a_certificate_of_another_or_of_long_ago_is_refused_even_from_a_trusted_authority() {
    for place in &HANDSHAKES {
        let (judgement, _) = deliver_against(place, Certificate::Good).await;
        assert!(matches!(judgement, Judgement::Accepted { .. }), "{}: {judgement:?}", place.name);
        for certificate in [Certificate::OfAnother, Certificate::Expired] {
            let (judgement, server) = deliver_against(place, certificate).await;
            let Judgement::NotTried { scope: Scope::Relay, why, .. } = &judgement else {
                panic!("{}, {certificate:?}: {judgement:?}", place.name)
            };
            assert!(why.contains("certificate is not trusted"), "{}, {certificate:?}: {why}", place.name);
            assert!(!server.commands().iter().any(|verb| verb == "MAIL"), "{}, {certificate:?}", place.name);
        }
    }
}
