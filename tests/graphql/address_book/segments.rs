//! Segments: what they ask, who is in them, and mailings to them.

use crate::graphql::who::roles::everybody::{Everybody, NULL, STRANGER, WRONG, YES, input, mutation};
use crate::support::http::{Api, Person, plan, text, with};
use serde_json::{Value, json};

/// A condition that the address ends so.
fn ends_with(text: &str) -> Value {
    json!({ "test": { "text": { "of": "EMAIL", "test": "ENDS_WITH", "text": text } } })
}

async fn segment(person: &Person, name: &str, conditions: Value) -> String {
    let new = json!({ "name": name, "conditions": conditions });
    text(&person.does("segmentCreate", new, "segment { id }").await["segment"]["id"])
}

/// The addresses of who is in a segment.
async fn members(person: &Person, id: &str) -> Vec<String> {
    let query =
        "query($id: ID!) { segment(id: $id) { clients(first: 50, orderBy: { by: EMAIL }) { nodes { email } } } }";
    let seen = person.ask(query, json!({ "id": id })).await["segment"]["clients"]["nodes"].take();
    seen.as_array().expect("a list").iter().map(|row| text(&row["email"])).collect()
}

/// What is wrong, each with where it is.
async fn told(person: &Person, name: &str, input: Value) -> Vec<String> {
    person.fails(name, input).await.into_iter().map(|(code, field)| format!("{code} {field}")).collect()
}

