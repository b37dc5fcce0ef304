//! The log as pages show it: whose events somebody sees, by which conditions, in both directions, and one by one, over HTTP alone.

use super::reader::Reader;
use crate::support::http::{Api, Person, text};
use crate::support::service::found;
use chrono::{DateTime, SecondsFormat, Utc};
use domain::client::{self, Client};
use domain::{Actor, Role};
use eventstore::{Append, Metadata};
use reqwest::StatusCode;
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A page that is there, as text.
async fn page(reader: &Reader, path: &str) -> String {
    let (status, page) = reader.get(path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {page}");
    page
}

/// The places in the log of the events that a page leads to, in their order.
fn positions(page: &str) -> Vec<i64> {
    let rest = page.split("href=\"/log/").skip(1);
    rest.filter_map(|rest| rest.split('"').next()?.parse().ok()).collect()
}

/// The place of the one event that a page leads to.
fn position(page: &str) -> i64 {
    let found = positions(page);
    assert_eq!(found.len(), 1, "{page}");
    found[0]
}

/// Where a page says that its list goes on in this direction.
fn way(page: &str, direction: &str) -> Option<String> {
    let rest = page.split(&format!("rel=\"{direction}\" href=\"")).nth(1)?;
    Some(rest.split('"').next()?.replace("&#38;", "&"))
}

#[tokio::test]
async fn everybody_sees_what_is_theirs_and_watchers_see_all_and_nothing_leaks_by_counting() {
    let api = Api::start().await;
    let (ann, eve) = (api.owner("Ann").await, api.owner("Eve").await);
    let (max, carl) = (api.person("Max", &[Role::Manager]).await, api.person("Carl", &[Role::ContentManager]).await);
    let group = ann.group("Friends").await;
    let anna = ann.client("anna@example.com", &[&group]).await;
    eve.group("Enemies").await;
    let of = |person: &Person| Reader::of(&api, person);

    let own = page(&of(&ann), "/log").await;
    for part in [
        "Ann added the client anna@example.com.",
        &format!("href=\"/clients/{anna}\">Client</a>"),
        &format!("href=\"/groups/{group}\">Group</a>"),
        "<code>127.0.0.1</code>",
        "href=\"/why\"",
        "aria-current=\"page\">Log</a>",
    ] {
        assert!(own.contains(part), "{part} is not in {own}");
    }
    assert!(!own.contains("Enemies") && !own.contains("/users/") && !own.contains("name=\"ownerId\""), "{own}");
    assert!(!own.contains("value=\"article\""), "nobody owns articles: {own}");

    let all = page(&of(&max), "/log").await;
    assert!(all.contains("Enemies") && all.contains(&format!("href=\"/users/{}\"", ann.id)), "{all}");
    assert!(all.contains("value=\"article\"") && all.contains(&format!("{} events", api.events().await)), "{all}");
    let of_ann = page(&of(&max), "/log?ownerId=ann%40example.com").await;
    assert!(of_ann.contains("Friends") && !of_ann.contains("Enemies"), "{of_ann}");
    let by_ann = page(&of(&max), &format!("/log?user={}&kind=group", ann.id)).await;
    assert!(by_ann.contains("name=\"user\" value=\"ann@example.com\"") && by_ann.contains("1 event."), "{by_ann}");

    // Somebody who owns nothing has an account with its sessions.
    let carls = page(&of(&carl), "/log").await;
    assert!(carls.contains("logged in") && !carls.contains("href=\"/why\""), "{carls}");
    assert!(!carls.contains("Friends") && !carls.contains("Enemies"), "{carls}");

    // Whatever a stranger asks, they get neither events nor numbers of somebody else.
    let added = position(&page(&of(&ann), "/log?kind=client&type=Added").await);
    let answer = ann.ask("{ auditLog(last: 1) { nodes { correlationId } } }", json!({})).await;
    let correlation = text(&answer["auditLog"]["nodes"][0]["correlationId"]);
    for path in [
        format!("/log?ownerId={}", ann.id),
        "/log?ownerId=ann%40example.com".to_owned(),
        format!("/log?actor={}", ann.id),
        "/log?user=ann%40example.com".to_owned(),
        format!("/log?objectId={anna}"),
        format!("/log?correlationId={correlation}"),
        "/log?search=anna%40example.com".to_owned(),
    ] {
        let seen = page(&of(&eve), &path).await;
        assert!(seen.contains("Nothing was found.") && positions(&seen).is_empty(), "{path}: {seen}");
        assert!(!seen.contains("event.") && !seen.contains("events."), "{path} counts: {seen}");
        assert!(!positions(&page(&of(&max), &path).await).is_empty(), "{path}");
    }
    let (known, unknown) =
        (page(&of(&eve), "/log?user=ann%40example.com").await, page(&of(&eve), "/log?user=noa%40example.com").await);
    assert_eq!(known.replace("ann%40", "noa%40"), unknown, "nobody learns which accounts there are");
    for path in [format!("/log/{added}"), format!("/clients/{anna}/history")] {
        let (status, told) = of(&eve).get(&path).await;
        assert!(status == StatusCode::NOT_FOUND && !told.contains("anna@example.com"), "{path}: {told}");
        assert_eq!(of(&max).get(&path).await.0, StatusCode::OK, "{path}");
    }
    let file = page(&of(&eve), &format!("/log/export.csv?objectId={anna}")).await;
    assert_eq!(file.lines().count(), 1, "{file}");
    for path in ["/log", "/log/1", "/why"] {
        assert_eq!(of(&api.anonymous()).get(path).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn pages_lead_to_older_and_newer_events_and_miss_none_while_more_happens() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let reader = Reader::of(&api, &ann);
    for number in 0..55 {
        ann.group(&format!("Group {number}")).await;
    }
    let first = page(&reader, "/log?kind=group").await;
    let newest = positions(&first);
    assert!(newest.len() == 50 && newest.is_sorted_by(|one, other| one > other), "{newest:?}");
    assert!(first.contains("55 events.") && way(&first, "prev").is_none() && !first.contains(">Newest</a>"), "{first}");
    assert!(first.contains("href=\"/log/export.csv?kind=group\""), "{first}");

    let second = page(&reader, &way(&first, "next").expect("there are older ones")).await;
    let oldest = positions(&second);
    assert_eq!((oldest.len(), way(&second, "next")), (5, None));
    assert!(second.contains("href=\"/log?kind=group\">Newest</a>") && !second.contains("55 events."), "{second}");
    // While somebody looks.
    ann.group("One more").await;
    let back = page(&reader, &way(&second, "prev").expect("there are newer ones")).await;
    assert_eq!(positions(&back), newest, "the same as before");
    let beyond = page(&reader, &way(&back, "prev").expect("one more")).await;
    assert_eq!(positions(&beyond).len(), 1);
    let all: BTreeSet<i64> = [newest, oldest, positions(&beyond)].concat().into_iter().collect();
    assert_eq!(all.len(), 56, "each once");
    let end = page(&reader, &format!("/log?kind=group&after={}", position(&beyond))).await;
    assert!(end.contains("no more events in this direction") && end.contains(">Newest</a>"), "{end}");
    for place in ["before=x", "before=0", "after=-1", "before=9&after=3", "after=9223372036854775808"] {
        assert_eq!(reader.get(&format!("/log?{place}")).await.0, StatusCode::NOT_FOUND, "{place}");
    }
    assert_eq!(page(&reader, "/log?kind=group&before=9223372036854775807").await.matches(">Group</a>").count(), 50);
    assert!(positions(&page(&reader, "/log?kind=group&after=9223372036854775807").await).is_empty());
}

#[tokio::test]
async fn events_are_found_by_who_did_them_what_they_are_when_they_were_and_what_they_say() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let reader = Reader::of(&api, &ann);
    let anna = ann.client("anna@example.com", &[]).await;
    ann.does("clientUpdate", json!({ "id": anna, "fullName": "Anna the Great" }), "").await;
    for (conditions, count) in [
        (format!("objectId={anna}"), 2),
        ("kind=client&type=Changed".to_owned(), 1),
        ("search=the+great".to_owned(), 1),
        ("search=%00".to_owned(), 0),
        ("actor=me&kind=client".to_owned(), 2),
        ("actor=system&kind=client".to_owned(), 0),
        ("actor=command_line&kind=client".to_owned(), 0),
        ("actor=nobody".to_owned(), 0),
        ("actor=00000000-0000-0000-0000-000000000000".to_owned(), 0),
        ("actor=00000000-0000-0000-0000-000000000001".to_owned(), 0),
        ("user=ANN%40example.com&kind=client".to_owned(), 2),
        ("kind=nonsense".to_owned(), 0),
        ("objectId=7".to_owned(), 0),
        ("kind=client&from=2999-01-01".to_owned(), 0),
        ("kind=client&from=1970-01-01&to=2999-01-01".to_owned(), 2),
        ("kind=client&to=2999-01-01T00%3A00%3A00Z".to_owned(), 2),
    ] {
        let list = page(&reader, &format!("/log?{conditions}")).await;
        assert_eq!(positions(&list).len(), count, "{conditions}: {list}");
        let file = page(&reader, &format!("/log/export.jsonl?{conditions}")).await;
        assert_eq!(file.lines().count(), count, "{conditions}: a file has the same: {file}");
    }
    // Somebody with the command line has opened her account.
    assert!(!positions(&page(&reader, "/log?actor=command_line").await).is_empty());
    for (conditions, said) in [
        ("from=yesterday", "This is no day between 1970 and 9999"),
        ("to=2026-02-30", "This is no day between 1970 and 9999"),
        ("from=2026-05-05&to=2026-05-04", "The last day is before the first one"),
    ] {
        let (status, form) = reader.get(&format!("/log?{conditions}&search=x")).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{conditions}");
        assert!(form.contains(said) && form.contains("value=\"x\""), "{conditions}: {form}");
        assert_eq!(
            reader.get(&format!("/log/export.csv?{conditions}")).await.0,
            StatusCode::BAD_REQUEST,
            "{conditions}"
        );
    }
    let typed = page(&reader, "/log?search=%3Cscript%3Ealert(1)%3C%2Fscript%3E&type=%22%3E%3Cb%3E").await;
    assert!(
        typed.contains("&#60;script&#62;") && !typed.contains("<script>alert") && !typed.contains("\"><b>"),
        "{typed}"
    );
    assert!(
        typed.contains("looked for in the nearest 50,000 events"),
        "whoever looks for a text is told how far: {typed}"
    );
}

#[tokio::test]
async fn a_time_is_shown_however_much_happened_beside_it_and_half_of_a_number_is_told_to_nobody() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let reader = Reader::of(&api, &ann);
    let anna = ann.client("anna@example.com", &[]).await;
    let (store, id) = (&api.node.services.store, anna.parse().expect("an id"));
    let comment = |number: u32| client::Event::Changed {
        email: None,
        full_name: None,
        first_name: None,
        last_name: None,
        comment: Some(number.to_string()),
    };
    let by_ann = Metadata::new(Actor::User(ann.id), Uuid::now_v7());
    // More than are looked at for a text, all within the hour by which moments and places may differ.
    for _ in 0..6 {
        let loaded = store.load::<Client>(id).await.expect("it is there");
        let append = Append::new(id, loaded, (0..10_000).map(comment).collect()).expect("events");
        let receipt = store.append(&[append], &by_ann).await.expect("they are recorded");
        found("the log shows them", async || api.node.services.shown(receipt.position).await.then_some(())).await;
    }
    ann.group("Later").await;
    let moment = async |which: &str| {
        let query = format!("select {which} from events");
        let at: DateTime<Utc> = sqlx::query_scalar(&query).fetch_one(&api.pool).await.expect("there are some");
        at.to_rfc3339_opts(SecondsFormat::Micros, true)
    };
    let first = moment("min(recorded_at) filter (where aggregate_type = 'client' and event_type = 'Changed')").await;
    let later = moment("min(recorded_at) filter (where aggregate_type = 'group')").await;

    let before = page(&reader, &format!("/log?to={first}")).await;
    assert!(before.contains("added the client anna@example.com") && !before.contains("changed the client"), "{before}");
    let after = page(&reader, &format!("/log?after=1&from={later}")).await;
    assert!(after.contains("created the group “Later”") && !after.contains("changed the client"), "{after}");
    assert_eq!(positions(&before).len(), told(&before), "and counted: {before}");

    let all = page(&reader, "/log?from=1970-01-01").await;
    assert_eq!(positions(&all).len(), 50);
    assert!(!all.contains("events."), "nobody has counted them all: {all}");
    assert!(page(&reader, "/log").await.contains("events."), "these were counted already");
}

/// How many events a page says that there are.
fn told(page: &str) -> usize {
    let said = page.split("<p class=\"soft small\">").nth(1).and_then(|said| said.split(' ').next());
    said.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no number in {page}"))
}

#[tokio::test]
async fn an_event_has_a_page_with_its_data_what_it_followed_from_and_what_followed() {
    let api = Api::start().await;
    let (ann, max) = (api.owner("Ann").await, api.person("Max", &[Role::Manager]).await);
    let (reader, watcher) = (Reader::of(&api, &ann), Reader::of(&api, &max));
    let hostile = "<script>alert(1)</script> \"'";
    let anna = ann.client("anna@example.com", &[]).await;
    ann.does("clientUpdate", json!({ "id": anna, "comment": hostile }), "").await;
    let mailing = ann.mailing(&ann.message().await, &anna).await;
    let run = text(&ann.does("mailingStart", json!({ "id": mailing }), "run { id }").await["run"]["id"]);

    let changed = position(&page(&reader, "/log?kind=client&type=Changed").await);
    let one = page(&reader, &format!("/log/{changed}")).await;
    for part in [
        "<h1 dir=\"auto\">Ann changed the client.</h1>",
        "&#60;script&#62;alert(1)&#60;/script&#62;",
        &format!("href=\"/clients/{anna}\">Client</a>"),
        &format!("href=\"/log?objectId={anna}\""),
        "href=\"/log?kind=client&#38;type=Changed\"",
        "(Europe/Berlin)",
        "<code>127.0.0.1</code>",
    ] {
        assert!(one.contains(part), "{part} is not in {one}");
    }
    assert!(!one.contains("<script>alert"), "{one}");

    let planned = position(&page(&reader, "/log?kind=mailing&type=Created").await);
    let started = position(&page(&reader, &format!("/log?objectId={run}")).await);
    let cause = page(&reader, &format!("/log/{planned}")).await;
    assert!(cause.contains(&format!("href=\"/log/{started}\"")), "it led to the run: {cause}");
    assert!(cause.contains("No event that you may see led to it."), "{cause}");
    let effect = page(&reader, &format!("/log/{started}")).await;
    assert!(effect.contains(&format!("href=\"/log/{planned}\"")), "it followed from the plan: {effect}");
    assert!(effect.contains(&format!("href=\"/runs/{run}\">Run</a>")), "{effect}");
    let course = effect.split("href=\"/log?correlationId=").nth(1).and_then(|rest| rest.split('"').next());
    let course = page(&reader, &format!("/log?correlationId={}", course.expect("it belongs to something"))).await;
    assert!(positions(&course).contains(&planned) && positions(&course).contains(&started), "{course}");
    assert!(course.contains("Only what one request set off.") && course.contains("name=\"correlationId\""), "{course}");

    // What somebody else did is told without from where, unless one watches over all.
    max.does("mailingDisable", json!({ "id": mailing, "reason": "<b>complaints</b>" }), "").await;
    let disabled = position(&page(&reader, "/log?kind=mailing&type=Disabled").await);
    let to_owner = page(&reader, &format!("/log/{disabled}")).await;
    assert!(to_owner.contains("Max disabled the mailing: &#60;b&#62;complaints&#60;/b&#62;."), "{to_owner}");
    assert!(!to_owner.contains("127.0.0.1") && !to_owner.contains("/users/"), "{to_owner}");
    let to_watcher = page(&watcher, &format!("/log/{disabled}")).await;
    assert!(to_watcher.contains("127.0.0.1") && to_watcher.contains(&format!("/users/{}\"", max.id)), "{to_watcher}");
    // What is gone has no page any more.
    let gone = ann.client("gone@example.com", &[]).await;
    ann.does("clientDelete", json!({ "id": gone }), "").await;
    let list = page(&reader, &format!("/log?objectId={gone}")).await;
    assert!(positions(&list).len() == 2 && !list.contains(&format!("/clients/{gone}")), "{list}");
    ann.does("profileUpdate", json!({ "language": "RU" }), "").await;
    let russian = page(&reader, &format!("/log/{changed}")).await;
    assert!(russian.contains("Ann: изменены данные клиента.") && russian.contains("Что к нему привело"), "{russian}");
    for place in ["0", "-1", "x", "999999999", "9223372036854775807", "9223372036854775808", "1.5"] {
        assert_eq!(watcher.get(&format!("/log/{place}")).await.0, StatusCode::NOT_FOUND, "{place}");
    }
}

#[tokio::test]
async fn clients_and_runs_have_a_history_from_their_beginning() {
    let api = Api::start().await;
    let (ann, eve) = (api.owner("Ann").await, api.owner("Eve").await);
    let reader = Reader::of(&api, &ann);
    let group = ann.group("Friends").await;
    let anna = ann.client("anna@example.com", &[]).await;
    ann.does("clientUpdate", json!({ "id": anna, "groupIds": [group] }), "").await;
    let mailing = ann.mailing(&ann.message().await, &anna).await;
    let run = text(&ann.does("mailingStart", json!({ "id": mailing }), "run { id }").await["run"]["id"]);
    let (of_client, of_run) = (format!("/clients/{anna}/history"), format!("/runs/{run}/history"));

    let history = page(&reader, &of_client).await;
    let places = positions(&history);
    assert!(places.len() == 2 && places.is_sorted(), "the oldest first: {history}");
    assert!(history.contains("added the client anna@example.com") && history.contains("into a group"), "{history}");
    let history = page(&reader, &of_run).await;
    assert!(
        history.contains("Ann started the run planned for") && history.contains(&format!("{of_run}?parts=yes")),
        "{history}"
    );
    assert_eq!(
        positions(&page(&reader, &format!("{of_run}?parts=yes")).await),
        positions(&history),
        "it has no parts yet"
    );
    for (path, link) in [
        (format!("/clients/{anna}"), of_client.clone()),
        (format!("/clients/{anna}"), "/why?email=anna%40example.com".to_owned()),
        (format!("/runs/{run}"), of_run.clone()),
        (format!("/groups/{group}"), format!("/log?objectId={group}")),
        (format!("/mailings/{mailing}/recipients"), format!("/why?mailing={mailing}")),
        (format!("/mailings/{mailing}/history"), format!("/log/{}", positions(&history)[0])),
    ] {
        let shown = page(&reader, &path).await;
        assert!(shown.contains(&format!("href=\"{link}\"")), "{path} does not lead to {link}: {shown}");
    }
    for path in [of_client.as_str(), of_run.as_str(), "/runs/x/history", "/clients/x/history"] {
        assert_eq!(Reader::of(&api, &eve).get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(reader.get(&format!("{of_client}?after=x")).await.0, StatusCode::NOT_FOUND);
    let query = "query($id: ID!) { client(id: $id) { history { totalCount } } }";
    let told = ann.ask(query, json!({ "id": anna })).await;
    assert_eq!(told["client"]["history"]["totalCount"], places.len(), "the API tells the same");
}
