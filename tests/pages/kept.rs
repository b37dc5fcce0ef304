//! What becomes of what was typed when a session ends meanwhile: it is kept for whoever typed it, and for nobody else.

use super::reader::{Reader, hidden, location};
use crate::support::http::{Api, PASSWORD, Person};
use domain::Role;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, COOKIE, REFERER, SET_COOKIE};
use serde_json::json;

#[tokio::test]
async fn whoever_was_logged_out_while_they_typed_logs_in_and_goes_on() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let mut reader = Reader::of(&api, &ann);
    let (_, page) = reader.get("/clients/new").await;
    let (key, page_of) = (hidden(&page, "idempotencyKey"), hidden(&page, "page-of"));
    ann.ask("mutation { sessionsEndAll { ended } }", json!({})).await;

    let fields = [("idempotencyKey", key.as_str()), ("email", "anna@example.com"), ("comment", "long & <typed>")];
    let typed = [&[("page-of", page_of.as_str())], fields.as_slice()].concat();
    let answer = reader.post("/clients", &typed).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let page = answer.text().await.expect("a page");
    assert!(page.contains("What you typed is kept"), "{page}");
    assert_eq!(hidden(&page, "kept.comment"), "long &#38; &#60;typed&#62;");

    assert_eq!(hidden(&page, "kept-of"), ann.id.to_string());
    let mut kept =
        vec![("kept-of", page_of.as_str()), ("kept-action", "/clients"), ("kept.idempotencyKey", key.as_str())];
    kept.extend([("kept.email", "anna@example.com"), ("kept.comment", "long & <typed>"), ("email", "ann@example.com")]);
    let wrong = reader.post("/log-in", &[kept.as_slice(), &[("password", "guess")]].concat()).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(hidden(&wrong.text().await.expect("a page"), "kept.email"), "anna@example.com");

    let right = reader.post("/log-in", &[kept.as_slice(), &[("password", PASSWORD)]].concat()).await;
    assert_eq!(right.status(), StatusCode::OK);
    let session = right.headers()[SET_COOKIE].to_str().expect("a cookie").split(';').next().expect("a pair").to_owned();
    reader.cookie = session;
    let page = right.text().await.expect("a page");
    assert!(page.contains("action=\"/clients\"") && hidden(&page, "comment").contains("&#60;typed&#62;"), "{page}");
    let sent = reader.post("/clients", &typed).await;
    assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    let ann = ann.known_by(reader.cookie.split_once('=').expect("a pair").1);
    assert_eq!(
        ann.ask("{ clients { nodes { comment } } }", json!({})).await["clients"]["nodes"][0]["comment"],
        "long & <typed>"
    );
}

#[tokio::test]
async fn what_was_kept_goes_nowhere_but_back_to_this_service() {
    let api = Api::start().await;
    let _ann = api.owner("Ann").await;
    let reader = Reader::of(&api, &api.anonymous());
    for (field, value) in [("to", "//evil.example"), ("to", "https://evil.example/"), ("to", "/\\evil.example")] {
        let answer =
            reader.post("/log-in", &[(field, value), ("email", "ann@example.com"), ("password", PASSWORD)]).await;
        assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/"), "{value}");
    }
    let kept = [
        ("kept-action", "https://evil.example/"),
        ("kept.secret", "x"),
        ("email", "ann@example.com"),
        ("password", PASSWORD),
    ];
    let answer = reader.post("/log-in", &kept).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/"));
}

/// All hidden fields of the form that goes there.
fn hidden_fields(page: &str, action: &str) -> Vec<(String, String)> {
    let form = page.split(&format!("action=\"{action}\"")).nth(1).unwrap_or_else(|| panic!("{action} in {page:.2000}"));
    let form = form.split("</form>").next().expect("a form");
    let read =
        |text: &str| text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#38;", "&");
    let fields = form.split("<input type=\"hidden\" name=\"").skip(1).map(|field| {
        let (name, rest) = field.split_once("\" value=\"").expect("a value");
        (read(name), read(rest.split('"').next().expect("its end")))
    });
    fields.collect()
}

/// What comes of logging in on the page that somebody got who had to: the answer, and the reader who is logged in.
async fn log_in(reader: &Reader, page: &str, email: &str) -> (StatusCode, String, Reader) {
    let mut fields = hidden_fields(page, "/log-in");
    fields.extend([("email", email), ("password", PASSWORD)].map(|(name, value)| (name.to_owned(), value.to_owned())));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = reader.post("/log-in", &fields).await;
    let session =
        answer.headers()[SET_COOKIE].to_str().expect("a cookie").split(';').next().expect("a pair").to_owned();
    let status = answer.status();
    let reader = Reader { http: reader.http.clone(), base: reader.base.clone(), cookie: session };
    (status, answer.text().await.expect("a page"), reader)
}

