//! The page behind the link in a letter: what mail programs, scanners and people do with it, over HTTP alone, and how it looks in a
//! headless Chromium.

use super::browser::{Window, browse};
use crate::behaviours::stage::{Stage, created, finished, runs};
use crate::leaving::{publish, tell_group};
use crate::support::http::{Api, Person, text, with};
use domain::letter::leave_link::{Letterhead, Purpose};
use domain::{GroupId, RunId, group};
use futures::future::join_all;
use futures::{StreamExt, stream};
use projections::LinkKeys;
use reqwest::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, LOCATION, ORIGIN,
    REFERRER_POLICY, RETRY_AFTER, SET_COOKIE, USER_AGENT, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use reqwest::redirect::Policy;
use reqwest::{Body, Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

const URLENCODED: &str = "application/x-www-form-urlencoded";
const PARTS: &str = "multipart/form-data; boundary=x";
const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

/// The same with several parts, as some mail providers send it.
const ONE_CLICK_IN_PARTS: &str =
    "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";

/// What somebody gets who asks without a cookie.
pub(super) struct Got {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Got {
    pub(super) async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, body: response.text().await.expect("the answer arrives") }
    }

    pub(super) fn header(&self, name: impl reqwest::header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

/// A letter that was sent, and the link in it.
struct Scene {
    stage: Stage,
    ann: Person,
    http: Client,
    mailing: String,
    run: RunId,
    /// The path of the link in the only letter of the run.
    link: String,
}

impl Scene {
    async fn start() -> Self {
        Self::of("ONCE").await
    }

    async fn of(periodicity: &str) -> Self {
        Self::of_kind(periodicity, "BULK").await
    }

    async fn of_kind(periodicity: &str, kind: &str) -> Self {
        let (stage, client) = (Stage::start().await, json!({ "email": "anna@example.com", "fullName": "Anna" }));
        let ann = stage.api.owner("Ann").await;
        let message = ann.message().await;
        let plan = json!({ "periodicity": { "kind": periodicity }, "kind": kind });
        Self::sent(stage, ann, &message, client, plan).await
    }

    async fn sent(stage: Stage, ann: Person, message: &str, client: Value, more: Value) -> Self {
        let client = text(&ann.does("clientCreate", client, "client { id }").await["client"]["id"]);
        let mut plan = stage.plan(message, &json!({ "clientIds": [client] }));
        for (name, value) in more.as_object().into_iter().flatten() {
            plan = with(plan, name, value.clone());
        }
        let mailing = created(&ann, plan).await;
        let engine = stage.works();
        let run = text(&runs(&finished(&ann, &mailing, 1).await)[0]["id"]);
        engine.stop().await;
        let run: RunId = run.parse().expect("an id");
        let link = link(&stage.api, run, 0).await;
        let http = Client::builder().redirect(Policy::none()).build().expect("a client");
        Self { stage, ann, http, mailing, run, link }
    }

    fn url(&self, path: &str) -> String {
        self.stage.api.url(path)
    }

    async fn get(&self, path: &str) -> Got {
        Got::of(self.http.get(self.url(path))).await
    }

    async fn post(&self, path: &str, media: &str, body: impl Into<Body>) -> Got {
        Got::of(self.http.post(self.url(path)).header(CONTENT_TYPE, media).body(body)).await
    }

    /// Presses a button of the page.
    async fn presses(&self, act: &str) -> Got {
        self.post(&self.link, URLENCODED, format!("act={act}")).await
    }

    /// Who is not written to, as whoever sends letters is told: where, who, and why.
    async fn not_written_to(&self) -> Vec<(Uuid, String, String)> {
        let query = "select scope_id, mailbox, reason from suppressed order by scope_id, mailbox, reason";
        sqlx::query_as(query).fetch_all(&self.stage.api.pool).await.expect("the guard can be read")
    }

    /// That Anna gets no more letters of Ann's.
    fn left(&self) -> Vec<(Uuid, String, String)> {
        vec![(self.ann.id.0, "anna@example.com".to_owned(), "unsubscribed".to_owned())]
    }

    async fn events(&self) -> i64 {
        self.stage.api.events().await
    }
}

/// The path of the link in a letter.
async fn link(api: &Api, run: RunId, ordinal: u32) -> String {
    let keys = LinkKeys::default();
    let key = keys.newest(&api.pool).await.expect("there is a key");
    format!("/u/{}", key.token(Purpose::Unsubscribe, Letterhead { run, ordinal }))
}

#[tokio::test]
async fn opening_the_link_changes_nothing_whoever_opens_it() {
    let scene = Scene::start().await;
    let before = scene.events().await;
    for agent in ["Mozilla/5.0", "GoogleImageProxy", "curl/8.0", "Barracuda Sentinel", ""] {
        for path in [scene.link.clone(), format!("{}?act=owner&{ONE_CLICK}", scene.link)] {
            let page = Got::of(scene.http.get(scene.url(&path)).header(USER_AGENT, agent)).await;
            assert_eq!(page.status, StatusCode::OK, "{path} {agent}");
            assert!(page.body.contains("Get no more letters?") && page.body.contains("Nothing has changed yet."));
            assert!(page.body.contains("<form method=\"post\">") && !page.body.contains("<script"), "{}", page.body);
            let head = Got::of(scene.http.head(scene.url(&path)).header(USER_AGENT, agent)).await;
            assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""), "{path} {agent}");
        }
    }
    for method in [Method::OPTIONS, Method::PUT, Method::DELETE, Method::PATCH] {
        let request = scene.http.request(method.clone(), scene.url(&scene.link)).body(ONE_CLICK);
        assert_eq!(Got::of(request).await.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
    }
    assert_eq!(scene.events().await, before);
    assert!(scene.not_written_to().await.is_empty());
}

#[tokio::test]
async fn a_mail_program_says_it_in_one_click_from_anywhere_without_cookies_and_twice_is_once() {
    let scene = Scene::start().await;
    let before = scene.events().await;
    for (media, body) in [(URLENCODED, ONE_CLICK), (PARTS, ONE_CLICK_IN_PARTS), (URLENCODED, ONE_CLICK)] {
        for (name, value) in [
            ("origin", "https://mail.provider.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("referer", "https://mail.provider.example/inbox"),
        ] {
            let request = scene.http.post(scene.url(&scene.link)).header(CONTENT_TYPE, media);
            let got = Got::of(request.header(name, value).body(body)).await;
            assert_eq!(got.status, StatusCode::OK, "{media} {name}: {}", got.body);
            assert_eq!(got.body, "You get no more letters from this sender.\n");
            assert!(got.header(CONTENT_TYPE).starts_with("text/plain"), "{:?}", got.headers);
            assert!(got.headers.get(SET_COOKIE).is_none() && got.headers.get(LOCATION).is_none());
        }
    }
    assert_eq!(scene.not_written_to().await, scene.left());
    assert_eq!(scene.events().await, before + 1, "it is said once, however often it is sent");
    let page = scene.get(&scene.link.to_uppercase().replace("/U/", "/u/")).await;
    assert!(page.body.contains("You get no more letters from this sender"), "whatever folds case: {}", page.body);
}

#[tokio::test]
async fn many_who_leave_at_once_from_one_address_are_all_heard() {
    let scene = Scene::start().await;
    // As many as one address may have connections, and more than a stranger has requests answered.
    let posts = (0..60).map(|_| scene.post(&scene.link, URLENCODED, ONE_CLICK));
    for got in join_all(posts).await {
        assert_eq!(got.status, StatusCode::OK, "{}", got.body);
    }
    assert_eq!(scene.not_written_to().await, scene.left());
}

#[tokio::test]
async fn a_link_that_is_none_leads_nowhere_and_a_mail_program_is_not_told_so() {
    let scene = Scene::start().await;
    let before = scene.events().await;
    let token = scene.link.strip_prefix("/u/").expect("a link").to_owned();
    let other = |from: char| if from == 'b' { 'c' } else { 'b' };
    let first: String = token.chars().take(1).map(other).chain(token.chars().skip(1)).collect();
    let last: String = token[..49].chars().chain(token[49..].chars().map(other)).collect();
    let elsewhere = link(&scene.stage.api, RunId(Uuid::nil()), 0).await;
    let beyond = link(&scene.stage.api, scene.run, 7).await;
    for path in [
        "/u/x".to_owned(),
        format!("/u/{}", "a".repeat(50)),
        format!("/u/{first}"),
        format!("/u/{last}"),
        format!("/u/{token}a"),
        format!("/u/{}", &token[..49]),
        format!("/u/{token}%20"),
        "/u/%ff%00".to_owned(),
        "/u/'%20or%201=1--".to_owned(),
        elsewhere,
        beyond,
    ] {
        let page = scene.get(&path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.body.contains("This link leads nowhere"), "{path}: {}", page.body);
        for (media, body) in [(URLENCODED, ONE_CLICK), (PARTS, ONE_CLICK_IN_PARTS)] {
            let got = scene.post(&path, media, body).await;
            assert_eq!(got.status, StatusCode::OK, "{path}");
            assert_eq!(got.body, "You get no more letters from this sender.\n", "{path}");
        }
        assert_eq!(scene.post(&path, URLENCODED, "act=owner").await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(scene.events().await, before);
    assert!(scene.not_written_to().await.is_empty());
}

#[tokio::test]
async fn the_page_does_what_its_buttons_say_and_takes_it_back() {
    let scene = Scene::of("DAILY").await;
    let mailing: Uuid = scene.mailing.parse().expect("an id");
    let page = scene.get(&scene.link).await.body;
    assert!(page.contains("value=\"owner\"") && page.contains("value=\"mailing\""), "it sends again: {page}");

    let page = scene.presses("mailing").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("You get no more letters of this mailing"), "{}", page.body);
    let of_mailing = (mailing, "anna@example.com".to_owned(), "unsubscribed".to_owned());
    assert_eq!(scene.not_written_to().await, [of_mailing]);
    let page = scene.get(&scene.link).await.body;
    assert!(page.contains("You get no more letters of this mailing") && page.contains("value=\"back\""), "{page}");

    let page = scene.presses("owner").await.body;
    assert!(page.contains("You get no more letters from this sender") && page.contains("value=\"back\""), "{page}");
    assert_eq!(scene.not_written_to().await.len(), 2);

    for _ in 0..2 {
        let page = scene.presses("back").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("Taken back: letters come to you again."), "{}", page.body);
        assert!(page.body.contains("Get no more letters?"), "{}", page.body);
        assert!(scene.not_written_to().await.is_empty());
    }

    let before = scene.events().await;
    for body in ["", "act=", "act=everything", "x=1"] {
        let page = scene.post(&scene.link, URLENCODED, body).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{body:?}");
        assert!(page.body.contains("Nothing was chosen, so nothing has changed."), "{}", page.body);
    }
    assert_eq!(scene.events().await, before);
    assert_eq!(scene.presses("owner").await.status, StatusCode::OK, "whoever came back may leave again");
    assert_eq!(scene.not_written_to().await, scene.left());
}

#[tokio::test]
async fn whoever_gets_one_letter_only_is_not_asked_about_the_mailing() {
    let scene = Scene::start().await;
    let page = scene.get(&scene.link).await.body;
    assert!(page.contains("value=\"owner\"") && !page.contains("value=\"mailing\""), "{page}");
}

#[tokio::test]
async fn nobody_is_offered_to_leave_a_mailing_that_they_would_go_on_to_get() {
    let scene = Scene::of_kind("DAILY", "TRANSACTIONAL").await;
    let page = scene.get(&scene.link).await.body;
    assert!(page.contains("value=\"owner\"") && !page.contains("value=\"mailing\""), "{page}");
}

#[tokio::test]
async fn the_page_tells_nobody_the_address_and_takes_names_for_text() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    ann.does("profileUpdate", json!({ "fullName": "<img src=x onerror=alert(1)> \u{202e}nnA" }), "").await;
    let letter = json!({ "subject": "For {{full_name}}", "text": "Hello" });
    let message = text(&ann.does("messageCreate", letter, "message { id }").await["message"]["id"]);
    let client = json!({ "email": "anna@example.com", "fullName": "مرحبا <script>alert(1)</script>" });
    let scene = Scene::sent(stage, ann, &message, client, json!({})).await;
    for got in [scene.get(&scene.link).await, scene.presses("owner").await, scene.presses("back").await] {
        assert_eq!(got.status, StatusCode::OK);
        let page = got.body;
        for whole in ["anna@example.com", "anna", "example.com"] {
            assert!(!page.contains(whole), "{whole} is in {page}");
        }
        assert!(page.contains("a•••@e•••.com"), "its holder knows it: {page}");
        for hostile in ["<script", "<img", "onerror=alert(1)>"] {
            assert!(!page.contains(hostile), "{hostile} is in {page}");
        }
        assert!(page.contains("<bdi>For مرحبا &#60;script&#62;alert(1)&#60;/script&#62;</bdi>"), "{page}");
        assert!(page.contains("<bdi>&#60;img src=x"), "a name cannot turn the page around: {page}");
        let token = scene.link.strip_prefix("/u/").expect("a link");
        assert!(!page.contains(token), "the link is in the address alone");
    }
}

#[tokio::test]
async fn a_subject_that_has_the_address_in_it_tells_nobody_the_address() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    let letter = json!({ "subject": "{{full_name}}, news for {{email}}", "text": "Hello" });
    let message = text(&ann.does("messageCreate", letter, "message { id }").await["message"]["id"]);
    // Address books that were brought in from elsewhere have such names.
    let client = json!({ "email": "anna@example.com", "fullName": "Anna@Example.com" });
    let scene = Scene::sent(stage, ann, &message, client, json!({})).await;
    for got in [scene.get(&scene.link).await, scene.presses("owner").await] {
        assert!(got.body.contains("<bdi>a•••@e•••.com, news for a•••@e•••.com</bdi>"), "{}", got.body);
        assert!(!got.body.to_lowercase().contains("anna@example.com"), "{}", got.body);
    }
}

