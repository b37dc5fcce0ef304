//! PostgreSQL goes away and comes back.

use crate::support::database::OwnServer;
use crate::support::http::{Api, text};
use crate::support::service::found;
use reqwest::StatusCode;
use serde_json::json;
use skymailing::wire::MIGRATIONS;
use sqlx::postgres::PgPoolOptions;
use std::time::Duration;

#[tokio::test]
async fn without_its_database_the_service_says_so_and_with_it_goes_on() {
    let mut server = OwnServer::start().await;
    let pool = PgPoolOptions::new().acquire_timeout(Duration::from_secs(2)).connect(server.url()).await;
    let pool = pool.expect("the server takes connections");
    MIGRATIONS.run(&pool).await.expect("a fresh database can be migrated");
    let api = Api::over(pool, None).await;
    let ann = api.owner("Ann").await;
    let friends = ann.group("Friends").await;
    let nobody = api.anonymous();
    let ready = async || nobody.send(|http| http.get(api.url("/readyz"))).await.status;
    assert_eq!(ready().await, StatusCode::OK);

    server.kill().await;
    let log_in = "mutation { sessionCreate(input: { email: \"ann@example.com\", password: \"x\" }) { viewer { id } } }";
    let create = "mutation { groupCreate(input: { name: \"Family\" }) { group { id } } }";
    for (person, query) in [(&ann, "{ viewer { email } }"), (&ann, create), (&nobody, log_in)] {
        let answer = person.post(query, json!({})).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"), "{answer:?}");
        let message = text(&answer.body["errors"][0]["message"]);
        assert!(message.starts_with("the database does not answer"), "{message}");
    }
    assert_eq!(ready().await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(nobody.send(|http| http.get(api.url("/healthz"))).await.status, StatusCode::OK);
    assert_eq!(nobody.ask("{ __typename }", json!({})).await["__typename"], "Query");

    server.start_again().await;
    found("the service answers again", async || (ready().await == StatusCode::OK).then_some(())).await;
    let renamed = ann.does("groupUpdate", json!({ "id": friends, "name": "Family" }), "group { name } behind").await;
    assert_eq!((&renamed["group"]["name"], &renamed["behind"]), (&json!("Family"), &json!(false)));
}

#[tokio::test]
async fn a_service_whose_database_may_only_be_read_is_not_ready_and_says_why() {
    let server = OwnServer::start().await;
    let pool = PgPoolOptions::new().connect(server.url()).await.expect("the server takes connections");
    MIGRATIONS.run(&pool).await.expect("a fresh database can be migrated");
    let api = Api::over(pool.clone(), None).await;
    let nobody = api.anonymous();
    let reason = async || {
        let ready = nobody.send(|http| http.get(api.url("/readyz"))).await;
        if ready.status == StatusCode::OK { "none".to_owned() } else { text(&ready.body["reason"]) }
    };
    assert_eq!(reason().await, "none");
    for (setting, expected) in [("on", "the database may only be read"), ("off", "none")] {
        let change = format!("alter system set default_transaction_read_only = {setting}");
        for statement in [change.as_str(), "select pg_reload_conf()"] {
            sqlx::query(statement).execute(&pool).await.expect("a superuser may");
        }

        found(expected, async || (reason().await == expected).then_some(())).await;
    }
}
