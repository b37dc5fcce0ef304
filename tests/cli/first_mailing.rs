//! `docs/first-mailing.sh`: what a new user is told to do is done, line by line, against a service in a process of its own.

use crate::support::letters::link_in;
use crate::support::process::{Process, skymailing};
use crate::support::service::found;
use crate::support::smtp_server::{Offers, SmtpServer};
use std::io::Write;
use std::process::{Command, Output, Stdio};

const EMAIL: &str = "new.user@example.com";

/// The script as a reader starts it, who knows of nothing but these variables.
fn script(variables: &[(&str, &str)]) -> Command {
    let mut script = Command::new("sh");
    script.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/first-mailing.sh"));
    script.env_clear().env("PATH", std::env::var("PATH").unwrap_or_default()).envs(variables.iter().copied());
    script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    script
}

/// Runs it to its end, with nobody at the keyboard.
pub(super) async fn run(variables: &[(&str, &str)]) -> Output {
    let mut script = script(variables);
    script.stdin(Stdio::null());
    tokio::task::spawn_blocking(move || script.output()).await.expect("it runs").expect("there is a shell")
}

/// What it printed; it has to have ended well, with everything that it promises.
pub(super) fn good(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    for step in 1..=11 {
        assert!(out.contains(&format!("\n== {step}. ")), "step {step} is not in {out}");
    }
    for part in [" planned, ", "\"outcome\":\"ACCEPTED\"", "\"serverReply\":", "planned the mailing “First mailing”"]
    {
        assert!(out.contains(part), "{part} is not in {out}");
    }
    out.into_owned()
}

async fn serves(server: &SmtpServer, database_url: &str) -> (Process, String) {
    let serve = skymailing(&["serve"]).set("DATABASE_URL", database_url);
    let mut serve = serve.set("SMTP_URL", format!("smtp://{}", server.address())).start();
    let url = serve.serves().await;
    (serve, url)
}

#[tokio::test]
async fn a_new_user_comes_from_registration_to_a_report_with_nothing_but_curl() {
    let database = crate::support::database().await;
    let server = SmtpServer::start(Offers::default()).await;
    let (_serve, url) = serves(&server, &database.url).await;
    // A password may have anything in it.
    let password = r#"a "quoted" \ lengthy secret"#;
    let mut script = script(&[("SERVICE", &url), ("EMAIL", EMAIL), ("PASSWORD", password)]).spawn().expect("a shell");
    let mut keyboard = script.stdin.take().expect("its input is ours");

    // The letter arrives, and its reader pastes the link.
    let letter = found("the letter has arrived", async || server.received().pop()).await;
    assert_eq!(letter.recipient, EMAIL);
    writeln!(keyboard, "{}", link_in(&letter, "verify")).expect("it reads");
    drop(keyboard);
    let output =
        tokio::task::spawn_blocking(move || script.wait_with_output()).await.expect("it runs").expect("it ends");

    let printed = good(&output);
    assert!(printed.contains("1 letter was planned, 1 was accepted by the mail server"), "{printed}");
    // It shows every query and answer, and in them neither the password nor a token.
    assert!(printed.contains("\"password\":\"...\"") && printed.contains("\"token\":\"...\""), "{printed}");
    assert_eq!(printed.matches(password).count(), 1, "once, to log in with: {printed}");
    let letters = server.received();
    assert_eq!(letters.len(), 2);
    let text = String::from_utf8_lossy(&letters[1].letter);
    assert!(text.contains("Subject: Good news, Ann") && text.contains("Dear Ann Example,"), "{text}");
}

#[tokio::test]
async fn whatever_goes_wrong_on_the_way_is_said_and_ends_it() {
    let database = crate::support::database().await;
    let server = SmtpServer::start(Offers::default()).await;
    let (_serve, url) = serves(&server, &database.url).await;
    let smtp = format!("http://{}", server.address());
    for (variables, said) in [
        (vec![("SERVICE", &*url)], "set EMAIL to an address whose letters you can read"),
        (vec![("SERVICE", "http://127.0.0.1:1"), ("EMAIL", EMAIL)], "nobody answers at http://127.0.0.1:1"),
        (vec![("SERVICE", &*url), ("EMAIL", "nowhere")], "EMAIL_INVALID"),
        (vec![("SERVICE", &*url), ("EMAIL", EMAIL), ("PASSWORD", "short")], "PASSWORD_TOO_SHORT"),
        (vec![("SERVICE", &*url), ("MAILBOX", "http://127.0.0.1:1")], "is MAILBOX right?"),
        (vec![("SERVICE", &*url), ("MAILBOX", &*smtp)], "is MAILBOX right?"),
        // Nobody pastes anything.
        (vec![("SERVICE", &*url), ("EMAIL", EMAIL)], "there was no link"),
    ] {
        let output = run(&variables).await;
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{variables:?}: {err}");
        assert!(err.contains("first-mailing: ") && err.contains(said), "{variables:?}: {err}");
    }
    assert!(server.received().iter().all(|letter| letter.recipient == EMAIL), "only the letter that was asked for");
}
