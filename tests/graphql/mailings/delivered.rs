//! Who got what, when, and what did the mail server answer?

use crate::support::http::{Api, Person, plan, text, with};
use crate::support::service::{Service, found};
use crate::support::smtp_server::{Act, Offers, SmtpServer, Turn};
use domain::Role;
use serde_json::{Value, json};

const RUN: &str = "query($id: ID!) { mailing(id: $id) { status runs { nodes {
    id status trigger startedAt finishedAt messageRevision
    progress { planned accepted rejected deferred unknown suppressed expired pending perMinute etaSeconds }
    attempt { at succeeded serverReply }
    deliveries { totalCount nodes { id clientEmail clientFullName outcome messageId client { fullName deletedAt }
                                    attempts { number outcome code enhancedCode serverReply } } }
    rejected: deliveries(filter: { outcomes: [REJECTED] }) { totalCount nodes { clientEmail } }
    report { id seconds perSecond text english: text(language: EN) attempt { at succeeded serverReply } totals { planned accepted rejected } run { id } mailing { id } } } } } }";

async fn finished(person: &Person, mailing: &str) -> Value {
    found("the run is finished", async || {
        let seen = person.ask(RUN, json!({ "id": mailing })).await;
        let run = seen["mailing"]["runs"]["nodes"][0].clone();
        // The report is written when the run ends, by another projection of the same page.
        (run["status"] == "FINISHED").then_some(run)
    })
    .await
}

