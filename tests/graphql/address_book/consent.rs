//! What clients have agreed to: written down, confirmed, withdrawn, and asked for as of a moment; groups that are public.

use crate::support::http::{Api, Person, plan, text, with};
use crate::support::service::metadata;
use acts::mailings::runs::id_of;
use chrono::{DateTime, Utc};
use domain::batch::{self, Batch, Recipient};
use domain::client::{self, Client};
use domain::run::{self, Origin, Run, Trigger};
use domain::{BatchId, ClientId, Decide, GroupId, MailingId, MessageId, Role, mailing};
use serde_json::{Value, json};
use uuid::Uuid;

const EVIDENCE: &str =
    "version consents { topicId topic { name } wording givenAt state address confirmedAt confirmedAddress
    withdrawnAt source { kind file row importId run { id } } withdrawnSource { kind } }";

const THEN: &str = "query($id: ID!, $at: DateTime!) { client(id: $id) { subscribedAt(at: $at) {
    at answer sentence inAddressBook email consents { state } groups { name } suppressions { reason scope until } } } }";

fn told(code: &str, field: &str) -> Vec<(String, String)> {
    vec![(code.to_owned(), field.to_owned())]
}

/// The present moment by PostgreSQL's clock, which is that of the log.
async fn now(api: &Api) -> DateTime<Utc> {
    sqlx::query_scalar("select clock_timestamp()").fetch_one(&api.pool).await.expect("PostgreSQL tells the time")
}

/// What somebody reads of a client at a moment.
async fn then(person: &Person, client: &str, at: DateTime<Utc>) -> Value {
    person.ask(THEN, json!({ "id": client, "at": at })).await["client"]["subscribedAt"].take()
}

async fn happens<A>(api: &Api, id: Uuid, command: A::Command)
where
    A: Decide + Clone + 'static,
    A::Command: Clone + Send + 'static,
    A::Error: Send + 'static,
{
    let services = &api.node.services;
    let receipt = services.store.execute::<A>(id, command, &metadata()).await.expect("it may be");
    assert!(services.shown(receipt.position).await, "the read models follow");
}

