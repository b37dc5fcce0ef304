//! Bad input: an error that names the field, and nothing written.

use crate::support::http::{Api, PASSWORD, Person, plan, text, with};
use serde_json::{Value, json};
use uuid::Uuid;

/// Runs a mutation with each input and compares codes and fields.
async fn refused(api: &Api, person: &Person, name: &str, cases: Vec<(Value, Vec<(&str, &str)>)>) {
    for (input, expected) in cases {
        let before = api.events().await;
        let told = person.fails(name, input.clone()).await;
        let told: Vec<(&str, &str)> = told.iter().map(|(code, field)| (code.as_str(), field.as_str())).collect();
        assert_eq!(told, expected, "{name} {input}");
        assert_eq!(api.events().await, before, "{name} {input} should write nothing");
    }
}

#[tokio::test]
async fn a_client_that_cannot_be() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let anna = ann.client("anna@example.com", &[]).await;
    let boris = ann.client("boris@example.com", &[]).await;
    let nowhere = Uuid::now_v7();

    let long = "x".repeat(2_001);
    refused(
        &api,
        &ann,
        "clientCreate",
        vec![
            (json!({ "email": "" }), vec![("EMAIL_MISSING", "input.email")]),
            (json!({ "email": "anna.example.com" }), vec![("EMAIL_INVALID", "input.email")]),
            (json!({ "email": "a\r\nBcc: b@example.com" }), vec![("EMAIL_INVALID", "input.email")]),
            (json!({ "email": format!("{}@example.com", "a".repeat(300)) }), vec![("EMAIL_TOO_LONG", "input.email")]),
            (json!({ "email": "Anna@Example.com" }), vec![("EMAIL_TAKEN", "input.email")]),
            (
                json!({ "email": "c@example.com", "fullName": "x".repeat(201) }),
                vec![("FULL_NAME_TOO_LONG", "input.fullName")],
            ),
            (json!({ "email": "c@example.com", "comment": long }), vec![("COMMENT_TOO_LONG", "input.comment")]),
            (json!({ "email": "c@example.com", "comment": "\0" }), vec![("TEXT_INVALID", "input.comment")]),
            (json!({ "email": "c@example.com", "groupIds": [nowhere] }), vec![("NOT_FOUND", "input.groupIds.0")]),
            (
                json!({ "email": "c@example.com", "idempotencyKey": "" }),
                vec![("IDEMPOTENCY_KEY_INVALID", "input.idempotencyKey")],
            ),
            // Everything that is wrong is told at once.
            (
                json!({ "email": "nobody", "groupIds": ["not an id", nowhere] }),
                vec![
                    ("EMAIL_INVALID", "input.email"),
                    ("NOT_FOUND", "input.groupIds.0"),
                    ("NOT_FOUND", "input.groupIds.1"),
                ],
            ),
        ],
    )
    .await;
    refused(
        &api,
        &ann,
        "clientUpdate",
        vec![
            (json!({ "id": anna, "email": "boris@example.com" }), vec![("EMAIL_TAKEN", "input.email")]),
            (json!({ "id": anna, "email": "nobody", "fullName": "Anna" }), vec![("EMAIL_INVALID", "input.email")]),
            // The details would be fine, and are not changed without the groups.
            (json!({ "id": anna, "fullName": "New", "groupIds": [nowhere] }), vec![("NOT_FOUND", "input.groupIds.0")]),
            (json!({ "id": nowhere, "fullName": "New" }), vec![("NOT_FOUND", "input.id")]),
            (
                json!({ "id": "no id", "email": "nobody" }),
                vec![("NOT_FOUND", "input.id"), ("EMAIL_INVALID", "input.email")],
            ),
            (
                json!({ "id": anna, "fullName": "New", "expectedVersion": 7 }),
                vec![("STALE_VERSION", "input.expectedVersion")],
            ),
        ],
    )
    .await;
    refused(
        &api,
        &ann,
        "clientDelete",
        vec![
            (json!({ "id": nowhere }), vec![("NOT_FOUND", "input.id")]),
            (json!({ "id": "no id" }), vec![("NOT_FOUND", "input.id")]),
        ],
    )
    .await;
    ann.does("clientDelete", json!({ "id": boris }), "").await;
    refused(
        &api,
        &ann,
        "clientUpdate",
        vec![(json!({ "id": boris, "comment": "?" }), vec![("NOT_FOUND", "input.id")])],
    )
    .await;
}

