//! Forms: what is typed is never lost, nothing is done twice, and nobody else's page can send one.

use super::reader::{Reader, hidden, location};
use crate::support::http::{Api, text};
use domain::Role;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_SECURITY_POLICY, COOKIE, ORIGIN};
use serde_json::json;

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

#[tokio::test]
async fn whoever_writes_an_article_is_told_of_pictures_that_readers_will_not_see() {
    let api = Api::start().await;
    let reader = Reader::of(&api, &api.person("Carl", &[Role::ContentManager]).await);
    let body = "![a](http://example.org/a.png) ![b](javascript:alert) ![c](https://example.org/c.png)";
    let fields = [("title", "News"), ("body", body), ("imageUrl", "http://example.org/d.png")];
    let answer = reader.post("/articles/new/preview", &fields).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let page = answer.text().await.expect("a page");
    for address in ["http://example.org/a.png", "javascript:alert", "http://example.org/d.png"] {
        assert!(page.contains(&format!("does not begin with https: {address}</p>")), "{address}: {page}");
    }
    assert_eq!(page.matches("does not begin with https").count(), 3, "{page}");
}

#[tokio::test]
async fn what_may_surprise_is_said_before_it_is_done() {
    let api = Api::start().await;
    let (ann, root) = (api.owner("Ann").await, api.person("Root", &[Role::Administrator]).await);
    let client = ann.client("anna@example.com", &[]).await;
    let group = ann.group("Old friends").await;
    for email in ["bea@example.com", "carl@example.com"] {
        ann.client(email, &[&group]).await;
    }
    let letter = json!({ "subject": "Dear {{last_name}}", "text": "Hello" });
    let message = text(&ann.does("messageCreate", letter, "message { id }").await["message"]["id"]);
    let reader = Reader::of(&api, &ann);

    // Nobody has a last name of their own.
    let plan = [
        ("name", "News"),
        ("messageId", message.as_str()),
        ("audience.clientIds", client.as_str()),
        ("audience.groupIds", group.as_str()),
        ("when", "now"),
        ("endsAt", "2026-06-04T10:00"),
        ("timeZone", "Europe/Berlin"),
        ("periodicity.kind", "ONCE"),
        ("inDoubt", "HOLD"),
    ];
    let check = reader.post("/mailings/check", &plan).await;
    assert_eq!(check.status(), StatusCode::OK);
    let page = check.text().await.expect("a page");
    assert!(page.contains("last_name") && page.contains("class=\"warning\""), "{page}");
    for said in ["3 people", "Old friends", "2 clients", "anna@example.com", "until you decide on the page of its run"]
    {
        assert!(page.contains(said), "{said:?} is not in {page}");
    }
    assert!(!page.contains("bea@example.com"), "members of groups are not named one by one: {page}");

    // Whoever gets a role can stop their own mailings no longer.
    ann.mailing(&message, &client).await;
    let reader = Reader::of(&api, &root);
    for role in ["manager", "content_manager"] {
        let (status, page) = reader.get(&format!("/users/{}/roles/{role}/grant", ann.id)).await;
        assert_eq!(status, StatusCode::OK, "{role}");
        assert!(page.contains("1 mailing of this user goes on as planned"), "{role}: {page}");
    }
    let (_, page) = reader.get(&format!("/users/{}/roles/manager/grant", root.id)).await;
    assert!(!page.contains("as planned"), "{page}");
}
