//! What came back of letters after mail servers had taken them: of one letter, of a run, of a mailing, and all of it.

use crate::behaviours::stage::{Stage, created, finished, runs};
use crate::support::feedback::{bounced, complained, full, gone, late, letter_to};
use crate::support::http::{Person, text};
use domain::Role;
use domain::suppression::{Command, Reason, Scope, Source, Suppression};
use domain::{EmailAddress, ReportId, SuppressionId};
use serde_json::{Value, json};
use uuid::Uuid;

const RUN: &str = "query($id: ID!) { run(id: $id) {
    feedback { bounced softBounced complained bouncedShare softBouncedShare complainedShare } progress { accepted planned }
    mailing { feedback { bounced softBounced complained bouncedShare } }
    report { feedback { bounced softBounced complained complainedShare } }
    deliveries { nodes { clientEmail outcome
        bounces { severity dead code words via reportedBy reportedAt } complaint { kind via reportedBy reportedAt } } } } }";

const LIST: &str = "query($after: String, $filter: FeedbackFilter, $scope: Scope) {
    feedback(first: 2, after: $after, filter: $filter, scope: $scope) { totalCount pageInfo { hasNextPage endCursor }
        nodes { kind reportedAt bounce { severity code } complaint { kind } mailing { id } run { id }
                delivery { clientEmail bounces { code } } client { email } } } }";

/// A finished run of Ann's to five people, whose letters were all taken.
async fn run(stage: &Stage, ann: &Person) -> (String, String) {
    let mut clients = Vec::new();
    for name in ["anna", "gone", "full", "late", "angry"] {
        clients.push(ann.client(&format!("{name}@example.com"), &[]).await);
    }
    let message = ann.message().await;
    let mailing = created(ann, stage.plan(&message, &json!({ "clientIds": clients }))).await;
    let engine = stage.works();
    let run = text(&runs(&finished(ann, &mailing, 1).await)[0]["id"]);
    engine.stop().await;
    (mailing, run)
}

/// What is reported of the run: one letter comes back, one does so for the moment, one for the moment first and then for good, of one its
/// recipient complains, and one is late.
async fn reports(stage: &Stage, run: &str) {
    let services = &stage.api.node.services;
    let run: domain::RunId = run.parse().expect("an id");
    let of = async |name: &str| letter_to(services.pool(), run, &format!("{name}@example.com")).await;
    for (name, report, bounce) in [
        ("gone", "1", gone()),
        ("full", "2", full()),
        ("full", "3", full()),
        ("late", "4", full()),
        ("late", "5", gone()),
        // The same once more.
        ("gone", "1", gone()),
    ] {
        bounced(services, of(name).await, report, bounce).await;
        stage.clock().advance(chrono::TimeDelta::minutes(1));
    }
    complained(services, of("angry").await, "6").await;
    stage.clock().advance(chrono::TimeDelta::minutes(1));
    bounced(services, of("anna").await, "7", late()).await;
}

/// All reports of a list, page by page: of each the address up to the `@`, and its kind.
async fn listed(person: &Person, filter: &Value, scope: &Value) -> Vec<(String, String)> {
    let (mut after, mut all) = (Value::Null, Vec::new());
    loop {
        let page = person.ask(LIST, json!({ "after": after, "filter": filter, "scope": scope })).await;
        let page = &page["feedback"];
        for node in page["nodes"].as_array().expect("nodes") {
            let email = text(&node["delivery"]["clientEmail"]);
            assert_eq!(node["client"]["email"], email.as_str());
            all.push((email.split('@').next().unwrap_or_default().to_owned(), text(&node["kind"])));
        }
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            assert_eq!(page["totalCount"], all.len(), "{filter}");
            return all;
        }
    }
}

fn named(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect()
}

