//! Somebody who talks to a running service over HTTP.

use super::process::skymailing;
use super::service::found;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

/// The administrator of these stories.
pub(crate) const ANN: &str = "ann@example.com";

pub(crate) const PASSWORD: &str = "correct horse battery";

/// Longer than any answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes Ann an administrator, by the command line.
pub(crate) async fn create_ann(database_url: &str) {
    let program = skymailing(&["createadmin", "--email", ANN, "--name", "Ann", "--password-stdin"]);
    program.set("DATABASE_URL", database_url).input(PASSWORD).succeeds().await;
}

pub(crate) struct Visitor {
    /// Ends with a slash.
    url: String,
    pub(crate) token: Option<String>,
    http: reqwest::Client,
}

impl Visitor {
    pub(crate) fn of(url: &str) -> Self {
        let http = reqwest::Client::builder().timeout(PATIENCE).build().expect("a client");
        Self { url: url.to_owned(), token: None, http }
    }

    /// Ann, logged in.
    pub(crate) async fn ann(url: &str) -> Self {
        let mut ann = Self::of(url);
        ann.logs_in(ANN, PASSWORD).await;
        ann
    }

    /// The same, known by this token.
    pub(crate) fn known_by(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), url: self.url.clone(), http: self.http.clone() }
    }

    pub(crate) async fn logs_in(&mut self, email: &str, password: &str) {
        let session = self.tries_to_log_in(email, password).await;
        let token = session["session"]["token"].as_str();
        self.token = Some(token.unwrap_or_else(|| panic!("{email} cannot log in: {session}")).to_owned());
    }

    pub(crate) async fn tries_to_log_in(&self, email: &str, password: &str) -> Value {
        let input = json!({ "email": email, "password": password });
        self.mutate("sessionCreate", "SessionCreateInput", input, "session { token } viewer { email roles }").await
    }

    /// Sends a document and takes whatever comes back.
    pub(crate) async fn post(&self, query: &str, variables: Value) -> (StatusCode, Value) {
        let request = self.http.post(format!("{}graphql", self.url));
        let request = request.json(&json!({ "query": query, "variables": variables }));
        let request = if let Some(token) = &self.token { request.bearer_auth(token) } else { request };
        let response = request.send().await.expect("the service answers");
        let status = response.status();
        (status, response.json().await.expect("the answer is JSON"))
    }

    /// Sends a document that is right, and returns its data.
    pub(crate) async fn ask(&self, query: &str, variables: Value) -> Value {
        let (status, mut body) = self.post(query, variables).await;
        assert!(status == StatusCode::OK && body.get("errors").is_none(), "{status}: {body}\n{query}");
        body["data"].take()
    }

    async fn mutate(&self, name: &str, kind: &str, input: Value, selection: &str) -> Value {
        let selection = format!("{selection} userErrors {{ message field code }}");
        let query = format!("mutation($input: {kind}!) {{ {name}(input: $input) {{ {selection} }} }}");
        self.ask(&query, json!({ "input": input })).await[name].take()
    }

    /// Runs the mutation on an input with nothing wrong in it and returns what is selected in its payload.
    pub(crate) async fn does(&self, name: &str, input: Value, selection: &str) -> Value {
        let (first, rest) = name.split_at(1);
        let kind = format!("{}{rest}Input", first.to_uppercase());
        let payload = self.mutate(name, &kind, input, selection).await;
        assert_eq!(payload["userErrors"], json!([]), "{name}: {payload}");
        payload
    }

    /// A mailing to everybody in the address book whose window opened a minute ago: its id.
    pub(crate) async fn plans_a_mailing(&self) -> String {
        let input = json!({ "subject": "Hello {{first_name}}", "text": "Dear {{full_name}},\n\nyou are {{email}}.\n" });
        let message = self.does("messageCreate", input, "message { id }").await;
        let clients = self.ask("{ clients(first: 100) { nodes { id } } }", json!({})).await;
        let clients: Vec<&Value> =
            clients["clients"]["nodes"].as_array().expect("clients").iter().map(|it| &it["id"]).collect();
        let now = skymailing::wire::wall_clock().now();
        let input = json!({
            "name": "Spring",
            "messageId": message["message"]["id"],
            "audience": { "clientIds": clients },
            "startsAt": (now - chrono::TimeDelta::minutes(1)).to_rfc3339(),
            "endsAt": (now + chrono::TimeDelta::days(1)).to_rfc3339(),
            "periodicity": { "kind": "ONCE" },
            "timeZone": "Europe/Berlin",
        });
        let mailing = self.does("mailingCreate", input, "mailing { id }").await;
        mailing["mailing"]["id"].as_str().expect("an id").to_owned()
    }

    /// Waits until the mailing's first run is finished, and returns the run with everything that can be read of it.
    pub(crate) async fn sees_through(&self, mailing: &str) -> Value {
        let query = "query($id: ID!) { mailing(id: $id) { runs(first: 1) { nodes {
            id status trigger startedAt finishedAt attempt { succeeded serverReply } report { text totals { planned accepted } }
            progress { planned accepted rejected deferred unknown suppressed expired pending }
            deliveries(first: 100) { nodes {
                clientEmail outcome messageId attempts { at number outcome code enhancedCode serverReply } } } } } } }";
        found("the run is finished", async || {
            let mut answer = self.ask(query, json!({ "id": mailing })).await;
            let run = answer["mailing"]["runs"]["nodes"].get_mut(0)?.take();
            (run["status"] == "FINISHED").then_some(run)
        })
        .await
    }
}