#[tokio::test]
async fn whether_somebody_had_agreed_has_one_answer_at_each_moment_with_its_evidence() {
    let api = Api::start().await;
    let (ann, eve, max) = (api.owner("Ann").await, api.owner("Eve").await, api.person("Max", &[Role::Manager]).await);
    let group = ann.group("News").await;
    let before = now(&api).await;
    let client = ann.client("anna@example.com", &[&group]).await;
    let added = now(&api).await;

    let give = json!({ "id": client, "topicId": group, "wording": " I want\r\nthe news ", "at": "2026-04-01T12:00:00+02:00",
                       "address": "192.0.2.1" });
    let selection = format!("client {{ {EVIDENCE} source {{ kind }} }} behind");
    let given = ann.does("consentGive", give.clone(), &selection).await;
    let expected = json!({
        "topicId": group, "topic": { "name": "News" }, "wording": "I want\nthe news", "givenAt": "2026-04-01T10:00:00Z",
        "state": "GIVEN", "address": "192.0.2.1", "confirmedAt": null, "confirmedAddress": null, "withdrawnAt": null,
        "source": { "kind": "PROGRAM", "file": null, "row": null, "importId": null, "run": null }, "withdrawnSource": null
    });
    assert_eq!(given["client"]["consents"], json!([expected]));
    assert_eq!((&given["client"]["version"], &given["client"]["source"]["kind"]), (&json!(2), &json!("PROGRAM")));
    let events = api.events().await;
    ann.does("consentGive", give, "").await;
    assert_eq!(api.events().await, events, "the same consent is written down once");
    let agreed = now(&api).await;

    // By the link in a letter, which only its holder can follow.
    let topic: GroupId = group.parse().expect("an id");
    let id: ClientId = client.parse().expect("an id");
    let (by, at) = (ann.id, api.clock.now());
    let confirm = client::Command::ConfirmConsent { by, topic: Some(topic), at, address: "2001:db8::1".parse().ok() };
    happens::<Client>(&api, id.0, confirm).await;
    let confirmed = now(&api).await;
    let stop = json!({ "emails": ["Anna@Example.com"] });
    let stopped = ann.does("suppressionAdd", stop, "suppressions { id }").await;
    let suppressed = now(&api).await;
    let lift = json!({ "id": stopped["suppressions"][0]["id"], "reason": "a mistake" });
    ann.does("suppressionLift", lift, "").await;
    let lifted = now(&api).await;
    let withdraw = json!({ "id": client, "topicId": group });
    let gone = ann.does("consentWithdraw", withdraw.clone(), &format!("client {{ {EVIDENCE} }}")).await;
    let seen = &gone["client"]["consents"][0];
    let shown = ["state", "confirmedAt", "confirmedAddress", "withdrawnAt"].map(|field| seen[field].clone());
    let at = json!("2026-05-04T09:00:00Z");
    assert_eq!(shown, [json!("WITHDRAWN"), at.clone(), json!("2001:db8::1"), at]);
    assert_eq!(seen["withdrawnSource"], json!({ "kind": "PROGRAM" }));
    let events = api.events().await;
    ann.does("consentWithdraw", withdraw, "").await;
    assert_eq!(api.events().await, events, "twice is once");
    let over = now(&api).await;
    ann.does("clientUpdate", json!({ "id": client, "groupIds": [], "email": "other@example.com" }), "").await;

    for (at, answer, consents) in [
        (before, "ABSENT", json!([])),
        (added, "UNSAID", json!([])),
        (agreed, "GIVEN", json!([{ "state": "GIVEN" }])),
        (confirmed, "CONFIRMED", json!([{ "state": "CONFIRMED" }])),
        (suppressed, "SUPPRESSED", json!([{ "state": "CONFIRMED" }])),
        (lifted, "CONFIRMED", json!([{ "state": "CONFIRMED" }])),
        (over, "WITHDRAWN", json!([{ "state": "WITHDRAWN" }])),
    ] {
        for person in [&ann, &max] {
            let told = then(person, &client, at).await;
            assert_eq!((&told["answer"], &told["consents"]), (&json!(answer), &consents), "{told}");
            let there = answer != "ABSENT";
            let groups = if there { json!([{ "name": "News" }]) } else { json!([]) };
            let email = if there { json!("anna@example.com") } else { Value::Null };
            assert_eq!((&told["groups"], &told["email"]), (&groups, &email), "as it was then: {told}");
            assert_eq!(told["inAddressBook"], json!(there));
        }
    }
    let told = then(&ann, &client, suppressed).await;
    assert_eq!(told["suppressions"], json!([{ "reason": "BY_HAND", "scope": "OWNER", "until": null }]));
    assert_eq!(told["sentence"], "no: the address was not to be written to then");

    // Nobody else's, and nothing is forgotten with the group and the client.
    assert_eq!(eve.ask(THEN, json!({ "id": client, "at": over })).await["client"], Value::Null);
    let of_eve = json!({ "id": client, "wording": "x" });
    assert_eq!(eve.fails("consentGive", of_eve.clone()).await, told_absent());
    assert_eq!(eve.fails("consentWithdraw", json!({ "id": client })).await, told_absent());
    ann.does("groupDelete", json!({ "id": group }), "").await;
    ann.does("consentWithdraw", json!({ "id": client, "topicId": group }), "").await;
    let selection = format!("client {{ {EVIDENCE} subscribedAt(at: \"{}\") {{ answer }} }}", confirmed.to_rfc3339());
    let deleted = ann.does("clientDelete", json!({ "id": client }), &selection).await["client"].take();
    assert_eq!(deleted["subscribedAt"]["answer"], "CONFIRMED");
    assert_eq!((&deleted["consents"][0]["topic"], &deleted["consents"][0]["topicId"]), (&Value::Null, &json!(group)));
    assert_eq!(eve.fails("consentGive", of_eve).await, told_absent());
}

fn told_absent() -> Vec<(String, String)> {
    told("NOT_FOUND", "input.id")
}

