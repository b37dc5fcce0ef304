//! `intake`: the command that a mail server starts for each message, and the list of those that were not understood.

use super::{DOMAIN, Sent, dsn, letter};
use crate::support::database::OwnServer;
use crate::support::process::{Ended, Program, skymailing};
use crate::support::service::found;
use crate::support::visitor::create_ann;
use domain::letter::Purpose;
use serde_json::{Value, json};

/// How much memory the command may have, in bytes, while it reads a message that is longer.
const MEMORY: u64 = 256 << 20;

impl Sent {
    /// The program with this service's database.
    fn intake(&self, arguments: &[&str]) -> Program {
        intake(&self.service.database.url, arguments)
    }
}

fn intake(url: &str, arguments: &[&str]) -> Program {
    let words: Vec<&str> = ["intake"].into_iter().chain(arguments.iter().copied()).collect();
    skymailing(&words).set("DATABASE_URL", url).set("BOUNCE_DOMAIN", DOMAIN)
}

async fn json_of(program: Program) -> Value {
    serde_json::from_str(&program.succeeds().await).expect("one line of JSON")
}

#[tokio::test]
async fn a_mail_server_hands_messages_over_and_hears_what_they_were_taken_for() {
    let sent = Sent::with_paths().await;
    let to = sent.path("bob");
    let report = dsn("1", &to, "bob@example.org", "X-Nothing: of ours");
    let pipe = sent.intake(&["--to", &to, "--from", ""]).input(&report);
    assert_eq!(pipe.succeeds().await, "A letter came back: that is recorded.\n");
    assert_eq!(
        json_of(sent.intake(&["--to", &to, "--from", "", "--json"]).input(&report)).await,
        json!({ "taken": "known" })
    );
    let told = sent.facts().await.remove(0);
    assert_eq!(told["BounceReported"]["report"]["via"], json!("pipe"));

    // A mailbox that everything is delivered to, as `.forward` hands it over: the line before the header is the mailbox's.
    let leave = sent.address(Purpose::Unsubscribe, sent.letter("bob"));
    let wish = letter("bob@example.org", &leave, "unsubscribe", "").replace("\r\n", "\n");
    let wish = format!("From bob@example.org Mon May  4 09:07:00 2026\n{wish}");
    assert_eq!(json_of(sent.intake(&["--json"]).input(&wish)).await, json!({ "taken": "unsubscribe" }));
    // What Postfix writes for the null sender.
    let carl = sent.address(Purpose::Unsubscribe, sent.letter("carl"));
    let unwanted = letter("x@example.net", &carl, "unsubscribe", "");
    let taken = json_of(sent.intake(&["--json", "--from", "MAILER-DAEMON", "--to", &carl]).input(&unwanted)).await;
    assert_eq!(taken, json!({ "taken": "kept" }));
}

#[tokio::test]
async fn what_is_no_message_is_refused_for_good() {
    let sent = Sent::with_paths().await;
    for nothing in ["", "\r\n \n"] {
        let Ended { code, err, .. } = sent.intake(&[]).input(nothing).run().await;
        assert_eq!(code, Some(65), "{err}");
        assert!(err.contains("error: standard input is empty, and no message"), "{err}");
    }
    assert_eq!(sent.kept().await, 0);
}

#[tokio::test]
async fn what_cannot_be_stored_is_to_come_again_and_nothing_is_lost() {
    let mut postgres = OwnServer::start().await;
    let text = letter("bob@example.org", "sky@example.com", "Re: Hello", "");
    let pipe = |url: &str| intake(url, &["--json"]).input(&text);

    // Nobody has started the service yet, so there are no tables: this is not the one who makes them.
    let Ended { code, err, .. } = pipe(postgres.url()).run().await;
    assert_eq!(code, Some(75), "{err}");
    create_ann(postgres.url()).await;
    assert_eq!(json_of(pipe(postgres.url())).await, json!({ "taken": "kept" }));

    postgres.stop().await;
    let Ended { code, out, err, .. } = pipe(postgres.url()).run().await;
    assert_eq!((code, out.as_str()), (Some(75), ""), "{err}");
    postgres.start_again().await;
    assert_eq!(json_of(pipe(postgres.url())).await, json!({ "taken": "known" }), "it came again");
    let list = json_of(intake(postgres.url(), &["list", "--json"])).await;
    assert_eq!(list.as_array().map(Vec::len), Some(1), "{list}");
}

