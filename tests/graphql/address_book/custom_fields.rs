//! Fields of an owner's own: what they are, what clients have in them, and who may do what.

use crate::graphql::who::roles::everybody::{Everybody, NULL, STRANGER, WRONG, YES, input, mutation};
use crate::support::http::{Api, Person, text};
use crate::support::service::metadata;
use domain::CustomFieldId;
use domain::custom_field::{self, CustomField, Key, Kind, Label, MAX_FIELDS};
use eventstore::Append;
use serde_json::{Value, json};

const ABSENT: &str = "CUSTOM_FIELD_NOT_FOUND";

/// What is shown of what a client has.
const SEEN: &str = "fields { definition { key } value number date yesNo }";

async fn define(person: &Person, key: &str, kind: &str) -> String {
    let new = json!({ "key": key, "label": key, "kind": kind });
    text(&person.does("customFieldDefine", new, "customField { id }").await["customField"]["id"])
}

/// Each field of a client with its value, and with the values that are of one kind only.
async fn held(person: &Person, client: &str) -> Vec<(String, String, [Value; 3])> {
    let query = format!("query($id: ID!) {{ client(id: $id) {{ {SEEN} }} }}");
    let seen = person.ask(&query, json!({ "id": client })).await["client"]["fields"].take();
    let row = |row: &Value| {
        let typed = ["number", "date", "yesNo"].map(|name| row[name].clone());
        (text(&row["definition"]["key"]), text(&row["value"]), typed)
    };
    seen.as_array().expect("a list").iter().map(row).collect()
}

fn keys(held: &[(String, String, [Value; 3])]) -> Vec<(&str, &str)> {
    held.iter().map(|(key, value, _)| (key.as_str(), value.as_str())).collect()
}

#[tokio::test]
async fn fields_are_defined_and_clients_have_values_of_their_kinds_in_them() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let new = json!({ "key": " Favourite City ", "label": " City ", "kind": "TEXT" });
    let select = "customField { id key label kind version owner { email } }";
    let city = ann.does("customFieldDefine", new, select).await["customField"].take();
    assert_eq!(
        city,
        json!({ "id": city["id"], "key": "favourite_city", "label": "City", "kind": "TEXT", "version": 1,
                "owner": { "email": "ann@example.com" } })
    );
    for (key, kind) in [("age", "NUMBER"), ("born", "DATE"), ("vip", "YES_NO")] {
        define(&ann, key, kind).await;
    }
    let listed = ann.ask("{ customFields { key kind } }", json!({})).await["customFields"].take();
    let listed: Vec<_> = listed.as_array().expect("a list").iter().map(|it| text(&it["key"])).collect();
    assert_eq!(listed, ["favourite_city", "age", "born", "vip"]);

    let fields = json!([
        { "key": "vip", "value": "yes" },
        { "key": "born", "value": "1.5.2026" },
        { "key": "AGE", "value": "18,50" },
        { "key": "favourite_city", "value": " Oslo " },
    ]);
    let new = json!({ "email": "anna@example.com", "fields": fields });
    let client = text(&ann.does("clientCreate", new, "client { id }").await["client"]["id"]);
    let typed = |number: Value, date: Value, yes: Value| [number, date, yes];
    let row = |key: &str, value: &str, values| (key.to_owned(), value.to_owned(), values);
    assert_eq!(
        held(&ann, &client).await,
        [
            row("favourite_city", "Oslo", typed(Value::Null, Value::Null, Value::Null)),
            row("age", "18.5", typed(json!(18.5), Value::Null, Value::Null)),
            row("born", "2026-05-01", typed(Value::Null, json!("2026-05-01"), Value::Null)),
            row("vip", "true", typed(Value::Null, Value::Null, json!(true))),
        ]
    );

    // What is not named stays, and nothing is no value.
    let change = json!({ "id": client, "fields": [{ "key": "age" }, { "key": "born", "value": " " },
                                                  { "key": "vip", "value": "no" }] });
    let changed = ann.does("clientUpdate", change.clone(), "client { revision version }").await;
    assert_eq!(changed["client"], json!({ "revision": 2, "version": 2 }));
    assert_eq!(keys(&held(&ann, &client).await), [("favourite_city", "Oslo"), ("vip", "false")]);
    let again = ann.does("clientUpdate", change, "client { revision version }").await;
    assert_eq!(again["client"], changed["client"], "twice is once");

    // A field that comes back has what it had, if it is of the same kind.
    let id = text(&city["id"]);
    for _ in 0..2 {
        let removed = ann.does("customFieldRemove", json!({ "id": id }), "removedId").await;
        assert_eq!(removed["removedId"], city["id"]);
    }
    assert_eq!(keys(&held(&ann, &client).await), [("vip", "false")]);
    let gone = "query($id: ID!) { customField(id: $id) { id } node(id: $id) { id } }";
    assert_eq!(ann.ask(gone, json!({ "id": id })).await, json!({ "customField": null, "node": null }));
    define(&ann, "favourite_city", "NUMBER").await;
    assert_eq!(keys(&held(&ann, &client).await), [("vip", "false")]);
    ann.does("customFieldRemove", json!({ "id": id }), "").await;
    assert_eq!(define(&ann, "favourite_city", "TEXT").await, id);
    assert_eq!(keys(&held(&ann, &client).await), [("vip", "false"), ("favourite_city", "Oslo")]);
    let renamed =
        ann.does("customFieldRename", json!({ "id": id, "label": "Town" }), "customField { label key }").await;
    assert_eq!(renamed["customField"], json!({ "label": "Town", "key": "favourite_city" }));
    let stale = ann.fails("customFieldRename", json!({ "id": id, "label": "x", "expectedVersion": 1 })).await;
    assert_eq!(stale, [("STALE_VERSION".to_owned(), "input.expectedVersion".to_owned())]);
}

