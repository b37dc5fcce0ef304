//! Signals: the first one drains, the second one stops.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit code of a process that a second signal ended, as shells report SIGINT.
const INTERRUPTED: i32 = 130;

/// A token that the first SIGINT or SIGTERM cancels. The second one ends the process at once: what was in flight is
/// then found by whoever leases its batches next.
pub fn token() -> std::io::Result<CancellationToken> {
    let token = CancellationToken::new();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let cancelled = token.clone();
    tokio::spawn(async move {
        let mut second = false;
        loop {
            tokio::select! {
                Some(()) = interrupt.recv() => {}
                Some(()) = terminate.recv() => {}
                else => return,
            }
            if second {
                tracing::warn!("stopping at once");
                std::process::exit(INTERRUPTED);
            }
            second = true;
            tracing::info!("finishing what is in flight; a second signal stops at once");
            cancelled.cancel();
        }
    });
    Ok(token)
}
