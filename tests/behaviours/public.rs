//! What everybody may see without an account.

use super::stage::{Stage, created, finished};
use crate::support::http::{Answer, Api, Person, text};
use crate::support::service::found;
use domain::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn publishes(writer: &Person, title: &str) -> String {
    let article = writer.does("articleCreate", json!({ "title": title, "body": "News" }), "article { id }").await;
    let id = text(&article["article"]["id"]);
    writer.does("articlePublish", json!({ "id": id }), "").await;
    id
}

/// See also `tests/graphql/blog/home.rs` and `tests/graphql/blog/articles.rs`.
#[tokio::test]
async fn behaviour_09_the_anonymous_home_page_has_three_numbers_and_three_random_articles_and_views_are_counted() {
    let stage = Stage::start().await;
    let engine = stage.works();
    let (ann, bob) = (stage.api.owner("Ann").await, stage.api.owner("Bob").await);
    let carl = stage.api.person("Carl", &[Role::ContentManager]).await;
    let message = ann.message().await;
    let anna = ann.client("anna@example.com", &[]).await;
    // The same person in two address books is one recipient.
    bob.client("Anna@Example.com", &[]).await;
    let plan = stage.plan(&message, &json!({ "clientIds": [anna] }));
    let running = created(&ann, plan.clone()).await;
    finished(&ann, &running, 1).await;
    let paused = created(&ann, plan).await;
    ann.does("mailingPause", json!({ "id": paused }), "").await;
    let mut articles = Vec::new();
    for number in 0..5 {
        articles.push(publishes(&carl, &format!("News {number}")).await);
    }
    carl.does("articleCreate", json!({ "title": "A draft", "body": "Not yet" }), "").await;

    let anonymous = stage.api.anonymous();
    let home = "{ homeStats { mailings runningMailings uniqueRecipients randomArticles { id } } }";
    let mut drawn = BTreeSet::new();
    found("the numbers are shown, and all articles in their turn", async || {
        let mut seen = anonymous.ask(home, json!({})).await["homeStats"].take();
        let trio = seen["randomArticles"].take();
        let trio: BTreeSet<String> = trio.as_array().expect("articles").iter().map(|one| text(&one["id"])).collect();
        let numbers = json!({ "mailings": 2, "runningMailings": 1, "uniqueRecipients": 1, "randomArticles": null });
        let whole = seen == numbers && trio.len() == 3;
        drawn.extend(trio);
        (whole && drawn.len() == 5).then_some(())
    })
    .await;
    assert_eq!(drawn, articles.iter().cloned().collect::<BTreeSet<_>>(), "drafts are not drawn");

    // Counted are those who open an article, and those who open the list.
    let read = "query($id: ID!) { article(id: $id) { html } }";
    for _ in 0..3 {
        anonymous.ask(read, json!({ "id": articles[0] })).await;
    }
    anonymous.ask("{ articles { nodes { title } } }", json!({})).await;
    found("the views are shown", async || {
        let views = carl
            .ask(
                "query($id: ID!) { node(id: $id) { ... on Article { views } } homeStats { articleListViews } }",
                json!({ "id": articles[0] }),
            )
            .await;
        (views["node"]["views"] == 3 && views["homeStats"]["articleListViews"] == 1).then_some(())
    })
    .await;
    engine.stop().await;
}

async fn get(api: &Api, query: &str, tag: &str) -> Answer {
    let url = api.url("/graphql");
    api.anonymous().send(|http| http.get(url).query(&[("query", query)]).header("if-none-match", tag)).await
}

/// See also `tests/graphql/blog/home.rs`, and `tests/graphql/blog/articles.rs` for several nodes. That a change shows within a second
/// is how long the server keeps what it has, `api/src/cache.rs`: here only that it shows.
#[tokio::test]
async fn behaviour_10_home_page_and_blog_are_kept_in_the_server_unless_that_is_off_and_in_the_client() {
    let database = crate::support::database().await;
    let cached = Api::over(database.pool.clone(), None).await;
    let uncached = Api::uncached(sqlx::PgPool::connect(&database.url).await.expect("the database is there")).await;
    let carl = cached.person("Carl", &[Role::ContentManager]).await;
    for number in 0..10 {
        publishes(&carl, &format!("News {number}")).await;
    }
    let drawn = async |api: &Api| {
        let home = api.anonymous().ask("{ homeStats { randomArticles { id } } }", json!({})).await;
        home.to_string()
    };
    // Of 720 draws two in a row are the same only if one was kept.
    let mut last = String::new();
    found("an answer is kept in the server", async || {
        let now = drawn(&cached).await;
        let before = std::mem::replace(&mut last, now);
        (before == last).then_some(())
    })
    .await;
    let mut all = BTreeSet::new();
    for _ in 0..20 {
        all.insert(drawn(&uncached).await);
    }
    assert!(all.len() > 5, "each time anew: {all:?}");

    // What has not changed is not sent again, and what has is.
    let blog = "{ homeStats { mailings } articles { totalCount } }";
    for api in [&cached, &uncached] {
        let whole = found("the whole blog is shown", async || {
            let answer = get(api, blog, "\"none\"").await;
            (answer.body["data"]["articles"]["totalCount"] == 10).then_some(answer)
        })
        .await;
        assert_eq!(whole.header("cache-control"), "public, max-age=0, must-revalidate");
        let same = get(api, blog, whole.header("etag")).await;
        assert_eq!((same.status, same.body), (StatusCode::NOT_MODIFIED, Value::from("")));
    }
    let tag = get(&cached, blog, "\"none\"").await.header("etag").to_owned();
    publishes(&carl, "More").await;
    let changed = found("the change is shown", async || {
        let answer = get(&cached, blog, &tag).await;
        (answer.status == StatusCode::OK).then_some(answer)
    })
    .await;
    assert_eq!(changed.body["data"]["articles"]["totalCount"], 11);
    assert_eq!(get(&uncached, blog, &tag).await.body["data"]["articles"]["totalCount"], 11, "at once");
}
