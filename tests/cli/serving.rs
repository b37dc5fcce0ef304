//! Starting the service.

use super::scene::Scene;
use crate::support::process::skymailing;
use crate::support::visitor::{Visitor, create_ann};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::net::TcpListener;

#[tokio::test]
async fn a_port_that_is_taken_is_told_by_the_name_of_its_setting() {
    let database = crate::support::database().await;
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("its address").to_string();

    for command in ["serve", "api"] {
        let program = skymailing(&[command]).set("DATABASE_URL", &database.url).set("HTTP_ADDR", &address);
        let ended = program.run().await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        let error = ended.err.lines().last().unwrap_or_default();
        assert!(error.starts_with(&format!("error: cannot listen on {address} (see HTTP_ADDR): ")), "{error}");
    }
}

#[tokio::test]
async fn a_statement_of_a_request_that_takes_too_long_is_given_up_and_others_do_not_notice() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    let serve = skymailing(&["serve"]).set("DATABASE_URL", &database.url).set("REQUEST_STATEMENT_TIMEOUT", "1s");
    let mut serve = serve.start();
    let ann = Visitor::ann(&serve.serves().await).await;
    let mut blocks = database.pool.begin().await.expect("a transaction");
    sqlx::query("lock table groups in access exclusive mode").execute(&mut *blocks).await.expect("nobody reads it");

    let (status, body) = ann.post("{ groups { nodes { name } } }", json!({})).await;
    ann.ask("{ viewer { email } clients { totalCount } }", json!({})).await;

    assert_eq!(status, StatusCode::GATEWAY_TIMEOUT, "{body}");
    assert_eq!(body["errors"][0]["extensions"]["code"], "TIMEOUT", "{body}");
    let message = body["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("this takes the database longer"), "{message}");
    blocks.rollback().await.expect("it ends");
    let groups = ann.ask("{ groups { nodes { name } } }", json!({})).await;
    assert_eq!(groups["groups"]["nodes"], json!([]));
}

#[tokio::test]
async fn each_request_makes_a_line_in_the_log_without_what_was_asked_and_from_where() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    let serve = skymailing(&["serve"]).set("DATABASE_URL", &database.url);
    let mut talkative = serve.clone().set("LOG_FORMAT", "json").start();
    let mut quiet = serve.set("LOG", "info,access=off").start();
    for process in [&mut talkative, &mut quiet] {
        let ann = Visitor::ann(&process.serves().await).await;
        ann.ask("{ secretName: viewer { email } }", json!({})).await;
    }

    let line: Value = serde_json::from_str(&talkative.says("\"user\":").await).expect("JSON");
    let fields = &line["fields"];
    assert_eq!(line["target"], "access");
    assert_eq!(
        (&fields["method"], &fields["path"], &fields["status"]),
        (&json!("POST"), &json!("/graphql"), &json!(200))
    );
    assert!(fields["milliseconds"].is_u64() && fields["request_id"].is_string(), "{line}");
    for process in [talkative, quiet] {
        process.signal("TERM");
        let ended = process.ends().await;
        assert_eq!(ended.code, Some(0));
        assert!(!ended.err.contains("secretName") && !ended.err.contains("127.0.0.1:"), "{}", ended.err);
        assert_eq!(ended.err.contains("answered"), ended.err.contains("\"target\":\"access\""), "{}", ended.err);
    }
}

#[tokio::test]
async fn a_process_that_does_not_come_to_its_end_is_ended_by_a_second_signal() {
    // A mail server that takes its time, and a process that would wait for it.
    let scene = Scene::with_clients(20).await;
    let gate = scene.hold_letters_after(5);
    let mut worker = scene.skymailing(&["worker"]).set("SHUTDOWN_TIMEOUT", "1h").start();
    gate.reached_by(1).await;

    worker.signal("TERM");
    worker.says("a second signal stops at once").await;
    assert!(worker.is_running());
    worker.signal("INT");

    assert_eq!(worker.ends().await.code, Some(130));
    gate.open();
}
