//! How people ask for letters by themselves: the form, the letter, the page behind its link, and what comes of it.

use super::browser::{Window, browse};
use super::leaving::Got;
use crate::behaviours::stage::{Stage, created, finished};
use crate::support::http::{Api, PASSWORD, Person};
use crate::support::letters::{decoded, letters};
use crate::support::service::metadata;
use acts::Bounds;
use chrono::TimeDelta;
use domain::group::{self, Group};
use domain::suppression::{Command, Reason, Scope, Source, Suppression};
use domain::{EmailAddress, GroupId, SuppressionId};
use futures::future::join_all;
use reqwest::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ORIGIN, REFERRER_POLICY, RETRY_AFTER,
    SET_COOKIE, X_FRAME_OPTIONS,
};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

const SENT: &str = "Look into your mailbox";
const DONE: &str = "You are subscribed";
const BEFORE: &str = "You have confirmed this already";

/// What Anna agrees to who wants Ann's news.
const AGREED: &str =
    "I want to get letters from Ann about “News”. I can leave at any time, by the link in each letter.";

/// A group of this person's that is a topic, as soon as the read models show it.
pub(super) async fn topic(api: &Api, owner: &Person, title: &str) -> GroupId {
    let id: GroupId =
        owner.group(&format!("Readers of {title}").chars().take(100).collect::<String>()).await.parse().expect("an id");
    publish(api, owner, id, title).await;
    id
}

async fn publish(api: &Api, owner: &Person, id: GroupId, title: &str) {
    let topic = group::Topic {
        title: group::Name::parse(title).expect("a title"),
        description: group::Description::parse("What happens, once a month.").expect("a description"),
    };
    tell(api, id, group::Command::Publish { by: owner.id, topic }).await;
}

async fn tell(api: &Api, id: GroupId, command: group::Command) {
    let services = &api.node.services;
    let receipt = services.store.execute::<Group>(id.0, command, &metadata()).await.expect("the command is right");
    assert!(services.shown(receipt.position).await, "the read models follow");
}

fn http() -> Client {
    Client::builder().redirect(Policy::none()).build().expect("a client")
}

async fn get(api: &Api, path: &str) -> Got {
    Got::of(http().get(api.url(path))).await
}

async fn post(api: &Api, path: &str, fields: &[(&str, &str)]) -> Got {
    Got::of(http().post(api.url(path)).form(fields)).await
}

/// Asks for the letters of an owner about a topic.
async fn ask(api: &Api, owner: &Person, email: &str, topic: GroupId) -> Got {
    post(api, &form(owner), &[("email", email), ("topic", &topic.to_string())]).await
}

fn form(owner: &Person) -> String {
    format!("/subscribe/{}", owner.id)
}

/// How many letters were asked for that ask whoever has this address whether they want letters.
async fn asked(api: &Api, email: &str) -> usize {
    let all = letters(&api.pool).await;
    all.iter().filter(|(kind, to, _)| kind == "confirm_subscription" && to == email).count()
}

/// Where the link in the last such letter leads, as an engine would have made it.
async fn link(api: &Api, email: &str) -> String {
    let (notice, user): (String, String) = sqlx::query_as(
        "select aggregate_id, payload #>> '{Requested,user}' from events
          where aggregate_type = 'notice' and event_type = 'Requested'
            and payload #>> '{Requested,kind,kind}' = 'confirm_subscription' and payload #>> '{Requested,to}' = $1
          order by position desc limit 1",
    )
    .bind(email)
    .fetch_one(&api.pool)
    .await
    .expect("a letter was asked for");
    let [one, other] = [(); 2].map(|()| Uuid::new_v4().simple().to_string());
    let token = format!("{one}{}", &other[..11]);
    sqlx::query(
        "insert into links (token_hash, notice_id, user_id, kind, email, expires_at)
         values (sha256(convert_to($1, 'UTF8')), $2, $3, 'confirm_subscription', $4, $5)",
    )
    .bind(&token)
    .bind(notice.parse::<Uuid>().expect("an id"))
    .bind(user.parse::<Uuid>().expect("an id"))
    .bind(email)
    .bind(api.clock.now() + TimeDelta::days(7))
    .execute(&api.pool)
    .await
    .expect("a link");
    format!("/subscribe/confirm/{token}")
}

