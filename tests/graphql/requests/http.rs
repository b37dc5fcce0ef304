//! Statuses, media types and headers, as the GraphQL-over-HTTP specification has them.

use crate::support::http::{Answer, Api, Person, text};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

async fn post(api: &Api, accept: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    let (url, body) = (api.url("/graphql"), body.into());
    let person = api.anonymous();
    person.send(|http| http.post(url).header("accept", accept).header("content-type", content_type).body(body)).await
}

#[tokio::test]
async fn what_is_no_graphql_is_a_bad_request() {
    let api = Api::start().await;
    for (body, json_status) in [
        ("{", StatusCode::BAD_REQUEST),
        ("[]", StatusCode::BAD_REQUEST),
        ("[{\"query\":\"{ __typename }\"}]", StatusCode::BAD_REQUEST),
        ("{}", StatusCode::BAD_REQUEST),
        ("{\"query\":1}", StatusCode::BAD_REQUEST),
        ("{\"query\":\"{ __typename }\",\"variables\":\"x\"}", StatusCode::BAD_REQUEST),
        // The request is right, its document is not: for application/json the specification wants 200.
        ("{\"query\":\"{\"}", StatusCode::OK),
        ("{\"query\":\"{ nothing }\"}", StatusCode::OK),
        ("{\"query\":\"query A { __typename } query B { __typename }\"}", StatusCode::OK),
    ] {
        for (accept, status) in [(GRAPHQL, StatusCode::BAD_REQUEST), (JSON, json_status)] {
            let answer = post(&api, accept, JSON, body).await;
            assert_eq!((answer.status, answer.code()), (status, "BAD_REQUEST"), "{accept} {body} {answer:?}");
            assert!(answer.header("content-type").starts_with(accept), "{answer:?}");
            assert!(answer.body.get("data").is_none(), "{answer:?}");
            assert_eq!(answer.body["errors"][0]["extensions"]["requestId"], answer.header("x-request-id"));
        }
    }
}

#[tokio::test]
async fn other_methods_and_media_types_are_refused() {
    let api = Api::start().await;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin1",
    ] {
        let answer = post(&api, JSON, content_type, "{\"query\":\"{ __typename }\"}").await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"),
            "{content_type}"
        );
    }
    let answer = post(&api, "text/html", JSON, "{\"query\":\"{ __typename }\"}").await;
    assert_eq!(answer.status, StatusCode::NOT_ACCEPTABLE);

    let nobody = api.anonymous();
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = nobody.send(|http| http.request(method, api.url("/graphql"))).await;
        assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, POST"));
    }
}

#[tokio::test]
async fn queries_come_by_get_and_mutations_do_not() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let get = async |person: &Person, parameters: &[(&str, &str)]| {
        person.send(|http| http.get(api.url("/graphql")).query(parameters)).await
    };
    let query = "query V($id: ID!) { viewer { email } client(id: $id) { id } }";
    let answer = get(&ann, &[("query", query), ("operationName", "V"), ("variables", "{\"id\":\"x\"}")]).await;
    assert_eq!(answer.body["data"], json!({ "viewer": { "email": "ann@example.com" }, "client": null }));

    let before = api.events().await;
    let mutation = "mutation M { groupCreate(input: { name: \"x\" }) { group { id } } } query Q { __typename }";
    for parameters in [
        vec![("query", "mutation { groupCreate(input: { name: \"x\" }) { group { id } } }")],
        vec![("query", mutation), ("operationName", "M")],
    ] {
        let answer = get(&ann, &parameters).await;
        assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
    }
    assert_eq!(get(&ann, &[("query", mutation), ("operationName", "Q")]).await.body["data"]["__typename"], "Query");
    assert_eq!(api.events().await, before);
    for parameters in [vec![], vec![("query", "{ __typename }"), ("variables", "[")]] {
        assert_eq!(get(&ann, &parameters).await.status, StatusCode::BAD_REQUEST, "{parameters:?}");
    }
}

#[tokio::test]
async fn a_request_that_is_too_large_is_told_so() {
    let api = Api::start().await;
    let document = |length: usize| json!({ "query": format!("{{ __typename }} #{}", "x".repeat(length)) }).to_string();
    assert_eq!(post(&api, JSON, JSON, document(60 * 1024)).await.status, StatusCode::OK);
    for length in [64 * 1024, 900 * 1024] {
        let answer = post(&api, JSON, JSON, document(length)).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"));
        let told = answer.body["errors"][0]["message"].as_str().unwrap_or_default();
        assert_eq!(told, "a request has at most 64 KiB as long as nobody is signed in: log in first");
    }
}

#[tokio::test]
async fn an_answer_tells_the_id_under_which_events_and_log_know_the_request() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (message, client) = (ann.message().await, ann.client("anna@example.com", &[]).await);
    let input = crate::support::http::plan(&message, &client);
    let answer = ann
        .post(
            "mutation($input: MailingCreateInput!) { mailingCreate(input: $input) {
               mailing { history { nodes { correlationId } } } userErrors { code } } }",
            json!({ "input": input }),
        )
        .await;
    let id = answer.body.pointer("/data/mailingCreate/mailing/history/nodes/0/correlationId").cloned();
    assert_eq!(id, Some(Value::from(answer.header("x-request-id"))), "{answer:?}");
    let address: String = sqlx::query_scalar("select metadata->>'address' from events order by position desc limit 1")
        .fetch_one(&api.pool)
        .await
        .expect("there is an event");
    assert_eq!(address, "127.0.0.1");
}

#[tokio::test]
async fn one_failure_does_not_blank_the_page() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let answer = ann.post("{ viewer { email } projections { name } }", json!({})).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::OK, "FORBIDDEN"));
    assert_eq!(answer.body["data"], json!({ "viewer": { "email": "ann@example.com" }, "projections": null }));
}

#[tokio::test]
async fn the_playground_and_the_probes_answer() {
    let api = Api::start().await;
    let nobody = api.anonymous();
    let page = nobody.send(|http| http.get(api.url("/graphiql"))).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(text(&page.body).contains("mailings(first: 10)"));
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!(page.header("x-content-type-options"), "nosniff");

    let home = nobody.send(|http| http.get(api.url("/"))).await;
    assert!(text(&home.body).contains("href=\"/graphiql\""), "the home page leads there");

    let health = nobody.send(|http| http.get(api.url("/healthz"))).await;
    assert_eq!((health.status, text(&health.body)), (StatusCode::OK, "ok\n".to_owned()));
    let ready = nobody.send(|http| http.get(api.url("/readyz"))).await;
    assert_eq!((ready.status, ready.body), (StatusCode::OK, json!({ "ready": true })));
}

#[tokio::test]
async fn a_read_model_that_has_stopped_is_told_and_shuts_nobody_out() {
    let api = Api::start().await;
    sqlx::query("update projections set error = 'position 7, broken' where name = 'articles'")
        .execute(&api.pool)
        .await
        .expect("it has stopped");
    let ready = api.anonymous().send(|http| http.get(api.url("/readyz"))).await;
    assert_eq!((ready.status, ready.body), (StatusCode::OK, json!({ "ready": true, "stopped": ["articles"] })));
}
