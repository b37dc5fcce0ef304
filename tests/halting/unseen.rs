//! The same while the read models stand still: what was accepted counts, whether or not they show it.

use super::{CLIENTS, Halting, two_nodes_in_flight};
use crate::support::service::{Service, found, metadata};
use crate::support::smtp_server::{Offers, SmtpServer};
use chrono::TimeDelta;
use domain::mailing::{self, Change, Mailing};
use domain::user::{self, User};
use domain::{UserId, Window};
use sqlx::{PgPool, Postgres, Transaction};

/// As long as this lives, the read models show nothing new: somebody else holds them and does nothing.
async fn standing_still(pool: &PgPool) -> Transaction<'static, Postgres> {
    let mut held = pool.begin().await.expect("a transaction");
    sqlx::query("select from projections for update").execute(&mut *held).await.expect("they are held");
    held
}

/// What stops a mailing of that owner.
#[derive(Clone, Copy, Debug)]
enum Stop {
    Pause,
    Disable,
    Cancel,
    Delete,
    EndOfWindow,
    Block,
}

impl Halting {
    /// Gives the command and does not wait until the read models show it.
    async fn stop_unseen(&self, stop: Stop) {
        let (store, by) = (&self.service.node.services.store, self.service.owner);
        let command = match stop {
            Stop::Pause => mailing::Command::Pause { by },
            Stop::Disable => mailing::Command::Disable { reason: "complaints".to_owned() },
            Stop::Cancel => mailing::Command::Cancel { by },
            Stop::Delete => mailing::Command::Delete { by },
            Stop::EndOfWindow => self.end_now(by),
            Stop::Block => {
                let block = user::Command::Block { reason: "complaints".to_owned(), even_administrators: true };
                store.execute::<User>(by.0, block, &metadata()).await.expect("blocked");
                return;
            }
        };
        store.execute::<Mailing>(self.mailing.0, command, &metadata()).await.expect("the command is right");
    }

    /// A window that ends a second from now, which then passes.
    fn end_now(&self, by: UserId) -> mailing::Command {
        let now = self.service.clock.now();
        let change = Change { ends_at: Some(now + TimeDelta::seconds(1)), ..Change::default() };
        self.service.clock.advance(TimeDelta::seconds(2));
        mailing::Command::Change { by, change, now }
    }
}

async fn stops_unseen(stop: Stop) {
    let story = two_nodes_in_flight().await;
    let held = standing_still(&story.service.database.pool).await;
    story.stop_unseen(stop).await;

    story.all_withdrawn().await;

    story.nothing_more_starts().await;
    drop(held);
    story.stop().await;
}

#[tokio::test]
async fn pausing_stops_a_run_also_while_the_read_models_stand_still() {
    stops_unseen(Stop::Pause).await;
}

#[tokio::test]
async fn disabling_stops_a_run_also_while_the_read_models_stand_still() {
    stops_unseen(Stop::Disable).await;
}

#[tokio::test]
async fn cancelling_stops_a_run_also_while_the_read_models_stand_still() {
    stops_unseen(Stop::Cancel).await;
}

#[tokio::test]
async fn deleting_stops_a_run_also_while_the_read_models_stand_still() {
    stops_unseen(Stop::Delete).await;
}

#[tokio::test]
async fn a_window_that_is_brought_forward_stops_a_run_also_while_the_read_models_stand_still() {
    stops_unseen(Stop::EndOfWindow).await;
}

#[tokio::test]
async fn blocking_the_owner_stops_a_run_also_while_the_read_models_stand_still() {
    stops_unseen(Stop::Block).await;
}

/// Nobody has its letters in hand: the question comes up when somebody takes them up.
#[tokio::test]
async fn a_run_that_was_stopped_unseen_is_not_taken_up() {
    let story = two_nodes_in_flight().await;
    let Halting { service, gate, mailing, engines, .. } = story;
    gate.open();
    for engine in engines {
        engine.stop().await;
    }
    let (pool, by) = (&service.database.pool, service.owner);
    let free = "select count(*) from batch_leases where worker is not null";
    found("nobody holds a batch", async || {
        let held: i64 = sqlx::query_scalar(free).fetch_one(pool).await.ok()?;
        (held == 0).then_some(())
    })
    .await;
    let held = standing_still(pool).await;
    let pause = mailing::Command::Pause { by };
    service.node.services.store.execute::<Mailing>(mailing.0, pause, &metadata()).await.expect("paused");

    let server = SmtpServer::start(Offers::default()).await;
    let engine = service.work(&server);

    found("its batches are set aside", async || {
        let aside = "select count(*) from batch_leases where worker is null and expires_at > clock_timestamp()";
        let aside: i64 = sqlx::query_scalar(aside).fetch_one(pool).await.ok()?;
        (aside > 0).then_some(())
    })
    .await;
    assert_eq!(server.count(), 0, "no letter goes out");
    drop(held);
    service.tell(mailing, mailing::Command::Resume { by }).await;
    assert_eq!(service.finished(mailing).await.accepted, CLIENTS as u64, "it goes on as if nothing had been");
    assert_eq!(service.runs(mailing).await.len(), 1);
    engine.stop().await;
}

#[tokio::test]
async fn a_mailing_that_was_paused_unseen_does_not_start() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let group = service.clients(1).await;
    let (now, by) = (service.clock.now(), service.owner);
    let mut plan = service.plan(group).await;
    plan.window = Window::new(now + TimeDelta::minutes(1), now + TimeDelta::days(1)).expect("a window");
    let (paused, other) = (service.create(plan.clone()).await, service.create(plan).await);
    let held = standing_still(&service.database.pool).await;
    let pause = mailing::Command::Pause { by };
    service.node.services.store.execute::<Mailing>(paused.0, pause, &metadata()).await.expect("paused");
    let engine = service.work(&server);

    service.clock.advance(TimeDelta::minutes(2));

    found("the other one starts", async || (service.events("Started").await > 0).then_some(())).await;
    drop(held);
    service.finished(other).await;
    assert!(service.runs(paused).await.is_empty());
    service.tell(paused, mailing::Command::Resume { by }).await;
    service.finished(paused).await;
    engine.stop().await;
}
