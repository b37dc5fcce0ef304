//! Odd requests for lists: pages that cannot be, cursors that nobody gave out, searches for what no text has, and many ids
//! at once.

use crate::support::http::{Api, Person, text};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Role;
use serde_json::{Value, json};
use uuid::Uuid;

/// Every list that has pages.
const LISTS: [&str; 8] = ["clients", "groups", "messages", "mailings", "reports", "users", "articles", "history"];

/// The same question to a list, wherever it is.
fn question(list: &str, arguments: &str) -> String {
    let page = format!("{list}{arguments} {{ nodes {{ __typename }} }}");
    if list == "history" {
        format!("query($id: ID!) {{ mailing(id: $id) {{ {page} }} }}")
    } else {
        format!("{{ {page} }}")
    }
}

#[tokio::test]
async fn a_page_that_cannot_be_is_a_bad_request_and_the_longest_one_is_not() {
    let api = Api::start().await;
    let root = api.person("Root", &[Role::Administrator]).await;
    let mailing = root.mailing(&root.message().await, &root.client("anna@example.com", &[]).await).await;
    // A moment and an id, as most lists have them, in other ages; the same and more for clients; the ends of numbers.
    let place = |micros: i64| [micros.to_be_bytes().as_slice(), Uuid::now_v7().as_bytes()].concat();
    let at = |micros: i64| URL_SAFE_NO_PAD.encode(place(micros));
    let ordered =
        |mark: u8, rest: &[u8]| URL_SAFE_NO_PAD.encode([&[mark], Uuid::now_v7().as_bytes().as_slice(), rest].concat());
    let cursors = [
        String::new(),
        "?".to_owned(),
        "AAAA".to_owned(),
        "ж".repeat(100),
        "A".repeat(20_000),
        at(i64::MIN),
        at(i64::MAX),
        at(-300_000_000_000_000_000),
        at(8_000_000_000_000_000_000),
        at(0),
        ordered(0x82, b"a\0b"),
        ordered(0x82, b"\xff"),
        ordered(0x84, "ж".as_bytes()),
        ordered(0x80, &i64::MIN.to_be_bytes()),
        ordered(0x80, &(-300_000_000_000_000_000_i64).to_be_bytes()),
        URL_SAFE_NO_PAD.encode(i64::MIN.to_be_bytes()),
        URL_SAFE_NO_PAD.encode(i64::MAX.to_be_bytes()),
    ];
    for list in LISTS {
        let ask = async |arguments: &str| root.post(&question(list, arguments), json!({ "id": mailing })).await;
        for first in
            ["0", "-1", "101", "2147483647", "-2147483648", "2147483648", "9223372036854775808", "1.5", "\"1\""]
        {
            let answer = ask(&format!("(first: {first})")).await;
            assert_eq!(answer.code(), "BAD_REQUEST", "{list} {first}: {:?}", answer.body);
        }
        for first in ["1", "100", "null"] {
            assert_eq!(ask(&format!("(first: {first})")).await.code(), "", "{list} {first}");
        }
        // Whoever makes up a cursor that could be one begins somewhere; any other is refused.
        for cursor in &cursors {
            let answer = ask(&format!("(after: \"{cursor}\")")).await;
            assert!(matches!(answer.code(), "" | "BAD_REQUEST"), "{list} {cursor}: {:?}", answer.body);
        }
        for cursor in &cursors[..5] {
            assert_eq!(ask(&format!("(after: \"{cursor}\")")).await.code(), "BAD_REQUEST", "{list} {cursor}");
        }
    }
}

