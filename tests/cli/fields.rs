//! `fields`: what clients have beside name and address, at the command line.

use crate::support::TestDatabase;
use crate::support::process::{Program, skymailing};
use crate::support::visitor::{ANN, create_ann};
use serde_json::{Value, json};

fn fields(database: &TestDatabase, words: &[&str]) -> Program {
    skymailing(&[&["fields"], words, &["--owner", ANN]].concat()).set("DATABASE_URL", &database.url)
}

async fn json_of(program: Program) -> Value {
    serde_json::from_str(&program.succeeds().await).expect("one line of JSON")
}

#[tokio::test]
async fn fields_are_defined_shown_renamed_and_removed() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;

    assert_eq!(fields(&database, &["list"]).succeeds().await, "There are none.\n");
    let told = fields(&database, &["define", "Favourite city", "City", "--kind", "text"]).succeeds().await;
    assert_eq!(told, "Defined: favourite_city  text  City  {{favourite_city}}\n");
    let age = json_of(fields(&database, &["define", "age", "--kind", "number", "--json"])).await;
    assert_eq!(["key", "label", "kind"].map(|name| age[name].clone()), [json!("age"), json!("age"), json!("number")]);
    let told = fields(&database, &["rename", "age", "Years"]).succeeds().await;
    assert_eq!(told, "Renamed: age  number  Years  {{age}}\n");
    let listed = fields(&database, &["list"]).succeeds().await;
    assert_eq!(listed, "favourite_city  text  City  {{favourite_city}}\nage  number  Years  {{age}}\n");

    let before: i64 = events(&database).await;
    for (words, code, error) in [
        (&["define", "age"][..], 1, "error: "),
        (&["define", "email"], 1, "error: "),
        (&["define", "1st"], 1, "error: "),
        (&["define", "city", "--kind", "colour"], 2, "it is one of text, number, date, yes_no"),
        (&["rename", "age", " "], 1, "error: "),
        (&["rename", "town", "Town"], 1, "error: "),
        (&["remove", "town"], 1, "error: "),
        (&["list", "--owner", "nobody@example.com"], 2, "cannot be used multiple times"),
    ] {
        let ended = fields(&database, words).run().await;
        assert!(ended.code == Some(code) && ended.err.contains(error) && ended.out.is_empty(), "{words:?}: {ended:?}");
    }
    assert_eq!(events(&database).await, before);

    let told = fields(&database, &["remove", "age"]).succeeds().await;
    assert_eq!(told, "The field is removed. What clients have in it is kept, and shown no more.\n");
    assert_eq!(json_of(fields(&database, &["remove", "age", "--json"])).await["id"], age["id"], "twice is once");
    let listed = json_of(fields(&database, &["list", "--json"])).await;
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(events(&database).await, before + 1);
}

async fn events(database: &TestDatabase) -> i64 {
    let query = sqlx::query_scalar("select count(*) from events where aggregate_type = 'custom_field'");
    query.fetch_one(&database.pool).await.expect("events can be counted")
}