#[tokio::test]
async fn bad_input_is_told_all_at_once_and_a_new_client_can_have_agreed() {
    let api = Api::start().await;
    let (ann, eve) = (api.owner("Ann").await, api.owner("Eve").await);
    let (others, deleted) = (eve.group("Hers").await, ann.group("Gone").await);
    ann.does("groupDelete", json!({ "id": deleted }), "").await;
    let client = ann.client("anna@example.com", &[]).await;
    let before = api.events().await;
    let with = |fields: Value| {
        let mut input = json!({ "id": client, "wording": "News" });
        for (name, value) in fields.as_object().expect("fields") {
            input[name] = value.clone();
        }
        input
    };
    for (fields, expected) in [
        (json!({ "wording": " \n" }), told("CONSENT_WORDING_EMPTY", "input.wording")),
        (json!({ "wording": "ж".repeat(2_001) }), told("CONSENT_WORDING_TOO_LONG", "input.wording")),
        (json!({ "wording": "\0" }), told("TEXT_INVALID", "input.wording")),
        (json!({ "topicId": others }), told("NOT_FOUND", "input.topicId")),
        (json!({ "topicId": deleted }), told("NOT_FOUND", "input.topicId")),
        (json!({ "topicId": "?" }), told("NOT_FOUND", "input.topicId")),
        (json!({ "at": "yesterday" }), told("DATE_TIME_INVALID", "input.at")),
        (json!({ "at": "2026-05-04T09:00:01Z" }), told("CONSENT_IN_FUTURE", "input.at")),
        (json!({ "address": "anna@example.com" }), told("CONSENT_ADDRESS_INVALID", "input.address")),
        (json!({ "id": "?" }), told_absent()),
        (json!({ "id": Uuid::now_v7() }), told_absent()),
        (
            json!({ "topicId": others, "wording": "", "address": "x" }),
            [
                told("NOT_FOUND", "input.topicId"),
                told("CONSENT_WORDING_EMPTY", "input.wording"),
                told("CONSENT_ADDRESS_INVALID", "input.address"),
            ]
            .concat(),
        ),
    ] {
        assert_eq!(ann.fails("consentGive", with(fields.clone())).await, expected, "{fields}");
    }
    for (fields, expected) in [
        (json!({ "id": client, "topicId": others }), told("NOT_FOUND", "input.topicId")),
        (json!({ "id": client, "topicId": "?" }), told("NOT_FOUND", "input.topicId")),
        (json!({ "id": "?" }), told_absent()),
    ] {
        assert_eq!(ann.fails("consentWithdraw", fields.clone()).await, expected, "{fields}");
    }
    let wrong = json!({ "email": "bob@example.com", "consent": { "wording": "", "topicId": others } });
    let both = [told("NOT_FOUND", "input.consent.topicId"), told("CONSENT_WORDING_EMPTY", "input.consent.wording")];
    assert_eq!(ann.fails("clientCreate", wrong).await, both.concat());
    ann.does("consentWithdraw", json!({ "id": client }), "").await;
    assert_eq!(api.events().await, before, "nothing is written");
    let answer = ann.post(THEN, json!({ "id": client, "at": "yesterday" })).await;
    assert_eq!(answer.code(), "BAD_REQUEST");

    // Both at once, and once however often it is asked for.
    let new = json!({ "email": "bob@example.com", "idempotencyKey": "bob", "consent": { "wording": "The news" } });
    let selection = "client { id version consents { wording givenAt topicId state } consent { state } }";
    let first = ann.does("clientCreate", new.clone(), selection).await["client"].take();
    let consent =
        json!({ "wording": "The news", "givenAt": "2026-05-04T09:00:00Z", "topicId": null, "state": "GIVEN" });
    assert_eq!((&first["version"], &first["consents"]), (&json!(2), &json!([consent])));
    assert_eq!(first["consent"], json!({ "state": "GIVEN" }));
    let before = api.events().await;
    assert_eq!(ann.does("clientCreate", new, selection).await["client"], first);
    assert_eq!(api.events().await, before);
}

#[tokio::test]
async fn a_group_is_made_public_and_no_longer_and_keeps_who_belongs_to_it() {
    let api = Api::start().await;
    let (ann, eve) = (api.owner("Ann").await, api.owner("Eve").await);
    let group = ann.group("Readers since May").await;
    ann.client("anna@example.com", &[&group]).await;
    let selection = "group { name version size topic { title description subscribeUrl } }";
    let publish = json!({ "id": group, "title": " Monthly news ", "description": "Once a month" });
    let public = ann.does("groupPublish", publish.clone(), selection).await["group"].take();
    let url = api.url(&format!("/subscribe/{}?topic={group}", ann.id));
    let topic = json!({ "title": "Monthly news", "description": "Once a month", "subscribeUrl": url });
    let expected = json!({ "name": "Readers since May", "version": 2, "size": 1, "topic": topic });
    assert_eq!(public, expected);
    let before = api.events().await;
    assert_eq!(ann.does("groupPublish", publish, selection).await["group"], expected, "twice is once");
    for (fields, expected) in [
        (json!({ "id": group, "title": " " }), told("NAME_EMPTY", "input.title")),
        (json!({ "id": group, "title": "a\nb" }), told("NAME_NOT_A_LINE", "input.title")),
        (json!({ "id": group, "title": "x".repeat(101) }), told("NAME_TOO_LONG", "input.title")),
        (
            json!({ "id": group, "title": "x", "description": "x".repeat(501) }),
            told("TOPIC_DESCRIPTION_TOO_LONG", "input.description"),
        ),
        (json!({ "id": group, "title": "x", "expectedVersion": 1 }), told("STALE_VERSION", "input.expectedVersion")),
        (json!({ "id": "?", "title": "x" }), told_absent()),
    ] {
        assert_eq!(ann.fails("groupPublish", fields.clone()).await, expected, "{fields}");
    }
    assert_eq!(eve.fails("groupPublish", json!({ "id": group, "title": "x" })).await, told_absent());
    assert_eq!(eve.fails("groupUnpublish", json!({ "id": group })).await, told_absent());
    assert_eq!(api.events().await, before, "nothing is written");

    let topics = async || projections::groups::topics(&api.pool, ann.id).await.expect("a list");
    let titles: Vec<String> = topics().await.into_iter().map(|topic| topic.title).collect();
    assert_eq!(titles, ["Monthly news"]);
    let private = ann.does("groupUnpublish", json!({ "id": group }), selection).await["group"].take();
    assert_eq!((&private["topic"], &private["size"]), (&Value::Null, &json!(1)));
    assert!(topics().await.is_empty());
    ann.does("groupPublish", json!({ "id": group, "title": "News" }), "").await;
    ann.does("groupDelete", json!({ "id": group }), "").await;
    assert!(topics().await.is_empty(), "what is deleted is no topic");
}