#[tokio::test]
async fn what_no_text_has_is_searched_for_and_not_found() {
    let api = Api::start().await;
    let root = api.person("Root", &[Role::Administrator]).await;
    let group = root.group("G").await;
    root.mailing(&root.message().await, &root.client("anna@example.com", &[&group]).await).await;
    for search in ["a\0b", "\0", &"x".repeat(20_000), &"%".repeat(1_000), "\\", "\u{ffff}"] {
        for list in ["clients", "groups", "messages", "mailings", "users"] {
            let query =
                format!("query($s: String) {{ {list}(filter: {{ search: $s }}) {{ totalCount nodes {{ id }} }} }}");
            let answer = root.ask(&query, json!({ "s": search })).await;
            assert_eq!(answer[list], json!({ "totalCount": 0, "nodes": [] }), "{list} {search:?}");
        }
    }
    for id in ["\0", "", "x", &"9".repeat(10_000), "report.", "report.x", "00000000-0000-0000-0000-000000000000"] {
        for field in ["client", "group", "message", "mailing", "run", "delivery", "user", "node", "article"] {
            let answer =
                root.ask(&format!("query($id: ID!) {{ {field}(id: $id) {{ id }} }}"), json!({ "id": id })).await;
            assert_eq!(answer[field], json!(null), "{field} {id:?}");
        }
    }
    let slug = root.ask("query($slug: String) { article(slug: $slug) { id } }", json!({ "slug": "a\0b" })).await;
    assert_eq!(slug["article"], json!(null));
    for filter in [json!({ "groupId": "\0" }), json!({ "groupIds": ["\0", "x"] }), json!({ "notInGroupId": "x" })] {
        let query = "query($f: ClientFilter) { clients(filter: $f) { totalCount } }";
        let answer = root.post(query, json!({ "f": filter })).await;
        assert!(matches!(answer.code(), "" | "BAD_REQUEST"), "{filter}: {:?}", answer.body);
    }
}

/// As many clients of a person by a file of their own, in chunks that fit into a request.
async fn crowd(person: &Person, count: usize) {
    let addresses: Vec<String> = (0..count).map(|number| format!("c{number}@e.org\n")).collect();
    for chunk in addresses.chunks(3_000) {
        let csv = format!("email\n{}", chunk.concat());
        person.does("clientsImport", json!({ "csv": csv }), "report { imported }").await;
    }
}

async fn ids(person: &Person) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut after = Value::Null;
    loop {
        let query =
            "query($a: String) { clients(first: 100, after: $a) { nodes { id } pageInfo { endCursor hasNextPage } } }";
        let page = person.ask(query, json!({ "a": after })).await["clients"].take();
        ids.extend(page["nodes"].as_array().expect("clients").iter().map(|client| text(&client["id"])));
        if page["pageInfo"]["hasNextPage"] == false {
            return ids;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

#[tokio::test]
async fn one_request_names_a_thousand_clients_and_changes_ten_thousand_and_says_how_many_are_left() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let group = ann.group("Everybody").await;
    crowd(&ann, 10_002).await;
    let done = async |name: &str, input: Value| {
        let payload = ann.does(name, input, "changed unchanged remaining group { size }").await;
        ["changed", "unchanged", "remaining"].map(|field| payload[field].as_i64().expect("a number"))
    };
    let named = |ids: &[String]| json!({ "groupId": group, "clientIds": ids });
    let all = ids(&ann).await;
    // A thousand fit, one more does not, and whoever is named twice is one.
    assert_eq!(done("groupClientsAdd", named(&all[..1_000])).await, [1_000, 0, 0]);
    let told = ann.fails("groupClientsAdd", named(&all[..1_001])).await;
    assert_eq!(told, [("TOO_MANY_CLIENTS".to_owned(), "input.clientIds".to_owned())]);
    assert_eq!(done("groupClientsRemove", named(&vec![all[0].clone(); 1_000])).await, [1, 0, 0]);
    assert_eq!(done("groupClientsRemove", named(&all[..1_000])).await, [999, 1, 0]);

    let everybody = json!({ "groupId": group, "filter": {} });
    for name in ["groupClientsAdd", "groupClientsRemove"] {
        assert_eq!(done(name, everybody.clone()).await, [10_000, 0, 2], "{name}");
        assert_eq!(done(name, everybody.clone()).await, [2, 0, 0], "{name}");
        assert_eq!(done(name, everybody.clone()).await, [0, 0, 0], "{name}");
    }
    // Of many unknown ones each is told with its place.
    let unknown: Vec<String> = (0..1_000).map(|_| Uuid::now_v7().to_string()).collect();
    let told = ann.fails("groupClientsAdd", named(&unknown)).await;
    assert_eq!(told.len(), 1_000);
    assert_eq!(told[999], ("NOT_FOUND".to_owned(), "input.clientIds.999".to_owned()));
}
