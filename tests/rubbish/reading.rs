//! Whoever reads: the others are shown, and the broken row is an error with a code of its own.

use super::{Owner, Scene, column, put_off_once};
use crate::support::http::{Answer, Person};
use crate::support::process::skymailing;
use crate::support::service::found;
use acts::mailings::recipients::Recipients;
use chrono::TimeDelta;
use domain::notice::Kind;
use domain::suppression::Reason;
use domain::{Language, Role, RunId, TimeZone};
use projections::clients::{self, ConsentRow};
use projections::deliveries::{self, Suppressed};
use projections::suppressions::{self, guard};
use projections::{Access, Projection, ReadError, custom_fields, feedback, mailings, runs, segments, statistics};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A scene in which everything has been sent, and nobody is at work any more.
async fn sent() -> Scene {
    let scene = Scene::with_clients(&["one", "two", "three"]).await;
    for (owner, gone) in [(&scene.ann, "Ann.three@example.org"), (&scene.bob, "Bob.three@example.org")] {
        scene.suppress(&owner.person, gone).await;
        scene.field(&owner.person, "city").await;
        scene.consent(&owner.person).await;
    }
    for domain in ["example.org", "example.net"] {
        scene.key(domain).await;
    }
    for owner in [&scene.ann, &scene.bob] {
        let expires = (scene.api.clock.now() + TimeDelta::days(9)).to_rfc3339();
        for name in ["one", "two"] {
            let input = json!({ "name": name, "scope": "READ", "expiresAt": expires });
            owner.person.does("apiTokenCreate", input, "apiToken { id }").await;
        }
        scene.notice(&owner.person, Kind::RecoverPassword, "somebody@example.net").await;
    }
    for owner in [&scene.ann, &scene.bob] {
        owner
            .person
            .does("clientsImport", json!({ "csv": "email\nimported@example.org\n" }), "report { importId }")
            .await;
    }
    put_off_once(&scene.server, "one@");
    let engine = scene.work();
    for owner in [&scene.ann, &scene.bob] {
        scene.runs(owner, "sending", 1).await;
    }
    found("the first letters are put off", async || {
        (scene.count("deliveries where outcome = 'deferred'").await == 2).then_some(())
    })
    .await;
    scene.api.clock.advance(TimeDelta::minutes(1));
    for owner in [&scene.ann, &scene.bob] {
        scene.runs(owner, "finished", 1).await;
    }
    found("the notices are sent", async || (scene.count("notices where status <> 'settled'").await == 0).then_some(()))
        .await;
    engine.stop().await;
    for owner in [&scene.ann, &scene.bob] {
        scene.segment(owner).await;
        scene.feedback(owner).await;
    }
    scene
}

/// All rows of a table, as text.
async fn rows(scene: &Scene, table: &str) -> BTreeSet<String> {
    let query = format!("select t::text from {table} t");
    sqlx::query_scalar(&query).fetch_all(scene.pool()).await.expect("rows").into_iter().collect()
}

/// What shows the rows of a table to somebody: a question, and where in the answer they are.
fn shown_by(table: &str, name: &str) -> (&'static str, &'static str) {
    match (table, name) {
        ("mailings", _) => ("{ mailings(scope: ALL) { nodes { id status inDoubt } } }", "/mailings/nodes"),
        ("runs", _) => ("{ mailing(id: $mailing) { runs { nodes { id status trigger } } } }", "/mailing/runs/nodes"),
        ("deliveries", "outcome" | "doubt" | "suppression") => (
            "{ mailing(id: $mailing) { runs { nodes { deliveries { nodes { clientEmail outcome doubt } } } } } }",
            "/mailing/runs/nodes/0/deliveries/nodes",
        ),
        ("deliveries" | "attempts", _) => (
            "{ mailing(id: $mailing) { runs { nodes { deliveries { nodes { attempts { outcome } } } } } } }",
            "/mailing/runs/nodes/0/deliveries/nodes/0/attempts",
        ),
        ("attempt_counts", _) => (
            "{ statistics(from: \"2026-05-04T00:00:00Z\", to: \"2026-05-05T00:00:00Z\", by: DAY) { mailings { mailing { id } } } }",
            "/statistics/mailings",
        ),
        ("reports", _) => ("{ reports(scope: ALL) { nodes { id } } }", "/reports/nodes"),
        ("relay_states", _) => ("{ relays { name state reason } }", "/relays"),
        ("imports", _) => ("{ imports(scope: ALL) { nodes { id mode } } }", "/imports/nodes"),
        ("users", _) => ("{ users { nodes { email language roles } } }", "/users/nodes"),
        _ => panic!("nothing shows {table}.{name}"),
    }
}

