//! Addresses that are not written to: lists, adding and lifting, and who may do what.

use crate::graphql::who::roles::everybody::{Everybody, NULL, STRANGER, WRONG, YES, input, mutation};
use crate::support::http::{Api, Person, plan, text, with};
use crate::support::service::{Service, found, metadata};
use crate::support::smtp_server::{Offers, SmtpServer};
use acts::Bounds;
use chrono::{DateTime, TimeDelta, Utc};
use domain::suppression::{Command, Reason, Scope, Source, Suppression, Way};
use domain::{EmailAddress, GroupId, Role, RunId, SuppressionId};
use serde_json::{Value, json};
use uuid::Uuid;

const LIST: &str = "query($after: String, $filter: SuppressionFilter, $scope: Scope) {
    suppressions(first: 2, after: $after, filter: $filter, scope: $scope) {
        totalCount nodes { email } pageInfo { hasNextPage endCursor } } }";

const ONE: &str = "query($id: ID!) { suppression(id: $id) {
    id email reason scope source note suppressedAt until inForce liftedAt liftedBy liftedWhy version file row
    owner { email } mailing { id } topic { id name } run { id } } }";

const ABSENT: &str = "SUPPRESSION_NOT_FOUND";

/// All addresses of a list, page by page, the latest first, up to the `@`.
async fn listed(person: &Person, filter: Value, scope: Value) -> Vec<String> {
    let (mut after, mut all) = (Value::Null, Vec::new());
    loop {
        let page = person.ask(LIST, json!({ "after": after, "filter": filter, "scope": scope })).await;
        let page = &page["suppressions"];
        let nodes = page["nodes"].as_array().expect("nodes");
        all.extend(nodes.iter().map(|node| text(&node["email"]).split('@').next().unwrap_or_default().to_owned()));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            assert_eq!(page["totalCount"], all.len(), "{filter}");
            return all;
        }
    }
}

/// Puts one address into the list of whoever asks, a minute after all that was before.
async fn add(api: &Api, person: &Person, email: &str) -> String {
    api.clock.advance(TimeDelta::minutes(1));
    let added = person.does("suppressionAdd", json!({ "emails": [email] }), "suppressions { id }").await;
    text(&added["suppressions"][0]["id"])
}

/// What recipients and mail servers say, which comes by other ways than the API.
async fn happens(api: &Api, scope: Scope, email: &str, reason: Reason, until: Option<DateTime<Utc>>) -> String {
    let email = EmailAddress::parse(email).expect("an address");
    let id = SuppressionId::derive(scope, &email.key(), reason);
    let (run, ordinal) = (RunId(Uuid::nil()), 7);
    let source = match reason {
        Reason::Unsubscribed => Source::Recipient { run, ordinal, way: Way::OneClick },
        _ => Source::MailServer { run, ordinal },
    };
    let command = Command::Suppress { scope, reason, email, source, note: None, at: api.clock.now(), until };
    let services = &api.node.services;
    let receipt = services.store.execute::<Suppression>(id.0, command, &metadata()).await.expect("it is suppressed");
    assert!(services.shown(receipt.position).await, "the read models follow");
    id.to_string()
}

fn told(code: &str, field: &str) -> Vec<(String, String)> {
    vec![(code.to_owned(), field.to_owned())]
}

