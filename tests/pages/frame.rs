//! What is around every page: lists and whose rows they have, notices that name what was done, questions that keep what was typed.

use super::reader::{Reader, location};
use crate::support::http::{Api, text};
use crate::support::service::found;
use domain::Role;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE, COOKIE, ETAG, IF_NONE_MATCH, SET_COOKIE};
use serde_json::json;

#[tokio::test]
async fn the_numbers_of_an_account_lead_to_what_is_behind_them_and_to_nobody_elses() {
    let api = Api::start().await;
    let (ann, eve) = (api.owner("Ann").await, api.owner("Eve").await);
    let max = api.person("Max", &[Role::Manager]).await;
    let client = ann.client("anna@example.com", &[]).await;
    ann.mailing(&ann.message().await, &client).await;
    let evas = eve.client("eva@example.com", &[]).await;
    eve.mailing(&eve.message().await, &evas).await;

    let manager = Reader::of(&api, &max);
    let (_, page) = manager.get(&format!("/users/{}", ann.id)).await;
    for (list, anns, others) in
        [("/clients", "anna@example.com", "eva@example.com"), ("/mailings", "First letters", "")]
    {
        let address = format!("{list}?owner={}", ann.id);
        assert!(page.contains(&format!("href=\"{address}\"")), "{address} in {page}");
        let (status, page) = manager.get(&address).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("Only what belongs to ann@example.com") && page.contains(anns), "{page}");
        assert!(others.is_empty() || !page.contains(others), "{page}");
        assert!(
            page.contains(&format!("name=\"owner\" value=\"{}\"", ann.id)),
            "a search stays with the owner: {page}"
        );
        // Whoever may not see them is not told that there are any.
        for (owner, expected) in [(ann.id.to_string(), StatusCode::NOT_FOUND), (eve.id.to_string(), StatusCode::OK)] {
            let (status, page) = Reader::of(&api, &eve).get(&format!("{list}?owner={owner}")).await;
            assert_eq!(status, expected, "{list}");
            assert!(!page.contains("anna@example.com"), "{page}");
        }
        assert_eq!(manager.get(&format!("{list}?owner=nobody")).await.0, StatusCode::NOT_FOUND);
    }

    let query = "query($id: ID!) { clients(filter: { ownerId: $id }) { nodes { email } }
                                   mailings(filter: { ownerId: $id }) { totalCount } }";
    for (person, owner, clients, mailings) in [
        (&max, ann.id.to_string(), json!([{ "email": "anna@example.com" }]), 1),
        (&eve, ann.id.to_string(), json!([]), 0),
        (&eve, eve.id.to_string(), json!([{ "email": "eva@example.com" }]), 1),
        (&max, "nobody".to_owned(), json!([]), 0),
    ] {
        let seen = person.ask(query, json!({ "id": owner })).await;
        assert_eq!(
            (&seen["clients"]["nodes"], &seen["mailings"]["totalCount"]),
            (&clients, &json!(mailings)),
            "{owner}"
        );
    }
    // What is changed is one's own, whoever the filter names.
    let group = eve.group("Friends").await;
    let input = |owner: &str| json!({ "groupId": group, "filter": { "ownerId": owner } });
    for (owner, changed) in [(ann.id.to_string(), 0), (eve.id.to_string(), 1)] {
        assert_eq!(eve.does("groupClientsAdd", input(&owner), "changed").await["changed"], changed, "{owner}");
    }
}

#[tokio::test]
async fn an_empty_list_offers_its_first_step_once() {
    let api = Api::start().await;
    let (nora, carl) = (api.owner("Nora").await, api.person("Carl", &[Role::ContentManager]).await);
    for (person, list, first) in [
        (&nora, "/clients", "/clients/new"),
        (&nora, "/clients", "/clients/import"),
        (&nora, "/groups", "/groups/new"),
        (&nora, "/messages", "/messages/new"),
        (&nora, "/mailings", "/mailings/new"),
        (&carl, "/articles", "/articles/new"),
    ] {
        let (_, page) = Reader::of(&api, person).get(list).await;
        assert_eq!(page.matches(&format!("href=\"{first}\"")).count(), 1, "{list}: {page}");
        assert!(!page.contains("role=\"search\""), "there is nothing to search in: {page}");
    }
}

