//! Accounts in the hands of those who look after the service: the list, blocking, roles, and the administrator who is
//! always left.

use crate::pages::reader::Reader;
use crate::support::http::{Api, PASSWORD, Person, address_of, text};
use crate::support::service::{found, metadata};
use acts::who::Operator;
use domain::{Code, Role};
use reqwest::StatusCode;
use serde_json::{Value, json};

fn reason(person: &Person, reason: &str) -> Value {
    json!({ "id": person.id.to_string(), "reason": reason })
}

fn role(person: &Person, role: &str) -> Value {
    json!({ "id": person.id.to_string(), "role": role })
}

#[tokio::test]
async fn accounts_are_listed_newest_first_and_found_by_name_address_role_and_state() {
    let api = Api::start().await;
    let root = api.person("Root", &[Role::Administrator]).await;
    let ann = api.owner("Ann").await;
    let max = api.person("Max", &[Role::Manager]).await;
    root.does("userBlock", reason(&ann, "complaints"), "position").await;

    let list = async |arguments: &str| {
        let seen = max.ask(&format!("{{ users{arguments} {{ totalCount nodes {{ fullName }} }} }}"), json!({})).await;
        let names = seen["users"]["nodes"].as_array().expect("users").iter().map(|user| text(&user["fullName"]));
        let names: Vec<_> = names.collect();
        assert!(arguments.contains("first") || seen["users"]["totalCount"] == names.len());
        names.join(" ")
    };
    assert_eq!(list("").await, "Max Ann Root");
    assert_eq!(list("(filter: { search: \"AN\" })").await, "Ann");
    assert_eq!(list("(filter: { search: \"max@\" })").await, "Max");
    assert_eq!(list("(filter: { search: \"_\" })").await, "");
    assert_eq!(list("(filter: { search: \"ánn\" })").await, "Ann");
    assert_eq!(list("(filter: { role: MANAGER })").await, "Max");
    assert_eq!(list("(filter: { blocked: true })").await, "Ann");
    assert_eq!(list("(filter: { blocked: false, search: \"example.com\" })").await, "Max Root");
    assert_eq!(list("(first: 2)").await, "Max Ann");
    let page = max.ask("{ users(first: 2) { pageInfo { endCursor hasNextPage } } }", json!({})).await;
    assert_eq!(page["users"]["pageInfo"]["hasNextPage"], true);
    let after = text(&page["users"]["pageInfo"]["endCursor"]);
    assert_eq!(list(&format!("(first: 2, after: \"{after}\")")).await, "Root");

    let query = "query($id: ID!) { user(id: $id) { email emailVerified blockedAt blockedReason allowedActions
                                                   blockedBy { kind user { email } } holdings { clients mailings } } }";
    let mut seen = max.ask(query, json!({ "id": ann.id.to_string() })).await;
    assert!(seen["user"]["blockedAt"].take().is_string());
    assert_eq!(
        seen["user"],
        json!({ "email": "ann@example.com", "emailVerified": true, "blockedAt": null,
                "blockedReason": "complaints", "allowedActions": ["UNBLOCK"],
                "blockedBy": { "kind": "USER", "user": { "email": "root@example.com" } },
                "holdings": { "clients": 0, "mailings": 0 } })
    );
    // Nobody reads of themselves who shut them out, once they are in again.
    root.does("userUnblock", reason(&ann, "settled"), "position").await;
    let ann = api.anonymous().log_in("ann@example.com", PASSWORD).await;
    assert!(ann["session"]["token"].is_string());
    let own = max.ask("{ viewer { blockedBy { kind } holdings { clients } } }", json!({})).await;
    assert_eq!(own["viewer"], json!({ "blockedBy": null, "holdings": { "clients": 0 } }));
}