#[tokio::test]
async fn every_answer_is_for_nobody_to_keep_frame_or_list() {
    let scene = Scene::start().await;
    for got in [
        scene.get(&scene.link).await,
        scene.get("/u/nothing").await,
        scene.get("/u/sample").await,
        scene.presses("owner").await,
        scene.presses("nothing").await,
        scene.post(&scene.link, URLENCODED, ONE_CLICK).await,
        scene.post("/u/nothing", URLENCODED, ONE_CLICK).await,
        scene.post(&scene.link, URLENCODED, "a".repeat(64 * 1024)).await,
    ] {
        let policy = got.header(CONTENT_SECURITY_POLICY);
        for part in ["default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("script") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(got.header(REFERRER_POLICY), "no-referrer");
        assert_eq!(got.header(CACHE_CONTROL), "no-store");
        assert_eq!(got.header(X_FRAME_OPTIONS), "DENY");
        assert_eq!(got.header(X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(got.header("x-robots-tag"), "noindex, nofollow");
        assert!(got.headers.get(SET_COOKIE).is_none(), "nobody is followed: {:?}", got.headers);
        for part in ["<script", "<style", " style=", "onclick=", "http://", "https://"] {
            assert!(!got.body.contains(part), "{part} is in {}", got.body);
        }
    }
}

#[tokio::test]
async fn the_page_speaks_the_readers_language() {
    let scene = Scene::start().await;
    let ask = async |path: &str, accept: &str| {
        Got::of(scene.http.get(scene.url(path)).header(ACCEPT_LANGUAGE, accept)).await.body
    };
    let page = ask(&scene.link, "ru-RU,ru;q=0.9,en;q=0.5").await;
    assert!(page.contains("<html lang=\"ru\"") && page.contains("Больше не получать писем?"), "{page}");
    let page = ask(&scene.link, "de").await;
    assert!(page.contains("<html lang=\"en\"") && page.contains("Get no more letters?"), "{page}");
    let page = ask(&format!("{}?language=ru", scene.link), "en").await;
    assert!(page.contains("Отписаться от этого отправителя"), "who chooses a language gets it: {page}");
    let page = ask(&format!("{}?language=rubbish", scene.link), "en").await;
    assert!(page.contains("Get no more letters?"), "{page}");
    let request = scene.http.post(scene.url(&scene.link)).header(CONTENT_TYPE, URLENCODED);
    let got = Got::of(request.header(ACCEPT_LANGUAGE, "ru").body(ONE_CLICK)).await;
    assert_eq!(got.body, "Этот отправитель вам больше не пишет.\n");
}

#[tokio::test]
async fn who_tells_no_language_reads_that_of_the_letters_owner() {
    let scene = Scene::start().await;
    scene.ann.does("profileUpdate", json!({ "language": "RU" }), "viewer { language }").await;
    let page = scene.get(&scene.link).await.body;
    assert!(page.contains("<html lang=\"ru\"") && page.contains("Больше не получать писем?"), "{page}");
    let page = scene.presses("owner").await.body;
    assert!(page.contains("Этот отправитель вам больше не пишет"), "{page}");
    let asked = scene.http.get(scene.url(&scene.link)).header(ACCEPT_LANGUAGE, "en");
    assert!(Got::of(asked).await.body.contains("You get no more letters from this sender"));
    let page = scene.get(&format!("{}?language=en", scene.link)).await.body;
    assert!(page.contains("You get no more letters from this sender"), "{page}");
}

#[tokio::test]
async fn what_does_not_arrive_in_time_changes_nothing_and_may_be_said_again() {
    let scene = Scene::start().await;
    let before = scene.events().await;
    let begins = |begun: &'static str| {
        let begun = stream::iter([Ok::<_, std::io::Error>(begun)]);
        scene.post(&scene.link, URLENCODED, Body::wrap_stream(begun.chain(stream::pending())))
    };
    let (page, line) = tokio::join!(begins("act=own"), begins("List-Unsubscribe=One-"));
    assert_eq!(page.status, StatusCode::REQUEST_TIMEOUT, "{}", page.body);
    assert!(page.body.contains("That took too long"), "{}", page.body);
    assert_eq!(line.status, StatusCode::SERVICE_UNAVAILABLE, "{}", line.body);
    assert_eq!(line.body, "This is not done yet\n");
    assert_eq!(scene.events().await, before);
    assert!(scene.not_written_to().await.is_empty());
}

#[tokio::test]
async fn much_more_than_a_button_sends_is_refused_and_changes_nothing() {
    let scene = Scene::start().await;
    let before = scene.events().await;
    let long = format!("{ONE_CLICK}&x={}", "a".repeat(64 * 1024));
    let parts = ONE_CLICK_IN_PARTS.replace(
        "--x--",
        &format!("--x\r\nContent-Disposition: form-data; name=\"y\"\r\n\r\n{}\r\n--x--", "a".repeat(64 * 1024)),
    );
    for (media, body) in [(URLENCODED, long), (PARTS, parts)] {
        assert_eq!(scene.post(&scene.link, media, body).await.status, StatusCode::PAYLOAD_TOO_LARGE, "{media}");
    }
    let huge = scene.http.post(scene.url(&scene.link)).header(CONTENT_TYPE, URLENCODED);
    let huge = huge.body(format!("{ONE_CLICK}&x={}", "a".repeat(50 * 1024 * 1024))).send().await;
    // Whoever goes on sending does not always get to read it.
    if let Ok(answer) = huge {
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
    assert_eq!(scene.events().await, before);
    assert!(scene.not_written_to().await.is_empty());
}

#[tokio::test]
async fn a_test_letters_link_says_that_it_was_one() {
    let scene = Scene::start().await;
    let before = scene.events().await;
    let page = scene.get("/u/sample").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("This was a test letter") && !page.body.contains("<form"), "{}", page.body);
    assert_eq!(scene.post("/u/sample", URLENCODED, ONE_CLICK).await.status, StatusCode::OK);
    assert_eq!(scene.post("/u/sample", URLENCODED, "act=owner").await.status, StatusCode::OK);
    assert_eq!(scene.events().await, before);
}

#[tokio::test]
async fn who_could_not_be_heard_is_told_to_come_again() {
    let scene = Scene::start().await;
    // From now on nobody gets a connection; those that are in use are not waited for.
    let _ = futures::poll!(std::pin::pin!(scene.stage.api.pool.close()));
    for (body, said) in [(ONE_CLICK, "This is not done yet"), ("act=mailing", "Leave only this mailing")] {
        let got = scene.post(&scene.link, URLENCODED, body).await;
        assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE, "{body}: {}", got.body);
        assert!(got.body.contains(said), "{body}: {}", got.body);
        assert!(!got.header(RETRY_AFTER).is_empty(), "{:?}", got.headers);
    }
    let page = scene.get(&scene.link).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.body.contains("Open the link once more in a minute."), "{}", page.body);
    // What nobody has to look up is answered all the same.
    assert_eq!(scene.get("/u/sample").await.status, StatusCode::OK);
    assert_eq!(scene.post("/u/x", URLENCODED, ONE_CLICK).await.status, StatusCode::OK);
}