/// Presses the button of the page behind a link.
async fn confirm(api: &Api, link: &str) -> Got {
    post(api, link, &[("act", "confirm")]).await
}

/// What happened to clients, in order.
async fn of_clients(api: &Api) -> Vec<(String, Value)> {
    let query =
        "select event_type, payload -> event_type from events where aggregate_type = 'client' order by position";
    sqlx::query_as(query).fetch_all(&api.pool).await.expect("events can be read")
}

/// Has this address not written to.
async fn suppress(api: &Api, scope: Scope, reason: Reason, email: &str) {
    let email = EmailAddress::parse(email).expect("an address");
    let id = SuppressionId::derive(scope, &email.key(), reason);
    let (source, at) = (Source::Person, api.clock.now());
    let command = Command::Suppress { scope, reason, email, source, note: None, at, until: None };
    let services = &api.node.services;
    let receipt = services.store.execute::<Suppression>(id.0, command, &metadata()).await.expect("it is right");
    assert!(services.shown(receipt.position).await, "the read models follow");
}

/// Who is not written to, as whoever sends letters is told: where, who, and why.
async fn not_written_to(api: &Api) -> Vec<(Uuid, String, String)> {
    let query = "select scope_id, mailbox, reason from suppressed order by scope_id, mailbox, reason";
    sqlx::query_as(query).fetch_all(&api.pool).await.expect("the guard can be read")
}

#[tokio::test]
async fn whoever_asks_for_letters_and_confirms_it_by_the_letter_gets_the_next_ones() {
    let stage = Stage::start().await;
    let api = &stage.api;
    let ann = api.owner("Ann").await;
    let (news, concerts) = (topic(api, &ann, "News").await, topic(api, &ann, "Concerts").await);
    let page = get(api, &format!("{}?topic={news}", form(&ann))).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Letters from Ann") && page.body.contains("Concerts"), "{}", page.body);
    assert_eq!(page.body.matches(" checked").count(), 1, "the topic that the address names: {}", page.body);
    let before = api.events().await;

    let id = news.to_string();
    let fields = [("email", " Anna@Example.net "), ("fullName", "Anna Petrova"), ("topic", id.as_str())];
    let sent = post(api, &format!("{}?lang=en", form(&ann)), &fields).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.body);
    assert!(sent.body.contains(SENT) && !sent.body.contains("example.net"), "{}", sent.body);
    assert_eq!(api.events().await, before + 2, "the wish and the letter");
    let engine = stage.works();
    stage.server.wait_for(1).await;
    engine.stop().await;
    let letter = stage.server.received().remove(0);
    assert!(letter.recipient.to_lowercase().contains("anna@example.net"), "{}", letter.recipient);
    let text = decoded(&letter);
    assert!(text.contains("from Ann at this address, about \"News\"") && !text.contains("Petrova"), "{text}");
    let token = text.split("https://mail.example.com/subscribe/confirm/").nth(1).expect("a link");
    let token: String = token.chars().take_while(|sign| sign.is_ascii_alphanumeric() || "-_".contains(*sign)).collect();
    let link = format!("/subscribe/confirm/{token}");
    assert!(of_clients(api).await.is_empty(), "nothing comes of it before it is confirmed");

    // Ann changes her password, which makes the links in letters about her account useless.
    let password = json!({ "oldPassword": PASSWORD, "newPassword": "seven purple walruses dance" });
    ann.does("passwordChange", password, "changed").await;
    // Whoever opens it changes nothing.
    let before = api.events().await;
    for _ in 0..2 {
        let page = get(api, &link).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(page.body.contains("Do you want these letters?") && page.body.contains(AGREED), "{}", page.body);
        assert!(page.body.contains("A•••@E•••.net") && !page.body.contains("Anna@"), "{}", page.body);
        assert!(!page.body.contains(&token), "the link is in the address alone");
    }
    assert_eq!(post(api, &link, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(api.events().await, before);

    api.clock.advance(TimeDelta::hours(2));
    let page = confirm(api, &link).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.body.contains(DONE) && page.body.contains("You can leave whenever you like"), "{}", page.body);
    let events = of_clients(api).await;
    let kinds: Vec<&str> = events.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["Added", "ConsentGiven", "ConsentConfirmed"]);
    let (added, given, confirmed) = (&events[0].1, &events[1].1, &events[2].1);
    assert_eq!((&added["email"], &added["full_name"]), (&json!("Anna@Example.net"), &json!("Anna Petrova")));
    assert_eq!((&added["groups"], &added["source"]["kind"]), (&json!([news]), &json!("form")));
    assert_eq!((&given["topic"], &given["wording"]), (&json!(news), &json!(AGREED)));
    assert_eq!((&given["source"], &given["address"]), (&added["source"], &json!("127.0.0.1")));
    assert_eq!((&given["at"], &confirmed["at"]), (&json!("2026-05-04T09:00:00Z"), &json!("2026-05-04T11:00:00Z")));
    assert_eq!((&confirmed["topic"], &confirmed["address"]), (&json!(news), &json!("127.0.0.1")));
    // Twice is once.
    let before = api.events().await;
    assert!(confirm(api, &link).await.body.contains(BEFORE) && get(api, &link).await.body.contains(BEFORE));
    assert_eq!(api.events().await, before);

    // The next mailing about it reaches her, and one about something else does not.
    let last: i64 = sqlx::query_scalar("select max(position) from events").fetch_one(&api.pool).await.expect("events");
    assert!(api.node.services.shown(last).await, "the read models follow");
    ann.client("bob@example.com", &[&concerts.to_string()]).await;
    let message = ann.message().await;
    let engine = stage.works();
    // The letter that says that her password was changed.
    stage.server.wait_for(2).await;
    for (topic, expected) in [(news, "anna@example.net"), (concerts, "bob@example.com")] {
        let before = stage.server.count();
        let mailing = created(&ann, stage.plan(&message, &json!({ "groupIds": [topic] }))).await;
        finished(&ann, &mailing, 1).await;
        let received = stage.server.received();
        assert_eq!(received.len(), before + 1);
        assert!(received[before].recipient.to_lowercase().contains(expected), "{}", received[before].recipient);
    }
    engine.stop().await;
}

