//! One table of rights for both faces: whatever a page shows or does, the API shows or does for the same person, and whoever is
//! refused by one is refused by the other, for the same reason, and changes nothing.

use super::reader::Reader;
use crate::graphql::who::roles::everybody::{ABSENT, Everybody, NULL, STRANGER, WRONG, YES, input, mutation, outcome};
use crate::support::http::{Person, plan, text};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// Ann's things, and other people's.
struct Things {
    client: String,
    group: String,
    segment: String,
    message: String,
    mailing: String,
    run: String,
    article: String,
    ann: String,
}

impl Things {
    async fn of(everybody: &Everybody) -> Self {
        let (ann, carl) = (&everybody.ann, &everybody.columns[3]);
        let group = ann.group("Friends").await;
        let client = ann.client("anna@example.com", &[&group]).await;
        let conditions = json!([{ "test": { "addedWithin": 1 } }]);
        let segment = json!({ "name": "New ones", "conditions": conditions });
        let segment = text(&ann.does("segmentCreate", segment, "segment { id }").await["segment"]["id"]);
        let message = ann.message().await;
        let mailing = ann.mailing(&message, &client).await;
        let run = text(&ann.does("mailingStart", json!({ "id": mailing }), "run { id }").await["run"]["id"]);
        let article = carl.does("articleCreate", json!({ "title": "News", "body": "News" }), "article { id }").await;
        let article = text(&article["article"]["id"]);
        Self { client, group, segment, message, mailing, run, article, ann: ann.id.to_string() }
    }
}

/// What a page's status is in the words of the table.
fn told(status: StatusCode) -> &'static str {
    match status {
        StatusCode::OK | StatusCode::SEE_OTHER => YES,
        StatusCode::UNAUTHORIZED => STRANGER,
        StatusCode::FORBIDDEN => WRONG,
        StatusCode::NOT_FOUND => ABSENT,
        _ => "something else",
    }
}