#[tokio::test]
async fn everything_that_is_wrong_with_fields_is_told_at_once_and_nothing_is_written() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    define(&ann, "city", "TEXT").await;
    define(&ann, "age", "NUMBER").await;
    define(&api.owner("Bob").await, "town", "TEXT").await;
    let client = ann.client("anna@example.com", &[]).await;
    let before = api.events().await;

    let told = async |name: &str, input: Value| {
        let errors = ann.fails(name, input).await;
        errors.into_iter().map(|(code, field)| format!("{code} {field}")).collect::<Vec<_>>()
    };
    let wrong = json!([
        { "key": "town", "value": "Oslo" },
        { "key": "age", "value": "1,500" },
        { "key": "city", "value": "x".repeat(1_001) },
        { "key": "no key", "value": "" },
        { "key": "city", "value": "Oslo" },
        { "key": "CITY", "value": "Rome" },
    ]);
    let expected = [
        "CUSTOM_FIELD_NOT_FOUND input.fields.0.key",
        "CUSTOM_FIELD_VALUE_INVALID input.fields.1.value",
        "CUSTOM_FIELD_TEXT_TOO_LONG input.fields.2.value",
        "CUSTOM_FIELD_NOT_FOUND input.fields.3.key",
        "CUSTOM_FIELD_TWICE input.fields.5.key",
    ];
    assert_eq!(told("clientUpdate", json!({ "id": client, "fields": wrong })).await, expected);
    let new = told("clientCreate", json!({ "email": "nobody", "fields": wrong })).await;
    assert_eq!(new[0], "EMAIL_INVALID input.email");
    assert_eq!(new[1..], expected);
    let many: Vec<Value> = (0..=MAX_FIELDS).map(|number| json!({ "key": format!("k{number}") })).collect();
    let many = told("clientUpdate", json!({ "id": client, "fields": many })).await;
    assert_eq!(many, ["CUSTOM_FIELDS_TOO_MANY input.fields"]);

    for (key, label, expected) in [
        ("1st", "", &["CUSTOM_FIELD_KEY_INVALID input.key", "NAME_EMPTY input.label"][..]),
        ("E-mail", "a\nb", &["NAME_NOT_A_LINE input.label"]),
        ("email", "x".repeat(101).as_str(), &["CUSTOM_FIELD_KEY_RESERVED input.key", "NAME_TOO_LONG input.label"]),
        ("City", "City", &["CUSTOM_FIELD_KEY_TAKEN input.key"]),
    ] {
        let refused = told("customFieldDefine", json!({ "key": key, "label": label, "kind": "TEXT" })).await;
        assert_eq!(refused, expected, "{key}");
    }
    assert_eq!(api.events().await, before);
}

