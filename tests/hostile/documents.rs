//! Documents that nobody sends who wants an answer, by anybody: by POST, and by GET as an image on any page asks for it.

use super::siege::{ATTACKER, Siege, say};
use reqwest::StatusCode;
use serde_json::json;
use std::fmt::Write as _;
use std::time::Instant;

/// How often each document is sent, and by how many at once.
const TIMES: usize = 20;
const AT_ONCE: usize = 10;

/// What only somebody with an account can ask for.
const LETTERS: &str = "a long letter again and again";

fn repeated(times: usize, part: impl Fn(usize) -> String) -> String {
    (0..times).fold(String::new(), |mut text, at| {
        let _ = write!(text, "{} ", part(at));
        text
    })
}

/// What is sent, and by which name it is told.
fn attacks() -> Vec<(&'static str, String)> {
    let (open, close) = ("[".repeat(20_000), "]".repeat(20_000));
    let search = "clients(first: 1, filter: { search: \"e\" }) { totalCount }";
    vec![
        ("nested lists", format!("{{ article(slug: {}{}) {{ id }} }}", &open[..1_350], &close[..1_350])),
        ("more nested lists", format!("{{ article(slug: {open}{close}) {{ id }} }}")),
        ("nested objects", format!("{{ article(slug: {}", "{a:".repeat(20_000))),
        ("nested lists in a directive", format!("{{ a @skip(if: {open}{close}) }}")),
        ("nested lists in a default", format!("query($a: [A] = {open}{close}) {{ a }}")),
        ("nested types", format!("query($a: {open}A{close}) {{ a }}")),
        ("nested selections", "{a".repeat(20_000)),
        ("nested inline fragments", "{...".repeat(15_000)),
        ("texts without an end", format!("{{ a(b: [\"\"\"{}", "x\\\\\"\"\"\"".repeat(4_000))),
        (
            "fragments that double each other",
            format!(
                "{{ ...f0 }} {} fragment f30 on Query {{ __typename }}",
                repeated(30, |at| format!("fragment f{at} on Query {{ ...f{} ...f{} }}", at + 1, at + 1))
            ),
        ),
        (
            "a chain of fragments that nothing uses",
            format!(
                "{{ __typename }} {} fragment f1000 on Query {{ __typename }}",
                repeated(1_000, |at| format!("fragment f{at} on Query {{ ...f{} }}", at + 1))
            ),
        ),
        (
            "one long fragment in many places",
            format!(
                "{{ {} }} fragment f on Query {{ {} }}",
                repeated(1_500, |at| format!("a{at}: homeStats {{ ...f }}")),
                "a ".repeat(3_000)
            ),
        ),
        (
            "many operations with variables that there are not",
            format!(
                "{} fragment f on Query {{ article({}) {{ id }} }}",
                repeated(1_000, |at| format!("query q{at} {{ ...f }}")),
                repeated(1_500, |at| format!("a{at}: $a{at}"))
            ),
        ),
        ("many type names", format!("{{ {} }}", repeated(3_000, |at| format!("a{at}: __typename")))),
        (
            "many type names of many rows",
            format!("{{ __schema {{ types {{ {} }} }} }}", repeated(3_000, |at| format!("a{at}: __typename"))),
        ),
        (
            "introspection of introspection",
            format!(
                "{{ __schema {{ types {{ {} }} }} }}",
                repeated(300, |at| format!("a{at}: fields {{ type {{ fields {{ type {{ fields {{ name }} }} }} }} }}"))
            ),
        ),
        ("introspection again and again", {
            format!("{{ {} }}", repeated(900, |at| format!("a{at}: __schema {{ types {{ description }} }}")))
        }),
        ("many fields that there are not", format!("{{ {} }}", "nothing ".repeat(7_000))),
        ("many searches", format!("{{ {} }}", repeated(900, |at| format!("a{at}: {search}")))),
        ("many home pages", format!("{{ {} }}", repeated(900, |at| format!("a{at}: homeStats {{ mailings }}")))),
    ]
}

#[tokio::test]
async fn documents_that_ask_for_too_much_harm_nobody() {
    let mut siege = Siege::laid("documents").await;

    siege
        .under(async |siege| {
            let attacker = siege.signed_in(ATTACKER).await;
            let input = json!({ "subject": "Hello", "text": "Hello", "html": "x".repeat(60_000) });
            let letter = attacker.does("messageCreate", input, "message { id }").await;
            let letters = format!(
                "{{ message(id: {}) {{ {} }} }}",
                letter["message"]["id"],
                repeated(2_000, |at| format!("a{at}: html"))
            );
            let token = attacker.token;
            for (name, query) in attacks().into_iter().chain([(LETTERS, letters)]) {
                let began = Instant::now();
                let senders = (0..AT_ONCE).map(|sender| {
                    let (http, url) = (reqwest::Client::new(), format!("{}graphql", siege.url));
                    let (query, token) = (query.clone(), token.clone());
                    async move {
                        for time in 0..TIMES / AT_ONCE {
                            // A URL holds no more.
                            let by_get = (sender + time) % 2 == 0 && query.len() < 10_000;
                            let request = if by_get {
                                http.get(&url).query(&[("query", &query)]).header("sec-fetch-site", "cross-site")
                            } else {
                                http.post(&url).json(&json!({ "query": query }))
                            };
                            let request = match &token {
                                Some(token) if sender % 3 == 0 || name == LETTERS => request.bearer_auth(token),
                                _ => request,
                            };
                            let answer = request.header("accept", "application/graphql-response+json").send().await;
                            let answer = answer.expect("the program answers");
                            let status = answer.status();
                            let length = answer.bytes().await.expect("the whole answer").len();
                            assert!(
                                status == StatusCode::BAD_REQUEST || (status == StatusCode::OK && length < 200_000),
                                "{name}: {status}, {length} bytes"
                            );
                        }
                    }
                });
                futures::future::join_all(senders).await;
                say(&format!("documents: {name}: {TIMES} times in {:.1?}", began.elapsed()));
            }
        })
        .await;

    siege.withstood().await;
}
