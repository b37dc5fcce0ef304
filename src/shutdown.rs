//! Signals: the first one drains, the second one stops, and a deadline ends what hangs.
//!
//! They are heard on a thread of its own: whatever the threads that work are doing, also if none of them ever comes back,
//! the process can be ended.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit code of a process that a second signal ended, as shells report SIGINT.
const INTERRUPTED: i32 = 130;

/// The exit code of a process that did not end in time, as `timeout` reports it.
const OVERDUE: i32 = 124;

/// What may follow when letters in flight are no longer waited for: cutting them off (5 s), recording their outcomes in
/// a PostgreSQL that is slow or away (30 s), and taking leave of it (10 s).
pub const AFTER_DRAIN: Duration = Duration::from_secs(45);

/// How long the log may take to write a line. Whoever reads it may have stopped, and that must not keep us.
const TOLD_WITHIN: Duration = Duration::from_millis(500);

/// A token that the first SIGINT or SIGTERM cancels. The second one ends the process at once: what was in flight is
/// then found by whoever leases its batches next. So does the end of `drain` and [`AFTER_DRAIN`], whoever cancelled the
/// token.
pub fn token(drain: Duration) -> std::io::Result<CancellationToken> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Before this returns, so that no signal is lost.
    let (mut interrupt, mut terminate) = {
        let _inside = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    let token = CancellationToken::new();
    let cancelled = token.clone();
    let attend = async move {
        tokio::select! {
            () = next(&mut interrupt, &mut terminate) => {
                cancelled.cancel();
                say(|| tracing::info!("finishing what is in flight; a second signal stops at once"));
            }
            () = cancelled.cancelled() => {}
        }
        let limit = drain + AFTER_DRAIN;
        let code = tokio::select! {
            () = next(&mut interrupt, &mut terminate) => {
                say(|| tracing::warn!("stopping at once"));
                INTERRUPTED
            }
            () = tokio::time::sleep(limit) => {
                let seconds = limit.as_secs();
                say(move || tracing::error!(seconds, "the process did not end in time, so it is ended (see SHUTDOWN_TIMEOUT)"));
                OVERDUE
            }
        };
        std::process::exit(code);
    };
    thread::Builder::new().name("signals".to_owned()).spawn(move || runtime.block_on(attend))?;
    Ok(token)
}

async fn next(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        Some(()) = interrupt.recv() => {}
        Some(()) = terminate.recv() => {}
        else => std::future::pending().await,
    }
}

/// Logs, and goes on after a moment even if the log does not.
fn say(tell: impl FnOnce() + Send + 'static) {
    let (done, told) = mpsc::channel::<()>();
    let teller = move || {
        tell();
        drop(done);
    };
    if thread::Builder::new().name("log".to_owned()).spawn(teller).is_ok() {
        let _ = told.recv_timeout(TOLD_WITHIN);
    }
}