async fn asks(person: &Person, owner: &Owner, query: &str) -> Answer {
    let query = query.replace("$mailing", &format!("\"{}\"", owner.mailing));
    person.post(&query, json!({})).await
}

fn codes(answer: &Answer) -> BTreeSet<String> {
    let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["extensions"]["code"].as_str().unwrap_or_default().to_owned()).collect()
}

fn length(answer: &Answer, at: &str) -> usize {
    answer.body["data"].pointer(at).and_then(Value::as_array).map_or(0, Vec::len)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_does_not_read_is_left_out_with_an_error_and_a_rebuild_makes_it_well() {
    let scene = sent().await;
    // The last attempt of a delivery is in its row: of the one whose first attempt is told apart.
    // What is seen by its owner only has a story of its own below.
    let others = [
        "clients",
        "client_consents",
        "notices",
        "suppressions",
        "suppressed",
        "suppression_counts",
        "sender_domain_keys",
        "custom_fields",
        "segments",
        "mailing_less",
        "feedback",
    ];
    for column in projections::catalogue::columns().into_iter().filter(|column| !others.contains(&column.table)) {
        let what = format!("{}.{}", column.table, column.name);
        let before = rows(&scene, column.table).await;
        let (query, at) = shown_by(column.table, column.name);
        // Relays are shown that a worker had in its settings within the last minute.
        sqlx::query("update relay_states set seen_at = clock_timestamp()")
            .execute(scene.pool())
            .await
            .expect("updated");
        let whole = asks(&scene.manager, &scene.ann, query).await;
        assert!(codes(&whole).is_empty() && length(&whole, at) > 0, "{what}: {}", whole.body);

        scene.soil(&column).await;
        let named = column.unreadable(scene.pool(), 10).await.expect("rows");
        assert_eq!(named.len(), 1, "{what}: {named:?}");
        assert!(named[0].value.contains("rubbish"), "{what}: {named:?}");
        let answer = asks(&scene.manager, &scene.ann, query).await;
        assert_eq!(answer.status, StatusCode::OK, "{what}: {}", answer.body);
        assert_eq!(codes(&answer), ["ROW_UNREADABLE".to_owned()].into(), "{what}: {}", answer.body);
        let left = if column.table == "attempt_counts" { length(&whole, at) } else { length(&whole, at) - 1 };
        assert_eq!(length(&answer, at), left, "{what}: the others are shown: {}", answer.body);
        if !["users", "relay_states"].contains(&column.table) {
            let bobs = asks(&scene.bob.person, &scene.bob, &query.replace("(scope: ALL)", "")).await;
            assert!(codes(&bobs).is_empty() && length(&bobs, at) > 0, "{what}: {}", bobs.body);
        }

        let read_model = Projection::ALL.into_iter().find(|projection| projection.tables().contains(&column.table));
        let Some(projection) = read_model else {
            // Scratch paper, which whoever works writes anew.
            let engine = scene.work();
            found("the row is written anew", async || {
                column.unreadable(scene.pool(), 1).await.ok()?.is_empty().then_some(())
            })
            .await;
            engine.stop().await;
            continue;
        };
        scene.rebuild(projection).await;
        assert_eq!(rows(&scene, column.table).await, before, "{what}: the row is as it was");
        let well = asks(&scene.manager, &scene.ann, query).await;
        assert!(codes(&well).is_empty() && length(&well, at) == length(&whole, at), "{what}: {}", well.body);
    }
}

#[tokio::test]
async fn a_page_of_nothing_but_broken_rows_leads_to_the_next_one() {
    let scene = Scene::new().await;
    // Newest first: Bob's mailing is behind Ann's.
    sqlx::query("update mailings set created_at = created_at + interval '1 hour' where owner_id = $1")
        .bind(scene.ann.person.id.0)
        .execute(scene.pool())
        .await
        .expect("updated");
    scene.soil(&column("mailings", "status")).await;
    let query = "query($after: String) {
        mailings(scope: ALL, first: 1, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } totalCount } }";
    let first = scene.manager.post(query, json!({})).await;
    let page = &first.body["data"]["mailings"];
    assert_eq!(page["nodes"], json!([]), "{}", first.body);
    assert_eq!((&page["pageInfo"]["hasNextPage"], &page["totalCount"]), (&json!(true), &json!(2)));
    assert_eq!(first.body["errors"][0]["path"], json!(["mailings"]), "{}", first.body);
    let second = scene.manager.ask(query, json!({ "after": page["pageInfo"]["endCursor"] })).await;
    assert_eq!(second["mailings"]["nodes"], json!([{ "id": scene.bob.mailing }]));
}

