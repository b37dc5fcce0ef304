//! Bad input.

use super::stage::Stage;
use crate::support::http::{PASSWORD, with};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// In both languages; see also `tests/graphql/requests/bad_input.rs` and `tests/graphql/requests/odd_input.rs` for every field.
#[tokio::test]
async fn behaviour_13_bad_input_gets_an_error_that_names_the_field_and_says_what_to_do_and_changes_nothing() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    let client = ann.client("anna@example.com", &[]).await;
    let plan = stage.plan(&ann.message().await, &json!({ "clientIds": [client] }));
    let inputs = [
        ("clientCreate", json!({ "email": "Anna@Example.com" })),
        ("clientCreate", json!({ "email": "anna.example.com" })),
        ("clientUpdate", json!({ "id": client, "groupIds": ["nowhere"] })),
        ("groupCreate", json!({ "name": " " })),
        ("messageCreate", json!({ "subject": "Hello", "text": "Dear {{nmae}}" })),
        ("mailingCreate", with(plan.clone(), "endsAt", json!("2026-05-01T10:00:00Z"))),
        ("mailingCreate", with(plan.clone(), "startsAt", json!("tomorrow"))),
        ("mailingCreate", with(plan.clone(), "timeZone", json!("Berlin"))),
        ("mailingCreate", with(plan.clone(), "periodicity", json!({ "kind": "CRON", "cron": "0 25 * * *" }))),
        ("mailingCreate", with(plan, "audience", json!({}))),
        ("clientsImport", json!({ "csv": "name\nAnna\n" })),
        ("passwordChange", json!({ "oldPassword": PASSWORD, "newPassword": "short" })),
        ("profileUpdate", json!({ "fullName": "a\nb" })),
    ];
    let mut told = String::new();
    for language in ["EN", "RU"] {
        ann.does("profileUpdate", json!({ "language": language }), "").await;
        for (name, input) in &inputs {
            let before = stage.api.events().await;
            let payload = ann.mutate(name, input.clone(), "").await;
            for error in payload["userErrors"].as_array().expect("errors") {
                let field: Vec<&str> =
                    error["field"].as_array().expect("a path").iter().filter_map(Value::as_str).collect();
                let message = error["message"].as_str().expect("a sentence");
                writeln!(told, "{name} {}: {message}", field.join(".")).expect("it is written");
            }
            assert_eq!(stage.api.events().await, before, "{name} {input}");
        }
    }
    insta::assert_snapshot!(told);
}
