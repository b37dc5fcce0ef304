//! Lists: searched, filtered, ordered, and groups filled and emptied at once.

use crate::support::http::{Api, Person, plan, text, with};
use serde_json::{Value, json};

const CLIENTS: &str = "query($after: String, $filter: ClientFilter, $order: ClientOrder) {
    clients(first: 3, after: $after, filter: $filter, orderBy: $order) {
        totalCount nodes { email } pageInfo { hasNextPage endCursor } } }";

async fn client(person: &Person, email: &str, name: &str, comment: &str, groups: &[&str]) -> String {
    let input = json!({ "email": email, "fullName": name, "comment": comment, "groupIds": groups });
    text(&person.does("clientCreate", input, "client { id }").await["client"]["id"])
}

/// All addresses of a list, page by page, up to the `@`.
async fn listed(person: &Person, filter: Value, order: Value) -> Vec<String> {
    let (mut after, mut all, mut total) = (Value::Null, Vec::new(), 0);
    loop {
        let page = person.ask(CLIENTS, json!({ "after": after, "filter": filter, "order": order })).await;
        let page = &page["clients"];
        let nodes = page["nodes"].as_array().expect("nodes");
        all.extend(nodes.iter().map(|node| text(&node["email"]).split('@').next().unwrap_or_default().to_owned()));
        total = total.max(page["totalCount"].as_u64().expect("a number"));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            assert_eq!(total, all.len() as u64, "{filter} {order}");
            return all;
        }
    }
}

async fn address_book(person: &Person) -> (String, String) {
    let (friends, family) = (person.group("Friends").await, person.group("Family").await);
    for (email, name, comment, groups) in [
        ("delta", "Вера", "", &[&*friends][..]),
        ("Alpha", "борис", "likes 100% wool", &[&*friends, &*family]),
        ("charlie", "Борис", "", &[]),
        ("bravo", "Анна", "met_at fair", &[&*family]),
        ("Echo", "", "", &[&*friends]),
        ("foxtrot", "", "ALPHA's brother", &[]),
        ("golf", "Вера", "", &[]),
    ] {
        client(person, &format!("{email}@example.com"), name, comment, groups).await;
    }
    (friends, family)
}

#[tokio::test]
async fn clients_are_searched_and_filtered() {
    let api = Api::start().await;
    let (ann, eve) = (api.owner("Ann").await, api.owner("Eve").await);
    let (friends, family) = address_book(&ann).await;
    for (filter, expected) in [
        (json!({ "search": "alpha" }), vec!["Alpha", "foxtrot"]),
        (json!({ "search": "ВЕРА" }), vec!["delta", "golf"]),
        (json!({ "search": "100%" }), vec!["Alpha"]),
        (json!({ "search": "t_a" }), vec!["bravo"]),
        (json!({ "search": "%" }), vec!["Alpha"]),
        (json!({ "groupIds": [friends, family] }), vec!["delta", "Alpha", "bravo", "Echo"]),
        (json!({ "groupIds": [] }), vec![]),
        (json!({ "notInGroupId": friends }), vec!["charlie", "bravo", "foxtrot", "golf"]),
        (json!({ "groupId": friends, "notInGroupId": family }), vec!["delta", "Echo"]),
        (json!({ "groupId": family, "search": "анна" }), vec!["bravo"]),
        (json!({ "groupIds": ["no id"] }), vec![]),
    ] {
        assert_eq!(listed(&ann, filter.clone(), Value::Null).await, expected, "{filter}");
    }
    // Of a group that is not there, or not theirs, nobody can tell who does not belong to it either.
    let former = ann.group("Former").await;
    ann.client("former@example.com", &[&former]).await;
    ann.does("groupDelete", json!({ "id": former }), "").await;
    eve.client("eva@example.com", &[]).await;
    for (person, unknown) in [(&eve, &friends), (&ann, &former), (&ann, &"no id".to_owned())] {
        for filter in
            [json!({ "groupId": unknown }), json!({ "groupIds": [unknown] }), json!({ "notInGroupId": unknown })]
        {
            assert!(listed(person, filter.clone(), Value::Null).await.is_empty(), "{filter}");
        }
    }
    let filter = json!({ "groupIds": [former, family], "search": "анна" });
    assert_eq!(listed(&ann, filter, Value::Null).await, ["bravo"]);
}