/// The key of one of many fields.
fn numbered(number: usize) -> Key {
    Key::parse(&format!("k{number}")).expect("a key")
}

#[tokio::test]
async fn an_owner_has_so_many_fields_and_no_more() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let field = |number: usize| {
        let (key, label) = (numbered(number), Label::parse("Field").expect("a label"));
        let id = CustomFieldId::derive(ann.id, &key);
        let defined = custom_field::Event::Defined { owner: ann.id, key, label, kind: Kind::Text };
        Append::begin::<CustomField>(id.0, vec![defined]).expect("an event can be written")
    };
    let fields: Vec<Append> = (0..MAX_FIELDS).map(field).collect();
    let services = &api.node.services;
    let receipt = services.store.append(&fields, &metadata()).await.expect("they are written");
    assert!(services.shown(receipt.position).await, "the read models follow");

    let one_more = json!({ "key": "one_more", "label": "One more", "kind": "DATE" });
    let full = ann.fails("customFieldDefine", one_more.clone()).await;
    assert_eq!(full, [("CUSTOM_FIELDS_TOO_MANY".to_owned(), String::new())]);
    let taken = ann.fails("customFieldDefine", json!({ "key": "k1", "label": "x", "kind": "DATE" })).await;
    assert_eq!(taken, [("CUSTOM_FIELD_KEY_TAKEN".to_owned(), "input.key".to_owned())]);
    define(&api.owner("Bob").await, "one_more", "DATE").await;

    let first = CustomFieldId::derive(ann.id, &numbered(0)).to_string();
    ann.does("customFieldRemove", json!({ "id": first }), "").await;
    ann.does("customFieldDefine", one_more, "").await;
    let listed = ann.ask("{ customFields { id } }", json!({})).await;
    assert_eq!(listed["customFields"].as_array().map(Vec::len), Some(MAX_FIELDS));
}

#[tokio::test]
async fn somebody_elses_fields_are_seen_by_those_who_watch_and_changed_by_nobody() {
    let everybody = Everybody::start().await;
    let ann = &everybody.ann;
    let field = define(ann, "city", "TEXT").await;
    let new = json!({ "email": "anna@example.com", "fields": [{ "key": "city", "value": "Oslo" }] });
    let client = text(&ann.does("clientCreate", new, "client { id }").await["client"]["id"]);

    let rights = [STRANGER, NULL, YES, NULL, YES];
    let id = json!({ "id": field });
    everybody.expect("query($id: ID!) { customField(id: $id) { label } }", &id, rights).await;
    everybody.expect("query($id: ID!) { node(id: $id) { ... on CustomField { key } } }", &id, rights).await;
    everybody.expect("{ customFields { id } }", &json!({}), [STRANGER, YES, YES, YES, YES]).await;
    let of_ann = "query($id: ID!) { customFields(ownerId: $id) { key } }";
    let [_, olga, max, carl, root] = &everybody.columns;
    for (person, seen) in [(olga, 0), (max, 1), (carl, 0), (root, 1), (ann, 1)] {
        let fields = person.ask(of_ann, json!({ "id": ann.id.to_string() })).await["customFields"].take();
        assert_eq!(fields.as_array().map(Vec::len), Some(seen), "{}", person.id);
    }
    assert_eq!(keys(&held(max, &client).await), [("city", "Oslo")]);

    for (name, fields) in
        [("customFieldRename", json!({ "id": field, "label": "x" })), ("customFieldRemove", json!({ "id": field }))]
    {
        everybody.expect(&mutation(name), &input(&fields), [STRANGER, ABSENT, WRONG, WRONG, ABSENT]).await;
    }
    let own = json!({ "email": "x@example.com", "fields": [{ "key": "city", "value": "Oslo" }] });
    everybody.expect(&mutation("clientCreate"), &input(&own), [STRANGER, ABSENT, WRONG, WRONG, ABSENT]).await;
    let new = input(&json!({ "key": "city", "label": "City", "kind": "TEXT" }));
    everybody.expect(&mutation("customFieldDefine"), &new, [STRANGER, YES, WRONG, WRONG, YES]).await;
}
