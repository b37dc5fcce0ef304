//! Guarding the door never waits for a read model: all of this happens while they stand still.

use crate::support::http::{Api, PASSWORD, Person, address_of, text};
use crate::support::service::{found, metadata};
use domain::user::{Command, User};
use domain::{EmailAddress, Role, UserId};
use serde_json::json;
use sqlx::{PgPool, Postgres, Transaction};

const USERS: &str = "{ users { totalCount } }";

/// Holds what the projector needs to go on, for as long as it is kept.
async fn read_models_stand_still(pool: &PgPool) -> Transaction<'static, Postgres> {
    let mut held = pool.begin().await.expect("a transaction");
    sqlx::query("select from projections for update").execute(&mut *held).await.expect("held");
    held
}

/// What nobody waits for the read models with.
async fn happens(api: &Api, id: UserId, command: Command) {
    api.node.services.store.execute::<User>(id.0, command, &metadata()).await.expect("it is allowed");
}

fn block() -> Command {
    Command::Block { reason: "complaints".to_owned(), even_administrators: true }
}

fn unblock() -> Command {
    Command::Unblock { reason: "settled".to_owned(), even_administrators: true }
}

async fn code_of_log_in(api: &Api, email: &str) -> String {
    let payload = api.anonymous().log_in(email, PASSWORD).await;
    payload["userErrors"][0]["code"].as_str().unwrap_or_default().to_owned()
}

async fn program_of(api: &Api, person: &Person) -> Person {
    let expires_at = (api.clock.now() + chrono::TimeDelta::days(7)).to_rfc3339();
    let input = json!({ "name": "script", "scope": "READ", "expiresAt": expires_at });
    person.known_by(&text(&person.does("apiTokenCreate", input, "token").await["token"]))
}

#[tokio::test]
async fn whoever_is_blocked_is_out_at_once_and_does_not_come_in_again() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let program = program_of(&api, &ann).await;
    let _held = read_models_stand_still(&api.pool).await;

    happens(&api, ann.id, block()).await;

    for key in [&ann, &program] {
        assert_eq!(key.post("{ mailings { totalCount } }", json!({})).await.code(), "UNAUTHENTICATED");
        let write = "mutation { groupCreate(input: { name: \"x\" }) { group { id } } }";
        assert_ne!(key.post(write, json!({})).await.code(), "");
    }
    assert_eq!(code_of_log_in(&api, &address_of("Ann")).await, "ACCOUNT_BLOCKED");
    let kept: i64 = sqlx::query_scalar("select (select count(*) from sessions) + (select count(*) from api_tokens)")
        .fetch_one(&api.pool)
        .await
        .unwrap();
    assert_eq!(kept, 0, "they end with the event");

    happens(&api, ann.id, unblock()).await;
    assert_eq!(ann.post("{ mailings { totalCount } }", json!({})).await.code(), "UNAUTHENTICATED", "they stay ended");
    assert_eq!(code_of_log_in(&api, &address_of("Ann")).await, "");
}

#[tokio::test]
async fn a_role_counts_from_the_moment_it_is_given_and_not_a_moment_longer() {
    let api = Api::start().await;
    let max = api.person("Max", &[Role::Manager]).await;
    let ann = api.owner("Ann").await;
    let program = program_of(&api, &max).await;
    for key in [&max, &program] {
        key.ask(USERS, json!({})).await;
    }
    let _held = read_models_stand_still(&api.pool).await;

    happens(&api, max.id, Command::RevokeRole { role: Role::Manager }).await;
    happens(&api, ann.id, Command::GrantRole { role: Role::Manager }).await;

    for key in [&max, &program] {
        assert_eq!(key.post(USERS, json!({})).await.code(), "FORBIDDEN");
    }
    assert_eq!(ann.post(USERS, json!({})).await.code(), "");
    assert_eq!(ann.ask("{ viewer { roles } }", json!({})).await["viewer"]["roles"], json!(["MANAGER"]));
}

#[tokio::test]
async fn an_address_opens_the_door_from_the_moment_it_is_proven_and_the_old_one_no_more() {
    let api = Api::start().await;
    let ann = api.account("Ann", &[]).await;
    let input = json!({ "email": "eve@example.com", "fullName": "", "password": PASSWORD });
    api.anonymous().does("userRegister", input, "accepted").await;
    assert_eq!(code_of_log_in(&api, "eve@example.com").await, "EMAIL_NOT_VERIFIED");
    let eve: uuid::Uuid = found("Eve's account", async || {
        let id = sqlx::query_scalar("select id from users where email = 'eve@example.com'");
        id.fetch_optional(&api.pool).await.expect("users can be read")
    })
    .await;
    let _held = read_models_stand_still(&api.pool).await;

    happens(&api, UserId(eve), Command::VerifyEmail).await;
    happens(&api, ann, Command::ChangeEmail { email: EmailAddress::parse("anna@example.com").unwrap() }).await;

    assert_eq!(code_of_log_in(&api, "eve@example.com").await, "");
    assert_eq!(code_of_log_in(&api, "anna@example.com").await, "");
    assert_eq!(code_of_log_in(&api, "ann@example.com").await, "INVALID_CREDENTIALS");
}

/// Who logs in while somebody blocks them either comes first, and is out with the others, or not at all.
#[tokio::test]
async fn a_session_that_begins_while_its_user_is_blocked_does_not_outlive_it() {
    let api = Api::start().await;
    let ann = api.account("Ann", &[]).await;
    let mut blocking = api.pool.begin().await.expect("a transaction");
    sqlx::query(
        "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload)
         select 'user', $1, max(sequence) + 1, 'Blocked', '1', '{\"Blocked\": {\"reason\": \"complaints\"}}'
           from events where aggregate_id = $1",
    )
    .bind(ann.to_string())
    .execute(&mut *blocking)
    .await
    .expect("appended");
    let anonymous = api.anonymous();
    let log_in = tokio::spawn(async move { anonymous.log_in(&address_of("Ann"), PASSWORD).await });
    found("the log-in waits at the door", async || {
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity
              where datname = current_database() and wait_event_type = 'Lock' and query like '%from credentials c join doors d%for share%'",
        )
        .fetch_one(&api.pool)
        .await
        .expect("the activity");
        (waiting == 1).then_some(())
    })
    .await;

    blocking.commit().await.expect("blocked");

    let payload = log_in.await.expect("an answer");
    assert_eq!((&payload["session"], payload["userErrors"].as_array().map(Vec::len)), (&json!(null), Some(1)));
    let sessions: i64 = sqlx::query_scalar("select count(*) from sessions").fetch_one(&api.pool).await.unwrap();
    assert_eq!(sessions, 0);
}