#[tokio::test]
async fn what_came_back_stands_beside_the_outcome_and_changes_nothing_of_it() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    let (mailing, id) = run(&stage, &ann).await;
    let nothing = json!({ "bounced": 0, "softBounced": 0, "complained": 0,
                          "bouncedShare": 0.0, "softBouncedShare": 0.0, "complainedShare": 0.0 });
    let seen = ann.ask(RUN, json!({ "id": id })).await["run"].take();
    assert_eq!(seen["feedback"], nothing);
    reports(&stage, &id).await;

    let seen = ann.ask(RUN, json!({ "id": id })).await["run"].take();
    assert_eq!(seen["progress"], json!({ "accepted": 5, "planned": 5 }), "each of them was accepted all the same");
    // However many reports there are, a letter counts once; one that came back for the moment and for good has come back for good. What is
    // late has not come back.
    assert_eq!(
        seen["feedback"],
        json!({ "bounced": 2, "softBounced": 1, "complained": 1,
                "bouncedShare": 0.4, "softBouncedShare": 0.2, "complainedShare": 0.2 })
    );
    let of_mailing = json!({ "bounced": 2, "softBounced": 1, "complained": 1, "bouncedShare": 0.4 });
    assert_eq!(seen["mailing"]["feedback"], of_mailing);
    let of_report = json!({ "bounced": 2, "softBounced": 1, "complained": 1, "complainedShare": 0.2 });
    assert_eq!(seen["report"]["feedback"], of_report);
    let deliveries = seen["deliveries"]["nodes"].as_array().expect("deliveries");
    let of = |name: &str| {
        let email = format!("{name}@example.com");
        let found = deliveries.iter().find(|one| one["clientEmail"] == email.as_str()).expect("a delivery");
        assert_eq!(found["outcome"], "ACCEPTED");
        (found["bounces"].clone(), found["complaint"].clone())
    };
    let delay = json!({ "severity": "DELAYED", "dead": false, "code": "4.4.1", "words": "nobody answers", "via": "SMTP",
                        "reportedBy": "mx.example.org", "reportedAt": "2026-05-04T09:07:00Z" });
    assert_eq!(of("anna"), (json!([delay]), Value::Null));
    let bounce = json!({ "severity": "PERMANENT", "dead": true, "code": "5.1.1", "words": "no such user", "via": "SMTP",
                         "reportedBy": "mx.example.org", "reportedAt": "2026-05-04T09:00:00Z" });
    assert_eq!(of("gone"), (json!([bounce]), Value::Null));
    let (late, _) = of("late");
    assert_eq!((&late[0]["severity"], &late[1]["severity"]), (&json!("TEMPORARY"), &json!("PERMANENT")));
    assert_eq!((&late[0]["dead"], &late[0]["code"]), (&json!(false), &json!("4.2.2")));
    let complaint = json!({ "kind": "abuse", "via": "IMAP", "reportedBy": null, "reportedAt": "2026-05-04T09:06:00Z" });
    assert_eq!(of("angry"), (json!([]), complaint));

    // Statistics count letters when they were accepted, whenever they came back.
    let query = "{ statistics(from: \"2026-05-04T08:00:00Z\", to: \"2026-05-04T10:00:00Z\", by: DAY) {
        feedback { bounced softBounced complained bouncedShare } periods { feedback { bounced complainedShare } }
        mailings { mailing { id } feedback { bounced softBounced complained } } } }";
    let seen = ann.ask(query, json!({})).await["statistics"].take();
    let expected = json!({
        "feedback": of_mailing,
        "periods": [{ "feedback": { "bounced": 2, "complainedShare": 0.2 } }],
        "mailings": [{ "mailing": { "id": mailing }, "feedback": { "bounced": 2, "softBounced": 1, "complained": 1 } }],
    });
    assert_eq!(seen, expected);

    // A mailing of which nothing was sent has no shares.
    let other = ann.mailing(&ann.message().await, &ann.client("other@example.com", &[]).await).await;
    let query = "query($id: ID!) { mailing(id: $id) { feedback { bounced bouncedShare } } }";
    let seen = ann.ask(query, json!({ "id": other })).await;
    assert_eq!(seen["mailing"]["feedback"], json!({ "bounced": 0, "bouncedShare": null }));
    // Who asks about an address gets to see it, too.
    let query = "query($email: String!, $id: ID!) { deliveriesTo(email: $email, mailingId: $id) { nodes {
        verdict delivery { bounces { code } complaint { kind } } } } }";
    let seen = ann.ask(query, json!({ "email": "gone@example.com", "id": mailing })).await;
    let found = json!([{ "verdict": "ACCEPTED", "delivery": { "bounces": [{ "code": "5.1.1" }], "complaint": null } }]);
    assert_eq!(seen["deliveriesTo"]["nodes"], found);
}

