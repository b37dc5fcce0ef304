//! `createadmin`.

use crate::support::process::skymailing;
use crate::support::visitor::{ANN, PASSWORD, Visitor, create_ann};
use serde_json::{Value, json};

#[tokio::test]
async fn an_administrator_logs_in_with_the_password_that_was_made() {
    let database = crate::support::database().await;
    let mut serve = skymailing(&["serve"]).set("DATABASE_URL", &database.url).start();
    let visitor = Visitor::of(&serve.serves().await);

    let create = skymailing(&["createadmin", "--email", ANN]).set("DATABASE_URL", &database.url);
    let printed = create.succeeds().await;

    let (first, password) = printed.trim_end().split_once("\nPassword: ").expect("a password");
    assert_eq!(first, "ann@example.com is an administrator now.");
    let session = visitor.tries_to_log_in(ANN, password).await;
    assert_eq!(session["viewer"], json!({ "email": ANN, "roles": ["ADMINISTRATOR"] }));
    let session = visitor.tries_to_log_in(ANN, "somebody else's").await;
    assert_eq!(session["userErrors"][0]["code"], "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn a_password_can_be_given_on_standard_input_and_is_not_printed() {
    let database = crate::support::database().await;
    let create = skymailing(&["createadmin", "--email", ANN, "--password-stdin", "--json"]);
    let create = create.set("DATABASE_URL", &database.url);

    let printed = create.clone().input(&format!("{PASSWORD}\n")).succeeds().await;

    let mut answer: Value = serde_json::from_str(&printed).expect("JSON");
    assert!(answer["id"].take().is_string());
    assert_eq!(answer, json!({ "id": null, "email": ANN, "new": true, "password": null }));
    let mut serve = skymailing(&["serve"]).set("DATABASE_URL", &database.url).start();
    Visitor::ann(&serve.serves().await).await;
}

#[tokio::test]
async fn an_account_that_exists_gets_the_role_and_a_new_password_and_is_told_apart() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    let mut serve = skymailing(&["serve"]).set("DATABASE_URL", &database.url).start();
    let ann = Visitor::ann(&serve.serves().await).await;

    // The address in another case is the same address.
    let create = skymailing(&["createadmin", "--email", "Ann@Example.com", "--password-stdin"]);
    let create = create.set("DATABASE_URL", &database.url).input("another long password");
    let printed = create.succeeds().await;

    assert!(printed.starts_with("Ann@Example.com had an account already."), "{printed}");
    let old = ann.tries_to_log_in(ANN, PASSWORD).await;
    assert_eq!(old["userErrors"][0]["code"], "INVALID_CREDENTIALS");
    let viewer = ann.ask("{ viewer { email } }", json!({})).await;
    assert_eq!(viewer["viewer"], json!(null), "the sessions of the old password have ended");
    let new = ann.tries_to_log_in(ANN, "another long password").await;
    assert_eq!(new["viewer"], json!({ "email": ANN, "roles": ["ADMINISTRATOR"] }));
    let accounts: i64 =
        sqlx::query_scalar("select count(*) from users").fetch_one(&database.pool).await.expect("users");
    assert_eq!(accounts, 1);
}

#[tokio::test]
async fn an_account_that_is_blocked_is_let_in_again_first() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    let root = skymailing(&["createadmin", "--email", "root@example.com"]).set("DATABASE_URL", &database.url);
    root.succeeds().await;
    let block = skymailing(&["user", "block", ANN, "--reason", "complaints"]).set("DATABASE_URL", &database.url);
    block.succeeds().await;

    let ended = skymailing(&["createadmin", "--email", ANN]).set("DATABASE_URL", &database.url).run().await;

    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("ann@example.com is blocked"), "{ended:?}");
    assert!(ended.err.contains("skymailing user unblock ann@example.com --reason"), "{ended:?}");
    assert!(!ended.out.contains("Password"), "{ended:?}");
}

#[tokio::test]
async fn an_administrator_has_the_language_that_was_asked_for() {
    let database = crate::support::database().await;
    for (email, language, stored) in
        [("ann@example.com", vec!["--language", "ru"], "ru"), ("bob@example.com", vec![], "en")]
    {
        let arguments = [vec!["createadmin", "--email", email], language].concat();
        skymailing(&arguments).set("DATABASE_URL", &database.url).succeeds().await;
        let language: String = sqlx::query_scalar("select language from users where email = $1")
            .bind(email)
            .fetch_one(&database.pool)
            .await
            .expect("the account");
        assert_eq!(language, stored);
    }
    let unknown = ["createadmin", "--email", ANN, "--language", "fr"];
    let ended = skymailing(&unknown).set("DATABASE_URL", &database.url).run().await;
    assert!(ended.err.contains("it speaks en and ru"), "{}", ended.err);
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_new_account_is_said_at_once_and_nothing_is_written() {
    let database = crate::support::database().await;
    let arguments = ["createadmin", "--email", "ann", "--time-zone", "Mars/Olympus", "--password-stdin"];
    let create = skymailing(&arguments).set("DATABASE_URL", &database.url).input("short");

    let ended = create.run().await;

    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
    let error = ended.err.lines().last().unwrap_or_default();
    for part in ["error: ", "ann", "Mars/Olympus", "at least 10 characters"] {
        assert!(error.contains(part), "{part:?} is not in {error:?}");
    }
    let events: i64 =
        sqlx::query_scalar("select count(*) from events").fetch_one(&database.pool).await.expect("events");
    assert_eq!(events, 0);
}