#[tokio::test]
async fn what_is_asked_for_by_its_id_is_null_with_an_error_and_what_is_done_to_it_is_done() {
    let scene = Scene::new().await;
    scene.soil(&column("mailings", "in_doubt")).await;
    let query = "query($id: ID!) { mailing(id: $id) { id } node(id: $id) { id } }";
    let answer = scene.ann.person.post(query, json!({ "id": scene.ann.mailing })).await;
    assert_eq!(answer.code(), "ROW_UNREADABLE");
    let message = answer.body["errors"][0]["message"].as_str().expect("a sentence");
    assert!(message.contains(&scene.ann.mailing) && message.contains("\"rubbish\""), "{message}");
    let bobs = scene.bob.person.ask(query, json!({ "id": scene.bob.mailing })).await;
    assert_eq!(bobs["mailing"]["id"], json!(scene.bob.mailing));

    let pause = "mutation($id: ID!) { mailingPause(input: { id: $id }) { mailing { id } behind userErrors { code } } }";
    let answer = scene.ann.person.post(pause, json!({ "id": scene.ann.mailing })).await;
    let done = json!({ "mailing": null, "behind": true, "userErrors": [] });
    assert_eq!(answer.body["data"]["mailingPause"], done, "{}", answer.body);
    assert_eq!(answer.code(), "ROW_UNREADABLE");
    scene.rebuild(Projection::Mailings).await;
    let answer =
        scene.ann.person.ask("query($id: ID!) { mailing(id: $id) { status } }", json!({ "id": scene.ann.mailing }));
    assert_eq!(answer.await["mailing"]["status"], "PAUSED");
}

#[tokio::test]
async fn a_test_letter_that_does_not_read_is_an_error_whatever_is_wrong_with_it() {
    let scene = Scene::new().await;
    let mut letters = Vec::new();
    for owner in [&scene.ann, &scene.bob] {
        let message = owner.person.message().await;
        let sent = owner.person.does("messageSendTest", json!({ "id": message }), "testLetter { id }").await;
        letters.push(sent["testLetter"]["id"].clone());
    }
    let query = "query($id: ID!) { testLetter(id: $id) { id outcome } }";
    for name in ["kind", "language", "status", "outcome"] {
        scene.soil(&column("notices", name)).await;
        let answer = scene.ann.person.post(query, json!({ "id": letters[0] })).await;
        assert_eq!((answer.code(), &answer.body["data"]["testLetter"]), ("ROW_UNREADABLE", &Value::Null), "{name}");
        let node = scene.ann.person.post("query($id: ID!) { node(id: $id) { id } }", json!({ "id": letters[0] })).await;
        assert_eq!(node.code(), "ROW_UNREADABLE", "{name}");
        assert_eq!(scene.bob.person.ask(query, json!({ "id": letters[1] })).await["testLetter"]["outcome"], "PENDING");
        scene.rebuild(Projection::Notices).await;
        assert_eq!(scene.ann.person.ask(query, json!({ "id": letters[0] })).await["testLetter"]["outcome"], "PENDING");
    }
}

