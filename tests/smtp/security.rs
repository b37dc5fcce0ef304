//! Stories of encryption and of logging in.

use scheduler::smtp::{BreakerStatus, Judgement, Outbox, Scope};

use super::{assert_not_tried, deliver, deliver_once, is_accepted, letter, plain_server, relay, trusting, url};
use crate::support::smtp_server::{Act, Certificate, Encryption, Offers, SmtpServer, Turn};

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

/// A server with a certificate as `openssl req -x509` makes it: signed by itself, and able to sign others.
async fn server_of_its_own(certificate: Certificate) -> SmtpServer {
    SmtpServer::start(Offers { encryption: Encryption::Implicit, certificate, ..Offers::default() }).await
}

#[tokio::test]
async fn a_certificate_that_signed_itself_is_trusted_where_it_is_named_and_nowhere_else() {
    let (own, other) =
        (server_of_its_own(Certificate::Authority).await, server_of_its_own(Certificate::Authority).await);
    let to_own = || relay(&format!("smtps://{}", own.address()));
    let judgement = deliver_once(trusting(to_own(), &own)).await;
    assert!(is_accepted(&judgement), "{judgement:?}");
    assert!(own.received()[0].encrypted);

    // The other one is as good an authority, and its name fits, too.
    let judgement = deliver_once(trusting(to_own(), &other)).await;
    assert_not_tried(&judgement, Scope::Relay);
    let Judgement::NotTried { why, .. } = judgement else { unreachable!() };
    assert!(why.contains("name exactly this certificate in SMTP_CA_FILE"), "{why}");
    assert_eq!(own.received().len(), 1);
}

#[tokio::test]
async fn a_named_certificate_of_another_host_is_refused_with_what_to_do() {
    let server = server_of_its_own(Certificate::OfAnother).await;
    let judgement = deliver_once(trusting(relay(&format!("smtps://{}", server.address())), &server)).await;
    assert_not_tried(&judgement, Scope::Relay);
    let Judgement::NotTried { why, .. } = judgement else { unreachable!() };
    assert!(why.contains("has to name 127.0.0.1 as its subjectAltName"), "{why}");
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