#[tokio::test]
async fn nobody_learns_from_the_form_which_addresses_are_known() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let news = topic(&api, &ann, "News").await;
    let own = Scope::Owner { owner: ann.id };
    ann.client("known@example.net", &[&news.to_string()]).await;
    suppress(&api, own, Reason::Unsubscribed, "left@example.net").await;
    suppress(&api, own, Reason::ByHand, "unwanted@example.net").await;
    suppress(&api, own, Reason::Complained, "angry@example.net").await;
    suppress(&api, Scope::Installation, Reason::Dead, "dead@example.net").await;
    let mut answers = Vec::new();
    for (address, gets) in [
        ("new@example.net", 1),
        ("known@example.net", 1),
        ("left@example.net", 1),
        ("UNWANTED@example.net", 0),
        ("angry@example.net", 0),
        ("dead@example.net", 0),
    ] {
        let got = ask(&api, &ann, address, news).await;
        assert_eq!((got.status, asked(&api, address).await), (StatusCode::OK, gets), "{address}: {}", got.body);
        assert!(got.body.contains(SENT), "{}", got.body);
        answers.push(got.body);
    }
    // Who fills in what people do not see is told the same.
    let before = api.events().await;
    let id = news.to_string();
    let robot = [("email", "robot@example.net"), ("topic", id.as_str()), ("website", "https://example.org")];
    answers.push(post(&api, &form(&ann), &robot).await.body);
    assert_eq!(api.events().await, before);
    answers.dedup();
    assert_eq!(answers.len(), 1, "all are told the same");
}

