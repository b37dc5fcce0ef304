//! Forms that no page of ours sends: too many fields, too much of everything, and what is no text.

use super::reader::Reader;
use crate::support::http::{Api, Person};
use domain::Role;
use reqwest::header::{CONTENT_TYPE, COOKIE};
use reqwest::{Body, StatusCode};
use serde_json::json;

const URLENCODED: &str = "application/x-www-form-urlencoded";
const PARTS: &str = "multipart/form-data; boundary=x";

/// The answer to a form as it is sent; `None` if the connection was closed before it was sent as a whole.
async fn send(reader: &Reader, path: &str, media: &str, body: impl Into<Body>) -> Option<(StatusCode, String)> {
    let request = reader.http.post(format!("{}{path}", reader.base)).header(COOKIE, &reader.cookie);
    let answer = request.header(CONTENT_TYPE, media).body(body).send().await.ok()?;
    Some((answer.status(), answer.text().await.ok()?))
}

/// A part of a form, with a file name if it is a file.
fn part(name: &str, file: Option<&str>, value: &str) -> String {
    let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
    format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n")
}

struct Scene {
    api: Api,
    ann: Reader,
    carl: Reader,
    owner: Person,
}

impl Scene {
    async fn start() -> Self {
        let api = Api::start().await;
        let (owner, writer) = (api.owner("Ann").await, api.person("Carl", &[Role::ContentManager]).await);
        Self { ann: Reader::of(&api, &owner), carl: Reader::of(&api, &writer), api, owner }
    }

    /// Whoever sends the form is told this, nothing is written, and the service goes on.
    async fn refuses(
        &self,
        who: &Reader,
        path: &str,
        media: &str,
        body: impl Into<Body>,
        status: StatusCode,
    ) -> String {
        let before = self.api.events().await;
        let (told, page) = send(who, path, media, body).await.expect("an answer");
        assert_eq!(told, status, "{path}: {page:.300}");
        assert_eq!(self.api.events().await, before, "{path}");
        page
    }
}

#[tokio::test]
async fn a_form_has_no_more_fields_than_may_be_however_it_is_sent() {
    let scene = Scene::start().await;
    let many = "x=1&".repeat(10_001);
    scene.refuses(&scene.ann, "/clients", URLENCODED, many, StatusCode::PAYLOAD_TOO_LARGE).await;
    let parts = part("x", None, "1").repeat(10_001) + "--x--\r\n";
    for (who, path) in [(&scene.ann, "/clients/import"), (&scene.carl, "/articles/new/picture?to=image")] {
        scene.refuses(who, path, PARTS, parts.clone(), StatusCode::PAYLOAD_TOO_LARGE).await;
    }
    let as_many_as_may_be = "x=1&".repeat(9_999) + "email=nobody";
    scene.refuses(&scene.ann, "/clients", URLENCODED, as_many_as_may_be, StatusCode::UNPROCESSABLE_ENTITY).await;
}