async fn logged_out(person: &Person) {
    person.ask("mutation { sessionsEndAll { ended } }", json!({})).await;
}

#[tokio::test]
async fn a_letter_of_the_longest_in_cyrillic_is_kept_too() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let reader = Reader::of(&api, &ann);
    let (_, page) = reader.get("/messages/new").await;
    let page_of = hidden(&page, "page-of");
    logged_out(&ann).await;
    // Each of these letters is six signs on its way.
    let letter = "Дорогие друзья! ".repeat(33_000);
    let typed = [("page-of", page_of.as_str()), ("subject", "Весна"), ("format", "markdown"), ("markdown", &letter)];

    let answer = reader.post("/messages", &typed).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let page = answer.text().await.expect("a page");
    assert!(page.contains("What you typed is kept"), "{page:.2000}");
    let (status, page, again) = log_in(&reader, &page, "ann@example.com").await;
    assert_eq!(status, StatusCode::OK, "{page:.2000}");
    let fields = hidden_fields(&page, "/messages");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(again.post("/messages", &fields).await.status(), StatusCode::SEE_OTHER);
    let ann = ann.known_by(again.cookie.split_once('=').expect("a pair").1);
    let seen = ann.ask("{ messages { nodes { subject markdown } } }", json!({})).await;
    assert_eq!(seen["messages"]["nodes"][0]["subject"], "Весна");
    assert_eq!(seen["messages"]["nodes"][0]["markdown"].as_str().map(str::len), Some(letter.len()));
}

#[tokio::test]
async fn what_somebody_typed_is_offered_to_nobody_else_who_logs_in() {
    let api = Api::start().await;
    let (ann, _bob) = (api.owner("Ann").await, api.owner("Bob").await);
    let reader = Reader::of(&api, &ann);
    let (_, page) = reader.get("/groups/new").await;
    let page_of = hidden(&page, "page-of");
    logged_out(&ann).await;
    let before = api.events().await;

    let answer = reader.post("/groups", &[("page-of", page_of.as_str()), ("name", "Ann's secret")]).await;
    let page = answer.text().await.expect("a page");
    let (status, page, bob) = log_in(&reader, &page, "bob@example.com").await;
    assert_eq!((status, page.as_str()), (StatusCode::SEE_OTHER, ""));
    let cookie = format!("{}; said=not-kept", bob.cookie);
    let (_, home) = Reader { cookie, ..bob }.get("/").await;
    assert!(home.contains("belongs to another account") && !home.contains("secret"), "{home}");

    // A form that does not say whose it is is nobody's.
    let answer = reader.post("/groups", &[("name", "Whose secret")]).await;
    let page = answer.text().await.expect("a page");
    assert!(page.contains("could not be kept here") && !page.contains("secret"), "{page}");
    // One session has begun.
    assert_eq!(api.events().await, before + 1);
}

#[tokio::test]
async fn whoever_was_logged_out_when_they_asked_for_something_is_told_that_it_was_not_done() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let mailing = ann.mailing(&ann.message().await, &ann.client("anna@example.com", &[]).await).await;
    let reader = Reader::of(&api, &ann);
    let path = format!("/mailings/{mailing}");
    let page_of = hidden(&reader.get(&path).await.1, "page-of");
    logged_out(&ann).await;
    let before = api.events().await;

    let request = reader.http.post(format!("{}{path}/pause", reader.base)).header(COOKIE, &reader.cookie);
    let request = request.header(REFERER, format!("{}{path}?x=1#y", reader.base)).form(&[("page-of", &page_of)]);
    let answer = request.send().await.expect("the server answers");
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let page = answer.text().await.expect("a page");
    assert!(page.contains("what you asked for was not done"), "{page}");
    assert_eq!(hidden(&page, "to"), format!("{path}?x=1"));
    let mut fields = hidden_fields(&page, "/log-in");
    fields.push(("email".to_owned(), "ann@example.com".to_owned()));
    // It is still not done after a password that is wrong.
    for (password, status) in [("guess", StatusCode::UNPROCESSABLE_ENTITY), (PASSWORD, StatusCode::SEE_OTHER)] {
        let mut fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.push(("password", password));
        let answer = reader.post("/log-in", &fields).await;
        assert_eq!(answer.status(), status);
        if status == StatusCode::SEE_OTHER {
            assert_eq!(location(&answer), format!("{path}?x=1"));
            let cookies = answer.headers().get_all(SET_COOKIE).iter().map(|it| it.to_str().expect("a cookie"));
            let cookies: Vec<&str> = cookies.filter_map(|it| it.split(';').next()).collect();
            let back = Reader { cookie: cookies.join("; "), http: reader.http.clone(), base: reader.base.clone() };
            let (_, page) = back.get(&path).await;
            assert!(page.contains("so it was not done. Ask for it once more."), "{page}");
        } else {
            assert_eq!(hidden(&answer.text().await.expect("a page"), "not-done"), "yes");
        }
    }
    // One session has begun, and the mailing goes on.
    assert_eq!(api.events().await, before + 1);

    // Nobody is led elsewhere by what a browser says.
    for referer in ["https://evil.example//evil.example/", "about:blank", "rubbish"] {
        let request = reader.http.post(format!("{}{path}/pause", reader.base)).header(REFERER, referer);
        let page = request.send().await.expect("the server answers").text().await.expect("a page");
        assert_eq!(hidden(&page, "to"), "/", "{referer}");
    }
}

