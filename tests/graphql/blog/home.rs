//! The home page: its numbers, and what browsers and servers keep of it.

use crate::support::http::{Answer, Api, Person, plan, text};
use crate::support::service::{Service, found};
use crate::support::smtp_server::{Offers, SmtpServer};
use domain::Role;
use reqwest::StatusCode;
use serde_json::json;

const NUMBERS: &str = "{ homeStats { mailings runningMailings uniqueRecipients } }";

async fn shows(person: &Person, mailings: i64, running: i64, recipients: i64) {
    let expected = json!({ "mailings": mailings, "runningMailings": running, "uniqueRecipients": recipients });
    found("the home page shows it", async || {
        (person.ask(NUMBERS, json!({})).await["homeStats"] == expected).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_home_page_counts_mailings_running_ones_and_different_recipients() {
    let api = Api::start().await;
    let anonymous = api.anonymous();
    let (ann, bob) = (api.owner("Ann").await, api.owner("Bob").await);
    shows(&anonymous, 0, 0, 0).await;

    let anna = ann.client("anna@example.com", &[]).await;
    let same = bob.client("Anna@Example.com", &[]).await;
    let other = bob.client("other@example.com", &[]).await;
    shows(&anonymous, 0, 0, 2).await;
    bob.does("clientUpdate", json!({ "id": other, "email": "third@example.com" }), "").await;
    bob.does("clientUpdate", json!({ "id": same, "email": "ANNA@example.com" }), "").await;
    shows(&anonymous, 0, 0, 2).await;
    bob.does("clientDelete", json!({ "id": same }), "").await;
    shows(&anonymous, 0, 0, 2).await;
    bob.does("clientDelete", json!({ "id": other }), "").await;
    shows(&anonymous, 0, 0, 1).await;

    // A mailing runs once it has sent.
    let message = ann.message().await;
    let mailing = ann.mailing(&message, &anna).await;
    let deleted = ann.mailing(&message, &anna).await;
    ann.does("mailingDelete", json!({ "id": deleted }), "").await;
    let paused = ann.does("mailingCreate", plan(&message, &anna), "mailing { id }").await;
    let paused = text(&paused["mailing"]["id"]);
    ann.does("mailingPause", json!({ "id": paused }), "").await;
    shows(&anonymous, 2, 0, 1).await;
    let server = SmtpServer::start(Offers::default()).await;
    let _engine = Service::work_with(&api.node, Service::relay(&server), Service::settings());
    shows(&anonymous, 2, 1, 1).await;
    let status = ann.ask("query($id: ID!) { mailing(id: $id) { status } }", json!({ "id": mailing })).await;
    assert_eq!(status["mailing"]["status"], "RUNNING");
    ann.does("mailingPause", json!({ "id": mailing }), "").await;
    shows(&anonymous, 2, 0, 1).await;
}

async fn get(api: &Api, person: &Person, query: &str, tag: Option<&str>) -> Answer {
    let url = api.url("/graphql");
    person
        .send(|http| {
            let request = http.get(url).query(&[("query", query)]);
            match tag {
                Some(tag) => request.header("if-none-match", tag),
                None => request,
            }
        })
        .await
}

#[tokio::test]
async fn browsers_keep_the_home_page_and_the_blog_and_ask_whether_they_are_still_right() {
    let api = Api::start().await;
    let carl = api.person("Carl", &[Role::ContentManager]).await;
    let anonymous = api.anonymous();
    let blog = "{ homeStats { mailings } articles { nodes { title } } }";
    let first = get(&api, &anonymous, blog, None).await;
    let tag = first.header("etag").to_owned();
    assert_eq!((first.status, first.header("cache-control")), (StatusCode::OK, "public, max-age=0, must-revalidate"));
    assert_eq!(first.header("vary"), "Accept, Authorization, Cookie");
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");

    let again = get(&api, &anonymous, blog, Some(&tag)).await;
    assert_eq!((again.status, again.header("etag"), &again.body), (StatusCode::NOT_MODIFIED, tag.as_str(), &json!("")));

    let article = carl.does("articleCreate", json!({ "title": "News", "body": "News" }), "article { id }").await;
    carl.does("articlePublish", json!({ "id": article["article"]["id"] }), "").await;
    let changed = found("the change is shown", async || {
        let answer = get(&api, &anonymous, blog, Some(&tag)).await;
        (answer.status == StatusCode::OK).then_some(answer)
    })
    .await;
    assert_ne!(changed.header("etag"), tag);
    assert_eq!(changed.body["data"]["articles"]["nodes"], json!([{ "title": "News" }]));

    // Nobody keeps what is somebody's, what is asked for otherwise, or what failed.
    for (person, query) in [
        (&carl, blog),
        (&anonymous.known_by("wrong"), blog),
        (&anonymous, "{ viewer { id } }"),
        (&anonymous, "{ articles { nodes { title } } viewer { id } }"),
        (&anonymous, "{ articles(scope: ALL) { nodes { title } } homeStats { mailings } }"),
    ] {
        let answer = get(&api, person, query, None).await;
        assert_eq!((answer.header("cache-control"), answer.header("etag")), ("no-store", ""), "{query}");
    }
    let posted = anonymous.post(blog, json!({})).await;
    assert_eq!((posted.status, posted.header("cache-control")), (StatusCode::OK, "no-store"));
}

#[tokio::test]
async fn the_server_keeps_the_home_page_for_a_moment() {
    let api = Api::start().await;
    let carl = api.person("Carl", &[Role::ContentManager]).await;
    for number in 0..10 {
        let input = json!({ "title": format!("News {number}"), "body": "News" });
        let article = carl.does("articleCreate", input, "article { id }").await;
        carl.does("articlePublish", json!({ "id": article["article"]["id"] }), "").await;
    }
    let trio = async || {
        let seen = api.anonymous().ask("{ homeStats { randomArticles { id } } }", json!({})).await;
        assert_eq!(seen["homeStats"]["randomArticles"].as_array().map(Vec::len), Some(3));
        seen.to_string()
    };
    // Of 720 ways to draw three, two in a row are the same only if they were drawn once.
    let mut last = String::new();
    found("an answer is kept", async || {
        let now = trio().await;
        let before = std::mem::replace(&mut last, now);
        (before == last).then_some(())
    })
    .await;
}
