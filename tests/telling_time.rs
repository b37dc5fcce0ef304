//! The service goes by PostgreSQL's clock, whatever the clock of its machine shows.

use crate::support::database::OwnServer;
use crate::support::service::{HandClock, Service, found};
use crate::support::smtp_server::{Offers, SmtpServer};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{UserId, Window};
use eventstore::Clock;
use skymailing::clock::{Rules, Timekeeper};
use skymailing::wire::{Node, wall_clock};
use sqlx::postgres::PgPoolOptions;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// A machine's clock that somebody sets.
#[derive(Clone, Default)]
struct WallClock(Arc<AtomicI64>);

impl WallClock {
    fn is_off_by(&self, offset: TimeDelta) {
        self.0.store(offset.num_seconds(), Ordering::Relaxed);
    }

    fn clock(&self) -> Clock {
        let (offset, right) = (Arc::clone(&self.0), wall_clock());
        Clock::new(move || right.now() + TimeDelta::seconds(offset.load(Ordering::Relaxed)))
    }
}

#[tokio::test]
async fn a_process_whose_clock_is_two_days_ahead_gives_no_letter_up_and_sends_none_early() {
    let (wall, database) = (WallClock::default(), crate::support::database().await);
    wall.is_off_by(TimeDelta::days(2));
    let pool = sqlx::PgPool::connect(&database.url).await.expect("the database is there");
    let timekeeper = Timekeeper::start(pool.clone(), wall.clock(), Rules::with_tolerance(Duration::from_secs(5))).await;
    let node = Node::over(pool, timekeeper.clock(), None);
    let keeping = tokio::spawn(timekeeper.keep());
    let now: DateTime<Utc> = wall_clock().now();
    let service = Service { node, clock: HandClock::at(&now.to_rfc3339()), owner: UserId(Uuid::now_v7()), database };
    let server = SmtpServer::start(Offers::default()).await;
    let group = service.clients(300).await;
    let mut tomorrow = service.plan(group).await;
    tomorrow.window = Window::new(now + TimeDelta::days(1), now + TimeDelta::days(3)).expect("a window");
    let tomorrow = service.create(tomorrow).await;

    let engine = service.work(&server);
    let today = service.mailing(group).await;
    for offset in [TimeDelta::zero(), TimeDelta::days(30), TimeDelta::days(-2)] {
        server.wait_for(server.count() + 20).await;
        wall.is_off_by(offset);
    }

    let totals = service.finished(today).await;
    assert_eq!((totals.planned, totals.accepted), (300, 300), "{totals:?}");
    assert!(service.runs(tomorrow).await.is_empty(), "tomorrow's mailing waits for tomorrow");
    engine.stop().await;
    keeping.abort();
}

#[tokio::test]
async fn nobody_knows_the_time_while_postgresql_is_silent_and_then_it_is_known_again() {
    let mut server = OwnServer::start().await;
    let options = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(2));
    let pool = options.connect(server.url()).await.expect("the server takes connections");
    let rules = Rules { tolerance: Duration::from_secs(5), silence: Duration::from_millis(600) };
    let timekeeper = Timekeeper::start(pool, wall_clock(), rules).await;
    let clock = timekeeper.clock();
    let keeping = tokio::spawn(timekeeper.keep());
    found("the time is known", async || clock.doubt().is_none().then_some(())).await;

    server.stop().await;
    let why = found("nobody knows the time", async || clock.doubt()).await;
    assert!(why.starts_with("PostgreSQL has not told the time for "), "{why}");
    let went_on = (clock.now() - wall_clock().now()).abs();
    assert!(went_on < TimeDelta::seconds(5), "it is kept all the same");
    server.start_again().await;

    found("the time is known again", async || clock.doubt().is_none().then_some(())).await;
    keeping.abort();
}