#[tokio::test]
async fn a_group_that_cannot_be() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let friends = ann.group("Friends").await;
    ann.group("Family").await;

    refused(
        &api,
        &ann,
        "groupCreate",
        vec![
            (json!({ "name": "  " }), vec![("NAME_EMPTY", "input.name")]),
            (json!({ "name": "x".repeat(101) }), vec![("NAME_TOO_LONG", "input.name")]),
            (json!({ "name": "a\nb" }), vec![("NAME_NOT_A_LINE", "input.name")]),
            (json!({ "name": "friends" }), vec![("NAME_TAKEN", "input.name")]),
        ],
    )
    .await;
    refused(
        &api,
        &ann,
        "groupUpdate",
        vec![
            (json!({ "id": friends, "name": "FAMILY" }), vec![("NAME_TAKEN", "input.name")]),
            (json!({ "id": friends, "name": "", }), vec![("NAME_EMPTY", "input.name")]),
            (
                json!({ "id": friends, "name": "New", "expectedVersion": 2 }),
                vec![("STALE_VERSION", "input.expectedVersion")],
            ),
            (json!({ "id": Uuid::now_v7(), "name": "New" }), vec![("NOT_FOUND", "input.id")]),
            (json!({ "id": Uuid::now_v7() }), vec![("NOT_FOUND", "input.id")]),
        ],
    )
    .await;
    refused(&api, &ann, "groupDelete", vec![(json!({ "id": "?" }), vec![("NOT_FOUND", "input.id")])]).await;
}

#[tokio::test]
async fn a_message_that_cannot_be() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let message = ann.message().await;

    refused(
        &api,
        &ann,
        "messageCreate",
        vec![
            (json!({ "subject": "", "text": "x" }), vec![("SUBJECT_EMPTY", "input.subject")]),
            (
                json!({ "subject": "a\r\nBcc: b@example.com", "text": "x" }),
                vec![("SUBJECT_NOT_A_LINE", "input.subject")],
            ),
            (json!({ "subject": "x".repeat(256), "text": "x" }), vec![("SUBJECT_TOO_LONG", "input.subject")]),
            (json!({ "subject": "x", "text": " " }), vec![("TEXT_EMPTY", "input.text")]),
            (json!({ "subject": "x", "text": "{{name}}" }), vec![("MERGE_FIELD_UNKNOWN", "input.text")]),
            (json!({ "subject": "x", "text": "x", "html": "{{email" }), vec![("MERGE_FIELD_UNCLOSED", "input.html")]),
            (
                json!({ "subject": "", "text": "{{name}}", "html": "{{nobody}}" }),
                vec![
                    ("SUBJECT_EMPTY", "input.subject"),
                    ("MERGE_FIELD_UNKNOWN", "input.text"),
                    ("MERGE_FIELD_UNKNOWN", "input.html"),
                ],
            ),
            (json!({ "subject": "x", "text": "a\0b" }), vec![("TEXT_INVALID", "input.text")]),
        ],
    )
    .await;
    refused(
        &api,
        &ann,
        "messageUpdate",
        vec![
            (json!({ "id": message, "subject": " " }), vec![("SUBJECT_EMPTY", "input.subject")]),
            (json!({ "id": message, "text": "{{name}}" }), vec![("MERGE_FIELD_UNKNOWN", "input.text")]),
            (
                json!({ "id": message, "text": "x", "expectedVersion": 0 }),
                vec![("STALE_VERSION", "input.expectedVersion")],
            ),
            (json!({ "id": Uuid::now_v7(), "text": "x" }), vec![("NOT_FOUND", "input.id")]),
        ],
    )
    .await;
    refused(&api, &ann, "messageDelete", vec![(json!({ "id": Uuid::now_v7() }), vec![("NOT_FOUND", "input.id")])])
        .await;
}

const PERIODICITY: &str = "mailing { periodicity { cron } }";

/// A cron expression of so many characters, which names nine o'clock again and again.
fn long_cron(length: usize) -> String {
    let begin = if length.is_multiple_of(2) { "0 12" } else { "0 9" };
    let end = " * * *";
    format!("{begin}{}{end}", ",9".repeat((length - begin.len() - end.len()) / 2))
}

