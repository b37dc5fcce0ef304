//! Who a mailing is from: named, changed, asked for at the start, and kept by the run.

use super::{sender, told};
use crate::support::http::{Api, Person, plan, text, with};
use crate::support::letters::link;
use crate::support::service::{Service, found};
use crate::support::smtp_server::{Offers, Received, SmtpServer};
use domain::Role;
use serde_json::{Value, json};

const NEWS: &str = "news@example.org";

/// Ann's sender, verified.
async fn verified(api: &Api, ann: &Person, address: &str) -> String {
    let id = sender(ann, address).await;
    let token = link(api, "verify_sender", address, "ann@example.com").await;
    api.anonymous().does("senderVerify", json!({ "token": token }), "").await;
    id
}

/// Whether a letter is none of a mailing's: it goes to the sender, or to Ann.
fn of_the_service(letter: &Received) -> bool {
    [NEWS, "ann@example.com"].contains(&letter.recipient.as_str())
}

/// How the reason of a mailing begins from whose run no letter goes on, as the address of that is revoked, or was.
const REVOKED: &str = "an administrator has revoked the address that letters under way are from: ";
const NOT_SHOWN: &str = "the address that letters under way are from was revoked, ";

/// How a mailing stands, and its runs.
async fn seen(person: &Person, mailing: &str) -> Value {
    let query =
        "query($id: ID!) { mailing(id: $id) { status reason runs { nodes { progress { accepted pending } } } } }";
    person.ask(query, json!({ "id": mailing })).await["mailing"].take()
}

async fn planned(person: &Person) -> Value {
    let client = person.client("anna@example.com", &[]).await;
    plan(&person.message().await, &client)
}

#[tokio::test]
async fn a_mailing_names_a_sender_that_letters_can_be_from() {
    let api = Api::start().await;
    let (ann, bob) = (api.owner("Ann").await, api.owner("Bob").await);
    let plan = planned(&ann).await;
    let named = |id: &str| with(plan.clone(), "sender", json!(id));
    let waiting = sender(&ann, "other@example.org").await;
    for (id, code) in [
        (waiting.as_str(), "SENDER_NOT_VERIFIED"),
        (&sender(&bob, NEWS).await, "SENDER_NOT_FOUND"),
        ("nothing", "SENDER_NOT_FOUND"),
    ] {
        let before = api.events().await;
        assert_eq!(ann.fails("mailingCreate", named(id)).await, told(code, "input.sender"));
        assert_eq!(api.events().await, before);
    }
    let id = verified(&api, &ann, NEWS).await;
    let select = "mailing { id sender { address } }";
    let made = ann.does("mailingCreate", named(&id), select).await["mailing"].take();
    assert_eq!(made["sender"]["address"], NEWS);
    let update = |fields: Value| with(fields, "id", made["id"].clone());
    let refused = ann.fails("mailingUpdate", update(json!({ "sender": waiting }))).await;
    assert_eq!(refused, told("SENDER_NOT_VERIFIED", "input.sender"));
    let renamed = ann.does("mailingUpdate", update(json!({ "name": "News" })), select).await;
    assert_eq!(renamed["mailing"]["sender"]["address"], NEWS, "what is not said stays");
    let unnamed = ann.does("mailingUpdate", update(json!({ "sender": "" })), select).await;
    assert_eq!(unnamed["mailing"]["sender"], Value::Null);
}

#[tokio::test]
async fn a_mailing_whose_sender_is_gone_is_neither_started_by_hand_nor_by_itself() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let id = verified(&api, &ann, NEWS).await;
    let later = with(with(planned(&ann).await, "sender", json!(id)), "startsAt", json!("2026-05-04T08:59:00Z"));
    let mailing = text(&ann.does("mailingCreate", later, "mailing { id }").await["mailing"]["id"]);
    ann.does("senderDelete", json!({ "id": id }), "").await;
    let refused = ann.fails("mailingStart", json!({ "id": mailing, "idempotencyKey": "a" })).await;
    assert_eq!(refused, told("SENDER_NOT_FOUND", "input.id"));

    let server = SmtpServer::start(Offers::default()).await;
    let engine = Service::work_with(&api.node, Service::relay(&server), Service::settings());
    let reason = found("the mailing is paused", async || {
        let query = "query($id: ID!) { mailing(id: $id) { status reason } }";
        let seen = ann.ask(query, json!({ "id": mailing })).await["mailing"].take();
        (seen["status"] == "PAUSED").then(|| text(&seen["reason"]))
    })
    .await;
    assert!(reason.contains("sender"), "{reason}");
    ann.does("profileUpdate", json!({ "language": "RU" }), "").await;
    let seen = ann.ask("query($id: ID!) { mailing(id: $id) { reason } }", json!({ "id": mailing })).await;
    assert!(text(&seen["mailing"]["reason"]).starts_with("отправитель рассылки удалён: "), "{seen}");
    // The letter with the link to the sender goes out, and the one that tells Ann of it, and nothing else.
    assert!(server.received().iter().all(of_the_service), "nobody is written to from elsewhere");
    engine.stop().await;
}

