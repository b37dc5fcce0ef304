//! Letters as long as they may be, however a program writes them down.

use crate::support::http::{Answer, Api, Person, text};
use crate::support::letters::without_footers;
use domain::message::MAX_BODY;
use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::fmt::Write as _;

const CREATE: &str = "mutation($input: MessageCreateInput!) {
    messageCreate(input: $input) { message { id } userErrors { code field } } }";

/// A text that is exactly as long as it may be, and begins with a letter.
fn filled(with: &str) -> String {
    let times = (MAX_BODY - 4) / with.len();
    "x".repeat(MAX_BODY - times * with.len()) + &with.repeat(times)
}

/// JSON as programs write it that trust nothing but ASCII, and no sign of HTML.
fn in_ascii(json: &Value) -> String {
    let mut written = String::new();
    for c in json.to_string().chars() {
        if c.is_ascii() && !"<>&'+".contains(c) {
            written.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(written, "\\u{unit:04x}");
            }
        }
    }
    written
}

async fn send(api: &Api, person: &Person, body: String) -> Answer {
    let url = api.url("/graphql");
    person.send(|http| http.post(url).header("content-type", "application/json").body(body)).await
}

#[tokio::test]
async fn a_letter_as_long_as_it_may_be_is_written_however_its_json_is() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    for with in ["\"", "е", "<"] {
        let body = filled(with);
        let variables = json!({ "input": { "subject": "Hello", "text": body, "html": body } });
        let in_document = format!(
            "mutation {{ messageCreate(input: {{ subject: \"Hello\", text: {0}, html: {0} }}) {{
               message {{ id }} userErrors {{ code field }} }} }}",
            Value::from(body.as_str())
        );
        for (how, request) in [
            ("as it is", json!({ "query": CREATE, "variables": variables }).to_string()),
            ("in ASCII", in_ascii(&json!({ "query": CREATE, "variables": variables }))),
            ("in the document", json!({ "query": in_document }).to_string()),
            ("in the document, in ASCII", in_ascii(&json!({ "query": in_document }))),
        ] {
            let bytes = request.len();
            let answer = send(&api, &ann, request).await;
            let told = &answer.body["data"]["messageCreate"]["userErrors"];
            assert_eq!(
                told,
                &json!([]),
                "{with:?} {how}: {bytes} bytes, {} {:?}",
                answer.status,
                answer.body["errors"]
            );
        }
    }
}

#[tokio::test]
async fn a_long_letter_is_read_revised_and_looked_at_like_any_other() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (text_of, html) = (filled("Слово "), filled("<b>\"Слово\"</b> "));
    let input = json!({ "subject": "Hello", "text": text_of, "html": html });
    let id = text(&ann.does("messageCreate", input.clone(), "message { id }").await["message"]["id"]);

    let seen = ann.ask("query($id: ID!) { message(id: $id) { text html } }", json!({ "id": id })).await;
    assert!(seen["message"]["text"] == text_of.as_str() && seen["message"]["html"] == html.as_str());
    let preview =
        "query($input: MessagePreviewInput!) { messagePreview(input: $input) { text html userErrors { code } } }";
    let seen = without_footers(ann.ask(preview, json!({ "input": input })).await["messagePreview"].take());
    assert!(seen["html"] == html.as_str(), "{}", seen["userErrors"]);
    let found = ann.ask("{ messages(filter: { search: \"СЛОВО\" }) { nodes { id } } }", json!({})).await;
    assert_eq!(found["messages"]["nodes"][0]["id"], id.as_str());
    let other = filled("other");
    ann.does("messageUpdate", json!({ "id": id, "text": other, "html": other }), "message { revision }").await;
}

