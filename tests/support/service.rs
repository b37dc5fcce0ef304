//! The service in the test's own process: a node over a fresh database, engines, a clock that is turned by hand, and
//! the shortest way to a mailing.

use super::database::TestDatabase;
use super::smtp_server::SmtpServer;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Actor, ClientId, EmailAddress, FullName, GroupId, MailingId, MessageId, Periodicity, RunId, TimeZone, Totals,
    UserId, Window, client, group, mailing, message,
};
use eventstore::{Clock, Metadata};
use projections::{Access, deliveries, runs};
use scheduler::smtp::{Mailbox, Pauses, Relay};
use scheduler::{Relays, Settings};
use skymailing::wire::Node;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(10);

/// After this a story gives up.
const PATIENCE: Duration = Duration::from_mins(3);

/// Waits until `look` finds something.
pub(crate) async fn found<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(POLL).await;
    }
}

/// How many letters an intent names and no outcome: they are at a mail server, or wait in a queue in front of it.
pub(crate) async fn in_flight(pool: &sqlx::PgPool) -> i64 {
    sqlx::query_scalar(
        "select coalesce(sum(case event_type
             when 'SendingStarted' then jsonb_array_length(payload #> '{SendingStarted,recipients}')
             else -jsonb_array_length(payload #> '{AttemptRecorded,attempts}') end), 0)::bigint
           from events where event_type in ('SendingStarted', 'AttemptRecorded')",
    )
    .fetch_one(pool)
    .await
    .expect("letters can be counted")
}

/// A clock that stands still until it is turned.
#[derive(Clone)]
pub(crate) struct HandClock(Arc<Mutex<DateTime<Utc>>>);

impl HandClock {
    pub(crate) fn at(text: &str) -> Self {
        Self(Arc::new(Mutex::new(text.parse().expect("a time"))))
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        *self.0.lock().expect("the clock works")
    }

    pub(crate) fn advance(&self, by: TimeDelta) {
        *self.0.lock().expect("the clock works") += by;
    }

    pub(crate) fn clock(&self) -> Clock {
        let hands = self.clone();
        Clock::new(move || hands.now())
    }
}

/// A node with its database, and the owner of everything in the story.
pub(crate) struct Service {
    pub(crate) node: Node,
    pub(crate) clock: HandClock,
    pub(crate) owner: UserId,
    pub(crate) database: TestDatabase,
}

/// An engine at work. Dropping it stops it at once, as a crash would.
pub(crate) struct Working {
    /// The relays it sends through.
    pub(crate) relays: Relays,
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Working {
    /// Asks it to stop and waits until it has.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        (&mut self.task).await.expect("the engine stops");
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) fn metadata() -> Metadata {
    Metadata::new(Actor::CommandLine("test".to_owned()), Uuid::new_v4())
}

impl Service {
    pub(crate) async fn start() -> Self {
        let database = super::database().await;
        let clock = HandClock::at("2026-05-04T09:00:00Z");
        // A pool of its own, so that a node can die and the story can still look at the database.
        let pool = sqlx::PgPool::connect(&database.url).await.expect("the database is there");
        let node = Node::over(pool, clock.clock(), None);
        Self { node, clock, owner: UserId(Uuid::now_v7()), database }
    }

    /// Another node on the same database, as on another machine.
    pub(crate) async fn second_node(&self) -> Node {
        let pool = sqlx::PgPool::connect(&self.database.url).await.expect("the database is there");
        Node::over(pool, self.clock.clock(), None)
    }

    pub(crate) fn relay(server: &SmtpServer) -> Relay {
        Self::relay_saying(server, "")
    }

    /// A relay with these parameters in its URL.
    pub(crate) fn relay_saying(server: &SmtpServer, parameters: &str) -> Relay {
        Relay::parse(&format!("smtp://{}?{parameters}", server.address()))
            .expect("a relay")
            .with_connections(4)
            .with_pauses(Pauses { failures: 3, first: Duration::from_millis(20), longest: Duration::from_millis(100) })
    }

    pub(crate) fn settings() -> Settings {
        let sender = Mailbox::parse("Sky Mailing <sky@example.com>").expect("a sender");
        let mut settings = Settings::new(sender, "https://mail.example.com/".parse().expect("a URL"));
        settings.lease = Duration::from_secs(2);
        settings
    }

    /// An engine of this node that sends to `server`.
    pub(crate) fn work(&self, server: &SmtpServer) -> Working {
        Self::work_with(&self.node, Self::relay(server), Self::settings())
    }

    pub(crate) fn work_with(node: &Node, relay: Relay, settings: Settings) -> Working {
        Self::work_through(node, [relay], settings)
    }

    /// An engine that sends through several relays.
    pub(crate) fn work_through(node: &Node, relays: impl IntoIterator<Item = Relay>, settings: Settings) -> Working {
        let engine = node.engine_with(relays, settings);
        let relays = engine.relays().clone();
        let stop = CancellationToken::new();
        let stopping = stop.clone();
        let task = tokio::spawn(async move { engine.run(stopping).await.expect("the engine runs") });
        Working { relays, task, stop }
    }

    pub(crate) async fn group(&self, name: &str) -> GroupId {
        let id = GroupId(Uuid::now_v7());
        let name = group::Name::parse(name).expect("a name");
        let command = group::Command::Create { owner: self.owner, name };
        self.shown(self.node.services.store.execute::<group::Group>(id.0, command, &metadata()).await).await;
        id
    }

    pub(crate) async fn client(&self, email: &str, name: &str, groups: &[GroupId]) -> ClientId {
        let id = ClientId(Uuid::now_v7());
        let details = client::Details {
            email: EmailAddress::parse(email).expect("an address"),
            full_name: FullName::parse(name).expect("a name"),
            first_name: FullName::default(),
            last_name: FullName::default(),
            comment: String::new(),
            fields: client::Fields::new(),
        };
        let groups = groups.iter().copied().collect();
        let command = client::Command::Add { owner: self.owner, details, groups, source: client::Source::Person };
        self.shown(self.node.services.store.execute::<client::Client>(id.0, command, &metadata()).await).await;
        id
    }

    /// As many clients, `client0@example.org` and so on, all in one group.
    pub(crate) async fn clients(&self, count: usize) -> GroupId {
        let group = self.group("Everybody").await;
        let appends: Vec<_> = (0..count)
            .map(|number| {
                let added = client::Event::Added {
                    owner: self.owner,
                    email: EmailAddress::parse(&format!("client{number}@example.org")).expect("an address"),
                    full_name: FullName::parse(&format!("Client {number}")).expect("a name"),
                    first_name: FullName::default(),
                    last_name: FullName::default(),
                    comment: String::new(),
                    groups: BTreeSet::from([group]),
                    fields: client::Fields::new(),
                    source: Some(client::Source::Person),
                };
                eventstore::Append::begin::<client::Client>(Uuid::now_v7(), vec![added]).expect("an event")
            })
            .collect();
        let receipt = self.node.services.store.append(&appends, &metadata()).await.expect("clients are added");
        assert!(self.node.services.shown(receipt.position).await, "the read models follow");
        group
    }

    pub(crate) async fn message(&self) -> MessageId {
        let id = MessageId(Uuid::now_v7());
        let text = "Dear {{full_name}},\n\nyour address is {{email}}.\n";
        let content = message::Content::parse("Hello {{first_name}}", text, None).expect("a letter");
        let command = message::Command::Create { owner: self.owner, content };
        self.shown(self.node.services.store.execute::<message::Message>(id.0, command, &metadata()).await).await;
        id
    }

    /// A plan for a window that opened a minute ago and lasts a day.
    pub(crate) async fn plan(&self, group: GroupId) -> mailing::Plan {
        let now = self.clock.now();
        mailing::Plan {
            name: mailing::Name::parse("Spring").expect("a name"),
            message: self.message().await,
            audience: mailing::Audience { groups: BTreeSet::from([group]), ..mailing::Audience::default() },
            window: Window::new(now - TimeDelta::minutes(1), now + TimeDelta::days(1)).expect("a window"),
            periodicity: Periodicity::Once,
            time_zone: TimeZone::UTC,
            sending: mailing::Sending::default(),
            kind: mailing::Kind::default(),
            sender: None,
        }
    }

    pub(crate) async fn create(&self, plan: mailing::Plan) -> MailingId {
        let id = MailingId(Uuid::now_v7());
        self.tell(id, mailing::Command::Create { owner: self.owner, plan, now: self.clock.now() }).await;
        id
    }

    /// A mailing to everybody in the group that starts at once.
    pub(crate) async fn mailing(&self, group: GroupId) -> MailingId {
        let plan = self.plan(group).await;
        self.create(plan).await
    }

    /// Gives a mailing a command that must be right.
    pub(crate) async fn tell(&self, id: MailingId, command: mailing::Command) {
        let told = self.node.services.store.execute::<mailing::Mailing>(id.0, command, &metadata()).await;
        self.shown(told).await;
    }

    pub(crate) async fn tell_client(&self, id: ClientId, command: client::Command) {
        self.shown(self.node.services.store.execute::<client::Client>(id.0, command, &metadata()).await).await;
    }

    async fn shown<E: std::fmt::Debug>(&self, told: Result<eventstore::Receipt, E>) {
        let receipt = told.expect("the command is right");
        assert!(self.node.services.shown(receipt.position).await, "the read models follow");
    }

    /// All runs of a mailing, newest first.
    pub(crate) async fn runs(&self, mailing: MailingId) -> Vec<runs::Run> {
        let runs = super::all_read(runs::page(&self.database.pool, Access::All, mailing, None, 100).await);
        for run in &runs {
            assert!(run.totals().add_up(), "at every moment the numbers add up: {:?}", run.totals());
        }
        runs
    }

    /// Waits until the mailing has a run for which `holds`.
    pub(crate) async fn run_where(&self, mailing: MailingId, holds: impl Fn(&runs::Run) -> bool) -> runs::Run {
        found("a run is as expected", async || self.runs(mailing).await.into_iter().find(|run| holds(run))).await
    }

    /// Waits until the mailing has a finished run.
    pub(crate) async fn finished(&self, mailing: MailingId) -> Totals {
        self.run_where(mailing, |run| run.status == runs::Status::Finished).await.totals()
    }

    /// The outcomes of a run by address, with the last attempt's reply.
    pub(crate) async fn outcomes(&self, run: &runs::Run) -> BTreeMap<String, (String, Option<String>)> {
        let pool = &self.database.pool;
        let mut outcomes = BTreeMap::new();
        let mut after = None;
        loop {
            let all = deliveries::Filter::default();
            let page = super::all_read(deliveries::page(pool, Access::All, RunId(run.id), &all, after, 100).await);
            let Some(last) = page.last() else { return outcomes };
            after = Some(last.ordinal);
            let ordinals: Vec<i32> = page.iter().map(|delivery| delivery.ordinal).collect();
            let attempts = super::all_read(deliveries::attempts(pool, RunId(run.id), &ordinals).await);
            for delivery in page {
                let reply = attempts
                    .iter()
                    .rfind(|attempt| attempt.ordinal == delivery.ordinal)
                    .and_then(|attempt| attempt.reply.clone());
                outcomes.insert(delivery.email, (delivery.outcome.name().to_owned(), reply));
            }
        }
    }

    pub(crate) async fn events(&self, event_type: &str) -> i64 {
        sqlx::query_scalar("select count(*) from events where event_type = $1")
            .bind(event_type)
            .fetch_one(&self.database.pool)
            .await
            .expect("events can be counted")
    }
}
