//! One owner plans as many occurrences as there can be.

use super::siege::{ATTACKER, BYSTANDER, Siege};
use crate::support::http::{address_of, text};
use crate::support::service::{found, metadata};
use crate::support::visitor::Visitor;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    CronExpression, GroupId, MailingId, MessageId, Periodicity, TimeZone, UserId, Window, mailing, mailing::Mailing,
};
use eventstore::{Append, EventStore};
use serde_json::json;
use skymailing::wire::wall_clock;
use std::collections::BTreeSet;
use uuid::Uuid;

/// More than are looked at in one go.
const MAILINGS: usize = 110;

/// Minutes of months that have passed unused, for each of them.
const MISSED: i64 = 80 * 24 * 60;

async fn message(visitor: &Visitor) -> String {
    let input = json!({ "subject": "Hello", "text": "Hello {{full_name}}\n" });
    text(&visitor.does("messageCreate", input, "message { id }").await["message"]["id"])
}

/// A plan as an input has it, for every minute of this window.
fn every_minute(message: &str, client: &str, window: [DateTime<Utc>; 2]) -> serde_json::Value {
    json!({
        "name": "Every minute",
        "messageId": message,
        "audience": { "clientIds": [client] },
        "startsAt": window[0].to_rfc3339(),
        "endsAt": window[1].to_rfc3339(),
        "periodicity": { "kind": "CRON", "cron": "* * * * *" },
    })
}

async fn client(visitor: &Visitor, email: &str) -> String {
    let input = json!({ "email": email, "fullName": "Somebody" });
    text(&visitor.does("clientCreate", input, "client { id }").await["client"]["id"])
}

/// Mailings for every minute since long ago, which nobody has been there to run: as if the service had been down.
async fn overdue(siege: &Siege, owner: UserId, message: MessageId, since: DateTime<Utc>) {
    let store = EventStore::new(siege.database.pool.clone());
    let plan = mailing::Plan {
        name: mailing::Name::parse("Every minute").expect("a name"),
        message,
        audience: mailing::Audience {
            groups: BTreeSet::from([GroupId(Uuid::now_v7())]),
            ..mailing::Audience::default()
        },
        window: Window::new(since, since + TimeDelta::days(3_000)).expect("a window"),
        periodicity: Periodicity::Cron(CronExpression::parse("* * * * *").expect("an expression")),
        time_zone: TimeZone::parse("Europe/Berlin").expect("a zone"),
        sending: mailing::Sending::default(),
        kind: mailing::Kind::default(),
        sender: None,
    };
    let appends: Vec<Append> = (0..MAILINGS)
        .map(|_| {
            let created = mailing::Event::Created { owner, plan: plan.clone(), since: Some(since) };
            Append::begin::<Mailing>(MailingId(Uuid::now_v7()).0, vec![created]).expect("an event")
        })
        .collect();
    store.append(&appends, &metadata()).await.expect("they are planned");
}

#[tokio::test]
async fn whoever_has_missed_millions_of_occurrences_keeps_nobody_from_starting_a_mailing() {
    let mut siege = Siege::laid("millions of missed occurrences").await;
    let attacker = siege.signed_in(ATTACKER).await;
    let bystander = siege.signed_in(BYSTANDER).await;
    let now = wall_clock().now();
    let letter = message(&attacker).await;
    let input = every_minute(
        &letter,
        &client(&attacker, "one@example.net").await,
        ["1970-01-01T00:00:00Z".parse().expect("a time"), now + TimeDelta::days(1)],
    );
    let query = "mutation($input: MailingCreateInput!) { mailingCreate(input: $input) { userErrors { field code } } }";
    let refused = attacker.ask(query, json!({ "input": input })).await;
    assert_eq!(
        refused["mailingCreate"]["userErrors"],
        json!([{ "field": ["input", "startsAt"], "code": "START_TOO_OLD" }])
    );
    let mine = client(&bystander, "friend@example.net").await;
    let my_letter = message(&bystander).await;

    siege
        .under(async |siege| {
            let owner: Uuid = sqlx::query_scalar("select id from users where email = $1")
                .bind(address_of(ATTACKER))
                .fetch_one(&siege.database.pool)
                .await
                .expect("the attacker has an account");
            let since = now - TimeDelta::minutes(MISSED);
            overdue(siege, UserId(owner), MessageId(letter.parse().expect("an id")), since).await;
            let mut plan = every_minute(&my_letter, &mine, [now, now + TimeDelta::days(1)]);
            plan["periodicity"] = json!({ "kind": "ONCE" });
            bystander.does("mailingCreate", plan, "behind").await;
            let query = "{ mailings(first: 1) { nodes { id } } }";
            // The answer may have been that the read models are behind.
            let mailing = found("the mailing shows", async || {
                let shown = bystander.ask(query, json!({})).await;
                shown["mailings"]["nodes"][0]["id"].as_str().map(str::to_owned)
            })
            .await;
            let run = bystander.sees_through(&mailing).await;
            assert_eq!(run["progress"]["accepted"], 1);
            found("all that was missed is recorded", async || {
                let query = "select count(*) from events where event_type = 'OccurrencesMissed'";
                let ranges: i64 = sqlx::query_scalar(query).fetch_one(&siege.database.pool).await.ok()?;
                (ranges >= i64::try_from(MAILINGS).expect("few")).then_some(())
            })
            .await;
        })
        .await;

    let query = "select count(*), min(missed) from runs where status = 'missed'";
    let (lines, missed): (i64, i64) =
        sqlx::query_as(query).fetch_one(&siege.database.pool).await.expect("there are runs");
    assert_eq!(usize::try_from(lines).expect("few"), MAILINGS, "a line for each mailing");
    assert!((MISSED - 120..=MISSED + 120).contains(&missed), "{missed}");
    siege.withstood().await;
}