#[tokio::test]
async fn what_is_too_long_is_told_of_the_field_and_what_no_request_can_be_of_the_request() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let letter = |bytes: usize| json!({ "subject": "Hello", "text": "x".repeat(bytes) });
    assert_eq!(
        ann.fails("messageCreate", letter(MAX_BODY + 1)).await,
        [("BODY_TOO_LONG".to_owned(), "input.text".to_owned())]
    );
    let csv = "email\n".to_owned() + &"anna@example.com\n".repeat(70_000);
    assert_eq!(
        ann.fails("clientsImport", json!({ "csv": csv })).await,
        [("FILE_TOO_LARGE".to_owned(), "input.csv".to_owned())]
    );
    for (bytes, status, code, words) in [
        (5 * MAX_BODY, StatusCode::OK, "TOO_COMPLEX", "arguments have more than 4096 KiB together"),
        (17 * MAX_BODY, StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "a request has at most 16 MiB"),
    ] {
        for variables in [json!({ "input": letter(bytes) }), json!({ "nothing": "x".repeat(bytes) })] {
            let answer = ann.post(CREATE, variables).await;
            assert_eq!((answer.status, answer.code()), (status, code), "{bytes}");
            let said = text(&answer.body["errors"][0]["message"]);
            assert!(said.starts_with(words), "{said}");
        }
    }
}

#[tokio::test]
async fn only_who_is_signed_in_sends_large_requests_and_not_many_at_once() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let variables = json!({ "input": { "subject": "Hello", "text": "x".repeat(MAX_BODY) } });
    for stranger in [api.anonymous(), ann.known_by("nobody's token")] {
        let answer = stranger.post(CREATE, variables.clone()).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"));
    }
    let answers = join_all((0..20).map(|_| ann.post(CREATE, variables.clone()))).await;
    for answer in &answers {
        let limited = (answer.status, answer.code()) == (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED");
        assert!(answer.status == StatusCode::OK || limited, "{} {}", answer.status, answer.body);
    }
    assert!(answers.iter().any(|answer| answer.status == StatusCode::OK));
}

#[tokio::test]
async fn what_a_request_may_have_is_what_the_settings_say() {
    const MIB: usize = 1024 * 1024;
    let limits =
        api::RequestLimits { body: MIB, bodies: MIB, answer: MIB, work: 4_000, ..api::RequestLimits::default() };
    let api = Api::limited(limits).await;
    let ann = api.owner("Ann").await;
    let code = |answer: &Answer| text(&answer.body["errors"][0]["extensions"]["code"]);

    let request = |bytes: usize| json!({ "query": CREATE, "variables": { "input": { "text": "x".repeat(bytes) } } });
    let large = send(&api, &ann, request(MIB).to_string()).await;
    assert_eq!((large.status, code(&large)), (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE".to_owned()));
    assert!(large.body.to_string().contains("at most 1 MiB"), "{}", large.body);

    let letter = json!({ "subject": "Hello", "text": "x".repeat(MIB - 1_024) });
    let written = send(&api, &ann, json!({ "query": CREATE, "variables": { "input": letter } }).to_string()).await;
    let id = text(&written.body["data"]["messageCreate"]["message"]["id"]);
    let read = |times: usize| {
        let fields: Vec<String> = (0..times).map(|at| format!("a{at}: message(id: \"{id}\") {{ text }}")).collect();
        json!({ "query": format!("{{ {} }}", fields.join(" ")) }).to_string()
    };
    let once = send(&api, &ann, read(1)).await;
    assert_eq!(once.body["data"]["a0"]["text"].as_str().map(str::len), Some(MIB - 1_024), "it fits");
    let twice = send(&api, &ann, read(2)).await;
    assert_eq!(code(&twice), "TOO_COMPLEX");
    assert!(twice.body.to_string().contains("longer than 1 MiB"), "{}", twice.body);

    let search = |times: usize| {
        let search = "clients(first: 1, filter: { search: \"x\" }) { nodes { id } }";
        let fields: Vec<String> = (0..times).map(|at| format!("a{at}: {search}")).collect();
        json!({ "query": format!("{{ {} }}", fields.join(" ")) }).to_string()
    };
    assert_eq!(send(&api, &ann, search(3)).await.body["errors"], Value::Null);
    assert_eq!(code(&send(&api, &ann, search(4)).await), "TOO_COMPLEX");
}
