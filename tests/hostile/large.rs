//! Requests as large as they may be, and larger, many at once.

use super::siege::{ADMINISTRATOR, ATTACKER, Siege, say};
use crate::support::visitor::Visitor;
use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Instant;

/// How many requests each attacker sends at the same time.
const AT_ONCE: usize = 8;

const MIB: usize = 1024 * 1024;

const CREATE: &str =
    "mutation($input: MessageCreateInput!) { messageCreate(input: $input) { message { id } userErrors { code } } }";

fn in_document(text: &str) -> String {
    format!("mutation {{ messageCreate(input: {{ subject: \"s\", text: {text} }}) {{ userErrors {{ code }} }} }}")
}

/// What is sent, and by which name it is told.
fn attacks() -> Vec<(&'static str, String)> {
    let letter = |text: &str| json!({ "query": CREATE, "variables": { "input": { "subject": "s", "text": text } } });
    let nothing = |variables: Value| json!({ "query": "{ __typename }", "variables": variables });
    vec![
        ("a long text", letter(&"x".repeat(15 * MIB)).to_string()),
        ("a long text of signs that are escaped", letter(&"\"".repeat(7 * MIB)).to_string()),
        ("a long text that nothing uses", nothing(json!({ "a": "x".repeat(15 * MIB) })).to_string()),
        ("many short texts", nothing(json!({ "a": vec!["x"; MIB] })).to_string()),
        (
            "a text in the document",
            json!({ "query": in_document(&format!("\"{}\"", "x".repeat(15 * MIB))) }).to_string(),
        ),
        (
            "a block in the document",
            json!({ "query": in_document(&format!("\"\"\"{}\"\"\"", "\n ".repeat(3 * MIB))) }).to_string(),
        ),
        ("many parts", json!({ "query": format!("{{ {} }}", "a ".repeat(7 * MIB)) }).to_string()),
        ("brackets", json!({ "query": "[".repeat(15 * MIB) }).to_string()),
        ("no JSON", "[".repeat(15 * MIB)),
        ("more than there may be", letter(&"x".repeat(17 * MIB)).to_string()),
    ]
}

/// Sends it so often at once. Whoever is refused before all of it was read may see the connection end.
async fn send(siege: &Siege, token: Option<&str>, body: &str) -> Vec<(StatusCode, Value)> {
    let senders = (0..AT_ONCE).map(|_| {
        let request = reqwest::Client::new().post(format!("{}graphql", siege.url));
        let request = request.header("content-type", "application/json").body(body.to_owned());
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        async move {
            let answer = request.send().await.ok()?;
            let status = answer.status();
            Some((status, serde_json::from_str(&answer.text().await.ok()?).unwrap_or_default()))
        }
    });
    join_all(senders).await.into_iter().flatten().collect()
}

fn code(body: &Value) -> &str {
    let paths = ["/errors/0/extensions/code", "/data/messageCreate/userErrors/0/code"];
    paths.iter().find_map(|path| body.pointer(path)).and_then(Value::as_str).unwrap_or("NONE")
}

#[tokio::test]
async fn large_requests_of_anybody_harm_nobody() {
    let mut siege = Siege::laid("large requests").await;

    siege
        .under(async |siege| {
            let (one, other) = (siege.signed_in(ATTACKER).await, siege.signed_in(ADMINISTRATOR).await);
            for (name, body) in attacks() {
                let began = Instant::now();
                let (strangers, one, other) = tokio::join!(
                    send(siege, None, &body),
                    send(siege, one.token.as_deref(), &body),
                    send(siege, other.token.as_deref(), &body)
                );
                for (status, answer) in &strangers {
                    assert_eq!((*status, code(answer)), (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"), "{name}");
                }
                let allowed =
                    ["TOO_COMPLEX", "BAD_REQUEST", "RATE_LIMITED", "PAYLOAD_TOO_LARGE", "BODY_TOO_LONG", "TEXT_EMPTY"];
                for (status, answer) in one.iter().chain(&other) {
                    assert!(allowed.contains(&code(answer)), "{name}: {status} {}", code(answer));
                }
                say(&format!("large requests: {name}: in {:.1?}", began.elapsed()));
            }
        })
        .await;

    siege.withstood().await;
}

/// Writes a message of 2 MiB, and revises it so often.
async fn long_letter(author: &Visitor, revisions: usize) -> String {
    let letter = |number: usize| {
        let text = format!("{number}{}", "x".repeat(MIB - 10));
        json!({ "subject": "s", "text": text, "html": text })
    };
    let written = author.does("messageCreate", letter(0), "message { id }").await;
    let id = written["message"]["id"].as_str().expect("an id").to_owned();
    for number in 1..=revisions {
        let mut change = letter(number);
        change["id"] = json!(id);
        author.does("messageUpdate", change, "message { revision }").await;
    }
    id
}

#[tokio::test]
async fn long_letters_are_read_a_few_at_a_time() {
    let mut siege = Siege::laid("long letters").await;

    siege
        .under(async |siege| {
            let attacker = siege.signed_in(ATTACKER).await;
            let id = long_letter(&attacker, 15).await;
            for _ in 0..12 {
                long_letter(&attacker, 0).await;
            }
            // What has 32 MiB in all has no more revisions.
            let refused = attacker.post(
                "mutation($input: MessageUpdateInput!) { messageUpdate(input: $input) { userErrors { code } } }",
                json!({ "input": { "id": id, "text": "short" } }),
            );
            let (_, refused) = refused.await;
            let codes = ["QUOTA_REACHED", "NONE"];
            let told = refused.pointer("/data/messageUpdate/userErrors/0/code").and_then(Value::as_str);
            assert!(codes.contains(&told.unwrap_or("NONE")), "{refused}");
            for query in [
                "{ messages(first: 100) { nodes { text html } } }".to_owned(),
                format!("{{ message(id: \"{id}\") {{ revisions(first: 100) {{ nodes {{ text html changed }} }} }} }}"),
                format!("{{ message(id: \"{id}\") {{ revisions(first: 15) {{ nodes {{ diff }} }} }} }}"),
            ] {
                for (status, body) in join_all((0..AT_ONCE).map(|_| attacker.post(&query, json!({})))).await {
                    let allowed = ["TOO_COMPLEX", "RATE_LIMITED", "TIMEOUT", "NONE"];
                    assert!(allowed.contains(&code(&body)), "{query}: {status} {}", code(&body));
                }
            }
        })
        .await;

    siege.withstood().await;
}