#[tokio::test]
async fn addresses_are_put_into_the_list_once_whatever_their_spelling_and_however_often() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let emails = json!({ "emails": ["Bob@Example.com", " eva@почта.example "], "note": " asked by phone " });
    let selection = "added alreadyThere behind position
        suppressions { id email reason scope source note suppressedAt until inForce liftedAt owner { email } mailing { id } run { id } }";
    let first = ann.does("suppressionAdd", emails, selection).await;
    assert_eq!((&first["added"], &first["alreadyThere"], &first["behind"]), (&json!(2), &json!(0), &json!(false)));
    let mut bob = first["suppressions"][0].clone();
    let id = bob["id"].take();
    assert_eq!(
        bob,
        json!({ "id": null, "email": "Bob@Example.com", "reason": "BY_HAND", "scope": "OWNER", "source": "PERSON",
                "note": "asked by phone", "suppressedAt": "2026-05-04T09:00:00Z", "until": null, "inForce": true,
                "liftedAt": null, "owner": { "email": "ann@example.com" }, "mailing": null, "run": null })
    );
    let before = api.events().await;
    for emails in
        [json!(["bob@example.com"]), json!(["BOB@EXAMPLE.COM", "bob@example.com", "eva@xn--80a1acny.example"])]
    {
        let count = emails.as_array().map_or(0, |all| all.len().min(2));
        let input = json!({ "emails": emails, "note": "once more" });
        let again = ann.does("suppressionAdd", input, "added alreadyThere suppressions { id note }").await;
        assert_eq!((&again["added"], &again["alreadyThere"]), (&json!(0), &json!(count)), "{again}");
        assert_eq!(again["suppressions"][0], json!({ "id": id, "note": "asked by phone" }));
    }
    assert_eq!(api.events().await, before, "twice is once");
    // One's list says nothing of another's.
    let eve = api.owner("Eve").await;
    assert_eq!(ann.ask(LIST, json!({})).await["suppressions"]["totalCount"], 2);
    assert_eq!(eve.ask(LIST, json!({})).await["suppressions"]["totalCount"], 0);
    let same = eve.does("suppressionAdd", json!({ "emails": ["bob@example.com"] }), "added suppressions { id }").await;
    assert_eq!(same["added"], 1);
    assert_ne!(same["suppressions"][0]["id"], id);
}

#[tokio::test]
async fn the_list_is_paged_searched_and_filtered_the_latest_first() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let scope = Scope::Owner { owner: ann.id };
    for email in ["alpha@example.com", "bravo@example.org", "Charlie@example.com"] {
        add(&api, &ann, email).await;
    }
    api.clock.advance(TimeDelta::minutes(1));
    let hour = Some(api.clock.now() + TimeDelta::hours(1));
    let dead = happens(&api, scope, "delta@example.com", Reason::Dead, hour).await;
    api.clock.advance(TimeDelta::minutes(1));
    happens(&api, scope, "alpha@example.com", Reason::Unsubscribed, None).await;
    let lifted = add(&api, &ann, "echo@example.com").await;
    ann.does("suppressionLift", json!({ "id": lifted, "reason": "a mistake" }), "").await;

    for (filter, expected) in [
        (json!({}), vec!["echo", "alpha", "delta", "Charlie", "bravo", "alpha"]),
        (json!({ "search": "CHARLIE" }), vec!["Charlie"]),
        (json!({ "search": "example.org" }), vec!["bravo"]),
        (json!({ "search": "%" }), vec![]),
        (json!({ "search": "\0" }), vec![]),
        (json!({ "search": "" }), vec!["echo", "alpha", "delta", "Charlie", "bravo", "alpha"]),
        (json!({ "reason": "BY_HAND" }), vec!["echo", "Charlie", "bravo", "alpha"]),
        (json!({ "reason": "UNSUBSCRIBED" }), vec!["alpha"]),
        (json!({ "reason": "COMPLAINED" }), vec![]),
        (json!({ "inForce": false }), vec!["echo"]),
        (json!({ "inForce": true, "reason": "BY_HAND" }), vec!["Charlie", "bravo", "alpha"]),
        (json!({ "scope": "MAILING" }), vec![]),
        (json!({ "scope": "TOPIC" }), vec![]),
        (json!({ "scope": "INSTALLATION" }), vec![]),
        (json!({ "ownerId": ann.id.to_string(), "search": "delta" }), vec!["delta"]),
        (json!({ "ownerId": "no id" }), vec![]),
    ] {
        assert_eq!(listed(&ann, filter.clone(), Value::Null).await, expected, "{filter}");
    }
    assert_eq!(ann.post(LIST, json!({ "after": "AAAA" })).await.code(), "BAD_REQUEST");

    // What comes to its end by itself stays in the list of all and keeps no letter any more.
    let dead_ones = |in_force: bool| json!({ "inForce": in_force, "reason": "DEAD" });
    assert_eq!(listed(&ann, dead_ones(true), Value::Null).await, ["delta"]);
    let one = ann.ask(ONE, json!({ "id": dead })).await["suppression"].take();
    assert_eq!((&one["inForce"], &one["source"], &one["run"]), (&json!(true), &json!("MAIL_SERVER"), &Value::Null));
    api.clock.advance(TimeDelta::hours(1));
    let one = ann.ask(ONE, json!({ "id": dead })).await["suppression"].take();
    assert_eq!((&one["inForce"], &one["liftedAt"]), (&json!(false), &Value::Null));
    assert!(listed(&ann, dead_ones(true), Value::Null).await.is_empty());
    assert_eq!(listed(&ann, dead_ones(false), Value::Null).await, ["delta"]);
    assert_eq!(listed(&ann, json!({ "reason": "DEAD" }), Value::Null).await, ["delta"]);
    let (pool, now) = (&api.pool, api.clock.now());
    let held = async |now| projections::suppressions::held(pool, ann.id, now, 10).await.expect("a count");
    assert_eq!((held(now - TimeDelta::hours(1)).await, held(now).await), (5, 4), "what is over takes up no room");
}