#[tokio::test]
async fn a_page_shows_nothing_that_the_api_does_not_show_to_the_same_person() {
    let everybody = Everybody::start().await;
    let things = Things::of(&everybody).await;
    let Things { client, group, segment, message, mailing, run, article, ann } = &things;
    let lists = [STRANGER, YES, YES, WRONG, YES];
    let own = [STRANGER, YES, WRONG, WRONG, YES];
    let anns = [STRANGER, ABSENT, YES, ABSENT, YES];
    let of_one = [STRANGER, ABSENT, YES, WRONG, YES];
    let all = [YES; 5];
    for (path, query, id, expected) in [
        ("/", "{ homeStats { mailings } }", "", all),
        ("/blog", "{ articles { totalCount } }", "", all),
        ("/look", "{ homeStats { mailings } }", "", all),
        ("/log-in", "{ homeStats { mailings } }", "", all),
        ("/register", "{ homeStats { mailings } }", "", all),
        ("/recover", "{ homeStats { mailings } }", "", all),
        ("/clients", "{ clients { totalCount } }", "", lists),
        ("/groups", "{ groups { totalCount } }", "", lists),
        ("/mailings", "{ mailings { totalCount } }", "", lists),
        ("/calendar", "{ mailings { totalCount } }", "", lists),
        ("/reports", "{ reports { totalCount } }", "", lists),
        ("/feedback", "{ feedback { totalCount } }", "", lists),
        ("/feedback?mailing=ID", "query($id: ID!) { mailing(id: $id) { id } }", mailing, of_one),
        ("/feedback?run=ID", "query($id: ID!) { run(id: $id) { id } }", run, of_one),
        ("/clients/new", "{ viewer { id } }", "", own),
        ("/clients/import", "{ viewer { id } }", "", own),
        ("/clients/imports", "{ viewer { id } }", "", own),
        ("/clients/export", "{ clients { totalCount } }", "", own),
        ("/clients/export.xlsx", "{ clients { totalCount } }", "", own),
        ("/log", "{ auditLog { totalCount } }", "", [STRANGER, YES, YES, YES, YES]),
        ("/why", "{ viewer { id } }", "", lists),
        (
            "/why?email=nobody%40example.com",
            "{ deliveriesTo(email: \"nobody@example.com\") { totalCount } }",
            "",
            lists,
        ),
        (
            "/why?email=nobody%40example.com&mailing=ID",
            "query($id: ID!) { deliveriesTo(email: \"nobody@example.com\", mailingId: $id) { totalCount } }",
            mailing,
            of_one,
        ),
        ("/log/export.csv", "{ auditLog { totalCount } }", "", [STRANGER, YES, YES, YES, YES]),
        ("/log/export.jsonl", "{ auditLog { totalCount } }", "", [STRANGER, YES, YES, YES, YES]),
        ("/fields", "{ customFields { id } }", "", own),
        ("/fields/new", "{ viewer { id } }", "", own),
        ("/groups/new", "{ viewer { id } }", "", own),
        ("/segments", "{ segments { totalCount } }", "", lists),
        ("/segments/new", "{ viewer { id } }", "", own),
        ("/suppressions", "{ viewer { id } }", "", own),
        ("/suppressions/new", "{ viewer { id } }", "", own),
        ("/suppressions/import", "{ viewer { id } }", "", own),
        ("/suppressions/export.csv", "{ viewer { id } }", "", own),
        ("/suppressions/export.xlsx", "{ viewer { id } }", "", own),
        ("/suppressions?list=installation", "{ projections { name } }", "", [STRANGER, WRONG, WRONG, WRONG, YES]),
        ("/senders", "{ viewer { id } }", "", own),
        ("/senders/new", "{ viewer { id } }", "", own),
        ("/senders/verify?token=x", "{ homeStats { mailings } }", "", all),
        ("/system/domains", "{ projections { name } }", "", [STRANGER, WRONG, WRONG, WRONG, YES]),
        ("/system/domains/new", "{ projections { name } }", "", [STRANGER, WRONG, WRONG, WRONG, YES]),
        ("/u/sample", "{ homeStats { mailings } }", "", all),
        ("/mailings/new", "{ viewer { id } }", "", own),
        ("/messages/new", "{ viewer { id } }", "", [STRANGER, YES, YES, WRONG, YES]),
        ("/profile", "{ sessions { id } }", "", [STRANGER, YES, YES, YES, YES]),
        ("/users", "{ users { totalCount } }", "", [STRANGER, WRONG, YES, WRONG, YES]),
        ("/users/ID", "query($id: ID!) { user(id: $id) { id } }", ann, anns),
        ("/articles", "{ articles(scope: ALL) { totalCount } }", "", [STRANGER, WRONG, WRONG, YES, YES]),
        ("/articles/ID", "query($id: ID!) { article(id: $id) { id } }", article, [STRANGER, WRONG, WRONG, YES, YES]),
        ("/system", "{ projections { name } }", "", [STRANGER, WRONG, WRONG, WRONG, YES]),
        ("/system/intake", "{ intake { ways { via } } }", "", [STRANGER, WRONG, WRONG, WRONG, YES]),
        ("/clients/ID", "query($id: ID!) { client(id: $id) { id } }", client, anns),
        ("/clients/ID/history", "query($id: ID!) { client(id: $id) { history { totalCount } } }", client, anns),
        ("/groups/ID", "query($id: ID!) { group(id: $id) { id } }", group, anns),
        ("/segments/ID", "query($id: ID!) { segment(id: $id) { id } }", segment, anns),
        ("/messages/ID", "query($id: ID!) { message(id: $id) { id } }", message, anns),
        ("/messages/ID/preview", "query($id: ID!) { message(id: $id) { id } }", message, anns),
        ("/mailings/ID", "query($id: ID!) { mailing(id: $id) { id } }", mailing, anns),
        ("/mailings/ID/history", "query($id: ID!) { mailing(id: $id) { id } }", mailing, anns),
        ("/runs/ID", "query($id: ID!) { run(id: $id) { id } }", run, anns),
        ("/runs/ID/history", "query($id: ID!) { run(id: $id) { history { totalCount } } }", run, anns),
        ("/runs/ID/recipients", "query($id: ID!) { run(id: $id) { id } }", run, anns),
    ] {
        for (person, expected) in everybody.columns.iter().zip(expected) {
            let path = path.replace("ID", id);
            let (status, page) = Reader::of(&everybody.api, person).get(&path).await;
            assert_eq!(told(status), expected, "{path} for {}", person.id);
            let answer = outcome(&person.post(query, json!({ "id": id })).await);
            let same = match expected {
                YES => answer == YES,
                ABSENT => answer == NULL,
                // The API has an empty list for somebody without a right to own; a page says that it is not for them.
                _ => true,
            };
            assert!(same, "{path} for {}: the page says {expected}, the API {answer}", person.id);
            let refused = expected != YES;
            assert!(!(refused && page.contains("anna@example.com")), "{path} tells what it refuses");
        }
    }
}

