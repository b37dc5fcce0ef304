//! Letters that are written in Markdown.

use crate::support::http::{Api, text, with};
use serde_json::json;

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
