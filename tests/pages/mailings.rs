//! What the pages of mailings and of their runs say, over HTTP alone, and what of them is live, in a headless Chromium.

use super::browser::{Window, browse};
use super::reader::Reader;
use crate::behaviours::stage::{Stage, created, finished, newest_run_has, runs, seen};
use crate::support::http::{PASSWORD, Person, text, with};
use crate::support::smtp_server::{Act, Gate, Turn};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use domain::Role;
use reqwest::StatusCode;
use reqwest::header::{LOCATION, SET_COOKIE};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A page that is there, as text.
async fn page(reader: &Reader, path: &str) -> String {
    let (status, page) = reader.get(path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {page}");
    page
}

/// A page that says why not, as text.
async fn refused(reader: &Reader, path: &str, why: &str) {
    let (status, page) = reader.get(path).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {page}");
    assert!(page.contains(why), "{path} does not say {why:?}: {page}");
}

/// A moment as pages have it for programs.
fn machine(at: DateTime<Utc>) -> String {
    format!("datetime=\"{}\"", at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// The newest run of a mailing.
async fn newest_run(person: &Person, mailing: &str) -> String {
    text(&runs(&finished(person, mailing, 1).await)[0]["id"])
}

#[tokio::test]
async fn what_was_missed_stands_where_it_was_due_and_is_not_the_last_run() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    let reader = Reader::of(&stage.api, &ann);
    let audience = json!({ "clientIds": [ann.client("anna@example.com", &[]).await] });
    let message = ann.message().await;
    let now = stage.clock().now();
    let plan = with(stage.plan(&message, &audience), "periodicity", json!({ "kind": "DAILY" }));
    let plan = with(plan, "startsAt", json!(now.to_rfc3339()));
    let ends = json!((now + TimeDelta::days(30)).to_rfc3339());
    let mailing = created(&ann, with(plan, "endsAt", ends)).await;
    let engine = stage.works();
    finished(&ann, &mailing, 1).await;
    engine.stop().await;

    // Two runs fall into a time when nobody works; the next one starts late.
    stage.clock().advance(TimeDelta::days(3) + TimeDelta::hours(2));
    let engine = stage.works();
    let seen = finished(&ann, &mailing, 2).await;
    let order: Vec<String> = runs(&seen).iter().map(|run| text(&run["status"])).collect();
    assert_eq!(order, ["FINISHED", "MISSED", "FINISHED"], "they stand in the order in which they were due");
    let list = page(&reader, "/mailings").await;
    assert!(list.contains("1 of 1</a>") && !list.contains("0 of 0"), "the last run is the one that sent: {list}");
    let report = page(&reader, &format!("/mailings/{mailing}/report")).await;
    for due in [1, 2].map(|day| machine(now + TimeDelta::days(day))) {
        assert!(report.contains(&due), "{due} is not in {report}");
    }
    let overview = page(&reader, &format!("/mailings/{mailing}")).await;
    assert!(overview.contains("The last run") && overview.contains("Finished. Accepted: 1."), "{overview}");
    engine.stop().await;
}

#[tokio::test]
async fn sending_once_more_warns_and_then_says_what_happens() {
    let stage = Stage::start().await;
    let engine = stage.works();
    let ann = stage.api.owner("Ann").await;
    let reader = Reader::of(&stage.api, &ann);
    let audience = json!({ "clientIds": [ann.client("anna@example.com", &[]).await] });
    let mailing = created(&ann, stage.plan(&ann.message().await, &audience)).await;
    finished(&ann, &mailing, 1).await;

    let ask = format!("/mailings/{mailing}/send");
    let question = page(&reader, &ask).await;
    assert!(question.contains("Send to 1 person now?"), "{question}");
    assert!(question.contains("1 person has had this letter already, in the last run."), "{question}");

    // The newer of two runs is the one that began later.
    stage.api.clock.advance(TimeDelta::minutes(1));
    let gate = Gate::new();
    let closed = gate.clone();
    stage.server.play(move |turn| if matches!(turn, Turn::Rcpt(_)) { Act::Wait(closed.clone()) } else { Act::Usual });
    let sent = reader.post(&ask, &[]).await;
    assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    let said = sent.headers()[SET_COOKIE].to_str().expect("a cookie").split(';').next().expect("a pair").to_owned();
    let told = Reader { cookie: format!("{}; {said}", reader.cookie), ..Reader::of(&stage.api, &ann) };
    let after = page(&told, sent.headers()[LOCATION].to_str().expect("an address")).await;
    assert!(after.contains("Letters are on their way."), "{after}");

    gate.reached_by(1).await;
    let question = page(&reader, &ask).await;
    assert!(question.contains("A run is under way right now."), "{question}");
    for tab in ["", "/recipients", "/history", "/report"] {
        let shown = page(&reader, &format!("/mailings/{mailing}{tab}")).await;
        assert!(shown.contains("It is sending right now.") && !shown.contains("No further run"), "{tab}: {shown}");
    }
    gate.open();
    finished(&ann, &mailing, 2).await;
    engine.stop().await;
}

#[tokio::test]
async fn a_run_whose_mailing_is_stopped_does_not_say_that_it_sends() {
    let stage = Stage::start().await;
    let (ann, max) = (stage.api.owner("Ann").await, stage.api.person("Max", &[Role::Manager]).await);
    let reader = Reader::of(&stage.api, &ann);
    let gate = Gate::new();
    let closed = gate.clone();
    stage.server.play(move |turn| if matches!(turn, Turn::Rcpt(_)) { Act::Wait(closed.clone()) } else { Act::Usual });
    let audience = json!({ "clientIds": [ann.client("anna@example.com", &[]).await] });
    let mailing = created(&ann, stage.plan(&ann.message().await, &audience)).await;
    let engine = stage.works();
    gate.reached_by(1).await;
    ann.does("mailingPause", json!({ "id": mailing }), "").await;
    let run = text(&runs(&seen(&ann, &mailing).await)[0]["id"]);
    let paths = [format!("/runs/{run}"), format!("/mailings/{mailing}"), format!("/mailings/{mailing}/report")];
    for path in &paths {
        let shown = page(&reader, path).await;
        assert!(shown.contains("Paused") && !shown.contains("Sending"), "{path}: {shown}");
    }
    max.does("mailingDisable", json!({ "id": mailing, "reason": "complaints" }), "").await;
    for path in &paths {
        let shown = page(&reader, path).await;
        assert!(shown.contains("Disabled") && !shown.contains("Sending"), "{path}: {shown}");
    }
    gate.open();
    engine.stop().await;
}

#[tokio::test]
async fn the_history_is_told_in_the_readers_time_and_names_those_who_may_be_named() {
    let stage = Stage::start().await;
    let (ann, max) = (stage.api.owner("Ann").await, stage.api.person("Max", &[Role::Manager]).await);
    ann.does("profileUpdate", json!({ "fullName": "" }), "").await;
    let audience = json!({ "clientIds": [ann.client("anna@example.com", &[]).await] });
    let plan = with(stage.plan(&ann.message().await, &audience), "startsAt", json!("2026-05-04T20:00:00Z"));
    let plan = with(plan, "endsAt", json!("2026-06-04T20:00:00Z"));
    let mailing = created(&ann, plan).await;
    ann.does("profileUpdate", json!({ "timeZone": "Asia/Tokyo" }), "").await;

    let path = format!("/mailings/{mailing}/history");
    let own = page(&Reader::of(&stage.api, &ann), &path).await;
    assert!(
        own.contains("You planned the mailing “Spring” from 5\u{a0}May\u{a0}2026,\u{a0}05:00 to 5\u{a0}Jun\u{a0}2026,\u{a0}05:00."),
        "{own}"
    );
    // A manager's clocks are in Berlin.
    let watched = page(&Reader::of(&stage.api, &max), &path).await;
    let told = "ann@example.com planned the mailing “Spring” from 4\u{a0}May\u{a0}2026,\u{a0}22:00 to 4\u{a0}Jun\u{a0}2026,\u{a0}22:00.";
    assert!(watched.contains(told), "{watched}");
    max.does("profileUpdate", json!({ "fullName": "" }), "").await;
    max.does("mailingDisable", json!({ "id": mailing, "reason": "complaints" }), "").await;
    let own = page(&Reader::of(&stage.api, &ann), &path).await;
    assert!(own.contains("A user disabled the mailing: complaints.") && !own.contains("max@example.com"), "{own}");
}

#[tokio::test]
async fn what_cannot_be_decided_now_is_said_before_anybody_is_asked() {
    let stage = Stage::start().await;
    let engine = stage.works();
    let ann = stage.api.owner("Ann").await;
    let reader = Reader::of(&stage.api, &ann);
    let group = ann.group("Friends").await;
    for name in ["anna", "bea", "carl"] {
        ann.client(&format!("{name}@example.com"), &[&group]).await;
    }
    stage.server.play(|turn| match turn {
        Turn::Body(to) if to.starts_with("bea") => Act::TakeAndHangUp,
        // Not dead: whoever is dead is not written to again.
        Turn::Rcpt(to) if to.starts_with("carl") => Act::Say("552 5.2.2 mailbox full"),
        _ => Act::Usual,
    });
    let mailing = created(&ann, stage.plan(&ann.message().await, &json!({ "groupIds": [group] }))).await;
    let run = newest_run(&ann, &mailing).await;
    newest_run_has(&ann, &mailing, &json!({ "planned": 3, "accepted": 1, "rejected": 1, "unknown": 1 })).await;

    let shown = page(&reader, &format!("/runs/{run}")).await;
    for said in
        ["Letters in doubt to decide about: 1", "when this letter was sent", "Send it again", "Leave it as it is"]
    {
        assert!(shown.contains(said), "{said:?} is not in {shown}");
    }
    // Whoever watches over others is told who decides.
    let manager = Reader::of(&stage.api, &stage.api.person("Max", &[Role::Manager]).await);
    for path in [format!("/runs/{run}"), format!("/mailings/{mailing}")] {
        let watched = page(&manager, &path).await;
        let said = ["Letters in doubt for their owner to decide about: 1", "until the owner of the mailing decides"];
        for said in said {
            assert!(watched.contains(said), "{said:?} is not in {path}: {watched}");
        }
        assert!(!watched.contains("you decide"), "{path}: {watched}");
    }
    let overview = page(&manager, "/").await;
    assert!(overview.contains("What needs somebody") && !overview.contains("What needs you"), "{overview}");
    assert!(page(&reader, "/").await.contains("What needs you"), "the mailing is Ann's");
    let recipients = page(&reader, &format!("/runs/{run}/recipients")).await;
    assert!(recipients.contains("not decided 1</a>"), "{recipients}");
    let question = page(&reader, &format!("/runs/{run}/accept-unknown")).await;
    assert!(question.contains("Leave 1 letter as it is?") && question.contains("It is not sent again"), "{question}");

    // A mailing that is paused sends nothing again.
    ann.does("mailingPause", json!({ "id": mailing }), "").await;
    refused(&reader, &format!("/runs/{run}/resend-unknown"), "paused").await;
    refused(&reader, &format!("/runs/{run}/resend-failed"), "paused").await;
    ann.does("mailingResume", json!({ "id": mailing }), "").await;
    page(&reader, &format!("/runs/{run}/resend-failed")).await;

    // Decided already, and tried again already.
    ann.does("runAcceptUnknown", json!({ "id": run }), "run { id }").await;
    for path in ["resend-unknown", "accept-unknown"] {
        refused(&reader, &format!("/runs/{run}/{path}"), "No letter of this run waits for a decision").await;
    }
    stage.server.play(|_| Act::Usual);
    let again = text(&ann.does("runResendFailed", json!({ "id": run }), "run { id }").await["run"]["id"]);
    let answer = reader.http.get(stage.api.url(&format!("/runs/{run}/resend-failed")));
    let answer = answer.header("cookie", &reader.cookie).send().await.expect("an answer");
    assert_eq!(answer.headers()[LOCATION].to_str().expect("an address"), format!("/runs/{again}"));
    finished(&ann, &mailing, 2).await;
    refused(&reader, &format!("/runs/{again}/resend-failed"), "No letter of this run was rejected or given up").await;
    engine.stop().await;
}

#[tokio::test]
async fn recipients_are_found_by_the_address_and_the_name_that_they_had_when_the_run_started() {
    let stage = Stage::start().await;
    let engine = stage.works();
    let ann = stage.api.owner("Ann").await;
    let reader = Reader::of(&stage.api, &ann);
    let mut csv = String::from("email,full_name,groups\n");
    for number in 0..620 {
        writeln!(csv, "client.{number}@example.org,Client {number},Everybody").expect("a text takes it");
    }
    csv.push_str(
        "zoe@example.net,Zoë Äpfel,Everybody\nold@example.net,Olga,Everybody\ngone@example.net,Gone,Everybody\n",
    );
    ann.does("clientsImport", json!({ "csv": csv }), "").await;
    let seen = ann.ask("{ groups { nodes { id } } clients(first: 100, filter: { search: \"example.net\" }) { nodes { id email } } }", json!({})).await;
    let group = text(&seen["groups"]["nodes"][0]["id"]);
    stage.server.play(|turn| match turn {
        Turn::Rcpt(to) if to.starts_with("client.7") => Act::Say("550 5.1.1 Nobody of that name"),
        _ => Act::Usual,
    });
    let mailing = created(&ann, stage.plan(&ann.message().await, &json!({ "groupIds": [group] }))).await;
    let run = newest_run(&ann, &mailing).await;

    // What becomes of them afterwards changes nothing about the run.
    for client in seen["clients"]["nodes"].as_array().expect("clients") {
        if client["email"] == "old@example.net" {
            let change = json!({ "id": client["id"], "email": "new@example.net", "fullName": "Olga Neu" });
            ann.does("clientUpdate", change, "").await;
        }
        if client["email"] == "gone@example.net" {
            ann.does("clientDelete", json!({ "id": client["id"] }), "").await;
        }
    }
    let query = "query($id: ID!, $filter: DeliveryFilter, $after: String) { run(id: $id) {
        deliveries(first: 100, after: $after, filter: $filter) { totalCount pageInfo { endCursor } nodes { clientEmail } } } }";
    let ask = async |filter: Value, after: Option<String>| {
        let seen = ann.ask(query, json!({ "id": run, "filter": filter, "after": after })).await;
        let list = &seen["run"]["deliveries"];
        let emails: Vec<String> =
            list["nodes"].as_array().expect("deliveries").iter().map(|one| text(&one["clientEmail"])).collect();
        (
            list["totalCount"].as_i64().expect("a count"),
            emails,
            list["pageInfo"]["endCursor"].as_str().map(str::to_owned),
        )
    };
    for (search, expected) in [
        ("client.77@", &["client.77@example.org"][..]),
        ("CLIENT 619", &["client.619@example.org"]),
        ("client.0@example.org", &["client.0@example.org"]),
        ("zoe apfel", &["zoe@example.net"]),
        ("OLD@", &["old@example.net"]),
        ("olga", &["old@example.net"]),
        ("new@example.net", &[]),
        ("Neu", &[]),
        ("gone@example.net", &["gone@example.net"]),
        ("nobody", &[]),
        ("100%", &[]),
        ("client_77", &[]),
        ("\0", &[]),
    ] {
        let (count, emails, _) = ask(json!({ "search": search }), None).await;
        assert_eq!(
            (count, emails.as_slice()),
            (
                i64::try_from(expected.len()).expect("few"),
                &expected.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..]
            ),
            "{search}"
        );
    }
    // Together with an outcome: 7, 70 to 79, and no others below 100; 700 does not exist.
    let (count, emails, _) = ask(json!({ "search": "client.7", "outcomes": ["REJECTED"] }), None).await;
    assert_eq!((count, emails.len()), (11, 11), "{emails:?}");
    assert_eq!(ask(json!({ "search": "client.7", "outcomes": ["ACCEPTED"] }), None).await.0, 0);
    // More than are looked up one by one, page by page, each once and in order.
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let (count, emails, end) = ask(json!({ "search": "example.org" }), after).await;
        assert_eq!(count, 620);
        if emails.is_empty() {
            break;
        }
        all.extend(emails);
        after = end;
    }
    let unique: std::collections::BTreeSet<&String> = all.iter().collect();
    assert_eq!((all.len(), unique.len()), (620, 620));
    let (count, emails, _) = ask(json!({ "search": "example.org", "outcomes": ["REJECTED"] }), None).await;
    assert_eq!((count, emails.len()), (11, 11), "{emails:?}");

    let found = page(&reader, &format!("/runs/{run}/recipients?search=client.77%40")).await;
    assert!(found.contains("client.77@example.org") && !found.contains("client.78@"), "{found}");
    assert!(found.contains("value=\"client.77@\""), "what was searched for stays: {found}");
    let none = page(&reader, &format!("/runs/{run}/recipients?search=%00")).await;
    assert!(none.contains("Nobody in this list"), "{none}");
    // Others find nothing there.
    let eve = stage.api.owner("Eve").await;
    assert_eq!(
        Reader::of(&stage.api, &eve).get(&format!("/runs/{run}/recipients?search=a")).await.0,
        StatusCode::NOT_FOUND
    );
    engine.stop().await;
}

