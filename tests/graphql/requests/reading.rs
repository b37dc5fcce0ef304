//! Lists, limits, and runs as they are read back.

use crate::support::http::{Api, text};
use reqwest::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let csv: String =
        std::iter::once("email\n".to_owned()).chain((0..45).map(|n| format!("c{n:02}@example.com\n"))).collect();
    ann.does("clientsImport", json!({ "csv": csv }), "").await;

    let query = "query($after: String) { clients(first: 20, after: $after) {
        totalCount nodes { email } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
    let mut after = Value::Null;
    let mut seen = Vec::new();
    for (length, next, previous) in [(20, true, false), (20, true, true), (5, false, true)] {
        let page = ann.ask(query, json!({ "after": after })).await["clients"].take();
        let nodes = page["nodes"].as_array().expect("nodes").clone();
        assert_eq!((nodes.len(), &page["totalCount"]), (length, &json!(45)));
        assert_eq!(page["pageInfo"]["hasNextPage"], next);
        assert_eq!(page["pageInfo"]["hasPreviousPage"], previous);
        assert_eq!(page["pageInfo"]["startCursor"], page["edges"][0]["cursor"]);
        after = page["pageInfo"]["endCursor"].clone();
        seen.extend(nodes.iter().map(|node| text(&node["email"])));
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 45);

    let found = ann.ask("{ clients(filter: { search: \"C07\" }) { totalCount nodes { email } } }", json!({})).await;
    assert_eq!(found["clients"], json!({ "totalCount": 1, "nodes": [{ "email": "c07@example.com" }] }));
    for search in ["%", "_", "\\", "\0"] {
        let query = "query($search: String) { clients(filter: { search: $search }) { totalCount } }";
        let found = ann.ask(query, json!({ "search": search })).await;
        assert_eq!(found["clients"]["totalCount"], 0, "{search:?}");
    }
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    for arguments in
        ["first: 0", "first: -1", "first: 101", "after: \"\"", "after: \"nonsense\"", "after: \"AAAAAAAAAAA\""]
    {
        let answer = ann.post(&format!("{{ clients({arguments}) {{ totalCount }} }}"), json!({})).await;
        // Under application/json a document that makes no sense is told with 200.
        assert_eq!((answer.status, answer.code()), (StatusCode::OK, "BAD_REQUEST"), "{arguments}");
    }
}

#[tokio::test]
async fn a_request_has_limits_and_introspection_fits_into_them() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;

    let wide = "{ mailings(first: 100) { nodes { runs(first: 100) { nodes { deliveries(first: 100) { nodes { clientEmail } } } } } } }";
    let deep = format!("{{ {} viewer {} }}", "", "{ id }").replace(
        "viewer { id }",
        &format!("mailings {{ nodes {{ {} id {} }} }}", "runs { nodes { mailing { ".repeat(6), "} } }".repeat(6)),
    );
    for query in [wide, &deep] {
        let answer = ann.post(query, json!({})).await;
        assert_eq!(answer.code(), "TOO_COMPLEX", "{answer:?}");
        assert!(answer.body.get("data").is_none());
    }
    // The length of a list counts also when it comes in a variable.
    let query = "query($n: Int) { mailings(first: $n) { nodes { runs(first: $n) { nodes { deliveries(first: $n) { nodes { clientEmail } } } } } } }";
    assert_eq!(ann.post(query, json!({ "n": 100 })).await.code(), "TOO_COMPLEX");
    assert_eq!(ann.post(query, json!({ "n": 2 })).await.code(), "");

    let introspection = include_str!("../introspection.graphql");
    let schema = api.anonymous().ask(introspection, json!({})).await;
    let types = schema["__schema"]["types"].as_array().expect("types");
    assert!(types.iter().any(|one| one["name"] == "Mailing" && one["description"].is_string()));
}
