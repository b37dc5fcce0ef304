//! Importing clients by upload.

use crate::support::http::{Answer, Api, Person};
use domain::Role;
use reqwest::StatusCode;
use serde_json::json;

async fn upload(api: &Api, person: &Person, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    let (url, body) = (api.url("/import/clients"), body.into());
    person.send(|http| http.post(url).header("content-type", content_type).body(body)).await
}

#[tokio::test]
async fn a_file_larger_than_a_request_is_imported_as_a_stream() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let rows = 5_000;
    let lines = std::iter::once("email,full_name,groups\n".to_owned())
        .chain((0..rows).map(|n| format!("c{n}@example.com,Client {n},Everybody\n")));
    let chunks = futures::stream::iter(lines.map(Ok::<_, std::io::Error>));

    let answer = upload(&api, &ann, "text/csv; charset=utf-8", reqwest::Body::wrap_stream(chunks)).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!((&answer.body["rows"], &answer.body["imported"]), (&json!(rows), &json!(rows)));
    let seen = ann.ask("{ clients { totalCount } groups { nodes { name size } } }", json!({})).await;
    assert_eq!(
        seen,
        json!({ "clients": { "totalCount": rows }, "groups": { "nodes": [{ "name": "Everybody", "size": rows }] } })
    );
}

#[tokio::test]
async fn an_upload_that_cannot_be_is_refused() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let max = api.person("Max", &[Role::Manager]).await;
    let file = "email\nanna@example.com\n";
    let before = api.events().await;
    for (person, content_type, body, status, code) in [
        (&api.anonymous(), "text/csv", file, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
        (&max, "text/csv", file, StatusCode::FORBIDDEN, "FORBIDDEN"),
        (&ann, "application/json", file, StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"),
        (&ann, "text/csv", "", StatusCode::UNPROCESSABLE_ENTITY, "FILE_EMPTY"),
        (&ann, "text/csv", "name\nAnna\n", StatusCode::UNPROCESSABLE_ENTITY, "FILE_EMAIL_COLUMN_MISSING"),
    ] {
        let answer = upload(&api, person, content_type, body).await;
        assert_eq!((answer.status, answer.code()), (status, code));
    }
    let url = api.url("/import/clients");
    let answer = ann.send(|http| http.get(url)).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(api.events().await, before);
}