#[tokio::test]
async fn the_deliveries_of_a_run_are_narrowed_by_what_came_back() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    let (_, id) = run(&stage, &ann).await;
    reports(&stage, &id).await;
    let query = "query($id: ID!, $filter: DeliveryFilter) { run(id: $id) {
        deliveries(filter: $filter) { totalCount nodes { clientEmail } } } }";
    for (filter, expected) in [
        (json!({ "cameBack": "BOUNCED" }), vec!["gone", "late"]),
        (json!({ "cameBack": "SOFT_BOUNCED" }), vec!["full"]),
        (json!({ "cameBack": "COMPLAINED" }), vec!["angry"]),
        (json!({ "cameBack": null }), vec!["angry", "anna", "full", "gone", "late"]),
        (json!({ "cameBack": "BOUNCED", "outcomes": ["ACCEPTED"] }), vec!["gone", "late"]),
        (json!({ "cameBack": "BOUNCED", "outcomes": ["REJECTED"] }), vec![]),
        (json!({ "cameBack": "BOUNCED", "search": "late" }), vec!["late"]),
        (json!({ "cameBack": "SOFT_BOUNCED", "search": "late" }), vec![]),
    ] {
        let seen = ann.ask(query, json!({ "id": id, "filter": filter })).await;
        let deliveries = &seen["run"]["deliveries"];
        let nodes = deliveries["nodes"].as_array().expect("deliveries").iter();
        let mut found: Vec<String> = nodes.map(|one| text(&one["clientEmail"]).replace("@example.com", "")).collect();
        found.sort();
        assert_eq!(found, expected, "{filter}");
        assert_eq!(deliveries["totalCount"], expected.len(), "{filter}");
    }
}

