//! Segments, over HTTP alone: the editor without scripts, who is in one, and mailings to them; and the same on a narrow screen.

use super::browser::{Window, browse};
use super::reader::{Reader, hidden, location};
use crate::support::http::{Api, PASSWORD, text};
use domain::Role;
use reqwest::StatusCode;
use serde_json::json;

/// A page that is there, as text.
async fn page(reader: &Reader, path: &str) -> String {
    let (status, page) = reader.get(path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {page}");
    page
}

/// Sends a form, which is answered with this status, and returns the page.
async fn sends(reader: &Reader, path: &str, fields: &[(&str, &str)], status: StatusCode) -> String {
    let answer = reader.post(path, fields).await;
    assert_eq!(answer.status(), status, "{path}");
    answer.text().await.expect("a page")
}

/// Whether the page has the field of this name with this value.
fn has(page: &str, name: &str, value: &str) -> bool {
    page.contains(&format!("name=\"{name}\" value=\"{value}\""))
}

#[expect(clippy::too_many_lines, reason = "one way through the editor")]
#[tokio::test]
async fn conditions_are_added_and_removed_without_losing_what_was_typed_and_looked_at_before_they_are_kept() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (reader, bob) = (Reader::of(&api, &ann), Reader::of(&api, &api.owner("Bob").await));
    let max = Reader::of(&api, &api.person("Max", &[Role::Manager]).await);
    let group = ann.group("<b>Friends</b>").await;
    ann.client("ann@example.org", &[&group]).await;
    ann.client("bea@example.com", &[&group]).await;
    ann.client("eve@example.org", &[]).await;
    ann.does("customFieldDefine", json!({ "key": "city", "label": "<i>City</i>", "kind": "TEXT" }), "").await;
    let empty = page(&reader, "/segments").await;
    assert!(empty.contains("href=\"/segments/new\"") && empty.contains("saved question"), "{empty}");
    assert!(page(&reader, "/clients").await.contains("href=\"/segments\""), "the list of clients leads there");

    let blank = page(&reader, "/segments/new").await;
    let key = hidden(&blank, "idempotencyKey");
    assert!(blank.contains("value=\"FIELD.city\"") && blank.contains("&#60;i&#62;City"), "{blank}");
    let before = api.events().await;
    let ok = StatusCode::OK;
    let first = [("idempotencyKey", key.as_str()), ("name", "Org & co"), ("add", "1"), ("newKind", "TEXT")];
    let one = sends(&reader, "/segments/new", &first, ok).await;
    assert!(has(&one, "conditions.0.kind", "TEXT") && has(&one, "name", "Org &#38; co"), "{one}");
    assert_eq!(hidden(&one, "idempotencyKey"), key);
    let typed = [
        ("idempotencyKey", key.as_str()),
        ("name", "Org & co"),
        ("join", "ALL"),
        ("conditions.0.kind", "TEXT"),
        ("conditions.0.of", "email"),
        ("conditions.0.test", "ends_with"),
        ("conditions.0.text", "@example.org"),
        ("conditions.0.not", "false"),
    ];
    let more = |button: &[(&'static str, &'static str)]| [&typed[..], button].concat();
    let two = sends(&reader, "/segments/new", &more(&[("add", "1"), ("newKind", "IN_GROUP")]), ok).await;
    assert!(has(&two, "conditions.0.text", "@example.org") && has(&two, "conditions.1.kind", "IN_GROUP"), "{two}");
    assert!(two.contains("<option value=\"ends_with\" selected>"), "{two}");
    let both =
        [("conditions.1.kind", "IN_GROUP"), ("conditions.1.group", group.as_str()), ("conditions.1.not", "true")];
    let both = [&typed[..], &both].concat();
    let with = |button: (&'static str, &'static str)| [&both[..], &[button]].concat();
    let removed = sends(&reader, "/segments/new", &with(("remove", "0")), ok).await;
    assert!(has(&removed, "conditions.0.kind", "IN_GROUP") && !removed.contains("conditions.1.kind"), "{removed}");
    assert!(removed.contains(&format!("<option value=\"{group}\" selected>&#60;b&#62;Friends")), "{removed}");
    let seen = sends(&reader, "/segments/new", &with(("count", "1")), ok).await;
    assert!(
        seen.contains("1 client is in the segment as things are now.") && seen.contains("eve@example.org"),
        "{seen}"
    );
    assert!(!seen.contains("ann@example.org"), "{seen}");
    let wrong = more(&[("conditions.1.kind", "ADDED_WITHIN"), ("conditions.1.days", "soon"), ("count", "1")]);
    let wrong = sends(&reader, "/segments/new", &wrong, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(wrong.contains("href=\"#conditions.1\"") && wrong.contains("id=\"conditions.1-wrong\""), "{wrong}");
    assert!(has(&wrong, "conditions.1.days", "soon") && !wrong.contains("href=\"#conditions.0\""), "{wrong}");
    let nothing = [("idempotencyKey", key.as_str()), ("name", "")];
    let nothing = sends(&reader, "/segments", &nothing, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(nothing.contains("id=\"name-wrong\""), "{nothing}");
    assert_eq!(api.events().await, before, "nothing is kept so far");

    for _ in 0..2 {
        let answer = reader.post("/segments", &both).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert!(location(&answer).starts_with("/segments/"), "{}", location(&answer));
    }
    assert_eq!(api.events().await, before + 1, "twice is once");
    let seen = ann.ask("{ segments { nodes { id } } }", json!({})).await;
    let id = text(&seen["segments"]["nodes"][0]["id"]);
    let (path, edit) = (format!("/segments/{id}"), format!("/segments/{id}/edit"));
    let one = page(&reader, &path).await;
    for said in [
        "the address ends with “@example.org”",
        "does not belong to the group “&#60;b&#62;Friends&#60;/b&#62;”",
        "1 client<",
        "eve@example.org",
    ] {
        assert!(one.contains(said), "{said}: {one}");
    }
    assert!(one.contains("/clients/export?segment=") && !one.contains("ann@example.org"), "{one}");
    let others = page(&max, &path).await;
    assert!(others.contains("eve@example.org") && !others.contains("/edit\""), "managers look: {others}");
    for (who, status) in [(&bob, StatusCode::NOT_FOUND), (&max, StatusCode::FORBIDDEN)] {
        for path in [&edit, &format!("{path}/delete")] {
            assert_eq!(who.get(path).await.0, status, "{path}");
            assert_eq!(who.post(path, &[("name", "x")]).await.status(), status, "{path}");
        }
        assert_eq!(who.post(&path, &typed).await.status(), status);
    }
    assert_eq!(bob.get(&path).await.0, StatusCode::NOT_FOUND);

    let form = page(&reader, &edit).await;
    assert!(has(&form, "conditions.0.text", "@example.org") && form.contains("value=\"true\" selected"), "{form}");
    let version = hidden(&form, "expectedVersion");
    let change = more(&[("conditions.0.text", "@example.com")]);
    let change: Vec<(&str, &str)> =
        change.into_iter().filter(|pair| *pair != ("conditions.0.text", "@example.org")).collect();
    let change = [&change[..], &[("expectedVersion", version.as_str())]].concat();
    let answer = reader.post(&path, &change).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, path.as_str()));
    assert!(page(&reader, &path).await.contains("bea@example.com"), "who is in it follows");
    let stale = sends(&reader, &path, &change, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(stale.contains("Somebody has changed this"), "{stale}");

    let list = page(&reader, &format!("/clients?segment={id}")).await;
    assert!(
        list.contains("bea@example.com") && !list.contains("eve@example.org") && list.contains("1 client<"),
        "{list}"
    );
    let file = page(&reader, &format!("/clients/export?segment={id}")).await;
    assert!(file.contains("bea@example.com") && !file.contains("eve@example.org"), "{file}");
    assert!(!page(&bob, &format!("/clients?segment={id}")).await.contains("bea@example.com"));
}

#[tokio::test]
async fn a_mailing_goes_to_segments_and_not_to_those_who_are_ticked_to_be_left_out() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let reader = Reader::of(&api, &ann);
    let friends = ann.group("Friends").await;
    for (email, groups) in
        [("ann@example.org", vec![&*friends]), ("bob@example.org", vec![]), ("eve@example.org", vec![])]
    {
        ann.client(email, &groups).await;
    }
    let segment = async |name: &str, text: &str| {
        let test = json!({ "text": { "of": "EMAIL", "test": "CONTAINS", "text": text } });
        let new = json!({ "name": name, "conditions": [{ "test": test }] });
        let made = ann.does("segmentCreate", new, "segment { id }").await;
        made["segment"]["id"].as_str().expect("an id").to_owned()
    };
    let (everybody, eve) = (segment("Everybody", "@").await, segment("Eve alone", "eve@").await);
    let message = ann.message().await;
    let earlier = ann.mailing(&message, &ann.client("zoe@example.org", &[]).await).await;

    let form = page(&reader, &format!("/mailings/new?segment={everybody}")).await;
    let ticked = format!("name=\"audience.segmentIds\" value=\"{everybody}\" checked");
    assert!(form.contains(&ticked) && form.contains("But not") && form.contains("First letters"), "{form}");
    let plan = [
        ("name", "News"),
        ("messageId", message.as_str()),
        ("audience.segmentIds", everybody.as_str()),
        ("audience.less.groupIds", friends.as_str()),
        ("audience.less.segmentIds", eve.as_str()),
        ("audience.less.mailingIds", earlier.as_str()),
        ("when", "now"),
        ("endsAt", "2026-06-04T10:00"),
        ("timeZone", "Europe/Berlin"),
        ("periodicity.kind", "ONCE"),
        ("inDoubt", "HOLD"),
    ];
    let check = sends(&reader, "/mailings/check", &plan, StatusCode::OK).await;
    for said in
        ["<b>4 people</b>", "<b>2 people</b><span>of them are left out", "Send to 2 people now", "Eve alone", "Friends"]
    {
        assert!(check.contains(said), "{said}: {check}");
    }
    let strange = [&plan[..], &[("audience.less.segmentIds", "nothing")]].concat();
    let wrong = sends(&reader, "/mailings/check", &strange, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(wrong.contains("id=\"audience.less.segmentIds-wrong\""), "{wrong}");

    let answer = reader.post("/mailings", &plan).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let path = location(&answer).to_owned();
    assert!(page(&reader, &path).await.contains("2 people"));
    let whom = page(&reader, &format!("{path}/recipients")).await;
    for said in ["Everybody", "Eve alone", "First letters", "But not these groups", "<b>2 people</b>"] {
        assert!(whom.contains(said), "{said}: {whom}");
    }
    let edit = page(&reader, &format!("{path}/edit")).await;
    assert!(edit.contains(&format!("name=\"audience.less.mailingIds\" value=\"{earlier}\" checked")), "{edit}");

    let question = page(&reader, &format!("/segments/{eve}/delete")).await;
    assert!(question.contains("The mailing “News” names it."), "{question}");
    let refused = sends(&reader, &format!("/segments/{eve}/delete"), &[], StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(refused.contains("leaves out whoever is in it"), "{refused}");
    assert_eq!(reader.post(&format!("/segments/{everybody}/delete"), &[]).await.status(), StatusCode::SEE_OTHER);
    let gone = page(&reader, &format!("{path}/edit")).await;
    assert!(gone.contains("is deleted. It is not among those below"), "{gone}");
    let seen = ann.ask("{ segments { nodes { id } } }", json!({})).await;
    assert_eq!(text(&seen["segments"]["nodes"][0]["id"]), eve);
}

#[tokio::test]
async fn a_segment_is_made_on_a_narrow_screen() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let group = ann.group("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft").await;
    ann.client("ann@example.org", &[&group]).await;
    browse(&api.url(""), Window::DESK, async |browser| {
        browser.open("/log-in").await;
        browser.logs_in("ann@example.com", PASSWORD).await;
        browser.appears("light", 320).await;
        browser.open("/segments").await;
        browser.press("Add your first segment").await;
        browser.fill("name", "Friends").await;
        browser.choose("newKind", "IN_GROUP").await;
        browser.press("Add condition").await;
        browser.choose("conditions.0.group", &group).await;
        browser.press("Show who passes").await;
        browser.sees("1 client is in the segment").await;
        assert!(browser.overflow().await <= 0, "it fits");
        browser.press("Save segment").await;
        browser.sees("The segment “Friends” is added.").await;
        browser.sees("ann@example.org").await;
        assert!(browser.overflow().await <= 0, "it fits");
    })
    .await;
}