#[tokio::test]
async fn everything_about_a_run_can_be_read_back() {
    let api = Api::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    server.play(|turn| match turn {
        Turn::Rcpt("dead@example.com") => Act::Say("550 5.1.1 no such mailbox"),
        _ => Act::Usual,
    });
    let engine = Service::work_with(&api.node, Service::relay(&server), Service::settings());
    let ann = api.owner("Ann").await;
    let max = api.person("Max", &[Role::Manager]).await;
    let eve = api.owner("Eve").await;
    let group = ann.group("Friends").await;
    let anna = ann.client("anna@example.com", &[&group]).await;
    ann.client("dead@example.com", &[&group]).await;
    let input = with(plan(&ann.message().await, &anna), "audience", json!({ "groupIds": [group] }));
    let mailing = ann.does("mailingCreate", input, "mailing { id }").await;
    let mailing = text(&mailing["mailing"]["id"]);

    // It starts by itself.
    let run = finished(&ann, &mailing).await;
    let id = text(&run["id"]);
    assert_eq!((&run["trigger"], &run["messageRevision"]), (&json!("OCCURRENCE"), &json!(1)));
    let progress = &run["progress"];
    let outcomes = ["planned", "accepted", "rejected", "deferred", "unknown", "suppressed", "expired", "pending"];
    assert_eq!(outcomes.map(|outcome| progress[outcome].as_i64()), [2, 1, 1, 0, 0, 0, 0, 0].map(Some));
    assert_eq!((&run["attempt"]["succeeded"], &progress["etaSeconds"]), (&json!(false), &json!(null)));
    assert!(run["attempt"]["serverReply"].is_string());
    assert_eq!(run["rejected"], json!({ "totalCount": 1, "nodes": [{ "clientEmail": "dead@example.com" }] }));
    assert_eq!(run["report"]["id"], format!("report.{id}"));
    assert_eq!(run["report"]["totals"], json!({ "planned": 2, "accepted": 1, "rejected": 1 }));
    assert_eq!((&run["report"]["run"]["id"], &run["report"]["mailing"]["id"]), (&json!(id), &json!(mailing)));
    assert!(text(&run["report"]["text"]).starts_with("2 letters were planned, 1 was accepted"));
    assert_eq!(run["report"]["attempt"], run["attempt"]);
    assert!(text(&run["report"]["text"]).contains(&text(&run["attempt"]["serverReply"])));

    assert_eq!(run["deliveries"]["totalCount"], 2);
    let deliveries = run["deliveries"]["nodes"].as_array().expect("deliveries").clone();
    let of = |email: &str| deliveries.iter().find(|one| one["clientEmail"] == email).expect("a delivery").clone();
    let (taken, dead) = (of("anna@example.com"), of("dead@example.com"));
    assert_eq!((&taken["outcome"], &taken["attempts"][0]["outcome"]), (&json!("ACCEPTED"), &json!("ACCEPTED")));
    assert_eq!(
        dead["attempts"],
        json!([{ "number": 1, "outcome": "REJECTED", "code": 550, "enhancedCode": "5.1.1",
                 "serverReply": dead["attempts"][0]["serverReply"] }])
    );
    assert!(text(&dead["attempts"][0]["serverReply"]).contains("no such mailbox"));
    // The letter carries the id that the delivery tells.
    let letter = String::from_utf8_lossy(&server.received()[0].letter).into_owned();
    let message_id = text(&taken["messageId"]);
    assert!(letter.contains(&format!("Message-ID: {message_id}")), "{message_id} is not in {letter}");

    // A client that is changed and deleted later leaves the delivery as it was.
    ann.does("clientUpdate", json!({ "id": anna, "email": "new@example.com", "fullName": "New" }), "").await;
    ann.does("clientDelete", json!({ "id": anna }), "").await;
    let query =
        "query($id: ID!) { delivery(id: $id) { clientEmail clientFullName client { email deletedAt } run { id } } }";
    let delivery = json!({ "id": taken["id"] });
    for person in [&ann, &max] {
        let seen = person.ask(query, delivery.clone()).await;
        assert_eq!(seen["delivery"]["clientEmail"], "anna@example.com");
        assert_eq!(seen["delivery"]["clientFullName"], "Anna Petrova");
        assert_eq!(seen["delivery"]["client"]["email"], "new@example.com");
        assert!(seen["delivery"]["client"]["deletedAt"].is_string());
        assert_eq!(seen["delivery"]["run"]["id"], id);
    }

    // Everything has an id by which it is found again, by those who may see it.
    let node = "query($id: ID!) { node(id: $id) { __typename id } }";
    for (node_id, kind) in [(text(&taken["id"]), "Delivery"), (format!("report.{id}"), "Report"), (id.clone(), "Run")] {
        assert_eq!(ann.ask(node, json!({ "id": node_id })).await["node"], json!({ "__typename": kind, "id": node_id }));
        assert_eq!(eve.ask(node, json!({ "id": node_id })).await["node"], json!(null));
    }
    let reports = "{ reports { totalCount nodes { id totals { accepted } } } }";
    assert_eq!(ann.ask(reports, json!({})).await["reports"]["totalCount"], 1);
    assert_eq!(max.ask(reports, json!({})).await["reports"]["totalCount"], 1);
    assert_eq!(eve.ask(reports, json!({})).await["reports"]["totalCount"], 0);

    // The history tells the run too.
    let history =
        "query($id: ID!) { mailing(id: $id) { history(first: 100) { nodes { summary type actor { kind name } } } } }";
    let history = ann.ask(history, json!({ "id": mailing })).await;
    let told: Vec<String> = history["mailing"]["history"]["nodes"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| text(&event["summary"]))
        .collect();
    for expected in [
        "The service started the run planned for 4 May 2026, 10:00.",
        "The service gathered the recipients of the run: 2 people.",
        "The service finished the run: 1 of 2 letters accepted.",
    ] {
        assert!(told.iter().any(|sentence| sentence == expected), "{expected} is not in {told:#?}");
    }
    engine.stop().await;

    // In the language that its owner has now.
    ann.does("profileUpdate", json!({ "language": "RU" }), "").await;
    let english = run["report"]["text"].clone();
    let run = finished(&ann, &mailing).await;
    assert!(text(&run["report"]["text"]).starts_with("Запланировано 2 письма, почтовый сервер принял 1"));
    assert_eq!(run["report"]["english"], english);
}
