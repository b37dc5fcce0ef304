//! Who got what, and why not: every reason that there can be.

use crate::support::http::{Api, Person, plan, text, with};
use crate::support::service::{Service, found};
use crate::support::smtp_server::{Act, Offers, SmtpServer, Turn};
use chrono::TimeDelta;
use domain::Role;
use serde_json::{Value, json};

const WHY: &str = "query($email: String!, $mailing: ID) { deliveriesTo(email: $email, mailingId: $mailing, first: 3) { totalCount nodes {
    verdict sentence since byName groups { name } clientRevision messageRevision client { id email } mailing { id } run { id }
    suppressions { reason scope since }
    delivery { clientEmail outcome attempts { outcome code serverReply } history { totalCount nodes { type } }
               letter { subject text html headers { name value } } } } } }";

async fn why(person: &Person, email: &str, mailing: Option<&str>) -> Vec<Value> {
    let answer = person.ask(WHY, json!({ "email": email, "mailing": mailing })).await;
    answer["deliveriesTo"]["nodes"].as_array().expect("a list").clone()
}

async fn finished(person: &Person, mailing: &str) {
    let query = "query($id: ID!) { mailing(id: $id) { runs { nodes { status } } } }";
    found("the run is finished", async || {
        let seen = person.ask(query, json!({ "id": mailing })).await;
        (seen["mailing"]["runs"]["nodes"][0]["status"] == "FINISHED").then_some(())
    })
    .await;
}

