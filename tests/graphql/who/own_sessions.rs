//! One's own sessions: looked at and ended.

use crate::support::http::{Api, PASSWORD, Person, text};
use chrono::TimeDelta;
use serde_json::{Value, json};

const LIST: &str = "{ sessions { id createdAt lastSeenAt expiresAt address userAgent current } }";

async fn sessions(person: &Person) -> Vec<Value> {
    person.ask(LIST, json!({})).await["sessions"].as_array().expect("a list").clone()
}

/// The same person, logged in once more with another program.
async fn again(api: &Api, email: &str, program: &'static str) -> Person {
    let query = "mutation($input: SessionCreateInput!) { sessionCreate(input: $input) { session { token } } }";
    let body = json!({ "query": query, "variables": { "input": { "email": email, "password": PASSWORD } } });
    let url = api.url("/graphql");
    let answer = api.anonymous().send(|http| http.post(url).header("user-agent", program).json(&body)).await;
    api.anonymous().known_by(&text(&answer.body["data"]["sessionCreate"]["session"]["token"]))
}

async fn is_in(person: &Person) -> bool {
    person.ask("{ viewer { id } }", json!({})).await["viewer"] != json!(null)
}

#[tokio::test]
async fn a_session_is_shown_with_when_from_where_and_with_what_it_was_used() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    api.owner("Bob").await;
    api.clock.advance(TimeDelta::minutes(5));
    let phone = again(&api, "ann@example.com", "Phone/1.0").await;

    let list = sessions(&phone).await;

    assert_eq!(list.len(), 2, "{list:?}");
    let seen = json!({
        "id": list[0]["id"], "createdAt": "2026-05-04T09:05:00Z", "lastSeenAt": "2026-05-04T09:05:00Z",
        "expiresAt": "2026-05-18T09:05:00Z", "address": "127.0.0.1", "userAgent": null, "current": true,
    });
    assert_eq!(list[0], crate::support::http::with(seen, "userAgent", json!("Phone/1.0")));
    assert_eq!((&list[1]["current"], &list[1]["lastSeenAt"]), (&json!(false), &json!("2026-05-04T09:00:00Z")));
    // It is used again.
    let list = sessions(&ann).await;
    let own = list.iter().find(|session| session["current"] == true).expect("one's own");
    assert_eq!(own["createdAt"], "2026-05-04T09:00:00Z");
    let seen: String = text(&sessions(&ann).await.iter().find(|one| one["current"] == true).unwrap()["lastSeenAt"]);
    assert_eq!(seen, "2026-05-04T09:05:00Z");
    assert_eq!(api.anonymous().post(LIST, json!({})).await.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn one_session_is_ended_and_the_others_stay() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let bob = api.owner("Bob").await;
    let phone = again(&api, "ann@example.com", "Phone/1.0").await;
    let list = sessions(&phone).await;
    let other = list.iter().find(|session| session["current"] == false).expect("another session");
    let input = json!({ "id": other["id"] });
    // Somebody else's is not there.
    assert_eq!(bob.fails("sessionEnd", input.clone()).await, [("NOT_FOUND".into(), "input.id".into())]);
    assert!(is_in(&ann).await);

    phone.does("sessionEnd", input.clone(), "endedId").await;

    assert_eq!((is_in(&ann).await, is_in(&phone).await), (false, true));
    assert_eq!(phone.fails("sessionEnd", input).await, [("NOT_FOUND".into(), "input.id".into())]);
    assert_eq!(phone.fails("sessionEnd", json!({ "id": "x" })).await, [("NOT_FOUND".into(), "input.id".into())]);
}

#[tokio::test]
async fn logging_out_everywhere_ends_all_sessions_and_nobody_elses() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let bob = api.owner("Bob").await;
    let phone = again(&api, "ann@example.com", "Phone/1.0").await;

    let answer = phone.post("mutation { sessionsEndAll { ended userErrors { code } } }", json!({})).await;

    assert_eq!(answer.body["data"]["sessionsEndAll"], json!({ "ended": 2, "userErrors": [] }));
    assert!(answer.header("set-cookie").contains("Max-Age=0"), "{answer:?}");
    assert_eq!((is_in(&ann).await, is_in(&phone).await, is_in(&bob).await), (false, false, true));
    let again = phone.post("mutation { sessionsEndAll { ended } }", json!({})).await;
    assert_eq!(again.code(), "UNAUTHENTICATED");
}
