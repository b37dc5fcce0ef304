//! The blog: who writes, who reads, and what is counted.

use crate::support::database;
use crate::support::http::{Api, Person, text, with};
use crate::support::service::{found, metadata};
use domain::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

fn draft(title: &str) -> Value {
    json!({ "title": title, "body": "We have *news*.", "imageUrl": "https://example.org/news.jpg" })
}

async fn published(writer: &Person, title: &str) -> String {
    let article = writer.does("articleCreate", draft(title), "article { id }").await;
    let id = text(&article["article"]["id"]);
    writer.does("articlePublish", json!({ "id": id }), "").await;
    id
}

async fn views(person: &Person) -> (i64, i64) {
    let number = async |query: &str, path: &str| {
        person.ask(query, json!({})).await.pointer(path).and_then(Value::as_i64).expect("a number")
    };
    // First, because asking for the list is a view of it.
    let list = number("{ homeStats { articleListViews } }", "/homeStats/articleListViews").await;
    (number("{ articles(first: 1) { nodes { views } } }", "/articles/nodes/0/views").await, list)
}

#[tokio::test]
async fn content_managers_and_administrators_write_and_edit_articles_and_nobody_else_does() {
    let api = Api::start().await;
    let carl = api.person("Carl", &[Role::ContentManager]).await;
    let root = api.person("Root", &[Role::Administrator]).await;
    let (ann, max) = (api.owner("Ann").await, api.person("Max", &[Role::Manager]).await);
    let article =
        carl.does("articleCreate", draft("Spring news"), "article { id slug published author version }").await;
    let id = text(&article["article"]["id"]);
    assert_eq!(
        article["article"],
        json!({ "id": id, "slug": "spring-news", "published": false, "author": "Carl", "version": 1 })
    );

    // Each other's, too.
    let revised = json!({ "id": id, "title": "Summer news", "imageUrl": "" });
    let revised = root.does("articleUpdate", revised, "article { slug title body imageUrl author version }").await;
    assert_eq!(
        revised["article"],
        json!({ "slug": "summer-news", "title": "Summer news", "body": "We have *news*.", "imageUrl": null,
                "author": "Carl", "version": 2 })
    );
    for (writer, name, shown) in
        [(&carl, "articlePublish", true), (&root, "articleUnpublish", false), (&root, "articlePublish", true)]
    {
        let done = writer.does(name, json!({ "id": id }), "article { published }").await;
        assert_eq!(done["article"]["published"], shown);
    }

    let before = api.events().await;
    for (person, refusal) in [
        (&api.anonymous(), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED")),
        (&ann, (StatusCode::FORBIDDEN, "FORBIDDEN")),
        (&max, (StatusCode::FORBIDDEN, "FORBIDDEN")),
    ] {
        for (mutation, input) in [
            ("articleCreate", draft("Mine")),
            ("articleUpdate", json!({ "id": id, "title": "Mine" })),
            ("articlePublish", json!({ "id": id })),
            ("articleUnpublish", json!({ "id": id })),
            ("articleDelete", json!({ "id": id })),
        ] {
            let kind = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
            let query =
                format!("mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}");
            let answer = person.post(&query, json!({ "input": input })).await;
            assert_eq!((answer.status, answer.code()), refusal, "{mutation}");
        }
        let answer = person.post("{ articles(scope: ALL) { totalCount } }", json!({})).await;
        assert_eq!((answer.status, answer.code()), refusal);
    }
    assert_eq!(api.events().await, before);
    carl.does("articleDelete", json!({ "id": id }), "deletedId").await;
    assert_eq!(carl.fails("articlePublish", json!({ "id": id })).await, [("NOT_FOUND".into(), "input.id".into())]);
}

#[tokio::test]
async fn everybody_reads_what_is_published_and_drafts_are_not_there() {
    let api = Api::start().await;
    let carl = api.person("Carl", &[Role::ContentManager]).await;
    let (ann, max) = (api.owner("Ann").await, api.person("Max", &[Role::Manager]).await);
    let shown = published(&carl, "What's new?").await;
    let hidden = carl.does("articleCreate", draft("Not yet"), "article { id }").await;
    let hidden = text(&hidden["article"]["id"]);

    let query = "query($shown: ID, $hidden: ID) {
        articles { totalCount nodes { id } }
        shown: article(id: $shown) { title html slug publishedAt }
        named: article(slug: \"whats-new\") { id }
        hidden: article(id: $hidden) { id }
        hiddenToo: article(slug: \"not-yet\") { id }
        noId: article(id: \"x\") { id } }";
    let ids = json!({ "shown": shown, "hidden": hidden });
    for person in [&api.anonymous(), &ann, &max] {
        let seen = person.ask(query, ids.clone()).await;
        assert_eq!(seen["articles"], json!({ "totalCount": 1, "nodes": [{ "id": shown }] }));
        assert_eq!(seen["shown"]["html"], "<p>We have <em>news</em>.</p>\n");
        assert!(seen["shown"]["publishedAt"].is_string());
        assert_eq!(seen["named"]["id"], shown);
        assert_eq!([&seen["hidden"], &seen["hiddenToo"], &seen["noId"]], [&Value::Null; 3]);
    }
    let seen = carl.ask("{ articles(scope: ALL) { totalCount nodes { id published } } }", json!({})).await;
    let both = json!([{ "id": hidden, "published": false }, { "id": shown, "published": true }]);
    assert_eq!(seen["articles"], json!({ "totalCount": 2, "nodes": both }));
    let seen = carl.ask(query, ids).await;
    assert_eq!((&seen["hidden"]["id"], &seen["articles"]["totalCount"]), (&json!(hidden), &json!(1)));
    let node = "query($id: ID!) { node(id: $id) { __typename id } }";
    assert_eq!(ann.ask(node, json!({ "id": shown })).await["node"], json!({ "__typename": "Article", "id": shown }));
    assert_eq!(ann.ask(node, json!({ "id": hidden })).await["node"], Value::Null);
    for question in ["{ article { id } }", "{ article(id: \"x\", slug: \"x\") { id } }"] {
        assert_eq!(ann.post(question, json!({})).await.code(), "BAD_REQUEST", "{question}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_article_is_told_by_field_and_changes_nothing() {
    let api = Api::start().await;
    let carl = api.person("Carl", &[Role::ContentManager]).await;
    let id = published(&carl, "News").await;
    let before = api.events().await;
    for (input, errors) in [
        (with(draft("x"), "title", json!("?!")), vec![("TITLE_EMPTY", "input.title")]),
        (with(draft("x"), "title", json!("a\r\nb")), vec![("TITLE_NOT_A_LINE", "input.title")]),
        (with(draft("x"), "title", json!("ж".repeat(201))), vec![("TITLE_TOO_LONG", "input.title")]),
        (draft(" NEWS! "), vec![("TITLE_TAKEN", "input.title")]),
        (
            json!({ "title": "", "body": " ", "imageUrl": "javascript:alert(1)" }),
            vec![("TITLE_EMPTY", "input.title"), ("TEXT_EMPTY", "input.body"), ("IMAGE_URL_INVALID", "input.imageUrl")],
        ),
        (with(draft("x"), "body", json!("a\0b")), vec![("TEXT_INVALID", "input.body")]),
        (
            with(draft("x"), "imageUrl", json!(format!("https://example.org/{}", "a".repeat(2_000)))),
            vec![("IMAGE_URL_TOO_LONG", "input.imageUrl")],
        ),
        (with(draft("x"), "idempotencyKey", json!(" ")), vec![("IDEMPOTENCY_KEY_INVALID", "input.idempotencyKey")]),
    ] {
        let told = carl.fails("articleCreate", input.clone()).await;
        let told: Vec<(&str, &str)> = told.iter().map(|(code, field)| (code.as_str(), field.as_str())).collect();
        assert_eq!(told, errors, "{input}");
    }
    for (name, input, code, field) in [
        (
            "articleUpdate",
            json!({ "id": id, "title": "x", "expectedVersion": 1 }),
            "STALE_VERSION",
            "input.expectedVersion",
        ),
        ("articleUnpublish", json!({ "id": id, "expectedVersion": 1 }), "STALE_VERSION", "input.expectedVersion"),
        ("articleUpdate", json!({ "id": "x", "title": "x" }), "NOT_FOUND", "input.id"),
        ("articleDelete", json!({ "id": "00000000-0000-0000-0000-000000000000" }), "NOT_FOUND", "input.id"),
    ] {
        assert_eq!(carl.fails(name, input).await, [(code.into(), field.into())], "{name}");
    }
    assert_eq!(api.events().await, before);

    let keyed = with(draft("Once"), "idempotencyKey", json!("a"));
    let first = carl.does("articleCreate", keyed.clone(), "article { id }").await;
    assert_eq!(carl.does("articleCreate", keyed.clone(), "article { id }").await, first);
    let other = with(keyed, "title", json!("Twice"));
    assert_eq!(
        carl.fails("articleCreate", other).await,
        [("IDEMPOTENCY_KEY_REUSED".into(), "input.idempotencyKey".into())]
    );
    // What is null stays, and what is published keeps its place.
    let input = json!({ "id": id, "title": "Old news", "body": null });
    let revised = carl.does("articleUpdate", input, "article { title slug body imageUrl }").await;
    assert_eq!(
        revised["article"],
        json!({ "title": "Old news", "slug": "news", "body": "We have *news*.", "imageUrl": "https://example.org/news.jpg" })
    );
}

#[tokio::test]
async fn views_are_counted_without_events_and_survive_a_restart() {
    let database = database().await;
    let connect = async || PgPool::connect(&database.url).await.expect("the database is there");
    let api = Api::over(connect().await, None).await;
    let carl = api.person("Carl", &[Role::ContentManager]).await;
    let id = published(&carl, "News").await;
    let events = api.events().await;
    let read = "query($id: ID!) { article(id: $id) { title } }";
    for _ in 0..3 {
        api.anonymous().ask(read, json!({ "id": id })).await;
    }
    carl.ask(read, json!({ "id": id })).await;
    api.anonymous().ask("{ articles { nodes { title } } }", json!({})).await;
    api.node.close().await.expect("it ends in good order");

    let api = Api::over(connect().await, None).await;
    assert_eq!(views(&api.anonymous()).await, (4, 1));
    // Lists, drafts and what is not there do not count as reading an article.
    api.anonymous()
        .ask("{ article(slug: \"nothing\") { title } homeStats { randomArticles { title } } }", json!({}))
        .await;
    api.anonymous().ask(read, json!({ "id": id })).await;
    found("the fifth view is shown", async || (views(&api.anonymous()).await.0 == 5).then_some(())).await;
    assert_eq!(api.events().await, events);
}

#[tokio::test]
async fn a_change_is_shown_on_every_node() {
    let database = database().await;
    let connect = async || PgPool::connect(&database.url).await.expect("the database is there");
    let (here, there) = (Api::over(connect().await, None).await, Api::over(connect().await, None).await);
    let carl = here.person("Carl", &[Role::ContentManager]).await;
    let seen = async |api: &Api| {
        let seen =
            api.anonymous().ask("{ article(slug: \"news\") { title } articles { totalCount } }", json!({})).await;
        (seen["article"]["title"].as_str().map(str::to_owned), seen["articles"]["totalCount"].as_i64())
    };
    let shown = async |title: Option<&str>, count: i64| {
        for api in [&here, &there] {
            let expected = (title.map(str::to_owned), Some(count));
            found("the change is shown", async || (seen(api).await == expected).then_some(())).await;
        }
    };
    shown(None, 0).await;
    let id = published(&carl, "News").await;
    shown(Some("News"), 1).await;
    carl.does("articleUpdate", json!({ "id": id, "title": "Olds" }), "").await;
    shown(Some("Olds"), 1).await;
    carl.does("articleUnpublish", json!({ "id": id }), "").await;
    shown(None, 0).await;
}

#[tokio::test]
async fn the_cache_can_be_turned_off() {
    let database = database().await;
    let connect = async || PgPool::connect(&database.url).await.expect("the database is there");
    let api = Api::uncached(connect().await).await;
    let carl = api.person("Carl", &[Role::ContentManager]).await;
    let anonymous = api.anonymous();
    let mut drawn = std::collections::BTreeSet::new();
    for number in 0..20 {
        published(&carl, &format!("News {number}")).await;
        // At once: the answer to a mutation waits for the read models.
        let seen = anonymous.ask("{ articles { totalCount } homeStats { randomArticles { id } } }", json!({})).await;
        assert_eq!(seen["articles"]["totalCount"], number + 1);
        let trio = seen["homeStats"]["randomArticles"].as_array().expect("articles").clone();
        assert_eq!(trio.len(), 3.min(number + 1));
        drawn.insert(seen["homeStats"].to_string());
    }
    assert!(drawn.len() > 5, "drawn by lot each time: {drawn:?}");
}

#[tokio::test]
async fn an_article_that_nests_too_deep_is_refused_and_one_from_before_goes_on_to_be_shown() {
    let api = Api::start().await;
    let carl = api.person("Carl", &[Role::ContentManager]).await;
    let deep = ">".repeat(60_000);
    let too_deep = vec![("NESTING_TOO_DEEP".to_owned(), "input.body".to_owned())];
    assert_eq!(carl.fails("articleCreate", with(draft("Deep"), "body", json!(deep))).await, too_deep);
    let id = published(&carl, "News").await;
    assert_eq!(carl.fails("articleUpdate", json!({ "id": id, "body": deep })).await, too_deep);

    // As it could be written before.
    let content = serde_json::from_value(json!({ "title": "News", "body": "> ".repeat(200) + "<b>" })).expect("any");
    let update = domain::article::Command::Revise { content };
    let (store, id) = (&api.node.services.store, id.parse::<uuid::Uuid>().expect("an id"));
    let receipt = store.execute::<domain::article::Article>(id, update, &metadata()).await.expect("it is written");
    assert!(api.node.services.shown(receipt.position).await, "the read models follow");
    let html = "query($id: ID!) { article(id: $id) { html } }";
    let shown = async || {
        found("the cache has it", async || {
            let html = text(&api.anonymous().ask(html, json!({ "id": id })).await["article"]["html"]);
            html.starts_with("<pre><code>").then_some(html)
        })
        .await
    };
    let expected = format!("<pre><code>{}&lt;b&gt;</code></pre>\n", "&gt; ".repeat(200));
    assert_eq!(shown().await, expected);
    // Its words can be left while its title changes, and nobody has rendered it in this database yet.
    carl.does("articleUpdate", json!({ "id": id, "title": "Old news" }), "").await;
    sqlx::query("update articles set html = null, html_at = null").execute(&api.pool).await.expect("updated");
    assert_eq!(shown().await, expected);
}

/// Long bodies are no part of a row: lists show them when they are asked for, and as many as an answer has room for.
#[tokio::test]
async fn long_articles_are_read_whole_in_lists_and_alone_and_more_of_them_than_an_answer_holds_are_refused() {
    const ARTICLES: usize = 30;
    let api = Api::start().await;
    let carl = api.person("Carl", &[Role::ContentManager]).await;
    let body = |number: usize| format!("{number}. News of *spring*. {}", "All the rest of it. ".repeat(45_000));
    for number in 0..ARTICLES {
        let id = text(
            &carl.does("articleCreate", draft(&format!("News {number}")), "article { id }").await["article"]["id"],
        );
        let long = json!({ "title": format!("News {number}"), "body": body(number) });
        let content = serde_json::from_value(long).expect("a content");
        let update = domain::article::Command::Revise { content };
        let (store, uuid) = (&api.node.services.store, id.parse::<uuid::Uuid>().expect("an id"));
        let receipt =
            store.execute::<domain::article::Article>(uuid, update, &metadata()).await.expect("it is written");
        assert!(api.node.services.shown(receipt.position).await, "the read models follow");
        carl.does("articlePublish", json!({ "id": id }), "").await;
    }
    let reader = api.anonymous();
    let titles = "{ articles(first: 100) { nodes { id title } } }";
    let listed = found("all are listed", async || {
        let listed = reader.ask(titles, json!({})).await["articles"]["nodes"].as_array().expect("articles").clone();
        (listed.len() == ARTICLES).then_some(listed)
    })
    .await;

    let some = reader.ask("{ articles(first: 5) { nodes { body html } } }", json!({})).await;
    for (number, article) in (0..ARTICLES).rev().zip(some["articles"]["nodes"].as_array().expect("articles")) {
        assert!(article["body"] == json!(body(number)), "the body of {number} is whole");
        let html = article["html"].as_str().expect("HTML");
        assert!(html.contains("<em>spring</em>") && html.len() > 45_000 * 20, "{} bytes", html.len());
    }
    let alone = "query($id: ID!) { article(id: $id) { body } }";
    let alone = reader.ask(alone, json!({ "id": listed[0]["id"] })).await;
    assert!(alone["article"]["body"] == json!(body(ARTICLES - 1)));
    let writers = carl.ask("{ articles(first: 5, scope: ALL) { nodes { body } } }", json!({})).await;
    assert_eq!(writers["articles"]["nodes"].as_array().map(Vec::len), Some(5));

    for (person, scope) in [(&reader, "PUBLISHED"), (&carl, "ALL")] {
        for field in ["body", "html", "a: body b: body"] {
            let all = format!("{{ articles(first: 100, scope: {scope}) {{ nodes {{ {field} }} }} }}");
            let refused = person.post(&all, json!({})).await;
            assert_eq!(refused.body["errors"][0]["extensions"]["code"], "TOO_COMPLEX", "{}", refused.body);
        }
    }
}
