//! Serving HTTP to anybody: who is slow or silent costs little, and keeps nobody else out.
//!
//! | file | what |
//! | --- | --- |
//! | `seats` | how many connections there are, in all and per address, and which goes when there are too many |
//! | `connection` | one connection, and how long it is waited for |
//! | `body` | a request's body that has to keep coming |
//! | [`descriptors`] | how many open files the system allows |

mod activity;
mod body;
mod connection;
pub mod descriptors;
mod limits;
mod seats;

pub use limits::Limits;

use connection::Connection;
use seats::Seats;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long requests that have begun may take once the service is to stop.
const DRAIN: Duration = Duration::from_secs(5);

/// How long to wait when the system takes no more connections, at first and at most.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// Serves HTTP until `stop` is cancelled, then finishes the requests that have begun, if they do not take long.
pub async fn serve(
    listener: TcpListener,
    router: axum::Router,
    limits: Limits,
    stop: CancellationToken,
) -> io::Result<()> {
    let (limits, seats) = (Arc::new(limits), Arc::new(Seats::default()));
    let connections = TaskTracker::new();
    let mut trouble: Option<Duration> = None;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => {
                if trouble.take().is_some() {
                    tracing::info!("connections are accepted again");
                }
                accepted
            }
            // Whoever connected is gone already.
            Err(error) if is_theirs(&error) => continue,
            // The system has no descriptors or no memory left. Trying again at once would burn a processor.
            Err(error) => {
                let pause = trouble.map_or(BACK_OFF.0, |last| (last * 2).min(BACK_OFF.1));
                if trouble.replace(pause).is_none() {
                    tracing::error!(%error, "no connection can be accepted for now");
                }
                tokio::select! {
                    () = tokio::time::sleep(pause) => continue,
                    () = stop.cancelled() => break,
                }
            }
        };
        let Some(seat) = seats.take(peer.ip(), &limits) else { continue };
        let connection = Connection::new(stream, peer, seat, router.clone(), Arc::clone(&limits));
        connections.spawn(connection.run(stop.clone()));
    }
    // So that nobody connects to a service that does not answer any more.
    drop(listener);
    connections.close();
    let _ = tokio::time::timeout(DRAIN, connections.wait()).await;
    Ok(())
}

fn is_theirs(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