#[tokio::test]
async fn whoever_can_do_nothing_with_mailings_sees_no_column_for_it() {
    let api = Api::start().await;
    let (ann, max) = (api.owner("Ann").await, api.person("Max", &[Role::Manager]).await);
    ann.mailing(&ann.message().await, &ann.client("anna@example.com", &[]).await).await;
    for (person, there) in [(&ann, true), (&max, false)] {
        let (_, page) = Reader::of(&api, person).get("/mailings").await;
        assert!(page.contains("First letters"), "{page}");
        assert_eq!(page.contains("Actions</th>"), there, "{page}");
    }
}

#[tokio::test]
async fn a_notice_names_what_was_done_as_text() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let mut reader = Reader::of(&api, &ann);
    let session = reader.cookie.clone();
    let group = ann.group("Old").await;
    let mailing = ann.mailing(&ann.message().await, &ann.client("bea@example.com", &[]).await).await;
    let (of_mailing, act) = (format!("/mailings/{mailing}"), |act: &str| format!("/mailings/{mailing}/{act}"));
    for (path, fields, to, said) in [
        ("/clients".to_owned(), [("email", "anna@example.com")], "/clients", "The client anna@example.com is added."),
        (
            "/groups".to_owned(),
            [("name", "<b>Friends</b>")],
            "/groups",
            "The group “&#60;b&#62;Friends&#60;/b&#62;” is added.",
        ),
        (format!("/groups/{group}"), [("name", "New")], "/groups", "The group is called “New” now."),
        (act("pause"), [("x", "")], of_mailing.as_str(), "The mailing is paused."),
        (act("resume"), [("x", "")], of_mailing.as_str(), "The mailing goes on."),
        (act("cancel"), [("x", "")], of_mailing.as_str(), "The mailing is cancelled."),
        (act("delete"), [("x", "")], "/mailings", "The mailing is deleted."),
    ] {
        let answer = reader.post(&path, &fields).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        let told =
            answer.headers()[SET_COOKIE].to_str().expect("a cookie").split(';').next().expect("a pair").to_owned();
        reader.cookie = format!("{session}; {told}");
        let (_, page) = reader.get(to).await;
        assert!(page.contains(said), "{said} in {page}");
        reader.cookie.clone_from(&session);
        assert!(!reader.get(to).await.1.contains(said), "it is told once");
    }
}

#[tokio::test]
async fn a_reason_stays_when_the_act_is_refused() {
    let api = Api::start().await;
    let (ann, max) = (api.owner("Ann").await, api.person("Max", &[Role::Manager]).await);
    let root = api.person("Root", &[Role::Administrator]).await;
    let mailing = ann.mailing(&ann.message().await, &ann.client("anna@example.com", &[]).await).await;
    let (manager, administrator) = (Reader::of(&api, &max), Reader::of(&api, &root));
    let long = format!("Three complaints. {}", "And more. ".repeat(100));
    let refused = async |by: &Reader, path: &str, reason: &str, said: &str| {
        let answer = by.post(path, &[("reason", reason)]).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        let page = answer.text().await.expect("a page");
        assert!(page.contains(&format!("\n{reason}</textarea>")) && page.contains(said), "{path}: {page}");
    };
    let events = api.events().await;
    let at = |act: &str| format!("/mailings/{mailing}/{act}");
    refused(&manager, &at("disable"), &long, "href=\"#reason\"").await;
    refused(&manager, &format!("/users/{}/block", ann.id), &long, "href=\"#reason\"").await;
    // What stands in the way may also be something else than the reason.
    refused(&administrator, &format!("/users/{}/block", root.id), "Three complaints", "class=\"mistakes\"").await;
    assert_eq!(api.events().await, events);
    max.does("mailingDisable", json!({ "id": mailing, "reason": "x" }), "").await;
    refused(&manager, &at("enable"), &long, "href=\"#reason\"").await;
    ann.does("mailingCancel", json!({ "id": mailing }), "").await;
    refused(&manager, &at("disable"), "Three complaints", "class=\"mistakes\"").await;
    max.does("userBlock", json!({ "id": ann.id, "reason": "x" }), "").await;
    refused(&manager, &format!("/users/{}/unblock", ann.id), &long, "href=\"#reason\"").await;
}

