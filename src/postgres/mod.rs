//! The private PostgreSQL, which is used when `DATABASE_URL` is not set.
//!
//! [`start`] finds PostgreSQL's programs, creates a data directory under `DATA_DIR/postgres` when there is none, and starts
//! the server on a free port of 127.0.0.1. Processes with the same `DATA_DIR` share it, and the last one stops it:
//!
//! - Whoever starts or stops holds the **gate**, an exclusive lock on `DATA_DIR/postgres.gate`, meanwhile.
//! - Whoever uses the server holds a shared lock on `DATA_DIR/postgres.users`. Who leaves tries to get that lock
//!   exclusively; that succeeds exactly for the last one.
//!
//! Locks end with their process, so a process that was killed counts as gone, and nothing has to be cleaned up by
//! hand. A server whose users were all killed goes on running, and the next [`start`] adopts it. A server that died is
//! started again by its users, see [`Server::keep_alive`].
//!
//! ```text
//! DATA_DIR/postgres           the cluster, or a symbolic link to it
//!          postgres.password  the superuser's password, readable only by us
//!          postgres.port      the port of the last start, used again when it is free
//!          postgres.log       what the server printed
//!          postgres.gate, postgres.users   the locks
//! ```

mod account;
mod binaries;
mod cluster;
mod connection;
mod error;
mod home;
mod kept;
mod log;
mod options;
mod patience;
mod pid_file;
mod port;
mod postmaster;

pub use error::Error;
pub use options::Options;

use cluster::Cluster;
use home::{Home, Users};
use kept::Kept;
use options::DATABASE;
use postmaster::{Port, adopt_or_start};
use std::sync::Arc;

/// A running private PostgreSQL, and our part in keeping it running.
///
/// [`Server::stop`] is the way to end it. Dropping it does the same as far as it can without waiting for others, so that
/// a program that ends by an error does not leave a server behind.
pub struct Server {
    kept: Arc<Kept>,
    /// Taken by who stops.
    users: Option<Users>,
    url: String,
}

impl std::fmt::Debug for Server {
    /// Without the URL, which holds the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("cluster", &self.kept.cluster.dir)
            .field("port", &self.kept.port)
            .finish_non_exhaustive()
    }
}

/// Starts the private PostgreSQL, or joins the one that runs for this `DATA_DIR`, and returns when it can be used.
///
/// Recovery after a crash is waited for, however long it takes. Dropping the future stops what it has started.
pub async fn start(options: &Options) -> Result<Server, Error> {
    let home = Home::open(&options.data_dir)?;
    let gate = home.gate().await?;
    let users = home.join()?;
    let (gate, cluster) = {
        let (home, options) = (home.clone(), options.clone());
        // The gate goes along: when this future is dropped, initdb runs on, and nobody may enter before it has ended.
        blocking(move || (gate, Cluster::open_or_create(&home, &options))).await
    };
    let cluster = cluster?;
    let starting = adopt_or_start(&home, &cluster, options, Port::Any).await?;
    let port = starting.port();
    connection::create_database(&cluster, port).await?;
    let url = connection::url(&cluster, port, DATABASE);
    let postmaster = starting.keep();
    let kept = Arc::new(Kept::new(home, cluster, options.clone(), postmaster));
    let server = Server { kept, users: Some(users), url };
    drop(gate);
    Ok(server)
}

impl Server {
    /// Connects to the database `skymailing` as a superuser. It contains the password: not for logs.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Starts the server again whenever it has died, at the same address. Runs until dropped, which has to be before
    /// [`Server::stop`].
    pub fn keep_alive(&self) -> impl Future<Output = ()> + Send + use<> {
        Arc::clone(&self.kept).keep_alive()
    }

    /// Leaves the server. The last user shuts it down, which disconnects every client, and waits for its end;
    /// as long as others use it, it runs on.
    pub async fn stop(mut self) -> Result<(), Error> {
        let gate = self.kept.home.gate().await?;
        let users = self.users.take();
        blocking(move || {
            let last = users.is_some_and(|it| it.leave());
            let result = self.leave(last);
            drop(gate);
            result
        })
        .await
    }

    fn leave(&self, last: bool) -> Result<(), Error> {
        if last {
            self.kept.stop()
        } else {
            tracing::info!("PostgreSQL runs on, other processes use it");
            Ok(())
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(users) = self.users.take() else { return };
        // Whoever holds the gate now either becomes a user and will stop the server, or stops it.
        let Some(_gate) = self.kept.home.gate_if_free() else { return };
        if let Err(error) = self.leave(users.leave()) {
            tracing::warn!(%error, "the private PostgreSQL was left running");
        }
    }
}

/// Runs what waits for the disk or for another program away from the threads that serve requests.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is being shut down, and this task with it.
            Err(_) => std::future::pending().await,
        },
    }
}
