//! Runs of several mailings that are read together: each mailing shows its own.

use crate::support::http::{Api, text};
use serde_json::{Value, json};

#[tokio::test]
async fn the_runs_of_many_mailings_in_one_answer_are_those_that_each_has_alone() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (client, message) = (ann.client("anna@example.com", &[]).await, ann.message().await);
    let mut mailings = Vec::new();
    for runs in [3, 0, 1, 2] {
        let mailing = ann.mailing(&message, &client).await;
        for number in 0..runs {
            // The first press is answered by the run that is due, the others by runs of their own.
            let input = json!({ "id": mailing, "idempotencyKey": format!("{number}") });
            ann.does("mailingStart", input, "run { id }").await;
        }
        mailings.push(mailing);
    }
    let stranger = api.owner("Ben").await;
    ann.ask("{ viewer { id } }", json!({})).await;
    let of_page = "id runs(first: 2) { totalCount nodes { id } pageInfo { hasNextPage endCursor } } one: runs(first: 1) { nodes { id } }";
    let together = ann.ask(&format!("{{ mailings(first: 100) {{ nodes {{ {of_page} }} }} }}"), json!({})).await;
    let together = together["mailings"]["nodes"].as_array().expect("mailings").clone();

    assert_eq!(together.len(), mailings.len());
    let mut all = Vec::new();
    for (mailing, runs) in mailings.iter().zip([3, 0, 1, 2]) {
        let shown = together.iter().find(|shown| &shown["id"] == mailing).expect("it is among them");
        let query = format!("query($id: ID!) {{ mailing(id: $id) {{ {of_page} }} }}");
        let alone = ann.ask(&query, json!({ "id": mailing })).await;
        assert_eq!(shown, &alone["mailing"]);
        assert_eq!(shown["runs"]["totalCount"], runs);
        assert_eq!(shown["runs"]["nodes"].as_array().map(Vec::len), Some(runs.min(2)));
        assert_eq!(shown["one"]["nodes"].as_array().map(Vec::len), Some(runs.min(1)));
        assert_eq!(shown["runs"]["pageInfo"]["hasNextPage"], runs > 2);
        // The rest follows the cursor.
        let query = "query($id: ID!, $after: String) { mailing(id: $id) { runs(after: $after) { nodes { id } } } }";
        let after = &shown["runs"]["pageInfo"]["endCursor"];
        let rest = if after.is_null() {
            json!([])
        } else {
            ann.ask(query, json!({ "id": mailing, "after": after })).await["mailing"]["runs"]["nodes"].take()
        };
        for run in [&shown["runs"]["nodes"], &rest].into_iter().filter_map(Value::as_array).flatten() {
            all.push(text(&run["id"]));
        }
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 6, "each run once");
    let theirs = stranger.ask("{ mailings { nodes { runs { nodes { id } } } } }", json!({})).await;
    assert_eq!(theirs["mailings"]["nodes"], json!([]));
}