#[tokio::test]
async fn it_counts_for_no_session_and_no_session_is_needed() {
    let scene = Scene::start().await;
    // Ann opens the link of a letter to Anna in the browser in which she is signed in.
    let cookie = format!("skymailing_session={}", scene.ann.token.as_deref().expect("she is signed in"));
    let request = scene.http.post(scene.url(&scene.link)).header("cookie", cookie);
    let request = request.header(ORIGIN, "https://mail.provider.example").header(CONTENT_TYPE, URLENCODED);
    assert_eq!(Got::of(request.body("act=owner")).await.status, StatusCode::OK);
    let actors: Vec<Option<String>> =
        sqlx::query_scalar("select metadata ->> 'actor' from events where aggregate_type = 'suppression'")
            .fetch_all(&scene.stage.api.pool)
            .await
            .expect("events can be read");
    assert!(!actors.is_empty() && actors.iter().flatten().all(|actor| !actor.starts_with("user:")), "{actors:?}");
}

#[tokio::test]
async fn people_leave_and_come_back_in_a_browser_without_scripts_and_on_a_phone() {
    let scene = Scene::of("DAILY").await;
    browse(&scene.stage.api.url(""), Window::PLAIN, async |browser| {
        browser.open(&scene.link).await;
        browser.press("Leave only this mailing").await;
        browser.sees("You get no more letters of this mailing").await;
        browser.press("No more letters from this sender").await;
        browser.sees("You get no more letters from this sender").await;
        browser.press("Take it back").await;
        browser.sees("Taken back: letters come to you again.").await;
    })
    .await;
    browse(&scene.stage.api.url(""), Window::DESK, async |browser| {
        for path in [scene.link.clone(), format!("{}?language=ru", scene.link), "/u/nothing".to_owned()] {
            browser.open(&path).await;
            for (colours, width) in [("light", 1_400), ("dark", 360), ("dark", 1_400), ("light", 360)] {
                browser.appears(colours, width).await;
                assert_eq!(browser.barriers().await, Vec::<String>::new(), "{path} {colours} {width}");
                assert_eq!(browser.overflow().await, 0, "{path} {colours} {width}");
                assert_eq!(browser.out_of_sight().await, Vec::<String>::new(), "{path} {colours} {width}");
            }
            assert_eq!(browser.strangers().await, Vec::<String>::new(), "{path}");
        }
    })
    .await;
    assert!(scene.not_written_to().await.is_empty());
}

