//! Who may do what. Wrong rights are told; somebody else's objects are not.

use crate::support::http::{Api, plan};
use domain::Role;
use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn managers_watch_and_own_nothing() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let max = api.person("Max", &[Role::Manager]).await;
    let client = ann.client("anna@example.com", &[]).await;
    let letter = ann.message().await;
    let mailing = ann.mailing(&letter, &client).await;

    let seen = max
        .ask(
            "query($mailing: ID!, $client: ID!) {
               mailing(id: $mailing) { name owner { email } message { id } audience { size } allowedActions
                                       history { nodes { actor { user { email } } } } }
               client(id: $client) { email } mailings { totalCount } clients { totalCount } messages { totalCount } }",
            json!({ "mailing": mailing, "client": client }),
        )
        .await;
    assert_eq!(
        seen,
        json!({
            "mailing": { "name": "First letters", "owner": { "email": "ann@example.com" }, "message": { "id": letter },
                         "audience": { "size": 1 }, "allowedActions": ["DISABLE"],
                         "history": { "nodes": [{ "actor": { "user": { "email": "ann@example.com" } } }] } },
            "client": { "email": "anna@example.com" },
            "mailings": { "totalCount": 1 }, "clients": { "totalCount": 1 }, "messages": { "totalCount": 0 },
        })
    );

    let before = api.events().await;
    for (mutation, input) in [
        ("clientCreate", json!({ "email": "x@example.com" })),
        ("clientUpdate", json!({ "id": client, "comment": "x" })),
        ("groupCreate", json!({ "name": "x" })),
        ("messageCreate", json!({ "subject": "x", "text": "x" })),
        ("mailingCreate", plan(&client, &client)),
        ("mailingPause", json!({ "id": mailing })),
        ("mailingStart", json!({ "id": mailing })),
        ("mailingDelete", json!({ "id": mailing })),
        ("clientsImport", json!({ "csv": "email\nx@example.com\n" })),
    ] {
        let kind = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
        let query =
            format!("mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}");
        let answer = max.post(&query, json!({ "input": input })).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "FORBIDDEN"), "{mutation}");
    }
    assert_eq!(api.events().await, before);
}

#[tokio::test]
async fn owners_and_content_managers_watch_nobody() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let carl = api.person("Carl", &[Role::ContentManager]).await;
    let mailing = ann.mailing(&ann.message().await, &ann.client("anna@example.com", &[]).await).await;

    for person in [&ann, &carl] {
        for query in [
            "{ mailings(scope: ALL) { totalCount } }",
            "{ clients(scope: ALL) { totalCount } }",
            "{ projections { name } }",
            "mutation { mailingDisable(input: { id: \"x\", reason: \"x\" }) { userErrors { code } } }",
            "mutation { mailingEnable(input: { id: \"x\", reason: \"x\" }) { userErrors { code } } }",
        ] {
            let answer = person.post(query, json!({})).await;
            assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "FORBIDDEN"), "{query}");
        }
    }
    let seen =
        carl.ask("query($id: ID!) { mailing(id: $id) { id } mailings { totalCount } }", json!({ "id": mailing })).await;
    assert_eq!(seen, json!({ "mailing": null, "mailings": { "totalCount": 0 } }));
}