#[tokio::test]
async fn who_is_there_already_or_has_left_comes_in_as_they_are_and_only_what_they_left_themselves_comes_again() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (news, concerts) = (topic(&api, &ann, "News").await, topic(&api, &ann, "Concerts").await);
    let weather = topic(&api, &ann, "Weather").await;
    ann.client("anna@example.net", &[&weather.to_string(), &ann.group("Regulars").await]).await;
    let own = Scope::Owner { owner: ann.id };
    let of_topic = |group| Scope::Topic { owner: ann.id, group };
    suppress(&api, own, Reason::Unsubscribed, "anna@example.net").await;
    for group in [news, concerts] {
        suppress(&api, of_topic(group), Reason::Unsubscribed, "anna@example.net").await;
    }
    // A stranger has typed the name, and two topics, of which one is not public any more when it is confirmed.
    let ids = [news, concerts].map(|id| id.to_string());
    let fields =
        [("email", "ANNA@example.net"), ("fullName", "Eve"), ("topic", ids[0].as_str()), ("topic", ids[1].as_str())];
    assert!(post(&api, &form(&ann), &fields).await.body.contains(SENT));
    let link = link(&api, "ANNA@example.net").await;
    tell(&api, concerts, group::Command::Unpublish { by: ann.id }).await;
    // Somebody has found the mailbox dead meanwhile, which she does not undo.
    suppress(&api, own, Reason::Dead, "anna@example.net").await;

    assert!(get(&api, &link).await.body.contains("You have left all letters of this sender before"));
    assert!(confirm(&api, &link).await.body.contains(DONE));
    let kinds: Vec<String> = of_clients(&api).await.into_iter().map(|(kind, _)| kind).collect();
    // The name stays. She has left the weather with all the rest, and does not ask for it; among the regulars Ann has put her.
    assert_eq!(kinds, ["Added", "JoinedGroup", "LeftGroup", "ConsentGiven", "ConsentConfirmed"]);
    let left: Value = of_clients(&api).await.swap_remove(2).1;
    assert_eq!(left["group"], json!(weather));
    let last: i64 = sqlx::query_scalar("select max(position) from events").fetch_one(&api.pool).await.expect("events");
    assert!(api.node.services.shown(last).await, "the read models follow");
    let mut left = not_written_to(&api).await;
    let anna = |scope: Scope, reason: &str| (scope.id(), "anna@example.net".to_owned(), reason.to_owned());
    let mut expected = vec![anna(own, "dead"), anna(of_topic(concerts), "unsubscribed")];
    left.sort();
    expected.sort();
    assert_eq!(left, expected);

    // Whoever leaves later is not brought back by an old letter.
    suppress(&api, own, Reason::Unsubscribed, "anna@example.net").await;
    let before = api.events().await;
    assert!(confirm(&api, &link).await.body.contains(BEFORE));
    assert_eq!(api.events().await, before);
}

#[tokio::test]
async fn a_link_that_is_none_or_too_old_or_of_something_that_is_gone_changes_nothing() {
    let api = Api::bounded(Bounds { clients: 1, ..Bounds::default() }).await;
    let (ann, bob) = (api.owner("Ann").await, api.owner("Bob").await);
    let (news, weather) = (topic(&api, &ann, "News").await, topic(&api, &bob, "Weather").await);
    ask(&api, &ann, "anna@example.net", news).await;
    ask(&api, &bob, "anna@example.net", weather).await;
    // The last letter is Bob's.
    let bobs = link(&api, "anna@example.net").await;
    let token = bobs.strip_prefix("/subscribe/confirm/").expect("a link").to_owned();
    let before = api.events().await;
    let other = if token.starts_with('0') { "1" } else { "0" };
    for forged in [
        "x".to_owned(),
        format!("{other}{}", &token[1..]),
        token[..42].to_owned(),
        format!("{token}a"),
        format!("{token}%20"),
        token.to_uppercase(),
        "%ff%00".to_owned(),
        "'%20or%201=1--".to_owned(),
    ] {
        let path = format!("/subscribe/confirm/{forged}");
        for got in [get(&api, &path).await, confirm(&api, &path).await] {
            assert_eq!(got.status, StatusCode::NOT_FOUND, "{path}");
            assert!(got.body.contains("This link leads nowhere"), "{path}: {}", got.body);
        }
    }
    // A link of another kind is none of this kind, and this one opens no account.
    let become_of_kind = async |kind: &str| {
        let query = sqlx::query("update links set kind = $1").bind(kind.to_owned());
        query.execute(&api.pool).await.expect("a link can be of another kind");
    };
    become_of_kind("verify_sender").await;
    assert_eq!(confirm(&api, &bobs).await.status, StatusCode::NOT_FOUND);
    become_of_kind("confirm_subscription").await;
    let account = post(&api, "/account/verify", &[("token", &token)]).await;
    assert_eq!(account.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", account.body);
    assert_eq!(api.events().await, before);

    // A full address book: the link goes on to work.
    let full = bob.client("full@example.net", &[]).await;
    let got = confirm(&api, &bobs).await;
    assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE, "{}", got.body);
    assert!(got.body.contains("This does not work now"), "{}", got.body);
    bob.does("clientDelete", json!({ "id": full }), "").await;
    // What is not offered any more.
    let before = api.events().await;
    tell(&api, weather, group::Command::Unpublish { by: bob.id }).await;
    for got in [get(&api, &bobs).await, confirm(&api, &bobs).await] {
        assert_eq!(got.status, StatusCode::GONE, "{}", got.body);
        assert!(got.body.contains("These letters are offered no more"), "{}", got.body);
    }
    assert_eq!(get(&api, &form(&bob)).await.status, StatusCode::NOT_FOUND, "there is no form without a topic");
    publish(&api, &bob, weather, "Weather").await;
    // Too old.
    api.clock.advance(TimeDelta::days(7) + TimeDelta::seconds(1));
    for got in [get(&api, &bobs).await, confirm(&api, &bobs).await] {
        assert_eq!(got.status, StatusCode::GONE, "{}", got.body);
        assert!(got.body.contains("This link is too old"), "{}", got.body);
    }
    assert_eq!(api.events().await, before + 2, "nobody was subscribed");
}