#[tokio::test]
async fn a_suppression_that_does_not_read_is_left_out_of_the_list_and_a_rebuild_makes_it_well() {
    let scene = sent().await;
    let ann = Access::Owner(scene.ann.person.id);
    scene.suppress(&scene.ann.person, "somebody.else@example.org").await;
    let listed = async || {
        let all = suppressions::page(scene.pool(), ann, &suppressions::Filter::default(), None, 10).await;
        let (read, broken): (Vec<_>, Vec<_>) = all.expect("a list").into_iter().partition(|(_, row)| row.is_ok());
        (read.len(), broken.len())
    };
    assert_eq!(listed().await, (2, 0));
    for name in ["scope", "reason", "source", "source_kind", "lifted_by"] {
        scene.soil(&column("suppressions", name)).await;
        assert_eq!(listed().await, (1, 1), "{name}");
        scene.rebuild(Projection::Suppressions).await;
        assert_eq!(listed().await, (2, 0), "{name}");
    }
    scene.soil(&column("suppression_counts", "reason")).await;
    let run: uuid::Uuid = sqlx::query_scalar("select id from runs where owner_id = $1")
        .bind(scene.ann.person.id.0)
        .fetch_one(scene.pool())
        .await
        .expect("a run");
    runs::suppressed_by(scene.pool(), &[run]).await.expect_err("it does not read");
    let times = [scene.api.clock.now() - TimeDelta::days(1), scene.api.clock.now() + TimeDelta::days(1)];
    let counted = async || {
        let counted = statistics::suppressed_by_period(scene.pool(), ann, None, &times).await.expect("numbers");
        (counted.total(), counted.unreadable.map(|error| error.column))
    };
    assert_eq!(counted().await, (vec![], Some("reason")));
    scene.rebuild(Projection::Runs).await;
    assert_eq!(counted().await, (vec![(Suppressed::Reason(Reason::ByHand), 1)], None));
    let counts = runs::suppressed_by(scene.pool(), &[run]).await.expect("it reads");
    assert_eq!(counts, [(run, Suppressed::Reason(Reason::ByHand), 1)]);
}

#[tokio::test]
async fn a_report_that_does_not_read_is_left_out_of_the_list_and_a_rebuild_makes_it_well() {
    let scene = sent().await;
    let ann = Access::Owner(scene.ann.person.id);
    let listed = async || {
        let all = feedback::page(scene.pool(), ann, &feedback::Filter::default(), None, 10).await;
        let (read, broken): (Vec<_>, Vec<_>) = all.expect("a list").into_iter().partition(|(_, row)| row.is_ok());
        (read.len(), broken.len())
    };
    let times = [scene.api.clock.now() - TimeDelta::days(1), scene.api.clock.now() + TimeDelta::days(1)];
    let counted = async || {
        let counted = statistics::feedback_by_period(scene.pool(), ann, None, &times).await.expect("numbers");
        (counted.total(), counted.unreadable.map(|error| error.column))
    };
    let whole = feedback::Counts { bounced: 1, soft_bounced: 1, complained: 1 };
    assert_eq!((listed().await, counted().await), ((3, 0), (whole, None)));
    scene.soil(&column("feedback", "via")).await;
    assert_eq!((listed().await, counted().await), ((2, 1), (whole, None)));
    scene.rebuild(Projection::Feedback).await;
    scene.soil(&column("feedback", "what")).await;
    assert_eq!(listed().await, (2, 1));
    let (less, unreadable) = counted().await;
    assert_eq!((less.bounced + less.soft_bounced + less.complained, unreadable), (2, Some("what")));

    // Whoever relies on a file of recipients gets none with a gap.
    let run = RunId(scene.run(&scene.ann).await);
    let recipients = || {
        let (services, all) = (&scene.api.node.services, deliveries::Filter::default());
        Recipients::new(services, ann, run, all, Language::En, TimeZone::UTC)
    };
    recipients().next_lines().await.expect_err("it does not read");
    scene.rebuild(Projection::Feedback).await;
    assert_eq!((listed().await, counted().await), ((3, 0), (whole, None)));
    let lines = recipients().next_lines().await.expect("it reads").expect("lines");
    assert!(lines.contains("came back for good: 5.1.1 no such user; the recipient complained: abuse"), "{lines}");
}

