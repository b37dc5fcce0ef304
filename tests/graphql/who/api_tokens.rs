//! API tokens.

use crate::support::http::{Api, Person, text, with};
use crate::support::service::metadata;
use chrono::TimeDelta;
use domain::Role;
use domain::user::{Command, User};
use reqwest::StatusCode;
use serde_json::{Value, json};

fn input(api: &Api, scope: &str) -> Value {
    let expires_at = (api.clock.now() + TimeDelta::days(7)).to_rfc3339();
    json!({ "name": "nightly report", "scope": scope, "expiresAt": expires_at })
}

async fn token(api: &Api, person: &Person, scope: &str) -> (Person, String) {
    let made = person.does("apiTokenCreate", input(api, scope), "token apiToken { id }").await;
    (api.anonymous().known_by(&text(&made["token"])), text(&made["apiToken"]["id"]))
}

async fn is_in(person: &Person) -> bool {
    person.ask("{ viewer { id } }", json!({})).await["viewer"] != json!(null)
}

#[tokio::test]
async fn a_token_is_shown_once_and_works_until_it_expires() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (program, id) = token(&api, &ann, "WRITE").await;
    let shown = program.token.clone().expect("a token");
    assert!(shown.starts_with("sky_") && shown.len() == 47, "32 bytes behind a prefix");
    assert_eq!(program.ask("{ viewer { email } }", json!({})).await["viewer"]["email"], "ann@example.com");
    program.group("Friends").await;

    let list = "{ apiTokens { id name scope createdAt expiresAt lastUsedAt } }";
    let listed = ann.ask(list, json!({})).await;
    let expected = json!([{ "id": id, "name": "nightly report", "scope": "WRITE",
        "createdAt": "2026-05-04T09:00:00Z", "expiresAt": "2026-05-11T09:00:00Z", "lastUsedAt": "2026-05-04T09:00:00Z" }]);
    assert_eq!(listed["apiTokens"], expected);
    // Nowhere is it kept as it is.
    let kept: i64 = sqlx::query_scalar(
        "select (select count(*) from api_tokens t where t::text like '%' || $1 || '%')
              + (select count(*) from events e where e::text like '%' || $1 || '%')",
    )
    .bind(&shown)
    .fetch_one(&api.pool)
    .await
    .unwrap();
    assert_eq!(kept, 0);

    api.clock.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    assert!(is_in(&program).await);
    api.clock.advance(TimeDelta::seconds(1));
    assert!(!is_in(&program).await);
    assert_eq!(ann.ask(list, json!({})).await["apiTokens"], json!([]));
}

#[tokio::test]
async fn a_token_to_read_with_runs_no_mutation() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (reader, _) = token(&api, &ann, "READ").await;
    let before = api.events().await;
    assert!(is_in(&reader).await);
    for query in [
        "mutation { groupCreate(input: { name: \"x\" }) { group { id } } }",
        "mutation { sessionDelete { deleted } }",
        "query a { viewer { id } } mutation b { sessionDelete { deleted } }",
    ] {
        let name = query.contains("query a").then_some("b");
        let body = json!({ "query": query, "operationName": name });
        let answer = reader.send(|http| http.post(api.url("/graphql")).json(&body)).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "FORBIDDEN"), "{query}");
    }
    let csv = "email\nx@example.com\n";
    let upload =
        |http: &reqwest::Client| http.post(api.url("/import/clients")).header("content-type", "text/csv").body(csv);
    assert_eq!(reader.send(upload).await.code(), "FORBIDDEN");
    assert_eq!(api.events().await, before);
}

#[tokio::test]
async fn a_token_does_not_change_who_gets_in() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (writer, id) = token(&api, &ann, "WRITE").await;
    for (mutation, input, selection) in [
        ("apiTokenCreate", input(&api, "WRITE"), "token"),
        ("apiTokenRevoke", json!({ "id": id }), "revokedId"),
        ("sessionEnd", json!({ "id": id }), "endedId"),
        ("passwordChange", json!({ "oldPassword": "x", "newPassword": "x" }), "changed"),
        ("emailChange", json!({ "newEmail": "x@example.com", "password": "x" }), "accepted"),
    ] {
        let kind = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!("mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ {selection} }} }}");
        let answer = writer.post(&query, json!({ "input": input })).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "FORBIDDEN"), "{mutation}");
    }
    for query in ["mutation { sessionsEndAll { ended } }", "{ sessions { id } }", "{ apiTokens { id } }"] {
        assert_eq!(writer.post(query, json!({})).await.code(), "FORBIDDEN", "{query}");
    }
    assert!(is_in(&ann).await);
}

#[tokio::test]
async fn a_token_is_revoked_by_its_owner_only() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let bob = api.owner("Bob").await;
    let (program, id) = token(&api, &ann, "WRITE").await;
    assert_eq!(bob.ask("{ apiTokens { id } }", json!({})).await["apiTokens"], json!([]));
    let not_found = [("NOT_FOUND".to_owned(), "input.id".to_owned())];
    assert_eq!(bob.fails("apiTokenRevoke", json!({ "id": id })).await, not_found);
    assert!(is_in(&program).await);

    ann.does("apiTokenRevoke", json!({ "id": id }), "revokedId").await;

    assert!(!is_in(&program).await);
    assert_eq!(ann.fails("apiTokenRevoke", json!({ "id": id })).await, not_found);
}

