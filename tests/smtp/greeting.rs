//! Stories of greeting: the name that is said, and servers that know no EHLO.

use scheduler::smtp::Scope;

use super::{assert_not_tried, deliver_once, is_accepted, plain_server, relay, url};
use crate::support::smtp_server::{Act, SmtpServer, Turn};

/// A server from before extensions.
async fn old_server(says: &'static str) -> SmtpServer {
    let server = plain_server().await;
    server.play(move |turn| if turn == Turn::Ehlo { Act::Say(says) } else { Act::Usual });
    server
}

#[tokio::test]
async fn the_name_of_the_settings_is_said_also_in_the_old_way() {
    for name in ["mail.example.org", "[192.0.2.1]", "[IPv6:2001:db8::1]"] {
        let server = old_server("500 5.5.2 what").await;
        let relay = relay(&url(&server)).with_hello_name(name.parse().expect("a name"));
        assert!(is_accepted(&deliver_once(relay).await));
        let said: Vec<String> = server.dialogue().into_iter().map(|(_, command)| command).take(2).collect();
        assert_eq!(said, [format!("EHLO {name}"), format!("HELO {name}")]);
    }
}

#[tokio::test]
async fn without_a_setting_nobody_is_told_that_this_is_localhost() {
    let server = plain_server().await;
    assert!(is_accepted(&deliver_once(relay(&url(&server))).await));
    let (_, said) = server.dialogue().remove(0);
    let name = said.strip_prefix("EHLO ").expect("a greeting");
    assert!(name.contains('.') || name.starts_with("[IPv6:"), "{said}");
    assert!(!name.starts_with("localhost"), "{said}");
}

#[tokio::test]
async fn a_server_that_knows_no_ehlo_gets_letters_in_the_old_way_without_extensions() {
    for says in ["500 5.5.2 what", "502 5.5.1 not here", "504 not with that"] {
        let server = old_server(says).await;
        for parameter in ["", "?tls=opportunistic"] {
            let judgement = deliver_once(relay(&format!("{}{parameter}", url(&server)))).await;
            assert!(is_accepted(&judgement), "{says} {parameter}: {judgement:?}");
        }
        // No parameters, and one command in each turn.
        assert!(server.received().iter().all(|letter| letter.mail == "MAIL FROM:<news@example.org>"), "{says}");
        assert_eq!(server.commands()[..5], ["EHLO", "HELO", "MAIL", "RCPT", "DATA"]);
    }
}

#[tokio::test]
async fn whoever_wants_encryption_or_a_login_does_not_fall_back() {
    for (user, parameter) in [("", "?tls=required"), ("kim:secret@", "")] {
        let server = old_server("500 5.5.2 what").await;
        let judgement = deliver_once(relay(&format!("smtp://{user}{}{parameter}", server.address()))).await;
        assert_not_tried(&judgement, Scope::Relay);
        assert!(!server.commands().iter().any(|verb| verb == "HELO"));
    }
}

#[tokio::test]
async fn a_refusal_of_our_name_is_no_reason_to_say_it_again() {
    let server = old_server("550 5.7.1 you are not that").await;
    assert_not_tried(&deliver_once(relay(&url(&server))).await, Scope::Relay);
    assert_eq!(server.commands(), ["EHLO"]);
}