#[tokio::test]
async fn bad_input_is_told_all_at_once_and_changes_nothing() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let id = add(&api, &ann, "bob@example.com").await;
    let before = api.events().await;
    let many: Vec<String> = (0..1_001).map(|number| format!("a{number}@example.com")).collect();
    for (fields, expected) in [
        (json!({ "emails": [] }), told("EMAIL_MISSING", "input.emails")),
        (json!({ "emails": many }), told("TOO_MANY_EMAILS", "input.emails")),
        (json!({ "emails": ["x@example.com", " "] }), told("EMAIL_MISSING", "input.emails.1")),
        (
            json!({ "emails": ["nobody", "x@example.com", format!("{}@example.com", "x".repeat(250))] }),
            [told("EMAIL_INVALID", "input.emails.0"), told("EMAIL_TOO_LONG", "input.emails.2")].concat(),
        ),
        (json!({ "emails": ["x\r\nBcc: y@example.com"] }), told("EMAIL_INVALID", "input.emails.0")),
        (json!({ "emails": ["x@example.com"], "note": "x".repeat(501) }), told("NOTE_TOO_LONG", "input.note")),
        (json!({ "emails": ["x@example.com"], "note": "\0" }), told("TEXT_INVALID", "input.note")),
    ] {
        assert_eq!(ann.fails("suppressionAdd", fields.clone()).await, expected, "{fields}");
    }
    for (fields, expected) in [
        (json!({ "id": id, "reason": " " }), told("REASON_MISSING", "input.reason")),
        (json!({ "id": id, "reason": "ж".repeat(501) }), told("REASON_TOO_LONG", "input.reason")),
        (json!({ "id": id, "reason": "\0" }), told("TEXT_INVALID", "input.reason")),
        (json!({ "id": "no id", "reason": "x" }), told(ABSENT, "input.id")),
        (json!({ "id": Uuid::now_v7(), "reason": "x" }), told(ABSENT, "input.id")),
        // Something else's id.
        (json!({ "id": ann.id.to_string(), "reason": "x" }), told(ABSENT, "input.id")),
    ] {
        assert_eq!(ann.fails("suppressionLift", fields.clone()).await, expected, "{fields}");
    }
    assert_eq!(api.events().await, before, "nothing is written");
}