#[tokio::test]
async fn administrators_own_and_watch() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let root = api.person("Root", &[Role::Administrator]).await;
    let mailing = ann.mailing(&ann.message().await, &ann.client("anna@example.com", &[]).await).await;
    root.client("own@example.com", &[]).await;

    let seen = root
        .ask(
            "{ own: clients { totalCount } all: clients(scope: ALL) { totalCount } mailings { totalCount } }",
            json!({}),
        )
        .await;
    assert_eq!(
        seen,
        json!({ "own": { "totalCount": 1 }, "all": { "totalCount": 2 }, "mailings": { "totalCount": 0 } })
    );
    let listed = root.ask("{ projections { name position head lagEvents lagSeconds error } }", json!({})).await;
    let listed = listed["projections"].as_array().expect("a list").clone();
    assert_eq!(listed.len(), projections::Projection::ALL.len());
    assert!(listed.iter().all(|one| one["error"].is_null() && one["lagEvents"] == 0), "{listed:?}");

    // They disable, and edit no more than their own.
    let reason = |id: &str| json!({ "id": id, "reason": "complaints" });
    root.does("mailingDisable", reason(&mailing), "").await;
    assert_eq!(root.fails("mailingPause", json!({ "id": mailing })).await, [("NOT_FOUND".into(), "input.id".into())]);
    assert_eq!(
        root.fails("mailingDisable", reason(&Uuid::now_v7().to_string())).await,
        [("NOT_FOUND".into(), "input.id".into())]
    );
    assert_eq!(
        root.fails("mailingEnable", json!({ "id": mailing, "reason": " " })).await,
        [("REASON_MISSING".into(), "input.reason".into())]
    );
}

#[tokio::test]
async fn nobody_in_particular_may_do_nothing() {
    let api = Api::start().await;
    let nobody = api.anonymous();
    let before = api.events().await;
    for query in [
        "{ clients { totalCount } }",
        "{ client(id: \"x\") { id } }",
        "{ groups { totalCount } }",
        "{ messages { totalCount } }",
        "{ mailings { totalCount } }",
        "{ run(id: \"x\") { id } }",
        "{ delivery(id: \"x\") { id } }",
        "{ report(runId: \"x\") { id } }",
        "{ reports { totalCount } }",
        "{ projections { name } }",
        "{ node(id: \"x\") { id } }",
        "mutation { groupCreate(input: { name: \"x\" }) { group { id } } }",
        "mutation { clientsImport(input: { csv: \"email\" }) { report { rows } } }",
        "mutation { mailingStart(input: { id: \"x\" }) { run { id } } }",
        "mutation { mailingDisable(input: { id: \"x\", reason: \"x\" }) { mailing { id } } }",
    ] {
        let answer = nobody.post(query, json!({})).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"), "{query}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert!(answer.body.get("data").is_none(), "{query}");
    }
    assert_eq!(api.events().await, before);
    assert_eq!(
        nobody.ask("{ viewer { id } __typename }", json!({})).await,
        json!({ "viewer": null, "__typename": "Query" })
    );
}

/// What the operator does on the command line is told to owners, and not under which account on which machine.
#[tokio::test]
async fn an_owner_does_not_see_the_operators_account_on_the_machine() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let max = api.person("Max", &[Role::Manager]).await;
    let (message, client) = (ann.message().await, ann.client("eva@example.com", &[]).await);
    let mailing = ann.mailing(&message, &client).await;
    let disable = domain::mailing::Command::Disable { reason: "complaints".to_owned() };
    let metadata = eventstore::Metadata::new(domain::Actor::CommandLine("root@mail1".to_owned()), Uuid::now_v7());
    let id: Uuid = mailing.parse().expect("an id");
    let store = &api.node.services.store;
    let receipt = store.execute::<domain::mailing::Mailing>(id, disable, &metadata).await.expect("it may");
    assert!(api.node.services.shown(receipt.position).await);

    let query = "query($id: ID!) { mailing(id: $id) { history(first: 50) { nodes { summary actor { kind name } } } } }";
    for (viewer, name, summary) in [
        (&ann, "the operator", "The operator disabled the mailing: complaints."),
        (&max, "root@mail1", "root@mail1 on the command line disabled the mailing: complaints."),
    ] {
        let seen = viewer.ask(query, json!({ "id": mailing })).await;
        let nodes = seen["mailing"]["history"]["nodes"].as_array().expect("a history");
        let last = nodes.last().expect("an event");
        assert_eq!((&last["actor"]["name"], &last["actor"]["kind"]), (&json!(name), &json!("COMMAND_LINE")));
        assert_eq!(last["summary"], summary);
        assert!(viewer.id != ann.id || !seen.to_string().contains("mail1"), "{seen}");
    }
}
