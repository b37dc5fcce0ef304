//! What runs send, and what they leave behind.

use super::stage::{Stage, created, finished, newest_run_has, runs, seen};
use crate::support::http::{Person, text, with};
use crate::support::service::{Service, found, in_flight};
use crate::support::smtp_server::{Act, Gate, Turn};
use chrono::TimeDelta;
use domain::Role;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// See also `tests/sending.rs` and `tests/smtp/letters.rs`.
#[tokio::test]
async fn behaviour_03_an_audience_is_frozen_when_its_run_starts_and_everybody_gets_one_letter_to_them_alone() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    let (friends, press) = (ann.group("Friends").await, ann.group("Press").await);
    let anna = ann.client("anna@example.com", &[&friends, &press]).await;
    let boris = ann.client("boris@example.com", &[&friends]).await;
    let clara = ann.client("clara@example.com", &[&press]).await;
    let gate = Gate::new();
    let closed = gate.clone();
    stage.server.play(move |turn| if turn == Turn::Greeting { Act::Wait(closed.clone()) } else { Act::Usual });
    let engine = stage.works_through([Service::relay(&stage.server).with_connections(1)]);
    let audience = json!({ "groupIds": [friends, press], "clientIds": [anna] });
    let mailing = created(&ann, stage.plan(&ann.message().await, &audience)).await;
    gate.reached_by(1).await;

    // The run has started. Whatever becomes of the address book now is too late for it.
    ann.does("clientUpdate", json!({ "id": anna, "email": "new@example.com", "groupIds": [] }), "").await;
    ann.does("clientDelete", json!({ "id": boris }), "").await;
    ann.does("groupClientsRemove", json!({ "groupId": press, "clientIds": [clara] }), "changed").await;
    ann.does("groupDelete", json!({ "id": friends }), "deletedId").await;
    ann.client("late@example.com", &[&press]).await;
    gate.open();

    finished(&ann, &mailing, 1).await;
    let addresses = ["anna@example.com", "boris@example.com", "clara@example.com"];
    assert_eq!(stage.server.accepted_recipients(), addresses.map(str::to_owned).into_iter().collect::<BTreeSet<_>>());
    let letters = stage.server.received();
    assert_eq!(letters.len(), 3, "nobody gets two");
    for received in letters {
        let letter = String::from_utf8_lossy(&received.letter);
        let to: Vec<&str> = letter.lines().filter(|line| line.starts_with("To:")).collect();
        assert!(matches!(to.as_slice(), [one] if one.contains(&received.recipient)), "{letter}");
        for other in addresses.iter().filter(|address| **address != received.recipient) {
            assert!(!letter.contains(other), "{other} is named in {letter}");
        }
    }
    engine.stop().await;
}

const CLIENTS: usize = 40;

/// As many clients in a new group: its id.
async fn crowd(person: &Person, group: &str) -> String {
    let rows: Vec<String> = (0..CLIENTS).map(|number| format!("client{number}@example.org,{group}")).collect();
    let csv = format!("email,groups\n{}\n", rows.join("\n"));
    person.does("clientsImport", json!({ "csv": csv }), "report { imported }").await;
    let groups = person.ask("{ groups { nodes { id name } } }", json!({})).await;
    let groups = groups["groups"]["nodes"].as_array().expect("groups").clone();
    text(&groups.iter().find(|one| one["name"] == group).expect("it was made")["id"])
}

/// Whether an address is that of somebody in such a group.
fn is_client(address: &str) -> bool {
    address.starts_with("client")
}

/// How many letters they have got.
fn letters(stage: &Stage) -> usize {
    stage.server.received().iter().filter(|letter| is_client(&letter.recipient)).count()
}

