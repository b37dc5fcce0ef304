//! A service of several processes over one PostgreSQL, all of which can be killed, and an address book to write to.

use super::dice::{Seed, say};
use super::postgres::Postgres;
use super::receiver::Receiver;
use crate::support::process::{Ended, Process, Program, skymailing};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Actor, EmailAddress, FullName, GroupId, MailingId, MessageId, Periodicity, TimeZone, UserId, Window, client, group,
    mailing, message,
};
use eventstore::{Append, Metadata};
use skymailing::wire::{MIGRATIONS, Node, wall_clock};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Of all workers in these stories.
pub(super) const LEASE: Duration = Duration::from_secs(1);

/// How many connections each worker has to the receiver.
pub(super) const CONNECTIONS: usize = 8;

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(10);

/// After so long without any letter, or without what is waited for, a story gives up.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// How many clients are added in one append.
const CHUNK: usize = 5_000;

/// The present moment, by the clock that the processes read, too.
pub(super) fn now() -> DateTime<Utc> {
    wall_clock().now()
}

pub(super) struct World {
    pub(super) postgres: Postgres,
    pub(super) receiver: Receiver,
    /// For looking at it. A query fails while PostgreSQL is away.
    pub(super) pool: PgPool,
    processes: AtomicUsize,
}

impl World {
    pub(super) async fn start(seed: Seed) -> Self {
        let postgres = Postgres::start().await;
        let options = PgPoolOptions::new().max_connections(4).acquire_timeout(Duration::from_secs(2));
        let pool = options.connect(postgres.url()).await.expect("the server takes connections");
        MIGRATIONS.run(&pool).await.expect("a fresh database can be migrated");
        Self { postgres, receiver: Receiver::start(seed), pool, processes: AtomicUsize::new(0) }
    }

    /// The program in this world, started.
    pub(super) fn start_process(&self, subcommand: &str) -> Process {
        self.program(subcommand, self.postgres.url(), &self.receiver.url()).start()
    }

    /// The program, for which PostgreSQL and the receiver are at these addresses. In PostgreSQL each of its processes has a
    /// name of its own.
    pub(super) fn program(&self, subcommand: &str, postgres: &str, receiver: &str) -> Program {
        let number = self.processes.fetch_add(1, Ordering::Relaxed);
        skymailing(&[subcommand])
            .set("DATABASE_URL", format!("{postgres}&application_name=process-{number}"))
            .set("SMTP_URL", receiver)
            .set("SMTP_CONNECTIONS", CONNECTIONS.to_string())
            .set("LEASE", format!("{}s", LEASE.as_secs()))
            .set("RETRY_PAUSES", "1s,2s")
    }

    /// Somebody who writes to as many clients as wanted.
    pub(super) async fn owner(&self) -> Owner {
        let pool = PgPool::connect(self.postgres.url()).await.expect("the server takes connections");
        Owner { node: Node::over(pool, wall_clock(), None), id: UserId(Uuid::now_v7()) }
    }

    /// Waits until the receiver has accepted so many letters in all, or none for a while. What is waited for may be out of
    /// reach, when the rest of the letters is in doubt; and who waits long enough may as well go on.
    pub(super) async fn letters(&self, count: usize, patience: Duration) {
        let mut seen = (self.receiver.count(), Instant::now());
        while seen.0 < count && seen.1.elapsed() < patience {
            tokio::time::sleep(POLL).await;
            if self.receiver.count() > seen.0 {
                seen = (self.receiver.count(), Instant::now());
            }
        }
    }

    /// A number from the database; none while PostgreSQL is away.
    pub(super) async fn number(&self, query: &str) -> Option<i64> {
        sqlx::query_scalar(query).fetch_one(&self.pool).await.ok()
    }

    /// Waits until the query says 0.
    pub(super) async fn none_left(&self, what: &str, query: &str) {
        let mut seen = (self.receiver.count(), Instant::now());
        while self.number(query).await != Some(0) {
            assert!(seen.1.elapsed() < PATIENCE, "waited in vain: {what}");
            tokio::time::sleep(POLL * 5).await;
            if self.receiver.count() > seen.0 {
                seen = (self.receiver.count(), Instant::now());
            }
        }
    }
}

/// Writes with the same code as the service, in this process.
pub(super) struct Owner {
    node: Node,
    id: UserId,
}

impl Owner {
    /// As many clients, `client0@example.org` and so on, all in one group.
    pub(super) async fn clients(&self, count: usize) -> GroupId {
        let group = GroupId(Uuid::now_v7());
        let name = group::Name::parse("Everybody").expect("a name");
        self.begin::<group::Group>(vec![(group.0, group::Event::Created { owner: self.id, name })]).await;
        for first in (0..count).step_by(CHUNK) {
            let clients = (first..count.min(first + CHUNK)).map(|number| {
                let added = client::Event::Added {
                    owner: self.id,
                    email: EmailAddress::parse(&format!("client{number}@example.org")).expect("an address"),
                    full_name: FullName::parse(&format!("Client {number}")).expect("a name"),
                    first_name: FullName::default(),
                    last_name: FullName::default(),
                    comment: String::new(),
                    groups: BTreeSet::from([group]),
                };
                (Uuid::now_v7(), added)
            });
            self.begin::<client::Client>(clients.collect()).await;
        }
        group
    }