#[tokio::test]
async fn a_mailing_that_cannot_be() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (message, client) = (ann.message().await, ann.client("anna@example.com", &[]).await);
    let (empty, nowhere) = (ann.group("Nobody").await, Uuid::now_v7());
    let good = || plan(&message, &client);
    let cron = |text: &str| json!({ "kind": "CRON", "cron": text });

    refused(
        &api,
        &ann,
        "mailingCreate",
        vec![
            (with(good(), "name", json!("")), vec![("NAME_EMPTY", "input.name")]),
            (with(good(), "name", json!("x".repeat(201))), vec![("NAME_TOO_LONG", "input.name")]),
            (with(good(), "messageId", json!(nowhere)), vec![("NOT_FOUND", "input.messageId")]),
            (with(good(), "messageId", json!("?")), vec![("NOT_FOUND", "input.messageId")]),
            (with(good(), "audience", json!({})), vec![("AUDIENCE_EMPTY", "input.audience")]),
            (with(good(), "audience", json!({ "groupIds": [empty] })), vec![("AUDIENCE_EMPTY", "input.audience")]),
            (
                with(good(), "audience", json!({ "groupIds": [empty, nowhere], "clientIds": [nowhere] })),
                vec![("NOT_FOUND", "input.audience.clientIds.0"), ("NOT_FOUND", "input.audience.groupIds.1")],
            ),
            (with(good(), "endsAt", json!("2026-05-01T00:00:00Z")), vec![("WINDOW_REVERSED", "input.endsAt")]),
            (with(good(), "endsAt", json!("2026-05-04T08:00:00Z")), vec![("WINDOW_EMPTY", "input.endsAt")]),
            (with(good(), "endsAt", json!("2026-05-04T08:30:00Z")), vec![("WINDOW_ENDED", "input.endsAt")]),
            (with(good(), "startsAt", json!("tomorrow")), vec![("DATE_TIME_INVALID", "input.startsAt")]),
            (with(good(), "endsAt", json!("2026-13-01T00:00:00Z")), vec![("DATE_TIME_INVALID", "input.endsAt")]),
            (with(good(), "timeZone", json!("Europe/Berlni")), vec![("TIME_ZONE_UNKNOWN", "input.timeZone")]),
            (with(good(), "periodicity", cron("0 9 * *")), vec![("CRON_INVALID", "input.periodicity.cron")]),
            (with(good(), "periodicity", cron("0 99 * * *")), vec![("CRON_INVALID", "input.periodicity.cron")]),
            (with(good(), "periodicity", cron("0 0 30 2 *")), vec![("CRON_NEVER_FIRES", "input.periodicity.cron")]),
            (with(good(), "periodicity", cron("0 9 * * *\u{0}")), vec![("CRON_INVALID", "input.periodicity.cron")]),
            (with(good(), "periodicity", cron("０ ９ * * *")), vec![("CRON_INVALID", "input.periodicity.cron")]),
            (
                with(good(), "periodicity", cron("0 99999999999 * * *")),
                vec![("CRON_INVALID", "input.periodicity.cron")],
            ),
            (with(good(), "periodicity", cron("*/0 * * * *")), vec![("CRON_INVALID", "input.periodicity.cron")]),
            (with(good(), "periodicity", cron(&long_cron(201))), vec![("CRON_TOO_LONG", "input.periodicity.cron")]),
            (with(good(), "periodicity", json!({ "kind": "CRON" })), vec![("CRON_INVALID", "input.periodicity.cron")]),
            (
                with(good(), "periodicity", json!({ "kind": "DAILY", "cron": "0 9 * * *" })),
                vec![("CRON_UNEXPECTED", "input.periodicity.cron")],
            ),
            (with(good(), "periodicity", cron("0 9 1 1 *")), vec![("NEVER_DUE", "input.periodicity")]),
            (
                json!({ "name": "", "messageId": nowhere, "audience": {}, "startsAt": "2026-05-05T00:00:00Z",
                    "endsAt": "2026-05-04T00:00:00Z", "periodicity": cron("x"), "timeZone": "Mars" }),
                vec![
                    ("NAME_EMPTY", "input.name"),
                    ("WINDOW_REVERSED", "input.endsAt"),
                    ("CRON_INVALID", "input.periodicity.cron"),
                    ("TIME_ZONE_UNKNOWN", "input.timeZone"),
                    ("AUDIENCE_EMPTY", "input.audience"),
                    ("NOT_FOUND", "input.messageId"),
                ],
            ),
        ],
    )
    .await;

    // The longest one there may be is kept as it is.
    let longest = ann.does("mailingCreate", with(good(), "periodicity", cron(&long_cron(200))), PERIODICITY).await;
    assert_eq!(longest["mailing"]["periodicity"]["cron"], long_cron(200));
    let mailing = ann.mailing(&message, &client).await;
    refused(
        &api,
        &ann,
        "mailingUpdate",
        vec![
            (json!({ "id": mailing, "endsAt": "2026-05-01T00:00:00Z" }), vec![("WINDOW_REVERSED", "input.endsAt")]),
            (json!({ "id": mailing, "audience": {} }), vec![("AUDIENCE_EMPTY", "input.audience")]),
            (json!({ "id": mailing, "messageId": nowhere }), vec![("NOT_FOUND", "input.messageId")]),
            (
                json!({ "id": mailing, "timeZone": "?", "name": "" }),
                vec![("NAME_EMPTY", "input.name"), ("TIME_ZONE_UNKNOWN", "input.timeZone")],
            ),
            (
                json!({ "id": mailing, "name": "x", "expectedVersion": 9 }),
                vec![("STALE_VERSION", "input.expectedVersion")],
            ),
            (json!({ "id": nowhere, "name": "x" }), vec![("NOT_FOUND", "input.id")]),
        ],
    )
    .await;
    for name in ["mailingDelete", "mailingStart", "mailingPause", "mailingResume", "mailingCancel"] {
        refused(
            &api,
            &ann,
            name,
            vec![
                (json!({ "id": nowhere }), vec![("NOT_FOUND", "input.id")]),
                (json!({ "id": "?" }), vec![("NOT_FOUND", "input.id")]),
            ],
        )
        .await;
    }
}

