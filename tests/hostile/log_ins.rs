//! Log-ins by the hundred, whose senders do not wait for the answer.

use super::siege::{ADMINISTRATOR, ATTACKER, Siege};
use crate::support::http::{PASSWORD, address_of};
use crate::support::process::Program;
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// From how many addresses the flood comes, and how many log-ins from each: as many as its allowance lets through.
const ADDRESSES: usize = 15;
const TRIES: usize = 100;

/// How often others log in meanwhile.
const ROUNDS: usize = 3;

/// How many are under way at the same time.
const AT_ONCE: usize = 60;

/// How often somebody comes back who is told to: each place in line takes as long as a hash, and beside other stories a hash takes long.
const PERSISTENCE: usize = 20;

/// How long the senders stay: long enough to be in line.
const PATIENCE: Duration = Duration::from_millis(150);

fn request(http: &reqwest::Client, url: &str, from: &str, email: &str, password: &str) -> reqwest::RequestBuilder {
    let query = "mutation($input: SessionCreateInput!) {
        sessionCreate(input: $input) { session { token } userErrors { code retryAfter } } }";
    let input = json!({ "email": email, "password": password });
    let body = json!({ "query": query, "variables": { "input": input } });
    http.post(format!("{url}graphql")).header("x-forwarded-for", from).json(&body)
}

/// What somebody is told who waits for the answer: nothing is wrong, if they are in.
async fn log_in(http: &reqwest::Client, url: &str, from: &str, email: &str) -> Value {
    let answer = request(http, url, from, email, PASSWORD).send().await.expect("the service answers");
    let body: Value = answer.json().await.expect("the answer is JSON");
    let told = &body["data"]["sessionCreate"]["userErrors"];
    if told.is_null() { body } else { told.clone() }
}

/// The same for somebody who comes back when they are told to, or when a machine with other things to do answered too late.
async fn gets_in(http: &reqwest::Client, url: &str, from: &str, email: &str) -> Value {
    let mut told = log_in(http, url, from, email).await;
    for _ in 0..PERSISTENCE {
        if let Some(seconds) = told[0]["retryAfter"].as_u64() {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        } else if told["errors"][0]["extensions"]["code"] != "TIMEOUT" {
            break;
        }
        told = log_in(http, url, from, email).await;
    }
    told
}

/// All that a password costs is worked out for somebody, a few at a time; whoever hangs up makes room only when that is done.
#[tokio::test]
async fn log_ins_that_hang_up_use_no_more_memory_than_others_and_keep_nobody_out() {
    let behind_a_proxy = |program: Program| program.set("TRUSTED_PROXIES", "127.0.0.1");
    let mut siege = Siege::laid_with("log-ins that hang up", behind_a_proxy).await;
    siege
        .under(async |siege| {
            let (url, http) = (siege.url.clone(), reqwest::Client::new());
            let home = "198.51.100.1";
            assert_eq!(log_in(&http, &url, home, &address_of(ADMINISTRATOR)).await, json!([]));
            let over = CancellationToken::new();
            let flood = async {
                // As many as that, and on until the others are done.
                let goes_on = |number: &usize| *number < ADDRESSES * TRIES || !over.is_cancelled();
                let tries = (0..).take_while(goes_on).map(|number| {
                    let (from, email) = (format!("192.0.2.{}", number % ADDRESSES), format!("a{number}@example.com"));
                    let sent = request(&http, &url, &from, &email, "wrong password").send();
                    tokio::time::timeout(PATIENCE, sent)
                });
                let sent = stream::iter(tries).buffer_unordered(AT_ONCE);
                sent.filter(|sent| std::future::ready(sent.is_err())).count().await
            };
            let others = async {
                for round in 0..ROUNDS {
                    // Somebody who has been there before, and somebody of whom the service knows nothing.
                    let somewhere = format!("203.0.113.{round}");
                    for (from, name) in [(home, ADMINISTRATOR), (somewhere.as_str(), ATTACKER)] {
                        let told = gets_in(&http, &url, from, &address_of(name)).await;
                        assert_eq!(told, json!([]), "{name} gets in from {from}");
                    }
                }
                over.cancel();
            };
            let (hung_up, ()) = tokio::join!(flood, others);
            assert!(hung_up > 0, "some hung up");
        })
        .await;
    siege.withstood().await;
}