/// What somebody does by a page, and by the API.
struct Act {
    path: String,
    fields: Vec<(&'static str, String)>,
    mutation: &'static str,
    input: Value,
}

fn act(path: &str, id: &str, fields: &[(&'static str, &str)], mutation: &'static str, input: Value) -> Act {
    let fields = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Act { path: path.replace("ID", id), fields, mutation, input }
}

#[tokio::test]
async fn whoever_is_refused_by_the_api_is_refused_by_the_page_and_changes_nothing() {
    let everybody = Everybody::start().await;
    let things = Things::of(&everybody).await;
    let Things { client, group, message, mailing, run, article, ann, .. } = &things;
    let id = |id: &str| json!({ "id": id });
    let reason = |id: &str| json!({ "id": id, "reason": "complaints" });
    let why = [("reason", "complaints")];
    let audience = json!({ "clientIds": [client] });
    let planned = json!({ "name": "x", "messageId": message, "audience": audience, "startsAt": "2026-05-04T08:00:00Z",
                          "endsAt": "2026-06-04T08:00:00Z", "periodicity": { "kind": "ONCE" } });
    assert_eq!(plan(message, client)["messageId"], planned["messageId"]);
    let acts = [
        act(
            "/clients/ID",
            client,
            &[("email", "x@example.com")],
            "clientUpdate",
            json!({ "id": client, "email": "x@example.com" }),
        ),
        act("/clients/ID/delete", client, &[], "clientDelete", id(client)),
        act(
            "/clients/ID/consent",
            client,
            &[("wording", "News")],
            "consentGive",
            json!({ "id": client, "wording": "News" }),
        ),
        act("/clients/ID/consent/withdraw", client, &[], "consentWithdraw", id(client)),
        act("/groups/ID/publish", group, &[("title", "News")], "groupPublish", json!({ "id": group, "title": "News" })),
        act("/groups/ID/unpublish", group, &[], "groupUnpublish", id(group)),
        act("/groups/ID", group, &[("name", "x")], "groupUpdate", json!({ "id": group, "name": "x" })),
        act("/groups/ID/delete", group, &[], "groupDelete", id(group)),
        act("/messages/ID/delete", message, &[], "messageDelete", id(message)),
        act("/messages/ID/share", message, &[], "messageShare", id(message)),
        act("/mailings/ID/pause", mailing, &[], "mailingPause", id(mailing)),
        act("/mailings/ID/cancel", mailing, &[], "mailingCancel", id(mailing)),
        act("/mailings/ID/delete", mailing, &[], "mailingDelete", id(mailing)),
        act("/mailings/ID/send", mailing, &[], "mailingStart", id(mailing)),
        act("/mailings/ID/disable", mailing, &why, "mailingDisable", reason(mailing)),
        act("/mailings/ID/enable", mailing, &why, "mailingEnable", reason(mailing)),
        act("/runs/ID/resend-unknown", run, &[], "runResendUnknown", id(run)),
        act("/runs/ID/accept-unknown", run, &[], "runAcceptUnknown", id(run)),
        act("/runs/ID/resend-failed", run, &[], "runResendFailed", id(run)),
        act("/users/ID/block", ann, &why, "userBlock", reason(ann)),
        act("/users/ID/unblock", ann, &why, "userUnblock", reason(ann)),
        act("/users/ID/roles/manager/grant", ann, &[], "roleGrant", json!({ "id": ann, "role": "MANAGER" })),
        act("/articles/ID/publish", article, &[], "articlePublish", id(article)),
        act("/articles/ID/delete", article, &[], "articleDelete", id(article)),
    ];
    let mut refusals = 0;
    for Act { path, fields, mutation: name, input: wanted } in acts {
        for person in &everybody.columns {
            if !is_refused(&everybody, person, name) {
                continue;
            }
            let before = everybody.api.events().await;
            let answer = outcome(&person.post(&mutation(name), input(&wanted)).await);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let status = Reader::of(&everybody.api, person).post(&path, &fields).await.status();
            assert_eq!(told(status), answer, "{path} for {}", person.id);
            assert_eq!(everybody.api.events().await, before, "{path}");
            refusals += 1;
        }
    }
    assert!(refusals > 60, "{refusals}");
}

/// Whether this person may not do this with things of Ann, by their role or because the things are not theirs.
fn is_refused(everybody: &Everybody, person: &Person, name: &str) -> bool {
    let rights = person_rights(everybody, person);
    let watches = ["mailingDisable", "mailingEnable", "userBlock", "userUnblock"].contains(&name);
    let administers = name == "roleGrant";
    let writes = name.starts_with("article");
    match rights {
        "manager" => !watches,
        "content" => !writes,
        "administrator" => !(watches || administers || writes),
        _ => true,
    }
}

fn person_rights(everybody: &Everybody, person: &Person) -> &'static str {
    let place = everybody.columns.iter().position(|one| one.id == person.id);
    ["anonymous", "owner", "manager", "content", "administrator"][place.expect("one of the columns")]
}
