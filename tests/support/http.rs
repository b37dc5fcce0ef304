//! The API over real HTTP: a server on a port of its own, and people who talk to it.

use super::database::TestDatabase;
use super::service::{HandClock, Service, metadata};
use super::told;
use acts::Services;
use argon2::password_hash::{PasswordHasher, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::user::{Command, User};
use domain::{Decide, EmailAddress, FullName, Language, Role, TimeZone, UserId};
use eventstore::Append;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use skymailing::wire::{self, Node};
use sqlx::PgPool;
use std::net::SocketAddr;
use std::sync::LazyLock;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

/// Everybody's password.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A node that serves, over a fresh database. Nothing sends.
pub(crate) struct Api {
    pub(crate) node: Node,
    pub(crate) clock: HandClock,
    pub(crate) pool: PgPool,
    address: SocketAddr,
    _stop: DropGuard,
    /// Dropped at the end, as the others use it.
    database: Option<TestDatabase>,
}

/// An answer, with its body read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap<HeaderValue>,
    pub(crate) body: Value,
}

impl Answer {
    async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("the answer arrives whole");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, headers, body }
    }

    /// The code of the first top-level error; empty if there is none.
    pub(crate) fn code(&self) -> &str {
        self.body.pointer("/errors/0/extensions/code").and_then(Value::as_str).unwrap_or_default()
    }

    /// A header as text; empty if it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are ASCII"))
    }
}

impl Api {
    pub(crate) async fn start() -> Self {
        let database = super::database().await;
        Self::over(database.pool.clone(), Some(database)).await
    }

    /// With other settings than the usual ones.
    pub(crate) async fn with(change: impl FnOnce(&mut api::Options)) -> Self {
        let database = super::database().await;
        Self::serving(database.pool.clone(), Some(database), change).await
    }

    /// With other bounds for each account than the usual ones.
    pub(crate) async fn bounded(bounds: acts::Bounds) -> Self {
        let database = super::database().await;
        let bounded = |services: &mut Services| services.quotas = acts::Quotas::new(bounds);
        Self::serving_with(bounded, database.pool.clone(), Some(database), |_| {}).await
    }

    /// With services that are not the usual ones.
    pub(crate) async fn serving_as(prepare: impl FnOnce(&mut Services)) -> Self {
        let database = super::database().await;
        Self::serving_with(prepare, database.pool.clone(), Some(database), |_| {}).await
    }

    /// With other limits for each request than the usual ones.
    pub(crate) async fn limited(limits: api::RequestLimits) -> Self {
        let database = super::database().await;
        Self::serving(database.pool.clone(), Some(database), |options| options.limits = limits).await
    }

    /// Over a migrated database of the test's own.
    pub(crate) async fn over(pool: PgPool, database: Option<TestDatabase>) -> Self {
        Self::serving(pool, database, |_| {}).await
    }

    /// The same, without the cache of the home page and the blog.
    pub(crate) async fn uncached(pool: PgPool) -> Self {
        Self::serving(pool, None, |options| options.cache = false).await
    }

    async fn serving(pool: PgPool, database: Option<TestDatabase>, change: impl FnOnce(&mut api::Options)) -> Self {
        Self::serving_with(|_| {}, pool, database, change).await
    }

    async fn serving_with(
        prepare: impl FnOnce(&mut Services),
        pool: PgPool,
        database: Option<TestDatabase>,
        change: impl FnOnce(&mut api::Options),
    ) -> Self {
        let clock = HandClock::at("2026-05-04T09:00:00Z");
        let mut node = Node::over(pool.clone(), clock.clock(), None);
        node.services.letters = Some(wire::letters(Service::settings()));
        prepare(&mut node.services);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("it has an address");
        let public_url = format!("http://{address}/").parse().expect("it makes a URL");
        let mut options = api::Options::new(public_url);
        change(&mut options);
        let router = api::router(node.services.clone(), options);
        let stop = CancellationToken::new();
        tokio::spawn(wire::serve(listener, router, stop.clone()));
        Self { node, clock, pool, address, _stop: stop.drop_guard(), database }
    }