#[tokio::test]
async fn what_is_lifted_stays_in_the_list_with_its_reason_and_can_come_again() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let id = add(&api, &ann, "bob@example.com").await;
    let lift = |reason: &str| json!({ "id": id, "reason": reason });
    let selection = "suppression { id inForce liftedAt liftedBy liftedWhy version } behind";
    let lifted = ann.does("suppressionLift", lift("they asked for letters"), selection).await;
    let expected = json!({ "id": id, "inForce": false, "liftedAt": "2026-05-04T09:01:00Z", "liftedBy": "OWNER",
                           "liftedWhy": "they asked for letters", "version": 2 });
    assert_eq!((&lifted["suppression"], &lifted["behind"]), (&expected, &json!(false)));
    let before = api.events().await;
    let again = ann.does("suppressionLift", lift("once more"), selection).await;
    assert_eq!(again["suppression"], expected, "the first reason stays");
    assert_eq!(api.events().await, before);

    let same = add(&api, &ann, "BOB@example.com").await;
    assert_eq!(same, id);
    let now = ann.ask(ONE, json!({ "id": id })).await["suppression"].take();
    let shown =
        ["email", "inForce", "suppressedAt", "liftedAt", "liftedWhy", "version"].map(|field| now[field].clone());
    let expected =
        [json!("BOB@example.com"), json!(true), json!("2026-05-04T09:02:00Z"), json!(null), json!(null), json!(3)];
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn each_reason_is_lifted_by_itself_and_complaints_by_administrators_only() {
    let api = Api::start().await;
    let (ann, root) = (api.owner("Ann").await, api.person("Root", &[Role::Administrator]).await);
    let scope = Scope::Owner { owner: ann.id };
    let leaving = happens(&api, scope, "bob@example.com", Reason::Unsubscribed, None).await;
    let complaint = happens(&api, scope, "bob@example.com", Reason::Complained, None).await;
    let lift = |id: &str| json!({ "id": id, "reason": "settled by letter" });
    assert_eq!(ann.fails("suppressionLift", lift(&complaint)).await, told("COMPLAINT_STAYS", "input.id"));
    ann.does("suppressionLift", lift(&leaving), "").await;
    let there = listed(&ann, json!({ "inForce": true }), Value::Null).await;
    assert_eq!(there, ["bob"], "the complaint stays");
    // An owner's own business is not an administrator's.
    let other = add(&api, &ann, "eva@example.com").await;
    assert_eq!(root.fails("suppressionLift", lift(&other)).await, told(ABSENT, "input.id"));
    let lifted = root.does("suppressionLift", lift(&complaint), "suppression { liftedBy inForce }").await;
    assert_eq!(lifted["suppression"], json!({ "liftedBy": "ADMINISTRATOR", "inForce": false }));
}

#[tokio::test]
async fn the_list_of_the_installation_is_the_administrators() {
    let everybody = Everybody::start().await;
    let (api, [_, olga, max, carl, root]) = (&everybody.api, &everybody.columns);
    let fields = |email: &str| json!({ "emails": [email], "installation": true });
    let rights = [STRANGER, WRONG, WRONG, WRONG, YES];
    everybody.expect(&mutation("suppressionAdd"), &input(&fields("all@example.com")), rights).await;
    let only = json!({ "scope": "INSTALLATION" });
    for (person, expected) in [(olga, vec![]), (carl, vec![]), (max, vec!["all"]), (root, vec!["all"])] {
        assert_eq!(listed(person, only.clone(), Value::Null).await, expected, "{}", person.id);
    }
    // It is nobody's own, not even an administrator's.
    assert_eq!(listed(root, json!({}), Value::Null).await, Vec::<String>::new());
    assert_eq!(listed(root, json!({}), json!("ALL")).await, ["all"]);
    let of_root = json!({ "scope": "INSTALLATION", "ownerId": root.id.to_string() });
    assert_eq!(listed(root, of_root, Value::Null).await, Vec::<String>::new());

    let id = SuppressionId::derive(Scope::Installation, "all@example.com", Reason::ByHand).to_string();
    everybody.expect(ONE, &json!({ "id": id }), [STRANGER, NULL, YES, NULL, YES]).await;
    let lift = input(&json!({ "id": id, "reason": "a mistake" }));
    everybody.expect(&mutation("suppressionLift"), &lift, [STRANGER, ABSENT, WRONG, WRONG, YES]).await;
    let one = root.ask(ONE, json!({ "id": id })).await["suppression"].take();
    let shown = ["scope", "owner", "mailing", "liftedBy"].map(|field| one[field].clone());
    assert_eq!(shown, [json!("INSTALLATION"), json!(null), json!(null), json!("ADMINISTRATOR")]);
    assert_eq!(api.anonymous().post(LIST, json!({})).await.code(), STRANGER);
}

