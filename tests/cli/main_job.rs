//! The main job over HTTP, against a PostgreSQL and a mail server of the user's own.

use crate::support::process::skymailing;
use crate::support::smtp_server::{Act, Encryption, Offers, SmtpServer, Turn};
use crate::support::visitor::{Visitor, create_ann};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use skymailing::wire::wall_clock;

const CSV: &str = "Full name;E-mail;Groups\n\
                   Bob Builder;bob@example.org;Friends\n\
                   Eve Adams;eve@example.org;Friends, Press\n\
                   Zoë Żak;zoe@example.net;Press\n\
                   broken;nowhere;\n";

fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap_or_default().parse().unwrap_or_else(|error| panic!("{value}: {error}"))
}

#[tokio::test]
async fn from_a_file_of_clients_to_a_history_that_tells_everything() {
    let began = wall_clock().now();
    let database = crate::support::database().await;
    let server = SmtpServer::start(Offers::default()).await;
    server.play(|turn| match turn {
        Turn::Rcpt("eve@example.org") => Act::Say("550 5.1.1 no such mailbox"),
        _ => Act::Usual,
    });
    let serve = skymailing(&["serve"]).set("DATABASE_URL", &database.url);
    let mut serve =
        serve.set("SMTP_URL", format!("smtp://{}", server.address())).set("MAIL_FROM", "Sky <sky@example.com>").start();
    let url = serve.serves().await;
    create_ann(&database.url).await;
    let ann = Visitor::ann(&url).await;

    let selection = "report { rows imported bad groupsCreated problems { line code } }";
    let imported = ann.does("clientsImport", json!({ "csv": CSV }), selection).await;
    let problems = json!([{ "line": 5, "code": "EMAIL_INVALID" }]);
    assert_eq!(
        imported["report"],
        json!({ "rows": 4, "imported": 3, "bad": 1, "groupsCreated": 2, "problems": problems })
    );
    let mailing = ann.plans_a_mailing().await;
    let run = ann.sees_through(&mailing).await;

    let progress = json!({ "planned": 3, "accepted": 2, "rejected": 1, "deferred": 0, "unknown": 0, "suppressed": 0, "expired": 0, "pending": 0 });
    assert_eq!(run["progress"], progress);
    assert_eq!(run["attempt"]["succeeded"], false);
    assert_eq!(run["report"]["totals"], json!({ "planned": 3, "accepted": 2 }));
    assert!(run["report"]["text"].as_str().unwrap_or_default().contains("1 was rejected for good."), "{run}");
    let deliveries = run["deliveries"]["nodes"].as_array().expect("deliveries");
    assert_eq!(deliveries.len(), 3);
    for delivery in deliveries {
        let (outcome, code, enhanced, reply) = match delivery["clientEmail"].as_str() {
            Some("eve@example.org") => ("REJECTED", 550, "5.1.1", "no such mailbox"),
            _ => ("ACCEPTED", 250, "2.0.0", "queued as 42"),
        };
        let at = &delivery["attempts"][0]["at"];
        let attempt = json!({ "at": at, "number": 1, "outcome": outcome, "code": code, "enhancedCode": enhanced, "serverReply": reply });
        assert_eq!((&delivery["outcome"], &delivery["attempts"]), (&json!(outcome), &json!([attempt])));
        assert!(time(at) >= began && time(at) <= wall_clock().now());
        assert!(delivery["messageId"].as_str().unwrap_or_default().ends_with("@example.com>"), "{delivery}");
    }
    let received = server.received();
    assert_eq!(server.accepted_recipients().into_iter().collect::<Vec<_>>(), ["bob@example.org", "zoe@example.net"]);
    assert_eq!(received.len(), 2);
    let bobs = received.iter().find(|letter| letter.recipient == "bob@example.org").expect("a letter");
    let letter = String::from_utf8_lossy(&bobs.letter);
    for part in ["Subject: Hello Bob", "Dear Bob Builder,", "you are bob@example.org.", "From: Sky <sky@example.com>"] {
        assert!(letter.contains(part), "{part} is not in {letter}");
    }
    history_tells_everything(&ann, &mailing, began).await;
}

/// Every event of the mailing, its run and its letters, with who did it and when, in order.
async fn history_tells_everything(ann: &Visitor, mailing: &str, began: DateTime<Utc>) {
    let query = "query($id: ID!) { mailing(id: $id) { history(first: 100) { nodes {
        position type at summary stream actor { kind name } } } } }";
    let answer = ann.ask(query, json!({ "id": mailing })).await;
    let history = answer["mailing"]["history"]["nodes"].as_array().expect("events");
    let mut kinds: Vec<&str> = history.iter().map(|event| event["type"].as_str().expect("a type")).collect();
    // Batch by batch, so one intent and one record here; how they are split is the engine's affair.
    kinds.dedup();
    assert_eq!((kinds[0], kinds[1]), ("Created", "Started"), "{kinds:?}");
    for kind in ["Planned", "AudienceFrozen", "SendingStarted", "AttemptRecorded", "Completed", "Finished"] {
        assert!(kinds.contains(&kind), "{kind} is not in {kinds:?}");
    }
    let positions: Vec<i64> = history.iter().map(|event| event["position"].as_i64().expect("a position")).collect();
    assert!(positions.is_sorted(), "{positions:?}");
    assert_eq!(history[0]["actor"], json!({ "kind": "USER", "name": "Ann" }));
    for event in history {
        assert!(time(&event["at"]) >= began && time(&event["at"]) <= wall_clock().now(), "{event}");
        assert!(!event["summary"].as_str().unwrap_or_default().is_empty(), "{event}");
        let by_the_service = event["actor"] == json!({ "kind": "SYSTEM", "name": "scheduler" });
        assert_eq!(by_the_service, event["type"] != "Created", "{event}");
    }
}

#[tokio::test]
async fn letters_go_out_over_starttls_with_a_password_to_a_server_with_a_certificate_of_our_own() {
    let database = crate::support::database().await;
    let offers =
        Offers { encryption: Encryption::StartTls, credentials: Some(("ann", "s3cret word")), ..Offers::default() };
    let server = SmtpServer::start(offers).await;
    let dir = tempfile::tempdir().expect("a directory");
    let certificate = dir.path().join("ca.pem");
    std::fs::write(&certificate, server.certificate_pem()).expect("a file");
    let smtp_url = format!("smtp://ann:s3cret%20word@localhost:{}?tls=required", server.address().port());
    let serve = skymailing(&["serve"]).set("DATABASE_URL", &database.url).set("SMTP_URL", smtp_url);
    let mut serve = serve.set("SMTP_CA_FILE", certificate.to_str().expect("text")).start();
    let url = serve.serves().await;
    create_ann(&database.url).await;
    let ann = Visitor::ann(&url).await;
    ann.does("clientsImport", json!({ "csv": CSV }), "report { imported }").await;

    let mailing = ann.plans_a_mailing().await;
    let run = ann.sees_through(&mailing).await;

    assert_eq!(run["progress"]["accepted"], 3);
    let received = server.received();
    assert_eq!(received.len(), 3);
    assert!(received.iter().all(|letter| letter.encrypted && letter.user.as_deref() == Some("ann")));
}