#[tokio::test]
async fn a_confirmation_that_could_not_be_written_to_its_end_was_not_begun_and_is_done_the_next_time() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let news = topic(&api, &ann, "News").await;
    suppress(&api, Scope::Owner { owner: ann.id }, Reason::Unsubscribed, "anna@example.net").await;
    ask(&api, &ann, "anna@example.net", news).await;
    let link = link(&api, "anna@example.net").await;
    let before = api.events().await;
    for statement in [
        "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not now'; end $$",
        // What is written last.
        "create trigger refuse before insert on events for each row
           when (new.aggregate_type = 'subscription') execute function refuse()",
    ] {
        sqlx::query(statement).execute(&api.pool).await.expect("PostgreSQL can be made to refuse");
    }
    let got = confirm(&api, &link).await;
    assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE, "{}", got.body);
    assert!(got.body.contains("This is not done yet") && !got.header(RETRY_AFTER).is_empty(), "{}", got.body);
    let got = ask(&api, &ann, "bob@example.net", news).await;
    assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE, "{}", got.body);
    assert_eq!(api.events().await, before, "all of it or nothing");

    sqlx::query("drop trigger refuse on events").execute(&api.pool).await.expect("it can be taken away");
    assert!(confirm(&api, &link).await.body.contains(DONE));
    // The client with two consents' events, the lifting, and the confirmation.
    assert_eq!(api.events().await, before + 5);
    assert!(ask(&api, &ann, "bob@example.net", news).await.body.contains(SENT));
    assert_eq!(asked(&api, "bob@example.net").await, 1, "who met an error is not kept waiting");
}

#[tokio::test]
async fn an_address_an_owner_and_a_network_are_heard_only_so_often() {
    let api = Api::bounded(Bounds { subscriptions: 23, ..Bounds::default() }).await;
    let ann = api.owner("Ann").await;
    let news = topic(&api, &ann, "News").await;
    // One letter an hour, three a day, and always the same page.
    for (minutes, letters) in [(0, 1), (59, 1), (2, 2), (61, 3), (61, 3), (60 * 20, 3), (61, 4)] {
        api.clock.advance(TimeDelta::minutes(minutes));
        assert!(ask(&api, &ann, "Anna@example.net", news).await.body.contains(SENT));
        assert_eq!(asked(&api, "Anna@example.net").await, letters, "after {minutes} minutes");
    }
    // From one network address twenty at once.
    api.clock.advance(TimeDelta::days(2));
    let addresses: Vec<String> = (0..21).map(|number| format!("reader{number}@example.net")).collect();
    let got = join_all(addresses.iter().map(|address| ask(&api, &ann, address, news))).await;
    let refused: Vec<&Got> = got.iter().filter(|got| got.status == StatusCode::TOO_MANY_REQUESTS).collect();
    assert_eq!(refused.len(), 1, "{:?}", got.iter().map(|got| got.status).collect::<Vec<_>>());
    assert!(!refused[0].header(RETRY_AFTER).is_empty() && refused[0].body.contains("That was too often"));
    // For the owner so many a day, whatever becomes of them.
    api.clock.advance(TimeDelta::minutes(10));
    let got = join_all((0..5).map(|_| ask(&api, &ann, "late@example.net", news))).await;
    let full = got.iter().filter(|got| got.status == StatusCode::SERVICE_UNAVAILABLE).count();
    assert_eq!(full, 2, "{:?}", got.iter().map(|got| got.status).collect::<Vec<_>>());
    let full = got.iter().find(|got| got.status == StatusCode::SERVICE_UNAVAILABLE).expect("one");
    assert!(full.body.contains("Nobody can subscribe right now") && !full.header(RETRY_AFTER).is_empty());
}

