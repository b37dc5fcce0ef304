//! `segments`: saved filters at the command line, and exports of who is in one.

use crate::support::TestDatabase;
use crate::support::process::{Program, skymailing};
use crate::support::visitor::{ANN, create_ann};
use serde_json::{Value, json};
use std::path::Path;

fn segments(database: &TestDatabase, words: &[&str]) -> Program {
    skymailing(&[&["segments"], words, &["--owner", ANN]].concat()).set("DATABASE_URL", &database.url)
}

async fn json_of(program: Program) -> Value {
    serde_json::from_str(&program.succeeds().await).expect("one line of JSON")
}

fn name(path: &Path) -> &str {
    path.to_str().expect("a path is text")
}

#[tokio::test]
async fn segments_are_made_of_what_is_shown_and_exports_have_who_is_in_them() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    let dir = tempfile::tempdir().expect("there is room");
    let clients = dir.path().join("clients.csv");
    std::fs::write(&clients, "email\nann@example.org\nbob@example.com\neve@example.org\n").expect("it can be written");
    let import = skymailing(&["import", name(&clients), "--owner", ANN]).set("DATABASE_URL", &database.url);
    import.succeeds().await;
    assert_eq!(segments(&database, &["list"]).succeeds().await, "There are none.\n");

    let file = dir.path().join("segment.json");
    let ends = json!({ "test": { "text": { "of": "email", "test": "ends_with", "text": "@example.org" } } });
    let write = |value: &Value| std::fs::write(&file, value.to_string()).expect("it can be written");
    write(&json!({ "name": "Org", "join": "all", "conditions": [ends, { "test": { "added_within": 30 } }] }));
    let made = json_of(segments(&database, &["create", "--from-json", name(&file), "--json"])).await;
    let id = made["id"].as_str().expect("an id").to_owned();
    assert_eq!(segments(&database, &["list"]).succeeds().await, format!("{id}  Org  2 conditions\n"));
    assert_eq!(
        segments(&database, &["show", "org"]).succeeds().await,
        "Org\nClients of whom all of this is true:\n  the address ends with “@example.org”\n  \
         was added within the last 30 days\nClients now: 2\n"
    );
    let mut shown = json_of(segments(&database, &["show", &id, "--json"])).await;
    assert_eq!((&shown["clients"], &shown["conditions"][0]), (&json!(2), &ends));

    // What is shown is what another one is made of.
    shown["name"] = json!("The same");
    write(&shown);
    let told = segments(&database, &["create", "--from-json", name(&file)]).succeeds().await;
    assert!(told.starts_with("Made: ") && told.ends_with("  The same  2 conditions\n"), "{told}");
    let export = dir.path().join("org.csv");
    let exports = skymailing(&["export", name(&export), "--owner", ANN, "--segment", "The Same"]);
    let told = exports.set("DATABASE_URL", &database.url).succeeds().await;
    assert!(told.starts_with("2 clients were exported"), "{told}");
    let lines = std::fs::read_to_string(&export).expect("it is there");
    assert!(lines.contains("eve@example.org") && !lines.contains("bob@example.com"), "{lines}");

    for (wrong, error) in [
        (json!({ "name": "x", "join": "all", "conditions": [] }), "needs a condition"),
        (json!({ "name": "x", "conditions": [ends] }), "does not say what a segment is"),
        (
            json!({ "name": "x", "join": "all", "conditions": [{ "test": { "added": 1 } }] }),
            "does not say what a segment is",
        ),
        (json!({ "name": "ORG", "join": "all", "conditions": [ends] }), "already"),
    ] {
        write(&wrong);
        let ended = segments(&database, &["create", "--from-json", name(&file)]).run().await;
        assert!(ended.code == Some(1) && ended.err.contains(error) && ended.out.is_empty(), "{wrong}: {ended:?}");
    }
    for words in [&["show", "nothing"][..], &["delete", "nothing"], &["create", "--from-json", "/nothing.json"]] {
        let ended = segments(&database, words).run().await;
        assert!(ended.code == Some(1) && ended.err.contains("error: "), "{words:?}: {ended:?}");
    }

    let told = segments(&database, &["delete", "The same"]).succeeds().await;
    assert_eq!(told, "The segment \"The same\" is deleted. Its clients stay.\n");
    let listed = json_of(segments(&database, &["list", "--json"])).await;
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
}
