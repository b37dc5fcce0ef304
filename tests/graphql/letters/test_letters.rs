//! A message as a client would get it, to whoever wants to see it first.

use crate::support::http::{Api, Person, plan, text};
use crate::support::letters::without_footer;
use crate::support::service::{Service, Working, found, metadata};
use crate::support::smtp_server::{Act, Offers, SmtpServer, Turn};
use chrono::TimeDelta;
use domain::Role;
use mail_parser::{MessageParser, MessagePart};
use projections::{Projection, rebuild};
use serde_json::{Value, json};

const FIELDS: &str = "id to requestedAt outcome settledAt attempts messageId code enhancedCode serverReply";

async fn working(api: &Api) -> (SmtpServer, Working) {
    let server = SmtpServer::start(Offers::default()).await;
    let engine = Service::work_with(&api.node, Service::relay(&server), Service::settings());
    (server, engine)
}

/// Where links to leave lead, up to their token.
const LEAVE: &str = "https://mail.example.com/u/";

/// A part of a letter without the token of its link to leave, which is each letter's own.
fn without_token(part: &str) -> String {
    let mut pieces = part.split(LEAVE);
    let first = pieces.next().unwrap_or_default().to_owned();
    let is_token = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    pieces.fold(first, |part, piece| part + LEAVE + piece.trim_start_matches(is_token))
}

/// Asks for a test letter and returns its id.
async fn send(person: &Person, input: Value) -> String {
    text(&person.does("messageSendTest", input, "testLetter { id }").await["testLetter"]["id"])
}

async fn look(person: &Person, id: &str) -> Value {
    let query = format!("query($id: ID!) {{ testLetter(id: $id) {{ {FIELDS} }} }}");
    person.ask(&query, json!({ "id": id })).await["testLetter"].take()
}

/// The letter once it has its outcome.
async fn settled(person: &Person, id: &str) -> Value {
    found("the letter has its outcome", async || {
        Some(look(person, id).await).filter(|letter| letter["settledAt"].is_string())
    })
    .await
}

/// What came for this address: subject, text and HTML, as another parser reads them.
fn read(server: &SmtpServer, recipient: &str) -> Vec<(String, String, Option<String>)> {
    let mine = server.received().into_iter().filter(|one| one.recipient == recipient);
    mine.map(|one| {
        let letter = MessageParser::default().parse(&one.letter).expect("a letter");
        let to = letter.to().and_then(|to| to.as_list()).expect("recipients");
        assert_eq!((to.len(), to[0].address()), (1, Some(recipient)));
        let subject = letter.subject().expect("a subject").to_owned();
        let html = letter
            .html_part(0)
            .filter(|part| part.is_text_html())
            .and_then(MessagePart::text_contents)
            .map(str::to_owned);
        (subject, letter.body_text(0).expect("a text").into_owned(), html)
    })
    .collect()
}

#[tokio::test]
async fn a_test_letter_is_the_clients_letter_and_comes_to_whoever_asks_for_it() {
    let api = Api::start().await;
    let (server, engine) = working(&api).await;
    let ann = api.owner("Ann").await;
    let letter = json!({ "subject": "=?utf-8?Q?=42?= Grüße, {{first_name|friend}}",
                         "text": "Dear {{full_name}} <{{email}}>:\n\n.{{comment}}\n",
                         "html": "<p title=\"{{full_name}}\">{{comment}}</p>" });
    let message = text(&ann.does("messageCreate", letter, "message { id }").await["message"]["id"]);
    let bob = json!({ "email": "bob@example.org", "fullName": "Bob \"B\" Ö", "comment": "met <at> a\nfair" });
    let bob = text(&ann.does("clientCreate", bob, "client { id }").await["client"]["id"]);

    let asked = ann.does("messageSendTest", json!({ "id": message, "clientId": bob }), "testLetter { id to }").await;
    assert_eq!(asked["testLetter"]["to"], "ann@example.com");
    let sent = settled(&ann, &text(&asked["testLetter"]["id"])).await;

    assert_eq!((&sent["outcome"], &sent["attempts"], &sent["code"]), (&json!("ACCEPTED"), &json!(1), &json!(250)));
    assert!(sent["serverReply"].is_string(), "{sent}");
    let seen = read(&server, "ann@example.com");
    assert_eq!((seen.len(), server.received().len()), (1, 1));
    let raw = String::from_utf8_lossy(&server.received()[0].letter).into_owned();
    assert!(raw.contains(&format!("Message-ID: {}\r\n", text(&sent["messageId"]))), "{raw}");

    ann.mailing(&message, &bob).await;
    server.wait_for(2).await;
    let clients = read(&server, "bob@example.org");
    assert_eq!(clients[0].0, "=?utf-8?Q?=42?= Grüße, Bob");
    let own = |(subject, text, html): &(String, String, Option<String>)| {
        (subject.clone(), without_token(text), html.as_deref().map(without_token))
    };
    let (_, said, html) = own(&clients[0]);
    assert_eq!(own(&seen[0]), (format!("[Test] {}", clients[0].0), said, html));
    // Both say how to leave; from the test nobody can.
    for part in [&seen[0].1, seen[0].2.as_ref().expect("HTML")] {
        assert_eq!(part.matches(&format!("{LEAVE}sample")).count(), 1, "{part}");
    }
    for part in [&clients[0].1, clients[0].2.as_ref().expect("HTML")] {
        assert!(part.contains(LEAVE) && !part.contains("sample"), "{part}");
    }
    assert!(!raw.contains("List-Unsubscribe"), "mail programs offer nothing: {raw}");
    assert!(clients[0].1.contains("Bob \"B\" Ö <bob@example.org>"), "{clients:?}");

    // Without a client, for oneself; and in one's own language.
    ann.does("profileUpdate", json!({ "language": "RU" }), "").await;
    let own = send(&ann, json!({ "id": message })).await;
    assert_eq!(settled(&ann, &own).await["outcome"], "ACCEPTED");
    let (subject, body, _) = read(&server, "ann@example.com").remove(1);
    assert_eq!(subject, "[Тест] =?utf-8?Q?=42?= Grüße, Ann");
    assert!(body.starts_with("Dear Ann <ann@example.com>:"), "{body}");
    engine.stop().await;
}

