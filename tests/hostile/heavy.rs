//! Requests that ask for much, or never end.

use super::siege::{ADMINISTRATOR, Siege};
use crate::support::service::in_flight;
use reqwest::StatusCode;
use serde_json::json;
use std::fmt::Write as _;

/// Everybody's clients are searched for what none of them has, so often in one document.
fn searches(count: usize) -> String {
    (0..count).fold("{".to_owned(), |mut document, number| {
        let filter = format!("{{ search: \"nobody {number}\" }}");
        let _ = write!(document, " a{number}: clients(first: 1, scope: ALL, filter: {filter}) {{ totalCount }}");
        document
    }) + " }"
}

#[tokio::test]
async fn heavy_requests_of_one_account_leave_time_for_others_and_for_letters() {
    let mut siege = Siege::laid("4 looping heavy requests of one account").await;

    siege
        .under(async |siege| {
            let heavy = siege.signed_in(ADMINISTRATOR).await;
            let document = searches(300);
            let enough = siege.server.count() + 1_000;
            let asks = async || {
                while siege.server.count() < enough {
                    let ready = reqwest::get(format!("{}readyz", siege.url)).await.expect("it answers");
                    assert_eq!(ready.status(), StatusCode::OK, "{}", ready.text().await.unwrap_or_default());
                    let (status, body) = heavy.post(&document, json!({})).await;
                    let told = body["errors"][0]["extensions"]["code"].as_str().unwrap_or("NONE");
                    // Answered, or refused by a code that says why.
                    let codes = ["NONE", "TIMEOUT", "RATE_LIMITED", "TOO_COMPLEX"];
                    assert!(codes.contains(&told), "{status} {told}");
                }
            };
            tokio::join!(asks(), asks(), asks(), asks());
        })
        .await;

    siege.withstood().await;
}

#[tokio::test]
async fn an_account_that_floods_is_told_when_to_come_again() {
    let mut siege =
        Siege::laid_with("a flood of one account", |program| program.set("REQUESTS_PER_ACCOUNT", "1")).await;

    siege
        .under(async |siege| {
            let heavy = siege.signed_in(ADMINISTRATOR).await;
            let document = searches(300);
            let answers = futures::future::join_all((0..40).map(|_| heavy.post(&document, json!({})))).await;
            let refused = answers.iter().find(|(status, _)| *status == StatusCode::TOO_MANY_REQUESTS);
            // Documents may be refused before their number is.
            if let Some((_, body)) = refused {
                assert_eq!(body["errors"][0]["extensions"]["code"], "RATE_LIMITED", "{body}");
                assert!(body["errors"][0]["extensions"]["retryAfter"].as_u64().is_some(), "{body}");
            }
        })
        .await;

    siege.withstood().await;
}

/// Each fragment spreads the next one twice, so that it takes 2^30 steps to walk through them.
fn endless() -> String {
    let mut document = "{ ...F0 }".to_owned();
    for number in 0..30 {
        let next = number + 1;
        let _ = write!(document, " fragment F{number} on Query {{ ...F{next} ...F{next} }}");
    }
    document + " fragment F30 on Query { __typename }"
}

#[tokio::test]
async fn requests_that_never_end_keep_neither_letters_nor_the_end_of_the_process_from_coming() {
    let siege = Siege::laid_with("requests that never end", |program| program.set("METRICS_ADDR", "127.0.0.1:0")).await;
    let Siege { mut process, server, database, .. } = siege;
    let line = process.says("metrics are at /metrics").await;
    let metrics = line.split("address=").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("an address");
    let asking: Vec<_> = (0..16)
        .map(|_| {
            let (http, url) = (reqwest::Client::new(), format!("{}graphql", siege.url));
            tokio::spawn(async move { http.post(url).json(&json!({ "query": endless() })).send().await.map(|_| ()) })
        })
        .collect();

    server.wait_for(server.count() + 300).await;
    for path in ["metrics", "readyz"] {
        let answer = reqwest::get(format!("http://{metrics}/{path}")).await.expect("it answers");
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
    }
    process.signal("TERM");
    let ended = process.ends().await;

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(in_flight(&database.pool).await, 0, "no letter is in doubt");
    assert_eq!(server.count(), server.accepted_recipients().len(), "nobody gets two letters");
    asking.iter().for_each(tokio::task::JoinHandle::abort);
}
