//! `send` and `send-due`: a run without a service; `worker` and `api`: a service in two processes.

use super::scene::Scene;
use crate::support::service::found;
use crate::support::smtp_server::{Act, Offers, SmtpServer, Turn};
use crate::support::visitor::{Visitor, create_ann};
use serde_json::{Value, json};
use sqlx::postgres::PgListener;

fn json_of(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[tokio::test]
async fn send_sees_a_run_through_without_a_service_and_prints_the_report() {
    let scene = Scene::with_clients(120).await;
    let mailing = scene.mailing.to_string();

    let report = scene.skymailing(&["send", &mailing]).succeeds().await;

    assert!(report.starts_with("120 letters were planned, 120 were accepted by the mail server"), "{report}");
    assert_eq!(scene.server.accepted_recipients().len(), 120);
    scene.adds_up(scene.finished().await).await;
}

#[tokio::test]
async fn send_with_the_same_key_is_one_run() {
    let scene = Scene::with_clients(20).await;
    let mailing = scene.mailing.to_string();
    scene.skymailing(&["send", &mailing]).succeeds().await;

    let send = scene.skymailing(&["send", &mailing, "--key", "monday", "--json"]);
    let (first, second) = (send.succeeds().await, send.succeeds().await);

    assert_eq!(first, second, "the same run has the same report");
    assert_eq!(first.lines().count(), 1);
    let line = json_of(&first);
    let expected = json!({
        "planned": 20, "accepted": 20, "rejected": 0, "deferred": 0, "unknown": 0, "suppressed": 0, "expired": 0,
        "pending": 0, "seconds": line["seconds"], "per_second": line["per_second"],
    });
    assert_eq!(line, expected);
    assert_eq!(scene.runs().await.len(), 2);
    assert_eq!(scene.server.received().len(), 40);
}

#[tokio::test]
async fn send_to_a_mailing_that_does_not_exist_says_so() {
    let scene = Scene::with_clients(1).await;
    let unknown = uuid::Uuid::now_v7().to_string();
    let ended = scene.skymailing(&["send", &unknown]).run().await;
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.err.lines().last(), Some(&*format!("error: there is no mailing {unknown}")));

    let ended = scene.skymailing(&["send", "spring"]).run().await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("spring"), "{ended:?}");
    assert!(scene.server.received().is_empty());
}

#[tokio::test]
async fn send_that_is_stopped_says_that_the_run_goes_on_later() {
    let scene = Scene::with_clients(60).await;
    let gate = scene.hold_letters_after(20);
    let mailing = scene.mailing.to_string();
    let mut send = scene.skymailing(&["send", &mailing]).start();
    gate.reached_by(1).await;

    send.signal("TERM");
    send.says("finishing what is in flight").await;
    gate.open();
    let ended = send.ends().await;

    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{ended:?}");
    let error = ended.err.lines().last().unwrap_or_default();
    assert_eq!(error, "error: stopped before the run was finished; it goes on with the next worker");
    assert_eq!(scene.in_flight().await, 0);
    scene.take_letters();
    let report = scene.skymailing(&["send", &mailing]).succeeds().await;
    assert!(report.starts_with("60 letters were planned, 60 were accepted"), "{report}");
    scene.adds_up(scene.finished().await).await;
}

#[tokio::test]
async fn send_due_sends_what_is_due_and_ends_and_ends_at_once_when_nothing_is() {
    let scene = Scene::with_clients(120).await;

    let first = scene.skymailing(&["send-due"]).succeeds().await;
    let second = scene.skymailing(&["send-due", "--json"]).succeeds().await;

    assert_eq!(first, "1 runs were finished; 0 go on later.\n");
    assert_eq!(json_of(&second), json!({ "finished": 0, "open": 0 }));
    scene.adds_up(scene.finished().await).await;
    assert_eq!(scene.server.received().len(), 120);
}

#[tokio::test]
async fn send_due_does_not_wait_for_letters_that_were_put_off() {
    let scene = Scene::with_clients(30).await;
    scene.server.play(|turn| match turn {
        Turn::Rcpt(to) if to.contains("client7@") => Act::Say("450 4.2.0 greylisted"),
        _ => Act::Usual,
    });
    // The next attempt is hours away.
    let send_due = scene.skymailing(&["send-due", "--json"]).set("RETRY_PAUSES", "6h");

    let (first, second) = (send_due.succeeds().await, send_due.succeeds().await);

    assert_eq!(json_of(&first), json!({ "finished": 0, "open": 1 }));
    assert_eq!(json_of(&second), json!({ "finished": 0, "open": 1 }));
    let totals = scene.runs().await.remove(0).totals();
    assert_eq!((totals.accepted, totals.deferred), (29, 1));
    assert_eq!(scene.server.received().len(), 29);
}

#[tokio::test]
async fn a_mutation_in_one_process_is_sent_by_another_that_hears_of_it() {
    let database = crate::support::database().await;
    let server = SmtpServer::start(Offers::default()).await;
    create_ann(&database.url).await;
    let program = |name: &str| {
        let program = crate::support::process::skymailing(&[name]).set("DATABASE_URL", &database.url);
        program.set("SMTP_URL", format!("smtp://{}", server.address()))
    };
    let mut worker = program("worker").start();
    let mut api = program("api").start();
    worker.says("sending letters").await;
    let ann = Visitor::ann(&api.serves().await).await;
    let csv = "email,full_name\nbob@example.org,Bob\neve@example.org,Eve\n";
    ann.does("clientsImport", json!({ "csv": csv }), "report { imported }").await;
    found("both listen", async || {
        let query =
            "select count(*) from pg_stat_activity where datname = current_database() and query ilike 'listen %'";
        let listening: i64 = sqlx::query_scalar(query).fetch_one(&database.pool).await.expect("they can be counted");
        (listening == 2).then_some(())
    })
    .await;
    let mut listener = PgListener::connect(&database.url).await.expect("the database is there");
    listener.listen("skymailing_events").await.expect("a channel");

    let mailing = ann.plans_a_mailing().await;

    server.wait_for(2).await;
    listener.recv().await.expect("the one tells the other");
    let run = ann.sees_through(&mailing).await;
    assert_eq!(run["progress"]["accepted"], 2);
    assert_eq!(server.received().len(), 2);
    for process in [worker, api] {
        process.signal("TERM");
        assert_eq!(process.ends().await.code, Some(0));
    }
}
