//! Messages that everybody may use, what they said before, and how they will look.

use crate::support::http::{Api, plan, text, with};
use domain::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

const SEEN: &str = "query($id: ID!) { message(id: $id) { subject text shared ownerName owner { email }
    revisions { totalCount } } }";

const LISTED: &str = "query($filter: MessageFilter) { messages(filter: $filter) { totalCount nodes { subject } } }";

fn not_found(field: &str) -> Vec<(String, String)> {
    vec![("NOT_FOUND".to_owned(), field.to_owned())]
}

#[tokio::test]
async fn a_shared_message_is_read_and_used_by_everybody_and_edited_by_its_owner() {
    let api = Api::start().await;
    let (ann, bob) = (api.owner("Ann").await, api.owner("Bob").await);
    let message = ann.message().await;
    let id = json!({ "id": message });
    assert_eq!(bob.ask(SEEN, id.clone()).await, json!({ "message": null }));
    assert_eq!(bob.fails("messageShare", id.clone()).await, not_found("input.id"));

    let shared = ann.does("messageShare", id.clone(), "message { shared version }").await;
    assert_eq!(shared["message"], json!({ "shared": true, "version": 2 }));
    ann.does("messageShare", id.clone(), "").await;
    let mut expected = json!({ "subject": "Hello, {{first_name}}", "text": "Dear {{full_name}}", "shared": true,
                               "ownerName": "Ann", "owner": null, "revisions": null });
    assert_eq!(bob.ask(SEEN, id.clone()).await["message"], expected);
    let node = bob.ask("query($id: ID!) { node(id: $id) { id } }", id.clone()).await;
    assert_eq!(node["node"]["id"], message);
    expected["owner"] = json!({ "email": "ann@example.com" });
    expected["revisions"] = json!({ "totalCount": 1 });
    assert_eq!(ann.ask(SEEN, id.clone()).await["message"], expected);

    for (shelf, count) in [(Value::Null, 0), (json!("OWN"), 0), (json!("SHARED"), 1), (json!("USABLE"), 1)] {
        let listed = bob.ask(LISTED, json!({ "filter": { "shelf": shelf } })).await;
        assert_eq!(listed["messages"]["totalCount"], count, "{shelf}");
    }
    for (name, input) in [
        ("messageUpdate", with(id.clone(), "text", json!("Mine now"))),
        ("messageShare", id.clone()),
        ("messageUnshare", id.clone()),
        ("messageDelete", id.clone()),
    ] {
        assert_eq!(bob.fails(name, input).await, not_found("input.id"), "{name}");
    }

    let client = bob.client("bill@example.com", &[]).await;
    let mailing = bob.mailing(&message, &client).await;
    let seen = "query($id: ID!) { mailing(id: $id) { message { subject } } }";
    let used = bob.ask(seen, json!({ "id": mailing })).await;
    assert_eq!(used["mailing"]["message"]["subject"], "Hello, {{first_name}}");
    let run = bob.does("mailingStart", json!({ "id": mailing }), "run { id messageRevision }").await;
    assert_eq!(run["run"]["messageRevision"], 1);

    // It is Ann's again: Bob's run goes on, and no other one starts.
    ann.does("messageUnshare", id.clone(), "message { shared }").await;
    assert_eq!(bob.ask(SEEN, id.clone()).await, json!({ "message": null }));
    assert_eq!(bob.ask(seen, json!({ "id": mailing })).await, json!({ "mailing": { "message": null } }));
    let again = bob.does("mailingStart", json!({ "id": mailing }), "run { id }").await;
    assert_eq!(again["run"]["id"], run["run"]["id"], "the run under way is the answer");
    let fresh = json!({ "id": mailing, "idempotencyKey": "fresh" });
    assert_eq!(bob.fails("mailingStart", fresh).await, [("MESSAGE_DELETED".to_owned(), "input.id".to_owned())]);
    assert_eq!(bob.fails("mailingCreate", plan(&message, &client)).await, not_found("input.messageId"));
    let own = bob.message().await;
    bob.does("mailingUpdate", json!({ "id": mailing, "messageId": own }), "").await;
}