#[tokio::test]
async fn what_is_not_disabled_is_not_enabled_and_the_page_leads_back() {
    let api = Api::start().await;
    let (ann, max) = (api.owner("Ann").await, api.person("Max", &[Role::Manager]).await);
    let mailing = ann.mailing(&ann.message().await, &ann.client("anna@example.com", &[]).await).await;
    let (manager, path) = (Reader::of(&api, &max), format!("/mailings/{mailing}/enable"));
    let events = api.events().await;
    let question = manager.http.get(api.url(&path)).header(COOKIE, &manager.cookie).send().await;
    let question = question.expect("the server answers");
    assert_eq!((question.status(), location(&question)), (StatusCode::SEE_OTHER, path.trim_end_matches("/enable")));
    // A form of before, when it was disabled, has nothing left to do.
    for reason in ["Settled", ""] {
        let answer = manager.post(&path, &[("reason", reason)]).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{reason}");
    }
    assert_eq!(Reader::of(&api, &ann).get(&path).await.0, StatusCode::FORBIDDEN);
    assert_eq!(manager.get("/mailings/nothing/enable").await.0, StatusCode::NOT_FOUND);
    assert_eq!(api.events().await, events);
}

#[tokio::test]
async fn an_import_counts_what_would_become_of_its_rows_and_then_what_has() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    ann.client("old@example.org", &[]).await;
    let reader = Reader::of(&api, &ann);
    let table = "email,full_name\nanna@example.org,Anna\nbea@example.org,Bea\nold@example.org,Old\nnobody,Nobody\n";
    let sent = reader.post("/clients/import", &[("csv", table)]).await;
    assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    let path = location(&sent).to_owned();
    let page_with = async |said: &str| {
        found(said, async || Some(reader.get(&path).await.1).filter(|page| page.contains(said))).await
    };
    let events = api.events().await;
    let page = page_with("rows in all").await;
    for count in [
        "<b class=\"good\">2</b><span>new</span>",
        "<b>1</b><span>are there already</span>",
        "<b>1</b><span>cannot be imported</span>",
        "<b>4</b><span>rows in all</span>",
        "Import 2 clients",
    ] {
        assert!(page.contains(count), "{count} is not in {page}");
    }
    assert_eq!(api.events().await, events, "nothing is written yet");

    let wishes = [("columns.0", "email"), ("columns.1", "full_name"), ("act", "import")];
    assert_eq!(reader.post(&path, &wishes).await.status(), StatusCode::SEE_OTHER);
    let page = page_with("The clients are imported").await;
    for count in ["2 clients added", "1 was there already"] {
        assert!(page.contains(count), "{count} is not in {page}");
    }
}