#[tokio::test]
async fn a_page_that_somebody_else_left_open_does_nothing_in_ones_own_name() {
    let api = Api::start().await;
    let (ann, bob) = (api.owner("Ann").await, api.owner("Bob").await);
    let (_, page) = Reader::of(&api, &ann).get("/groups/new").await;
    let page_of = hidden(&page, "page-of");
    let (before, bob) = (api.events().await, Reader::of(&api, &bob));
    for (path, field) in [("/groups", "name"), ("/log-out", "x")] {
        let answer = bob.post(path, &[("page-of", page_of.as_str()), (field, "Ann's")]).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
        assert!(answer.text().await.expect("a page").contains("another account"), "{path}");
    }
    let form = format!(
        "--x\r\ncontent-disposition: form-data; name=\"page-of\"\r\n\r\n{page_of}\r\n\
         --x\r\ncontent-disposition: form-data; name=\"csv\"\r\n\r\nemail\na@example.org\r\n--x--\r\n"
    );
    let request = bob.http.post(format!("{}/clients/import", bob.base)).header(COOKIE, &bob.cookie);
    let answer = request.header(CONTENT_TYPE, "multipart/form-data; boundary=x").body(form).send().await;
    assert_eq!(answer.expect("the server answers").status(), StatusCode::FORBIDDEN);
    assert_eq!(api.events().await, before);
    assert_eq!(bob.get("/groups").await.0, StatusCode::OK, "Bob is still logged in");
}

#[tokio::test]
async fn of_a_form_with_a_file_all_else_is_kept_and_the_file_is_asked_for_again() {
    let api = Api::start().await;
    let (ann, carl) = (api.owner("Ann").await, api.person("Carl", &[Role::ContentManager]).await);
    let part = |name: &str, file: &str, value: &str| {
        format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n")
    };
    let large = "a@example.org\r\n".repeat(300_000);
    for (person, path, open, file, fields, then) in [
        (
            &ann,
            "/clients/import",
            "/clients/import",
            ("file", large.as_str()),
            [("csv", "email\nb@example.org"), ("x", "y")],
            StatusCode::SEE_OTHER,
        ),
        (
            &carl,
            "/articles/new/picture?to=image",
            "/articles/new",
            ("picture", "GIF89a"),
            [("title", "Long <title>"), ("body", "typed")],
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
    ] {
        let reader = Reader::of(&api, person);
        let page_of = hidden(&reader.get(open).await.1, "page-of");
        logged_out(person).await;
        let mut form = part("page-of", "", &page_of) + &part(file.0, "; filename=\"f\"", file.1);
        for (name, value) in fields {
            form.push_str(&part(name, "", value));
        }
        let request = reader.http.post(format!("{}{path}", reader.base)).header(COOKIE, &reader.cookie);
        let request = request.header(CONTENT_TYPE, "multipart/form-data; boundary=x").body(form + "--x--\r\n");
        let answer = request.send().await.expect("the server answers");
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
        let page = answer.text().await.expect("a page");
        assert!(page.contains("but not the file that you chose"), "{page}");
        let email = if path.starts_with("/clients") { "ann@example.com" } else { "carl@example.com" };
        let (status, page, again) = log_in(&reader, &page, email).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        assert!(page.contains("choose it again"), "{page}");
        let kept = hidden_fields(&page, path);
        for (name, value) in fields {
            assert!(kept.contains(&(name.to_owned(), value.to_owned())), "{name} in {kept:?}");
        }
        let kept: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = again.post(path, &kept).await;
        assert_eq!(answer.status(), then, "{path}");
        let page = answer.text().await.expect("a page");
        assert!(then != StatusCode::UNPROCESSABLE_ENTITY || page.contains("Long &#60;title&#62;"), "{page}");
    }
}

#[tokio::test]
async fn what_is_too_much_to_be_kept_is_said_to_be_so() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let reader = Reader::of(&api, &ann);
    let page_of = hidden(&reader.get("/groups/new").await.1, "page-of");
    logged_out(&ann).await;
    let long = "a".repeat(5 * 1024 * 1024);
    let answer = reader.post("/groups", &[("page-of", page_of.as_str()), ("name", &long)]).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let page = answer.text().await.expect("a page");
    assert!(page.contains("could not be kept here") && !page.contains("aaaaaaaa"), "{page:.2000}");
}
