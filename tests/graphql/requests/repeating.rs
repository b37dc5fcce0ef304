//! Asking twice: the same key is answered by the first answer.

use crate::support::http::{Api, plan, text, with};
use serde_json::json;

#[tokio::test]
async fn the_same_key_with_the_same_input_creates_one_thing() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let group = ann.group("Friends").await;
    let (message, client) = (ann.message().await, ann.client("anna@example.com", &[&group]).await);

    for (name, noun, input, other) in [
        (
            "clientCreate",
            "client",
            json!({ "email": "b@example.com", "groupIds": [group], "idempotencyKey": "1" }),
            json!({ "email": "c@example.com", "groupIds": [group], "idempotencyKey": "1" }),
        ),
        (
            "groupCreate",
            "group",
            json!({ "name": "B", "idempotencyKey": "1" }),
            json!({ "name": "C", "idempotencyKey": "1" }),
        ),
        (
            "messageCreate",
            "message",
            json!({ "subject": "x", "text": "y", "idempotencyKey": "1" }),
            json!({ "subject": "x", "text": "z", "idempotencyKey": "1" }),
        ),
        (
            "mailingCreate",
            "mailing",
            with(plan(&message, &client), "idempotencyKey", json!("1")),
            with(with(plan(&message, &client), "idempotencyKey", json!("1")), "name", json!("Other")),
        ),
    ] {
        let selection = format!("{noun} {{ id }} position");
        let first = ann.does(name, input.clone(), &selection).await;
        let before = api.events().await;
        assert_eq!(ann.does(name, input.clone(), &selection).await, first, "{name}");
        assert_eq!(
            ann.fails(name, other).await,
            [("IDEMPOTENCY_KEY_REUSED".to_owned(), "input.idempotencyKey".to_owned())],
            "{name}"
        );
        assert_eq!(api.events().await, before, "{name}");
        // Somebody else's key is another key.
        let eve = api.owner(&format!("eve-{noun}")).await;
        if noun == "group" {
            assert_ne!(eve.does(name, input, &selection).await, first);
        }
    }
}

#[tokio::test]
async fn the_first_answer_comes_again_after_what_it_named_is_gone() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let group = ann.group("Friends").await;
    let input = json!({ "email": "b@example.com", "groupIds": [group], "idempotencyKey": "1" });
    let first = ann.does("clientCreate", input.clone(), "client { id }").await;
    let message = ann.message().await;
    let mailing = with(plan(&message, &text(&first["client"]["id"])), "idempotencyKey", json!("1"));
    let planned = ann.does("mailingCreate", mailing.clone(), "mailing { id }").await;

    ann.does("groupDelete", json!({ "id": group }), "deletedId").await;
    ann.does("messageDelete", json!({ "id": message }), "").await;
    api.clock.advance(chrono::TimeDelta::days(365));
    let ann = api.anonymous();
    let session = ann.log_in("ann@example.com", crate::support::http::PASSWORD).await;
    let ann = ann.known_by(&text(&session["session"]["token"]));

    assert_eq!(ann.does("clientCreate", input, "client { id }").await, first);
    assert_eq!(ann.does("mailingCreate", mailing, "mailing { id }").await, planned);
}

#[tokio::test]
async fn at_the_same_time_too() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let input = json!({ "email": "b@example.com", "idempotencyKey": "1" });
    let before = api.events().await;
    let answers =
        futures::future::join_all((0..8).map(|_| ann.does("clientCreate", input.clone(), "client { id }"))).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(api.events().await, before + 1);
}

#[tokio::test]
async fn send_now_is_safe_to_repeat() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (message, client) = (ann.message().await, ann.client("anna@example.com", &[]).await);
    // Its only occurrence is ahead of the clock's next day, so that only presses start runs.
    let input = with(plan(&message, &client), "periodicity", json!({ "kind": "CRON", "cron": "0 0 1 6 *" }));
    let mailing = ann.does("mailingCreate", input, "mailing { id }").await;
    let id = text(&mailing["mailing"]["id"]);
    let selection = "run { id trigger }";

    let first = ann.does("mailingStart", json!({ "id": id }), selection).await;
    assert_eq!(first["run"]["trigger"], "SEND_NOW");
    // Under way: it is the answer.
    assert_eq!(ann.does("mailingStart", json!({ "id": id }), selection).await, first);

    // A key is a press of its own, and the same key the same press.
    let key = json!({ "id": id, "idempotencyKey": "press" });
    let second = ann.does("mailingStart", key.clone(), selection).await;
    assert_ne!(second, first);
    let before = api.events().await;
    assert_eq!(ann.does("mailingStart", key.clone(), selection).await, second);
    // Whatever has become of the mailing in the meantime.
    ann.does("mailingPause", json!({ "id": id }), "").await;
    assert_eq!(ann.does("mailingStart", key, selection).await, second);
    assert_eq!(api.events().await, before + 1);
}

#[tokio::test]
async fn presses_at_the_same_time_start_one_run() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let mailing = ann.mailing(&ann.message().await, &ann.client("anna@example.com", &[]).await).await;
    let presses = (0..8).map(|_| ann.does("mailingStart", json!({ "id": mailing }), "run { id }"));
    let answers = futures::future::join_all(presses).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let runs = ann.ask("query($id: ID!) { mailing(id: $id) { runs { totalCount } } }", json!({ "id": mailing })).await;
    assert_eq!(runs["mailing"]["runs"]["totalCount"], 1);
}