#[tokio::test]
async fn the_sessions_and_tokens_of_whoever_is_blocked_do_not_work() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (program, _) = token(&api, &ann, "WRITE").await;
    let block = Command::Block { reason: "complaints".to_owned(), even_administrators: true };
    let receipt = api.node.services.store.execute::<User>(ann.id.0, block, &metadata()).await.expect("blocked");
    assert!(api.node.services.shown(receipt.position).await);
    assert_eq!((is_in(&ann).await, is_in(&program).await), (false, false));
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_told_by_field() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    for (field, value, code) in [
        ("name", json!(" "), "NAME_EMPTY"),
        ("name", json!("a\nb"), "NAME_NOT_A_LINE"),
        ("name", json!("x".repeat(101)), "NAME_TOO_LONG"),
        ("expiresAt", json!("tomorrow"), "DATE_TIME_INVALID"),
        ("expiresAt", json!("2026-05-04T09:00:00Z"), "EXPIRY_OUT_OF_RANGE"),
        ("expiresAt", json!("2027-05-06T09:00:00Z"), "EXPIRY_OUT_OF_RANGE"),
    ] {
        let told = ann.fails("apiTokenCreate", with(input(&api, "READ"), field, value)).await;
        assert_eq!(told, [(code.to_owned(), format!("input.{field}"))]);
    }
    for _ in 0..50 {
        token(&api, &ann, "READ").await;
    }
    let told = ann.fails("apiTokenCreate", input(&api, "READ")).await;
    assert_eq!(told, [("API_TOKENS_TOO_MANY".to_owned(), String::new())]);
}

#[tokio::test]
async fn a_token_of_an_administrators_changes_neither_roles_nor_who_is_blocked_nor_read_models() {
    let api = Api::start().await;
    let root = api.person("Root", &[Role::Administrator]).await;
    let ann = api.owner("Ann").await;
    let (writer, _) = token(&api, &root, "WRITE").await;
    writer.ask("{ users { totalCount } projections { name } }", json!({})).await;
    let before = api.events().await;
    let id = ann.id.to_string();
    for (mutation, input) in [
        ("roleGrant", json!({ "id": id, "role": "ADMINISTRATOR" })),
        ("roleRevoke", json!({ "id": root.id.to_string(), "role": "ADMINISTRATOR" })),
        ("userBlock", json!({ "id": id, "reason": "complaints" })),
        ("userUnblock", json!({ "id": id, "reason": "settled" })),
        ("projectionRebuild", json!({ "name": "groups" })),
    ] {
        let kind = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
        let query =
            format!("mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}");
        let answer = writer.post(&query, json!({ "input": input })).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "FORBIDDEN"), "{mutation}");
        assert_eq!(answer.body["errors"][0]["message"], "this needs a session: log in; API tokens cannot do it");
    }
    assert_eq!(api.events().await, before);
    let rebuilds: i64 = sqlx::query_scalar("select count(*) from projections where name like 'rebuild:%'")
        .fetch_one(&api.pool)
        .await
        .unwrap();
    assert_eq!(rebuilds, 0);
}

/// What a program may do at most is what its owner could do when they made its token.
#[tokio::test]
async fn a_token_gets_no_right_that_its_owner_gets_later_and_loses_those_that_its_owner_loses() {
    const OWN: &str = "mutation { groupCreate(input: { name: \"x\" }) { userErrors { code } } }";
    const WATCH: &str = "{ users { totalCount } }";
    let api = Api::start().await;
    let root = api.person("Root", &[Role::Administrator]).await;
    for (name, then, changes, may_own, may_watch) in [
        ("Ann", &[][..], &[("roleGrant", "ADMINISTRATOR")][..], true, false),
        ("Bob", &[], &[("roleGrant", "MANAGER")], false, false),
        ("Cat", &[Role::Manager], &[("roleRevoke", "MANAGER")], false, false),
        ("Dan", &[Role::Manager], &[("roleGrant", "ADMINISTRATOR")], false, true),
        ("Eve", &[Role::Administrator], &[("roleRevoke", "ADMINISTRATOR")], true, false),
        ("Fay", &[Role::Manager], &[("roleRevoke", "MANAGER"), ("roleGrant", "MANAGER")], false, true),
    ] {
        let person = api.person(name, then).await;
        let (program, _) = token(&api, &person, "WRITE").await;
        for (mutation, role) in changes {
            let input = json!({ "id": person.id.to_string(), "role": role });
            root.does(mutation, input, "position").await;
        }
        for (query, may) in [(OWN, may_own), (WATCH, may_watch)] {
            let expected = if may { "" } else { "FORBIDDEN" };
            assert_eq!(program.post(query, json!({})).await.code(), expected, "{name}: {query}");
        }
    }
}