    /// Where its database is, for other programs.
    pub(crate) fn database_url(&self) -> &str {
        &self.database.as_ref().expect("it has one of its own").url
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Somebody who is not signed in.
    pub(crate) fn anonymous(&self) -> Person {
        Person { id: UserId(uuid::Uuid::nil()), token: None, url: self.url("/graphql"), http: reqwest::Client::new() }
    }

    /// An ordinary owner.
    pub(crate) async fn owner(&self, name: &str) -> Person {
        self.person(name, &[]).await
    }

    /// Somebody with these roles, signed in.
    pub(crate) async fn person(&self, name: &str, roles: &[Role]) -> Person {
        let id = self.account(name, roles).await;
        let anonymous = self.anonymous();
        let session = anonymous.log_in(&address_of(name), PASSWORD).await;
        let token = session["session"]["token"].as_str().expect("the log-in succeeds").to_owned();
        Person { id, token: Some(token), ..anonymous }
    }

    /// An account, without signing in.
    pub(crate) async fn account(&self, name: &str, roles: &[Role]) -> UserId {
        open_account(&self.node.services, name, roles).await
    }

    /// How many events there are, but for the ends of rebuilds, which nobody waits for.
    pub(crate) async fn events(&self) -> i64 {
        let query = "select count(*) from events
                      where not (aggregate_type = 'rebuild' and event_type in ('Finished', 'Failed'))";
        let counted = sqlx::query_scalar(query).fetch_one(&self.pool).await;
        counted.expect("events can be counted")
    }
}

/// An account of somebody with this name and [`PASSWORD`], as soon as the read models show it. What is kept of the password was made
/// cheaply: it takes no tenth of a second of every story, neither now nor when somebody logs in.
pub(crate) async fn open_account(services: &Services, name: &str, roles: &[Role]) -> UserId {
    let register = Command::Register {
        email: EmailAddress::parse(&address_of(name)).expect("an address"),
        full_name: FullName::parse(name).expect("a name"),
        time_zone: TimeZone::parse("Europe/Berlin").expect("a zone"),
        language: Language::default(),
    };
    let roles = roles.iter().map(|role| Command::GrantRole { role: *role });
    let commands = [register, Command::VerifyEmail].into_iter().chain(roles).collect();
    let events = User::default().decide_all(commands).expect("the account can be opened");
    let id = UserId(Uuid::now_v7());
    sqlx::query("insert into credentials (user_id, password_hash, changed_at) values ($1, $2, now())")
        .bind(id.0)
        .bind(&*CHEAP_HASH)
        .execute(services.pool())
        .await
        .expect("it is kept");
    let append = Append::begin::<User>(id.0, events).expect("events can be written");
    let receipt = services.store.append(&[append], &metadata()).await.expect("the account can be opened");
    assert!(services.shown(receipt.position).await, "the read models follow");
    id
}

/// [`PASSWORD`] as it is kept, with the least memory and time that there may be.
static CHEAP_HASH: LazyLock<String> = LazyLock::new(|| {
    let cheap = Params::new(Params::MIN_M_COST, Params::MIN_T_COST, Params::MIN_P_COST, None).expect("the least");
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cheap);
    let salt = SaltString::encode_b64(b"the same for all").expect("a salt");
    argon2.hash_password(PASSWORD.as_bytes(), &salt).expect("it can be hashed").to_string()
});

pub(crate) fn address_of(name: &str) -> String {
    format!("{}@example.com", name.to_lowercase())
}

/// Somebody who talks to the API.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) token: Option<String>,
    url: String,
    http: reqwest::Client,
}

