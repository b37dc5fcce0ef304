//! `why` and `audit export`: the log, asked at the command line.

use crate::support::feedback::{bounced_at, gone, letter_at};
use crate::support::process::skymailing;
use crate::support::service::HandClock;
use crate::support::smtp_server::{Offers, SmtpServer};
use crate::support::visitor::{ANN, Visitor, create_ann};
use domain::RunId;
use eventstore::EventStore;
use serde_json::Value;

#[tokio::test]
async fn the_log_is_asked_who_got_what_and_exported() {
    let database = crate::support::database().await;
    let server = SmtpServer::start(Offers::default()).await;
    let program = |arguments: &[&str]| {
        let program = skymailing(arguments).set("DATABASE_URL", &database.url);
        program.set("SMTP_URL", format!("smtp://{}", server.address()))
    };
    let dir = tempfile::tempdir().expect("a directory");
    let clients = dir.path().join("clients.csv");
    std::fs::write(&clients, "email,full_name\nbob@example.org,=Bob\neve@example.org,Eve\n").expect("a file");
    create_ann(&database.url).await;
    program(&["import", clients.to_str().expect("text"), "--owner", ANN]).succeeds().await;
    let mut api = program(&["api"]).start();
    let ann = Visitor::ann(&api.serves().await).await;
    let mailing = ann.plans_a_mailing().await;
    api.signal("TERM");
    assert_eq!(api.ends().await.code, Some(0));

    let told = program(&["why", "bob@example.org", "--mailing", &mailing]).succeeds().await;
    assert!(told.contains("no run of the mailing has begun"), "{told}");
    let told = program(&["why", "bob@example.org"]).succeeds().await;
    assert_eq!(
        told, "There is nothing to tell: no client has this address or ever had it, or no mailing has begun.\n",
        "Bob is a client, and nobody says that he is none"
    );
    program(&["send", &mailing]).succeeds().await;
    let told = program(&["why", "bob@example.org", "--owner", ANN]).succeeds().await;
    assert!(told.contains("the mail server took the letter") && told.contains("accepted: 250"), "{told}");
    let told = program(&["why", "nobody@example.org", "--language", "ru"]).succeeds().await;
    assert!(told.starts_with("Рассказать нечего: такого адреса нет и не было ни у одного клиента"), "{told}");
    let told = program(&["why", "bob@example.org", "--json"]).succeeds().await;
    let told: Value = serde_json::from_str(&told).expect("one line of JSON");
    assert_eq!((&told[0]["outcome"], &told[0]["attempts"][0]["code"]), (&"accepted".into(), &250.into()), "{told}");
    let letter = program(&["why", "bob@example.org", "--letter"]).succeeds().await;
    assert!(letter.contains("bob@example.org") && letter.contains("Message-ID: <"), "{letter}");
    for (arguments, said) in [
        (&["why", "bob"][..], "error: "),
        (&["why", "bob@example.org", "--owner", "no@example.org"], "there is no user no@example.org"),
        (&["why", "nobody@example.org", "--letter"], "no letter was sent to this address"),
        (&["why", "bob@example.org", "--mailing", "00000000-0000-0000-0000-000000000000"], "there is no such mailing"),
    ] {
        let ended = program(arguments).run().await;
        assert!(ended.code == Some(1) && ended.err.contains(said), "{said}: {ended:?}");
    }

    // What came back of the letters is told, too.
    let run = RunId(sqlx::query_scalar("select id from runs").fetch_one(&database.pool).await.expect("a run"));
    let (store, clock) = (EventStore::new(database.pool.clone()), HandClock::at("2026-05-04T09:00:00Z"));
    for ordinal in 0..2 {
        let letter = letter_at(&database.pool, run, ordinal).await;
        bounced_at(&store, clock.now(), letter, "1", gone()).await;
    }
    let told = program(&["why", "bob@example.org", "--mailing", &mailing]).succeeds().await;
    let back = "  2026-05-04T09:00:00Z came back for good, reported by mx.example.org (smtp): 5.1.1 no such user\n";
    assert!(told.contains("the mail server took the letter") && told.ends_with(back), "{told}");
    let told = program(&["why", "bob@example.org", "--json"]).succeeds().await;
    let told: Value = serde_json::from_str(&told).expect("one line of JSON");
    let report = &told[0]["feedback"][0];
    assert_eq!(
        (&report["what"], &report["code"], &report["dead"]),
        (&"permanent".into(), &"5.1.1".into(), &true.into())
    );
    assert_eq!(told[0]["outcome"], "accepted", "it was that all the same");
    let told = program(&["report", "--mailing", &mailing]).succeeds().await;
    assert!(told.contains("2 letters came back for good after that, 100% of those accepted.\n"), "{told}");
    let told = program(&["report", "--mailing", &mailing, "--json"]).succeeds().await;
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!((&told["cameBack"]["bounced"], &told["attempt"]["succeeded"]), (&2.into(), &true.into()));

    // All events, each in a line; and those that pass a filter, in cells that no spreadsheet runs.
    let events: i64 =
        sqlx::query_scalar("select count(*) from events").fetch_one(&database.pool).await.expect("they can be counted");
    let all = program(&["audit", "export", "-"]).succeeds().await;
    let lines: Vec<Value> = all.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(i64::try_from(lines.len()).ok(), Some(events));
    assert!(lines.is_sorted_by_key(|line| line["position"].as_i64()));
    assert!(lines.iter().any(|line| line["kind"] == "batch" && line["actor"] == "system:scheduler"), "{all}");
    let file = dir.path().join("log.csv");
    let path = file.to_str().expect("text");
    let said =
        program(&["audit", "export", path, "--owner", ANN, "--kind", "client", "--type", "Added"]).succeeds().await;
    assert_eq!(said, format!("2 events were exported to {path}.\n"));
    let written = std::fs::read_to_string(&file).expect("a file");
    assert_eq!(written.lines().count(), 3, "{written}");
    assert!(written.contains("added the client bob@example.org"), "{written}");
    assert!(!written.contains(",\"="), "{written}");
    let bad = program(&["audit", "export", "-", "--kind", "rocket"]).run().await;
    assert_eq!(bad.code, Some(2), "{bad:?}");
}
