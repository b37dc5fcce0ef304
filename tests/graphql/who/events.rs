//! What lets somebody in leaves events: sessions and tokens, and with them who caused it and why.

use crate::support::http::{Api, PASSWORD, Person, address_of, text};
use acts::Bounds;
use chrono::TimeDelta;
use domain::Role;
use serde_json::{Value, json};
use sqlx::PgPool;

const OTHER: &str = "another horse battery";

/// Type, payload, actor and causation of every event of these streams, in the order of the log.
async fn events(pool: &PgPool, stream: &str) -> Vec<(String, Value, String, Option<String>)> {
    sqlx::query_as(
        "select event_type, payload -> event_type, metadata ->> 'actor', metadata ->> 'causation_id' from events
          where aggregate_type = $1 order by position",
    )
    .bind(stream)
    .fetch_all(pool)
    .await
    .expect("there is a log")
}

fn told(events: &[(String, Value, String, Option<String>)]) -> Vec<String> {
    let how = |payload: &Value| payload["how"].as_str().or(payload["why"].as_str()).unwrap_or("-").to_owned();
    events.iter().map(|(name, payload, ..)| format!("{name} {}", how(payload))).collect()
}

async fn once_more(api: &Api, name: &str) -> Person {
    let payload = api.anonymous().log_in(&address_of(name), PASSWORD).await;
    api.anonymous().known_by(&text(&payload["session"]["token"]))
}

async fn is_in(person: &Person) -> bool {
    person.ask("{ viewer { id } }", json!({})).await["viewer"] != json!(null)
}

#[tokio::test]
async fn every_session_tells_how_it_began_and_how_it_ended() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let user = text(&ann.ask("{ viewer { id } }", json!({})).await["viewer"]["id"]);
    let phone = once_more(&api, "Ann").await;
    let tablet = once_more(&api, "Ann").await;
    phone.ask("mutation { sessionDelete { deleted } }", json!({})).await;
    let list = ann.ask("{ sessions { id current } }", json!({})).await;
    let list = list["sessions"].as_array().expect("a list");
    let other = list.iter().find(|session| session["current"] == false).expect("the tablet's");
    ann.does("sessionEnd", json!({ "id": other["id"] }), "endedId").await;
    assert!(!is_in(&tablet).await);
    let laptop = once_more(&api, "Ann").await;
    ann.does("passwordChange", json!({ "oldPassword": PASSWORD, "newPassword": OTHER }), "changed").await;
    assert!(!is_in(&laptop).await && is_in(&ann).await);
    ann.ask("mutation { sessionsEndAll { ended } }", json!({})).await;

    let events = events(&api.pool, "session").await;
    let expected = [
        "Begun -",
        "Begun -",
        "Begun -",
        "Ended logged_out",
        "Ended ended_by_user",
        "Begun -",
        "Ended password_changed",
        "Ended ended_by_user",
    ];
    assert_eq!(told(&events), expected);
    for (name, payload, actor, cause) in &events {
        assert_eq!((actor.as_str(), &payload["user"]), (&*format!("user:{user}"), &json!(user)));
        assert_eq!(cause.is_some(), name == "Ended", "an end follows from the beginning");
    }
    let kept: i64 = sqlx::query_scalar("select count(*) from events where events::text like '%' || $1 || '%'")
        .bind(ann.token.as_deref().expect("a token"))
        .fetch_one(&api.pool)
        .await
        .expect("an answer");
    assert_eq!(kept, 0, "the secret is in no event");
}

#[tokio::test]
async fn the_session_that_has_to_go_for_another_one_tells_so() {
    let api = Api::bounded(Bounds { sessions: 2, ..Bounds::default() }).await;
    let first = api.owner("Ann").await;
    api.clock.advance(TimeDelta::minutes(5));
    let second = once_more(&api, "Ann").await;
    api.clock.advance(TimeDelta::minutes(5));
    let third = once_more(&api, "Ann").await;

    assert_eq!((is_in(&first).await, is_in(&second).await, is_in(&third).await), (false, true, true));
    let events = events(&api.pool, "session").await;
    assert_eq!(told(&events), ["Begun -", "Begun -", "Begun -", "Ended surplus"]);
}

#[tokio::test]
async fn every_token_tells_who_made_it_for_what_and_how_it_ended() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let expires_at = (api.clock.now() + TimeDelta::days(7)).to_rfc3339();
    let input = json!({ "name": "nightly report", "scope": "READ", "expiresAt": expires_at });
    let made = ann.does("apiTokenCreate", input.clone(), "token apiToken { id }").await;
    ann.does("apiTokenRevoke", json!({ "id": made["apiToken"]["id"] }), "revokedId").await;
    let again = json!({ "id": made["apiToken"]["id"] });
    assert_eq!(ann.fails("apiTokenRevoke", again).await, [("NOT_FOUND".into(), "input.id".into())]);
    ann.does("apiTokenCreate", input, "token").await;
    ann.does("passwordChange", json!({ "oldPassword": PASSWORD, "newPassword": OTHER }), "changed").await;

    let events = events(&api.pool, "token").await;
    assert_eq!(told(&events), ["Created -", "Revoked by_owner", "Created -", "Revoked password_changed"]);
    let created = &events[0].1;
    assert_eq!((&created["name"], &created["scope"]), (&json!("nightly report"), &json!("read")));
}