impl Person {
    /// The same, known by this token.
    pub(crate) fn known_by(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// Any request, in this person's name.
    pub(crate) async fn send(&self, request: impl FnOnce(&reqwest::Client) -> RequestBuilder) -> Answer {
        let request = request(&self.http);
        Answer::of(match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
        .await
    }

    /// Sends a document and takes whatever comes back.
    pub(crate) async fn post(&self, query: &str, variables: Value) -> Answer {
        let body = json!({ "query": query, "variables": variables });
        self.send(|http| http.post(&self.url).json(&body)).await
    }

    /// Sends a document that is right, and returns its data.
    pub(crate) async fn ask(&self, query: &str, variables: Value) -> Value {
        let Answer { status, mut body, .. } = self.post(query, variables).await;
        assert!(status == StatusCode::OK && body.get("errors").is_none(), "{status}: {body}\n{query}");
        body["data"].take()
    }

    /// Runs the mutation `name` with its input and returns its payload; `selection` is what to select in it besides
    /// the errors.
    pub(crate) async fn mutate(&self, name: &str, input: Value, selection: &str) -> Value {
        let mut letters = name.chars();
        let kind: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        let query = format!(
            "mutation($input: {kind}Input!) {{ {name}(input: $input) {{ {selection} userErrors {{ message field code }} }} }}"
        );
        let mut data = self.ask(&query, json!({ "input": input })).await;
        let payload = data[name].take();
        told::in_the_schema(name, &payload["userErrors"]);
        payload
    }

    /// Like [`Person::mutate`] for an input with nothing wrong in it.
    pub(crate) async fn does(&self, name: &str, input: Value, selection: &str) -> Value {
        let payload = self.mutate(name, input.clone(), selection).await;
        assert_eq!(payload["userErrors"], json!([]), "{name} {input}");
        payload
    }

    /// Like [`Person::mutate`] for an input with something wrong: codes and the paths of their fields.
    pub(crate) async fn fails(&self, name: &str, input: Value) -> Vec<(String, String)> {
        let payload = self.mutate(name, input.clone(), "").await;
        let errors = payload["userErrors"].as_array().expect("a list of errors");
        assert!(!errors.is_empty(), "{name} should refuse {input}");
        let path = |error: &Value| {
            let field = error["field"].as_array().cloned().unwrap_or_default();
            field.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(".")
        };
        errors.iter().map(|error| (error["code"].as_str().unwrap_or_default().to_owned(), path(error))).collect()
    }

    pub(crate) async fn log_in(&self, email: &str, password: &str) -> Value {
        let input = json!({ "email": email, "password": password });
        self.mutate("sessionCreate", input, "session { token expiresAt } viewer { id email }").await
    }

    pub(crate) async fn group(&self, name: &str) -> String {
        let payload = self.does("groupCreate", json!({ "name": name }), "group { id }").await;
        text(&payload["group"]["id"])
    }

    pub(crate) async fn client(&self, email: &str, groups: &[&str]) -> String {
        let input = json!({ "email": email, "fullName": "Anna Petrova", "groupIds": groups });
        let payload = self.does("clientCreate", input, "client { id }").await;
        text(&payload["client"]["id"])
    }

    pub(crate) async fn message(&self) -> String {
        let input = json!({ "subject": "Hello, {{first_name}}", "text": "Dear {{full_name}}" });
        let payload = self.does("messageCreate", input, "message { id }").await;
        text(&payload["message"]["id"])
    }

    /// A mailing to one client, whose window is open.
    pub(crate) async fn mailing(&self, message: &str, client: &str) -> String {
        let payload = self.does("mailingCreate", plan(message, client), "mailing { id }").await;
        text(&payload["mailing"]["id"])
    }
}

/// The input of a mailing to one client, whose window is open.
pub(crate) fn plan(message: &str, client: &str) -> Value {
    json!({
        "name": "First letters",
        "messageId": message,
        "audience": { "clientIds": [client] },
        "startsAt": "2026-05-04T08:00:00Z",
        "endsAt": "2026-06-04T08:00:00Z",
        "periodicity": { "kind": "ONCE" },
    })
}

/// A JSON string as text.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} should be text")).to_owned()
}

/// `input` with one field replaced, or added.
pub(crate) fn with(mut input: Value, field: &str, value: Value) -> Value {
    input[field] = value;
    input
}
