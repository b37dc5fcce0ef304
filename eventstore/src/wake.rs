//! Waking those who wait for new events, outside the append.
//!
//! `NOTIFY` inside the append's transaction would take a cluster-wide lock through its commit. So within a process
//! a watch channel tells, after the commit; across processes one task per process sends what it saw, coalesced, on
//! a connection of its own ([`Wake::relay`]). Both are hints: whoever waits also polls.

use sqlx::postgres::{PgListener, PgPool};
use std::time::Duration;
use tokio::sync::watch;

const CHANNEL: &str = "skymailing_events";

/// How long to leave PostgreSQL alone after it failed.
const PAUSE: Duration = Duration::from_millis(500);

/// The positions of the latest events, as far as this process has heard of them.
#[derive(Clone, Debug)]
pub struct Wake {
    /// Appended by this process.
    own: watch::Sender<i64>,
    /// Appended by anybody.
    any: watch::Sender<i64>,
}

impl Wake {
    pub(crate) fn new() -> Self {
        Self { own: watch::Sender::new(0), any: watch::Sender::new(0) }
    }

    pub(crate) fn appended(&self, position: i64) {
        raise(&self.own, position);
        raise(&self.any, position);
    }

    /// Changes when there may be new events.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<i64> {
        self.any.subscribe()
    }

    /// Tells other processes of this one's events and hears of theirs. Runs until dropped, and gets over PostgreSQL
    /// being away.
    pub async fn relay(&self, pool: PgPool) {
        tokio::join!(self.tell(&pool), self.hear(&pool));
    }

    async fn tell(&self, pool: &PgPool) {
        let mut own = self.own.subscribe();
        while own.changed().await.is_ok() {
            let position = *own.borrow_and_update();
            let sent = sqlx::query!("select pg_notify($1, $2)", CHANNEL, position.to_string()).execute(pool).await;
            if let Err(error) = sent {
                tracing::debug!(%error, "other processes could not be told of new events; they poll");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    async fn hear(&self, pool: &PgPool) {
        loop {
            if let Err(error) = self.listen(pool).await {
                tracing::debug!(%error, "not hearing of other processes' events; polling instead");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn listen(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        loop {
            let notification = listener.recv().await?;
            if let Ok(position) = notification.payload().parse() {
                raise(&self.any, position);
            }
        }
    }
}

fn raise(sender: &watch::Sender<i64>, position: i64) {
    sender.send_modify(|current| *current = position.max(*current));
}