#[tokio::test]
async fn clients_are_ordered_and_a_cursor_goes_with_its_order() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    address_book(&ann).await;
    let by = |key: &str, direction: &str| json!({ "by": key, "direction": direction });
    let by_email = vec!["Alpha", "bravo", "charlie", "delta", "Echo", "foxtrot", "golf"];
    // Of those with the same name in any case, the older one comes first.
    let by_name = vec!["Echo", "foxtrot", "bravo", "Alpha", "charlie", "delta", "golf"];
    let by_time = vec!["delta", "Alpha", "charlie", "bravo", "Echo", "foxtrot", "golf"];
    for (key, expected) in [("EMAIL", by_email), ("FULL_NAME", by_name), ("CREATED_AT", by_time)] {
        assert_eq!(listed(&ann, json!({}), json!({ "by": key })).await, expected, "{key}");
        let mut backwards = expected.clone();
        backwards.reverse();
        assert_eq!(listed(&ann, json!({}), by(key, "DESCENDING")).await, backwards, "{key}");
        let some: Vec<_> = expected.iter().filter(|email| email.ends_with('a')).copied().collect();
        assert_eq!(listed(&ann, json!({ "search": "a@" }), by(key, "ASCENDING")).await, some);
    }

    let first = ann.ask(CLIENTS, json!({ "order": by("EMAIL", "ASCENDING") })).await;
    let cursor = &first["clients"]["pageInfo"]["endCursor"];
    for order in [Value::Null, by("EMAIL", "DESCENDING"), by("FULL_NAME", "ASCENDING")] {
        let answer = ann.post(CLIENTS, json!({ "after": cursor, "order": order })).await;
        assert_eq!(answer.code(), "BAD_REQUEST", "{order}");
    }
    let of_groups = ann.ask("{ groups { pageInfo { endCursor } } }", json!({})).await;
    let cursor = &of_groups["groups"]["pageInfo"]["endCursor"];
    assert_eq!(ann.post(CLIENTS, json!({ "after": cursor })).await.code(), "BAD_REQUEST");
}

#[tokio::test]
async fn search_finds_what_is_the_same_to_people() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    for (email, name, comment) in [
        ("zoe", "Zoe\u{301} Petit", ""),
        ("elka", "Ёлкина Алёна", ""),
        ("moj", "Мой Андрей", ""),
        ("street", "", "Hauptstraße 1"),
        ("ist", "Işıl", "İstanbul"),
        ("wide", "ＡＢＣ 50％", "Łódź, Ærø"),
    ] {
        client(&ann, &format!("{email}@example.com"), name, comment, &[]).await;
    }
    client(&ann, "xn@Пример.рф", "", "", &[]).await;
    for (search, expected) in [
        ("Zoé", vec!["zoe"]),
        ("ZOE\u{301}", vec!["zoe"]),
        ("zoe p", vec!["zoe"]),
        ("елкина", vec!["elka"]),
        ("АЛЁНА", vec!["elka"]),
        ("Е\u{308}ЛК", vec!["elka"]),
        ("мои\u{306}", vec!["moj"]),
        ("мои", vec![]),
        ("strasse", vec!["street"]),
        ("STRAẞE", vec!["street"]),
        ("istanbul", vec!["ist"]),
        ("ISTANBUL", vec!["ist"]),
        ("ışıl", vec!["ist"]),
        ("isil", vec!["ist"]),
        ("abc 50%", vec!["wide"]),
        ("lodz", vec!["wide"]),
        ("aero", vec!["wide"]),
        ("％", vec!["wide"]),
        ("Xn@XN--e1afmkfd.xn--p1ai", vec!["xn"]),
        ("пример.рф", vec!["xn"]),
        ("_", vec![]),
    ] {
        assert_eq!(listed(&ann, json!({ "search": search }), Value::Null).await, expected, "{search}");
    }
    ann.group("Друзья Алёны").await;
    ann.does("messageCreate", json!({ "subject": "Ёлка", "text": "Cafe\u{301} und Straße" }), "message { id }").await;
    for (search, groups, messages) in
        [("алены", 1, 0), ("елка", 0, 1), ("CAFÉ", 0, 1), ("strasse", 0, 1), ("друзья", 1, 0), ("nothing", 0, 0)]
    {
        let query = "query($s: String) { groups(filter: { search: $s }) { totalCount nodes { name } }
                                         messages(filter: { search: $s }) { totalCount nodes { subject } } }";
        let found = ann.ask(query, json!({ "s": search })).await;
        let counts = (&found["groups"]["totalCount"], &found["messages"]["totalCount"]);
        assert_eq!(counts, (&json!(groups), &json!(messages)), "{search}: {found}");
    }
}

