//! A relay that thinks for long before each reply: all its connections have a letter in hand, as long as there are letters.

use super::plain_server;
use crate::support::service::Service;
use crate::support::smtp_server::{Act, Gate, SmtpServer, Turn};
use std::sync::{Arc, Mutex};

const CONNECTIONS: usize = 10;

/// Lets recipients wait, and lets go all that wait at once.
struct Rounds(Arc<Mutex<Gate>>);

impl Rounds {
    /// Friends wait at a gate of their own.
    fn at(server: &SmtpServer, friends: &Gate) -> Self {
        let rounds = Arc::new(Mutex::new(Gate::new()));
        let (current, friends) = (Arc::clone(&rounds), friends.clone());
        server.play(move |turn| match turn {
            Turn::Rcpt(to) if to.contains("friend") => Act::Wait(friends.clone()),
            Turn::Rcpt(_) => Act::Wait(current.lock().expect("a gate").clone()),
            _ => Act::Usual,
        });
        Self(rounds)
    }

    /// Waits until so many letters are in hand, and lets them go.
    async fn next(&self, letters: usize) {
        let gate = self.0.lock().expect("a gate").clone();
        gate.reached_by(letters).await;
        *self.0.lock().expect("a gate") = Gate::new();
        gate.open();
    }

    fn end(&self) {
        self.0.lock().expect("a gate").open();
    }
}

/// `friends` have a mailing of their own, whose letters the relay keeps: another one has the rest of the connections.
async fn all_connections_are_busy(friends: usize) {
    let (service, server) = (Service::start().await, plain_server().await);
    let waiting = Gate::new();
    let rounds = Rounds::at(&server, &waiting);
    let everybody = service.clients(80).await;
    let few = service.group("Friends").await;
    for number in 0..friends {
        service.client(&format!("friend{number}@example.org"), "Friend", &[few]).await;
    }
    let relay = Service::relay(&server).with_connections(CONNECTIONS);
    let engine = Service::work_with(&service.node, relay, Service::settings());
    let mut mailings = Vec::new();
    if friends > 0 {
        mailings.push(service.mailing(few).await);
        waiting.reached_by(friends).await;
    }
    mailings.push(service.mailing(everybody).await);

    for _ in 0..5 {
        rounds.next(CONNECTIONS - friends).await;
    }

    waiting.open();
    rounds.end();
    for mailing in mailings {
        let totals = service.finished(mailing).await;
        assert_eq!(totals.accepted, totals.planned);
    }
    engine.stop().await;
}

#[tokio::test]
async fn a_batch_that_is_alone_keeps_all_connections_of_a_slow_relay_busy() {
    all_connections_are_busy(0).await;
}

#[tokio::test]
async fn a_batch_keeps_the_connections_busy_that_one_with_nothing_more_to_promise_leaves_to_it() {
    all_connections_are_busy(3).await;
}