#[expect(clippy::too_many_lines, reason = "one run has all that can become of a letter")]
#[tokio::test]
async fn whoever_asks_about_an_address_is_told_what_became_of_its_letter_or_why_there_was_none() {
    let api = Api::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    server.play(|turn| match turn {
        Turn::Rcpt("dead@example.com") => Act::Say("550 5.1.1 no such mailbox"),
        _ => Act::Usual,
    });
    let ann = api.owner("Ann").await;
    let eve = api.owner("Eve").await;
    let max = api.person("Max", &[Role::Manager]).await;
    let (friends, press) = (ann.group("Friends").await, ann.group("Press").await);
    let anna = ann.client("anna@example.com", &[&friends]).await;
    ann.client("dead@example.com", &[&friends]).await;
    ann.client("left@example.com", &[&friends]).await;
    ann.client("press@example.com", &[&press]).await;
    ann.client("both@example.com", &[&friends, &press]).await;
    let gone = ann.client("gone@example.com", &[&friends]).await;
    let moved = ann.client("before@example.com", &[&friends]).await;
    ann.does("clientDelete", json!({ "id": gone }), "").await;
    ann.does("clientUpdate", json!({ "id": moved, "email": "after@example.com" }), "").await;
    ann.does("suppressionAdd", json!({ "emails": ["left@example.com"] }), "").await;
    let message = ann.message().await;

    // Nothing has begun, and it is told so.
    let input = with(plan(&message, &anna), "audience", json!({ "groupIds": [friends] }));
    let mailing = text(&ann.does("mailingCreate", input, "mailing { id }").await["mailing"]["id"]);
    let asked = why(&ann, "anna@example.com", Some(&mailing)).await;
    assert_eq!((asked.len(), &asked[0]["verdict"], &asked[0]["run"]), (1, &json!("NOT_STARTED"), &json!(null)));
    assert_eq!(why(&ann, "anna@example.com", None).await, Vec::<Value>::new(), "there is no run to tell of");

    let engine = Service::work_with(&api.node, Service::relay(&server), Service::settings());
    finished(&ann, &mailing).await;
    ann.client("late@example.com", &[&friends]).await;
    // What changes later changes no answer.
    ann.does("clientUpdate", json!({ "id": anna, "fullName": "Another" }), "").await;

    for (email, verdict) in [
        ("Anna@Example.com", "ACCEPTED"),
        ("dead@example.com", "REJECTED"),
        ("left@example.com", "SUPPRESSED"),
        ("press@example.com", "NOT_IN_AUDIENCE"),
        ("gone@example.com", "DELETED_BEFORE"),
        ("before@example.com", "OTHER_ADDRESS"),
        ("after@example.com", "ACCEPTED"),
        ("late@example.com", "ADDED_LATER"),
        ("nobody@example.com", "NO_CLIENT"),
    ] {
        let found = why(&ann, email, Some(&mailing)).await;
        assert_eq!((found.len(), &found[0]["verdict"]), (1, &json!(verdict)), "{email}: {found:?}");
        let since = matches!(verdict, "SUPPRESSED" | "DELETED_BEFORE" | "ADDED_LATER");
        assert_eq!(found[0]["since"].is_string(), since, "{email}: {found:?}");
    }
    let left = &why(&ann, "left@example.com", Some(&mailing)).await[0];
    assert_eq!(left["suppressions"][0]["reason"], "BY_HAND");
    assert_eq!(left["suppressions"][0]["scope"], "OWNER");
    let dead = &why(&ann, "dead@example.com", Some(&mailing)).await[0];
    assert_eq!(dead["delivery"]["attempts"][0]["code"], 550);
    assert!(text(&dead["delivery"]["attempts"][0]["serverReply"]).contains("no such mailbox"));
    assert_eq!((&dead["byName"], &dead["groups"]), (&json!(false), &json!([{ "name": "Friends" }])));

    // The letter is the one that was sent, but for the link to leave.
    let taken = &why(&ann, "anna@example.com", None).await[0];
    assert_eq!((&taken["clientRevision"], &taken["messageRevision"]), (&json!(1), &json!(1)));
    let received = server.received();
    let sent = received.iter().map(|one| String::from_utf8_lossy(&one.letter).into_owned());
    let sent = sent.into_iter().find(|letter| letter.contains("anna@example.com")).expect("a letter to Anna");
    let letter = &taken["delivery"]["letter"];
    for header in letter["headers"].as_array().expect("headers") {
        let (name, value) = (text(&header["name"]), text(&header["value"]));
        let stays = ["From", "Subject", "Date", "Message-ID", "List-Id"].contains(&name.as_str());
        assert!(!stays || sent.contains(&format!("{name}: {value}")), "{name}: {value} in {sent}");
    }
    assert!(text(&letter["text"]).contains("/u/sample"), "{letter}");
    assert!(!text(&letter["text"]).contains("Another"), "the name that was frozen");
    let events: Vec<String> = taken["delivery"]["history"]["nodes"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| text(&event["type"]))
        .collect();
    assert!(
        events.starts_with(&["Planned".to_owned()]) && events.contains(&"AttemptRecorded".to_owned()),
        "{events:?}"
    );

    // A client who is named is told so, and of several runs the newest comes first.
    api.clock.advance(TimeDelta::minutes(1));
    let input = with(plan(&message, &anna), "name", json!("To Anna alone"));
    let second = text(&ann.does("mailingCreate", input, "mailing { id }").await["mailing"]["id"]);
    finished(&ann, &second).await;
    let runs = why(&ann, "anna@example.com", None).await;
    let told: Vec<(String, bool)> = runs.iter().map(|one| (text(&one["verdict"]), one["byName"] == true)).collect();
    assert_eq!(told, [("ACCEPTED".to_owned(), true), ("ACCEPTED".to_owned(), false)]);
    let runs = why(&ann, "both@example.com", None).await;
    let verdicts: Vec<String> = runs.iter().map(|one| text(&one["verdict"])).collect();
    assert_eq!(verdicts, ["NOT_IN_AUDIENCE", "ACCEPTED"]);
    engine.stop().await;

    // Others' mailings are nobody's business, but for those who watch over all; and everybody is told in their language.
    assert_eq!(max.ask(WHY, json!({ "email": "anna@example.com" })).await["deliveriesTo"]["totalCount"], 2);
    assert_eq!(
        eve.ask(WHY, json!({ "email": "anna@example.com", "mailing": mailing })).await["deliveriesTo"],
        json!(null)
    );
    assert_eq!(eve.ask(WHY, json!({ "email": "anna@example.com" })).await["deliveriesTo"]["totalCount"], 0);
    ann.does("profileUpdate", json!({ "language": "RU" }), "").await;
    assert_eq!(
        why(&ann, "nobody@example.com", Some(&mailing)).await[0]["sentence"],
        "ни у одного клиента владельца рассылки нет и не было такого адреса"
    );
    for email in ["", "anna"] {
        let answer = ann.post(WHY, json!({ "email": email })).await;
        assert_eq!(answer.code(), "BAD_REQUEST", "{email:?}");
    }
}
