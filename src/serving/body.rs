//! Bodies: a request's has to keep coming, and an answer's tells when it is over.

use super::activity::Activity;
use axum::BoxError;
use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// The slowest that a body may come in the long run, in bytes per second.
const SLOWEST: u64 = 1024;

/// A request's body. Only the time counts in which it is waited for: whoever takes it in may be slow themselves, as an
/// import is. Each byte buys a little more patience, so that a large file may take its time and a trickle may not.
pub(super) struct Question {
    body: Incoming,
    patience: Duration,
    /// What of it is used up, before the present wait.
    waited: Duration,
    /// The present wait, since when, and when patience ends.
    wait: Option<(Instant, Pin<Box<Sleep>>)>,
}

/// Why a body was given up.
#[derive(Debug, thiserror::Error)]
#[error("it came too slowly")]
struct TooSlow;

impl Question {
    pub(super) fn new(body: Incoming, patience: Duration) -> Self {
        Self { body, patience, waited: Duration::ZERO, wait: None }
    }

    fn came(&mut self, bytes: usize) {
        if let Some((since, _)) = self.wait.take() {
            self.waited += since.elapsed();
        }
        let bought = Duration::from_millis(u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(1000) / SLOWEST);
        self.waited = self.waited.saturating_sub(bought);
    }
}

impl HttpBody for Question {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(frame) => {
                let bytes = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref().map(Bytes::len));
                self.came(bytes.unwrap_or(0));
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending => {
                let left = self.patience.saturating_sub(self.waited);
                let (_, timer) = self.wait.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(left))));
                ready!(timer.as_mut().poll(context));
                Poll::Ready(Some(Err(TooSlow.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body: when it is dropped, all of it has been taken over by the connection, or the connection is gone.
pub(super) struct Answer {
    body: Body,
    activity: Arc<Activity>,
}

impl Answer {
    pub(super) fn new(body: Body, activity: Arc<Activity>) -> Self {
        Self { body, activity }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.activity.answered();
    }
}
