//! Odd input, at the limits of every field: kept exactly as it is, or refused, and never altered silently.

use crate::support::http::{Api, Person, plan, text, with};
use domain::Role;
use serde_json::{Value, json};

/// One line of the kinds that break software: right to left with overrides, joined emoji, stacked accents, markup,
/// format strings, quotation marks, look-alikes of encodings, and characters that cannot be seen.
pub(in crate::graphql) const LINES: [&str; 9] = [
    "שלום \u{202e}עולם\u{202c} \u{2066}محمد\u{2069}",
    "👩\u{200d}👩\u{200d}👧\u{200d}👦🏳\u{fe0f}\u{200d}🌈",
    "Z\u{335}\u{321}a\u{300}\u{301}l\u{317}go e\u{301} é",
    "<script>alert('x')</script> &amp; \"quoted\" \\ `$(id)`",
    "=?utf-8?B?QmNjOiB4?= %s %n %00",
    "' or 1=1 -- ; drop table clients",
    "Bcc: victim@example.net",
    "a\u{200b}b\u{feff}c\u{ad}d",
    "İıßſﬁ Ǆ",
];

/// What is not one line, or not text.
pub(in crate::graphql) const BROKEN: [&str; 6] =
    ["a\r\nBcc: b@example.com", "a\nb", "a\rb", "a\u{0}b", "a\u{1b}[31mb", "a\u{85}b"];

/// Sets one field and reads it back.
async fn kept(person: &Person, mutation: &str, input: Value, noun: &str, field: &str, value: &str) {
    let done = person.mutate(mutation, with(input, field, json!(value)), &format!("{noun} {{ {field} }}")).await;
    assert_eq!(done[noun][field], json!(value), "{mutation} {field}: {done}");
}

async fn refused(api: &Api, person: &Person, mutation: &str, input: Value, (field, code): (&str, &str), value: &str) {
    let before = api.events().await;
    let told = person.fails(mutation, with(input, field, json!(value))).await;
    assert_eq!(told, [(code.to_owned(), format!("input.{field}"))], "{mutation} {value:?}");
    assert_eq!(api.events().await, before, "{mutation} {value:?} should write nothing");
}

#[tokio::test]
async fn odd_lines_are_kept_as_they_are_in_every_field() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (group, client, message) = (ann.group("G").await, ann.client("a@example.com", &[]).await, ann.message().await);
    let mailing = ann.mailing(&message, &client).await;
    for line in LINES {
        for (mutation, input, noun, field) in [
            ("clientUpdate", json!({ "id": client }), "client", "fullName"),
            ("clientUpdate", json!({ "id": client }), "client", "comment"),
            ("groupUpdate", json!({ "id": group }), "group", "name"),
            ("messageUpdate", json!({ "id": message }), "message", "subject"),
            ("messageUpdate", json!({ "id": message }), "message", "text"),
            ("messageUpdate", json!({ "id": message }), "message", "html"),
            ("mailingUpdate", json!({ "id": mailing }), "mailing", "name"),
        ] {
            kept(&ann, mutation, input, noun, field, line).await;
        }
        // They are found by it as well, whatever it means to a pattern.
        let found =
            ann.ask("query($s: String) { clients(filter: { search: $s }) { totalCount } }", json!({ "s": line })).await;
        assert_eq!(found["clients"]["totalCount"], 1, "{line}");
    }
    let root = api.person("Root", &[Role::Administrator]).await;
    for line in LINES {
        let input = json!({ "id": mailing, "reason": line });
        let disabled = root.does("mailingDisable", input.clone(), "mailing { reason }").await;
        assert_eq!(disabled["mailing"]["reason"], line);
        root.does("mailingEnable", input, "").await;
    }
}

