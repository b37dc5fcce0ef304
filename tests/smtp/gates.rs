//! Stories of the gate between a letter's envelope and its text.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use scheduler::smtp::{BreakerStatus, Outbox, Permission, Scope};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{assert_not_tried, deliver, is_accepted, letter, plain_server, relay, url};

/// A gate that somebody opens, or bars for good.
#[derive(Debug)]
struct Barrier {
    open: watch::Sender<Option<bool>>,
    begun: AtomicUsize,
    near: AtomicUsize,
}

impl Barrier {
    fn new() -> Arc<Self> {
        Arc::new(Self { open: watch::Sender::new(None), begun: AtomicUsize::new(0), near: AtomicUsize::new(0) })
    }

    fn told(&self) -> (usize, usize) {
        (self.begun.load(Ordering::SeqCst), self.near.load(Ordering::SeqCst))
    }
}

impl scheduler::smtp::Gate for Barrier {
    fn begins(self: Arc<Self>) {
        self.begun.fetch_add(1, Ordering::SeqCst);
    }

    fn nears(self: Arc<Self>) {
        self.near.fetch_add(1, Ordering::SeqCst);
    }

    fn opens(self: Arc<Self>) -> scheduler::smtp::Opening {
        let mut open = self.open.subscribe();
        Box::pin(async move { open.wait_for(Option::is_some).await.ok().and_then(|open| *open).unwrap_or(false) })
    }
}

fn through(barrier: &Arc<Barrier>) -> Permission {
    Permission::from(&CancellationToken::new()).through(Arc::clone(barrier) as Arc<dyn scheduler::smtp::Gate>)
}

#[tokio::test]
async fn a_letters_text_leaves_when_its_gate_opens_and_not_before() {
    let server = plain_server().await;
    let (outbox, barrier) = (Outbox::start(relay(&url(&server))), Barrier::new());
    let sent = outbox.deliver(letter("kim@example.com"), through(&barrier));
    let (judgement, ()) = tokio::join!(sent, async {
        server.wait_for_command("DATA", 1).await;
        assert_eq!((server.count(), barrier.told()), (0, (1, 1)));
        barrier.open.send_replace(Some(true));
    });
    assert!(is_accepted(&judgement));
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn behind_a_gate_that_never_opens_the_relay_has_no_letter_and_nobody_is_to_blame() {
    let server = plain_server().await;
    let (outbox, barrier) = (Outbox::start(relay(&url(&server))), Barrier::new());
    barrier.open.send_replace(Some(false));
    for _ in 0..10 {
        let judgement = outbox.deliver(letter("kim@example.com"), through(&barrier)).await;
        assert_not_tried(&judgement, Scope::Withdrawn);
    }
    assert_eq!((server.count(), outbox.status()), (0, BreakerStatus::Closed));
    // A connection in the middle of DATA is of no use to the next letter.
    assert!(is_accepted(&deliver(&outbox, letter("lee@example.com")).await));
    assert_eq!((server.connections(), server.count()), (11, 1));
}

#[tokio::test]
async fn an_outbox_that_is_closed_does_not_wait_for_a_gate() {
    let server = plain_server().await;
    let (outbox, barrier) = (Outbox::start(relay(&url(&server))), Barrier::new());
    let sent = outbox.deliver(letter("kim@example.com"), through(&barrier));
    let (judgement, ()) = tokio::join!(sent, async {
        server.wait_for_command("DATA", 1).await;
        outbox.clone().close_within(std::time::Duration::from_millis(10)).await;
    });
    assert_not_tried(&judgement, Scope::Relay);
    assert_eq!(server.count(), 0);
}
