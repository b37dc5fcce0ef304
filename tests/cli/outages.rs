//! PostgreSQL is away: at start, between requests, in the middle of a run.

use crate::support::database::OwnServer;
use crate::support::process::skymailing;
use crate::support::smtp_server::{Act, Gate, Offers, SmtpServer, Turn};
use crate::support::visitor::{Visitor, create_ann};
use reqwest::StatusCode;
use serde_json::json;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The longest that a request may wait for a PostgreSQL that is away.
const BOUNDED: Duration = Duration::from_secs(15);

#[tokio::test]
async fn a_service_that_starts_before_its_postgresql_says_that_it_waits_and_works_once_it_is_there() {
    let mut postgres = OwnServer::start().await;
    postgres.stop().await;
    let mut serve = skymailing(&["serve"]).set("DATABASE_URL", postgres.url()).start();
    serve.says("PostgreSQL does not answer; waiting for it (see DATABASE_URL)").await;

    postgres.start_again().await;

    serve.says("PostgreSQL is there").await;
    let url = serve.serves().await;
    create_ann(postgres.url()).await;
    Visitor::ann(&url).await;
}

#[tokio::test]
async fn a_service_that_waits_for_its_postgresql_can_be_stopped() {
    let mut postgres = OwnServer::start().await;
    postgres.stop().await;
    let mut serve = skymailing(&["serve"]).set("DATABASE_URL", postgres.url()).start();
    serve.says("PostgreSQL does not answer").await;

    serve.signal("TERM");

    assert!(serve.ends().await.signal.is_none());
}

#[tokio::test]
async fn while_postgresql_is_away_requests_fail_clearly_and_everything_resumes_by_itself() {
    let mut postgres = OwnServer::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let serve = skymailing(&["serve"]).set("DATABASE_URL", postgres.url());
    let mut serve = serve.set("SMTP_URL", format!("smtp://{}", server.address())).start();
    let url = serve.serves().await;
    create_ann(postgres.url()).await;
    let ann = Visitor::ann(&url).await;
    let csv = (0..100).fold("email\n".to_owned(), |mut csv, number| {
        let _ = writeln!(csv, "client{number}@example.org");
        csv
    });
    ann.does("clientsImport", json!({ "csv": csv }), "report { imported }").await;
    let (gate, letters) = (Gate::new(), AtomicUsize::new(0));
    let closed = gate.clone();
    server.play(move |turn| match turn {
        Turn::Body(_) if letters.fetch_add(1, Ordering::Relaxed) >= 30 => Act::Wait(closed.clone()),
        _ => Act::Usual,
    });
    let mailing = ann.plans_a_mailing().await;
    gate.reached_by(1).await;

    postgres.stop().await;

    for query in ["{ viewer { email } }", "mutation { groupCreate(input: { name: \"Friends\" }) { group { id } } }"] {
        let asked = Instant::now();
        let (status, body) = ann.post(query, json!({})).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{body}");
        assert_eq!(body["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{body}");
        assert!(asked.elapsed() < BOUNDED, "it took {:?}", asked.elapsed());
    }
    // The letters on their way are accepted now, and there is nowhere to write it down.
    gate.open();
    serve.says("outcomes wait for the database").await;
    // The refused requests took longer than a lease: it has run out, and yet nothing is in doubt, because the process
    // that knows the answers lives.
    assert!(serve.is_running());

    postgres.start_again().await;

    let run = ann.sees_through(&mailing).await;
    let progress = &run["progress"];
    assert_eq!((&progress["planned"], &progress["accepted"]), (&json!(100), &json!(100)), "{progress}");
    assert_eq!((server.received().len(), server.accepted_recipients().len()), (100, 100), "nobody gets two");
    let created = ann.does("groupCreate", json!({ "name": "Friends" }), "group { name }").await;
    assert_eq!(created["group"]["name"], "Friends");
    serve.signal("TERM");
    assert_eq!(serve.ends().await.code, Some(0));
}
