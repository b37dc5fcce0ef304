//! Groups that are filled and emptied at once.

use crate::support::http::{Api, Person, text};
use serde_json::{Value, json};
use uuid::Uuid;

const COUNTS: &str = "changed unchanged remaining behind group { size }";

fn counts(changed: i32, unchanged: i32, size: i32) -> Value {
    json!({ "changed": changed, "unchanged": unchanged, "remaining": 0, "behind": false,
            "group": { "size": size }, "userErrors": [] })
}

/// The mutation's payload type is shared, so only the input's name differs.
async fn change(person: &Person, name: &str, input: Value) -> Value {
    person.mutate(name, input, COUNTS).await
}

#[tokio::test]
async fn named_clients_join_and_leave_at_once_and_asking_again_changes_nothing() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let group = ann.group("Friends").await;
    let (anna, boris) = (ann.client("anna@example.com", &[]).await, ann.client("boris@example.com", &[&group]).await);
    let both = json!({ "groupId": group, "clientIds": [anna, boris, anna] });
    assert_eq!(change(&ann, "groupClientsAdd", both.clone()).await, counts(1, 1, 2));
    let before = api.events().await;
    assert_eq!(change(&ann, "groupClientsAdd", both.clone()).await, counts(0, 2, 2));
    assert_eq!(api.events().await, before);
    let one = json!({ "groupId": group, "clientIds": [anna] });
    assert_eq!(change(&ann, "groupClientsRemove", one.clone()).await, counts(1, 0, 1));
    assert_eq!(change(&ann, "groupClientsRemove", one).await, counts(0, 1, 1));
    // Each client's own history and version tell it too.
    let version = ann.ask("query($id: ID!) { client(id: $id) { version } }", json!({ "id": anna })).await;
    assert_eq!(version["client"]["version"], 3);
    let nobody = json!({ "groupId": group, "clientIds": [] });
    assert_eq!(change(&ann, "groupClientsAdd", nobody).await, counts(0, 0, 1));
}

#[tokio::test]
async fn everybody_whom_a_filter_finds_joins_and_leaves_at_once() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let csv: String = std::iter::once("email,groups\n".to_owned())
        .chain((0..1_201).map(|n| format!("c{n}@example.com,{}\n", if n < 200 { "Old" } else { "" })))
        .collect();
    ann.does("clientsImport", json!({ "csv": csv }), "").await;
    let groups = ann.ask("{ groups { nodes { id } } }", json!({})).await;
    let (old, new) = (text(&groups["groups"]["nodes"][0]["id"]), ann.group("New").await);

    let all = |filter: Value| json!({ "groupId": new, "filter": filter });
    assert_eq!(change(&ann, "groupClientsAdd", all(json!({ "groupId": old }))).await, counts(200, 0, 200));
    assert_eq!(change(&ann, "groupClientsAdd", all(json!({}))).await, counts(1_001, 0, 1_201));
    let before = api.events().await;
    assert_eq!(change(&ann, "groupClientsAdd", all(json!({}))).await, counts(0, 0, 1_201));
    assert_eq!(api.events().await, before);
    let not_old = all(json!({ "notInGroupId": old, "search": "C1" }));
    let left = change(&ann, "groupClientsRemove", not_old).await;
    let expected = (200..1_201).filter(|n: &i32| n.to_string().starts_with('1')).count();
    assert_eq!(left["changed"], expected);
    assert_eq!(change(&ann, "groupClientsRemove", all(json!({ "groupId": old }))).await["changed"], 200);
}

#[tokio::test]
async fn what_cannot_be_is_refused_as_a_whole() {
    let api = Api::start().await;
    let (ann, eve) = (api.owner("Ann").await, api.owner("Eve").await);
    let (group, anna) = (ann.group("Friends").await, ann.client("anna@example.com", &[]).await);
    let of_eve = (eve.group("Friends").await, eve.client("eva@example.com", &[]).await);
    let gone = ann.client("gone@example.com", &[]).await;
    ann.does("clientDelete", json!({ "id": gone }), "").await;
    // Its former clients are nobody's group now.
    let former = ann.group("Former").await;
    ann.client("former@example.com", &[&former]).await;
    ann.does("groupDelete", json!({ "id": former }), "").await;
    let many: Vec<_> = (0..1_001).map(|_| Uuid::nil()).collect();
    let before = api.events().await;
    for name in ["groupClientsAdd", "groupClientsRemove"] {
        for (input, code, field) in [
            (json!({ "groupId": of_eve.0, "clientIds": [anna] }), "NOT_FOUND", "input.groupId"),
            (json!({ "groupId": "?", "filter": {} }), "NOT_FOUND", "input.groupId"),
            (json!({ "groupId": group, "clientIds": [anna, of_eve.1] }), "NOT_FOUND", "input.clientIds.1"),
            (json!({ "groupId": group, "clientIds": [gone, anna] }), "NOT_FOUND", "input.clientIds.0"),
            (json!({ "groupId": group, "clientIds": many }), "TOO_MANY_CLIENTS", "input.clientIds"),
            (json!({ "groupId": group }), "CLIENTS_NOT_NAMED", "input.clientIds"),
            (json!({ "groupId": group, "clientIds": [], "filter": {} }), "CLIENTS_NOT_NAMED", "input.clientIds"),
        ] {
            assert_eq!(ann.fails(name, input).await, [(code.to_owned(), field.to_owned())], "{name}");
        }
        // Without this group, that is to say everybody, nobody meant.
        for unknown in [of_eve.0.as_str(), former.as_str(), "00000000-0000-0000-0000-000000000000", "?"] {
            for (filter, field) in [
                (json!({ "groupId": unknown }), "groupId"),
                (json!({ "notInGroupId": unknown, "search": "example" }), "notInGroupId"),
                (json!({ "groupIds": [group, unknown] }), "groupIds.1"),
            ] {
                let refused = ann.fails(name, json!({ "groupId": group, "filter": filter })).await;
                assert_eq!(refused, [("NOT_FOUND".to_owned(), format!("input.filter.{field}"))], "{name} {unknown}");
            }
        }
        let many = json!({ "groupId": group, "filter": { "groupIds": vec![group.as_str(); 5_001] } });
        let refused = ann.fails(name, many).await;
        assert_eq!(refused, [("TOO_MANY_GROUPS".to_owned(), "input.filter.groupIds".to_owned())], "{name}");
    }
    assert_eq!(api.events().await, before);
}