#[tokio::test]
async fn what_is_changed_after_it_was_asked_for_and_a_replay_change_nothing_in_it() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (message, bob) = (ann.message().await, ann.client("bob@example.org", &[]).await);
    let input = json!({ "id": message, "clientId": bob, "idempotencyKey": "look" });
    let id = send(&ann, input.clone()).await;
    assert_eq!(look(&ann, &id).await["outcome"], "PENDING");
    ann.does("messageUpdate", json!({ "id": message, "subject": "New", "text": "Another" }), "").await;
    ann.does("clientUpdate", json!({ "id": bob, "fullName": "New Name" }), "").await;
    ann.does("clientDelete", json!({ "id": bob }), "").await;
    ann.does("messageDelete", json!({ "id": message }), "").await;

    let (server, engine) = working(&api).await;
    assert_eq!(settled(&ann, &id).await["outcome"], "ACCEPTED");

    let (subject, body, html) = read(&server, "ann@example.com").remove(0);
    let body = without_footer(&body);
    assert_eq!((subject.as_str(), body.as_str(), html), ("[Test] Hello, Anna", "Dear Anna Petrova", None));
    for projection in Projection::ALL {
        rebuild(&api.node.services.store, projection, &metadata(), |_| {}).await.expect("rebuilt");
    }
    // The next one has come: the engine has looked, and left the first alone.
    let other = send(&ann, json!({ "id": ann.message().await })).await;
    assert_eq!(settled(&ann, &other).await["outcome"], "ACCEPTED");
    assert_eq!(server.received().len(), 2);
    engine.stop().await;
}

#[tokio::test]
async fn the_same_key_is_the_same_letter_whatever_has_changed_since_and_another_wish_needs_another_key() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (message, bob) = (ann.message().await, ann.client("bob@example.org", &[]).await);
    let input = json!({ "id": message, "clientId": bob, "idempotencyKey": "look" });
    let id = send(&ann, input.clone()).await;
    ann.does("messageUpdate", json!({ "id": message, "subject": "New" }), "").await;
    ann.does("clientUpdate", json!({ "id": bob, "fullName": "New" }), "").await;
    let before = api.events().await;

    assert_eq!(send(&ann, input.clone()).await, id);

    for other in [json!({ "id": message }), json!({ "id": ann.message().await, "clientId": bob })] {
        let mut other = other;
        other["idempotencyKey"] = json!("look");
        let told = ann.fails("messageSendTest", other).await;
        assert_eq!(told, [("IDEMPOTENCY_KEY_REUSED".to_owned(), "input.idempotencyKey".to_owned())]);
    }
    // One more for the message in between.
    assert_eq!(api.events().await, before + 1);
    // Somebody else's key is another one.
    let eve = api.owner("Eve").await;
    assert_ne!(send(&eve, json!({ "id": eve.message().await, "idempotencyKey": "look" })).await, id);
}

