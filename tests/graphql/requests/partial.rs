//! A change changes what it names and nothing else. An omitted variable arrives as null in async-graphql.

use crate::support::http::{Api, text};
use serde_json::json;

const CLIENT: &str = "mutation($id: ID!, $email: String, $fullName: String, $comment: String, $groups: [ID!]) {
    clientUpdate(input: { id: $id, email: $email, fullName: $fullName, comment: $comment, groupIds: $groups }) {
        client { email fullName comment groups { id } version } userErrors { code field } } }";

#[tokio::test]
async fn what_a_change_of_a_client_does_not_name_stays() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let group = ann.group("Friends").await;
    let input = json!({ "email": "anna@example.com", "fullName": "Anna", "comment": "tall", "groupIds": [group] });
    let created = ann.does("clientCreate", input, "client { id }").await;
    let id = text(&created["client"]["id"]);

    let changed = ann.ask(CLIENT, json!({ "id": id, "fullName": "Anna P." })).await;
    assert_eq!(
        changed["clientUpdate"]["client"],
        json!({ "email": "anna@example.com", "fullName": "Anna P.", "comment": "tall", "groups": [{ "id": group }], "version": 2 })
    );
    // Null is not naming it either, and nothing at all is no event.
    let before = api.events().await;
    for variables in [json!({ "id": id }), json!({ "id": id, "email": null, "comment": null, "groups": null })] {
        let same = ann.ask(CLIENT, variables).await;
        assert_eq!(same["clientUpdate"]["client"]["comment"], "tall");
        assert_eq!(same["clientUpdate"]["client"]["version"], 2);
    }
    assert_eq!(api.events().await, before);

    let erased = ann.ask(CLIENT, json!({ "id": id, "fullName": "", "comment": "", "groups": [] })).await;
    assert_eq!(
        erased["clientUpdate"]["client"],
        json!({ "email": "anna@example.com", "fullName": "", "comment": "", "groups": [], "version": 4 })
    );
}

#[tokio::test]
async fn what_a_change_of_a_message_does_not_name_stays() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let input = json!({ "subject": "Hello", "text": "plain", "html": "<p>rich</p>" });
    let created = ann.does("messageCreate", input, "message { id }").await;
    let id = text(&created["message"]["id"]);
    let query = "mutation($id: ID!, $subject: String, $text: String, $html: String) {
        messageUpdate(input: { id: $id, subject: $subject, text: $text, html: $html }) {
            message { subject text html revision } userErrors { code } } }";

    let changed = ann.ask(query, json!({ "id": id, "subject": "Good day" })).await;
    assert_eq!(
        changed["messageUpdate"]["message"],
        json!({ "subject": "Good day", "text": "plain", "html": "<p>rich</p>", "revision": 2 })
    );
    let erased = ann.ask(query, json!({ "id": id, "html": "" })).await;
    assert_eq!(
        erased["messageUpdate"]["message"],
        json!({ "subject": "Good day", "text": "plain", "html": null, "revision": 3 })
    );
}

#[tokio::test]
async fn what_a_change_of_a_mailing_does_not_name_stays() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (message, client) = (ann.message().await, ann.client("anna@example.com", &[]).await);
    let id = ann.mailing(&message, &client).await;
    let query = "mutation($id: ID!, $name: String, $message: ID, $audience: AudienceInput, $start: DateTime,
                          $end: DateTime, $periodicity: PeriodicityInput, $zone: TimeZone, $version: Long) {
        mailingUpdate(input: { id: $id, name: $name, messageId: $message, audience: $audience, startsAt: $start,
                               endsAt: $end, periodicity: $periodicity, timeZone: $zone, expectedVersion: $version }) {
            mailing { name message { id } audience { clients { id } groups { id } } startsAt endsAt
                      periodicity { kind cron } timeZone version } userErrors { code field } } }";

    let changed = ann.ask(query, json!({ "id": id, "end": "2026-07-04T08:00:00Z", "version": 1 })).await;
    assert_eq!(changed["mailingUpdate"]["userErrors"], json!([]));
    assert_eq!(
        changed["mailingUpdate"]["mailing"],
        json!({
            "name": "First letters", "message": { "id": message }, "audience": { "clients": [{ "id": client }], "groups": [] },
            "startsAt": "2026-05-04T08:00:00Z", "endsAt": "2026-07-04T08:00:00Z",
            "periodicity": { "kind": "ONCE", "cron": null }, "timeZone": "Europe/Berlin", "version": 2,
        })
    );
    let changed = ann
        .ask(query, json!({ "id": id, "name": "Second", "periodicity": { "kind": "CRON", "cron": "0 9 * * 1" } }))
        .await;
    let mailing = &changed["mailingUpdate"]["mailing"];
    assert_eq!((&mailing["name"], &mailing["endsAt"]), (&json!("Second"), &json!("2026-07-04T08:00:00Z")));
    assert_eq!(mailing["periodicity"], json!({ "kind": "CRON", "cron": "0 9 * * 1" }));
}

#[tokio::test]
async fn a_stale_version_is_refused_and_the_present_one_is_not() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let group = ann.group("Friends").await;
    let rename = |name: &str, version: i64| json!({ "id": group, "name": name, "expectedVersion": version });

    ann.does("groupUpdate", rename("Close friends", 1), "").await;
    let told = ann.mutate("groupUpdate", rename("Enemies", 1), "group { name } position").await;
    assert_eq!(told["userErrors"][0]["code"], "STALE_VERSION");
    let message = text(&told["userErrors"][0]["message"]);
    assert!(message.contains("version 1") && message.contains('2'), "{message}");
    assert_eq!((&told["group"], &told["position"]), (&json!(null), &json!(null)));
    let renamed = ann.does("groupUpdate", rename("Family", 2), "group { name version }").await;
    assert_eq!(renamed["group"], json!({ "name": "Family", "version": 3 }));
}
