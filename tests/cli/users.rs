//! `user`: blocking and roles from the command line.

use crate::support::process::{Program, skymailing};
use crate::support::visitor::{ANN, PASSWORD, Visitor, create_ann};
use serde_json::{Value, json};

const MAX: &str = "max@example.com";

/// Ann, who is an administrator, and Max, who is another one.
async fn two_administrators(url: &str) {
    create_ann(url).await;
    let create = skymailing(&["createadmin", "--email", MAX, "--name", "Max", "--password-stdin"]);
    create.set("DATABASE_URL", url).input(PASSWORD).succeeds().await;
}

fn user(url: &str, arguments: &[&str]) -> Program {
    skymailing(&[&["user"], arguments].concat()).set("DATABASE_URL", url)
}

async fn answer(program: Program) -> Value {
    let mut answer: Value = serde_json::from_str(&program.succeeds().await).expect("JSON");
    assert!(answer["id"].take().is_string());
    answer
}

#[tokio::test]
async fn somebody_is_blocked_in_a_running_service_and_let_in_again() {
    let database = crate::support::database().await;
    two_administrators(&database.url).await;
    let mut serve = skymailing(&["serve"]).set("DATABASE_URL", &database.url).start();
    let ann = Visitor::ann(&serve.serves().await).await;

    let told = user(&database.url, &["block", ANN, "--reason", "complaints"]).succeeds().await;
    assert_eq!(told, "ann@example.com is blocked.\n");
    let (_, refused) = ann.post("{ clients { totalCount } }", json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(ann.tries_to_log_in(ANN, PASSWORD).await["userErrors"][0]["code"], "ACCOUNT_BLOCKED");

    // The address in another case is the same address.
    let freed = answer(user(&database.url, &["unblock", "Ann@Example.com", "--reason", "settled", "--json"])).await;
    assert_eq!(freed, json!({ "id": null, "email": ANN, "blocked": false, "roles": ["administrator"] }));
    assert!(ann.tries_to_log_in(ANN, PASSWORD).await["session"]["token"].is_string());
    let actors: Vec<String> =
        sqlx::query_scalar("select metadata ->> 'actor' from events where event_type in ('Blocked', 'Unblocked')")
            .fetch_all(&database.pool)
            .await
            .expect("events");
    assert_eq!(actors, ["cli:tester", "cli:tester"]);
}

#[tokio::test]
async fn roles_are_granted_and_revoked() {
    let database = crate::support::database().await;
    two_administrators(&database.url).await;

    let granted = answer(user(&database.url, &["grant", MAX, "manager", "--json"])).await;
    assert_eq!(granted["roles"], json!(["administrator", "manager"]));
    let told = user(&database.url, &["revoke", MAX, "administrator"]).succeeds().await;
    assert_eq!(told, "max@example.com has no role administrator.\n");
    let again = answer(user(&database.url, &["revoke", MAX, "administrator", "--json"])).await;
    assert_eq!(again["roles"], json!(["manager"]));
}

#[tokio::test]
async fn what_cannot_be_done_is_told_and_changes_nothing() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    let events = async || -> i64 {
        sqlx::query_scalar("select count(*) from events").fetch_one(&database.pool).await.expect("events")
    };
    let before = events().await;
    for (arguments, told) in [
        (&["block", ANN, "--reason", "tired"][..], "this is the last administrator who can log in"),
        (&["revoke", ANN, "administrator"], "this is the last administrator who can log in"),
        (&["block", ANN, "--reason", " "], "a reason is needed"),
        (&["grant", "nobody@example.com", "manager"], "nobody has an account with the address nobody@example.com"),
        (&["grant", "nobody", "manager"], "nobody"),
    ] {
        let ended = user(&database.url, arguments).run().await;
        assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{arguments:?}");
        let error = ended.err.lines().last().unwrap_or_default().to_owned();
        assert!(error.starts_with("error: ") && error.contains(told), "{arguments:?}: {error}");
    }
    let ended = user(&database.url, &["grant", ANN, "king"]).run().await;
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("there are manager, content_manager and administrator"), "{}", ended.err);
    assert_eq!(events().await, before);
}
