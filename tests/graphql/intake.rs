//! What comes in from mail servers, for administrators: the ways, how much came, and messages that were not understood.

use crate::graphql::who::roles::everybody::{ABSENT, Everybody, STRANGER, WRONG, YES, input, mutation};
use crate::support::http::{Api, Person, text};
use crate::support::intake::{counted, keep, looked};
use domain::Role;
use serde_json::{Value, json};
use uuid::Uuid;

const MESSAGES: &str = "query($after: String) { intake { messages(first: 2, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } nodes { id via receivedAt envelopeTo from subject size } } } }";

const ONE: &str = "query($id: ID!) { intake { message(id: $id) { text whole message { id subject } } } }";

/// Something that no program understands.
const RIDDLE: &[u8] = b"From: postmaster@mx.example.org\r\nSubject: =?x?\r\n\r\n<b>Hm\xff</b>\0\r\n";

/// The subjects of the messages that are kept, page by page.
async fn subjects(person: &Person) -> Vec<String> {
    let (mut after, mut all) = (Value::Null, Vec::new());
    loop {
        let page = person.ask(MESSAGES, json!({ "after": after })).await["intake"]["messages"].take();
        all.extend(page["nodes"].as_array().expect("nodes").iter().map(|node| text(&node["subject"])));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            assert_eq!(page["totalCount"], all.len());
            return all;
        }
    }
}

#[tokio::test]
async fn what_comes_in_is_for_administrators() {
    let everybody = Everybody::start().await;
    let services = &everybody.api.node.services;
    let rights = [STRANGER, WRONG, WRONG, WRONG, YES];
    let id = keep(services, "Hm", RIDDLE, 60).await;
    for query in [
        "{ intake { ways { via } } }",
        "{ intake { counts { messages } } }",
        "{ intake { messages { totalCount nodes { subject } } } }",
    ] {
        everybody.expect(query, &json!({}), rights).await;
    }
    everybody.expect(ONE, &json!({ "id": id }), rights).await;
    for name in ["intakeMessageReadAgain", "intakeMessageDismiss"] {
        let other = keep(services, "Hm", RIDDLE, 60).await;
        everybody.expect(&mutation(name), &input(&json!({ "id": other })), rights).await;
    }
    let absent = input(&json!({ "id": Uuid::now_v7() }));
    for name in ["intakeMessageReadAgain", "intakeMessageDismiss"] {
        everybody.expect(&mutation(name), &absent, [STRANGER, WRONG, WRONG, WRONG, ABSENT]).await;
        let nonsense = input(&json!({ "id": "no id" }));
        everybody.expect(&mutation(name), &nonsense, [STRANGER, WRONG, WRONG, WRONG, ABSENT]).await;
    }
}

#[tokio::test]
async fn the_ways_are_told_and_what_came_in_is_counted_by_day() {
    let api = Api::start().await;
    let root = api.person("Root", &[Role::Administrator]).await;
    let query = "query($days: Int = 7) { intake { ways { via error since lookedAt }
                     counts(days: $days) { day via taken messages } } }";
    let nothing = json!({ "ways": [], "counts": [] });
    assert_eq!(root.ask(query, json!({})).await["intake"], nothing);
    let now = api.clock.now();
    looked(&api.pool, now, Some("the mailbox refuses the password")).await;
    let rows = [(0, "smtp", "bounce", 3), (6, "imap", "auto_reply", 2), (7, "pipe", "kept", 1)];
    counted(&api.pool, now, &rows).await;
    let seen = root.ask(query, json!({})).await["intake"].take();
    let way = json!({ "via": "IMAP", "error": "the mailbox refuses the password",
                      "since": "2026-05-04T09:00:00Z", "lookedAt": "2026-05-04T09:00:00Z" });
    assert_eq!(seen["ways"], json!([way]));
    let bounces = json!({ "day": "2026-05-04", "via": "SMTP", "taken": "BOUNCE", "messages": 3 });
    let replies = json!({ "day": "2026-04-28", "via": "IMAP", "taken": "AUTO_REPLY", "messages": 2 });
    let sorted = |counts: &Value| {
        let mut counts = counts.as_array().expect("counts").clone();
        counts.sort_by_key(|count| std::cmp::Reverse(text(&count["day"])));
        counts
    };
    assert_eq!(sorted(&seen["counts"]), [bounces.clone(), replies]);
    let today = root.ask(query, json!({ "days": 1 })).await["intake"]["counts"].take();
    assert_eq!(today, json!([bounces]));
    let eight = root.ask(query, json!({ "days": 8 })).await["intake"]["counts"].take();
    assert_eq!(sorted(&eight).len(), 3);
    for days in [0, -1, 367, i32::MIN, i32::MAX] {
        let query = "query($days: Int!) { intake { counts(days: $days) { messages } } }";
        let answer = root.post(query, json!({ "days": days })).await;
        assert_eq!(answer.code(), "BAD_REQUEST", "{days}");
    }
}