    pub(super) async fn message(&self) -> MessageId {
        let id = MessageId(Uuid::now_v7());
        let text = "Dear {{full_name}},\n\nyour address is {{email}}.\n";
        let content = message::Content::parse("Hello {{first_name}}", text, None).expect("a letter");
        self.begin::<message::Message>(vec![(id.0, message::Event::Created { owner: self.id, content })]).await;
        id
    }

    pub(super) async fn mailing(&self, group: GroupId, start: DateTime<Utc>, periodicity: Periodicity) -> MailingId {
        let id = MailingId(Uuid::now_v7());
        let plan = mailing::Plan {
            name: mailing::Name::parse("Spring").expect("a name"),
            message: self.message().await,
            audience: mailing::Audience { groups: BTreeSet::from([group]), ..mailing::Audience::default() },
            window: Window::new(start, start.max(now()) + TimeDelta::hours(12)).expect("a window"),
            periodicity,
            time_zone: TimeZone::UTC,
            sending: mailing::Sending::default(),
            kind: mailing::Kind::default(),
            sender: None,
        };
        self.begin::<mailing::Mailing>(vec![(
            id.0,
            mailing::Event::Created { owner: self.id, plan, since: Some(now()) },
        )])
        .await;
        id
    }

    async fn begin<A: domain::Decide>(&self, streams: Vec<(Uuid, A::Event)>) {
        let metadata = Metadata::new(Actor::CommandLine("test".to_owned()), Uuid::new_v4());
        let begin = |(id, event)| Append::begin::<A>(id, vec![event]).expect("an event");
        let appends: Vec<_> = streams.into_iter().map(begin).collect();
        self.node.services.store.append(&appends, &metadata).await.expect("a stream begins");
    }

    /// Waits until the read models show all of it, and leaves the rest to the processes.
    pub(super) async fn leave(self) {
        self.node.caught_up(&tokio_util::sync::CancellationToken::new()).await.expect("the read models follow");
        self.node.close().await.expect("nothing is left to be done");
    }
}

/// Who is in a crew.
pub(super) const CREW: [&str; 3] = ["serve", "worker", "api"];

/// A process that is killed and replaced again and again.
pub(super) struct Member {
    subcommand: &'static str,
    process: Option<Process>,
    /// What its processes warned of that ended.
    pub(super) said: Vec<String>,
}

impl Member {
    pub(super) fn start(world: &World, subcommand: &'static str) -> Self {
        Self::of(subcommand, world.start_process(subcommand))
    }

    /// A process that was started already.
    pub(super) fn of(subcommand: &'static str, process: Process) -> Self {
        Self { subcommand, process: Some(process), said: Vec::new() }
    }

    /// It has to be alive, whatever else was killed. Only a process that is at its migrations when PostgreSQL crashes ends,
    /// and says why; as under any supervisor, another one is started.
    pub(super) async fn is_alive(&mut self, world: &World) {
        if self.process.as_mut().is_some_and(Process::is_running) {
            return;
        }
        let ended = self.process.take().expect("it was started").ends().await;
        assert!(ended.err.contains("the database cannot be migrated"), "it ended by itself: {ended:?}");
        say(&format!("{} has to be started again: {}", self.subcommand, ended.err.trim()));
        self.replace(world);
    }

    pub(super) async fn says(&mut self, words: &str) {
        self.process.as_mut().expect("it runs").says(words).await;
    }

    /// Waits until it serves HTTP, and returns the address, which ends with a slash.
    pub(super) async fn serves(&mut self) -> String {
        self.process.as_mut().expect("it runs").serves().await
    }

    /// Kill -9.
    pub(super) async fn kill(&mut self) {
        let process = self.process.take().expect("it runs");
        process.signal("KILL");
        let ended = process.ends().await;
        assert_eq!(ended.signal, Some(9));
        self.listen(&ended);
    }

    /// Its successor.
    pub(super) fn replace(&mut self, world: &World) {
        self.process = Some(world.start_process(self.subcommand));
    }

    pub(super) fn signal(&self, name: &str) {
        self.process.as_ref().expect("it runs").signal(name);
    }

    /// Asks it to end, which it does well once it has begun.
    pub(super) async fn leave(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.says(if self.subcommand == "worker" { "sending letters" } else { "SkyMailing is at " }).await;
        process.signal("TERM");
        let ended = process.ends().await;
        self.listen(&ended);
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }

    fn listen(&mut self, ended: &Ended) {
        let serious = |line: &&str| line.contains("WARN") || line.contains("ERROR") || line.contains("panicked");
        self.said.extend(ended.err.lines().filter(serious).map(str::to_owned));
        self.said.extend(ended.out.lines().filter(serious).map(str::to_owned));
    }
}