#[tokio::test]
async fn a_field_whose_kind_does_not_read_is_an_error_by_itself_and_letters_name_it_all_the_same() {
    let scene = sent().await;
    let (ann, bob) = (scene.ann.person.id, scene.bob.person.id);
    let listed = async |owner| custom_fields::all(scene.pool(), Access::Owner(owner)).await.map(|all| all.len());
    assert_eq!(listed(ann).await.expect("a list"), 1);
    scene.soil(&column("custom_fields", "kind")).await;
    let error = listed(ann).await.expect_err("it does not read");
    assert!(matches!(error, ReadError::Unreadable(_)), "{error}");
    assert_eq!(listed(bob).await.expect("it is another one's"), 1);
    let keys = custom_fields::keys(scene.pool(), ann).await.expect("keys");
    assert_eq!(keys.iter().map(ToString::to_string).collect::<Vec<_>>(), ["city"]);
    scene.rebuild(Projection::CustomFields).await;
    assert_eq!(listed(ann).await.expect("a list"), 1);
}

#[tokio::test]
async fn evidence_that_does_not_read_makes_no_consent_disappear_and_a_rebuild_makes_it_well() {
    let scene = sent().await;
    let ann = Access::Owner(scene.ann.person.id);
    let ids: Vec<uuid::Uuid> = sqlx::query_scalar("select id from clients where owner_id = $1")
        .bind(scene.ann.person.id.0)
        .fetch_all(scene.pool())
        .await
        .expect("clients");
    // How many consents there are, how many of them tell whence they are known, and whence their end; how many clients tell how they came.
    let listed = async || {
        let consents = clients::consents(scene.pool(), ann, &ids).await.expect("a list");
        let (given, ended) = (
            |row: &&ConsentRow| row.source.is_ok(),
            |row: &&ConsentRow| row.withdrawn_source.as_ref().is_some_and(Result::is_ok),
        );
        let sources = clients::sources(scene.pool(), ann, &ids).await.expect("a list");
        let came = sources.iter().filter(|(_, read)| read.is_ok()).count();
        (consents.len(), consents.iter().filter(given).count(), consents.iter().filter(ended).count(), came)
    };
    assert_eq!(listed().await, (1, 1, 1, 4));
    for (table, name, left) in [
        ("client_consents", "source", (1, 0, 1, 4)),
        ("client_consents", "withdrawn_source", (1, 1, 0, 4)),
        ("clients", "source", (1, 1, 1, 3)),
    ] {
        scene.soil(&column(table, name)).await;
        assert_eq!(listed().await, left, "{table}.{name}");
        scene.rebuild(Projection::Clients).await;
        assert_eq!(listed().await, (1, 1, 1, 4), "{table}.{name}");
    }
}