#[tokio::test]
async fn a_session_and_its_event_are_written_both_or_neither() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    sqlx::raw_sql(
        "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'the disk is full'; end $$;
         create trigger refuse before insert on events for each row
            when (new.aggregate_type in ('session', 'token')) execute function refuse();",
    )
    .execute(&api.pool)
    .await
    .expect("a log that takes nothing of sessions");
    let sessions = async || -> i64 {
        sqlx::query_scalar("select count(*) from sessions").fetch_one(&api.pool).await.expect("an answer")
    };

    let log_out = ann.post("mutation { sessionDelete { deleted } }", json!({})).await;
    assert_eq!(log_out.code(), "INTERNAL");
    let input = json!({ "input": { "email": address_of("Ann"), "password": PASSWORD } });
    let log_in = "mutation($input: SessionCreateInput!) { sessionCreate(input: $input) { session { token } } }";
    assert_eq!(api.anonymous().post(log_in, input).await.code(), "INTERNAL");
    assert_eq!(sessions().await, 1);
    assert!(is_in(&ann).await, "who was not logged out is still in, and knows it");

    sqlx::raw_sql("drop trigger refuse on events").execute(&api.pool).await.expect("dropped");
    let done = ann.ask("mutation { sessionDelete { deleted } }", json!({})).await;
    assert_eq!(done["sessionDelete"]["deleted"], true);
    assert_eq!((sessions().await, is_in(&ann).await), (0, false));
}

#[tokio::test]
async fn a_session_from_before_there_were_events_is_ended_with_one() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    sqlx::raw_sql("alter table events disable trigger user; delete from events where aggregate_type = 'session'; alter table events enable trigger user")
        .execute(&api.pool)
        .await
        .expect("as before");

    ann.ask("mutation { sessionDelete { deleted } }", json!({})).await;

    assert_eq!(told(&events(&api.pool, "session").await), ["Ended logged_out"]);
}

#[tokio::test]
async fn a_rebuild_tells_who_began_it_and_how_it_ended() {
    let api = Api::start().await;
    let root = api.person("Root", &[Role::Administrator]).await;
    root.does("projectionRebuild", json!({ "name": "groups" }), "projection { name }").await;

    let events = crate::support::service::found("its end is recorded", async || {
        let events = events(&api.pool, "rebuild").await;
        (events.len() == 2).then_some(events)
    })
    .await;
    assert_eq!((events[0].0.as_str(), &events[0].1["projection"]), ("Begun", &json!("groups")));
    assert_eq!(events[1].0, "Finished");
    assert!(events[1].1["events"].as_u64().is_some_and(|count| count > 0), "{events:?}");
    assert!(events.iter().all(|event| event.2.starts_with("user:")) && events[1].3.is_some(), "{events:?}");
}

#[tokio::test]
async fn a_new_password_its_event_its_letter_and_the_ends_of_sessions_are_written_all_or_none() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let phone = once_more(&api, "Ann").await;
    sqlx::raw_sql(
        "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'the disk is full'; end $$;
         create trigger refuse before insert on events for each row
            when (new.aggregate_type = 'notice') execute function refuse();",
    )
    .execute(&api.pool)
    .await
    .expect("a log that takes no letter");
    let change = "mutation($input: PasswordChangeInput!) { passwordChange(input: $input) { changed } }";
    let input = json!({ "input": { "oldPassword": PASSWORD, "newPassword": OTHER } });
    assert_eq!(ann.post(change, input.clone()).await.code(), "INTERNAL");
    assert!(is_in(&phone).await && is_in(&once_more(&api, "Ann").await).await, "the old password is the password");

    sqlx::raw_sql("drop trigger refuse on events").execute(&api.pool).await.expect("dropped");
    ann.ask(change, input).await;

    let rows: Vec<(String, String, Option<String>, String)> = sqlx::query_as(
        "select aggregate_type, event_type, metadata ->> 'causation_id', event_id::text from events
          where position >= (select max(position) from events where event_type = 'PasswordChanged') order by position",
    )
    .fetch_all(&api.pool)
    .await
    .expect("there is a log");
    let names: Vec<(&str, &str)> = rows.iter().map(|row| (&*row.0, &*row.1)).collect();
    let expected = [("user", "PasswordChanged"), ("notice", "Requested"), ("session", "Ended"), ("session", "Ended")];
    assert_eq!(names, expected);
    assert!(rows[1..].iter().all(|row| row.2.as_ref() == Some(&rows[0].3)), "all follow from the change: {rows:?}");
}

#[tokio::test]
async fn a_token_that_is_made_while_its_session_is_being_ended_is_not_made() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let mut ending = api.pool.begin().await.expect("a transaction");
    sqlx::query("delete from sessions").execute(&mut *ending).await.expect("ended");
    let expires_at = (api.clock.now() + TimeDelta::days(7)).to_rfc3339();
    let making = tokio::spawn({
        let ann = ann.clone();
        async move {
            let made = "mutation($input: ApiTokenCreateInput!) { apiTokenCreate(input: $input) { token } }";
            let input = json!({ "name": "nightly report", "scope": "READ", "expiresAt": expires_at });
            ann.post(made, json!({ "input": input })).await
        }
    });
    crate::support::service::found("it waits for whoever ends the session", async || {
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        )
        .fetch_one(&api.pool)
        .await
        .expect("an answer");
        (waiting > 0).then_some(())
    })
    .await;
    ending.commit().await.expect("ended");

    assert_eq!(making.await.expect("an answer").code(), "FORBIDDEN");
    let tokens: i64 =
        sqlx::query_scalar("select count(*) from api_tokens").fetch_one(&api.pool).await.expect("an answer");
    assert_eq!(tokens, 0);
}
