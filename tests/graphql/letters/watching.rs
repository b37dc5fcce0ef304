//! What managers read of others' letters: what mailings send and have sent, and no draft that nobody may ever get.

use crate::pages::reader::Reader;
use crate::support::http::{Api, Person, plan, text};
use crate::support::letters::without_footers;
use domain::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

const SEEN: &str = "query($id: ID!) { message(id: $id) { revision subject text } }";

async fn seen(person: &Person, message: &str) -> Value {
    let letter = person.ask(SEEN, json!({ "id": message })).await["message"].take();
    if letter.is_null() { letter } else { json!([letter["revision"], letter["subject"], letter["text"]]) }
}

async fn revise(ann: &Person, message: &str, said: &str) {
    ann.does("messageUpdate", json!({ "id": message, "subject": said, "text": said }), "").await;
}

#[tokio::test]
async fn a_manager_reads_what_may_be_sent_and_what_was_sent_and_no_later_draft() {
    let api = Api::start().await;
    let (ann, max) = (api.owner("Ann").await, api.person("Max", &[Role::Manager]).await);
    let message = ann.message().await;
    assert_eq!(seen(&max, &message).await, Value::Null, "no mailing sends it");

    // As long as a mailing may send it, the present revision is what its manager has to judge.
    let client = ann.client("anna@example.com", &[]).await;
    let mailing = ann.mailing(&message, &client).await;
    assert_eq!(seen(&max, &message).await[0], 1);
    ann.does("mailingStart", json!({ "id": mailing }), "run { id }").await;
    revise(&ann, &message, "Second").await;
    assert_eq!(seen(&max, &message).await, json!([2, "Second", "Second"]));

    // None may send it any more: what is written now is its owner's alone.
    ann.does("mailingCancel", json!({ "id": mailing }), "").await;
    assert_eq!(seen(&max, &message).await, json!([1, "Hello, {{first_name}}", "Dear {{full_name}}"]));
    revise(&ann, &message, "A secret draft").await;
    assert_eq!(seen(&max, &message).await[0], 1);
    assert_eq!(seen(&ann, &message).await, json!([3, "A secret draft", "A secret draft"]));
    let mailings =
        "query($id: ID!) { mailing(id: $id) { message { subject text } runs { nodes { messageRevision } } } }";
    let of_mailing = max.ask(mailings, json!({ "id": mailing })).await["mailing"].take();
    assert_eq!(of_mailing["message"]["subject"], "Hello, {{first_name}}");
    let previewed = "query($id: ID!) { messagePreview(input: { messageId: $id }) { text userErrors { code } } }";
    let previewed = max.ask(previewed, json!({ "id": message })).await["messagePreview"].take();
    assert_eq!(without_footers(previewed), json!({ "text": "Dear Anna Petrova", "userErrors": [] }));
    let reader = Reader::of(&api, &max);
    for path in [
        format!("/messages/{message}/preview"),
        format!("/messages/{message}/preview/frame"),
        format!("/mailings/{mailing}"),
    ] {
        let (status, page) = reader.get(&path).await;
        assert!(status == StatusCode::OK && !page.contains("secret"), "{path}: {status} {page}");
    }

    // Another mailing may send it.
    let input = plan(&message, &client);
    let again = text(&ann.does("mailingCreate", input, "mailing { id }").await["mailing"]["id"]);
    assert_eq!(seen(&max, &message).await[1], "A secret draft");
    ann.does("mailingDelete", json!({ "id": again }), "").await;
    assert_eq!(seen(&max, &message).await[0], 1);
    // What is for everybody is so in its present revision.
    ann.does("messageShare", json!({ "id": message }), "").await;
    assert_eq!(seen(&max, &message).await[1], "A secret draft");
}

#[tokio::test]
async fn a_letter_that_was_planned_and_never_sent_is_nobody_elses_once_it_is_not_planned_any_more() {
    let api = Api::start().await;
    let (ann, max) = (api.owner("Ann").await, api.person("Max", &[Role::Manager]).await);
    let message = ann.message().await;
    let mailing = ann.mailing(&message, &ann.client("anna@example.com", &[]).await).await;
    assert_eq!(seen(&max, &message).await[0], 1);
    ann.does("mailingCancel", json!({ "id": mailing }), "").await;
    assert_eq!(seen(&max, &message).await, Value::Null);
    let of_mailing =
        max.ask("query($id: ID!) { mailing(id: $id) { name message { id } } }", json!({ "id": mailing })).await;
    assert_eq!(of_mailing["mailing"], json!({ "name": "First letters", "message": null }));
    assert_eq!(Reader::of(&api, &max).get(&format!("/mailings/{mailing}")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn the_log_tells_watchers_that_a_letter_was_written_and_no_word_of_it_and_nobody_else_of_articles() {
    let api = Api::start().await;
    let (ann, max) = (api.owner("Ann").await, api.person("Max", &[Role::Manager]).await);
    let root = api.person("Root", &[Role::Administrator]).await;
    let message = ann.message().await;
    revise(&ann, &message, "A secret draft").await;
    let own = root.message().await;
    revise(&root, &own, "A note of Root").await;
    let draft = json!({ "title": "A hidden article", "body": "Soon" });
    root.does("articleCreate", draft, "").await;

    let log = "query($filter: AuditFilter) { auditLog(filter: $filter, last: 50) {
        totalCount nodes { position type summary data } } }";
    let ask =
        async |person: &Person, filter: &Value| person.ask(log, json!({ "filter": filter })).await["auditLog"].take();
    let of_letter = json!({ "objectId": message });
    for filter in [&of_letter, &json!({ "kind": "MESSAGE" }), &json!({ "search": "secret draft" })] {
        assert!(ask(&ann, filter).await.to_string().contains("A secret draft"), "{filter}: it is hers");
        for watcher in [&max, &root] {
            let seen = ask(watcher, filter).await.to_string();
            assert!(!seen.contains("secret"), "{filter}: {seen}");
        }
    }
    let seen = ask(&max, &of_letter).await;
    assert!(!seen.to_string().contains("Dear"), "{seen}");
    assert_eq!((&seen["totalCount"], &seen["nodes"][1]["type"]), (&json!(2), &json!("Revised")), "it is told of");
    for (person, sought, count) in
        [(&max, "secret draft", 0), (&root, "secret draft", 0), (&root, "note of root", 1), (&max, "hidden article", 0)]
    {
        let found = ask(person, &json!({ "search": sought })).await;
        assert_eq!(found["totalCount"], count, "{sought}: nobody learns it by guessing: {found}");
    }
    let of_root = ask(&root, &json!({ "kind": "MESSAGE" })).await.to_string();
    assert!(of_root.contains("A note of Root"), "whoever wrote it reads it: {of_root}");
    let of_max = ask(&max, &json!({ "kind": "ARTICLE" })).await.to_string();
    assert!(of_max.contains("Drafted") && !of_max.contains("hidden"), "{of_max}");
    assert!(ask(&root, &json!({ "kind": "ARTICLE" })).await.to_string().contains("A hidden article"));

    let reader = Reader::of(&api, &max);
    let revised = &seen["nodes"][1]["position"];
    for path in [
        "/log".to_owned(),
        format!("/log?objectId={message}"),
        format!("/log/{revised}"),
        "/log/export.jsonl".to_owned(),
        "/log/export.csv?kind=message".to_owned(),
    ] {
        let (status, page) = reader.get(&path).await;
        assert!(status == StatusCode::OK && page.to_lowercase().contains("revised"), "{path}: {page}");
        assert!(!page.contains("secret") && !page.contains("hidden article"), "{path}: {page}");
    }
}
