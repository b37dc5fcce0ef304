//! One correlation leads from the request that creates a mailing to the last attempt of its last letter, and every event names
//! the one that it followed from, also when the process dies in between.

use crate::support::process::{Program, skymailing};
use crate::support::service::found;
use crate::support::smtp_server::{Act, Gate, Offers, SmtpServer, Turn};
use crate::support::visitor::{Visitor, create_ann};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

const CLIENTS: usize = 40;

/// All of a mailing's history, oldest first.
async fn history(visitor: &Visitor, mailing: &str) -> Vec<Value> {
    let query = "query($id: ID!) { mailing(id: $id) { history(first: 100) { nodes {
        eventId position stream type requestId correlationId causationId actor { kind } } } } }";
    let mut answer = visitor.ask(query, json!({ "id": mailing })).await;
    let Value::Array(events) = answer["mailing"]["history"]["nodes"].take() else { panic!("a history: {answer}") };
    events
}

/// The ids of the events on the way from this one back to the first.
fn way_back(events: &[Value], from: &Value) -> Vec<String> {
    let by_id: BTreeMap<&str, &Value> = events.iter().filter_map(|it| Some((it["eventId"].as_str()?, it))).collect();
    let mut way = vec![from["type"].as_str().expect("a type").to_owned()];
    let mut at = from;
    while let Some(cause) = at["causationId"].as_str() {
        at = by_id.get(cause).unwrap_or_else(|| panic!("{at} followed from something of this mailing"));
        way.push(at["type"].as_str().expect("a type").to_owned());
        assert!(way.len() <= events.len(), "in a circle: {way:?}");
    }
    way
}

#[tokio::test]
async fn one_correlation_leads_from_the_request_to_the_last_attempt_also_over_a_kill() {
    let database = crate::support::database().await;
    let server = SmtpServer::start(Offers::default()).await;
    let program = |arguments: &[&str]| -> Program {
        let program = skymailing(arguments).set("DATABASE_URL", &database.url);
        program.set("SMTP_URL", format!("smtp://{}", server.address()))
    };
    create_ann(&database.url).await;
    let (gate, letters) = (Gate::new(), AtomicUsize::new(0));
    let closed = gate.clone();
    server.play(move |turn| match turn {
        Turn::Body(_) if letters.fetch_add(1, Ordering::Relaxed) >= 10 => Act::Wait(closed.clone()),
        _ => Act::Usual,
    });
    let mut first = program(&["serve"]).start();
    let url = first.serves().await;
    let ann = Visitor::ann(&url).await;
    for number in 0..CLIENTS {
        let input = json!({ "email": format!("client{number}@example.com"), "fullName": "A Client" });
        ann.does("clientCreate", input, "client { id }").await;
    }
    let mailing = ann.plans_a_mailing().await;
    gate.reached_by(1).await;
    first.killed().await;
    server.play(|_| Act::Usual);
    gate.open();

    let mut second = program(&["serve"]).start();
    let url = second.serves().await;
    let ann = Visitor::ann(&url).await;
    ann.sees_through(&mailing).await;
    let events = found("the run's last event is in the history", async || {
        let events = history(&ann, &mailing).await;
        events.iter().any(|event| event["type"] == "Finished").then_some(events)
    })
    .await;

    let created = &events[0];
    assert_eq!((&created["type"], &created["causationId"]), (&json!("Created"), &Value::Null));
    assert_eq!(created["correlationId"], created["requestId"], "the request begins it");
    for event in &events[1..] {
        assert_eq!(event["correlationId"], created["correlationId"], "{event}");
        assert!(event["causationId"].is_string(), "{event}");
    }
    let streams: BTreeSet<&str> =
        events.iter().filter_map(|event| event["stream"].as_str()?.split(':').next()).collect();
    assert_eq!(streams, BTreeSet::from(["batch", "mailing", "run"]), "{events:?}");

    // From the last attempt, which another process recorded, back to the request.
    let last = events.iter().rfind(|event| event["type"] == "AttemptRecorded").expect("an attempt");
    let way = way_back(&events, last);
    assert_eq!(way.last().map(String::as_str), Some("Created"), "{way:?}");
    for step in ["SendingStarted", "Planned", "Started"] {
        assert!(way.iter().any(|passed| passed == step), "{step} is on the way: {way:?}");
    }
    let finished = events.iter().rfind(|event| event["type"] == "Finished").expect("its end");
    let way = way_back(&events, finished);
    assert_eq!(way[1], "Completed", "the end of the run follows from that of its last batch: {way:?}");
}

#[tokio::test]
async fn the_letter_of_a_registration_follows_from_it_and_belongs_to_its_request() {
    let database = crate::support::database().await;
    let server = SmtpServer::start(Offers::default()).await;
    let program = skymailing(&["serve"]).set("DATABASE_URL", &database.url);
    let mut serve = program.set("SMTP_URL", format!("smtp://{}", server.address())).start();
    let visitor = Visitor::of(&serve.serves().await);
    let input = json!({ "email": "new@example.com", "password": "correct horse battery" });
    visitor.does("userRegister", input, "__typename").await;
    found("the letter has left", async || server.received().pop()).await;

    let rows: Vec<(String, String, String, Option<String>, String)> = found("its attempt is recorded", async || {
        let rows = sqlx::query_as(
            "select aggregate_type, event_type, event_id::text, metadata ->> 'causation_id',
                    metadata ->> 'correlation_id' from events order by aggregate_type desc, sequence",
        );
        let rows: Vec<_> = rows.fetch_all(&database.pool).await.expect("there is a log");
        (rows.len() == 4).then_some(rows)
    })
    .await;

    let names: Vec<(&str, &str)> = rows.iter().map(|row| (&*row.0, &*row.1)).collect();
    let expected =
        [("user", "Registered"), ("notice", "Requested"), ("notice", "SendingStarted"), ("notice", "AttemptRecorded")];
    assert_eq!(names, expected);
    let causes: Vec<Option<&str>> = rows.iter().map(|row| row.3.as_deref()).collect();
    assert_eq!(causes, [None, Some(&*rows[0].2), Some(&*rows[1].2), Some(&*rows[2].2)]);
    assert!(rows.iter().all(|row| row.4 == rows[0].4), "{rows:?}");
}