#[tokio::test]
async fn a_topic_that_somebody_has_left_is_shown_as_long_as_it_is_there() {
    let api = Api::start().await;
    let (ann, eve) = (api.owner("Ann").await, api.owner("Eve").await);
    let group = ann.group("News").await;
    let id: GroupId = group.parse().expect("an id");
    let left = happens(&api, Scope::Topic { owner: ann.id, group: id }, "bob@example.com", Reason::Unsubscribed, None);
    let left = left.await;
    assert_eq!(listed(&ann, json!({ "scope": "TOPIC" }), Value::Null).await, ["bob"]);
    assert!(listed(&eve, json!({ "scope": "TOPIC" }), Value::Null).await.is_empty());
    let one = ann.ask(ONE, json!({ "id": left })).await["suppression"].take();
    let shown = ["scope", "topic", "mailing", "reason"].map(|field| one[field].clone());
    let news = json!({ "id": group, "name": "News" });
    assert_eq!(shown, [json!("TOPIC"), news, Value::Null, json!("UNSUBSCRIBED")]);
    assert_eq!(eve.ask(ONE, json!({ "id": left })).await["suppression"], Value::Null);

    ann.does("groupDelete", json!({ "id": group }), "").await;
    let one = ann.ask(ONE, json!({ "id": left })).await["suppression"].take();
    assert_eq!((&one["topic"], &one["inForce"]), (&Value::Null, &json!(true)), "it counts all the same");
    let lifted = ann.does("suppressionLift", json!({ "id": left, "reason": "they asked" }), "suppression { inForce }");
    assert_eq!(lifted.await["suppression"]["inForce"], false);
}

