//! Getting in: passwords, and what protects them.

use super::{Scene, has_processed, mailbox, mailbox_at, without_tls};
use crate::support::imap_server::{Act, ImapServer, Offers};
use crate::support::smtp_server::{Certificate, Encryption};
use intake::imap::Trust;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use scheduler::smtp::client_config;

/// Trusts the certificate of this server.
fn trusting(server: &ImapServer) -> Trust {
    let certificate = CertificateDer::from_pem_slice(server.certificate_pem().as_bytes()).expect("a certificate");
    Trust::new(move || client_config(vec![certificate.clone()]))
}

async fn speaking(encryption: Encryption, certificate: Certificate) -> ImapServer {
    ImapServer::start(Offers { encryption, certificate, ..Offers::default() }).await
}

#[tokio::test]
async fn a_wrong_password_is_told_without_it_and_forgotten_when_it_is_right() {
    let (scene, server) = (Scene::after(1).await, ImapServer::start(Offers::default()).await);
    server.takes_password("another");
    server.deliver(&scene.bounce(0).await);
    let watching = scene.watch(mailbox(&server));
    let error = scene.troubled("does not take user and password").await;
    assert_eq!(
        error,
        "127.0.0.1: the mail server does not take user and password: no <address> with that password, <user>"
    );
    server.takes_password("secret");
    has_processed(&server, 1).await;
    scene.untroubled().await;
    scene.has_bounced(1).await;
    watching.stop().await;
}

#[tokio::test]
async fn tls_protects_the_password_from_the_first_byte_or_after_starttls() {
    let scene = Scene::after(2).await;
    for (ordinal, encryption) in [(0, Encryption::Implicit), (1, Encryption::StartTls)] {
        let server = speaking(encryption, Certificate::Good).await;
        server.deliver(&scene.bounce(ordinal).await);
        let url = match encryption {
            Encryption::Implicit => format!("imaps://sky:secret@{}", server.address()),
            Encryption::StartTls | Encryption::None => format!("imap://sky:secret@{}?tls=required", server.address()),
        };
        let watching = scene.watch_from(&scene.service.node, mailbox_at(&url), trusting(&server));
        has_processed(&server, 1).await;
        scene.has_bounced(i64::from(ordinal) + 1).await;
        watching.stop().await;
    }
}

#[tokio::test]
async fn to_a_server_that_is_not_trusted_nobody_tells_the_password() {
    let scene = Scene::after(1).await;
    let own = speaking(Encryption::Implicit, Certificate::Good).await;
    for (server, url, trust, words) in [
        // Somebody else's certificate is trusted.
        (
            speaking(Encryption::Implicit, Certificate::Good).await,
            "imaps://sky:secret@ADDRESS",
            trusting(&own),
            "its certificate is not trusted",
        ),
        (
            speaking(Encryption::StartTls, Certificate::Good).await,
            "imap://sky:secret@ADDRESS?tls=required",
            trusting(&own),
            "its certificate is not trusted",
        ),
        (
            speaking(Encryption::None, Certificate::Good).await,
            "imap://sky:secret@ADDRESS?tls=required",
            trusting(&own),
            "it offers no STARTTLS",
        ),
        (
            speaking(Encryption::None, Certificate::Good).await,
            "imaps://sky:secret@ADDRESS",
            trusting(&own),
            "TLS does not begin",
        ),
        (
            speaking(Encryption::Implicit, Certificate::Good).await,
            "imaps://sky:secret@ADDRESS",
            without_tls(),
            "nobody needs TLS here",
        ),
        // It asks for TLS, and the settings do not.
        (
            speaking(Encryption::StartTls, Certificate::Good).await,
            "imap://sky:secret@ADDRESS?tls=none",
            trusting(&own),
            "takes no password here",
        ),
    ] {
        scene.forget_trouble().await;
        server.deliver(&scene.bounce(0).await);
        let url = url.replace("ADDRESS", &server.address().to_string());
        let watching = scene.watch_from(&scene.service.node, mailbox_at(&url), trust);
        scene.troubled(words).await;
        watching.stop().await;
        let told =
            server.commands().iter().any(|command| command.contains("AUTHENTICATE") || command.contains("LOGIN "));
        assert!(!told, "{words}: {:?}", server.commands());
    }
    assert_eq!(scene.bounced().await, 0);
}

#[tokio::test]
async fn nothing_is_believed_that_was_said_before_tls() {
    let scene = Scene::after(1).await;
    for (verb, said) in [
        ("GREETING", "* PREAUTH you are in\r\n"),
        ("STARTTLS", "TAG OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN MOVE\r\ns3 OK welcome\r\n"),
    ] {
        let server = speaking(Encryption::StartTls, Certificate::Good).await;
        server.deliver(&scene.bounce(0).await);
        server.play(move |heard| if heard.verb == verb { Act::Say(said.to_owned()) } else { Act::Usual });
        let url = format!("imap://sky:secret@{}?tls=required", server.address());
        let watching = scene.watch_from(&scene.service.node, mailbox_at(&url), trusting(&server));
        let words = if verb == "GREETING" { "before TLS has begun" } else { "it spoke before TLS" };
        scene.troubled(words).await;
        watching.stop().await;
        assert_eq!(server.times("AUTHENTICATE"), 0, "{:?}", server.commands());
    }
}