#[tokio::test]
async fn a_segment_that_does_not_read_is_left_out_of_the_list_and_a_rebuild_makes_it_well() {
    let scene = sent().await;
    let ann = Access::Owner(scene.ann.person.id);
    let second = scene.segment_called(&scene.ann, "Others").await;
    let listed = async || {
        let all = segments::page(scene.pool(), ann, None, None, 10).await.expect("a list");
        let (read, broken): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, row)| row.is_ok());
        (read.len(), broken.len())
    };
    assert_eq!(listed().await, (2, 0));
    scene.soil(&column("segments", "filter")).await;
    assert_eq!(listed().await, (1, 1));
    scene.rebuild(Projection::Segments).await;
    assert_eq!(listed().await, (2, 0));
    // What a mailing leaves out is told by the log when it starts; whoever looks at it is shown the rest.
    let less = async || {
        let rows: Vec<uuid::Uuid> = sqlx::query_scalar("select mailing_id from mailing_less order by 1")
            .fetch_all(scene.pool())
            .await
            .expect("rows");
        let mut left = 0;
        for mailing in rows {
            left += mailings::audience_less(scene.pool(), mailing.into()).await.expect("it reads").segments.len();
        }
        left
    };
    assert_eq!(less().await, 3, "{second}");
    scene.soil(&column("mailing_less", "kind")).await;
    assert_eq!(less().await, 2);
    scene.rebuild(Projection::Mailings).await;
    assert_eq!(less().await, 3);
}

#[tokio::test]
async fn a_key_that_does_not_read_is_left_out_of_its_domain_and_a_rebuild_makes_it_well() {
    let scene = sent().await;
    let root = scene.api.person("Root", &[Role::Administrator]).await;
    let query = "{ senderDomains { nodes { keys { algorithm } } } }";
    let counts = |answer: &Answer| -> Vec<usize> {
        let nodes = answer.body["data"]["senderDomains"]["nodes"].as_array().expect("domains");
        nodes.iter().map(|node| node["keys"].as_array().map_or(0, Vec::len)).collect()
    };
    assert_eq!(counts(&root.post(query, json!({})).await), [1, 1]);
    scene.soil(&column("sender_domain_keys", "algorithm")).await;
    let answer = root.post(query, json!({})).await;
    assert_eq!((codes(&answer), counts(&answer).iter().sum::<usize>()), (["ROW_UNREADABLE".to_owned()].into(), 1));
    scene.rebuild(Projection::Senders).await;
    assert_eq!(counts(&root.post(query, json!({})).await), [1, 1]);
}

#[tokio::test]
async fn whoever_is_asked_about_an_address_of_which_the_guard_does_not_read_says_neither_yes_nor_no() {
    let scene = sent().await;
    let (scopes, mailboxes) = ([scene.ann.person.id.0], ["ann.three@example.org".to_owned()]);
    let asked = async || guard::reasons(scene.pool(), &scopes, domain::mailing::Kind::Bulk, &mailboxes).await;
    assert_eq!(asked().await.expect("an answer"), [Some(Reason::ByHand)]);
    scene.soil(&column("suppressed", "reason")).await;
    asked().await.expect_err("it does not read");
    let named = column("suppressed", "reason").unreadable(scene.pool(), 2).await.expect("rows").remove(0);
    let remedy = named.remedy();
    let (_, sql) = remedy.split_once(": ").expect("a statement");
    sqlx::query(sql).execute(scene.pool()).await.expect("its events are folded once more");
    assert_eq!(asked().await.expect("an answer"), [Some(Reason::ByHand)]);
}