#[tokio::test]
async fn whatever_is_sent_the_form_takes_names_for_text_and_nothing_else_for_an_address() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    ann.does("profileUpdate", json!({ "fullName": "<img src=x onerror=alert(1)> \u{202e}nnA" }), "").await;
    let (news, bold) = (topic(&api, &ann, "News").await, topic(&api, &ann, "<b onclick=alert(1)>Bold</b>").await);
    let path = form(&ann);
    let page = get(&api, &path).await.body;
    for hostile in ["<img", "<b ", "<script"] {
        assert!(!page.contains(hostile), "{hostile} is in {page}");
    }
    assert!(page.contains("&#60;b onclick=alert(1)&#62;Bold"), "{page}");

    let before = api.events().await;
    let (news, bold, nil) = (news.to_string(), bold.to_string(), Uuid::nil().to_string());
    let (news, long) = (news.as_str(), "ы".repeat(10_000));
    for (email, name, topic, wrong) in [
        ("", "", news, "email"),
        ("nobody", "", news, "email"),
        ("a@example.net\r\nBcc: all@example.net", "", news, "email"),
        ("a@example.net, b@example.net", "", news, "email"),
        ("a@example.net\0", "", news, "email"),
        ("a@example.net", "Eve\r\nBcc: all@example.net", news, "fullName"),
        ("a@example.net", long.as_str(), news, "fullName"),
        ("a@example.net", "", "", "topic"),
        ("a@example.net", "", "x", "topic"),
        ("a@example.net", "", nil.as_str(), "topic"),
    ] {
        let got = post(&api, &path, &[("email", email), ("fullName", name), ("topic", topic)]).await;
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{email:?} {topic:?}");
        assert!(got.body.contains(&format!("id=\"{wrong}-wrong\"")), "{wrong}: {}", got.body);
    }
    let typed = [("email", "nobody"), ("fullName", "<script>alert(1)</script>"), ("topic", bold.as_str())];
    let got = post(&api, &path, &typed).await.body;
    assert!(got.contains("value=\"&#60;script&#62;") && !got.contains("<script"), "what was typed stays: {got}");
    assert_eq!(got.matches(" checked").count(), 1, "{got}");
    let got = Got::of(http().post(api.url(&path)).body("x".repeat(200 * 1024))).await;
    assert_eq!(got.status, StatusCode::PAYLOAD_TOO_LARGE);
    for nobody in ["/subscribe/nobody".to_owned(), format!("/subscribe/{}", Uuid::nil()), "/subscribe/%ff".to_owned()] {
        for got in [get(&api, &nobody).await, post(&api, &nobody, &[("email", "a@example.net")]).await] {
            assert_eq!(got.status, StatusCode::NOT_FOUND, "{nobody}");
            assert!(got.body.contains("There is no such form"), "{nobody}: {}", got.body);
        }
    }
    assert_eq!(api.events().await, before);
}