/// See also `tests/halting/mod.rs` with two nodes and more letters than fit in the queues. How long a stop takes is measured in
/// `docs/performance.md`: here only that it is one.
#[tokio::test]
async fn behaviour_06_whatever_stops_a_mailing_stops_its_run_in_flight_and_what_was_in_flight_is_recorded() {
    let stage = Stage::start().await;
    let engine = stage.works();
    let max = stage.api.person("Max", &[Role::Manager]).await;
    let reason = |id: &str| json!({ "id": id, "reason": "complaints" });
    for (name, left) in [
        ("pause", "pending"),
        ("disable", "pending"),
        ("block", "pending"),
        ("cancel", "suppressed"),
        // The last, as nothing turns the clock back.
        ("end", "expired"),
    ] {
        let gate = Gate::new();
        let closed = gate.clone();
        // An owner whose mailing is disabled gets a letter about that, which nobody holds up.
        stage.server.play(move |turn| match turn {
            Turn::Rcpt(to) if is_client(to) => Act::Wait(closed.clone()),
            _ => Act::Usual,
        });
        let owner = stage.api.owner(&format!("Owner{name}")).await;
        let audience = json!({ "groupIds": [crowd(&owner, "Everybody").await] });
        let mailing = created(&owner, stage.plan(&owner.message().await, &audience)).await;
        let id = json!({ "id": mailing });
        let before = letters(&stage);
        gate.reached_by(4).await;

        match name {
            "pause" => owner.does("mailingPause", id.clone(), "").await,
            "disable" => max.does("mailingDisable", reason(&mailing), "").await,
            "block" => max.does("userBlock", reason(&owner.id.to_string()), "").await,
            "cancel" => owner.does("mailingCancel", id.clone(), "").await,
            _ => {
                stage.clock().advance(TimeDelta::days(2));
                Value::Null
            }
        };

        // What waits in the queues is taken back; four letters are at the server already.
        found("the queues are empty", async || (in_flight(&stage.api.pool).await <= 4).then_some(())).await;
        gate.open();
        newest_run_has(&max, &mailing, &json!({ "planned": CLIENTS, "accepted": 4, left: CLIENTS - 4 })).await;
        assert_eq!(letters(&stage), before + 4, "{name}");

        // What can be undone goes on where it was.
        match name {
            "pause" => owner.does("mailingResume", id, "").await,
            "disable" => max.does("mailingEnable", reason(&mailing), "").await,
            "block" => max.does("userUnblock", reason(&owner.id.to_string()), "").await,
            _ => {
                finished(&max, &mailing, 1).await;
                continue;
            }
        };
        finished(&max, &mailing, 1).await;
        newest_run_has(&max, &mailing, &json!({ "planned": CLIENTS, "accepted": CLIENTS })).await;
        assert_eq!(letters(&stage), before + CLIENTS, "{name}: nobody gets two");
    }
    engine.stop().await;
}

/// See also `tests/graphql/mailings/delivered.rs` and `tests/cli/reports.rs`.
#[tokio::test]
async fn behaviour_08_a_finished_run_writes_a_report_in_sentences_and_numbers_to_the_report_log() {
    let stage = Stage::start().await;
    stage.server.play(|turn| match turn {
        Turn::Rcpt("dead@example.com") => Act::Say("550 5.1.1 no such mailbox"),
        Turn::Body("busy@example.com") => Act::Say("451 4.7.1 try later"),
        _ => Act::Usual,
    });
    let engine = stage.works();
    let ann = stage.api.owner("Ann").await;
    let eve = stage.api.owner("Eve").await;
    let mut clients = Vec::new();
    for address in ["anna@example.com", "dead@example.com", "busy@example.com"] {
        clients.push(ann.client(address, &[]).await);
    }
    let log = "{ reports { totalCount nodes { id } } }";
    let mailing = created(&ann, stage.plan(&ann.message().await, &json!({ "clientIds": clients }))).await;
    newest_run_has(&ann, &mailing, &json!({ "planned": 3, "accepted": 1, "rejected": 1, "deferred": 1 })).await;
    // Not before it is finished.
    assert_eq!(ann.ask(log, json!({})).await["reports"]["totalCount"], 0);
    assert_eq!(runs(&seen(&ann, &mailing).await)[0]["report"], json!(null));
    stage.clock().advance(TimeDelta::days(2));
    let run = runs(&finished(&ann, &mailing, 1).await).remove(0);

    let query = "query($id: ID!) { report(runId: $id) {
        id text startedAt finishedAt seconds run { id } mailing { id }
        totals { planned accepted rejected unknown suppressed expired } } }";
    let report = ann.ask(query, json!({ "id": run["id"] })).await["report"].take();
    let totals = json!({ "planned": 3, "accepted": 1, "rejected": 1, "unknown": 0, "suppressed": 0, "expired": 1 });
    assert_eq!(report["totals"], totals);
    assert_eq!((&report["run"]["id"], &report["mailing"]["id"]), (&run["id"], &json!(mailing)));
    let text = text(&report["text"]);
    for sentence in ["3 letters were planned, 1 was accepted by the mail server", "1 was rejected for good."] {
        assert!(text.contains(sentence), "{sentence} is not in {text}");
    }
    ann.does("profileUpdate", json!({ "language": "RU" }), "").await;
    let russian = ann.ask(query, json!({ "id": run["id"] })).await["report"]["text"].take();
    assert!(russian.as_str().is_some_and(|text| text.contains("3 письма")), "in its owner's language: {russian}");
    let kept = ann.ask(log, json!({})).await;
    assert_eq!(kept["reports"], json!({ "totalCount": 1, "nodes": [{ "id": report["id"] }] }));
    assert_eq!(eve.ask(log, json!({})).await["reports"]["totalCount"], 0, "it is private");
    engine.stop().await;
}

/// A plan with a relay.
pub(super) fn through(plan: Value, relay: &str) -> Value {
    with(plan, "relay", json!(relay))
}