#[tokio::test]
async fn people_choose_topics_in_a_browser_without_scripts_whatever_these_are_called() {
    let stage = Stage::start().await;
    let (ann, services) = (stage.api.owner("Ann").await, &stage.api.node.services);
    let long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";
    let mut groups: Vec<GroupId> = Vec::new();
    for (name, title, description) in [
        ("A", "News", "Once a week"),
        ("B", "<img src=x onerror=alert(1)> \u{202e}sreffO", "</p><script>alert(1)</script>\nمرحبا"),
        ("C", long, ""),
        ("D", "Closed", ""),
    ] {
        let id: GroupId = ann.group(name).await.parse().expect("an id");
        publish(services, ann.id, id, title, description).await;
        groups.push(id);
    }
    let of_mailing: Vec<String> = [groups[0], groups[2], groups[3]].iter().map(GroupId::to_string).collect();
    let message = ann.message().await;
    let client = json!({ "email": "anna@example.com", "fullName": "Anna", "groupIds": of_mailing });
    let scene = Scene::sent(stage, ann, &message, client, json!({ "audience": { "groupIds": of_mailing } })).await;
    tell_group(&scene.stage.api.node.services, groups[3], group::Command::Unpublish { by: scene.ann.id }).await;

    let page = scene.get(&scene.link).await;
    for hostile in ["<script", "<img"] {
        assert!(!page.body.contains(hostile), "{hostile} is in {}", page.body);
    }
    assert!(page.body.contains("<bdi>&#60;img src=x"), "a title cannot turn the page around: {}", page.body);
    browse(&scene.stage.api.url(""), Window::PLAIN, async |browser| {
        browser.open(&scene.link).await;
        browser.press("Leave the topic “\u{2068}News\u{2069}”").await;
        browser.sees("You get no more letters of this topic").await;
        assert_eq!(
            scene.not_written_to().await,
            [(groups[0].0, "anna@example.com".to_owned(), "unsubscribed".to_owned())]
        );
        browser.tick("News").await;
        browser.tick(long).await;
        browser.press("Save my choice").await;
        browser.sees("Your choice is kept").await;
        assert_eq!(
            scene.not_written_to().await,
            [(groups[2].0, "anna@example.com".to_owned(), "unsubscribed".to_owned())]
        );
    })
    .await;
    browse(&scene.stage.api.url(""), Window::DESK, async |browser| {
        for path in [scene.link.clone(), format!("{}?language=ru", scene.link)] {
            browser.open(&path).await;
            for (colours, width) in [("light", 1_400), ("dark", 360), ("dark", 1_400), ("light", 320)] {
                browser.appears(colours, width).await;
                assert_eq!(browser.barriers().await, Vec::<String>::new(), "{path} {colours} {width}");
                assert_eq!(browser.overflow().await, 0, "{path} {colours} {width}");
                assert_eq!(browser.out_of_sight().await, Vec::<String>::new(), "{path} {colours} {width}");
            }
            assert_eq!(browser.strangers().await, Vec::<String>::new(), "{path}");
        }
    })
    .await;
}
