//! `consent`: what a client has agreed to, at the command line.

use crate::support::TestDatabase;
use crate::support::process::{Program, skymailing};
use crate::support::visitor::{ANN, create_ann};
use domain::client::{Client, Command, Consent, Source};
use domain::{Actor, ClientId, UserId};
use eventstore::{EventStore, Metadata};
use serde_json::{Value, json};
use uuid::Uuid;

fn consent(database: &TestDatabase, more: &[&str]) -> Program {
    skymailing(&[&["consent", "anna@example.com", "--owner", ANN], more].concat()).set("DATABASE_URL", &database.url)
}

#[tokio::test]
async fn the_evidence_is_shown_and_asked_for_as_of_a_moment() {
    let database = crate::support::database().await;
    let nobody = consent(&database, &[]).run().await;
    assert!(nobody.code == Some(1) && nobody.err.contains("error: there is no user ann@example.com"), "{nobody:?}");
    create_ann(&database.url).await;
    let none = consent(&database, &[]).run().await;
    assert!(none.code == Some(1) && none.err.contains("there is no client anna@example.com of ann@"), "{none:?}");
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("clients.csv");
    std::fs::write(&file, "email,full name\nAnna@example.com,Anna\nanna@example.com.org,Another\n").expect("a file");
    let file = file.to_str().expect("text");
    skymailing(&["import", file, "--owner", ANN]).set("DATABASE_URL", &database.url).succeeds().await;
    let told = consent(&database, &[]).succeeds().await;
    assert_eq!(told, "Anna@example.com\n  Nobody has written down that they agreed to get letters.\n");

    let query = "select id, owner_id from clients where lower(email) = 'anna@example.com'";
    let (client, owner): (Uuid, Uuid) = sqlx::query_as(query).fetch_one(&database.pool).await.expect("a client");
    let (client, by) = (ClientId(client), UserId(owner));
    let at = "2026-04-01T10:00:00Z".parse().expect("a moment");
    let (wording, address) = ("I want\nthe news".to_owned(), "192.0.2.1".parse().ok());
    let given = Consent { topic: None, wording, at, source: Source::Program, address };
    let store = EventStore::new(database.pool.clone());
    let metadata = Metadata::new(Actor::System("test".to_owned()), Uuid::now_v7());
    for command in [
        Command::GiveConsent { by, consent: given },
        Command::WithdrawConsent { by, topic: None, at, source: Source::Person },
    ] {
        store.execute::<Client>(client.0, command, &metadata).await.expect("it may be");
    }

    let told = consent(&database, &[]).succeeds().await;
    let lines = [
        "Anna@example.com",
        "  all letters: withdrawn, agreed 2026-04-01T10:00:00+00:00 from 192.0.2.1 (program)",
        "    \"I want\\nthe news\"",
        "    withdrawn 2026-04-01T10:00:00+00:00 (person)",
    ];
    assert_eq!(told.lines().collect::<Vec<_>>(), lines);
    let query = "select recorded_at from events where aggregate_id = $1 and event_type = 'ConsentGiven'";
    let agreed: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar(query).bind(client.to_string()).fetch_one(&database.pool).await.expect("an event");
    let agreed = agreed.to_rfc3339();
    let told = consent(&database, &["--at", &agreed]).succeeds().await;
    assert!(told.contains(&format!("\nAs of {agreed}: yes: the client had agreed by then")), "{told}");
    assert!(told.contains("\n  all letters: given, agreed 2026-04-01T10:00:00+00:00"), "{told}");
    let json = consent(&database, &["--at", "2020-01-01", "--json"]).succeeds().await;
    let json: Value = serde_json::from_str(&json).expect("one line of JSON");
    let as_of = &json["as_of"];
    assert_eq!((&as_of["answer"], &as_of["agreed"], &as_of["consents"]), (&json!("absent"), &json!(false), &json!([])));
    assert_eq!(json["consents"][0]["withdrawn_source"], json!({ "kind": "person" }));
    let bad = consent(&database, &["--at", "yesterday"]).run().await;
    assert!(bad.code == Some(2) && bad.err.contains("it is a moment like 2026-05-01T10:00:00Z, or a day"), "{bad:?}");
}