#[tokio::test]
async fn what_may_be_done_with_an_account_depends_on_who_asks_and_on_who_is_left() {
    let api = Api::start().await;
    let root = api.person("Root", &[Role::Administrator]).await;
    let max = api.person("Max", &[Role::Manager]).await;
    let ann = api.owner("Ann").await;
    let actions = async |viewer: &Person, of: &Person| {
        let query = "query($id: ID!) { user(id: $id) { allowedActions } }";
        viewer.ask(query, json!({ "id": of.id.to_string() })).await["user"]["allowedActions"].take()
    };
    assert_eq!(actions(&ann, &ann).await, json!([]));
    assert_eq!(actions(&max, &ann).await, json!(["BLOCK"]));
    assert_eq!(actions(&max, &root).await, json!([]));
    assert_eq!(actions(&root, &ann).await, json!(["BLOCK", "GRANT_ROLE"]));
    assert_eq!(actions(&root, &max).await, json!(["BLOCK", "GRANT_ROLE", "REVOKE_ROLE"]));
    assert_eq!(actions(&root, &root).await, json!(["GRANT_ROLE"]), "the last one stays");

    root.does("roleGrant", role(&max, "ADMINISTRATOR"), "user { roles }").await;
    assert_eq!(actions(&root, &root).await, json!(["BLOCK", "GRANT_ROLE", "REVOKE_ROLE"]));
    max.does("userBlock", reason(&root, "left us"), "position").await;
    assert_eq!(actions(&max, &root).await, json!(["UNBLOCK", "GRANT_ROLE", "REVOKE_ROLE"]));
    assert_eq!(actions(&max, &max).await, json!(["GRANT_ROLE", "REVOKE_ROLE"]), "the other role can go");
}

