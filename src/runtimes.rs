//! Threads: those that send and record, those that answer requests, and those that take in what comes back by mail.
//!
//! What a request does, also a request that never yields, can take none of the threads from the delivery engine, the
//! read models, the metrics and the shutdown; nor can a message that somebody has sent here. They share channels and locks that are held for a moment, and no socket:
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

/// Threads apart from those that send. Dropping this waits for none of them: some may never come back.
#[derive(Debug)]
pub struct Apart(Option<Runtime>);

impl Apart {
    /// For requests: as many as there are processors.
    pub fn for_requests() -> std::io::Result<Self> {
        Ok(Self(Some(Builder::new_multi_thread().thread_name("requests").enable_all().build()?)))
    }

    /// For what comes in by mail: two, so that a message that takes long to be read does not keep the others waiting.
    pub fn for_intake() -> std::io::Result<Self> {
        Ok(Self(Some(Builder::new_multi_thread().worker_threads(2).thread_name("intake").enable_all().build()?)))
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

impl Drop for Apart {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    #[test]
    fn requests_that_never_yield_keep_nothing_else_from_going_on_and_nobody_from_ending() {
        let (work, requests) = (Work::start().unwrap(), Apart::for_requests().unwrap());
        let (over, spinning) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let threads = requests.handle().metrics().num_workers();
        for _ in 0..threads {
            let (over, spinning) = (Arc::clone(&over), Arc::clone(&spinning));
            requests.handle().spawn(async move {
                spinning.fetch_add(1, Ordering::Relaxed);
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        while spinning.load(Ordering::Relaxed) < threads {
            std::thread::yield_now();
        }

        let answer = work.run(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            tokio::spawn(async { 7 }).await.unwrap()
        });
        drop(requests);

        assert_eq!(answer, 7);
        assert_eq!(spinning.load(Ordering::Relaxed), threads, "all of them still hang");
        over.store(true, Ordering::Relaxed);
    }
}