#[tokio::test]
async fn all_that_came_back_is_one_list_of_ones_own_the_newest_first() {
    let stage = Stage::start().await;
    let (ann, eve) = (stage.api.owner("Ann").await, stage.api.owner("Eve").await);
    let max = stage.api.person("Max", &[Role::Manager]).await;
    let carl = stage.api.person("Carl", &[Role::ContentManager]).await;
    let (mailing, id) = run(&stage, &ann).await;
    reports(&stage, &id).await;
    let all = [
        ("anna", "DELAYED"),
        ("angry", "COMPLAINT"),
        ("late", "PERMANENT"),
        ("late", "TEMPORARY"),
        ("full", "TEMPORARY"),
        ("full", "TEMPORARY"),
        ("gone", "PERMANENT"),
    ];
    let (nobody, own) = (Uuid::now_v7().to_string(), ann.id.to_string());
    for (filter, expected) in [
        (json!({}), named(&all)),
        (json!({ "kind": "DELAYED" }), named(&all[..1])),
        (json!({ "kind": "COMPLAINT" }), named(&all[1..2])),
        (json!({ "kind": "PERMANENT" }), named(&[all[2], all[6]])),
        (json!({ "mailingId": mailing }), named(&all)),
        (json!({ "mailingId": nobody }), vec![]),
        (json!({ "mailingId": "no id" }), vec![]),
        (json!({ "runId": id, "kind": "TEMPORARY" }), named(&all[3..6])),
        (json!({ "runId": nobody }), vec![]),
        (json!({ "ownerId": own }), named(&all)),
        (json!({ "ownerId": "no id" }), vec![]),
    ] {
        assert_eq!(listed(&ann, &filter, &Value::Null).await, expected, "{filter}");
    }
    // Nobody sees what is none of theirs, and who watches sees all.
    for (person, scope, expected) in [
        (&eve, Value::Null, vec![]),
        (&carl, Value::Null, vec![]),
        (&max, Value::Null, named(&all)),
        (&max, json!("ALL"), named(&all)),
    ] {
        assert_eq!(listed(person, &json!({}), &scope).await, expected, "{} {scope}", person.id);
    }
    let of_ann = json!({ "mailingId": mailing, "ownerId": own });
    assert_eq!(listed(&eve, &of_ann, &Value::Null).await, vec![]);
    assert_eq!(listed(&max, &of_ann, &Value::Null).await, named(&all));
    for person in [&eve, &carl] {
        assert_eq!(person.post(LIST, json!({ "scope": "ALL" })).await.code(), "FORBIDDEN");
        assert_eq!(person.ask(RUN, json!({ "id": id })).await["run"], Value::Null);
    }
    assert_eq!(stage.api.anonymous().post(LIST, json!({})).await.code(), "UNAUTHENTICATED");
    assert_eq!(ann.post(LIST, json!({ "after": "AAAA" })).await.code(), "BAD_REQUEST");
    let seen = ann.ask(LIST, json!({})).await["feedback"]["nodes"].take();
    let delay = json!({ "severity": "DELAYED", "code": "4.4.1" });
    assert_eq!((&seen[0]["bounce"], &seen[0]["complaint"]), (&delay, &Value::Null));
    assert_eq!((&seen[1]["complaint"], &seen[1]["bounce"]), (&json!({ "kind": "abuse" }), &Value::Null));
    let seen = ann.ask(LIST, json!({ "filter": { "kind": "PERMANENT" } })).await["feedback"]["nodes"].take();
    let bounce = json!({ "severity": "PERMANENT", "code": "5.1.1" });
    assert_eq!((&seen[0]["bounce"], &seen[0]["complaint"]), (&bounce, &Value::Null));
    assert_eq!((&seen[0]["run"]["id"], &seen[0]["mailing"]["id"]), (&json!(id), &json!(mailing)));
    assert_eq!(seen[0]["delivery"]["bounces"], json!([{ "code": "4.2.2" }, { "code": "5.1.1" }]));
}

#[tokio::test]
async fn an_address_that_is_not_written_to_because_of_a_report_leads_to_its_letter() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    let (_, id) = run(&stage, &ann).await;
    reports(&stage, &id).await;
    let services = &stage.api.node.services;
    let letter = letter_to(services.pool(), id.parse().expect("an id"), "gone@example.com").await;
    let (scope, reason) = (Scope::Owner { owner: ann.id }, Reason::Bounced);
    let email = EmailAddress::parse("gone@example.com").expect("an address");
    let suppression = SuppressionId::derive(scope, &email.key(), reason);
    let source = Source::Report { run: letter.run, ordinal: letter.ordinal, report: ReportId::derive("message", "1") };
    let command = Command::Suppress { scope, reason, email, source, note: None, at: services.now(), until: None };
    let metadata = crate::support::service::metadata();
    let told = services.store.execute::<Suppression>(suppression.0, command, &metadata).await;
    assert!(services.shown(told.expect("it is suppressed").position).await, "the read models follow");
    let query = "query($id: ID!) { suppression(id: $id) { source reason run { id } file row
                     delivery { clientEmail outcome bounces { code dead } } } }";
    let seen = ann.ask(query, json!({ "id": suppression.to_string() })).await;
    let delivery = json!({ "clientEmail": "gone@example.com", "outcome": "ACCEPTED",
                           "bounces": [{ "code": "5.1.1", "dead": true }] });
    let expected = json!({ "source": "REPORT", "reason": "BOUNCED", "run": { "id": id }, "file": null, "row": null,
                           "delivery": delivery });
    assert_eq!(seen["suppression"], expected);
}