#[tokio::test]
async fn somebody_elses_list_is_seen_by_those_who_watch_and_changed_by_nobody() {
    let everybody = Everybody::start().await;
    let (api, ann) = (&everybody.api, &everybody.ann);
    let id = add(api, ann, "bob@example.com").await;
    everybody.expect(ONE, &json!({ "id": id }), [STRANGER, NULL, YES, NULL, YES]).await;
    let all = "{ suppressions(scope: ALL) { totalCount } }";
    everybody.expect(all, &json!({}), [STRANGER, WRONG, YES, WRONG, YES]).await;
    everybody.expect("{ suppressions { totalCount } }", &json!({}), [STRANGER, YES, YES, YES, YES]).await;
    let lift = input(&json!({ "id": id, "reason": "x" }));
    everybody.expect(&mutation("suppressionLift"), &lift, [STRANGER, ABSENT, WRONG, WRONG, ABSENT]).await;
    let own = input(&json!({ "emails": ["x@example.com"] }));
    everybody.expect(&mutation("suppressionAdd"), &own, [STRANGER, YES, WRONG, WRONG, YES]).await;
    // Managers have no list of their own, and see everybody's; one owner's if they say whose.
    let [_, olga, max, ..] = &everybody.columns;
    assert_eq!(listed(olga, json!({}), Value::Null).await, ["x"]);
    assert_eq!(listed(max, json!({}), Value::Null).await.len(), 3);
    assert_eq!(listed(max, json!({ "ownerId": ann.id.to_string() }), Value::Null).await, ["bob"]);
    assert_eq!(listed(olga, json!({ "ownerId": ann.id.to_string() }), Value::Null).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_token_to_read_with_sees_the_list_and_changes_nothing() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let id = add(&api, &ann, "bob@example.com").await;
    let token = async |scope: &str| {
        let expires_at = (api.clock.now() + TimeDelta::days(7)).to_rfc3339();
        let input = json!({ "name": "reports", "scope": scope, "expiresAt": expires_at });
        let made = ann.does("apiTokenCreate", input, "token").await;
        api.anonymous().known_by(&text(&made["token"]))
    };
    let (reader, writer) = (token("READ").await, token("WRITE").await);
    assert_eq!(listed(&reader, json!({}), Value::Null).await, ["bob"]);
    let before = api.events().await;
    for (name, fields) in [
        ("suppressionAdd", json!({ "emails": ["eva@example.com"] })),
        ("suppressionLift", json!({ "id": id, "reason": "x" })),
    ] {
        assert_eq!(reader.post(&mutation(name), input(&fields)).await.code(), WRONG, "{name}");
        assert_eq!(api.events().await, before, "{name}");
    }
    writer.does("suppressionLift", json!({ "id": id, "reason": "x" }), "").await;
    add(&api, &writer, "eva@example.com").await;
    assert_eq!(listed(&ann, json!({ "inForce": true }), Value::Null).await, ["eva"]);
}

#[tokio::test]
async fn the_list_has_a_bound_that_neither_recipients_nor_the_installation_meet() {
    let api = Api::bounded(Bounds { suppressions: 2, ..Bounds::default() }).await;
    let (ann, root) = (api.owner("Ann").await, api.person("Root", &[Role::Administrator]).await);
    let first = add(&api, &ann, "a@example.com").await;
    let two = json!({ "emails": ["b@example.com", "c@example.com"] });
    assert_eq!(ann.fails("suppressionAdd", two.clone()).await, told("QUOTA_REACHED", ""), "all or none");
    add(&api, &ann, "b@example.com").await;
    // What is there already is no more than there is.
    let same =
        ann.does("suppressionAdd", json!({ "emails": ["a@example.com", "b@example.com"] }), "alreadyThere").await;
    assert_eq!(same["alreadyThere"], 2);
    happens(&api, Scope::Owner { owner: ann.id }, "c@example.com", Reason::Unsubscribed, None).await;
    for id in
        [&first, &SuppressionId::derive(Scope::Owner { owner: ann.id }, "b@example.com", Reason::ByHand).to_string()]
    {
        ann.does("suppressionLift", json!({ "id": id, "reason": "room" }), "").await;
    }
    add(&api, &ann, "d@example.com").await;
    let many = json!({ "emails": ["a@x.example", "b@x.example", "c@x.example"], "installation": true });
    assert_eq!(root.does("suppressionAdd", many, "added").await["added"], 3);
}

#[tokio::test]
async fn a_mailing_says_what_its_letters_are_unless_nobody_may() {
    let api = Api::start().await;
    let strict = Api::bounded(Bounds { transactional: false, ..Bounds::default() }).await;
    let select = "mailing { id kind version }";
    let (ann, eve) = (api.owner("Ann").await, strict.owner("Eve").await);
    let planned = async |person: &Person| {
        let client = person.client("anna@example.com", &[]).await;
        plan(&person.message().await, &client)
    };
    let (anns, eves) = (planned(&ann).await, planned(&eve).await);
    let kind = |plan: &Value, kind: &str| with(plan.clone(), "kind", json!(kind));
    let usual = ann.does("mailingCreate", anns.clone(), select).await["mailing"].take();
    assert_eq!(usual["kind"], "BULK");
    let receipts = ann.does("mailingCreate", kind(&anns, "TRANSACTIONAL"), select).await["mailing"].take();
    assert_eq!(receipts["kind"], "TRANSACTIONAL");
    for (id, to, version) in
        [(&usual["id"], "TRANSACTIONAL", 2), (&usual["id"], "TRANSACTIONAL", 2), (&usual["id"], "BULK", 3)]
    {
        let changed = ann.does("mailingUpdate", json!({ "id": id, "kind": to }), select).await;
        assert_eq!(changed["mailing"], json!({ "id": id, "kind": to, "version": version }));
    }
    let named = ann.does("mailingUpdate", json!({ "id": receipts["id"], "name": "Receipts" }), select).await;
    assert_eq!(named["mailing"]["kind"], "TRANSACTIONAL", "what is not said stays");

    let refused = told("TRANSACTIONAL_NOT_ALLOWED", "input.kind");
    let before = strict.events().await;
    assert_eq!(eve.fails("mailingCreate", kind(&eves, "TRANSACTIONAL")).await, refused);
    assert_eq!(strict.events().await, before);
    let usual = eve.does("mailingCreate", kind(&eves, "BULK"), select).await["mailing"].take();
    assert_eq!(eve.fails("mailingUpdate", json!({ "id": usual["id"], "kind": "TRANSACTIONAL" })).await, refused);
    eve.does("mailingUpdate", json!({ "id": usual["id"], "kind": "BULK", "name": "News" }), "").await;
}

#[tokio::test]
async fn a_run_tells_whom_it_did_not_write_to_and_why() {
    let api = Api::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let ann = api.owner("Ann").await;
    let group = ann.group("Friends").await;
    for email in ["bob@example.com", "eva@example.com", "zoe@example.com"] {
        ann.client(email, &[&group]).await;
    }
    add(&api, &ann, "BOB@example.com").await;
    happens(&api, Scope::Owner { owner: ann.id }, "eva@example.com", Reason::Unsubscribed, None).await;
    let bulk = with(plan(&ann.message().await, ""), "audience", json!({ "groupIds": [group] }));
    let engine = Service::work_with(&api.node, Service::relay(&server), Service::settings());
    let run_of = async |plan: Value| {
        let mailing = text(&ann.does("mailingCreate", plan, "mailing { id }").await["mailing"]["id"]);
        found("the run is finished", async || {
            let query =
                "query($id: ID!) { mailing(id: $id) { runs { nodes { status kind suppressedBy { cause deliveries }
                attempt { succeeded } progress { planned accepted suppressed sameMailbox }
                deliveries { nodes { clientEmail outcome suppression suppressedBecause } } } } } }";
            let mut seen = ann.ask(query, json!({ "id": mailing })).await;
            let run = seen.pointer_mut("/mailing/runs/nodes/0")?.take();
            (run["status"] == "FINISHED").then_some(run)
        })
        .await
    };
    let causes = |run: &Value| {
        let nodes = run["deliveries"]["nodes"].as_array().expect("deliveries");
        assert!(nodes.iter().all(|node| node["suppression"] == node["suppressedBecause"]), "{nodes:?}");
        let mut causes: Vec<_> =
            nodes.iter().map(|node| (text(&node["clientEmail"]), node["suppression"].clone())).collect();
        causes.sort_by(|(one, _), (other, _)| one.cmp(other));
        causes.into_iter().map(|(_, cause)| cause).collect::<Vec<_>>()
    };

    let run = run_of(bulk.clone()).await;
    assert_eq!(causes(&run), [json!("BY_HAND"), json!("UNSUBSCRIBED"), Value::Null]);
    let counted = json!([{ "cause": "UNSUBSCRIBED", "deliveries": 1 }, { "cause": "BY_HAND", "deliveries": 1 }]);
    assert_eq!((&run["suppressedBy"], &run["kind"]), (&counted, &json!("BULK")));
    assert_eq!(run["progress"], json!({ "planned": 3, "accepted": 1, "suppressed": 2, "sameMailbox": 0 }));
    assert_eq!(run["attempt"]["succeeded"], true, "every letter was taken that was to be sent");

    // Who has left gets their receipts.
    let run = run_of(with(bulk, "kind", json!("TRANSACTIONAL"))).await;
    engine.stop().await;
    assert_eq!(causes(&run), [json!("BY_HAND"), Value::Null, Value::Null]);
    let counted = json!([{ "cause": "BY_HAND", "deliveries": 1 }]);
    assert_eq!((&run["suppressedBy"], &run["kind"]), (&counted, &json!("TRANSACTIONAL")));

    // Statistics add that up, by the moments at which the runs started.
    let statistics = async |person: &Person, days: i64| {
        let from = (api.clock.now() + TimeDelta::days(days)).to_rfc3339();
        let to = (api.clock.now() + TimeDelta::days(days + 1)).to_rfc3339();
        let query = "query($from: DateTime!, $to: DateTime!) { statistics(from: $from, to: $to, by: MONTH) {
            suppressedBy { cause letters } periods { suppressedBy { cause letters } } } }";
        person.ask(query, json!({ "from": from, "to": to })).await["statistics"].take()
    };
    let counted = json!([{ "cause": "UNSUBSCRIBED", "letters": 1 }, { "cause": "BY_HAND", "letters": 2 }]);
    let seen = statistics(&ann, 0).await;
    assert_eq!((&seen["suppressedBy"], &seen["periods"][0]["suppressedBy"]), (&counted, &counted));
    assert_eq!(statistics(&ann, -90).await["suppressedBy"], json!([]));
    assert_eq!(statistics(&api.owner("Eve").await, 0).await["suppressedBy"], json!([]));
}
