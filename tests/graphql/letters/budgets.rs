//! Letters that could become too large.

use crate::support::http::{Api, Person, plan, text, with};
use crate::support::letters::without_footers;
use crate::support::service::metadata;
use domain::{MessageId, message};
use eventstore::Append;
use serde_json::{Value, json};
use uuid::Uuid;

/// A text of 4 KB that becomes 3 MB for a client with the longest comment.
fn comments() -> String {
    "{{comment}}".repeat(380)
}

/// A message as it could be written before letters had budgets.
async fn from_before(api: &Api, owner: &Person) -> String {
    let id = MessageId(Uuid::now_v7());
    let content = serde_json::from_value(json!({ "subject": "Hello", "text": comments() })).expect("any content");
    let created = message::Event::Created { owner: owner.id, content };
    let append = Append::begin::<message::Message>(id.0, vec![created]).expect("an event");
    let receipt = api.node.services.store.append(&[append], &metadata()).await.expect("it is written");
    assert!(api.node.services.shown(receipt.position).await, "the read models follow");
    id.to_string()
}

fn too_large(field: &str) -> Vec<(String, String)> {
    vec![("LETTER_TOO_LARGE".to_owned(), field.to_owned())]
}

#[tokio::test]
async fn a_message_that_could_become_too_large_is_neither_written_nor_revised_and_a_long_newsletter_is() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let newsletter = "x".repeat(50_000) + &"{{full_name}}".repeat(50);
    let letter = json!({ "subject": "Hello", "text": newsletter });
    let events = api.events().await;
    for (part, field) in [("text", "input.text"), ("html", "input.html")] {
        let letter = with(letter.clone(), part, json!(comments()));
        assert_eq!(ann.fails("messageCreate", letter).await, too_large(field));
    }
    assert_eq!(api.events().await, events, "nothing is written");
    let message = ann.does("messageCreate", letter, "message { id }").await["message"]["id"].take();
    let change = json!({ "id": message, "html": comments() });
    assert_eq!(ann.fails("messageUpdate", change).await, too_large("input.html"));
}

#[tokio::test]
async fn a_message_from_before_the_budgets_is_refused_wherever_letters_would_be_made_of_it() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (old, client) = (from_before(&api, &ann).await, ann.client("anna@example.com", &[]).await);
    let new = ann.message().await;
    let mailing = ann.mailing(&new, &client).await;

    assert_eq!(ann.fails("mailingCreate", plan(&old, &client)).await, too_large("input.messageId"));
    let change = json!({ "id": mailing, "messageId": old });
    assert_eq!(ann.fails("mailingUpdate", change).await, too_large("input.messageId"));
    assert_eq!(ann.fails("messageSendTest", json!({ "id": old })).await, too_large("input.id"));
    let preview = "query($id: ID!) { messagePreview(input: { messageId: $id }) { text userErrors { code field } } }";
    let seen = ann.ask(preview, json!({ "id": old })).await["messagePreview"].take();
    assert_eq!(seen["userErrors"], json!([{ "code": "LETTER_TOO_LARGE", "field": ["input", "text"] }]));

    // One that was planned before, too.
    let revise = "update mailings set message_id = $1 where id = $2";
    let id = |text: &str| text.parse::<Uuid>().expect("an id");
    sqlx::query(revise).bind(id(&old)).bind(id(&mailing)).execute(&api.pool).await.expect("the row is there");
    assert_eq!(ann.fails("mailingStart", json!({ "id": mailing })).await, too_large("input.id"));
    assert_eq!(
        ann.does("mailingUpdate", json!({ "id": mailing, "messageId": new }), "").await["userErrors"],
        json!([])
    );
}

#[tokio::test]
async fn a_sample_is_a_client_that_could_be() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let preview = "query($comment: String) { messagePreview(input: { subject: \"s\", text: \"{{comment}}\",
        sample: { comment: $comment } }) { text userErrors { code field } } }";
    for (length, code) in [(2_000, None), (2_001, Some("COMMENT_TOO_LONG"))] {
        let seen = ann.ask(preview, json!({ "comment": "c".repeat(length) })).await["messagePreview"].take();
        assert_eq!(seen.pointer("/userErrors/0/code").and_then(Value::as_str), code);
        if code.is_some() {
            assert_eq!(seen["userErrors"][0]["field"], json!(["input", "sample", "comment"]));
        } else {
            assert_eq!(text(&without_footers(seen)["text"]).len(), length);
        }
    }
}

#[tokio::test]
async fn one_request_looks_at_a_few_letters_only() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let document = |previews: usize, bodies: usize| {
        let bodies = (0..bodies).fold(String::new(), |bodies, number| bodies + "b" + &number.to_string() + ": text ");
        let preview = |number| {
            format!("p{number}: messagePreview(input: {{ subject: \"s\", text: \"t\" }}) {{ subject {bodies} }} ")
        };
        format!("{{ {} }}", (0..previews).map(preview).collect::<String>())
    };
    for (previews, bodies, code) in [(4, 1, ""), (1, 8, ""), (11, 0, "TOO_COMPLEX")] {
        assert_eq!(ann.post(&document(previews, bodies), json!({})).await.code(), code, "{previews} {bodies}");
    }
}