#[tokio::test]
async fn nobody_comes_in_by_a_door_or_with_a_token_that_does_not_read() {
    let scene = sent().await;
    let made = json!({ "name": "three", "scope": "WRITE", "expiresAt": scene.api.clock.now() + TimeDelta::days(9) });
    let made = scene.ann.person.does("apiTokenCreate", made, "apiToken { id } token").await;
    let (id, program) = (&made["apiToken"]["id"], scene.ann.person.known_by(made["token"].as_str().expect("a token")));
    let viewer = "{ viewer { id } }";
    program.ask(viewer, json!({})).await;

    for (table, name, heals) in [("users", "language", true), ("doors", "roles", false)] {
        scene.soil(&column(table, name)).await;
        for person in [&scene.ann.person, &program] {
            let answer = person.post(viewer, json!({})).await;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::INTERNAL_SERVER_ERROR, "ROW_UNREADABLE"),
                "{table}"
            );
        }
        scene.bob.person.ask(viewer, json!({})).await;
        if heals {
            scene.rebuild(Projection::Users).await;
        } else {
            let named = column(table, name).unreadable(scene.pool(), 1).await.expect("rows").remove(0);
            let remedy = named.remedy();
            let (_, sql) = remedy.split_once(": ").expect("a statement");
            sqlx::query(sql).execute(scene.pool()).await.expect("the door is folded once more");
        }
        scene.ann.person.ask(viewer, json!({})).await;
    }

    for name in ["roles", "scope"] {
        let soil = format!(
            "update api_tokens set {name} = {} where id = $1::uuid",
            if name == "roles" { "array['rubbish']" } else { "'rubbish'" }
        );
        sqlx::query(&soil).bind(id.as_str()).execute(scene.pool()).await.expect("rubbish can be written");
        assert_eq!(program.post(viewer, json!({})).await.code(), "ROW_UNREADABLE", "{name}");
    }
    let tokens = scene.ann.person.post("{ apiTokens { name } }", json!({})).await;
    assert_eq!(tokens.code(), "ROW_UNREADABLE");
    assert_eq!(tokens.body["data"]["apiTokens"], json!([{ "name": "two" }, { "name": "one" }]));
    // What its remedy says.
    scene.ann.person.does("apiTokenRevoke", json!({ "id": id }), "revokedId").await;
    scene.ann.person.ask("{ apiTokens { name } }", json!({})).await;
}

#[tokio::test]
async fn a_link_that_does_not_read_opens_nothing() {
    let scene = sent().await;
    let before = scene.count("links where kind = 'recover_password'").await;
    scene.soil(&column("links", "kind")).await;
    assert_eq!(scene.count("links where kind = 'recover_password'").await, before - 1, "the other one still works");
    let named = column("links", "kind").unreadable(scene.pool(), 2).await.expect("rows");
    assert_eq!(named.len(), 1);
    assert_eq!(named[0].remedy(), "have another letter sent");
}

#[tokio::test]
async fn the_doctor_names_every_such_row_and_says_what_to_do() {
    let scene = sent().await;
    let columns = [projections::catalogue::columns(), acts::who::columns()].concat();
    for column in &columns {
        scene.soil(column).await;
    }
    let url = scene.api.database_url();
    let doctor = skymailing(&["doctor", "--json"]).set("DATABASE_URL", url);
    let ended = doctor.set("SMTP_URL", format!("smtp://{}", scene.server.address())).run().await;
    let answer: Value = serde_json::from_str(&ended.out).expect("JSON");
    let check = answer["checks"].as_array().expect("checks").iter().find(|check| check["name"] == "rows");
    let check = check.expect("rows are looked at");
    assert_eq!((check["state"].as_str(), ended.code), (Some("problem"), Some(1)));
    let (finding, advice) = (check["finding"].as_str().expect("text"), check["advice"].as_str().expect("text"));
    for column in &columns {
        let named = format!("of {} cannot be read: its {} is", column.table, column.name);
        assert!(finding.contains(&named), "{named}: {finding}");
    }
    for projection in [
        "users",
        "clients",
        "mailings",
        "runs",
        "reports",
        "notices",
        "suppressions",
        "senders",
        "custom_fields",
        "segments",
        "imports",
        "feedback",
    ] {
        assert!(advice.contains(&format!("skymailing rebuild {projection}")), "{advice}");
    }
    for other in ["door_after", "suppressed_after", "revoke the token", "another letter", "start a worker"] {
        assert!(advice.contains(other), "{advice}");
    }
}