#[tokio::test]
async fn a_message_whose_program_is_killed_comes_again_and_counts_once() {
    let sent = Sent::with_paths().await;
    let (pool, to) = (&sent.service.database.pool, sent.path("bob"));
    let report = dsn("1", &to, "bob@example.org", "X-Nothing: of ours");
    let url = format!("{}&application_name=the-pipe", sent.service.database.url);
    let pipe = intake(&url, &["--to", &to, "--from", "", "--json"]).input(&report);
    let connections = async |which: &str| {
        let query = format!(
            "select count(*) from pg_stat_activity
              where datname = current_database() and application_name = 'the-pipe' and {which}"
        );
        sqlx::query_scalar::<_, i64>(&query).fetch_one(pool).await.expect("they can be counted")
    };

    let mut hold = pool.begin().await.expect("a transaction");
    let lock = sqlx::query("lock table events in share row exclusive mode");
    lock.execute(&mut *hold).await.expect("nobody has it");
    let killed = pipe.start();
    found("it waits", async || (connections("wait_event_type = 'Lock'").await > 0).then_some(())).await;
    killed.killed().await;
    hold.rollback().await.expect("it ends");
    found("its connections are gone", async || (connections("true").await == 0).then_some(())).await;

    // The mail server has heard nothing, and after that is in doubt once more.
    pipe.succeeds().await;
    assert_eq!(pipe.succeeds().await, "{\"taken\":\"known\"}\n");
    assert_eq!(sent.facts().await.len(), 1);
}

#[tokio::test]
async fn a_mail_server_comes_again_until_a_setting_is_mended_and_no_database_is_made_for_it() {
    let text = letter("bob@example.org", "sky@example.com", "Re: Hello", "");
    let wrong = skymailing(&["intake"]).set("DATABASE_URL", "mysql://nobody/mail").input(&text).run().await;
    assert_eq!(wrong.code, Some(75), "{wrong:?}");
    assert!(wrong.err.contains("DATABASE_URL is wrong"), "{wrong:?}");
    let home = tempfile::tempdir().expect("a folder");
    let elsewhere = skymailing(&["intake"]).set("DATA_DIR", home.path().to_string_lossy()).input(&text).run().await;
    assert_eq!(elsewhere.code, Some(75), "{elsewhere:?}");
    assert!(elsewhere.err.contains("there is no database yet"), "{elsewhere:?}");
    assert_eq!(std::fs::read_dir(home.path()).expect("readable").count(), 0, "nothing is made");
    // Whoever only asks for help gets it.
    assert_eq!(skymailing(&["intake", "--help"]).run().await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_megabytes_through_the_pipe_take_no_memory() {
    let sent = Sent::with_paths().await;
    let text =
        letter("bob@example.org", "sky@example.com", "long", "") + &"a line of a long letter\r\n".repeat(4_000_000);
    let pipe = sent.intake(&["--json"]).through(&["prlimit", &format!("--data={MEMORY}"), "--"]).input(&text);
    let ended = tokio::task::spawn_blocking(move || pipe.start()).await.expect("it starts").ends().await;
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "{\"taken\":\"kept\"}\n"), "{}", ended.err);
    let list = json_of(sent.intake(&["list", "--json"])).await;
    assert_eq!((&list[0]["subject"], &list[0]["size"]), (&json!("long"), &json!(64 << 20)), "no more of it was read");
}