#[tokio::test]
async fn only_what_one_may_read_is_sent_and_only_whoever_asked_sees_what_became_of_it() {
    let api = Api::start().await;
    let (ann, eve) = (api.owner("Ann").await, api.owner("Eve").await);
    let (message, bob) = (ann.message().await, ann.client("bob@example.org", &[]).await);
    let eves = eve.message().await;
    let before = api.events().await;
    for (input, field) in [
        (json!({ "id": message }), "input.id"),
        (json!({ "id": "?" }), "input.id"),
        (json!({ "id": eves, "clientId": bob }), "input.clientId"),
        (json!({ "id": eves, "clientId": "?" }), "input.clientId"),
    ] {
        let told = eve.fails("messageSendTest", input.clone()).await;
        assert_eq!(told, [("NOT_FOUND".to_owned(), field.to_owned())], "{input}");
    }
    assert_eq!(eve.fails("messageSendTest", json!({ "id": message, "clientId": bob })).await.len(), 2);
    assert_eq!(api.events().await, before);
    let mutation = "mutation($input: MessageSendTestInput!) { messageSendTest(input: $input) { position } }";
    let nobody = api.anonymous().post(mutation, json!({ "input": { "id": message } })).await;
    assert_eq!(nobody.code(), "UNAUTHENTICATED");

    // What is shared, everybody may look at; managers see everybody's clients besides.
    ann.does("messageShare", json!({ "id": message }), "").await;
    let max = api.person("Max", &[Role::Manager]).await;
    let carl = api.person("Carl", &[Role::ContentManager]).await;
    let id = send(&eve, json!({ "id": message })).await;
    send(&max, json!({ "id": message, "clientId": bob })).await;
    send(&carl, json!({ "id": message })).await;
    let told = carl.fails("messageSendTest", json!({ "id": message, "clientId": bob })).await;
    assert_eq!(told, [("NOT_FOUND".to_owned(), "input.clientId".to_owned())]);

    let node = "query($id: ID!) { node(id: $id) { id __typename } }";
    let seen = eve.ask(node, json!({ "id": id })).await;
    assert_eq!(seen["node"], json!({ "id": id, "__typename": "TestLetter" }));
    for stranger in [&ann, &max, &carl] {
        assert_eq!(look(stranger, &id).await, Value::Null);
        assert_eq!(stranger.ask(node, json!({ "id": id })).await["node"], Value::Null);
    }
    ann.does("messageDelete", json!({ "id": message }), "").await;
    assert_eq!(ann.fails("messageSendTest", json!({ "id": message })).await[0].0, "NOT_FOUND");
}

#[tokio::test]
async fn nobody_fills_their_mailbox_and_repeating_costs_nothing() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let message = ann.message().await;
    for number in 0..10 {
        send(&ann, json!({ "id": message, "idempotencyKey": format!("look {number}") })).await;
    }
    let limited = [("RATE_LIMITED".to_owned(), String::new())];
    assert_eq!(ann.fails("messageSendTest", json!({ "id": message })).await, limited);
    send(&ann, json!({ "id": message, "idempotencyKey": "look 3" })).await;
    let eve = api.owner("Eve").await;
    send(&eve, json!({ "id": eve.message().await })).await;

    api.clock.advance(TimeDelta::minutes(1));
    send(&ann, json!({ "id": message })).await;
    assert_eq!(ann.fails("messageSendTest", json!({ "id": message })).await, limited);
}

#[tokio::test]
async fn what_the_mail_server_said_is_told() {
    let api = Api::start().await;
    let (server, engine) = working(&api).await;
    server.play(|turn| match turn {
        Turn::Body("ann@example.com") => Act::Say("554 5.7.1 this looks like an advertisement"),
        Turn::Rcpt("eve@example.com") => Act::Say("450 4.2.1 busy"),
        _ => Act::Usual,
    });
    let (ann, eve) = (api.owner("Ann").await, api.owner("Eve").await);

    let refused = settled(&ann, &send(&ann, json!({ "id": ann.message().await })).await).await;
    assert_eq!((&refused["outcome"], &refused["enhancedCode"]), (&json!("REJECTED"), &json!("5.7.1")));
    assert!(text(&refused["serverReply"]).contains("looks like an advertisement"));

    let id = send(&eve, json!({ "id": eve.message().await })).await;
    let put_off =
        found("it is put off", async || Some(look(&eve, &id).await).filter(|letter| letter["outcome"] == "DEFERRED"))
            .await;
    assert_eq!((&put_off["code"], &put_off["settledAt"]), (&json!(450), &Value::Null));
    // Mailings are none of its business.
    server.play(|_| Act::Usual);
    let bob = ann.client("bob@example.org", &[]).await;
    ann.does("mailingCreate", plan(&ann.message().await, &bob), "").await;
    server.wait_for(1).await;
    assert_eq!(read(&server, "bob@example.org").len(), 1);
    engine.stop().await;
}
