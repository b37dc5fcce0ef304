//! Documents that ask for too much: refused before anything is done for them, and told why.

use crate::support::http::{Answer, Api};
use reqwest::StatusCode;
use serde_json::json;

const GRAPHQL: &str = "application/graphql-response+json";

/// The fragment spreads the next one twice, and so on: 2^30 ways through 1 KB.
fn doubling() -> String {
    let fragment = |at: i32| format!("fragment f{at} on Query {{ ...f{} ...f{} }} ", at + 1, at + 1);
    let fragments: String = (0..30).map(fragment).collect();
    format!("{{ ...f0 }} {fragments} fragment f30 on Query {{ __typename }}")
}

fn aliased(times: usize, selection: &str) -> String {
    format!("{{ {} }}", (0..times).map(|at| format!("a{at}: {selection} ")).collect::<Vec<_>>().concat())
}

async fn get(api: &Api, accept: &str, query: &str) -> Answer {
    let url = api.url("/graphql");
    let person = api.anonymous();
    person.send(|http| http.get(url).header("accept", accept).query(&[("query", query)])).await
}

async fn post(api: &Api, accept: &str, query: &str) -> Answer {
    let (url, body) = (api.url("/graphql"), json!({ "query": query }).to_string());
    let person = api.anonymous();
    let json = "application/json";
    person.send(|http| http.post(url).header("accept", accept).header("content-type", json).body(body)).await
}

#[tokio::test]
async fn a_document_that_asks_for_too_much_is_refused_however_it_comes() {
    let api = Api::start().await;
    let (open, close) = ("[".repeat(1_350), "]".repeat(1_350));
    let search = "clients(first: 1, filter: { search: \"x\" }) { nodes { id } }";
    let names = "a: __typename ".repeat(700);
    for (query, code) in [
        (format!("{{ client(id: {open}{close}) {{ id }} }}"), "TOO_COMPLEX"),
        (format!("{{ client(id: \"x\") @skip(if: {open}{close}) {{ id }} }}"), "TOO_COMPLEX"),
        (format!("query($id: ID = {open}{close}) {{ client(id: $id) {{ id }} }}"), "TOO_COMPLEX"),
        (format!("query($id: {open}ID{close}) {{ client(id: $id) {{ id }} }}"), "TOO_COMPLEX"),
        (format!("{{ client(id: {}", "{a:".repeat(1_350)), "TOO_COMPLEX"),
        ("{a".repeat(1_350), "TOO_COMPLEX"),
        (doubling(), "TOO_COMPLEX"),
        (aliased(900, search), "TOO_COMPLEX"),
        (format!("{{ articles(first: 100) {{ nodes {{ {names} }} }} }}"), "TOO_COMPLEX"),
        (format!("{{ __schema {{ types {{ {names} }} }} }}"), "TOO_COMPLEX"),
        ("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }".to_owned(), "BAD_REQUEST"),
        ("{ __typename @nothing }".to_owned(), "BAD_REQUEST"),
        ("{ article(slug: \"\"\"x) { id } }".to_owned(), "BAD_REQUEST"),
        ("nothing ".repeat(900), "BAD_REQUEST"),
        (format!("{{ {} }}", "nothing ".repeat(900)), "BAD_REQUEST"),
    ] {
        for (accept, status) in [(GRAPHQL, StatusCode::BAD_REQUEST), ("application/json", StatusCode::OK)] {
            let mut answers = vec![post(&api, accept, &query).await];
            // A URL holds no more.
            if query.len() < 10_000 {
                answers.push(get(&api, accept, &query).await);
            }
            for answer in answers {
                let told = (answer.status, answer.code());
                assert_eq!(told, (status, code), "{accept} {} {answer:?}", &query[..query.len().min(90)]);
                assert!(answer.body.get("data").is_none(), "{answer:?}");
                assert_eq!(answer.body["errors"][0]["extensions"]["requestId"], answer.header("x-request-id"));
                assert!(answer.body.to_string().len() < 10_000, "{answer:?}");
            }
        }
    }
    assert_eq!(post(&api, GRAPHQL, "{ __typename }").await.body["data"]["__typename"], "Query");
}

#[tokio::test]
async fn what_is_too_much_is_told_in_the_language_of_the_request() {
    let api = Api::start().await;
    let body = json!({ "query": doubling() }).to_string();
    let url = api.url("/graphql");
    let answer = api
        .anonymous()
        .send(|http| {
            http.post(url).header("accept-language", "ru").header("content-type", "application/json").body(body)
        })
        .await;
    let message = answer.body["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(message.contains("больше 10000 частей"), "{message}");
}

#[tokio::test]
async fn a_few_searches_at_once_are_answered() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    ann.client("anna@example.com", &[]).await;
    let data = ann.ask(&aliased(15, "clients(filter: { search: \"NNA@\" }) { nodes { email } }"), json!({})).await;
    for at in 0..15 {
        assert_eq!(data[format!("a{at}")]["nodes"][0]["email"], "anna@example.com", "{at}");
    }
}

#[tokio::test]
async fn an_answer_that_becomes_too_long_is_refused_as_a_whole() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let input = json!({ "subject": "Hello", "text": "Hello", "html": "x".repeat(60_000) });
    let message = ann.does("messageCreate", input, "message { id }").await;
    let id = message["message"]["id"].as_str().expect("an id").to_owned();
    let times = |times: usize| {
        let html = (0..times).map(|at| format!("a{at}: html ")).collect::<Vec<_>>().concat();
        format!("query($id: ID!) {{ message(id: $id) {{ subject {html} }} }}")
    };

    let answer = ann.post(&times(300), json!({ "id": id })).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::OK, "TOO_COMPLEX"), "{:?}", answer.body["errors"]);
    assert!(answer.body.get("data").is_none());
    let data = ann.ask(&times(100), json!({ "id": id })).await;
    assert_eq!(data["message"]["a99"].as_str().map(str::len), Some(60_000));
}
