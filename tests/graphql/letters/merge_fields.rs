//! What people bring along from other programs, and what clients' own words do to addresses.

use crate::support::http::{Api, Person, plan, text, with};
use crate::support::letters::without_footers;
use crate::support::service::metadata;
use domain::client::{self, Client};
use domain::custom_field::{self, CustomField, Key, Kind, Label};
use domain::{ClientId, CustomFieldId, MessageId, message};
use eventstore::Append;
use serde_json::{Value, json};
use uuid::Uuid;

const PREVIEW: &str = "query($input: MessagePreviewInput!) {
    messagePreview(input: $input) { subject text html warnings { message code field line } userErrors { code field } } }";

async fn preview(person: &Person, input: Value) -> Value {
    without_footers(person.ask(PREVIEW, json!({ "input": input })).await["messagePreview"].take())
}

/// A message as it could be written before filters were known.
async fn from_before(api: &Api, owner: &Person, words: &str) -> String {
    let id = MessageId(Uuid::now_v7());
    let content = serde_json::from_value(json!({ "subject": "Hello", "text": words })).expect("any content");
    let created = message::Event::Created { owner: owner.id, content };
    let append = Append::begin::<message::Message>(id.0, vec![created]).expect("an event");
    let receipt = api.node.services.store.append(&[append], &metadata()).await.expect("it is written");
    assert!(api.node.services.shown(receipt.position).await, "the read models follow");
    id.to_string()
}

#[tokio::test]
async fn default_is_understood_and_other_filters_are_refused_where_a_letter_is_written() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let nobody = json!({ "fullName": "" });
    for words in [
        "Dear {{ first_name | default: 'friend' }},",
        "Dear {{first_name|default(\"friend\")}},",
        "Dear {{first_name|friend}},",
    ] {
        let letter = json!({ "subject": words, "text": words, "html": words });
        ann.does("messageCreate", letter.clone(), "").await;
        let seen = preview(&ann, with(letter, "sample", nobody.clone())).await;
        for part in ["subject", "text", "html"] {
            assert_eq!(seen[part], "Dear friend,", "{words} {part}");
        }
    }
    for words in [
        "{{ first_name | capitalize }}",
        "{{first_name|title}}",
        "{{ first_name | default: friend }}",
        "{{first_name || 'friend'}}",
    ] {
        let letter = json!({ "subject": "s", "text": words });
        let expected = [("MERGE_FILTER_UNKNOWN".to_owned(), "input.text".to_owned())];
        assert_eq!(ann.fails("messageCreate", letter).await, expected, "{words}");
    }
    for words in ["{{#if first_name}}", "{{{first_name}}}", "{{> footer}}", "{{ contact.FIRSTNAME }}", "{{Name}}"] {
        let letter = json!({ "subject": "s", "text": words });
        assert_eq!(ann.fails("messageCreate", letter).await[0].0, "MERGE_FIELD_UNKNOWN", "{words}");
    }
}

#[tokio::test]
async fn a_filter_in_a_message_from_before_is_refused_where_somebody_looks() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (old, client) =
        (from_before(&api, &ann, "Dear {{ first_name | capitalize }}").await, ann.client("a@example.com", &[]).await);
    let refused = |field: &str| vec![("MERGE_FILTER_UNKNOWN".to_owned(), field.to_owned())];

    assert_eq!(ann.fails("mailingCreate", plan(&old, &client)).await, refused("input.messageId"));
    assert_eq!(ann.fails("messageSendTest", json!({ "id": old })).await, refused("input.id"));
    let seen = preview(&ann, json!({ "messageId": old })).await;
    assert_eq!(seen["userErrors"], json!([{ "code": "MERGE_FILTER_UNKNOWN", "field": ["input", "text"] }]));
}

#[tokio::test]
async fn fields_of_other_programs_are_warned_of_where_a_letter_is_written_seen_and_planned() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let client = ann.client("anna@example.com", &[]).await;
    let letter = json!({
        "subject": "Hello, *|FNAME|*",
        "text": "Dear\n%recipient.name%, [[name]]",
        "html": "<p>${name}, 50% off {{first_name}}</p>"
    });
    let selection = "warnings { code field line }";
    let warning = |field: &str, line: i32| json!({ "code": "MERGE_FIELD_FOREIGN", "field": field, "line": line });
    let expected = json!([warning("subject", 1), warning("text", 2), warning("text", 2), warning("html", 1)]);

    let created = ann.does("messageCreate", letter.clone(), &format!("message {{ id }} {selection}")).await;
    let id = text(&created["message"]["id"]);
    assert_eq!(created["warnings"], expected);
    let seen = preview(&ann, letter).await;
    assert_eq!(seen["warnings"].as_array().map(Vec::len), Some(4), "{seen}");
    assert_eq!(
        seen["warnings"][0]["message"],
        "in the subject, line 1: *|FNAME|* looks like a merge field of another program and would be sent as it is; write \
         {{first_name}} instead"
    );
    let planned = ann.does("mailingCreate", plan(&id, &client), &format!("mailing {{ id }} {selection}")).await;
    assert_eq!(planned["warnings"], expected);
    let sent = ann.does("messageSendTest", json!({ "id": id }), selection).await;
    assert_eq!(sent["warnings"], expected);
    let change = json!({ "id": id, "subject": "Hello", "text": "Hello", "html": "" });
    assert_eq!(ann.does("messageUpdate", change, selection).await["warnings"], json!([]));
    let again = json!({ "id": planned["mailing"]["id"], "name": "Again" });
    assert_eq!(ann.does("mailingUpdate", again, selection).await["warnings"], json!([]));
}