#[tokio::test]
async fn a_segment_tells_what_it_asks_and_who_is_in_it() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let group = ann.group("Friends").await;
    for (email, groups) in
        [("ann@example.org", vec![&*group]), ("bob@example.org", vec![]), ("eve@example.com", vec![&*group])]
    {
        ann.client(email, &groups).await;
    }
    let mailing = ann.mailing(&ann.message().await, &ann.client("zoe@example.com", &[]).await).await;
    ann.does("customFieldDefine", json!({ "key": "age", "label": "Age", "kind": "NUMBER" }), "").await;

    // Every kind of condition is told as it was written.
    let all = json!([
        { "test": { "inGroup": group }, "not": true },
        ends_with("@EXAMPLE.org"),
        { "test": { "field": { "key": "AGE", "test": "AT_LEAST", "value": "18,50" } } },
        { "test": { "field": { "key": "age", "test": "KNOWN" } }, "not": true },
        { "test": { "consent": { "state": "CONFIRMED" } } },
        { "test": { "consent": { "topicId": group, "state": "WITHDRAWN" } } },
        { "test": { "acceptedMailing": mailing } },
        { "test": { "acceptedWithin": 90 } },
        { "test": { "addedWithin": 30 }, "not": true },
    ]);
    let select = "segment { id name join version conditions {
        kind not group { name } textOf textTest text field fieldTest value topic { name } consentToAll consent mailing { id } days } }";
    let new = json!({ "name": "Everything", "join": "ANY", "conditions": all });
    let made = ann.does("segmentCreate", new, select).await["segment"].take();
    assert_eq!((&made["name"], &made["join"], &made["version"]), (&json!("Everything"), &json!("ANY"), &json!(1)));
    let there = |condition: &Value| -> Value {
        let there = condition.as_object().expect("a condition").iter().filter(|(_, value)| !value.is_null());
        there.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let conditions: Vec<Value> = made["conditions"].as_array().expect("a list").iter().map(there).collect();
    assert_eq!(
        conditions,
        [
            json!({ "kind": "IN_GROUP", "not": true, "group": { "name": "Friends" } }),
            json!({ "kind": "TEXT", "not": false, "textOf": "EMAIL", "textTest": "ENDS_WITH", "text": "@EXAMPLE.org" }),
            json!({ "kind": "FIELD", "not": false, "field": "age", "fieldTest": "AT_LEAST", "value": "18.5" }),
            json!({ "kind": "FIELD", "not": true, "field": "age", "fieldTest": "KNOWN" }),
            json!({ "kind": "CONSENT", "not": false, "consentToAll": true, "consent": "CONFIRMED" }),
            json!({ "kind": "CONSENT", "not": false, "consentToAll": false, "topic": { "name": "Friends" }, "consent": "WITHDRAWN" }),
            json!({ "kind": "ACCEPTED_MAILING", "not": false, "mailing": { "id": mailing } }),
            json!({ "kind": "ACCEPTED_WITHIN", "not": false, "days": 90 }),
            json!({ "kind": "ADDED_WITHIN", "not": true, "days": 30 }),
        ]
    );

    let id = segment(&ann, "Org", json!([ends_with("@example.org")])).await;
    assert_eq!(members(&ann, &id).await, ["ann@example.org", "bob@example.org"]);
    let query = "query($id: ID!, $g: ID) { segment(id: $id) { clientCount clients(search: \"bob\") { totalCount } }
                   node(id: $id) { ... on Segment { name } } segments(filter: { search: \"OR\" }) { totalCount nodes { id } }
                   clients(filter: { segmentId: $id, groupId: $g }) { totalCount nodes { email } } }";
    let seen = ann.ask(query, json!({ "id": id, "g": group })).await;
    assert_eq!(seen["segment"], json!({ "clientCount": 2, "clients": { "totalCount": 1 } }));
    assert_eq!((&seen["node"]["name"], &seen["segments"]["totalCount"]), (&json!("Org"), &json!(1)));
    assert_eq!(seen["clients"], json!({ "totalCount": 1, "nodes": [{ "email": "ann@example.org" }] }));

    let look = "query($input: SegmentPreviewInput!) { segmentPreview(input: $input) { clientCount clients { email } userErrors { code field } } }";
    let strangers = json!({ "conditions": [with(ends_with("@example.org"), "not", json!(true))] });
    let seen = ann.ask(look, json!({ "input": strangers })).await["segmentPreview"].take();
    let emails = json!([{ "email": "eve@example.com" }, { "email": "zoe@example.com" }]);
    assert_eq!(seen, json!({ "clientCount": 2, "clients": emails, "userErrors": [] }));
    let wrong = json!({ "conditions": [{ "test": { "addedWithin": 0 } }] });
    let seen = ann.ask(look, json!({ "input": wrong })).await["segmentPreview"].take();
    let error =
        json!({ "code": "SEGMENT_DAYS_OUT_OF_RANGE", "field": ["input", "conditions", "0", "test", "addedWithin"] });
    assert_eq!(seen, json!({ "clientCount": null, "clients": [], "userErrors": [error] }));

    // What is not said stays, and who is in it follows at once.
    let change = json!({ "id": id, "conditions": [ends_with("@example.com")], "expectedVersion": 1 });
    let changed = ann.does("segmentUpdate", change.clone(), "segment { name join version }").await["segment"].take();
    assert_eq!(changed, json!({ "name": "Org", "join": "ALL", "version": 2 }));
    assert_eq!(members(&ann, &id).await, ["eve@example.com", "zoe@example.com"]);
    assert_eq!(told(&ann, "segmentUpdate", change).await, ["STALE_VERSION input.expectedVersion"]);
    let other =
        ann.does("segmentUpdate", json!({ "id": id, "join": "ANY", "name": "Com" }), "segment { name join }").await;
    assert_eq!(other["segment"], json!({ "name": "Com", "join": "ANY" }));
    assert_eq!(members(&ann, &id).await.len(), 2);
    let moved = json!({ "groupId": group, "filter": { "segmentId": id } });
    assert_eq!(ann.does("groupClientsAdd", moved, "changed").await["changed"], 1, "one was there");
    for _ in 0..2 {
        assert_eq!(ann.does("segmentDelete", json!({ "id": id }), "deletedId").await["deletedId"], json!(id));
    }
    let gone = ann.ask("query($id: ID!) { segment(id: $id) { id } node(id: $id) { id } }", json!({ "id": id })).await;
    assert_eq!(gone, json!({ "segment": null, "node": null }));
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_segment_is_told_of_its_part_and_nothing_is_written() {
    let api = Api::start().await;
    let (ann, bob) = (api.owner("Ann").await, api.owner("Bob").await);
    ann.does("customFieldDefine", json!({ "key": "city", "label": "City", "kind": "TEXT" }), "").await;
    let (others, before) = (bob.group("Friends").await, api.events().await);
    let all = json!([
        { "test": { "inGroup": "nothing" } },
        { "test": { "text": { "of": "COMMENT", "test": "IS", "text": " " } } },
        { "test": { "field": { "key": "town", "test": "KNOWN" } } },
        { "test": { "field": { "key": "city", "test": "AT_LEAST", "value": "Oslo" } } },
        { "test": { "field": { "key": "city", "test": "IS" } } },
        { "test": { "acceptedMailing": "nothing" } },
        { "test": { "acceptedWithin": -1 } },
    ]);
    let expected = [
        "NAME_EMPTY input.name",
        "NOT_FOUND input.conditions.0.test.inGroup",
        "SEGMENT_TEXT_EMPTY input.conditions.1.test.text.text",
        "CUSTOM_FIELD_NOT_FOUND input.conditions.2.test.field.key",
        "SEGMENT_NOT_COMPARABLE input.conditions.3.test.field.test",
        "SEGMENT_TEXT_EMPTY input.conditions.4.test.field.value",
        "NOT_FOUND input.conditions.5.test.acceptedMailing",
        "SEGMENT_DAYS_OUT_OF_RANGE input.conditions.6.test.acceptedWithin",
    ];
    assert_eq!(told(&ann, "segmentCreate", json!({ "name": " ", "conditions": all })).await, expected);
    for (conditions, expected) in [
        (json!([{ "test": { "inGroup": others } }]), "NOT_FOUND input.conditions.0.test.inGroup"),
        (
            json!([{ "test": { "consent": { "topicId": others, "state": "GIVEN" } } }]),
            "NOT_FOUND input.conditions.0.test.consent.topicId",
        ),
        (json!([]), "SEGMENT_CONDITIONS_MISSING input.conditions"),
        (Value::Array(vec![ends_with("x"); 21]), "SEGMENT_CONDITIONS_TOO_MANY input.conditions"),
    ] {
        assert_eq!(told(&ann, "segmentCreate", json!({ "name": "x", "conditions": conditions })).await, [expected]);
    }
    // Exactly one thing is asked in one condition.
    for test in [json!({}), json!({ "addedWithin": 1, "acceptedWithin": 1 })] {
        let query = "mutation($input: SegmentCreateInput!) { segmentCreate(input: $input) { userErrors { code } } }";
        let new = json!({ "name": "x", "conditions": [{ "test": test }] });
        assert_eq!(ann.post(query, json!({ "input": new })).await.code(), "BAD_REQUEST");
    }
    assert_eq!(api.events().await, before);

    let id = segment(&ann, "Org", json!([ends_with("@example.org")])).await;
    assert_eq!(
        told(&ann, "segmentCreate", json!({ "name": "ORG", "conditions": [ends_with("x")] })).await,
        ["NAME_TAKEN input.name"]
    );
    let moved = json!({ "groupId": others, "filter": { "segmentId": id } });
    assert_eq!(told(&bob, "groupClientsAdd", moved).await, ["SEGMENT_NOT_FOUND input.filter.segmentId"]);
    bob.client("bob@example.org", &[]).await;
    let nobody = "query($id: ID) { clients(filter: { segmentId: $id }) { totalCount } }";
    assert_eq!(bob.ask(nobody, json!({ "id": id })).await["clients"]["totalCount"], 0);
}

#[tokio::test]
async fn a_segment_is_its_owners_and_those_who_watch_see_its_owners_clients_alone() {
    let everybody = Everybody::start().await;
    let ann = &everybody.ann;
    ann.client("ann@example.org", &[]).await;
    everybody.columns[1].client("olga@example.org", &[]).await;
    let id = segment(ann, "Org", json!([ends_with("@example.org")])).await;
    let absent = "SEGMENT_NOT_FOUND";
    let own = [STRANGER, YES, WRONG, WRONG, YES];
    let new = json!({ "name": "Mine", "conditions": [ends_with("@example.org")] });
    everybody.expect(&mutation("segmentCreate"), &input(&new), own).await;
    let anns = [STRANGER, absent, WRONG, WRONG, absent];
    for (name, of) in [("segmentUpdate", json!({ "id": id, "name": "x" })), ("segmentDelete", json!({ "id": id }))] {
        everybody.expect(&mutation(name), &input(&of), anns).await;
    }
    let one = "query($id: ID!) { segment(id: $id) { clientCount } }";
    everybody.expect(one, &json!({ "id": id }), [STRANGER, NULL, YES, NULL, YES]).await;
    let query = "query($id: ID!) { segment(id: $id) { clientCount clients { totalCount } } clients(filter: { segmentId: $id }) { totalCount } }";
    let seen = everybody.columns[2].ask(query, json!({ "id": id })).await;
    let (segment, clients) = (json!({ "clientCount": 1, "clients": { "totalCount": 1 } }), json!({ "totalCount": 1 }));
    assert_eq!(seen, json!({ "segment": segment, "clients": clients }), "of Ann's clients only");
}

#[tokio::test]
async fn an_audience_has_segments_and_whom_it_leaves_out() {
    let api = Api::start().await;
    let (ann, bob) = (api.owner("Ann").await, api.owner("Bob").await);
    let group = ann.group("Friends").await;
    for (email, groups) in
        [("ann@example.org", vec![&*group]), ("bob@example.org", vec![]), ("eve@example.com", vec![])]
    {
        ann.client(email, &groups).await;
    }
    let zoe = ann.client("zoe@example.com", &[]).await;
    let message = ann.message().await;
    let other = ann.mailing(&message, &zoe).await;
    let org = segment(&ann, "Org", json!([ends_with("@example.org")])).await;
    let eve = segment(&ann, "Eve", json!([ends_with("eve@example.com")])).await;
    let com = segment(&ann, "Com", json!([ends_with(".com")])).await;
    let foreign = segment(&bob, "Bob's", json!([ends_with("e")])).await;

    let before = api.events().await;
    let ids = json!({ "segmentIds": [org, foreign], "less": { "groupIds": ["x"], "segmentIds": [foreign], "mailingIds": [other, "x"] } });
    assert_eq!(
        told(&ann, "mailingCreate", with(plan(&message, &zoe), "audience", ids)).await,
        [
            "SEGMENT_NOT_FOUND input.audience.segmentIds.1",
            "NOT_FOUND input.audience.less.groupIds.0",
            "SEGMENT_NOT_FOUND input.audience.less.segmentIds.0",
            "NOT_FOUND input.audience.less.mailingIds.1",
        ]
    );
    assert_eq!(api.events().await, before);

    let select = "mailing { id audience { size clients { id } groups { id } segments { name }
        less { groups { name } segments { name } mailings { id } } } }";
    let audience = json!({ "clientIds": [zoe], "segmentIds": [org, com],
                           "less": { "groupIds": [group], "segmentIds": [eve], "mailingIds": [other] } });
    let planned =
        ann.does("mailingCreate", with(plan(&message, &zoe), "audience", audience), select).await["mailing"].take();
    let less =
        json!({ "groups": [{ "name": "Friends" }], "segments": [{ "name": "Eve" }], "mailings": [{ "id": other }] });
    let names = json!([{ "name": "Org" }, { "name": "Com" }]);
    assert_eq!(
        planned["audience"],
        json!({ "size": 2, "clients": [{ "id": zoe }], "groups": [], "segments": names, "less": less }),
        "Bob and Zoe: nothing was sent yet"
    );
    let id = text(&planned["id"]);
    let history = "query($id: ID!) { mailing(id: $id) { history { nodes { summary } } } }";
    let told_of = ann.ask(history, json!({ "id": id })).await.to_string();
    assert!(
        told_of.contains("to 1 client, 2 segments, but not to the recipients of 1 group, 1 segment, 1 other mailing"),
        "{told_of}"
    );

    // Whom a mailing leaves out would get its letters if that were deleted.
    for (mutation, of) in [("groupDelete", &group), ("segmentDelete", &eve)] {
        assert_eq!(told(&ann, mutation, json!({ "id": of })).await, ["LEFT_OUT_BY_MAILING input.id"]);
    }
    ann.does("segmentDelete", json!({ "id": org }), "").await;
    assert_eq!(told(&ann, "mailingStart", json!({ "id": id })).await, ["AUDIENCE_PART_DELETED input.id"]);
    let whole = json!({ "id": id, "audience": { "segmentIds": [com] } });
    let changed = ann.does("mailingUpdate", whole, select).await["mailing"]["audience"].take();
    let nobody = json!({ "groups": [], "segments": [], "mailings": [] });
    assert_eq!((&changed["size"], &changed["less"]), (&json!(2), &nobody), "Eve and Zoe");
}
