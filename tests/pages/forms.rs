//! Forms: what is typed is never lost, nothing is done twice, and nobody else's page can send one.

use super::reader::Reader;
use crate::support::http::{Api, PASSWORD};
use reqwest::header::{CONTENT_SECURITY_POLICY, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Response, StatusCode};
use serde_json::json;

/// Where an answer leads.
fn location(answer: &Response) -> &str {
    answer.headers().get(LOCATION).map_or("", |to| to.to_str().expect("an address is text"))
}

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let from = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("{name} in {page}"));
    from.split('"').next().expect("a value").to_owned()
}

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_client_and_a_mistake_stands_beside_its_field() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let reader = Reader::of(&api, &ann);
    let (status, page) = reader.get("/clients/new").await;
    assert_eq!(status, StatusCode::OK);
    let key = hidden(&page, "idempotencyKey");
    let bad = [("idempotencyKey", key.as_str()), ("email", "nobody"), ("fullName", "Anna <b>\"Petrova\"</b>")];
    let answer = reader.post("/clients", &bad).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text().await.expect("a page");
    assert!(page.contains("id=\"email-wrong\"") && page.contains("href=\"#email\""), "{page}");
    assert!(page.contains("Anna &#60;b&#62;&#34;Petrova&#34;&#60;/b&#62;"), "what was typed is kept, as text: {page}");
    assert_eq!(hidden(&page, "idempotencyKey"), key, "it is still the same form");

    let good = [("idempotencyKey", key.as_str()), ("email", "anna@example.com"), ("fullName", "Anna")];
    for _ in 0..2 {
        let answer = reader.post("/clients", &good).await;
        assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/clients"));
    }
    let seen = ann.ask("{ clients { totalCount nodes { fullName } } }", json!({})).await;
    assert_eq!(seen["clients"], json!({ "totalCount": 1, "nodes": [{ "fullName": "Anna" }] }));
}

#[tokio::test]
async fn a_form_that_others_have_overtaken_says_so_and_overwrites_only_when_it_is_sent_again() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (id, reader) = (ann.client("anna@example.com", &[]).await, Reader::of(&api, &ann));
    let path = format!("/clients/{id}");
    let (_, page) = reader.get(&path).await;
    let version = hidden(&page, "expectedVersion");
    ann.does("clientUpdate", json!({ "id": id, "comment": "from elsewhere" }), "").await;

    let fields = |version: &str| {
        let fields = [("email", "anna@example.com"), ("fullName", "Anna"), ("comment", "typed here")];
        let mut fields: Vec<(String, String)> = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        fields.push(("expectedVersion".to_owned(), version.to_owned()));
        fields
    };
    let send = async |fields: Vec<(String, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        reader.post(&path, &fields).await
    };
    let stale = send(fields(&version)).await;
    assert_eq!(stale.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = stale.text().await.expect("a page");
    assert!(page.contains("Somebody has changed this") && page.contains("typed here"), "{page}");
    let comment = "query($id: ID!) { client(id: $id) { comment } }";
    assert_eq!(ann.ask(comment, json!({ "id": id })).await["client"]["comment"], "from elsewhere");

    let again = send(fields(&hidden(&page, "expectedVersion"))).await;
    assert_eq!(again.status(), StatusCode::SEE_OTHER);
    assert_eq!(ann.ask(comment, json!({ "id": id })).await["client"]["comment"], "typed here");
}

#[tokio::test]
async fn whoever_was_logged_out_while_they_typed_logs_in_and_goes_on() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let mut reader = Reader::of(&api, &ann);
    let (_, page) = reader.get("/clients/new").await;
    let key = hidden(&page, "idempotencyKey");
    ann.ask("mutation { sessionsEndAll { ended } }", json!({})).await;

    let typed = [("idempotencyKey", key.as_str()), ("email", "anna@example.com"), ("comment", "long & <typed>")];
    let answer = reader.post("/clients", &typed).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let page = answer.text().await.expect("a page");
    assert!(page.contains("What you typed is kept"), "{page}");
    assert_eq!(hidden(&page, "kept.comment"), "long &#38; &#60;typed&#62;");

    let mut kept = vec![("kept-action", "/clients"), ("kept.idempotencyKey", key.as_str())];
    kept.extend([("kept.email", "anna@example.com"), ("kept.comment", "long & <typed>"), ("email", "ann@example.com")]);
    let wrong = reader.post("/log-in", &[kept.as_slice(), &[("password", "guess")]].concat()).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(hidden(&wrong.text().await.expect("a page"), "kept.email"), "anna@example.com");

    let right = reader.post("/log-in", &[kept.as_slice(), &[("password", PASSWORD)]].concat()).await;
    assert_eq!(right.status(), StatusCode::OK);
    let session = right.headers()[SET_COOKIE].to_str().expect("a cookie").split(';').next().expect("a pair").to_owned();
    reader.cookie = session;
    let page = right.text().await.expect("a page");
    assert!(page.contains("action=\"/clients\"") && hidden(&page, "comment").contains("&#60;typed&#62;"), "{page}");
    let sent = reader.post("/clients", &typed).await;
    assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    let ann = ann.known_by(reader.cookie.split_once('=').expect("a pair").1);
    assert_eq!(
        ann.ask("{ clients { nodes { comment } } }", json!({})).await["clients"]["nodes"][0]["comment"],
        "long & <typed>"
    );
}

#[tokio::test]
async fn what_was_kept_goes_nowhere_but_back_to_this_service() {
    let api = Api::start().await;
    let _ann = api.owner("Ann").await;
    let reader = Reader::of(&api, &api.anonymous());
    for (field, value) in [("to", "//evil.example"), ("to", "https://evil.example/"), ("to", "/\\evil.example")] {
        let answer =
            reader.post("/log-in", &[(field, value), ("email", "ann@example.com"), ("password", PASSWORD)]).await;
        assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/"), "{value}");
    }
    let kept = [
        ("kept-action", "https://evil.example/"),
        ("kept.secret", "x"),
        ("email", "ann@example.com"),
        ("password", PASSWORD),
    ];
    let answer = reader.post("/log-in", &kept).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/"));
}

#[tokio::test]
async fn pages_of_others_can_send_no_form_and_may_frame_nothing() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let reader = Reader::of(&api, &ann);
    let events = api.events().await;
    for (name, value) in
        [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")]
    {
        for path in ["/clients", "/log-out", "/settings/language", "/log-in"] {
            let request = reader.http.post(format!("{}{path}", reader.base)).header(COOKIE, &reader.cookie);
            let request = request.header(name, value).form(&[("email", "x@example.com"), ("language", "ru")]);
            let answer = request.send().await.expect("the server answers");
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}: {value} {path}");
        }
    }
    assert_eq!(api.events().await, events);
    let own = reader.http.post(format!("{}/clients", reader.base)).header(COOKIE, &reader.cookie);
    let own = own.header(ORIGIN, reader.base.clone()).form(&[("email", "x@example.com")]).send().await;
    assert_eq!(own.expect("the server answers").status(), StatusCode::SEE_OTHER);

    let page = reader.http.get(format!("{}/clients", reader.base)).header(COOKIE, &reader.cookie).send().await;
    let page = page.expect("the server answers");
    let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned();
    for part in
        ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let html = page.text().await.expect("a page");
    for inline in ["<style", " style=", "onclick=", "onload=", "<script>", "javascript:"] {
        assert!(!html.contains(inline), "{inline}");
    }
}
