//! Whom nobody writes to, over HTTP alone: what forms do, what a file brings in and takes out, and who may see and do what.

use super::reader::{Reader, location};
use crate::behaviours::stage::{Stage, created, finished, runs};
use crate::support::http::{Api, Person, plan, text, with};
use crate::support::workbook::workbook;
use acts::Bounds;
use domain::Role;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, COOKIE};
use reqwest::{Response, StatusCode};
use serde_json::json;
use std::fmt::Write as _;
use std::io::{Cursor, Read as _};
use zip::ZipArchive;

const PARTS: &str = "multipart/form-data; boundary=x";

/// A page that is there, as text.
async fn page(reader: &Reader, path: &str) -> String {
    let (status, page) = reader.get(path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {page}");
    page
}

/// Sends a file by the form of a page.
async fn sends(reader: &Reader, path: &str, name: &str, bytes: &[u8]) -> Response {
    let head = format!("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    let body = [head.as_bytes(), bytes, b"\r\n--x--\r\n"].concat();
    let request = reader.http.post(format!("{}{path}", reader.base)).header(COOKIE, &reader.cookie);
    request.header(CONTENT_TYPE, PARTS).body(body).send().await.expect("the server answers")
}

/// The id of the newest suppression of this person's.
async fn newest(person: &Person) -> String {
    let seen = person.ask("{ suppressions(first: 1) { nodes { id } } }", json!({})).await;
    text(&seen["suppressions"]["nodes"][0]["id"])
}

#[tokio::test]
async fn addresses_that_are_typed_in_are_not_written_to_and_mistakes_keep_what_was_typed() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let reader = Reader::of(&api, &ann);
    let empty = page(&reader, "/suppressions").await;
    assert!(empty.contains("Nobody is here yet.") && empty.contains("href=\"/suppressions/new\""), "{empty}");

    let before = api.events().await;
    let bad = [("emails", "left@example.com, nobody"), ("note", "<b>asked</b> by phone")];
    let answer = reader.post("/suppressions", &bad).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let form = answer.text().await.expect("a page");
    assert!(form.contains("id=\"emails-wrong\"") && form.contains("href=\"#emails\""), "{form}");
    assert!(form.contains("left@example.com, nobody") && form.contains("&#60;b&#62;asked&#60;/b&#62;"), "{form}");
    let nothing = reader.post("/suppressions", &[("emails", " \r\n,"), ("note", "")]).await;
    assert_eq!(nothing.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(api.events().await, before);

    let typed = "left@example.com\r\n \"Petrova, Anna\" <GONE@example.com>;left@EXAMPLE.com";
    let good = [("emails", typed), ("note", "<b>asked</b> by phone")];
    for _ in 0..2 {
        let answer = reader.post("/suppressions", &good).await;
        assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/suppressions"));
    }
    assert_eq!(api.events().await, before + 2, "twice is once");
    let list = page(&reader, "/suppressions").await;
    assert!(list.contains("left@example.com") && list.contains("GONE@example.com"), "{list}");
    assert!(list.contains("2 addresses") && list.contains("Added by hand"), "{list}");
    assert!(list.contains("&#60;b&#62;asked") && !list.contains("<b>asked"), "{list}");
    assert!(page(&reader, "/suppressions?search=gone").await.contains("1 address<"));
    assert!(page(&reader, "/suppressions?reason=dead").await.contains("Nothing was found."));
    assert!(page(&reader, "/clients").await.contains("href=\"/suppressions\""), "the menu leads there");
}

#[tokio::test]
async fn whoever_is_written_to_again_is_so_for_a_reason_that_stays() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let reader = Reader::of(&api, &ann);
    reader.post("/suppressions", &[("emails", "left@example.com")]).await;
    let path = format!("/suppressions/{}/lift", newest(&ann).await);
    let before = api.events().await;
    let question = page(&reader, &path).await;
    assert!(question.contains("Write to left@example.com again?"), "{question}");
    assert_eq!(api.events().await, before, "asking changes nothing");
    for reason in ["", "  ", &"x".repeat(501)] {
        let answer = reader.post(&path, &[("reason", reason)]).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{reason}");
        let form = answer.text().await.expect("a page");
        assert!(form.contains("id=\"reason-wrong\"") && form.contains(reason.trim()), "{form}");
    }
    assert_eq!(api.events().await, before);

    let answer = reader.post(&path, &[("reason", "She <i>asked</i> for it.")]).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/suppressions"));
    assert_eq!(api.events().await, before + 1);
    assert!(!page(&reader, "/suppressions").await.contains("left@example.com"), "it is in force no longer");
    for state in ["over", "all"] {
        let list = page(&reader, &format!("/suppressions?state={state}")).await;
        assert!(list.contains("left@example.com") && list.contains("by the owner"), "{list}");
        assert!(list.contains("She &#60;i&#62;asked&#60;/i&#62; for it."), "{list}");
        assert!(!list.contains("/lift\""), "there is nothing to lift any more: {list}");
    }
    let again = reader.post(&path, &[("reason", "Once more")]).await;
    assert_eq!(again.status(), StatusCode::SEE_OTHER);
    assert_eq!(api.events().await, before + 1, "twice is once");
}

#[tokio::test]
async fn a_file_brings_in_its_addresses_and_tells_of_each_row_that_has_none() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let reader = Reader::of(&api, &ann);
    let file = "email,why\r\nleft@example.com,\"<script>alert(1)</script>\"\r\nnobody,\r\nLEFT@example.com,\r\ngone@example.com,\r\n";
    let answer = sends(&reader, "/suppressions/import", "left.csv", file.as_bytes()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let told = answer.text().await.expect("a page");
    for part in [
        "<b>2</b><span>New in the list",
        "<b>1</b><span>There already",
        "<b>1</b><span>Not imported",
        "<b>4</b><span>Rows",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    assert!(told.contains("1 row cannot be used:") && told.contains("nobody"), "{told}");
    assert!(!told.contains("<script>alert"), "{told}");
    let list = page(&reader, "/suppressions?reason=imported").await;
    assert!(list.contains("gone@example.com") && list.contains("the file left.csv"), "{list}");

    let before = api.events().await;
    let again = sends(&reader, "/suppressions/import", "left.csv", file.as_bytes()).await;
    let told = again.text().await.expect("a page");
    assert!(told.contains("<b>0</b><span>New in the list"), "{told}");
    // The same, as a workbook.
    let same = workbook(&[&["email"], &["left@example.com"], &["gone@example.com"]]);
    let told = sends(&reader, "/suppressions/import", "left.xlsx", &same).await.text().await.expect("a page");
    assert!(told.contains("<b>0</b><span>New in the list") && told.contains("<b>2</b><span>There already"), "{told}");
    for (name, bytes) in
        [("empty.csv", &b""[..]), ("names.csv", b"name\r\nAnna\r\n"), ("book.xlsx", b"PK\x03\x04rubbish")]
    {
        let answer = sends(&reader, "/suppressions/import", name, bytes).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        let form = answer.text().await.expect("a page");
        assert!(form.contains("id=\"file-wrong\""), "{name}: {form}");
    }
    let nothing = reader.post("/suppressions/import", &[("x", "1")]).await;
    assert_eq!(nothing.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nothing.text().await.expect("a page").contains("Choose a file first."));
    assert_eq!(api.events().await, before);
}

#[tokio::test]
async fn a_file_that_is_larger_than_may_be_is_refused_whatever_came_of_it_before() {
    let api = Api::bounded(Bounds { file: 200_000, ..Bounds::default() }).await;
    let reader = Reader::of(&api, &api.owner("Ann").await);
    let mut rows = String::from("email\r\n");
    for number in 0..20_000 {
        let _ = write!(rows, "left.{number}@example.com\r\n");
    }
    let answer = sends(&reader, "/suppressions/import", "left.csv", rows.as_bytes()).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().await.expect("a page").contains("id=\"file-wrong\""));
}

#[tokio::test]
async fn the_list_goes_into_spreadsheets_as_far_as_it_is_narrowed() {
    let api = Api::start().await;
    let (ann, bob) = (api.owner("Ann").await, api.owner("Bob").await);
    let (reader, other) = (Reader::of(&api, &ann), Reader::of(&api, &bob));
    reader.post("/suppressions", &[("emails", "left@example.com"), ("note", "=1+1")]).await;
    sends(&reader, "/suppressions/import", "list.csv", b"email\r\ngone@example.com\r\n").await;
    other.post("/suppressions", &[("emails", "bobs@example.com")]).await;
    let file = async |path: &str| {
        let request = reader.http.get(format!("{}{path}", reader.base)).header(COOKIE, &reader.cookie);
        let response = request.send().await.expect("the server answers");
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let name = response.headers()[CONTENT_DISPOSITION].to_str().expect("text").to_owned();
        (name, response.bytes().await.expect("the file arrives").to_vec())
    };
    let (name, bytes) = file("/suppressions/export.csv").await;
    assert!(name.contains("not-written-to-2026-05-04.csv"), "{name}");
    let csv = String::from_utf8(bytes).expect("UTF-8");
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert!(csv.contains("\"'=1+1\"") && csv.contains("gone@example.com") && !csv.contains("bobs@"), "{csv}");
    let (_, bytes) = file("/suppressions/export.csv?reason=imported").await;
    let csv = String::from_utf8(bytes).expect("UTF-8");
    assert!(csv.lines().count() == 2 && csv.contains("gone@example.com"), "{csv}");

    let (name, bytes) = file("/suppressions/export.xlsx?reason=by_hand").await;
    assert!(name.contains(".xlsx"), "{name}");
    let mut archive = ZipArchive::new(Cursor::new(&bytes)).expect("a workbook is an archive");
    let names: Vec<String> = archive.file_names().map(|name| name.expect("a name").into_owned()).collect();
    let mut all = String::new();
    for name in names.iter().filter(|name| name.starts_with("xl/")) {
        archive.by_name(name).expect("it is there").read_to_string(&mut all).expect("XML is text");
    }
    assert!(all.contains("left@example.com") && !all.contains("gone@example.com"), "{all}");
    assert!(all.contains("=1+1") && !all.contains("<f>"), "a note is no formula: {all}");
}

#[tokio::test]
async fn everybody_sees_and_changes_what_is_theirs() {
    let api = Api::start().await;
    let (ann, bob) = (api.owner("Ann").await, api.owner("Bob").await);
    let (root, max) = (api.person("Root", &[Role::Administrator]).await, api.person("Max", &[Role::Manager]).await);
    let of = |person: &Person| Reader::of(&api, person);
    of(&ann).post("/suppressions", &[("emails", "anns@example.com")]).await;
    let anns = format!("/suppressions/{}/lift", newest(&ann).await);
    let before = api.events().await;
    for (person, status) in
        [(&bob, StatusCode::NOT_FOUND), (&root, StatusCode::NOT_FOUND), (&max, StatusCode::FORBIDDEN)]
    {
        let reader = of(person);
        assert_eq!(reader.get(&anns).await.0, status);
        assert_eq!(reader.post(&anns, &[("reason", "mine")]).await.status(), status);
        assert!(!reader.get("/suppressions").await.1.contains("anns@example.com"));
    }
    for person in [&ann, &max] {
        let reader = of(person);
        for path in ["/suppressions?list=installation", "/suppressions/export.csv?list=installation"] {
            assert_eq!(reader.get(path).await.0, StatusCode::FORBIDDEN, "{path}");
        }
        let answer = reader.post("/suppressions?list=installation", &[("emails", "all@example.com")]).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    }
    assert_eq!(api.events().await, before);
    assert!(!page(&of(&max), "/mailings").await.contains("href=\"/suppressions\""), "managers have no list");

    let root = of(&root);
    let answer = root.post("/suppressions?list=installation", &[("emails", "all@example.com")]).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/suppressions?list=installation"));
    let list = page(&root, "/suppressions?list=installation").await;
    assert!(list.contains("all@example.com") && !list.contains("anns@example.com"), "{list}");
    assert!(!page(&root, "/suppressions").await.contains("all@example.com"), "that is another list");
    assert!(!page(&of(&ann), "/suppressions?state=all").await.contains("all@example.com"));
    let path = list.split("href=\"").find(|part| part.contains("/lift\"")).expect("it can be lifted");
    let path = path.split('"').next().expect("an address");
    assert_eq!(of(&ann).get(path).await.0, StatusCode::NOT_FOUND);
    let answer = root.post(path, &[("reason", "It was a mistake.")]).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/suppressions?list=installation"));
}

#[tokio::test]
async fn pages_of_others_send_no_form_here() {
    let api = Api::start().await;
    let reader = Reader::of(&api, &api.owner("Ann").await);
    let before = api.events().await;
    for path in ["/suppressions", "/suppressions/import"] {
        let request = reader.http.post(format!("{}{path}", reader.base)).header(COOKIE, &reader.cookie);
        let request = request.header("origin", "https://evil.example").form(&[("emails", "x@example.com")]);
        assert_eq!(request.send().await.expect("the server answers").status(), StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(api.events().await, before);
}

#[tokio::test]
async fn why_a_letter_was_left_out_stands_beside_it_and_is_counted_in_the_run_and_in_its_report() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    let reader = Reader::of(&stage.api, &ann);
    let mut clients = Vec::new();
    for name in ["anna", "left", "gone"] {
        clients.push(ann.client(&format!("{name}@example.com"), &[]).await);
    }
    reader.post("/suppressions", &[("emails", "left@example.com")]).await;
    sends(&reader, "/suppressions/import", "list.csv", b"email\r\ngone@example.com\r\n").await;
    let message = ann.message().await;
    let mailing = created(&ann, stage.plan(&message, &json!({ "clientIds": clients }))).await;
    let engine = stage.works();
    let run = text(&runs(&finished(&ann, &mailing, 1).await)[0]["id"]);
    engine.stop().await;

    let list = page(&reader, &format!("/runs/{run}/recipients?outcome=suppressed")).await;
    assert!(list.contains("the address is not to be written to"), "{list}");
    assert!(list.contains("the address was in an imported list"), "{list}");
    assert!(!list.contains("anna@example.com"), "{list}");
    let overview = page(&reader, &format!("/runs/{run}")).await;
    assert!(overview.contains("1: the address is not to be written to"), "{overview}");
    let report = page(&reader, &format!("/reports/{run}")).await;
    assert!(report.contains("of them left out, as the address was in an imported list"), "{report}");
    assert!(report.contains("2 were left out, because their address is not written to any more."), "{report}");
    let (_, csv) = reader.get(&format!("/runs/{run}/recipients.csv?outcome=suppressed")).await;
    assert!(csv.contains("the address is not to be written to"), "{csv}");
}

#[tokio::test]
async fn a_plan_says_what_its_letters_are_where_owners_may_say_so() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let reader = Reader::of(&api, &ann);
    let (client, message) = (ann.client("anna@example.com", &[]).await, ann.message().await);
    let form = page(&reader, "/mailings/new").await;
    for part in [
        "name=\"kind\" value=\"BULK\" checked",
        "Carries an unsubscribe link",
        "For letters that the recipient has asked for, such as receipts",
    ] {
        assert!(form.contains(part), "{part} is not in {form}");
    }
    let fields = [
        ("name", "Receipts"),
        ("messageId", message.as_str()),
        ("audience.clientIds", client.as_str()),
        ("when", "later"),
        ("startsAt", "2026-06-01T09:00"),
        ("endsAt", "2026-06-02T09:00"),
        ("timeZone", "Europe/Berlin"),
        ("periodicity.kind", "ONCE"),
        ("kind", "TRANSACTIONAL"),
    ];
    let check = reader.post("/mailings/check", &fields).await.text().await.expect("a page");
    assert!(check.contains("Transactional") && check.contains("name=\"kind\" value=\"TRANSACTIONAL\""), "{check}");
    let answer = reader.post("/mailings", &fields).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let mailing = location(&answer).to_owned();
    assert!(page(&reader, &mailing).await.contains("<dd>Transactional</dd>"));
    let form = page(&reader, &format!("{mailing}/edit")).await;
    assert!(form.contains("value=\"TRANSACTIONAL\" checked"), "{form}");

    let api = Api::bounded(Bounds { transactional: false, ..Bounds::default() }).await;
    let ann = api.owner("Ann").await;
    let reader = Reader::of(&api, &ann);
    assert!(!page(&reader, "/mailings/new").await.contains("name=\"kind\""), "it is not for owners to say");
    let (client, message) = (ann.client("anna@example.com", &[]).await, ann.message().await);
    let refused = ann.fails("mailingCreate", with(plan(&message, &client), "kind", json!("TRANSACTIONAL"))).await;
    assert_eq!(refused[0].0, "TRANSACTIONAL_NOT_ALLOWED");

    // One that was planned while it was allowed.
    let receipts = format!("/mailings/{}", ann.mailing(&message, &client).await);
    assert!(!page(&reader, &receipts).await.contains("not allowed here any more"));
    let before = sqlx::query("update mailings set kind = 'transactional'").execute(&api.pool).await;
    assert_eq!(before.expect("it is written").rows_affected(), 1);
    assert!(page(&reader, &receipts).await.contains("not allowed here any more"));
    let form = page(&reader, &format!("{receipts}/edit")).await;
    assert!(form.contains("not allowed here any more") && form.contains("Make it a newsletter"), "{form}");
    assert!(form.contains("name=\"kind\" value=\"BULK\" aria"), "it stays as it is unless they say so: {form}");
}