#[tokio::test]
async fn values_in_addresses_are_percent_encoded_and_the_filters_say_otherwise() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let odd = json!({ "email": "ann+tag@example.org", "fullName": "Ann&Co#1 Smith", "comment": "javascript:alert(1)" });
    let input = json!({
        "subject": "{{email}}",
        "text": "{{first_name}}: https://example.org/?email={{email}}&name={{first_name}} {{email|url}}",
        "html": "<a href=\"https://example.org/?email={{email}}&amp;name={{first_name}}&amp;raw={{email|raw}}\">{{first_name}}</a>\
                 <a href=\"{{comment}}\" title={{full_name}}>",
        "sample": odd,
    });
    let seen = preview(&ann, input).await;
    assert_eq!(seen["subject"], "ann+tag@example.org");
    assert_eq!(
        seen["text"],
        "Ann&Co#1: https://example.org/?email=ann%2Btag%40example.org&name=Ann%26Co%231 ann%2Btag%40example.org"
    );
    assert_eq!(
        seen["html"],
        "<a href=\"https://example.org/?email=ann%2Btag%40example.org&amp;name=Ann%26Co%231&amp;raw=ann+tag@example.org\">\
         Ann&amp;Co#1</a><a href=\"javascript%3Aalert%281%29\" title=Ann&#38;Co&#35;1&#32;Smith>"
    );
}

#[tokio::test]
async fn fields_in_addresses_are_counted_as_long_as_they_become() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let letter = |times: usize| json!({ "subject": "s", "text": "https://example.org/?c={{comment}} ".repeat(times), "html": Value::Null });
    ann.does("messageCreate", letter(60), "").await;
    assert_eq!(
        ann.fails("messageCreate", letter(70)).await,
        [("LETTER_TOO_LARGE".to_owned(), "input.text".to_owned())]
    );
}

/// Somebody's clients have a field of their own, and one of them has this in it.
async fn city(api: &Api, person: &Person, client: &str, value: &str) {
    let (owner, key, kind) = (person.id, Key::parse("city").expect("a key"), Kind::Text);
    let label = Label::parse("City").expect("a label");
    let id = CustomFieldId::derive(owner, &key).0;
    let define = custom_field::Command::Define { owner, key: key.clone(), label, kind };
    let store = &api.node.services.store;
    store.execute::<CustomField>(id, define, &metadata()).await.expect("it may be");
    let client: ClientId = client.parse().expect("an id");
    let fields = [(key, Some(custom_field::Value::Text(value.to_owned())))].into();
    let change = client::Command::ChangeFields { by: owner, fields };
    let told = store.execute::<Client>(client.0, change, &metadata()).await.expect("it may be");
    assert!(api.node.services.shown(told.position).await, "the read models follow");
}

#[tokio::test]
async fn letters_name_the_fields_of_their_writer_and_whoever_else_sends_them_has_the_fallback() {
    let api = Api::start().await;
    let (ann, bob) = (api.owner("Ann").await, api.owner("Bob").await);
    let (anna, other) = (ann.client("anna@example.com", &[]).await, ann.client("kim@example.com", &[]).await);
    let letter = json!({ "subject": "News from {{city|nowhere}}", "text": "{{city}}", "html": "<p>{{city}}</p>" });
    let unknown = |field: &str| ("MERGE_FIELD_UNKNOWN".to_owned(), format!("input.{field}"));
    let all = [unknown("subject"), unknown("text"), unknown("html")];
    assert_eq!(ann.fails("messageCreate", letter.clone()).await, all);
    city(&api, &ann, &anna, "<Oslo>").await;

    let query = "query($input: MessagePreviewInput!) { messagePreview(input: $input) { userErrors { message } } }";
    let asked = json!({ "input": { "subject": "s", "text": "{{town}}" } });
    let seen = ann.ask(query, asked.clone()).await["messagePreview"]["userErrors"][0]["message"].take();
    assert!(text(&seen).contains(", {{unsubscribe_url}}, {{city}}, or write"), "{seen}");
    let seen = bob.ask(query, asked).await["messagePreview"]["userErrors"][0]["message"].take();
    assert!(!text(&seen).contains("{{city}}"), "another one's fields are nobody's business: {seen}");

    assert_eq!(bob.fails("messageCreate", letter.clone()).await, all);
    let shared = with(letter, "shared", json!(true));
    let id = text(&ann.does("messageCreate", shared, "message { id }").await["message"]["id"]);
    let seen = preview(&ann, json!({ "messageId": id, "clientId": anna })).await;
    assert_eq!((&seen["subject"], &seen["text"]), (&json!("News from <Oslo>"), &json!("<Oslo>")));
    assert_eq!(seen["html"], "<p>&lt;Oslo&gt;</p>");
    let fields = "query($input: MessagePreviewInput!) {
        messagePreview(input: $input) { fields { name value missingIn emptyFor } warnings { code field } } }";
    let seen =
        ann.ask(fields, json!({ "input": { "messageId": id, "clientId": other } })).await["messagePreview"].take();
    let used = json!([{ "name": "city", "value": "", "missingIn": ["TEXT", "HTML"], "emptyFor": 1 }]);
    let warned = json!([{ "code": "MERGE_FIELD_EMPTY", "field": "text" }]);
    assert_eq!((&seen["fields"], &seen["warnings"]), (&used, &warned));

    let bobs = bob.client("bob@example.net", &[]).await;
    let seen = preview(&bob, json!({ "messageId": id, "clientId": bobs })).await;
    assert_eq!((&seen["subject"], &seen["text"]), (&json!("News from nowhere"), &json!("")));
    bob.does("mailingCreate", plan(&id, &bobs), "mailing { id }").await;
}