#[tokio::test]
async fn every_field_takes_its_longest_value_and_no_longer_one() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (group, client, message) = (ann.group("G").await, ann.client("a@example.com", &[]).await, ann.message().await);
    let mailing = ann.mailing(&message, &client).await;
    for (mutation, input, noun, field, longest, code) in [
        ("clientUpdate", json!({ "id": client }), "client", "fullName", 200, "FULL_NAME_TOO_LONG"),
        ("clientUpdate", json!({ "id": client }), "client", "comment", 2_000, "COMMENT_TOO_LONG"),
        ("groupUpdate", json!({ "id": group }), "group", "name", 100, "NAME_TOO_LONG"),
        ("messageUpdate", json!({ "id": message }), "message", "subject", 255, "SUBJECT_TOO_LONG"),
        ("mailingUpdate", json!({ "id": mailing }), "mailing", "name", 200, "NAME_TOO_LONG"),
    ] {
        // Characters are counted, not bytes.
        for character in ["x", "ж", "🚀"] {
            kept(&ann, mutation, input.clone(), noun, field, &character.repeat(longest)).await;
            let longer = character.repeat(longest + 1);
            refused(&api, &ann, mutation, input.clone(), (field, code), &longer).await;
        }
    }
    // A key that is as long as it may be is one key; the same input under another key is another group's.
    for key in ["k".repeat(200), "🚀".repeat(200), "<b>'\"\\%00".to_owned()] {
        let input = json!({ "name": format!("Group {key:.50}"), "idempotencyKey": key });
        let first = ann.does("groupCreate", input.clone(), "group { id }").await;
        assert_eq!(ann.does("groupCreate", input.clone(), "group { id }").await, first);
        let other = with(input, "name", json!("Other"));
        let reused = ann.fails("groupCreate", other).await;
        assert_eq!(reused, [("IDEMPOTENCY_KEY_REUSED".into(), "input.idempotencyKey".into())]);
    }
    for key in ["🚀".repeat(201), " ".to_owned()] {
        let input = json!({ "name": "Other" });
        refused(&api, &ann, "groupCreate", input, ("idempotencyKey", "IDEMPOTENCY_KEY_INVALID"), &key).await;
    }
    // The longest address: 64 characters before the @, 254 in all.
    let label = format!("{}.", "d".repeat(61));
    let address = format!("{}@{}{}", "l".repeat(64), label.repeat(3), "c".repeat(3));
    assert_eq!(address.len(), 254);
    kept(&ann, "clientUpdate", json!({ "id": client }), "client", "email", &address).await;
    let longer = format!("{address}c");
    refused(&api, &ann, "clientUpdate", json!({ "id": client }), ("email", "EMAIL_TOO_LONG"), &longer).await;
}

#[tokio::test]
async fn what_is_not_one_line_is_refused_in_every_field_that_is_one() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (group, client, message) = (ann.group("G").await, ann.client("a@example.com", &[]).await, ann.message().await);
    let mailing = ann.mailing(&message, &client).await;
    for broken in BROKEN {
        for (mutation, input, field, code) in [
            ("clientCreate", json!({ "email": "c@example.com" }), "fullName", "FULL_NAME_NOT_A_LINE"),
            ("clientUpdate", json!({ "id": client }), "fullName", "FULL_NAME_NOT_A_LINE"),
            ("clientCreate", json!({}), "email", "EMAIL_INVALID"),
            ("clientUpdate", json!({ "id": client }), "email", "EMAIL_INVALID"),
            ("groupCreate", json!({}), "name", "NAME_NOT_A_LINE"),
            ("groupUpdate", json!({ "id": group }), "name", "NAME_NOT_A_LINE"),
            ("messageCreate", json!({ "text": "x" }), "subject", "SUBJECT_NOT_A_LINE"),
            ("messageUpdate", json!({ "id": message }), "subject", "SUBJECT_NOT_A_LINE"),
            ("mailingCreate", plan(&message, &client), "name", "NAME_NOT_A_LINE"),
            ("mailingUpdate", json!({ "id": mailing }), "name", "NAME_NOT_A_LINE"),
            ("mailingCreate", plan(&message, &client), "timeZone", "TIME_ZONE_UNKNOWN"),
            ("mailingCreate", plan(&message, &client), "relay", "RELAY_NAME_INVALID"),
            ("mailingUpdate", json!({ "id": mailing }), "relay", "RELAY_NAME_INVALID"),
            ("mailingStart", json!({ "id": mailing }), "idempotencyKey", "IDEMPOTENCY_KEY_INVALID"),
            ("groupCreate", json!({ "name": "Other" }), "idempotencyKey", "IDEMPOTENCY_KEY_INVALID"),
            ("clientUpdate", json!({}), "id", "NOT_FOUND"),
            ("mailingPause", json!({}), "id", "NOT_FOUND"),
        ] {
            refused(&api, &ann, mutation, input, (field, code), broken).await;
        }
    }
    // Texts of several lines keep their lines, and their control characters but the one that PostgreSQL cannot hold.
    let comment = "one\r\ntwo\n\u{1b}[31m\tthree\r";
    kept(&ann, "clientUpdate", json!({ "id": client }), "client", "comment", comment).await;
    kept(&ann, "messageUpdate", json!({ "id": message }), "message", "text", comment).await;
    kept(&ann, "messageUpdate", json!({ "id": message }), "message", "html", comment).await;
    for (mutation, id, field) in
        [("clientUpdate", &client, "comment"), ("messageUpdate", &message, "text"), ("messageUpdate", &message, "html")]
    {
        refused(&api, &ann, mutation, json!({ "id": id }), (field, "TEXT_INVALID"), "a\u{0}b").await;
    }
    let name = ann.ask("query($id: ID!) { group(id: $id) { name } }", json!({ "id": group })).await;
    assert_eq!(text(&name["group"]["name"]), "G", "nothing was changed on the way");
}