#[tokio::test]
async fn a_mailings_page_shows_by_itself_that_a_run_begins_and_that_it_ends() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    let audience = json!({ "clientIds": [ann.client("anna@example.com", &[]).await] });
    let mailing = created(&ann, stage.plan(&ann.message().await, &audience)).await;
    let gate = Gate::new();
    let closed = gate.clone();
    stage.server.play(move |turn| if matches!(turn, Turn::Rcpt(_)) { Act::Wait(closed.clone()) } else { Act::Usual });
    browse(&stage.api.url(""), Window::DESK, async |browser| {
        browser.logs_in("ann@example.com", PASSWORD).await;
        browser.open(&format!("/mailings/{mailing}")).await;
        browser.sees("A run is about to begin. It will show here.").await;
        browser.run("document.body.dataset.stays = 'yes'").await;
        let engine = stage.works();
        browser.sees("It is sending right now.").await;
        browser.sees("The run under way").await;
        gate.open();
        browser.sees("No further run starts by itself.").await;
        browser.sees("Finished. Accepted: 1.").await;
        browser.sees("The last run").await;
        browser.sees("finished the run: 1 of 1 letter accepted").await;
        let stays = browser.run("return document.body.dataset.stays").await;
        assert_eq!(stays, json!("yes"), "the page was never left");
        assert!(browser.complaints().await.is_empty());
        engine.stop().await;
    })
    .await;
}
