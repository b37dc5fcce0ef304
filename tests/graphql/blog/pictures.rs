//! Pictures of articles: who adds them, what is one, and how they are shown.

use crate::support::http::{Answer, Api, Person};
use acts::Bounds;
use domain::Role;
use reqwest::StatusCode;
use serde_json::json;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and what else a picture has";

async fn add(api: &Api, person: &Person, bytes: &[u8]) -> Answer {
    let (url, bytes) = (api.url("/pictures"), bytes.to_vec());
    person.send(|http| http.post(url).body(bytes)).await
}

#[tokio::test]
async fn those_who_write_add_pictures_and_everybody_sees_them() {
    let api = Api::start().await;
    let carl = api.person("Carl", &[Role::ContentManager]).await;
    let added = add(&api, &carl, PNG).await;
    assert_eq!(added.status, StatusCode::CREATED);
    let address = added.body["address"].as_str().expect("an address").to_owned();
    assert!(address.starts_with("/pictures/"), "{address}");
    assert_eq!(add(&api, &carl, PNG).await.body["address"], address.as_str(), "the same picture is one");

    let shown = reqwest::get(api.url(&address)).await.expect("the server answers");
    let header = |name: &str| shown.headers()[name].to_str().expect("a header is text").to_owned();
    assert_eq!(header("content-type"), "image/png");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("cache-control").contains("immutable"));
    assert!(header("content-security-policy").contains("sandbox"));
    let tag = header("etag");
    assert_eq!(shown.bytes().await.expect("the picture arrives"), PNG);
    let again = reqwest::Client::new().get(api.url(&address)).header("if-none-match", tag).send().await;
    assert_eq!(again.expect("the server answers").status(), StatusCode::NOT_MODIFIED);

    let article = json!({ "title": "News", "body": format!("![news]({address})"), "imageUrl": address });
    let made = carl.does("articleCreate", article, "article { imageUrl html }").await;
    assert_eq!(made["article"]["imageUrl"], address.as_str());
    assert_eq!(made["article"]["html"], format!("<p><img src=\"{address}\" alt=\"news\"></p>\n"));
}

#[tokio::test]
async fn nobody_else_adds_pictures_and_nothing_else_is_one() {
    let api = Api::start().await;
    let carl = api.person("Carl", &[Role::ContentManager]).await;
    let (ann, max) = (api.owner("Ann").await, api.person("Max", &[Role::Manager]).await);
    for (person, status) in
        [(&api.anonymous(), StatusCode::UNAUTHORIZED), (&ann, StatusCode::FORBIDDEN), (&max, StatusCode::FORBIDDEN)]
    {
        assert_eq!(add(&api, person, PNG).await.status, status);
    }
    let large = [PNG, &vec![0; domain::article::MAX_PICTURE]].concat();
    for (bytes, status, code) in [
        (
            &b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..],
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (b"", StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"),
        (&large, StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"),
    ] {
        let answer = add(&api, &carl, bytes).await;
        assert_eq!((answer.status, answer.code()), (status, code));
    }
    for nowhere in ["/pictures/x".to_owned(), format!("/pictures/{}", "0".repeat(64))] {
        let answer = reqwest::get(api.url(&nowhere)).await.expect("the server answers");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn an_account_has_so_many_pictures_and_no_more() {
    let api = Api::bounded(Bounds { pictures: 1, ..Bounds::default() }).await;
    let carl = api.person("Carl", &[Role::ContentManager]).await;
    assert_eq!(add(&api, &carl, PNG).await.status, StatusCode::CREATED);
    let answer = add(&api, &carl, b"GIF89a").await;
    assert_eq!((answer.status, answer.code()), (StatusCode::UNPROCESSABLE_ENTITY, "QUOTA_REACHED"));
    assert_eq!(add(&api, &carl, PNG).await.status, StatusCode::CREATED, "what is there is there");
}

#[tokio::test]
async fn those_who_write_see_what_a_text_becomes_before_it_is_saved() {
    let api = Api::start().await;
    let carl = api.person("Carl", &[Role::ContentManager]).await;
    let query =
        "query($input: ArticlePreviewInput!) { articlePreview(input: $input) { html userErrors { code field } } }";
    let before = api.events().await;
    let input = json!({ "input": { "body": "*News* <script>alert(1)</script>" } });
    let seen = carl.ask(query, input.clone()).await;
    assert_eq!(seen["articlePreview"], json!({ "html": "<p><em>News</em> </p>\n", "userErrors": [] }));
    let wrong = carl.ask(query, json!({ "input": { "body": " " } })).await;
    let errors = json!([{ "code": "TEXT_EMPTY", "field": ["input", "body"] }]);
    assert_eq!(wrong["articlePreview"], json!({ "html": null, "userErrors": errors }));
    assert_eq!(api.events().await, before, "nothing is written");
    for (person, code) in [(api.anonymous(), "UNAUTHENTICATED"), (api.owner("Ann").await, "FORBIDDEN")] {
        assert_eq!(person.post(query, input.clone()).await.code(), code);
    }
}
