//! A server that is in use, and is started again when it dies.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{
    Error, Options,
    cluster::Cluster,
    home::Home,
    postmaster::{Port, Postmaster, adopt_or_start},
};

/// How often the server is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// How long to wait after a start that failed, at first and at most: a full disk is not emptied by trying.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// How long a server has to live for its next end to count as the first one.
const WELL: Duration = Duration::from_mins(1);

/// What is needed to start a server again as it was.
pub(super) struct Kept {
    pub(super) home: Home,
    pub(super) cluster: Cluster,
    options: Options,
    /// Where its users know it. It never changes.
    pub(super) port: u16,
    postmaster: Mutex<Postmaster>,
}

impl Kept {
    pub(super) fn new(home: Home, cluster: Cluster, options: Options, postmaster: Postmaster) -> Self {
        Self { home, cluster, options, port: postmaster.port(), postmaster: Mutex::new(postmaster) }
    }

    fn postmaster(&self) -> MutexGuard<'_, Postmaster> {
        self.postmaster.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn stop(&self) -> Result<(), Error> {
        self.postmaster().stop(&self.cluster)
    }

    /// Looks whether the server lives, and starts it if it does not. All its users do so; the gate lets one of them in at a
    /// time, and the others find it running.
    pub(super) async fn keep_alive(self: Arc<Self>) {
        let mut pause = PAUSES.0;
        let mut started = tokio::time::Instant::now();
        loop {
            tokio::time::sleep(LOOK).await;
            if self.postmaster().is_running(&self.cluster) {
                continue;
            }
            // One that dies as soon as it runs is not started all the time either.
            if started.elapsed() > WELL {
                pause = PAUSES.0;
            }
            tracing::error!(port = self.port, "the private PostgreSQL is gone; it is started again");
            match self.start_again().await {
                Ok(()) => tracing::info!(port = self.port, "the private PostgreSQL is there again"),
                Err(error) => {
                    tracing::error!(%error, seconds = pause.as_secs(), "the private PostgreSQL does not start; it is tried again");
                }
            }
            started = tokio::time::Instant::now();
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    async fn start_again(&self) -> Result<(), Error> {
        let _gate = self.home.gate().await?;
        let starting = adopt_or_start(&self.home, &self.cluster, &self.options, Port::Same(self.port)).await?;
        if starting.port() != self.port {
            return Err(Error::Moved { from: self.port, to: starting.port() });
        }
        *self.postmaster() = starting.keep();
        Ok(())
    }
}
