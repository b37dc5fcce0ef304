//! What providers report over HTTP: whose report it is, which letter it is about, and that each counts once.

mod passwords;
mod refusing;
mod ses;
mod signatures;

use crate::intake::Sent;
use api::{Options, Secret, Webhooks};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use skymailing::wire::{self, Node};
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

/// What the providers of these stories prove themselves with that have a password, a token or a key.
const SECRET: &str = "correct-horse-battery-staple";

fn secret() -> Secret {
    Secret::parse(SECRET).expect("a secret")
}

/// The face to which providers report.
struct Face {
    address: SocketAddr,
    http: reqwest::Client,
    _stop: DropGuard,
}

impl Face {
    /// That of a node.
    async fn of(node: &Node, webhooks: Webhooks) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("it has an address");
        let public_url = format!("http://{address}/").parse().expect("it makes a URL");
        let options = Options { webhooks, ..Options::new(public_url) };
        let router = api::router(node.services.clone(), options);
        let stop = CancellationToken::new();
        tokio::spawn(wire::serve(listener, router, stop.clone()));
        Self { address, http: reqwest::Client::new(), _stop: stop.drop_guard() }
    }

    /// A request to `/webhooks/PROVIDER`.
    fn post(&self, provider: &str) -> RequestBuilder {
        self.http.post(format!("http://{}/webhooks/{provider}", self.address))
    }

    /// What `/webhooks/PROVIDER` answers to this body with these headers.
    async fn answers(&self, provider: &str, headers: &[(&str, &str)], body: impl Into<reqwest::Body>) -> StatusCode {
        let request = headers.iter().fold(self.post(provider), |request, (name, value)| request.header(*name, *value));
        request.body(body).send().await.expect("an answer").status()
    }
}

/// A letter's `Message-ID`, as most providers tell it.
fn message_id(sent: &Sent, name: &str) -> String {
    sent.message_id(name).replace("Message-ID: ", "")
}

/// What a fact says: its kind, the letter that it is about, the way on which it was told, and of a bounce how it is meant.
fn gist(fact: &Value) -> Value {
    let (kind, fact) = fact.as_object().and_then(|fact| fact.iter().next()).expect("one kind");
    let bounce = &fact["bounce"];
    json!([kind, fact["letter"]["ordinal"], fact["report"]["via"], bounce["severity"], bounce["dead"], bounce["code"]])
}

/// The gist of all that is recorded.
async fn gists(sent: &Sent) -> Vec<Value> {
    sent.facts().await.iter().map(gist).collect()
}

/// The gist of a bounce for good by a mailbox that is not there.
fn gone(sent: &Sent, name: &str, via: &str) -> Value {
    json!(["BounceReported", sent.letter(name).ordinal, via, "permanent", true, "5.1.1"])
}

/// The gist of a complaint.
fn complained(sent: &Sent, name: &str, via: &str) -> Value {
    json!(["Complained", sent.letter(name).ordinal, via, null, null, null])
}
