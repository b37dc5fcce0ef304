//! Letters that are written in Markdown.

use crate::support::http::{Api, text, with};
use crate::support::letters::without_footers;
use crate::support::service::{Service, found};
use crate::support::smtp_server::{Offers, SmtpServer};
use mail_parser::MessageParser;
use serde::Deserialize;
use serde_json::{Value, json};

const SHOWN: &str = "message { id text html markdown revision }";

#[tokio::test]
async fn a_letter_in_markdown_has_both_parts_and_is_edited_in_markdown() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let letter = json!({ "subject": "Hello", "markdown": "Dear **{{first_name|friend}}**," });
    let made = ann.does("messageCreate", letter, SHOWN).await["message"].take();
    assert_eq!(made["text"], "Dear *{{first_name|friend}}*,\n");
    assert!(text(&made["html"]).contains("<p>Dear <strong>{{first_name|friend}}</strong>,</p>"), "{made}");
    assert_eq!(made["markdown"], "Dear **{{first_name|friend}}**,");

    let id = json!({ "id": made["id"] });
    let renamed = ann.does("messageUpdate", with(id.clone(), "subject", json!("Hi")), SHOWN).await["message"].take();
    assert_eq!((&renamed["markdown"], &renamed["revision"]), (&made["markdown"], &json!(2)));
    let again = with(id.clone(), "markdown", json!("Dear {{first_name}}"));
    let again = ann.does("messageUpdate", again, SHOWN).await["message"].take();
    assert_eq!((&again["text"], &again["revision"]), (&json!("Dear {{first_name}}\n"), &json!(3)));
    let plain = ann.does("messageUpdate", with(id, "text", json!("Dear")), SHOWN).await["message"].take();
    assert_eq!((&plain["text"], &plain["markdown"]), (&json!("Dear"), &json!(null)));
    assert_eq!(plain["html"], again["html"]);
}

#[tokio::test]
async fn what_is_wrong_with_markdown_is_told_of_it() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    for (letter, code, field) in [
        (json!({ "subject": "s" }), "TEXT_EMPTY", "input.text"),
        (json!({ "subject": "s", "markdown": " " }), "TEXT_EMPTY", "input.markdown"),
        (json!({ "subject": "s", "markdown": "<b></b>" }), "TEXT_EMPTY", "input.markdown"),
        (json!({ "subject": "s", "markdown": "{{nickname}}" }), "MERGE_FIELD_UNKNOWN", "input.markdown"),
        (json!({ "subject": "s", "markdown": "a", "text": "b" }), "MARKDOWN_NOT_ALONE", "input.markdown"),
        (json!({ "subject": "s", "markdown": "a", "html": "b" }), "MARKDOWN_NOT_ALONE", "input.markdown"),
        (json!({ "subject": "s", "markdown": ">".repeat(1_000) }), "NESTING_TOO_DEEP", "input.markdown"),
        (json!({ "subject": "s", "markdown": "{{comment}}".repeat(6_000) }), "LETTER_TOO_LARGE", "input.markdown"),
    ] {
        assert_eq!(ann.fails("messageCreate", letter.clone()).await, [(code.to_owned(), field.to_owned())], "{letter}");
    }
}

#[tokio::test]
async fn links_and_images_that_look_like_mistakes_are_told() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let letter = json!({ "subject": "s", "markdown": "Hi\n\n[a](www.example.org) ![](https://example.org/cat.jpg)" });
    let made = ann.does("messageCreate", letter, "warnings { code field line }").await["warnings"].take();
    assert_eq!(
        made,
        json!([{ "code": "IMAGE_WITHOUT_ALT", "field": "markdown", "line": 3 },
               { "code": "LINK_BROKEN", "field": "markdown", "line": 3 }])
    );
}

/// A letter as the version of the program reads it that knew no Markdown.
#[derive(Debug, PartialEq, Deserialize)]
struct Older {
    subject: String,
    text: String,
    html: Option<String>,
}

#[tokio::test]
async fn a_process_of_the_version_that_knew_no_markdown_sends_what_was_made_of_it() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let letter = json!({ "subject": "Hello", "markdown": "Dear **{{first_name}}**, [read](https://example.org/)" });
    let made = ann.does("messageCreate", letter, SHOWN).await["message"].take();

    // What happened has both parts in it, under the names that they always had, and the Markdown beside them.
    let payload = sqlx::query_scalar::<_, Value>("select payload from events where aggregate_type = 'message'");
    let payload = payload.fetch_one(&api.pool).await.expect("the event");
    let read: Older = serde_json::from_value(payload["Created"]["content"].clone()).expect("an older process reads it");
    let (text, html) = (text(&made["text"]), text(&made["html"]));
    let expected = Older { subject: "Hello".to_owned(), text, html: Some(html) };
    assert_eq!(read, expected);

    // The read models as an older process folds them, and the letter as any process sends it.
    sqlx::query("update message_revisions set markdown = null").execute(&api.pool).await.expect("changed");
    let server = SmtpServer::start(Offers::default()).await;
    let _engine = Service::work_with(&api.node, Service::relay(&server), Service::settings());
    ann.mailing(made["id"].as_str().expect("an id"), &ann.client("anna@example.com", &[]).await).await;
    let received = found("the letter arrives", async || server.received().pop()).await;
    let parsed = MessageParser::default().parse(&received.letter).expect("a letter");
    let sent = |part: Option<std::borrow::Cow<'_, str>>| part.expect("a part").replace("\r\n", "\n");
    let filled = |part: &str| part.replace("{{first_name}}", "Anna");
    let parts = json!({ "text": sent(parsed.body_text(0)), "html": sent(parsed.body_html(0)) });
    let parts = without_footers(parts);
    assert_eq!(parts["text"].as_str().map(str::trim_end), Some(filled(&expected.text).trim_end()));
    let html = filled(expected.html.as_deref().expect("HTML"));
    assert_eq!(parts["html"].as_str().map(str::trim_end), Some(html.trim_end()));
    assert!(!sent(parsed.body_text(0)).contains("**"), "no part is raw Markdown");
}
