//! Somebody else's objects are not there: queries answer null, mutations "not found", and neither tells more.

use crate::support::http::{Api, plan, text, with};
use serde_json::json;

#[tokio::test]
async fn somebody_elses_objects_are_not_there() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let eve = api.owner("Eve").await;
    let group = ann.group("Friends").await;
    let client = ann.client("anna@example.com", &[&group]).await;
    let message = ann.message().await;
    let mailing = ann.mailing(&message, &client).await;
    let run = ann.does("mailingStart", json!({ "id": mailing }), "run { id }").await;
    let run = text(&run["run"]["id"]);
    let history =
        ann.ask("query($id: ID!) { mailing(id: $id) { history { nodes { id } } } }", json!({ "id": mailing })).await;
    let event = text(&history["mailing"]["history"]["nodes"][0]["id"]);

    // To Ann they are.
    for id in [&group, &client, &message, &mailing, &run, &event, &ann.id.to_string()] {
        let node = ann.ask("query($id: ID!) { node(id: $id) { id __typename } }", json!({ "id": id })).await;
        assert_eq!(node["node"]["id"], **id, "{node}");
    }

    for id in [
        &group,
        &client,
        &message,
        &mailing,
        &run,
        &event,
        &format!("delivery.{run}.0"),
        &format!("report.{run}"),
        &ann.id.to_string(),
    ] {
        let node = eve.ask("query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await;
        assert_eq!(node, json!({ "node": null }), "{id}");
    }
    let seen = eve
        .ask(
            "query($group: ID!, $client: ID!, $message: ID!, $mailing: ID!, $run: ID!, $delivery: ID!) {
               group(id: $group) { id } client(id: $client) { id } message(id: $message) { id }
               mailing(id: $mailing) { id } run(id: $run) { id } delivery(id: $delivery) { id } report(runId: $run) { id }
               clients(filter: { groupId: $group }) { totalCount nodes { id } }
               groups { totalCount nodes { id } } messages { totalCount nodes { id } }
               mailings { totalCount nodes { id } } reports { totalCount nodes { id } } }",
            json!({ "group": group, "client": client, "message": message, "mailing": mailing, "run": run,
                    "delivery": format!("delivery.{run}.0") }),
        )
        .await;
    let nothing = json!({ "totalCount": 0, "nodes": [] });
    assert_eq!(
        seen,
        json!({ "group": null, "client": null, "message": null, "mailing": null, "run": null, "delivery": null,
                "report": null, "clients": nothing, "groups": nothing, "messages": nothing, "mailings": nothing,
                "reports": nothing })
    );

    let mine = (eve.message().await, eve.client("anna@example.com", &[]).await);
    let before = api.events().await;
    for (name, input, fields) in [
        ("clientUpdate", json!({ "id": client, "fullName": "x" }), vec!["input.id"]),
        // Whatever version is named.
        ("clientUpdate", json!({ "id": client, "fullName": "x", "expectedVersion": 77 }), vec!["input.id"]),
        ("clientUpdate", json!({ "id": mine.1, "groupIds": [group] }), vec!["input.groupIds.0"]),
        ("clientCreate", json!({ "email": "x@example.com", "groupIds": [group] }), vec!["input.groupIds.0"]),
        ("clientDelete", json!({ "id": client }), vec!["input.id"]),
        ("groupUpdate", json!({ "id": group, "name": "x" }), vec!["input.id"]),
        ("groupDelete", json!({ "id": group }), vec!["input.id"]),
        ("messageUpdate", json!({ "id": message, "text": "x" }), vec!["input.id"]),
        ("messageDelete", json!({ "id": message }), vec!["input.id"]),
        ("mailingCreate", plan(&message, &mine.1), vec!["input.messageId"]),
        ("mailingCreate", plan(&mine.0, &client), vec!["input.audience.clientIds.0"]),
        (
            "mailingCreate",
            with(plan(&mine.0, &mine.1), "audience", json!({ "groupIds": [group] })),
            vec!["input.audience.groupIds.0"],
        ),
        ("mailingUpdate", json!({ "id": mailing, "name": "x" }), vec!["input.id"]),
        ("mailingDelete", json!({ "id": mailing }), vec!["input.id"]),
        ("mailingStart", json!({ "id": mailing }), vec!["input.id"]),
        ("mailingStart", json!({ "id": mailing, "idempotencyKey": "k" }), vec!["input.id"]),
        ("mailingPause", json!({ "id": mailing }), vec!["input.id"]),
        ("mailingResume", json!({ "id": mailing }), vec!["input.id"]),
        ("mailingCancel", json!({ "id": mailing }), vec!["input.id"]),
    ] {
        let told = eve.fails(name, input.clone()).await;
        let expected: Vec<_> = fields.iter().map(|field| ("NOT_FOUND".to_owned(), (*field).to_owned())).collect();
        assert_eq!(told, expected, "{name} {input}");
    }
    assert_eq!(api.events().await, before, "nothing is written");
}

#[tokio::test]
async fn two_owners_may_hold_the_same_address_and_the_same_names() {
    let api = Api::start().await;
    let (ann, eve) = (api.owner("Ann").await, api.owner("Eve").await);
    for person in [&ann, &eve] {
        let group = person.group("Friends").await;
        person.client("anna@example.com", &[&group]).await;
    }
    let seen = eve.ask("{ clients { totalCount } groups { totalCount } }", json!({})).await;
    assert_eq!(seen, json!({ "clients": { "totalCount": 1 }, "groups": { "totalCount": 1 } }));
}