#[tokio::test]
async fn a_run_that_cannot_start() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (message, client) = (ann.message().await, ann.client("anna@example.com", &[]).await);
    let mailing = ann.mailing(&message, &client).await;
    let start = || json!({ "id": mailing });

    let ahead = with(plan(&message, &client), "startsAt", json!("2026-05-20T08:00:00Z"));
    let ahead = ann.does("mailingCreate", ahead, "mailing { id status nextRunAt }").await;
    refused(
        &api,
        &ann,
        "mailingStart",
        vec![(json!({ "id": ahead["mailing"]["id"] }), vec![("WINDOW_NOT_OPEN", "input.id")])],
    )
    .await;

    ann.does("mailingPause", start(), "").await;
    refused(&api, &ann, "mailingStart", vec![(start(), vec![("MAILING_PAUSED", "")])]).await;
    ann.does("mailingResume", start(), "").await;

    ann.does("clientDelete", json!({ "id": client }), "").await;
    refused(&api, &ann, "mailingStart", vec![(start(), vec![("AUDIENCE_EMPTY", "input.id")])]).await;
    let again = ann.client("anna@example.com", &[]).await;
    ann.does("mailingUpdate", json!({ "id": mailing, "audience": { "clientIds": [again] } }), "").await;

    ann.does("messageDelete", json!({ "id": message }), "").await;
    refused(&api, &ann, "mailingStart", vec![(start(), vec![("MESSAGE_DELETED", "input.id")])]).await;

    api.clock.advance(chrono::TimeDelta::days(60));
    let session = ann.log_in("ann@example.com", PASSWORD).await;
    let ann = ann.known_by(&text(&session["session"]["token"]));
    refused(&api, &ann, "mailingStart", vec![(start(), vec![("WINDOW_ENDED", "input.id")])]).await;
    let ended =
        ann.ask("query($id: ID!) { mailing(id: $id) { status allowedActions } }", json!({ "id": mailing })).await;
    assert_eq!(ended["mailing"], json!({ "status": "COMPLETED", "allowedActions": ["UPDATE", "DELETE"] }));
}