#[tokio::test]
async fn messages_that_were_not_understood_are_listed_read_and_thrown_away() {
    let api = Api::start().await;
    let services = &api.node.services;
    let root = api.person("Root", &[Role::Administrator]).await;
    assert!(subjects(&root).await.is_empty());
    let whole = i64::try_from(RIDDLE.len()).expect("it is short");
    let first = keep(services, "first", RIDDLE, whole).await;
    for subject in ["second", "third"] {
        keep(services, subject, RIDDLE, 1_000_000).await;
    }
    assert_eq!(subjects(&root).await, ["third", "second", "first"], "the latest comes first");
    let seen = root.ask(MESSAGES, json!({})).await["intake"]["messages"]["nodes"][0].take();
    assert_eq!(
        (&seen["via"], &seen["envelopeTo"], &seen["from"], &seen["size"], &seen["receivedAt"]),
        (
            &json!("SMTP"),
            &json!("b+token@bounce.example.org"),
            &json!("Postmaster <postmaster@mx.example.org>"),
            &json!(1_000_000),
            &json!("2026-05-04T09:02:00Z"),
        )
    );
    assert_eq!(root.post(MESSAGES, json!({ "after": "!" })).await.code(), "BAD_REQUEST");
    let one = root.ask(ONE, json!({ "id": seen["id"] })).await["intake"]["message"].take();
    assert_eq!((&one["whole"], &one["message"]), (&json!(false), &json!({ "id": seen["id"], "subject": "third" })));
    let one = root.ask(ONE, json!({ "id": first })).await["intake"]["message"].take();
    let text = "From: postmaster@mx.example.org\r\nSubject: =?x?\r\n\r\n<b>Hm\u{fffd}</b>\0\r\n";
    assert_eq!((&one["whole"], &one["text"]), (&json!(true), &json!(text)));
    for id in [json!("no id"), json!(Uuid::now_v7())] {
        assert_eq!(root.ask(ONE, json!({ "id": id })).await["intake"], json!({ "message": null }));
    }

    let id = json!({ "id": first });
    let before = api.events().await;
    let read = root.does("intakeMessageReadAgain", id.clone(), "taken").await;
    assert_eq!(read["taken"], "KEPT", "it is a riddle still");
    assert_eq!(subjects(&root).await.len(), 3, "it stays");
    assert_eq!(root.does("intakeMessageDismiss", id.clone(), "dismissed").await["dismissed"], true);
    assert_eq!(subjects(&root).await, ["third", "second"]);
    let absent = vec![("NOT_FOUND".to_owned(), "input.id".to_owned())];
    assert_eq!(root.fails("intakeMessageDismiss", id.clone()).await, absent);
    assert_eq!(root.fails("intakeMessageReadAgain", id).await, absent);
    assert_eq!(api.events().await, before, "nothing of it is in the log");
}

#[tokio::test]
async fn a_message_that_is_understood_when_it_is_read_again_goes() {
    let api = Api::start().await;
    let root = api.person("Root", &[Role::Administrator]).await;
    let reply = b"From: Anna <anna@example.com>\r\nTo: sky@example.com\r\nSubject: Automatic reply: Hello\r\n\
                  Auto-Submitted: auto-replied\r\n\r\nI am on holiday.\r\n";
    let id = keep(&api.node.services, "Automatic reply: Hello", reply, 0).await;
    let read = root.does("intakeMessageReadAgain", json!({ "id": id }), "taken").await;
    assert_eq!(read["taken"], "AUTO_REPLY");
    assert!(subjects(&root).await.is_empty());
}