#[tokio::test]
async fn an_import_asks_what_people_have_agreed_to_makes_a_field_and_is_taken_back() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let reader = Reader::of(&api, &ann);
    let table = "email,Town,agreed on\nanna@example.org,Oslo,2026-05-01\nbea@example.org,,\n";
    let path = location(&reader.post("/clients/import", &[("csv", table)]).await).to_owned();
    let page_with = async |path: &str, said: &str| {
        found(said, async || Some(reader.get(path).await.1).filter(|page| page.contains(said))).await
    };
    page_with(&path, "These people have agreed").await;

    let mut form = vec![("columns.0", "email"), ("columns.1", "new"), ("columns.2", "consent_at"), ("agreed", "true")];
    let without = reader.post(&path, &form).await;
    assert_eq!(without.status(), StatusCode::UNPROCESSABLE_ENTITY, "without words it shows nothing");
    form.extend([("wording", "I want the news"), ("newGroup", "Fair"), ("mode", "add"), ("act", "import")]);
    // The columns are read otherwise than before, so that is shown first.
    assert_eq!(location(&reader.post(&path, &form).await), format!("{path}?anew=1"));
    let page = page_with(&path, "Town: Oslo").await;
    assert!(page.contains("The first rows") && page.contains("anna@example.org"), "{page}");
    let events = api.events().await;
    form[1] = ("columns.1", "field:town");
    assert_eq!(reader.post(&path, &form).await.status(), StatusCode::SEE_OTHER);
    let page = page_with(&path, "The clients are imported").await;
    assert!(page.contains("2 clients added") && page.contains("1 group made"), "{page}");
    assert!(api.events().await > events);

    let (before, _) = page.split_once("\">Take this import back").expect("a link");
    let import = before.rsplit('"').next().expect("an address").to_owned();
    assert!(import.starts_with("/clients/imports/"), "{import}");
    assert!(reader.get("/clients/imports").await.1.contains(&import));
    let asked = reader.get(&format!("{import}/undo")).await.1;
    assert!(asked.contains("The clients whom it added are removed") && asked.contains("stays as it is"), "{asked}");
    assert_eq!(reader.post(&format!("{import}/undo"), &[]).await.status(), StatusCode::SEE_OTHER);
    let page = page_with(&import, "Others had changed nothing of it").await;
    assert!(page.contains("<b>2</b><span>clients removed</span>"), "{page}");
    let left = ann.ask("{ clients { totalCount } groups { totalCount } }", json!({})).await;
    assert_eq!(left, json!({ "clients": { "totalCount": 0 }, "groups": { "totalCount": 0 } }));
    let eve = Reader::of(&api, &api.owner("Eve").await);
    assert_eq!(eve.get(&import).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn whatever_leads_nowhere_says_so_in_the_visitors_language() {
    let api = Api::start().await;
    let http = reqwest::Client::new();
    let nothing = format!("/pictures/{}", "0".repeat(64));
    for path in
        ["/nowhere", "/blog/nowhere", "/blog/%FF", "/clients/%D0", "/pictures/abc", "/pictures/%FF", nothing.as_str()]
    {
        for (language, said) in [("en", "There is no such page"), ("ru", "Такой страницы нет")] {
            let answer = http.get(api.url(path)).header(ACCEPT_LANGUAGE, language).send().await;
            let answer = answer.expect("the server answers");
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
            let page = answer.text().await.expect("a page");
            assert!(page.contains(said), "{path} in {language}: {page}");
        }
    }
}

#[tokio::test]
async fn the_icon_is_where_browsers_look_for_it() {
    let api = Api::start().await;
    let http = reqwest::Client::new();
    let icon = http.get(api.url("/favicon.ico")).send().await.expect("the server answers");
    assert_eq!(
        (icon.status(), &icon.headers()[CONTENT_TYPE]),
        (StatusCode::OK, &"image/svg+xml".parse().expect("a header"))
    );
    assert_eq!(icon.headers()[CACHE_CONTROL], "public, max-age=86400");
    let tag = icon.headers()[ETAG].clone();
    let again = http.get(api.url("/favicon.ico")).header(IF_NONE_MATCH, tag).send().await.expect("the server answers");
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_letter_says_for_how_many_clients_a_field_is_empty() {
    let api = Api::start().await;
    let (ann, eve) = (api.owner("Ann").await, api.owner("Eve").await);
    eve.client("eva@example.com", &[]).await;
    ann.client("anna@example.com", &[]).await;
    ann.does("clientCreate", json!({ "email": "nobody@example.com", "comment": " \n" }), "").await;
    let gone =
        text(&ann.does("clientCreate", json!({ "email": "gone@example.com" }), "client { id }").await["client"]["id"]);
    ann.does("clientDelete", json!({ "id": gone }), "").await;
    let letter =
        json!({ "subject": "Hello, {{first_name|friend}}", "text": "Dear {{full_name}},\n\n{{comment}} {{email}}" });
    let message = text(&ann.does("messageCreate", letter, "message { id }").await["message"]["id"]);

    let query = "query($id: ID!) { messagePreview(input: { messageId: $id }) {
        fields { name emptyFor } warnings { code field line message } } }";
    let seen = ann.ask(query, json!({ "id": message })).await["messagePreview"].take();
    assert_eq!(
        seen["fields"],
        json!([{ "name": "full_name", "emptyFor": 1 }, { "name": "first_name", "emptyFor": 1 },
               { "name": "email", "emptyFor": 0 }, { "name": "comment", "emptyFor": 2 }])
    );
    let warnings = seen["warnings"].as_array().expect("a list");
    let told: Vec<_> = warnings.iter().map(|one| (&one["code"], &one["field"], &one["line"])).collect();
    let (code, field) = (json!("MERGE_FIELD_EMPTY"), json!("text"));
    assert_eq!(told, [(&code, &field, &json!(1)), (&code, &field, &json!(3))], "a field with a fallback is no mistake");
    assert!(warnings[1]["message"].as_str().expect("a sentence").contains("(2 of 2)"), "{warnings:?}");

    let (_, page) = Reader::of(&api, &ann).get(&format!("/messages/{message}/preview")).await;
    assert!(page.contains("{{full_name}} is empty for some of your clients (1 of 2)"), "{page}");
    // Managers have no clients of their own.
    let max = api.person("Max", &[Role::Manager]).await;
    let shared = json!({ "subject": "Hello", "text": "{{comment}}", "shared": true });
    let message = text(&max.does("messageCreate", shared, "message { id }").await["message"]["id"]);
    let seen = max.ask(query, json!({ "id": message })).await["messagePreview"].take();
    assert_eq!(seen, json!({ "fields": [{ "name": "comment", "emptyFor": null }], "warnings": [] }));
}
