//! How many letters went out, and who may know.

use crate::support::http::{Api, Person, plan, text, with};
use crate::support::service::{Service, found};
use crate::support::smtp_server::{Act, Offers, SmtpServer, Turn};
use chrono::TimeDelta;
use domain::Role;
use serde_json::{Value, json};

const QUERY: &str = "query($from: DateTime!, $to: DateTime!, $by: StatisticsPeriod!, $mailing: ID, $owner: ID) {
    statistics(from: $from, to: $to, by: $by, mailingId: $mailing, ownerId: $owner) {
        timeZone
        total { succeeded failed lettersAccepted rejected deferred unknown }
        periods { startsAt endsAt attempts { succeeded failed } }
        mailings { mailing { id } attempts { succeeded failed lettersAccepted } } } }";

async fn may(person: &Person, by: &str, more: Value) -> Value {
    let mut variables = json!({ "from": "2026-05-04T00:00:00Z", "to": "2026-05-05T21:00:00Z", "by": by });
    variables.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    person.ask(QUERY, variables).await["statistics"].take()
}

async fn runs_finished(person: &Person, mailing: &str, count: usize) {
    found("the runs are finished", async || {
        let seen = person
            .ask("query($id: ID!) { mailing(id: $id) { runs { nodes { status } } } }", json!({ "id": mailing }))
            .await;
        let runs = seen["mailing"]["runs"]["nodes"].as_array().expect("runs").clone();
        (runs.len() == count && runs.iter().all(|run| run["status"] == "FINISHED")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_owner_sees_attempts_and_letters_by_period_and_mailing() {
    let api = Api::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    server.play(|turn| match turn {
        Turn::Rcpt("full@example.com") => Act::Say("552 5.2.2 mailbox full"),
        _ => Act::Usual,
    });
    let _engine = Service::work_with(&api.node, Service::relay(&server), Service::settings());
    let (ann, eve) = (api.owner("Ann").await, api.owner("Eve").await);
    let (max, carl) = (api.person("Max", &[Role::Manager]).await, api.person("Carl", &[Role::ContentManager]).await);
    let group = ann.group("Friends").await;
    for address in ["anna@example.com", "boris@example.com", "full@example.com"] {
        ann.client(address, &[&group]).await;
    }
    let input = with(plan(&ann.message().await, "x"), "audience", json!({ "groupIds": [group] }));
    let mailing = ann.does("mailingCreate", input, "mailing { id }").await;
    let mailing = text(&mailing["mailing"]["id"]);
    runs_finished(&ann, &mailing, 1).await;
    // The next day begins at 22:00 in Berlin; this is 01:00 there.
    api.clock.advance(TimeDelta::hours(14));
    ann.does("mailingStart", json!({ "id": mailing, "idempotencyKey": "again" }), "").await;
    runs_finished(&ann, &mailing, 2).await;
    let other = eve.mailing(&eve.message().await, &eve.client("elsa@example.com", &[]).await).await;
    runs_finished(&eve, &other, 1).await;

    let days = may(&ann, "DAY", json!({})).await;
    let numbers =
        json!({ "succeeded": 4, "failed": 2, "lettersAccepted": 4, "rejected": 2, "deferred": 0, "unknown": 0 });
    assert_eq!((&days["timeZone"], &days["total"]), (&json!("Europe/Berlin"), &numbers));
    let each = json!({ "succeeded": 2, "failed": 1 });
    assert_eq!(
        days["periods"],
        json!([
            { "startsAt": "2026-05-03T22:00:00Z", "endsAt": "2026-05-04T22:00:00Z", "attempts": each },
            { "startsAt": "2026-05-04T22:00:00Z", "endsAt": "2026-05-05T22:00:00Z", "attempts": each },
        ])
    );
    let all = json!({ "succeeded": 4, "failed": 2, "lettersAccepted": 4 });
    assert_eq!(days["mailings"], json!([{ "mailing": { "id": mailing }, "attempts": all }]));
    for (by, starts) in [("WEEK", "2026-05-03T22:00:00Z"), ("MONTH", "2026-04-30T22:00:00Z")] {
        let seen = may(&ann, by, json!({ "mailing": mailing })).await;
        assert_eq!((&seen["total"], &seen["periods"][0]["startsAt"]), (&numbers, &json!(starts)));
        assert_eq!(seen["periods"].as_array().map(Vec::len), Some(1));
    }

    // Nobody sees more than they may.
    let succeeded = async |person: &Person, more: Value| may(person, "MONTH", more).await["total"]["succeeded"].clone();
    assert_eq!(succeeded(&eve, json!({})).await, 1);
    assert_eq!(succeeded(&eve, json!({ "mailing": mailing })).await, Value::Null);
    assert_eq!(succeeded(&eve, json!({ "owner": ann.id.to_string() })).await, Value::Null);
    assert_eq!(succeeded(&carl, json!({})).await, 0);
    assert_eq!(succeeded(&carl, json!({ "owner": ann.id.to_string() })).await, Value::Null);
    assert_eq!(succeeded(&max, json!({})).await, 5);
    assert_eq!(succeeded(&max, json!({ "owner": ann.id.to_string() })).await, 4);
    assert_eq!(succeeded(&max, json!({ "owner": eve.id.to_string(), "mailing": mailing })).await, Value::Null);
    let range = json!({ "from": "2026-05-04T00:00:00Z", "to": "2026-05-05T00:00:00Z", "by": "DAY" });
    assert_eq!(api.anonymous().post(QUERY, range.clone()).await.code(), "UNAUTHENTICATED");
    for (field, value) in [("to", "2026-05-04T00:00:00Z"), ("to", "2030-01-01T00:00:00Z"), ("from", "yesterday")] {
        let answer = ann.post(QUERY, with(range.clone(), field, json!(value))).await;
        assert_eq!(answer.code(), "BAD_REQUEST", "{field} {value}");
    }
    // A mailing that was deleted is still counted.
    ann.does("mailingDelete", json!({ "id": mailing }), "").await;
    assert_eq!(succeeded(&ann, json!({ "mailing": mailing })).await, 4);
}