#[tokio::test]
async fn a_hundred_megabytes_are_refused_and_harm_nobody() {
    let scene = Scene::start().await;
    let events = scene.api.events().await;
    let nobody = Reader::of(&scene.api, &scene.api.anonymous());
    let large = |part: &str| {
        let (head, tail) = (part.replace("VALUE\r\n", ""), "\r\n--x--\r\n");
        let filling = "a".repeat(1024 * 1024);
        std::iter::once(head).chain(std::iter::repeat_n(filling, 100)).chain([tail.to_owned()]).collect::<String>()
    };
    let (typed, named) = (part("body", None, "VALUE"), part("csv", None, "VALUE"));
    for (who, path, media, body) in [
        (&scene.ann, "/clients", URLENCODED, format!("email={}", "a".repeat(100 * 1024 * 1024))),
        (&nobody, "/clients", URLENCODED, format!("email={}", "a".repeat(100 * 1024 * 1024))),
        (&scene.carl, "/articles/new/picture?to=body", PARTS, large(&typed)),
        (&scene.ann, "/clients/import", PARTS, large(&named)),
    ] {
        // Whoever goes on sending does not always get to read it.
        if let Some((status, page)) = send(who, path, media, body).await {
            let refused = [StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNPROCESSABLE_ENTITY];
            assert!(refused.contains(&status), "{path}: {status} {page:.300}");
        }
    }
    assert_eq!(scene.api.events().await, events);
    assert_eq!(scene.ann.get("/clients").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_name_of_a_megabyte_costs_nothing_but_its_request() {
    let scene = Scene::start().await;
    let name = "n".repeat(1024 * 1024);
    let typed = format!("{name}=1&email=nobody");
    scene.refuses(&scene.ann, "/clients", URLENCODED, typed, StatusCode::UNPROCESSABLE_ENTITY).await;
    let named = [part(&name, None, "1"), part("file", Some(&name), "email\r\na@example.org\r\n")];
    for parts in named {
        for (who, path) in [(&scene.ann, "/clients/import"), (&scene.carl, "/articles/new/picture?to=image")] {
            let form = format!("{parts}--x--\r\n");
            scene.refuses(who, path, PARTS, form, StatusCode::BAD_REQUEST).await;
        }
    }
}

#[tokio::test]
async fn what_is_no_text_is_not_taken_for_one() {
    let scene = Scene::start().await;
    for form in [&b"email=a%40example.org&fullName=%D0"[..], b"email=a%40example.org&fullName=\xcc\xee\xf1\xea\xe2\xe0"]
    {
        let media = "application/x-www-form-urlencoded; charset=windows-1251";
        let page = scene.refuses(&scene.ann, "/clients", media, form, StatusCode::BAD_REQUEST).await;
        assert!(page.contains("UTF-8"), "{page}");
    }
    let mut parts = part("title", None, "T").into_bytes();
    parts.extend(b"--x\r\ncontent-disposition: form-data; name=\"body\"\r\n\r\n\xcc\xee\r\n--x--\r\n");
    let path = "/articles/new/picture?to=image";
    scene.refuses(&scene.carl, path, PARTS, parts, StatusCode::BAD_REQUEST).await;
    for broken in [
        "--x",
        "--x\r\n\r\n",
        "--y--",
        "",
        "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\na",
    ] {
        for (who, path) in [(&scene.ann, "/clients/import"), (&scene.carl, path)] {
            let page = scene.refuses(who, path, PARTS, broken, StatusCode::BAD_REQUEST).await;
            assert!(page.contains("The form did not come as a whole"), "{page}");
        }
    }
    let nul = "email=a%00b%40example.org&fullName=%00&comment=x%00";
    let page = scene.refuses(&scene.ann, "/clients", URLENCODED, nul, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(page.contains("id=\"comment-wrong\"") || page.contains("id=\"email-wrong\""), "{page}");
    for path in ["/messages", "/groups", "/mailings/check", "/profile", "/profile/password", "/profile/tokens"] {
        let nul = "name=%00&subject=%00&text=%00&markdown=%00&fullName=%00&password=%00&newPassword=%00&messageId=%00&startsAt=%00";
        let (status, page) = send(&scene.ann, path, URLENCODED, nul).await.expect("an answer");
        assert!(
            !status.is_server_error() && !status.is_success() && !status.is_redirection(),
            "{path}: {status} {page:.300}"
        );
    }
    for path in [
        "/clients?search=%00",
        "/clients?search=%D0",
        "/mailings?search=%00&status=%00",
        "/clients?after=%00",
        "/messages?search=%00",
    ] {
        let (status, _) = scene.ann.get(path).await;
        assert!(!status.is_server_error(), "{path}: {status}");
    }
}

#[tokio::test]
async fn what_looks_like_an_escape_and_is_none_stands_for_itself() {
    let scene = Scene::start().await;
    let form = "email=a%40example.org&fullName=100%+%zz+%4&comment=%26%2bx";
    let (status, _) = send(&scene.ann, "/clients", URLENCODED, form).await.expect("an answer");
    assert_eq!(status, StatusCode::SEE_OTHER);
    let seen = scene.owner.ask("{ clients { nodes { fullName comment } } }", json!({})).await;
    assert_eq!(seen["clients"]["nodes"], json!([{ "fullName": "100% %zz %4", "comment": "&+x" }]));
}
