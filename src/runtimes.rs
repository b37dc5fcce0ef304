//! Threads: those that send and record, and those that answer requests.
//!
//! What a request does, also a request that never yields, can take none of the threads from the delivery engine, the
//! read models, the metrics and the shutdown. They share channels and locks that are held for a moment, and no socket:
//! one is driven by the runtime in which it was opened.

use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};

/// How long work that was handed to threads of its own, such as hashing a password, may keep the process from ending.
const CLOSE: Duration = Duration::from_secs(2);

/// Threads for everything but requests.
#[derive(Debug)]
pub struct Work(Runtime);

impl Work {
    /// As many as there are processors.
    pub fn start() -> std::io::Result<Self> {
        Ok(Self(Builder::new_multi_thread().thread_name("work").enable_all().build()?))
    }

    /// Runs a future to its end, then gives up what still runs.
    pub fn run<F: Future>(self, future: F) -> F::Output {
        let output = self.0.block_on(future);
        self.0.shutdown_timeout(CLOSE);
        output
    }
}

/// Threads for requests. Dropping this waits for none of them: some may never come back.
#[derive(Debug)]
pub struct Requests(Option<Runtime>);

impl Requests {
    /// As many as there are processors.
    pub fn start() -> std::io::Result<Self> {
        Ok(Self(Some(Builder::new_multi_thread().thread_name("requests").enable_all().build()?)))
    }

    /// To run something there.
    ///
    /// # Panics
    ///
    /// Never: the runtime is there until this is dropped.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        self.0.as_ref().expect("it is there until the drop").handle()
    }
}

impl Drop for Requests {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
