//! Pages that are kept live: they end for whoever may not see them any more, and when the service stops.

use super::reader::Reader;
use super::watching::{plan, watch};
use crate::support::feedback::{bounced, gone, letter_to};
use crate::support::http::{Api, PASSWORD, Person, address_of, text};
use crate::support::service::found;
use domain::Role;
use futures::StreamExt as _;
use reqwest::StatusCode;
use reqwest::header::COOKIE;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::JoinHandle;

/// As many pages as one account may keep live.
const EACH: usize = 12;

/// Pages of one visitor that are live.
struct Watching {
    /// How many have ended.
    ended: Arc<AtomicUsize>,
    pages: Vec<JoinHandle<String>>,
}

impl Watching {
    /// Opens so many pages of a run, each of which shows something.
    async fn begin(reader: &Reader, run: &str, pages: usize) -> Self {
        let ended = Arc::new(AtomicUsize::new(0));
        let mut all = Vec::new();
        for _ in 0..pages {
            let request = reader.http.get(format!("{}/runs/{run}/live", reader.base)).header(COOKIE, &reader.cookie);
            let mut response = request.send().await.expect("the server answers");
            assert_eq!(response.status(), StatusCode::OK);
            let first = response.chunk().await.expect("it goes on").expect("something is shown");
            let mut told = String::from_utf8_lossy(&first).into_owned();
            assert!(told.contains("data:") && !told.contains("event: ended"), "{told}");
            let ended = Arc::clone(&ended);
            all.push(tokio::spawn(async move {
                while let Ok(Some(more)) = response.chunk().await {
                    told.push_str(&String::from_utf8_lossy(&more));
                }
                ended.fetch_add(1, Ordering::SeqCst);
                told
            }));
        }
        Self { ended, pages: all }
    }

    fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }

    /// Waits until all have ended, and returns what each was told.
    async fn end(self) -> Vec<String> {
        let all = self.pages.len();
        found("the pages end", async || (self.ended() == all).then_some(())).await;
        let mut told = Vec::new();
        for page in self.pages {
            told.push(page.await.expect("it was read"));
        }
        told
    }

    /// The same for pages that are told not to ask again.
    async fn end_for_good(self) {
        for told in self.end().await {
            assert!(told.contains("This page is no longer live") && told.contains("event: ended"), "{told}");
        }
    }
}

/// A run of Ann's that goes on, as nobody sends.
async fn run_of(ann: &Person) -> String {
    let mailing = ann.mailing(&ann.message().await, &ann.client("anna@example.com", &[]).await).await;
    text(&ann.does("mailingStart", json!({ "id": mailing }), "run { id }").await["run"]["id"])
}

async fn second_session(ann: &Person, name: &str) -> Person {
    let session = ann.log_in(&address_of(name), PASSWORD).await;
    ann.known_by(&text(&session["session"]["token"]))
}

#[tokio::test]
async fn live_pages_end_with_the_role_the_session_and_the_account_that_let_somebody_see_them() {
    let api = Api::start().await;
    let (ann, root) = (api.owner("Ann").await, api.person("Root", &[Role::Administrator]).await);
    let (max, mia) = (api.person("Max", &[Role::Manager]).await, api.person("Mia", &[Role::Manager]).await);
    let run = run_of(&ann).await;
    let elsewhere = second_session(&ann, "Ann").await;
    let [at_home, at_work] = [&ann, &elsewhere].map(|person| Reader::of(&api, person));
    let of_max = Watching::begin(&Reader::of(&api, &max), &run, EACH).await;
    let of_mia = Watching::begin(&Reader::of(&api, &mia), &run, EACH).await;
    let of_root = Watching::begin(&Reader::of(&api, &root), &run, EACH).await;
    let of_home = Watching::begin(&at_home, &run, EACH / 2).await;
    let of_work = Watching::begin(&at_work, &run, EACH / 2).await;
    let one_more = at_home.get(&format!("/runs/{run}/live")).await;
    assert_eq!(one_more.0, StatusCode::NO_CONTENT, "an account has its share");

    // The session goes on, and so do others' roles.
    root.does("roleRevoke", json!({ "id": max.id.to_string(), "role": "MANAGER" }), "position").await;
    of_max.end_for_good().await;
    assert_eq!([&of_mia, &of_root, &of_home, &of_work].map(Watching::ended), [0; 4]);
    let (status, _) = Reader::of(&api, &max).get(&format!("/runs/{run}/live")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    at_work.post("/log-out", &[]).await;
    of_work.end_for_good().await;
    assert_eq!([&of_mia, &of_root, &of_home].map(Watching::ended), [0; 3]);

    let block = |person: &Person| json!({ "id": person.id.to_string(), "reason": "complaints" });
    root.does("userBlock", block(&mia), "position").await;
    of_mia.end_for_good().await;
    root.does("userBlock", block(&ann), "position").await;
    of_home.end_for_good().await;
    assert_eq!(of_root.ended(), 0);
}

#[tokio::test]
async fn whoever_gets_a_role_or_loses_one_goes_on_watching_their_own() {
    let api = Api::start().await;
    let (ann, root) = (api.owner("Ann").await, api.person("Root", &[Role::Administrator]).await);
    let (max, run) = (api.person("Max", &[Role::Manager]).await, run_of(&ann).await);
    let of_ann = Watching::begin(&Reader::of(&api, &ann), &run, 1).await;
    let of_max = Watching::begin(&Reader::of(&api, &max), &run, 1).await;
    for (name, person) in [("roleGrant", &ann), ("roleRevoke", &ann), ("roleRevoke", &max)] {
        root.does(name, json!({ "id": person.id.to_string(), "role": "MANAGER" }), "position").await;
    }
    // Whoever looks at all of them at once has seen Ann's roles by then.
    of_max.end_for_good().await;
    assert_eq!(of_ann.ended(), 0);
}

#[tokio::test]
async fn what_comes_back_of_a_run_that_goes_on_is_shown_while_it_does() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (message, client) = (ann.message().await, ann.client("anna@example.com", &[]).await);
    let mailing = ann.mailing(&message, &client).await;
    let run = text(&ann.does("mailingStart", json!({ "id": mailing }), "run { id }").await["run"]["id"]);
    let position = plan(&api, &run, &mailing, &ann, &client, 0).await;
    let services = &api.node.services;
    assert!(services.shown(position).await, "the read models follow");
    let reader = Reader::of(&api, &ann);
    let mut watching = watch(&reader, &run).await;
    let first = watching.next().await.expect("how it is");
    assert!(!first.contains("came back"), "{first}");

    let letter = letter_to(services.pool(), run.parse().expect("an id"), "anna@example.com").await;
    bounced(services, letter, "1", gone()).await;

    let mut told = String::new();
    while !told.contains("<b>1</b><span>came back") {
        told.push_str(&watching.next().await.expect("it goes on"));
    }
    assert!(told.contains(&format!("href=\"/runs/{run}/recipients?back=bounced\"")), "{told}");
    // The page itself begins with the same, once.
    let (status, page) = reader.get(&format!("/runs/{run}")).await;
    assert_eq!((status, page.matches("came back").count()), (StatusCode::OK, 1), "{page}");
}

#[tokio::test]
async fn live_pages_end_when_the_service_stops_and_ask_again() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let run = run_of(&ann).await;
    let watching = Watching::begin(&Reader::of(&api, &ann), &run, EACH).await;
    drop(api);
    for told in watching.end().await {
        assert!(!told.contains("event: ended"), "another node goes on with it: {told}");
    }
}