#[tokio::test]
async fn a_delivery_tells_whether_its_client_had_agreed_when_the_letter_was_about_to_go_out() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let clients = [ann.client("anna@example.com", &[]).await, ann.client("bob@example.com", &[]).await];
    let message = ann.message().await;
    let mailing = ann.mailing(&message, &clients[0]).await;
    let give = async |client: &str| ann.does("consentGive", json!({ "id": client, "wording": "News" }), "").await;
    let [news, offers] = [ann.group("News").await, ann.group("Offers").await];
    ann.client("carl@example.com", &[&offers]).await;
    let to_offers = with(plan(&message, &clients[0]), "audience", json!({ "groupIds": [offers] }));
    let to_offers = text(&ann.does("mailingCreate", to_offers, "mailing { id }").await["mailing"]["id"]);
    let message: MessageId = message.parse().expect("an id");
    let started = async |mailing: &str| {
        let (mailing, kind): (MailingId, _) = (mailing.parse().expect("an id"), mailing::Kind::default());
        let origin = Origin { mailing, owner: ann.id, message, revision: 1, kind, sender: None };
        let trigger = Trigger::SendNow("now".to_owned());
        let run = trigger.run_of(mailing);
        let start = run::Command::Start { origin, trigger, at: api.clock.now(), message_id_domain: None };
        happens::<Run>(&api, run.0, start).await;
        let recipients = clients.iter().map(|id| Recipient(id.parse().expect("an id"), 1)).collect();
        let plan = batch::Command::Plan { run, mailing, owner: ann.id, number: 0, recipients };
        happens::<Batch>(&api, BatchId::derive(run, 0).0, plan).await;
        run
    };
    let run = started(&mailing).await;
    let batch = BatchId::derive(run, 0).0;
    for client in &clients {
        give(client).await;
    }
    let begin = batch::Command::Record { attempts: Vec::new(), next: vec![1], hold: None };
    happens::<Batch>(&api, batch, begin).await;
    ann.does("consentWithdraw", json!({ "id": clients[1] }), "").await;

    let query = "query($id: ID!) { delivery(id: $id) { subscription { answer consents { state } } } }";
    let answer = async |ordinal| ann.ask(query, json!({ "id": id_of(run.0, ordinal) })).await["delivery"].take();
    // Nobody has begun with this one: what counts is when the recipients were named.
    assert_eq!(answer(0).await["subscription"], json!({ "answer": "UNSAID", "consents": [] }));
    // Of this one it was written down before it was withdrawn.
    assert_eq!(answer(1).await["subscription"], json!({ "answer": "GIVEN", "consents": [{ "state": "GIVEN" }] }));
    assert_eq!(answer(2).await, Value::Null);

    // What somebody agreed to hear about one thing says nothing of letters about another one.
    let about_news = json!({ "id": clients[1], "wording": "News", "topicId": news });
    ann.does("consentGive", about_news, "").await;
    let id = id_of(started(&to_offers).await.0, 1);
    let told = ann.ask(query, json!({ "id": id })).await["delivery"]["subscription"].take();
    assert_eq!(told, json!({ "answer": "WITHDRAWN", "consents": [{ "state": "WITHDRAWN" }, { "state": "GIVEN" }] }));
}
