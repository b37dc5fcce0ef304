//! Stories of logging in with an access token.

use std::{fs, path::Path};

use scheduler::smtp::{BreakerStatus, Connector, Judgement, Outbox, Relay, Scope};
use tempfile::TempDir;

use super::{assert_not_tried, deliver, deliver_once, is_accepted, letter, relay, trusting};
use crate::support::smtp_server::{Encryption, Offers, SmtpServer};

const USER: &str = "kim@example.org";

async fn server() -> SmtpServer {
    let mechanisms = "PLAIN LOGIN XOAUTH2 OAUTHBEARER";
    SmtpServer::start(Offers { token: Some((USER, "first-s3cret")), mechanisms, ..Offers::default() }).await
}

/// A file with a token, and the log of the command that prints it.
struct Tokens(TempDir);

impl Tokens {
    fn new(token: &str) -> Self {
        let tokens = Self(tempfile::tempdir().expect("a folder"));
        tokens.now(token);
        tokens
    }

    fn now(&self, token: &str) {
        fs::write(self.file(), format!("{token}\n")).expect("a token");
    }

    fn file(&self) -> std::path::PathBuf {
        self.0.path().join("token")
    }

    fn asked(&self) -> usize {
        fs::read_to_string(self.0.path().join("asked")).map_or(0, |log| log.lines().count())
    }

    /// The parameter of the command.
    fn command(&self) -> String {
        let path = |path: &Path| path.display().to_string();
        let command = format!("echo x >> {} && cat {}", path(&self.0.path().join("asked")), path(&self.file()));
        format!("token_command={}", url::form_urlencoded::byte_serialize(command.as_bytes()).collect::<String>())
    }
}

fn with_token(server: &SmtpServer, mechanism: &str, source: &str) -> Relay {
    relay(&format!("smtp://kim%40example.org@{}?auth={mechanism}&{source}", server.address()))
}

#[tokio::test]
async fn users_log_in_with_a_token_from_a_command_or_a_file() {
    for mechanism in ["xoauth2", "oauthbearer"] {
        let (server, tokens) = (server().await, Tokens::new("first-s3cret"));
        for source in [tokens.command(), format!("token_file={}", tokens.file().display())] {
            let judgement = deliver_once(with_token(&server, mechanism, &source)).await;
            assert!(is_accepted(&judgement), "{mechanism} {source}: {judgement:?}");
        }
        assert!(server.received().iter().all(|received| received.user.as_deref() == Some(USER)));
        assert_eq!(tokens.asked(), 1);
    }
}

#[tokio::test]
async fn a_token_goes_encrypted_where_the_relay_is_elsewhere() {
    for (encryption, scheme, parameter) in
        [(Encryption::StartTls, "smtp", "tls=required"), (Encryption::Implicit, "smtps", "tls=required")]
    {
        let tokens = Tokens::new("first-s3cret");
        let offers =
            Offers { encryption, token: Some((USER, "first-s3cret")), mechanisms: "XOAUTH2", ..Offers::default() };
        let server = SmtpServer::start(offers).await;
        let source = format!("token_file={}", tokens.file().display());
        let url = format!("{scheme}://kim%40example.org@{}?{parameter}&auth=xoauth2&{source}", server.address());
        let judgement = deliver_once(trusting(relay(&url), &server)).await;
        assert!(is_accepted(&judgement), "{judgement:?}");
        assert!(server.received()[0].encrypted);
    }
}

#[tokio::test]
async fn a_token_is_kept_over_connections_and_renewed_when_it_is_refused() {
    let (server, tokens) = (server().await, Tokens::new("first-s3cret"));
    let outbox = Outbox::start(with_token(&server, "xoauth2", &tokens.command()).with_letters_per_connection(1));
    for _ in 0..3 {
        assert!(is_accepted(&deliver(&outbox, letter("kim@example.com")).await));
    }
    assert_eq!(tokens.asked(), 1, "one token for three connections");

    server.takes_token("second-s3cret");
    tokens.now("second-s3cret");
    for _ in 0..3 {
        let judgement = deliver(&outbox, letter("kim@example.com")).await;
        assert!(is_accepted(&judgement), "{judgement:?}");
    }
    outbox.close().await;
    assert_eq!(tokens.asked(), 2, "another one when that was refused");
    assert_eq!(server.received().len(), 6);
}

#[tokio::test]
async fn a_token_that_is_refused_when_it_is_new_stops_everything_and_is_tried_again() {
    for mechanism in ["xoauth2", "oauthbearer"] {
        let (server, tokens) = (server().await, Tokens::new("wrong-s3cret"));
        let outbox = Outbox::start(with_token(&server, mechanism, &tokens.command()));
        let judgement = deliver(&outbox, letter("kim@example.com")).await;
        assert_not_tried(&judgement, Scope::Credentials);
        assert!(matches!(outbox.status(), BreakerStatus::Open { scope: Scope::Credentials, .. }));
        let shown = format!("{judgement:?} {:?} {outbox:?}", outbox.status());
        assert!(shown.contains("token not accepted") && !shown.contains("s3cret"), "{shown}");

        tokens.now("first-s3cret");
        outbox.ready().await;
        assert!(is_accepted(&deliver(&outbox, letter("kim@example.com")).await));
        outbox.close().await;
    }
}

#[tokio::test]
async fn a_command_that_fails_or_prints_no_token_stops_everything_and_is_told() {
    let server = server().await;
    for (source, words) in [
        ("token_command=echo+s3cret;+exit+3", "the command of token_command= failed (exit status: 3)"),
        ("token_command=echo+two+s3crets", "what token_command= prints is no token"),
        ("token_file=/does/not/exist", "the token cannot be read from /does/not/exist"),
    ] {
        let judgement = deliver_once(with_token(&server, "xoauth2", source)).await;
        assert_not_tried(&judgement, Scope::Credentials);
        let Judgement::NotTried { why, .. } = judgement else { unreachable!() };
        assert!(why.contains(words) && !why.contains("s3cret"), "{why}");
    }
    assert_eq!(server.connections(), 0, "without a token nothing is opened");
}

#[tokio::test]
async fn a_relay_that_does_not_offer_the_mechanism_is_not_told_the_token() {
    let offers = Offers { token: Some((USER, "first-s3cret")), mechanisms: "PLAIN LOGIN", ..Offers::default() };
    let (server, tokens) = (SmtpServer::start(offers).await, Tokens::new("first-s3cret"));
    let connector = Connector::new(with_token(&server, "xoauth2", &tokens.command()));
    let (_, happening) = connector.open().await.expect_err("it is not offered");
    assert!(format!("{happening:?}").contains("does not offer AUTH XOAUTH2"), "{happening:?}");
    assert!(!server.commands().contains(&"AUTH".to_owned()));
}
