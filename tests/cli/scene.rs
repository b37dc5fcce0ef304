//! A mailing with its clients in a database, a mail server, and what can be seen of them from outside.

use crate::support::TestDatabase;
use crate::support::all_read;
use crate::support::process::{Program, skymailing};
use crate::support::service::{Service, found};
use crate::support::smtp_server::{Act, Gate, Offers, SmtpServer, Turn};
use domain::batch::{Batch, Slice};
use domain::{MailingId, Outcome, RunId, Totals};
use eventstore::EventStore;
use projections::{Access, deliveries, runs};
use skymailing::wire::wall_clock;
use sqlx::PgPool;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use uuid::Uuid;

/// How the program's connections are called in PostgreSQL.
const NAME: &str = "the-program";

pub(super) struct Scene {
    pub(super) database: TestDatabase,
    pub(super) server: SmtpServer,
    pub(super) mailing: MailingId,
}

impl Scene {
    /// A mailing to so many clients that is due. Nobody works on it.
    pub(super) async fn with_clients(count: usize) -> Self {
        let service = Service::start().await;
        service.clock.advance(wall_clock().now() - service.clock.now());
        let group = service.clients(count).await;
        let mailing = service.mailing(group).await;
        let Service { node, database, .. } = service;
        node.close().await.expect("it was there only to write the plan");
        Self { database, server: SmtpServer::start(Offers::default()).await, mailing }
    }

    /// The program in this scene.
    pub(super) fn skymailing(&self, arguments: &[&str]) -> Program {
        let database_url = format!("{}&application_name={NAME}", self.database.url);
        skymailing(arguments)
            .set("DATABASE_URL", database_url)
            .set("SMTP_URL", format!("smtp://{}", self.server.address()))
    }

    /// From now on the server takes so many letters. All later ones are in its hands, and it does not say so before
    /// the gate is opened.
    pub(super) fn hold_letters_after(&self, count: usize) -> Gate {
        let (gate, letters) = (Gate::new(), AtomicUsize::new(0));
        let closed = gate.clone();
        self.server.play(move |turn| match turn {
            Turn::Body(_) if letters.fetch_add(1, Ordering::Relaxed) >= count => Act::Wait(closed.clone()),
            _ => Act::Usual,
        });
        gate
    }

    /// From now on the server takes every letter.
    pub(super) fn take_letters(&self) {
        self.server.play(|_| Act::Usual);
    }

    /// All runs of the mailing, newest first.
    pub(super) async fn runs(&self) -> Vec<runs::Run> {
        runs_of(&self.database.pool, self.mailing).await
    }

    /// Waits until the mailing's only run is finished.
    pub(super) async fn finished(&self) -> Totals {
        let totals = finished(&self.database.pool, self.mailing).await;
        assert_eq!(self.runs().await.len(), 1, "it is one run");
        totals
    }

    /// Waits until PostgreSQL has noticed that the program is gone: whatever was on its way is committed, or never will be.
    pub(super) async fn is_quiet(&self) {
        found("the program's connections are gone", async || {
            let query = sqlx::query_scalar(
                "select count(*) from pg_stat_activity where datname = current_database() and application_name = $1",
            );
            let connections: i64 = query.bind(NAME).fetch_one(&self.database.pool).await.expect("they can be counted");
            (connections == 0).then_some(())
        })
        .await;
    }

    /// How many letters an intent names and no outcome, in all batches.
    pub(super) async fn in_flight(&self) -> u64 {
        self.promised().await.values().map(|places| places.len() as u64).sum()
    }

    /// How many of them may have left: those whose beginning was marked.
    pub(super) async fn in_doubt(&self) -> u64 {
        let mut in_doubt = 0;
        for (batch, places) in self.promised().await {
            let query = sqlx::query_scalar("select begun from batch_marks where batch_id = $1").bind(batch);
            let begun: Option<Vec<u8>> = query.fetch_optional(&self.database.pool).await.expect("marks can be read");
            let Some(begun) = begun else { continue };
            let is_marked = |place: &&u16| begun[usize::from(**place / 8)] & 1 << (**place % 8) != 0;
            in_doubt += places.iter().filter(is_marked).count() as u64;
        }
        in_doubt
    }

    /// The places of the letters that an intent names and no outcome, by batch.
    async fn promised(&self) -> BTreeMap<Uuid, Vec<u16>> {
        let query = sqlx::query_scalar("select distinct aggregate_id from events where aggregate_type = 'batch'");
        let ids: Vec<String> = query.fetch_all(&self.database.pool).await.expect("there is a log");
        let store = EventStore::new(self.database.pool.clone());
        let mut promised = BTreeMap::new();
        for id in ids {
            let id = id.parse().expect("an id");
            let batch = store.load::<Batch>(id).await.expect("a batch");
            promised.insert(id, batch.state.slice().map_or_else(Vec::new, |slice: &Slice| slice.in_flight().collect()));
        }
        promised
    }

    /// How many events of this type the runs have.
    pub(super) async fn run_events(&self, event_type: &str) -> i64 {
        let query = sqlx::query_scalar("select count(*) from events where aggregate_type = 'run' and event_type = $1");
        query.bind(event_type).fetch_one(&self.database.pool).await.expect("events can be counted")
    }

    /// The run is finished, once, and its numbers are true: nobody got two letters, and what is recorded as accepted
    /// was received.
    pub(super) async fn adds_up(&self, totals: Totals) {
        assert!(totals.add_up() && totals.pending == 0 && totals.deferred == 0, "{totals:?}");
        for (event, count) in [("Started", 1), ("AudienceFrozen", 1), ("Finished", 1)] {
            assert_eq!(self.run_events(event).await, count, "{event}");
        }
        let received = self.server.accepted_recipients();
        assert_eq!(self.server.received().len(), received.len(), "nobody gets two letters");
        let accepted = self.recipients(Outcome::Accepted).await;
        assert_eq!(accepted.len() as u64, totals.accepted, "the list agrees with the numbers");
        assert!(accepted.is_subset(&received), "what is recorded as accepted was received");
        let unknown = self.recipients(Outcome::Unknown).await;
        assert!(received.iter().all(|recipient| accepted.contains(recipient) || unknown.contains(recipient)));
    }

    /// Whose letters had this outcome in the newest run.
    pub(super) async fn recipients(&self, outcome: Outcome) -> BTreeSet<String> {
        let run = RunId(self.runs().await.remove(0).id);
        let mut recipients = BTreeSet::new();
        let mut after = None;
        loop {
            let page = deliveries::page(
                &self.database.pool,
                Access::All,
                run,
                &deliveries::Filter::with(&[outcome]),
                after,
                1_000,
            )
            .await;
            let page = all_read(page);
            let Some(last) = page.last() else { return recipients };
            after = Some(last.ordinal);
            recipients.extend(page.into_iter().map(|delivery| delivery.email));
        }
    }
}

async fn runs_of(pool: &PgPool, mailing: MailingId) -> Vec<runs::Run> {
    all_read(runs::page(pool, Access::All, mailing, None, 100).await)
}

/// Waits until the newest run of the mailing is finished.
pub(super) async fn finished(pool: &PgPool, mailing: MailingId) -> Totals {
    found("the run is finished", async || {
        let run = runs_of(pool, mailing).await.into_iter().next()?;
        (run.status == runs::Status::Finished).then(|| run.totals())
    })
    .await
}
