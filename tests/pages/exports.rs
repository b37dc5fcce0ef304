//! Exports: files that take as long as whoever reads them does.

use super::reader::Reader;
use crate::support::database::OwnServer;
use crate::support::http::{Api, Person};
use crate::support::service::found;
use domain::Role;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, COOKIE};
use reqwest::{Response, StatusCode};
use serde_json::json;
use sqlx::PgPool;

/// How many clients there are, of a thousand characters each: much more than fits between a server and somebody who does not read.
const CLIENTS: i32 = 40_000;

/// An address book of which the read models say all that an export asks.
async fn fill(pool: &PgPool, owner: &Person) {
    let insert = "insert into clients (id, owner_id, revision, email, full_name, comment, created_at, version)
                  select gen_random_uuid(), $1, 1, 'n' || n || '@example.org', 'N ' || n, repeat('long ', 200), now(), 1
                    from generate_series(1, $2) n";
    sqlx::query(insert).bind(owner.id.0).bind(CLIENTS).execute(pool).await.expect("inserted");
}

async fn export(reader: &Reader) -> Response {
    let request = reader.http.get(format!("{}/clients/export", reader.base)).header(COOKIE, &reader.cookie);
    request.send().await.expect("the server answers")
}

/// An export of which a little has been read.
async fn begun(reader: &Reader) -> Response {
    let mut response = export(reader).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.chunk().await.expect("it goes on").expect("something comes");
    response
}

/// Reads on; whether it came to its end.
async fn is_whole(mut response: Response) -> bool {
    loop {
        match response.chunk().await {
            Ok(Some(_)) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

#[tokio::test]
async fn an_export_has_everybody_and_is_taken_for_whole_only_if_it_is() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    fill(&api.pool, &ann).await;
    let reader = Reader::of(&api, &ann);
    let text = export(&reader).await.text().await.expect("the file arrives");
    assert_eq!(text.lines().count(), usize::try_from(CLIENTS).expect("a number") + 1);

    // As every browser asks for it.
    let request = reader.http.get(format!("{}/clients/export", reader.base)).header(COOKIE, &reader.cookie);
    let small = request.header(ACCEPT_ENCODING, "gzip").send().await.expect("the server answers");
    assert_eq!(small.headers().get(CONTENT_ENCODING).expect("it is smaller"), "gzip");
    let bytes = small.bytes().await.expect("it does not break off");
    assert!(bytes.len() < text.len() / 4, "{} bytes of {}", bytes.len(), text.len());
}

#[tokio::test]
async fn readers_who_take_their_time_keep_nobodys_requests_waiting_and_make_room_when_they_go() {
    let api = Api::start().await;
    let (ann, bob) = (api.owner("Ann").await, api.owner("Bob").await);
    fill(&api.pool, &ann).await;
    let reader = Reader::of(&api, &ann);
    let (first, second) = (begun(&reader).await, begun(&reader).await);

    let busy = export(&reader).await;
    assert_eq!(busy.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(busy.headers().contains_key("retry-after"));
    // All places of the account are free, one of which each of these takes.
    let pages = futures::future::join_all((0..4).map(|_| reader.get("/clients"))).await;
    assert!(pages.iter().all(|(status, _)| *status == StatusCode::OK));
    assert_eq!(export(&Reader::of(&api, &bob)).await.status(), StatusCode::OK, "others do not notice");

    drop(first);
    let third = found("there is room again", async || {
        let response = export(&reader).await;
        (response.status() == StatusCode::OK).then_some(response)
    })
    .await;
    assert!(is_whole(second).await && is_whole(third).await, "patience is all that it takes");
}

#[tokio::test]
async fn an_export_breaks_off_for_whoever_may_not_read_it_any_more() {
    let api = Api::start().await;
    let root = api.person("Root", &[Role::Administrator]).await;
    for (name, how) in [("Ann", "block"), ("Bob", "log out"), ("Eve", "role")] {
        let person = api.owner(name).await;
        fill(&api.pool, &person).await;
        let reader = Reader::of(&api, &person);
        let response = begun(&reader).await;
        let id = person.id.to_string();
        match how {
            "block" => root.does("userBlock", json!({ "id": id, "reason": "complaints" }), "position").await,
            "role" => root.does("roleGrant", json!({ "id": id, "role": "MANAGER" }), "position").await,
            _ => person.ask("mutation { sessionsEndAll { ended } }", json!({})).await,
        };
        assert!(!is_whole(response).await, "{how}");
    }
}

#[tokio::test]
async fn an_export_breaks_off_with_postgresql_and_does_not_look_whole() {
    let mut server = OwnServer::start().await;
    let pool = PgPool::connect(server.url()).await.expect("the server takes connections");
    skymailing::wire::MIGRATIONS.run(&pool).await.expect("a fresh database can be migrated");
    let api = Api::over(pool.clone(), None).await;
    let ann = api.owner("Ann").await;
    fill(&pool, &ann).await;
    let response = begun(&Reader::of(&api, &ann)).await;
    server.kill().await;
    assert!(!is_whole(response).await);
}