#[tokio::test]
async fn a_mailing_whose_sender_is_revoked_is_paused_in_the_middle_of_a_run_and_goes_on_from_nobody_else() {
    let api = Api::start().await;
    let (ann, root) = (api.owner("Ann").await, api.person("Root", &[Role::Administrator]).await);
    let id = verified(&api, &ann, NEWS).await;
    let named = with(planned(&ann).await, "sender", json!(id));
    let mailing = text(&ann.does("mailingCreate", named.clone(), "mailing { id }").await["mailing"]["id"]);
    let later = with(named.clone(), "startsAt", json!("2026-05-05T08:00:00Z"));
    let waiting = text(&ann.does("mailingCreate", later, "mailing { id }").await["mailing"]["id"]);
    let seen = async || seen(&ann, &mailing).await;
    // A run that has begun, and of which nothing is sent yet.
    ann.does("mailingStart", json!({ "id": mailing }), "run { id }").await;
    root.does("senderRevoke", json!({ "id": id, "reason": "It is another company’s." }), "sender { usable }").await;
    let paused = seen().await;
    assert_eq!(paused["status"], "PAUSED");
    assert!(text(&paused["reason"]).starts_with(REVOKED), "{paused}");
    // One of which no letter is under way goes on with another sender.
    let waits = self::seen(&ann, &waiting).await;
    assert_eq!(waits["status"], "PAUSED");
    assert!(text(&waits["reason"]).starts_with("an administrator has revoked the mailing's sender: "), "{waits}");
    assert_eq!(ann.fails("mailingCreate", named).await, told("SENDER_REVOKED", "input.sender"));

    // Naming another sender changes nothing for the run that is under way: its letters would still be from the one that is revoked.
    ann.does("mailingUpdate", json!({ "id": mailing, "sender": "" }), "").await;
    ann.does("mailingResume", json!({ "id": mailing }), "").await;
    let server = SmtpServer::start(Offers::default()).await;
    let engine = Service::work_with(&api.node, Service::relay(&server), Service::settings());
    let paused = found("the mailing is paused again", async || {
        let seen = seen().await;
        (seen["status"] == "PAUSED").then_some(seen)
    })
    .await;
    engine.stop().await;
    assert_eq!(paused["runs"]["nodes"][0]["progress"]["accepted"], 0, "{paused}");
    assert!(server.received().iter().all(of_the_service), "nobody but the sender and Ann is written to");
}

#[tokio::test]
async fn whoever_deletes_a_sender_in_the_middle_of_a_run_does_not_get_round_that_its_address_is_revoked() {
    let api = Api::start().await;
    let (ann, root) = (api.owner("Ann").await, api.person("Root", &[Role::Administrator]).await);
    let id = verified(&api, &ann, NEWS).await;
    let named = with(planned(&ann).await, "sender", json!(id));
    let mailing = text(&ann.does("mailingCreate", named, "mailing { id }").await["mailing"]["id"]);
    ann.does("mailingStart", json!({ "id": mailing }), "run { id }").await;
    ann.does("mailingUpdate", json!({ "id": mailing, "sender": "" }), "").await;

    // It is revoked although it is deleted, and by the other one that has its address by now.
    ann.does("senderDelete", json!({ "id": id }), "").await;
    let other = verified(&api, &ann, NEWS).await;
    let revoke = json!({ "id": id, "reason": "It is another company’s." });
    let revoked = root.does("senderRevoke", revoke, "sender { id revokedAt }").await["sender"].take();
    assert!(revoked["id"] == other.as_str() && revoked["revokedAt"].is_string(), "{revoked}");
    let paused = seen(&ann, &mailing).await;
    assert!(paused["status"] == "PAUSED" && text(&paused["reason"]).starts_with(REVOKED), "{paused}");
    assert_eq!(ann.fails("senderDelete", json!({ "id": other })).await, told("SENDER_REVOKED", "input.id"));

    let resume = async || ann.does("mailingResume", json!({ "id": mailing }), "").await;
    let paused_again = async |begins: &str| {
        found("the mailing is paused again", async || {
            let seen = seen(&ann, &mailing).await;
            (seen["status"] == "PAUSED" && text(&seen["reason"]).starts_with(begins)).then_some(())
        })
        .await;
    };
    resume().await;
    let server = SmtpServer::start(Offers::default()).await;
    let engine = Service::work_with(&api.node, Service::relay(&server), Service::settings());
    paused_again(REVOKED).await;

    // That it is allowed again does not show whose it is, and deleting it shows nothing either.
    root.does("senderAllow", json!({ "id": other }), "").await;
    resume().await;
    paused_again(NOT_SHOWN).await;
    ann.does("senderDelete", json!({ "id": other }), "").await;
    resume().await;
    paused_again(NOT_SHOWN).await;
    assert!(server.received().iter().all(of_the_service), "nobody but the sender and Ann is written to");

    verified(&api, &ann, NEWS).await;
    resume().await;
    found("the letter goes out", async || {
        let seen = seen(&ann, &mailing).await;
        (seen["runs"]["nodes"][0]["progress"]["accepted"] == 1).then_some(())
    })
    .await;
    engine.stop().await;
}

#[tokio::test]
async fn a_run_keeps_the_sender_as_it_was_when_it_started() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let id = verified(&api, &ann, NEWS).await;
    ann.does("senderChange", json!({ "id": id, "name": "The newsdesk" }), "").await;
    let mailing = with(planned(&ann).await, "sender", json!(id));
    let mailing = text(&ann.does("mailingCreate", mailing, "mailing { id }").await["mailing"]["id"]);
    let started =
        ann.does("mailingStart", json!({ "id": mailing }), "run { id senderRevision sender { address } }").await;
    assert_eq!((&started["run"]["senderRevision"], &started["run"]["sender"]["address"]), (&json!(2), &json!(NEWS)));
    ann.does("senderChange", json!({ "id": id, "name": "News" }), "").await;
    let query = "query($id: ID!) { run(id: $id) { senderRevision } }";
    assert_eq!(ann.ask(query, json!({ "id": started["run"]["id"] })).await["run"]["senderRevision"], 2);
}
