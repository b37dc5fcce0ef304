//! Everything that happened: who may ask, what can be asked, and page by page while more happens.

use crate::support::http::{Api, Person, text};
use domain::client::{self, Client};
use domain::{Actor, Role};
use eventstore::{Append, Metadata};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// What of it is too much to ask of a hundred events at once.
const EFFECTS: &str = "cause { id } effects(first: 2) { totalCount nodes { id } }";

const LOG: &str = "query($filter: AuditFilter, $first: Int, $last: Int, $after: String, $before: String) {
    auditLog(filter: $filter, first: $first, last: $last, after: $after, before: $before) {
        totalCount pageInfo { hasPreviousPage hasNextPage startCursor endCursor }
        nodes { id position type address summary object { kind id } correlationId eventId node { __typename }
                cause { id } effects(first: 2) { totalCount nodes { id } } data } } }";

async fn log(person: &Person, filter: Value) -> Value {
    person.ask(&LOG.replace(EFFECTS, ""), json!({ "filter": filter, "first": 100 })).await["auditLog"].clone()
}

fn types(log: &Value) -> Vec<String> {
    log["nodes"].as_array().expect("events").iter().map(|event| text(&event["type"])).collect()
}

#[tokio::test]
async fn owners_see_what_is_theirs_and_watchers_see_all_and_nothing_leaks_by_counting() {
    let api = Api::start().await;
    let (ann, eve) = (api.owner("Ann").await, api.owner("Eve").await);
    let max = api.person("Max", &[Role::Manager]).await;
    let group = ann.group("Friends").await;
    let anna = ann.client("anna@example.com", &[&group]).await;
    ann.does("clientUpdate", json!({ "id": anna, "fullName": "Anna the Great" }), "").await;
    ann.does("suppressionAdd", json!({ "emails": ["left@example.com"] }), "").await;
    eve.group("Enemies").await;

    let own = log(&ann, json!(null)).await;
    let kinds: Vec<String> =
        own["nodes"].as_array().expect("events").iter().map(|one| text(&one["object"]["kind"])).collect();
    for kind in ["USER", "SESSION", "GROUP", "CLIENT", "SUPPRESSION"] {
        assert!(kinds.iter().any(|other| other == kind), "{kind} in {kinds:?}");
    }
    let all = log(&max, json!(null)).await;
    assert_eq!(all["totalCount"].as_i64(), Some(api.events().await));
    assert!(all["totalCount"].as_i64() > own["totalCount"].as_i64());
    assert_eq!(
        own["nodes"].as_array().map(Vec::len),
        own["totalCount"].as_i64().and_then(|count| usize::try_from(count).ok())
    );

    // Whatever a stranger asks, they get neither events nor numbers of somebody else.
    let correlation = own["nodes"][0]["correlationId"].clone();
    for filter in [
        json!({ "ownerId": ann.id.to_string() }),
        json!({ "objectId": anna }),
        json!({ "search": "anna@example.com" }),
        json!({ "actorId": ann.id.to_string() }),
        json!({ "correlationId": correlation }),
    ] {
        let seen = log(&eve, filter.clone()).await;
        assert_eq!((&seen["totalCount"], &seen["nodes"]), (&json!(0), &json!([])), "{filter}");
        assert!(log(&max, filter.clone()).await["totalCount"].as_i64() > Some(0), "{filter}");
        assert!(log(&ann, filter.clone()).await["totalCount"].as_i64() > Some(0), "{filter}");
    }
    let node = "query($id: ID!) { node(id: $id) { __typename } }";
    let id = own["nodes"][0]["id"].clone();
    assert_eq!(ann.ask(node, json!({ "id": id })).await["node"]["__typename"], "AuditEvent");
    assert_eq!(eve.ask(node, json!({ "id": id })).await["node"], json!(null));

    // What can be asked for.
    let added = log(&ann, json!({ "kind": "CLIENT", "type": "Added" })).await;
    assert_eq!(types(&added), ["Added"]);
    assert_eq!(added["nodes"][0]["object"], json!({ "kind": "CLIENT", "id": anna }));
    assert_eq!(added["nodes"][0]["node"]["__typename"], "Client");
    assert!(text(&added["nodes"][0]["summary"]).contains("added the client anna@example.com"));
    assert!(added["nodes"][0]["address"].is_string(), "her own action");
    assert_eq!(types(&log(&ann, json!({ "objectId": anna })).await), ["Added", "Changed"]);
    assert_eq!(types(&log(&ann, json!({ "search": "the great" })).await), ["Changed"]);
    assert_eq!(log(&ann, json!({ "from": "2999-01-01T00:00:00Z" })).await["totalCount"], 0);
    assert_eq!(log(&ann, json!({ "to": "2999-01-01T00:00:00Z" })).await["totalCount"], own["totalCount"]);
    assert_eq!(log(&ann, json!({ "objectId": "7" })).await["totalCount"], 0);
    let history = "query($id: ID!) { client(id: $id) { history { totalCount nodes { type } } } }";
    let history = ann.ask(history, json!({ "id": anna })).await["client"]["history"].clone();
    assert_eq!(history, json!({ "totalCount": 2, "nodes": [{ "type": "Added" }, { "type": "Changed" }] }));

    // What makes no sense.
    for variables in [
        json!({ "first": 1, "last": 1 }),
        json!({ "last": 0 }),
        json!({ "before": "!" }),
        json!({ "filter": { "from": "tomorrow" } }),
        json!({ "filter": { "from": "2026-05-02T00:00:00Z", "to": "2026-05-01T00:00:00Z" } }),
    ] {
        assert_eq!(ann.post(LOG, variables.clone()).await.code(), "BAD_REQUEST", "{variables}");
    }
    assert_eq!(api.anonymous().post(LOG, json!({})).await.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn pages_from_both_ends_miss_nothing_while_more_happens() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    for number in 0..8 {
        ann.group(&format!("Group {number}")).await;
    }
    let filter = json!({ "kind": "GROUP" });
    let ask = async |more: Value| {
        let mut variables = json!({ "filter": filter });
        for (name, value) in more.as_object().expect("an object") {
            variables[name] = value.clone();
        }
        ann.ask(LOG, variables).await["auditLog"].clone()
    };
    let positions = |page: &Value| -> Vec<i64> {
        page["nodes"].as_array().expect("events").iter().filter_map(|event| event["position"].as_i64()).collect()
    };
    let (mut forwards, mut after) = (Vec::new(), json!(null));
    loop {
        let page = ask(json!({ "first": 3, "after": after })).await;
        forwards.extend(positions(&page));
        // While somebody looks.
        if forwards.len() < 6 {
            ann.group(&format!("Later {}", forwards.len())).await;
        }
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert!(forwards.is_sorted(), "{forwards:?}");
    let (mut backwards, mut before) = (Vec::new(), json!(null));
    loop {
        let page = ask(json!({ "last": 4, "before": before })).await;
        backwards.splice(0..0, positions(&page));
        if page["pageInfo"]["hasPreviousPage"] == json!(false) {
            break;
        }
        before = page["pageInfo"]["startCursor"].clone();
    }
    assert_eq!(forwards, backwards, "each once, from whichever end");
    assert_eq!(ask(json!({})).await["totalCount"].as_i64(), i64::try_from(forwards.len()).ok());
    let newest = ask(json!({})).await;
    assert_eq!(positions(&newest).last(), forwards.last(), "without any bound the newest are shown");
}

#[tokio::test]
async fn the_first_event_of_something_is_found_however_much_has_happened_to_it_since() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let max = api.person("Max", &[Role::Manager]).await;
    let anna = ann.client("anna@example.com", &[]).await;
    let store = &api.node.services.store;
    let id = anna.parse().expect("an id");
    let comment = |number: u32| client::Event::Changed {
        email: None,
        full_name: None,
        first_name: None,
        last_name: None,
        comment: Some(number.to_string()),
    };
    // More than are looked at at a time.
    let loaded = store.load::<Client>(id).await.expect("it is there");
    let append = Append::new(id, loaded, (0..10_100).map(comment).collect()).expect("events");
    let by_ann = Metadata::new(Actor::User(ann.id), Uuid::now_v7());
    let receipt = store.append(&[append], &by_ann).await.expect("they are recorded");
    assert!(api.node.services.reached.wait_for(receipt.position, Duration::from_mins(1)).await);

    for person in [&ann, &max] {
        let filter = json!({ "objectId": anna });
        let oldest = person.ask(LOG, json!({ "filter": filter, "first": 1 })).await["auditLog"].clone();
        assert_eq!((types(&oldest), &oldest["totalCount"]), (vec!["Added".to_owned()], &json!(10_101)));
        let newest = person.ask(LOG, json!({ "filter": filter, "last": 1 })).await["auditLog"].clone();
        assert_eq!(types(&newest), ["Changed"]);
        let added = log(person, json!({ "objectId": anna, "type": "Added" })).await;
        assert_eq!((types(&added), &added["totalCount"]), (vec!["Added".to_owned()], &json!(1)));
    }
    // Ids that stand for others are nobody's.
    for nobody in [Uuid::nil(), Uuid::from_u128(1)] {
        assert_eq!(log(&max, json!({ "actorId": nobody.to_string() })).await["totalCount"], 0, "{nobody}");
    }
}
