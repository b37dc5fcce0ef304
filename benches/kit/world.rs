//! A database of its own with an address book and a letter.

use super::worker::Stat;
use acts::who::Operator;
use acts::who::accounts::{self, NewUser};
use anyhow::{Context, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Actor, GroupId, Language, MailingId, MessageId, Periodicity, TimeZone, UserId, Window, mailing};
use eventstore::{EventStore, Metadata};
use skymailing::postgres;
use skymailing::wire::{self, Node};
use sqlx::PgPool;
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

/// Bytes of a letter's text.
pub(crate) const LENGTH: usize = 4096;

/// A database, whose PostgreSQL nobody else uses.
pub(crate) struct World {
    pub(crate) server: postgres::Server,
    pub(crate) pool: PgPool,
    pub(crate) store: EventStore,
    pub(crate) owner: UserId,
    pub(crate) message: MessageId,
    dir: tempfile::TempDir,
}

impl World {
    /// One whose owner has these clients, so many rows of CSV. Afterwards nobody works on it.
    pub(crate) async fn start(csv: &str, clients: usize) -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new().prefix("skymailing-bench-").tempdir()?;
        // PostgreSQL may have to run as another account.
        std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        let options = postgres::Options { data_dir: dir.path().to_owned(), ..postgres::Options::default() };
        let server = postgres::start(&options).await?;
        let pool = sqlx::postgres::PgPoolOptions::new().max_connections(4).connect(server.url()).await?;
        wire::MIGRATIONS.run(&pool).await?;
        let node = Node::over(PgPool::connect(server.url()).await?, wire::wall_clock(), None);
        let new = NewUser {
            email: "bench@example.com".to_owned(),
            full_name: "Bench".to_owned(),
            time_zone: "UTC".to_owned(),
            language: Language::default(),
            password: "a password for the benchmark".to_owned().into(),
            roles: vec![],
        };
        let (owner, _) = accounts::create_user(&node.services, Operator::of_this_host(), new, &metadata()).await?;
        let of = || Operator::of_this_host().owner(owner);
        let (services, told) = (&node.services, metadata());
        let imported =
            acts::address_book::import::import(services, of(), csv.as_bytes(), &told, Language::En, |_| {}).await?;
        ensure!(imported.imported == clients as u64, "{imported:?}");
        let text = format!("Dear {{{{full_name}}}},\n\n{}\n", "This is the news of the day.\n".repeat(LENGTH / 29));
        let subject = "Hello {{first_name}}".to_owned();
        let letter = acts::letters::messages::New { subject, text, ..acts::letters::messages::New::default() };
        let (message, receipt) =
            acts::letters::messages::create(services, of().into(), None, letter, &metadata()).await?;
        ensure!(services.reached.wait_for(receipt.position, Duration::from_mins(5)).await, "too slow");
        node.close().await?;
        let store = EventStore::new(pool.clone());
        Ok(Self { server, pool, store, owner, message, dir })
    }

    /// The group of this name, which the import has made.
    pub(crate) async fn group(&self, name: &str) -> anyhow::Result<mailing::Audience> {
        let id: Option<Uuid> = sqlx::query_scalar("select id from groups where name = $1 and owner_id = $2")
            .bind(name)
            .bind(self.owner.0)
            .fetch_optional(&self.pool)
            .await?;
        let id = GroupId(id.context("the import made the group")?);
        Ok(mailing::Audience { groups: BTreeSet::from([id]), ..mailing::Audience::default() })
    }

    /// Plans a mailing for these people at this moment.
    pub(crate) async fn plan(&self, audience: mailing::Audience, at: DateTime<Utc>) -> anyhow::Result<MailingId> {
        let plan = mailing::Plan {
            name: mailing::Name::parse("Bench")?,
            message: self.message,
            audience,
            window: Window::new(at, at + TimeDelta::hours(6))?,
            periodicity: Periodicity::Once,
            time_zone: TimeZone::UTC,
            sending: mailing::Sending::default(),
            kind: mailing::Kind::default(),
            sender: None,
        };
        let id = MailingId(Uuid::now_v7());
        let command = mailing::Command::Create { owner: self.owner, plan, now: wire::wall_clock().now() };
        self.store.execute::<mailing::Mailing>(id.0, command, &metadata()).await?;
        Ok(id)
    }

    /// What its owner says about a mailing.
    pub(crate) async fn tell(&self, mailing: MailingId, command: mailing::Command) -> anyhow::Result<()> {
        self.store.execute::<mailing::Mailing>(mailing.0, command, &metadata()).await?;
        Ok(())
    }

    /// The processor time that PostgreSQL has taken so far.
    pub(crate) fn processor(&self) -> anyhow::Result<Duration> {
        let file = std::fs::read_to_string(self.dir.path().join("postgres/postmaster.pid"))?;
        let postmaster = file.lines().next().context("a process")?.trim().parse()?;
        Ok(Stat::family(postmaster))
    }

    /// Stops PostgreSQL, and forgets everything.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.pool.close().await;
        self.server.stop().await?;
        Ok(())
    }
}

pub(crate) fn metadata() -> Metadata {
    Metadata::new(Actor::CommandLine("bench".to_owned()), Uuid::new_v4())
}