#[tokio::test]
async fn messages_that_were_not_understood_are_shown_read_again_and_thrown_away() {
    let sent = Sent::with_paths().await;
    assert_eq!(sent.intake(&["list"]).succeeds().await, "There are none.\n");
    let text = letter("bob@example.org", "sky@example.com", "Re:\u{1b}[2J Hello", "");
    let report = dsn("1", "sky@example.com", "bob@example.org", &sent.message_id("bob"));
    for message in [&text, &report] {
        assert_eq!(json_of(sent.intake(&["--json"]).input(message)).await, json!({ "taken": "kept" }));
    }
    let list = json_of(sent.intake(&["list", "--json"])).await;
    let id = |from: &str| {
        let mut rows = list.as_array().expect("a list").iter();
        let row = rows.find(|row| row["from"].as_str().is_some_and(|own| own.contains(from)));
        row.and_then(|row| row["id"].as_str()).expect("it is there").to_owned()
    };
    let (letter, bounce) = (id("bob@example.org"), id("MAILER-DAEMON"));
    assert_eq!(list[0]["via"], json!("pipe"));
    let lines = sent.intake(&["list"]).succeeds().await;
    assert!(lines.lines().count() == 2 && lines.contains(&letter) && !lines.contains('\u{1b}'), "{lines}");
    assert_eq!(sent.intake(&["list", "--first", "1"]).succeeds().await.lines().count(), 1);

    // As it came in, for whoever passes it on.
    assert_eq!(sent.intake(&["show", &letter]).succeeds().await, text);
    assert_eq!(json_of(sent.intake(&["show", &letter, "--json"])).await["message"], json!(text));

    let still = sent.intake(&["again", &bounce]).succeeds().await;
    assert_eq!(still, "It is still not understood, or its letter not found: it stays.\n");
    let understood = skymailing(&["intake", "again", &bounce]).set("DATABASE_URL", &sent.service.database.url);
    assert_eq!(understood.succeeds().await, "A letter came back: that is recorded. It is no longer kept.\n");
    assert_eq!(sent.intake(&["dismiss", &letter]).succeeds().await, "It is thrown away.\n");
    let (letter, bounce) = (letter.as_str(), bounce.as_str());
    for gone in [["show", letter], ["again", bounce], ["dismiss", letter]] {
        let ended = sent.intake(&gone).run().await;
        assert!(ended.code == Some(1) && ended.err.contains("error: there is no such message"), "{ended:?}");
    }
    assert_eq!(sent.kept().await, 0);

    assert_eq!(sent.intake(&["standing"]).succeeds().await, "pipe: 2 kept\n");
    let standing = json_of(sent.intake(&["standing", "--json"])).await;
    assert_eq!((&standing[0]["via"], &standing[0]["counts"]), (&json!("pipe"), &json!({ "kept": 2 })));
}

#[tokio::test]
async fn the_doctor_says_where_letters_come_back_to_and_what_keeps_them_from_coming_in() {
    let sent = Sent::with_paths().await;
    let pool = &sent.service.database.pool;
    let doctor = |domain: &str| {
        let doctor = skymailing(&["doctor", "--json"]).set("DATABASE_URL", &sent.service.database.url);
        doctor.set("DNS_SERVER", "127.0.0.1:9").set("BOUNCE_DOMAIN", domain)
    };
    let check = async |program: Program, name: &str| {
        let ended = program.run().await;
        let answer: Value = serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
        let mut checks = answer["checks"].as_array().expect("checks").iter();
        let check = checks.find(|check| check["name"] == name).expect("it is looked at").clone();
        let text = |field: &str| check[field].as_str().unwrap_or_default().to_owned();
        (text("state"), text("finding"))
    };

    let (state, told) = check(doctor(""), "returns").await;
    assert!(state == "ok" && told.contains("BOUNCE_DOMAIN"), "{told}");
    let (state, told) = check(doctor("").set("INTAKE_ADDR", "127.0.0.1:2525"), "returns").await;
    assert!(state == "problem" && told.starts_with("INTAKE_ADDR takes mail for BOUNCE_DOMAIN"), "{told}");
    let (state, told) = check(doctor(DOMAIN), "returns").await;
    assert!(state == "warning" && told.contains("nobody here has taken any in"), "{told}");
    let (state, told) = check(doctor(DOMAIN).set("INTAKE_ADDR", "127.0.0.1:2525"), "returns").await;
    assert_eq!((state.as_str(), told.as_str()), ("ok", "letters come back to bounce.example.org, by smtp"));

    let text = letter("bob@example.org", "sky@example.com", "Re: Hello", "");
    sent.intake(&[]).input(&text).succeeds().await;
    let (state, told) = check(doctor(DOMAIN), "returns").await;
    assert_eq!((state.as_str(), told.as_str()), ("ok", "letters come back to bounce.example.org, by pipe"));
    let (state, told) = check(doctor(DOMAIN), "kept messages").await;
    assert!(state == "warning" && told.starts_with("1 that came in"), "{told}");

    let broken =
        "insert into intake_states (via, error, since, looked_at) values ('imap', 'no such host', now(), now())";
    sqlx::query(broken).execute(pool).await.expect("written");
    let (state, told) = check(doctor(DOMAIN), "returns").await;
    assert!(state == "problem" && told.ends_with("no such host"), "{told}");
    // Nobody looks there any more: the mailbox is in no settings.
    let left = "update intake_states set looked_at = now() - interval '3 hours'";
    sqlx::query(left).execute(pool).await.expect("written");
    let (state, told) = check(doctor(DOMAIN), "returns").await;
    assert_eq!((state.as_str(), told.as_str()), ("ok", "letters come back to bounce.example.org, by pipe"));
}