#[tokio::test]
async fn whoever_is_blocked_is_out_at_once_and_back_in_only_by_logging_in_again() {
    let api = Api::start().await;
    let max = api.person("Max", &[Role::Manager]).await;
    let ann = api.owner("Ann").await;

    let selection = "user { blockedAt blockedReason allowedActions } behind";
    let mut blocked = max.does("userBlock", reason(&ann, "complaints"), selection).await;
    assert!(blocked["user"]["blockedAt"].take().is_string());
    assert_eq!(
        blocked,
        json!({ "user": { "blockedAt": null, "blockedReason": "complaints",
                          "allowedActions": ["UNBLOCK"] }, "behind": false, "userErrors": [] })
    );
    let shut_out = ann.post("{ mailings { totalCount } }", json!({})).await;
    assert_eq!((shut_out.status, shut_out.code()), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"));
    let log_in = ann.log_in(&address_of("Ann"), PASSWORD).await;
    assert_eq!(log_in["userErrors"][0]["code"], "ACCOUNT_BLOCKED");
    // Asking twice is fine, and changes nothing, not even the reason.
    let again = max.does("userBlock", reason(&ann, "more complaints"), selection).await;
    assert_eq!(again["user"]["blockedReason"], "complaints");

    let freed = max.does("userUnblock", reason(&ann, "settled"), selection).await;
    assert_eq!(freed["user"], json!({ "blockedAt": null, "blockedReason": null, "allowedActions": ["BLOCK"] }));
    let still_out = ann.post("{ mailings { totalCount } }", json!({})).await;
    assert_eq!(still_out.code(), "UNAUTHENTICATED", "sessions stay ended");
    let log_in = ann.log_in(&address_of("Ann"), PASSWORD).await;
    ann.known_by(&text(&log_in["session"]["token"])).ask("{ mailings { totalCount } }", json!({})).await;
}

#[tokio::test]
async fn whoever_was_blocked_finds_neither_why_nor_by_whom_in_the_log() {
    let api = Api::start().await;
    let (ann, max) = (api.owner("Ann").await, api.person("Max", &[Role::Manager]).await);
    max.does("userBlock", reason(&ann, "spam traps"), "").await;
    max.does("userUnblock", reason(&ann, "a second chance"), "").await;
    let log_in = ann.log_in(&address_of("Ann"), PASSWORD).await;
    let ann = ann.known_by(&text(&log_in["session"]["token"]));
    let tells = |told: &str| {
        ["Blocked", "Unblocked", "spam traps", "a second chance", "Max"].iter().any(|part| told.contains(part))
    };

    let log = "query($filter: AuditFilter) { auditLog(filter: $filter, last: 100) { totalCount nodes { type summary data } } }";
    for filter in [
        json!(null),
        json!({ "kind": "USER" }),
        json!({ "objectId": ann.id.to_string() }),
        json!({ "actorId": max.id.to_string() }),
        json!({ "search": "spam traps" }),
    ] {
        let seen = ann.ask(log, json!({ "filter": filter })).await;
        assert!(!tells(&seen.to_string()), "{filter}: {seen}");
        let seen = max.ask(log, json!({ "filter": filter })).await;
        assert!(tells(&seen.to_string()), "{filter}: whoever watches reads it: {seen}");
    }
    let found = ann.ask(log, json!({ "filter": { "search": "spam traps" } })).await;
    assert_eq!(found["auditLog"]["totalCount"], 0, "nor by counting");

    let history =
        "query($id: ID!) { user(id: $id) { history(first: 100) { totalCount nodes { type summary data } } } }";
    let id = json!({ "id": ann.id.to_string() });
    let own = ann.ask(history, id.clone()).await["user"]["history"].take();
    assert!(own.to_string().contains("Registered") && !tells(&own.to_string()), "{own}");
    assert_eq!(own["totalCount"].as_u64(), own["nodes"].as_array().map(|nodes| nodes.len() as u64), "nor by counting");
    assert!(tells(&max.ask(history, id).await.to_string()), "whoever watches reads it");
    for path in ["/log", "/log/export.jsonl", "/log/export.csv"] {
        let (status, page) = Reader::of(&api, &ann).get(path).await;
        assert!(status == StatusCode::OK && !tells(&page), "{path}: {page}");
    }
}

#[tokio::test]
async fn the_mailings_of_whoever_is_blocked_say_so_until_the_block_is_lifted() {
    let api = Api::start().await;
    let max = api.person("Max", &[Role::Manager]).await;
    let ann = api.owner("Ann").await;
    let mailing = ann.mailing(&ann.message().await, &ann.client("anna@example.com", &[]).await).await;
    let paused = ann.mailing(&ann.message().await, &ann.client("boris@example.com", &[]).await).await;
    ann.does("mailingPause", json!({ "id": paused }), "").await;
    let seen = async |id: &str| {
        let query = "query($id: ID!) { mailing(id: $id) { status reason nextRunAt } }";
        max.ask(query, json!({ "id": id })).await["mailing"].take()
    };
    let listed = async |status: &str| {
        let filter = json!({ "status": [status] });
        let query = "query($filter: MailingFilter) { mailings(filter: $filter) { totalCount } }";
        max.ask(query, json!({ "filter": filter })).await["mailings"]["totalCount"].take()
    };
    let before = seen(&mailing).await;
    assert_eq!((&before["status"], &before["reason"]), (&json!("CREATED"), &Value::Null));
    assert!(before["nextRunAt"].is_string(), "{before}");
    assert_eq!((listed("CREATED").await, listed("PAUSED").await), (json!(1), json!(1)));

    max.does("userBlock", reason(&ann, "complaints"), "position").await;
    let blocked = seen(&mailing).await;
    let why = "the account of the mailing's owner is blocked: nothing is sent until it is unblocked";
    assert_eq!(blocked, json!({ "status": "PAUSED", "reason": why, "nextRunAt": null }));
    assert_eq!(seen(&paused).await, json!({ "status": "PAUSED", "reason": null, "nextRunAt": null }));
    assert_eq!((listed("CREATED").await, listed("PAUSED").await), (json!(0), json!(2)));

    max.does("userUnblock", reason(&ann, "settled"), "position").await;
    assert_eq!(seen(&mailing).await, before);
    assert_eq!((listed("CREATED").await, listed("PAUSED").await), (json!(1), json!(1)));
}

#[tokio::test]
async fn roles_come_and_go_and_count_at_once() {
    let api = Api::start().await;
    let root = api.person("Root", &[Role::Administrator]).await;
    let ann = api.owner("Ann").await;
    let users = "{ users { totalCount } }";
    assert_eq!(ann.post(users, json!({})).await.code(), "FORBIDDEN");

    let granted = root.does("roleGrant", role(&ann, "MANAGER"), "user { roles }").await;
    assert_eq!(granted["user"]["roles"], json!(["MANAGER"]));
    ann.ask(users, json!({})).await;
    root.does("roleGrant", role(&ann, "MANAGER"), "user { roles }").await;

    let revoked = root.does("roleRevoke", role(&ann, "MANAGER"), "user { roles }").await;
    assert_eq!(revoked["user"]["roles"], json!([]));
    assert_eq!(ann.post(users, json!({})).await.code(), "FORBIDDEN");
    for id in ["x".to_owned(), uuid::Uuid::now_v7().to_string()] {
        let nobody = json!({ "id": id, "role": "MANAGER" });
        assert_eq!(root.fails("roleGrant", nobody).await, [("NOT_FOUND".into(), "input.id".into())]);
    }
}

#[tokio::test]
async fn the_last_administrator_can_neither_be_blocked_nor_lose_the_role() {
    let api = Api::start().await;
    let root = api.person("Root", &[Role::Administrator]).await;
    let second = api.person("Second", &[Role::Administrator]).await;
    let last = || vec![("LAST_ADMINISTRATOR".to_owned(), "input.id".to_owned())];

    // One of two may go; the other may not, neither by hand of their own. Whoever is blocked does not count.
    root.does("userBlock", reason(&second, "left us"), "position").await;
    assert_eq!(root.fails("userBlock", reason(&root, "tired")).await, last());
    assert_eq!(root.fails("roleRevoke", role(&root, "ADMINISTRATOR")).await, last());
    // A blocked administrator's role may go, as it is nobody's to use.
    root.does("roleRevoke", role(&second, "ADMINISTRATOR"), "position").await;
    assert_eq!(root.fails("roleRevoke", role(&root, "ADMINISTRATOR")).await, last());
    root.does("userUnblock", reason(&second, "back"), "position").await;
    root.does("roleGrant", role(&second, "ADMINISTRATOR"), "position").await;
    root.does("roleRevoke", role(&root, "ADMINISTRATOR"), "position").await;
    assert_eq!(root.post("{ projections { name } }", json!({})).await.code(), "FORBIDDEN");
}

#[tokio::test]
async fn administrators_who_remove_each_other_at_the_same_moment_leave_one() {
    let api = Api::start().await;
    let services = &api.node.services;
    let mut administrators = Vec::new();
    for name in ["Anna", "Boris", "Clara", "David", "Emma", "Fedor"] {
        administrators.push(api.account(name, &[Role::Administrator]).await);
    }
    let mut removals = tokio::task::JoinSet::new();
    for (n, id) in administrators.iter().enumerate() {
        let (services, id) = (services.clone(), id.to_string());
        removals.spawn(async move {
            let role = Role::Administrator;
            if n % 2 == 0 {
                acts::who::users::revoke(&services, &Operator::of_this_host().administrator(), &id, role, &metadata())
                    .await
            } else {
                acts::who::users::block(
                    &services,
                    &Operator::of_this_host().watcher(),
                    &id,
                    "no more".to_owned(),
                    &metadata(),
                )
                .await
            }
        });
    }
    let answers = removals.join_all().await;

    let refused: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    let [acts::Refused::Problems(problems)] = refused.as_slice() else { panic!("one is refused: {refused:?}") };
    assert_eq!(problems[0].code, Code::LastAdministrator);
    for answer in answers.into_iter().flatten() {
        assert!(services.shown(answer.1.position).await);
    }
    let query = "select count(*) from users where 'administrator' = any(roles) and blocked_at is null";
    let left: i64 = sqlx::query_scalar(query).fetch_one(&api.pool).await.expect("users");
    assert_eq!(left, 1);
}

#[tokio::test]
async fn a_projection_is_rebuilt_while_it_is_read_and_its_progress_shows() {
    let api = Api::start().await;
    let root = api.person("Root", &[Role::Administrator]).await;
    root.client("anna@example.com", &[]).await;
    // What a rebuild would bring back.
    sqlx::query("update clients set full_name = 'Wrong'").execute(&api.pool).await.expect("changed");

    let begun = root.does("projectionRebuild", json!({ "name": "clients" }), "projection { name error }").await;
    assert_eq!(begun["projection"], json!({ "name": "clients", "error": null }));

    let status = "{ projections { name error rebuild { running folded total error } } }";
    found("the rebuild is over", async || {
        let seen = root.ask(status, json!({})).await;
        let all = seen["projections"].as_array().expect("projections");
        assert!(all.iter().all(|one| !text(&one["name"]).starts_with("rebuild")), "{all:?}");
        all.iter().all(|one| one["rebuild"].is_null()).then_some(())
    })
    .await;
    let clients = root.ask("{ clients { nodes { fullName } } }", json!({})).await;
    assert_eq!(clients["clients"]["nodes"], json!([{ "fullName": "Anna Petrova" }]));
}

#[tokio::test]
async fn all_projections_are_rebuilt_together_but_for_those_that_are_being_rebuilt() {
    let api = Api::start().await;
    let root = api.person("Root", &[Role::Administrator]).await;
    let ann = api.owner("Ann").await;
    ann.client("anna@example.com", &[]).await;
    sqlx::query("update clients set full_name = 'Wrong'").execute(&api.pool).await.expect("changed");
    let store = &api.node.services.store;
    let groups = projections::Rebuild::begin(store, projections::Projection::Groups, &metadata()).await;
    let groups = groups.expect("nobody else does");

    let begun = root.does("projectionRebuild", json!({}), "projection { name } projections { name }").await;

    let mut expected: Vec<&str> = projections::Projection::ALL.iter().map(|projection| projection.name()).collect();
    expected.retain(|name| *name != "groups");
    expected.sort_unstable();
    let expected: Vec<_> = expected.iter().map(|name| json!({ "name": name })).collect();
    assert_eq!(begun, json!({ "projection": null, "projections": expected, "userErrors": [] }));
    let clients = async || ann.ask("{ clients { nodes { fullName } } }", json!({})).await["clients"]["nodes"].take();
    let right = json!([{ "fullName": "Anna Petrova" }]);
    found("the rebuilds are over", async || (clients().await == right).then_some(())).await;
    groups.run(|_| {}).await.expect("it goes on by itself");
}

#[tokio::test]
async fn a_projection_is_rebuilt_once_at_a_time_and_one_that_was_stopped_shows_and_goes_on() {
    let api = Api::start().await;
    let root = api.person("Root", &[Role::Administrator]).await;
    let store = &api.node.services.store;
    let groups = projections::Projection::from_name("groups").expect("there is one");
    let rebuild = projections::Rebuild::begin(store, groups, &metadata()).await.expect("nobody else does");
    let groups = async || {
        let seen = root.ask("{ projections { name rebuild { running folded error } } }", json!({})).await;
        let all = seen["projections"].as_array().expect("projections").clone();
        all.into_iter().find(|one| one["name"] == "groups").expect("there is one")["rebuild"].take()
    };

    assert_eq!(
        root.fails("projectionRebuild", json!({ "name": "groups" })).await,
        [("REBUILD_RUNNING".into(), "input.name".into())]
    );
    assert_eq!(groups().await, json!({ "running": true, "folded": 0, "error": null }));
    drop(rebuild);
    found("PostgreSQL has noticed", async || {
        (groups().await == json!({ "running": false, "folded": 0, "error": null })).then_some(())
    })
    .await;
    let view =
        async |statement: &'static str| sqlx::query(statement).execute(&api.pool).await.expect("the database takes it");
    view("create view our_groups as select name from groups").await;
    assert_eq!(
        root.fails("projectionRebuild", json!({ "name": "groups" })).await,
        [("REBUILD_OBSTRUCTED".into(), "input.name".into())]
    );
    view("drop view our_groups").await;
    root.does("projectionRebuild", json!({ "name": "groups" }), "projection { name }").await;
    found("the rebuild is over", async || groups().await.is_null().then_some(())).await;
}

#[tokio::test]
async fn an_administrator_sees_whether_the_service_is_well_what_waits_and_with_which_settings_it_runs() {
    let setting = api::Setting {
        name: "CACHE_ENABLED".to_owned(),
        value: "true".to_owned(),
        source: api::SettingSource::Environment,
    };
    let api = Api::with(|options| options.settings = [setting].into()).await;
    let root = api.person("Root", &[Role::Administrator]).await;
    let ann = api.owner("Ann").await;
    // Nothing sends here, so the run waits.
    ann.mailing(&ann.message().await, &ann.client("anna@example.com", &[]).await).await;

    let query = "{ service { checks { subject well message } queues { notices runs batches unknown }
                             settings { name value source } } }";
    let seen = root.ask(query, json!({})).await;
    let service = &seen["service"];
    assert_eq!(service["settings"], json!([{ "name": "CACHE_ENABLED", "value": "true", "source": "ENVIRONMENT" }]));
    assert_eq!(service["queues"]["unknown"], 0);
    let checks = service["checks"].as_array().expect("checks");
    let not_well: Vec<_> = checks.iter().filter(|check| check["well"] == false).collect();
    assert_eq!((checks.len(), not_well.len()), (9, 1), "{checks:?}");
    assert_eq!(not_well[0]["subject"], "MAIL_SERVERS");
    assert!(text(&not_well[0]["message"]).starts_with("no process that sends letters is running"));
}
