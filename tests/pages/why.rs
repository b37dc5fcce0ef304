//! Who got what and why not, and letters as they were sent, as pages show them, over HTTP alone.

use super::reader::Reader;
use crate::behaviours::stage::{Stage, created, finished, runs};
use crate::support::feedback::{bounced, gone, letter_to};
use crate::support::http::{Person, text};
use crate::support::smtp_server::{Act, Turn};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Role;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_SECURITY_POLICY, COOKIE};
use serde_json::json;
use uuid::Uuid;

/// A page that is there, as text.
async fn page(reader: &Reader, path: &str) -> String {
    let (status, page) = reader.get(path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {page}");
    page
}

/// A letter of Ann's with text and HTML, to whose recipients it says their name.
async fn message(ann: &Person) -> String {
    let html = "<p style=\"color: red\">Dear {{full_name}}</p><img src=\"https://example.org/seen.png\"><script>alert(2)</script>";
    let input = json!({ "subject": "Hello, {{full_name}}", "text": "Dear {{full_name}}", "html": html });
    text(&ann.does("messageCreate", input, "message { id }").await["message"]["id"])
}

/// A finished run to the friends of Ann's: one of them has a name that is none, one has no mailbox, and one does not want letters.
/// Returns the mailing and the run.
async fn run(stage: &Stage, ann: &Person) -> (String, String) {
    stage.server.play(|turn| match turn {
        Turn::Rcpt("dead@example.com") => Act::Say("550 5.1.1 <b>no such mailbox</b>"),
        _ => Act::Usual,
    });
    let friends = ann.group("<i>Friends</i>").await;
    for email in ["anna@example.com", "dead@example.com", "left@example.com"] {
        ann.client(email, &[&friends]).await;
    }
    let eve = ann.client("eve@example.com", &[&friends]).await;
    ann.does("clientUpdate", json!({ "id": eve, "fullName": "<script>alert(1)</script>" }), "").await;
    ann.client("other@example.com", &[]).await;
    ann.does("suppressionAdd", json!({ "emails": ["left@example.com"] }), "").await;
    let message = message(ann).await;
    let mailing = created(ann, stage.plan(&message, &json!({ "groupIds": [friends] }))).await;
    let engine = stage.works();
    let run = text(&runs(&finished(ann, &mailing, 1).await)[0]["id"]);
    engine.stop().await;
    (mailing, run)
}

/// The page of the letter to which a page about an address leads.
fn letter_at(page: &str, run: &str) -> Option<String> {
    let rest = page.split(&format!("href=\"/runs/{run}/letters/")).nth(1)?;
    Some(format!("/runs/{run}/letters/{}", rest.split('"').next()?))
}

#[tokio::test]
async fn whoever_asks_about_an_address_is_told_what_became_of_its_letter_or_why_there_was_none() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    let reader = Reader::of(&stage.api, &ann);
    let form = page(&reader, "/why").await;
    assert!(form.contains("name=\"email\"") && form.contains("Who got what"), "{form}");
    assert!(!form.contains("There is nothing to tell"), "nobody has asked yet: {form}");
    let (mailing, run) = run(&stage, &ann).await;
    let services = &stage.api.node.services;
    let words = Some("<script>alert(3)</script>".to_owned());
    let bounce = domain::feedback::Bounce { words, ..gone() };
    let letter = letter_to(services.pool(), run.parse().expect("an id"), "anna@example.com").await;
    bounced(services, letter, "1", bounce).await;

    let of = async |email: &str| page(&reader, &format!("/why?email={email}&mailing={mailing}")).await;
    let anna = of("Anna%40Example.com").await;
    for part in [
        "The mail server took the letter.",
        "by the group &#60;i&#62;Friends&#60;/i&#62;",
        "revision 1 of the client, revision 1 of the letter",
        "&#60;script&#62;alert(3)",
        "there is no such mailbox",
        "1 run",
        &format!("href=\"/mailings/{mailing}\">Spring</a>"),
        &format!("href=\"/runs/{run}\""),
        &format!("href=\"/runs/{run}/recipients?search=anna%40example.com\""),
        &format!("<option value=\"{mailing}\" selected>Spring</option>"),
    ] {
        assert!(anna.contains(part), "{part} is not in {anna}");
    }
    assert!(letter_at(&anna, &run).is_some() && !anna.contains("<script>alert"), "{anna}");
    let dead = of("dead%40example.com").await;
    assert!(dead.contains("The mail server refused the letter for good."), "{dead}");
    assert!(dead.contains("<code>550 5.1.1</code>") && dead.contains("&#60;b&#62;no such mailbox"), "{dead}");
    let left = of("left%40example.com").await;
    assert!(left.contains("Added by hand, in all mailings of their owner") && left.contains("Since"), "{left}");
    assert!(letter_at(&left, &run).is_none(), "none was sent: {left}");
    let other = of("other%40example.com").await;
    assert!(other.contains("The mailing did not go to this client.") && other.contains("no letter"), "{other}");
    let nobody = of("nobody%40example.com").await;
    assert!(
        nobody.contains("No client of the mailing’s owner has this address, or ever had it.")
            && !nobody.contains("/clients/"),
        "{nobody}"
    );
    let all = page(&reader, "/why?email=anna%40example.com").await;
    assert!(all.contains("The mail server took the letter.") && all.contains("1 run"), "{all}");
    let nothing = page(&reader, "/why?email=nobody%40example.com").await;
    assert!(nothing.contains("There is nothing to tell"), "{nothing}");

    // What has not begun, and what is no address.
    let later = ann.client("later@example.com", &[]).await;
    let waiting = created(&ann, stage.plan(&message(&ann).await, &json!({ "clientIds": [later] }))).await;
    let not_yet = page(&reader, &format!("/why?email=anna%40example.com&mailing={waiting}")).await;
    assert!(not_yet.contains("No run of the mailing has begun.") && !not_yet.contains("1 run"), "{not_yet}");
    for email in ["anna", "%3Cb%3E", "anna%40example.com%00"] {
        let (status, form) = reader.get(&format!("/why?email={email}")).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{email}");
        assert!(form.contains("id=\"email-wrong\"") && !form.contains("<b>"), "{form}");
    }
    for path in ["/why?mailing=x", "/why?email=anna%40example.com&after=x"] {
        assert_eq!(reader.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    ann.does("profileUpdate", json!({ "language": "RU" }), "").await;
    let russian = of("nobody%40example.com").await;
    assert!(russian.contains("Ни у одного клиента владельца рассылки нет и не было такого адреса."), "{russian}");
}

#[tokio::test]
async fn a_client_who_was_deleted_is_told_of_and_no_way_leads_to_them() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    let reader = Reader::of(&stage.api, &ann);
    let (_, run) = run(&stage, &ann).await;
    let services = &stage.api.node.services;
    let letter = letter_to(services.pool(), run.parse().expect("an id"), "anna@example.com").await;
    bounced(services, letter, "1", gone()).await;
    let anna = ann.ask("{ clients(filter: { search: \"anna@\" }) { nodes { id } } }", json!({})).await;
    let anna = text(&anna["clients"]["nodes"][0]["id"]);
    let why = "/why?email=anna%40example.com".to_owned();
    let sent = letter_at(&page(&reader, &why).await, &run).expect("it was sent");
    let paths = [why, sent, format!("/runs/{run}/recipients?search=anna"), format!("/feedback?run={run}")];
    let link = format!("href=\"/clients/{anna}\"");
    for path in &paths {
        assert!(page(&reader, path).await.contains(&link), "{path}");
    }
    ann.does("clientDelete", json!({ "id": anna }), "").await;
    assert_eq!(reader.get(&format!("/clients/{anna}")).await.0, StatusCode::NOT_FOUND);
    for path in &paths {
        let told = page(&reader, path).await;
        assert!(told.contains("anna@example.com") && !told.contains(&link), "{path}: {told}");
    }
}

#[tokio::test]
async fn nobody_learns_of_letters_that_are_not_theirs() {
    let stage = Stage::start().await;
    let (ann, bob) = (stage.api.owner("Ann").await, stage.api.owner("Bob").await);
    let max = stage.api.person("Max", &[Role::Manager]).await;
    let carl = stage.api.person("Carl", &[Role::ContentManager]).await;
    let (mailing, run) = run(&stage, &ann).await;
    let of = |person: &Person| Reader::of(&stage.api, person);
    let anna = page(&of(&ann), "/why?email=anna@example.com").await;
    let letter = letter_at(&anna, &run).expect("it was sent");

    let known = page(&of(&bob), "/why?email=anna@example.com").await;
    let unknown = page(&of(&bob), "/why?email=hugo@example.com").await;
    assert_eq!(known.replace("anna@", "hugo@"), unknown, "whether somebody writes to an address is not told");
    assert!(!known.contains("Spring") && !known.contains(&mailing), "others' mailings are not offered: {known}");
    let all = page(&of(&max), "/why?email=anna@example.com").await;
    assert!(all.contains("Spring") && all.contains("<bdi>ann@example.com</bdi>"), "whose it is: {all}");
    for (path, status) in [
        (format!("/why?email=anna@example.com&mailing={mailing}"), StatusCode::FORBIDDEN),
        ("/why".to_owned(), StatusCode::FORBIDDEN),
        (letter.clone(), StatusCode::NOT_FOUND),
        (format!("{letter}/html"), StatusCode::NOT_FOUND),
        (format!("/runs/{run}/history"), StatusCode::NOT_FOUND),
    ] {
        for person in [&ann, &max] {
            assert_eq!(of(person).get(&path).await.0, StatusCode::OK, "{path}");
        }
        let (found, told) = of(&carl).get(&path).await;
        assert!(found == status && !told.contains("Dear"), "{path}: {told}");
        if path != "/why" {
            let (found, told) = of(&bob).get(&path).await;
            assert!(found == StatusCode::NOT_FOUND && !told.contains("Dear"), "{path}: {told}");
        }
        assert_eq!(of(&stage.api.anonymous()).get(&path).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn a_letter_is_shown_as_it_was_sent_and_runs_and_loads_nothing() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    let reader = Reader::of(&stage.api, &ann);
    let (_, run) = run(&stage, &ann).await;
    let list = page(&reader, &format!("/runs/{run}/recipients?search=eve")).await;
    let path = letter_at(&list, &run).expect("the list of recipients leads there");
    // What becomes of a client later changes no letter.
    let eve = ann.ask("{ clients(filter: { search: \"eve@\" }) { nodes { id } } }", json!({})).await;
    let eve = text(&eve["clients"]["nodes"][0]["id"]);
    ann.does("clientUpdate", json!({ "id": eve, "fullName": "Another" }), "").await;

    let one = page(&reader, &path).await;
    for part in [
        "Hello, &#60;script&#62;alert(1)&#60;/script&#62;",
        "Dear &#60;script&#62;alert(1)&#60;/script&#62;",
        "eve@example.com",
        "<code>Message-ID</code>",
        "/u/sample",
        &format!("<iframe class=\"letter\" sandbox title=\"The letter as HTML\" src=\"{path}/html\">"),
        &format!("href=\"/runs/{run}\""),
    ] {
        assert!(one.contains(part), "{part} is not in {one}");
    }
    assert!(!one.contains("<script>alert") && !one.contains("<img") && !one.contains("Another"), "{one}");
    let received = stage.server.received();
    let sent = received.iter().map(|one| String::from_utf8_lossy(&one.letter).into_owned());
    let sent = sent.into_iter().find(|letter| letter.contains("eve@example.com")).expect("a letter to Eve");
    let id = sent.lines().find_map(|line| line.strip_prefix("Message-ID: <")).expect("it has an id");
    assert!(one.contains(id.trim_end_matches('>')), "it is the same letter: {one}");
    let token =
        sent.split("/u/").nth(1).map(|rest| rest.chars().take(20).collect::<String>()).expect("a link to leave");
    assert!(!one.contains(&token), "nobody else leaves in her name: {one}");

    let request = reader.http.get(format!("{}{path}/html", reader.base)).header(COOKIE, &reader.cookie);
    let frame = request.send().await.expect("the server answers");
    let policy = frame.headers().get(CONTENT_SECURITY_POLICY).expect("a policy").to_str().expect("text").to_owned();
    assert!(policy.starts_with("sandbox; default-src 'none'") && !policy.contains("script-src"), "{policy}");
    let html = frame.text().await.expect("it arrives");
    assert!(html.contains("Dear &lt;script&gt;") && !html.contains(&token), "{html}");

    let left = page(&reader, &format!("/runs/{run}/recipients?search=left")).await;
    assert!(letter_at(&left, &run).is_none(), "{left}");
    for place in ["x", "-1", "4", "2147483647", "2147483648"] {
        assert_eq!(reader.get(&format!("/runs/{run}/letters/{place}")).await.0, StatusCode::NOT_FOUND, "{place}");
    }
    let (status, _) = reader.get("/runs/x/letters/0").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    // What was about to go out and did not is no letter that was sent.
    let place: i32 = path.rsplit('/').next().and_then(|place| place.parse().ok()).expect("a place");
    let kept_back = "update deliveries set outcome = 'suppressed', suppression = 'unsubscribed', attempt = 'not_tried'
                      where run_id = $1 and ordinal = $2";
    let kept_back = sqlx::query(kept_back).bind(run.parse::<Uuid>().expect("an id")).bind(place);
    kept_back.execute(&stage.api.pool).await.expect("it is kept back");
    for told in [format!("/runs/{run}/recipients?search=eve"), "/why?email=eve%40example.com".to_owned()] {
        let told = page(&reader, &told).await;
        assert!(letter_at(&told, &run).is_none(), "{told}");
    }
    for path in [path.clone(), format!("{path}/html")] {
        assert_eq!(reader.get(&path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    // Places behind which there is none, and before all of them, are made up.
    for place in [i32::MAX, i32::MIN, -1] {
        let after = URL_SAFE_NO_PAD.encode(place.to_be_bytes());
        for search in ["", "&search=example", "&outcome=accepted"] {
            let (status, page) = reader.get(&format!("/runs/{run}/recipients?after={after}{search}")).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{place}{search}: {page}");
        }
    }
}
