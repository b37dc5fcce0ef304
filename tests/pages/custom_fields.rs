//! Fields of an owner's own, over HTTP alone: the list, the forms, and what the form of a client has for them.

use super::reader::{Reader, hidden, location};
use crate::support::http::{Api, text};
use domain::Role;
use reqwest::StatusCode;
use serde_json::json;

/// A page that is there, as text.
async fn page(reader: &Reader, path: &str) -> String {
    let (status, page) = reader.get(path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {page}");
    page
}

/// Sends a form that is right, which leads to this page.
async fn does(reader: &Reader, path: &str, fields: &[(&str, &str)], to: &str) {
    let answer = reader.post(path, fields).await;
    let (status, led) = (answer.status(), location(&answer).to_owned());
    let said = answer.text().await.expect("a page");
    assert_eq!((status, led.as_str()), (StatusCode::SEE_OTHER, to), "{path}: {said}");
}

/// Sends a form with something wrong, and returns the page that says so.
async fn fails(reader: &Reader, path: &str, fields: &[(&str, &str)]) -> String {
    let answer = reader.post(path, fields).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    answer.text().await.expect("a page")
}

#[tokio::test]
async fn a_field_is_added_renamed_and_removed_by_its_owner_and_by_nobody_else() {
    let api = Api::start().await;
    let (ann, bob) = (api.owner("Ann").await, Reader::of(&api, &api.owner("Bob").await));
    let (reader, max) = (Reader::of(&api, &ann), Reader::of(&api, &api.person("Max", &[Role::Manager]).await));
    let empty = page(&reader, "/fields").await;
    assert!(empty.contains("no fields of your own yet") && empty.contains("href=\"/fields/new\""), "{empty}");
    assert!(page(&reader, "/clients").await.contains("href=\"/fields\""), "the list of clients leads there");

    let before = api.events().await;
    let bad = fails(&reader, "/fields", &[("label", "<b>City</b>"), ("key", "1st"), ("kind", "text")]).await;
    assert!(bad.contains("id=\"key-wrong\"") && bad.contains("value=\"&#60;b&#62;City&#60;/b&#62;\""), "{bad}");
    let strange = fails(&reader, "/fields", &[("label", ""), ("key", "city"), ("kind", "colour")]).await;
    assert!(strange.contains("id=\"kind-wrong\"") && strange.contains("value=\"city\""), "{strange}");
    assert_eq!(api.events().await, before);

    let new = [("label", "<b>City</b>"), ("key", "Home city"), ("kind", "text")];
    does(&reader, "/fields", &new, "/fields").await;
    let list = page(&reader, "/fields").await;
    assert!(list.contains("1 field<") && list.contains("&#60;b&#62;City&#60;/b&#62;"), "{list}");
    assert!(list.contains("<code>{{home_city}}</code>") && list.contains(">Text<"), "{list}");
    assert!(fails(&reader, "/fields", &new).await.contains("id=\"key-wrong\""), "there is one with this key");

    let seen = ann.ask("{ customFields { id } }", json!({})).await;
    let path = format!("/fields/{}", text(&seen["customFields"][0]["id"]));
    assert!(list.contains(&format!("href=\"{path}\"")), "{list}");
    let form = page(&reader, &path).await;
    let version = hidden(&form, "expectedVersion");
    assert!(form.contains("{{home_city}}") && !form.contains("name=\"key\""), "{form}");
    does(&reader, &path, &[("label", "Town"), ("expectedVersion", &version)], &path).await;
    let stale = fails(&reader, &path, &[("label", "Village"), ("expectedVersion", &version)]).await;
    assert!(stale.contains("Somebody has changed this") && stale.contains("value=\"Village\""), "{stale}");
    let before = api.events().await;
    for (reader, status) in [(&bob, StatusCode::NOT_FOUND), (&max, StatusCode::FORBIDDEN)] {
        for path in [path.clone(), format!("{path}/remove")] {
            assert_eq!(reader.get(&path).await.0, status, "{path}");
            assert_eq!(reader.post(&path, &[("label", "x")]).await.status(), status, "{path}");
        }
    }
    assert_eq!(reader.get("/fields/nothing").await.0, StatusCode::NOT_FOUND);
    let question = page(&reader, &format!("{path}/remove")).await;
    assert!(question.contains("Remove the field “Town”?"), "{question}");
    assert_eq!(api.events().await, before, "asking changes nothing");
    does(&reader, &format!("{path}/remove"), &[], "/fields").await;
    assert_eq!(reader.get(&path).await.0, StatusCode::NOT_FOUND);
    assert!(page(&reader, "/fields").await.contains("no fields of your own yet"));
}

#[tokio::test]
async fn the_form_of_a_client_has_the_fields_of_the_owner_and_files_have_their_columns() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (reader, max) = (Reader::of(&api, &ann), Reader::of(&api, &api.person("Max", &[Role::Manager]).await));
    for (key, label, kind) in
        [("city", "City", "text"), ("age", "Age", "number"), ("born", "Birthday", "date"), ("vip", "Friend", "yes_no")]
    {
        does(&reader, "/fields", &[("key", key), ("label", label), ("kind", kind)], "/fields").await;
    }
    let blank = page(&reader, "/clients/new").await;
    for input in ["id=\"fields.city\"", "inputmode=decimal", "type=date", "<select id=\"fields.vip\""] {
        assert!(blank.contains(input), "{input}: {blank}");
    }

    let key = hidden(&blank, "idempotencyKey");
    let mut typed = [
        ("idempotencyKey", key.as_str()),
        ("email", "anna@example.com"),
        ("fields.city", "=Oslo"),
        ("fields.age", "eighteen"),
        ("fields.born", "2026-05-01"),
        ("fields.vip", "true"),
    ];
    let before = api.events().await;
    let wrong = fails(&reader, "/clients", &typed).await;
    assert!(wrong.contains("id=\"fields.age-wrong\"") && wrong.contains("href=\"#fields.age\""), "{wrong}");
    assert!(
        wrong.contains("value=\"eighteen\"") && wrong.contains("value=\"=Oslo\""),
        "what was typed is kept: {wrong}"
    );
    assert!(wrong.contains("<option value=\"true\" selected>"), "{wrong}");
    let strange = [("email", "anna@example.com"), ("fields.town", "Oslo")];
    assert!(fails(&reader, "/clients", &strange).await.contains("class=\"mistakes\""));
    assert_eq!(api.events().await, before);

    typed[3].1 = "18,5";
    does(&reader, "/clients", &typed, "/clients").await;
    let seen = ann.ask("{ clients { nodes { id fields { value } } } }", json!({})).await["clients"]["nodes"][0].take();
    let values = json!([{ "value": "=Oslo" }, { "value": "18.5" }, { "value": "2026-05-01" }, { "value": "true" }]);
    assert_eq!(seen["fields"], values);
    let path = format!("/clients/{}", text(&seen["id"]));
    let form = page(&reader, &path).await;
    assert!(form.contains("value=\"18.5\"") && form.contains("value=\"2026-05-01\""), "{form}");
    let shown = page(&max, &path).await;
    assert!(shown.contains("Birthday") && shown.contains("1 May 2026") && !shown.contains("fields.born"), "{shown}");

    // A form that is saved as it was changes nothing, and an empty line is no value.
    let before = api.events().await;
    let same = [
        ("email", "anna@example.com"),
        ("fields.city", "=Oslo"),
        ("fields.age", "18.5"),
        ("fields.born", "2026-05-01"),
        ("fields.vip", "true"),
    ];
    does(&reader, &path, &same, &path).await;
    assert_eq!(api.events().await, before);
    does(&reader, &path, &[("email", "anna@example.com"), ("fields.age", ""), ("fields.vip", "")], &path).await;
    assert_eq!(api.events().await, before + 1);

    let file = page(&reader, "/clients/export").await;
    assert!(
        file.starts_with("\u{feff}\"email\",") && file.contains(",\"groups\",\"city\",\"age\",\"born\",\"vip\"\r\n"),
        "{file}"
    );
    assert!(file.contains(",\"'=Oslo\",\"\",\"2026-05-01\",\"\"\r\n"), "{file}");
}