#[tokio::test]
async fn a_form_on_somebody_elses_site_does_and_the_pages_are_nobodys_to_frame_and_only_the_form_is_listed() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let news = topic(&api, &ann, "News").await;
    let path = format!("{}?language=ru", form(&ann));
    let parts = format!(
        "--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nbob@example.net\r\n\
         --x\r\nContent-Disposition: form-data; name=\"topic\"\r\n\r\n{news}\r\n--x--\r\n"
    );
    for (media, body, address) in [
        ("application/x-www-form-urlencoded", format!("email=anna%40example.net&topic={news}"), "anna@example.net"),
        ("multipart/form-data; boundary=x", parts, "bob@example.net"),
    ] {
        let request = http().post(api.url(&path)).header(CONTENT_TYPE, media).body(body);
        let request = request.header(ORIGIN, "https://shop.example").header("sec-fetch-site", "cross-site");
        let got = Got::of(request).await;
        assert_eq!(got.status, StatusCode::OK, "{media}: {}", got.body);
        assert!(got.body.contains("Загляните в свою почту"), "{}", got.body);
        let all = letters(&api.pool).await;
        assert!(all.contains(&("confirm_subscription".to_owned(), address.to_owned(), "ru".to_owned())), "{all:?}");
    }
    let link = link(&api, "anna@example.net").await;
    let blank = get(&api, &form(&ann)).await;
    let russian = Got::of(http().get(api.url(&form(&ann))).header(ACCEPT_LANGUAGE, "ru")).await;
    assert!(russian.body.contains("Письма от отправителя: Ann"), "{}", russian.body);
    let asks = get(&api, &link).await;
    assert!(asks.body.contains("<html lang=\"ru\"") && asks.body.contains("рубрик: «News»"), "{}", asks.body);
    let all = [
        (blank, true),
        (post(&api, &form(&ann), &[]).await, true),
        (get(&api, "/subscribe/nobody").await, false),
        (asks, false),
        (confirm(&api, &link).await, false),
        (get(&api, "/subscribe/confirm/nothing").await, false),
    ];
    for (got, listed) in all {
        let policy = got.header(CONTENT_SECURITY_POLICY);
        for part in ["default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part) && !policy.contains("script"), "{policy}");
        }
        assert_eq!((got.header(REFERRER_POLICY), got.header(X_FRAME_OPTIONS)), ("no-referrer", "DENY"));
        assert_eq!(got.header(CACHE_CONTROL), "no-store");
        assert!(got.headers.get(SET_COOKIE).is_none(), "nobody is followed: {:?}", got.headers);
        for part in ["<script", "<style", " style=", "http://", "https://"] {
            assert!(!got.body.contains(part), "{part} is in {}", got.body);
        }
        let hidden =
            [got.header("x-robots-tag") == "noindex, nofollow", got.body.contains("content=\"noindex, nofollow\"")];
        assert_eq!(hidden, [!listed; 2], "{}", got.body);
    }
}

#[tokio::test]
async fn people_subscribe_in_a_browser_without_scripts_and_on_a_phone() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let news = topic(&api, &ann, "News").await;
    topic(&api, &ann, "Concerts").await;
    browse(&api.url(""), Window::PLAIN, async |browser| {
        browser.open(&form(&ann)).await;
        browser.fill("email", "anna@example.net").await;
        browser.press("Subscribe").await;
        browser.sees("Choose what you want to get letters about.").await;
        browser.tick("News").await;
        browser.press("Subscribe").await;
        browser.sees(SENT).await;
        browser.open(&link(&api, "anna@example.net").await).await;
        browser.sees(AGREED).await;
        browser.press("Yes, I want these letters").await;
        browser.sees(DONE).await;
    })
    .await;
    assert_eq!(of_clients(&api).await.len(), 3);
    ask(&api, &ann, "bob@example.net", news).await;
    let link = link(&api, "bob@example.net").await;
    browse(&api.url(""), Window::DESK, async |browser| {
        for path in
            [form(&ann), format!("{}?language=ru&topic={news}", form(&ann)), link, "/subscribe/nobody".to_owned()]
        {
            browser.open(&path).await;
            for (colours, width) in [("light", 1_400), ("dark", 360), ("light", 320)] {
                browser.appears(colours, width).await;
                assert_eq!(browser.barriers().await, Vec::<String>::new(), "{path} {colours} {width}");
                assert_eq!(browser.overflow().await, 0, "{path} {colours} {width}");
                assert_eq!(browser.out_of_sight().await, Vec::<String>::new(), "{path} {colours} {width}");
            }
            assert_eq!(browser.strangers().await, Vec::<String>::new(), "{path}");
        }
    })
    .await;
}
