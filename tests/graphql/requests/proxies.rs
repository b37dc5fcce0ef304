//! Where requests come from when a proxy stands between, and who is believed about it.

use crate::support::http::{Api, PASSWORD, text};
use serde_json::{Value, json};

/// How many letters one address may have sent at once.
const TRIES: usize = 20;

/// Sends a mutation with this `X-Forwarded-For` and returns the payload.
async fn forwarded(api: &Api, chain: &str, mutation: &str, selection: &str, input: Value) -> Value {
    let kind = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
    let query = format!(
        "mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ {selection} userErrors {{ code }} }} }}"
    );
    let body = json!({ "query": query, "variables": { "input": input } });
    let url = api.url("/graphql");
    let answer = api.anonymous().send(|http| http.post(url).header("x-forwarded-for", chain).json(&body)).await;
    answer.body["data"][mutation].clone()
}

/// How many of so many letters for different people are sent.
async fn letters(api: &Api, count: usize, chain: impl Fn(usize) -> String) -> usize {
    let mut sent = 0;
    for number in 0..count {
        let input = json!({ "email": format!("{}@example.com", uuid::Uuid::new_v4()) });
        let payload = forwarded(api, &chain(number), "passwordRecover", "", input).await;
        sent += usize::from(payload["userErrors"] == json!([]));
    }
    sent
}

#[tokio::test]
async fn whoever_writes_the_header_without_being_a_trusted_proxy_is_not_believed() {
    for trusted in ["", "10.0.0.0/8"] {
        let api = Api::with(|options| options.trusted_proxies = trusted.parse().expect("proxies")).await;
        assert_eq!(letters(&api, TRIES + 2, |number| format!("192.0.2.{number}")).await, TRIES, "{trusted:?}");
    }
}

#[tokio::test]
async fn behind_trusted_proxies_everybody_has_an_allowance_of_their_own() {
    let proxies = "127.0.0.1, 10.0.0.0/8";
    let api = Api::with(|options| options.trusted_proxies = proxies.parse().expect("proxies")).await;
    // Over two proxies; whatever the client itself wrote before does not count.
    let ann = |number: usize| format!("198.51.100.{number}, 192.0.2.1, 10.0.0.{number}");
    assert_eq!(letters(&api, TRIES + 2, ann).await, TRIES);
    assert_eq!(letters(&api, 2, |_| "192.0.2.2".to_owned()).await, 2);
    // The addresses of one IPv6 host count as one.
    assert_eq!(letters(&api, TRIES + 2, |number| format!("2001:db8:1:2::{number}")).await, TRIES);
    assert_eq!(letters(&api, 2, |_| "2001:db8:1:3::1".to_owned()).await, 2);

    // And sessions tell the client's address.
    api.account("Ann", &[]).await;
    let input = json!({ "email": "ann@example.com", "password": PASSWORD });
    let payload = forwarded(&api, "192.0.2.7, 10.0.0.1", "sessionCreate", "session { token }", input).await;
    let ann = api.anonymous().known_by(&text(&payload["session"]["token"]));
    let sessions = ann.ask("{ sessions { address } }", json!({})).await;
    assert_eq!(sessions["sessions"], json!([{ "address": "192.0.2.7" }]));
}
