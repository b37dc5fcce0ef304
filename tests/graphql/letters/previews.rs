//! Letters as they will look.

use crate::support::http::{Api, Person, text};
use crate::support::letters::without_footers;
use domain::Language;
use serde_json::{Value, json};

async fn preview(person: &Person, input: Value) -> Value {
    let query = "query($input: MessagePreviewInput!) { messagePreview(input: $input) {
        subject text html fields { name value missingIn } userErrors { code field } } }";
    without_footers(person.ask(query, json!({ "input": input })).await["messagePreview"].take())
}

#[tokio::test]
async fn a_preview_is_the_letter_that_a_client_would_get_and_says_what_is_missing() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let letter = json!({ "subject": "Hello, {{first_name|friend}}", "text": "Dear {{full_name}}: {{comment}}",
                         "html": "<p>{{full_name|you}}</p>" });
    let message = ann.does("messageCreate", letter, "message { id }").await["message"]["id"].take();
    let nameless = json!({ "email": "x@example.com", "comment": "met <at> a fair" });
    let client = ann.does("clientCreate", nameless, "client { id }").await["client"]["id"].take();

    let seen = preview(&ann, json!({ "messageId": message, "clientId": client })).await;
    assert_eq!(
        seen,
        json!({ "subject": "Hello, friend", "text": "Dear : met <at> a fair", "html": "<p>you</p>",
                "fields": [{ "name": "full_name", "value": "", "missingIn": ["TEXT"] },
                           { "name": "first_name", "value": "", "missingIn": [] },
                           { "name": "comment", "value": "met <at> a fair", "missingIn": [] }],
                "userErrors": [] })
    );
    // A draft of the message's next revision, for somebody who does not exist.
    let draft = json!({ "messageId": message, "text": "{{email}}", "html": "",
                        "sample": { "fullName": "<b>Eva</b> Braun", "email": "eva@example.com" } });
    let seen = preview(&ann, draft).await;
    assert_eq!((&seen["subject"], &seen["text"]), (&json!("Hello, <b>Eva</b>"), &json!("eva@example.com")));
    assert_eq!(seen["html"], Value::Null);
    let in_html = json!({ "subject": "x", "text": "x", "html": "<p>{{full_name}}</p>",
                          "sample": { "fullName": "<script>" } });
    assert_eq!(preview(&ann, in_html).await["html"], "<p>&lt;script&gt;</p>");
    // Without anybody, Anna Petrova stands in, in the language of the account.
    let made_up = json!({ "subject": "{{full_name}}", "text": "{{first_name}}" });
    assert_eq!(preview(&ann, made_up.clone()).await["subject"], "Anna Petrova");
    ann.does("profileUpdate", json!({ "language": "RU" }), "").await;
    let seen = preview(&ann, made_up).await;
    assert_eq!((&seen["subject"], &seen["text"]), (&json!("Анна Петрова"), &json!("Анна")));
}

#[tokio::test]
async fn a_preview_says_how_to_leave_as_letters_do_and_its_link_leads_to_a_page_for_nobody() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let query = "query($input: MessagePreviewInput!) { messagePreview(input: $input) {
        text html fields { name value missingIn emptyFor } warnings { code } userErrors { code } } }";
    let sample = api.url("/u/sample");

    let letter = json!({ "subject": "News", "text": "Dear Ann", "html": "<body><p>Dear Ann</p></body>" });
    let seen = ann.ask(query, json!({ "input": letter })).await["messagePreview"].take();
    assert!(text(&seen["text"]).starts_with("Dear Ann\n\n-- \n"), "{seen}");
    assert!(text(&seen["text"]).ends_with(&format!("\n{sample}\n")), "{seen}");
    let html = text(&seen["html"]);
    assert!(html.contains(&format!("<a href=\"{sample}\">")) && html.ends_with("</body>"), "{html}");
    assert_eq!(seen["fields"], json!([]), "its author named none");

    let own = json!({ "subject": "News", "text": "Leave: {{unsubscribe_url}}", "html": "<a href='{{unsubscribe_url}}'>x</a>" });
    let seen = ann.ask(query, json!({ "input": own })).await["messagePreview"].take();
    let field = json!({ "name": "unsubscribe_url", "value": sample, "missingIn": [], "emptyFor": null });
    assert_eq!(
        seen,
        json!({ "text": format!("Leave: {sample}"), "html": format!("<a href='{sample}'>x</a>"),
                "fields": [field], "warnings": [], "userErrors": [] })
    );
    let in_subject = json!({ "subject": "{{unsubscribe_url}}", "text": "x" });
    let told = ann.fails("messageCreate", in_subject).await;
    assert_eq!(told, [("MERGE_FIELD_IN_SUBJECT".to_owned(), "input.subject".to_owned())]);

    // The footer speaks as its owner does.
    ann.does("profileUpdate", json!({ "language": "RU" }), "").await;
    let seen = ann.ask(query, json!({ "input": { "subject": "x", "text": "x" } })).await["messagePreview"].take();
    assert!(text(&seen["text"]).contains(words::footer::of(Language::Ru).text), "{seen}");
}

#[tokio::test]
async fn a_preview_that_cannot_be_says_why() {
    let api = Api::start().await;
    let (ann, eve) = (api.owner("Ann").await, api.owner("Eve").await);
    let (message, client) = (ann.message().await, ann.client("anna@example.com", &[]).await);
    for (input, code, field) in [
        (json!({ "messageId": message }), "NOT_FOUND", json!(["input", "messageId"])),
        (json!({ "messageId": "?" }), "NOT_FOUND", json!(["input", "messageId"])),
        (json!({ "subject": "x", "text": "x", "clientId": client }), "NOT_FOUND", json!(["input", "clientId"])),
        (json!({ "subject": "x", "text": "{{nick}}" }), "MERGE_FIELD_UNKNOWN", json!(["input", "text"])),
        (json!({ "subject": "x\ny", "text": "x" }), "SUBJECT_NOT_A_LINE", json!(["input", "subject"])),
        (json!({ "subject": "x" }), "TEXT_EMPTY", json!(["input", "text"])),
        (
            json!({ "subject": "x", "text": "x", "sample": { "email": "nobody" } }),
            "EMAIL_INVALID",
            json!(["input", "sample", "email"]),
        ),
    ] {
        let seen = preview(&eve, input.clone()).await;
        assert_eq!(seen["userErrors"], json!([{ "code": code, "field": field }]), "{input}");
        assert_eq!(seen["text"], Value::Null);
    }
    ann.does("messageShare", json!({ "id": message }), "").await;
    assert_eq!(preview(&eve, json!({ "messageId": message })).await["subject"], "Hello, Anna");
}