#[tokio::test]
async fn managers_write_messages_for_everybody_and_no_others() {
    let api = Api::start().await;
    let (ann, max) = (api.owner("Ann").await, api.person("Max", &[Role::Manager]).await);
    let (carl, root) =
        (api.person("Carl", &[Role::ContentManager]).await, api.person("Root", &[Role::Administrator]).await);
    let letter = |shared: bool| json!({ "subject": "Rules", "text": "Be kind", "shared": shared });
    let written = max.does("messageCreate", letter(true), "message { id shared }").await;
    let id = text(&written["message"]["id"]);
    assert_eq!(written["message"]["shared"], true);
    max.does("messageUpdate", json!({ "id": id, "text": "Be very kind" }), "message { revision }").await;
    assert_eq!(ann.ask(SEEN, json!({ "id": id })).await["message"]["text"], "Be very kind");
    assert_eq!(carl.ask(SEEN, json!({ "id": id })).await["message"]["ownerName"], "Max");

    let (of_ann, of_root) = (ann.message().await, root.does("messageCreate", letter(true), "message { id }").await);
    let before = api.events().await;
    for (person, name, input) in [
        (&max, "messageCreate", letter(false)),
        (&carl, "messageCreate", letter(true)),
        (&max, "messageUpdate", json!({ "id": of_ann, "text": "x" })),
        (&max, "messageUpdate", json!({ "id": of_root["message"]["id"], "text": "x" })),
        (&max, "messageUpdate", json!({ "id": "nothing", "text": "x" })),
        (&max, "messageShare", json!({ "id": of_ann })),
        (&max, "messageUnshare", json!({ "id": id })),
        (&max, "messageDelete", json!({ "id": of_ann })),
    ] {
        let kind = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
        let query = format!("mutation($input: {kind}Input!) {{ {name}(input: $input) {{ position }} }}");
        let answer = person.post(&query, json!({ "input": input })).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "FORBIDDEN"), "{name} {input}");
    }
    assert_eq!(api.events().await, before);
    max.does("messageDelete", json!({ "id": id }), "").await;
    assert_eq!(ann.ask(SEEN, json!({ "id": id })).await, json!({ "message": null }));
}

#[tokio::test]
async fn every_edit_is_kept_with_what_it_changed() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let id = ann.message().await;
    let change = |field: &str, value: &str| json!({ "id": id, field: value });
    ann.does("messageUpdate", change("text", "Dear {{full_name}}\nGoodbye"), "").await;
    ann.does("messageUpdate", change("html", "<p>Hello</p>"), "").await;
    ann.does("messageUpdate", change("html", "<p>Hello</p>"), "").await;
    ann.does("messageUpdate", change("subject", "Привет"), "").await;

    let query = "query($id: ID!, $after: String) { message(id: $id) { revision revisions(first: 2, after: $after) {
        totalCount nodes { number subject text html changed diff } pageInfo { hasNextPage endCursor } } } }";
    let first = ann.ask(query, json!({ "id": id })).await;
    let page = &first["message"]["revisions"];
    assert_eq!((&first["message"]["revision"], &page["totalCount"]), (&json!(4), &json!(4)));
    assert_eq!(page["nodes"][0]["number"], 4);
    assert_eq!(page["nodes"][0]["changed"], json!(["SUBJECT"]));
    let diff = "--- subject (revision 3)\n+++ subject (revision 4)\n@@ -1 +1 @@\n-Hello, {{first_name}}\n\
                \\ No newline at end of file\n+Привет\n\\ No newline at end of file\n";
    assert_eq!(page["nodes"][0]["diff"], diff);
    assert_eq!(page["nodes"][1]["changed"], json!(["HTML"]));
    let rest = ann.ask(query, json!({ "id": id, "after": page["pageInfo"]["endCursor"] })).await;
    let rest = &rest["message"]["revisions"];
    assert_eq!(rest["pageInfo"]["hasNextPage"], false);
    assert_eq!(rest["nodes"][0]["changed"], json!(["TEXT"]), "what a page's last one replaced is on the next page");
    assert_eq!(rest["nodes"][1]["changed"], json!(["SUBJECT", "TEXT"]));
    assert_eq!(rest["nodes"][1]["diff"], Value::Null);
}

#[tokio::test]
async fn managers_read_what_mailings_send_and_no_other_letter() {
    let api = Api::start().await;
    let (ann, max) = (api.owner("Ann").await, api.person("Max", &[Role::Manager]).await);
    let carl = api.person("Carl", &[Role::ContentManager]).await;
    let (sent, kept) = (ann.message().await, ann.message().await);
    let client = ann.client("anna@example.com", &[]).await;
    let mailing = ann.mailing(&sent, &client).await;

    let seen =
        "query($id: ID!) { message(id: $id) { subject text html revisions { totalCount } } node(id: $id) { id } }";
    let letter = max.ask(seen, json!({ "id": sent })).await;
    assert_eq!(letter["message"]["subject"], "Hello, {{first_name}}");
    assert!(letter["message"]["text"].is_string() && letter["node"]["id"] == json!(sent), "{letter}");
    assert_eq!(letter["message"]["revisions"], Value::Null, "drafts are their writer's");
    let preview =
        "query($input: MessagePreviewInput!) { messagePreview(input: $input) { subject userErrors { code } } }";
    let shown = max.ask(preview, json!({ "input": { "messageId": sent, "clientId": client } })).await;
    assert!(shown["messagePreview"]["subject"].is_string(), "{shown}");
    let nothing = json!({ "message": null, "node": null });
    assert_eq!(max.ask(seen, json!({ "id": kept })).await, nothing, "no mailing sends it");
    assert_eq!(carl.ask(seen, json!({ "id": sent })).await, nothing);
    assert_eq!(max.fails("messageSendTest", json!({ "id": sent })).await, not_found("input.id"));

    // What a run has sent can be judged for ever.
    ann.does("mailingStart", json!({ "id": mailing }), "run { id }").await;
    ann.does("mailingUpdate", json!({ "id": mailing, "messageId": kept }), "").await;
    for letter in [&sent, &kept] {
        assert!(max.ask(seen, json!({ "id": letter })).await["message"].is_object(), "{letter}");
    }
}