#[tokio::test]
async fn groups_messages_and_mailings_are_searched_and_filtered() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    ann.group("Лучшие друзья").await;
    ann.group("100% family").await;
    let groups = "query($search: String) { groups(filter: { search: $search }) { totalCount nodes { name } } }";
    for (search, expected) in [("ДРУЗЬЯ", vec!["Лучшие друзья"]), ("0% f", vec!["100% family"]), ("_", vec![])]
    {
        let found = ann.ask(groups, json!({ "search": search })).await["groups"].take();
        let names: Vec<_> = expected.iter().map(|name| json!({ "name": name })).collect();
        assert_eq!(found, json!({ "totalCount": names.len(), "nodes": names }), "{search}");
    }

    let (spring, autumn) = (ann.message().await, ann.message().await);
    ann.does("messageUpdate", json!({ "id": autumn, "subject": "Осень", "text": "Leaves fall" }), "").await;
    let messages = "query($search: String) { messages(filter: { search: $search }) { totalCount nodes { id } } }";
    for (search, expected) in [("осень", &autumn), ("LEAVES", &autumn), ("dear", &spring)] {
        let found = ann.ask(messages, json!({ "search": search })).await["messages"].take();
        // What an old revision said is not found.
        assert_eq!(found, json!({ "totalCount": 1, "nodes": [{ "id": expected }] }), "{search}");
    }

    let anna = ann.client("anna@example.com", &[]).await;
    let a_mailing = |name: &str, message: &str| with(plan(message, &anna), "name", json!(name));
    let dated = |plan, starts: &str, ends: &str| with(with(plan, "startsAt", json!(starts)), "endsAt", json!(ends));
    let (may, june) = ("2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z");
    for plan in [
        dated(a_mailing("Весна", &spring), may, "2026-05-10T00:00:00Z"),
        dated(a_mailing("Summer", &spring), june, "2026-07-01T00:00:00Z"),
        a_mailing("Paused", &autumn),
        a_mailing("Cancelled", &autumn),
    ] {
        let name = text(&plan["name"]);
        let made = ann.does("mailingCreate", plan, "mailing { id }").await["mailing"]["id"].take();
        match name.as_str() {
            "Paused" => ann.does("mailingPause", json!({ "id": made }), "").await,
            "Cancelled" => ann.does("mailingCancel", json!({ "id": made }), "").await,
            "Весна" => ann.does("mailingStart", json!({ "id": made }), "").await,
            _ => Value::Null,
        };
    }
    let mailings = "query($filter: MailingFilter) { mailings(filter: $filter) { totalCount nodes { name status } } }";
    for (filter, expected) in [
        (json!({}), vec!["Cancelled", "Paused", "Summer", "Весна"]),
        (json!({ "search": "вес" }), vec!["Весна"]),
        (json!({ "search": "ве\u{308}с" }), vec!["Весна"]),
        (json!({ "search": "ÉD" }), vec!["Cancelled", "Paused"]),
        (json!({ "status": ["RUNNING"] }), vec!["Весна"]),
        (json!({ "status": ["CREATED", "PAUSED"] }), vec!["Paused", "Summer"]),
        (json!({ "status": ["COMPLETED", "DISABLED"] }), vec![]),
        (json!({ "status": [] }), vec![]),
        (json!({ "messageId": autumn }), vec!["Cancelled", "Paused"]),
        (json!({ "messageId": "no id" }), vec![]),
        (json!({ "window": { "from": "2026-06-04T08:00:00Z" } }), vec!["Summer"]),
        (json!({ "window": { "to": "2026-05-03T00:00:00Z" } }), vec!["Весна"]),
        (json!({ "window": { "from": may, "to": june }, "search": "s" }), vec!["Paused"]),
    ] {
        let found = ann.ask(mailings, json!({ "filter": filter })).await["mailings"].take();
        let names: Vec<_> = found["nodes"].as_array().expect("nodes").iter().map(|one| text(&one["name"])).collect();
        assert_eq!(names, expected, "{filter}");
        assert_eq!(found["totalCount"], expected.len());
    }
    let odd = json!({ "filter": { "window": { "from": "yesterday" } } });
    assert_eq!(ann.post(mailings, odd).await.code(), "BAD_REQUEST");
}

#[tokio::test]
async fn a_window_that_has_ended_completes_its_mailing_in_lists_too() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (message, anna) = (ann.message().await, ann.client("anna@example.com", &[]).await);
    let plan = with(plan(&message, &anna), "endsAt", json!("2026-05-04T10:00:00Z"));
    ann.does("mailingCreate", plan, "").await;
    let counts = "{ created: mailings(filter: { status: CREATED }) { totalCount }
                    completed: mailings(filter: { status: COMPLETED }) { totalCount nodes { status } } }";
    assert_eq!(ann.ask(counts, json!({})).await["created"]["totalCount"], 1);
    api.clock.advance(chrono::TimeDelta::hours(2));
    let later = ann.ask(counts, json!({})).await;
    assert_eq!(later["created"]["totalCount"], 0);
    assert_eq!(later["completed"], json!({ "totalCount": 1, "nodes": [{ "status": "COMPLETED" }] }));
}
