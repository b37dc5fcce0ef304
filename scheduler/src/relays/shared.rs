//! A relay's circuit breaker, shared by all engines.
//!
//! One row says what the engines know together. The engine that opened it owns the row, probes, and shows signs of life;
//! the others follow it, and begin to probe only when those signs end. [`decide`] is the whole of the protocol.

use super::limits::SharedLimits;
use crate::interval::interval;
use crate::smtp::{BreakerStatus, OpenElsewhere, Outbox, Scope};
use projections::columns::{self, Word};
use projections::relays::{self, State};
use projections::{ReadError, Unreadable};
use sqlx::PgPool;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often to look what the others know.
const POLL: Duration = Duration::from_millis(250);

/// How often an owner shows that it lives.
const SIGN: Duration = Duration::from_secs(1);

/// After so long without a sign an owner counts as dead.
const GRACE: Duration = Duration::from_secs(5);

/// How often an engine says that it has the relay in its settings.
const SEEN: Duration = Duration::from_secs(10);

/// How long to wait for PostgreSQL; without an answer the breaker works for itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// Later than a century, nothing is expected to happen.
const CENTURY: Duration = Duration::from_hours(24 * 36_525);

/// What this engine's own breaker says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Local {
    Closed,
    /// It found out itself.
    Opened,
    /// It follows another engine.
    Following,
}

/// What the row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    Closed,
    /// Open, and this engine's.
    Mine,
    /// Open, and another engine's.
    Theirs {
        alive: bool,
        /// This engine has followed it.
        followed: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Rest,
    Follow,
    GoOnTrial,
    SayOpen,
    SayClosed,
}

/// What to do, given what this engine and what the row says.
fn decide(local: Local, row: Row) -> Step {
    match (local, row) {
        (Local::Opened, Row::Closed | Row::Mine | Row::Theirs { alive: false, .. }) => Step::SayOpen,
        (Local::Opened | Local::Following, Row::Theirs { .. }) => Step::Follow,
        (Local::Following, Row::Closed) => Step::GoOnTrial,
        (Local::Following, Row::Mine) => Step::Rest,
        (Local::Closed, Row::Closed) => Step::Rest,
        (Local::Closed, Row::Mine) => Step::SayClosed,
        // Its own probe got in after the owner's death.
        (Local::Closed, Row::Theirs { alive: false, followed: true }) => Step::SayClosed,
        (Local::Closed, Row::Theirs { .. }) => Step::Follow,
    }
}

fn local(status: &BreakerStatus) -> Local {
    match status {
        BreakerStatus::Closed => Local::Closed,
        // It has all the connections that it allows, and others of us have them.
        BreakerStatus::Open { scope: Scope::Connections, .. } => Local::Closed,
        BreakerStatus::Open { adopted: false, .. } => Local::Opened,
        BreakerStatus::Open { adopted: true, .. } => Local::Following,
    }
}

/// One engine's part in sharing one relay's breaker.
pub(super) struct Sharing<'a> {
    outbox: &'a Outbox,
    pool: PgPool,
    me: Uuid,
    /// The engine that it has followed last.
    followed: Option<Uuid>,
    /// What it said last of an open breaker, and when.
    said: Option<(BreakerStatus, Instant)>,
    seen: Option<Instant>,
    limits: SharedLimits<'a>,
}

/// The row as read.
#[derive(Debug)]
struct Read {
    state: State,
    owner: Option<Uuid>,
    scope: Option<relays::Scope>,
    why: Option<String>,
    level: i32,
    /// Seconds from now.
    since: f64,
    until: Option<f64>,
    heard: f64,
}

impl<'a> Sharing<'a> {
    pub(super) fn new(outbox: &'a Outbox, pool: PgPool, me: Uuid) -> Self {
        let limits = SharedLimits::new(outbox, pool.clone(), me);
        Self { outbox, pool, me, followed: None, said: None, seen: None, limits }
    }

    pub(super) async fn run(mut self, stop: &CancellationToken) {
        let mut status = self.outbox.watch();
        while !stop.is_cancelled() {
            let before = local(&self.outbox.status());
            match timeout(PATIENCE, self.step()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%error, relay = self.name(), "its breaker cannot be shared"),
                Err(_) => tracing::debug!(relay = self.name(), "its breaker cannot be shared: PostgreSQL is silent"),
            }
            // A change of what it says is told at once; that a pause is longer now can wait.
            let changed = status.wait_for(|status| local(status) != before && local(status) != Local::Following);
            tokio::select! {
                _ = changed => {}
                () = tokio::time::sleep(POLL) => {}
                () = stop.cancelled() => {}
            }
        }
        let _ = timeout(PATIENCE, self.resign()).await;
    }

    fn name(&self) -> &str {
        self.outbox.relay().name()
    }

    async fn step(&mut self) -> Result<(), sqlx::Error> {
        if self.seen.is_none_or(|seen| seen.elapsed() >= SEEN) {
            self.introduce().await?;
            self.seen = Some(Instant::now());
        }
        let read = match self.read().await {
            Ok(Some(read)) => read,
            Ok(None) => {
                // Somebody has swept it away.
                self.seen = None;
                return Ok(());
            }
            Err(ReadError::Unreadable(error)) => return self.begin_anew(&error).await,
            Err(ReadError::Database(error)) => return Err(error),
        };
        let status = self.outbox.status();
        match decide(local(&status), self.row(&read)) {
            Step::Rest => {}
            Step::Follow => self.follow(&read),
            Step::GoOnTrial => {
                self.followed = None;
                self.outbox.adopt_close();
            }
            Step::SayOpen => self.say_open(status).await?,
            Step::SayClosed => self.say_closed().await?,
        }
        self.limits.step().await
    }

    fn row(&self, read: &Read) -> Row {
        if read.state == State::Closed {
            Row::Closed
        } else if read.owner == Some(self.me) {
            Row::Mine
        } else {
            let alive = read.owner.is_some() && -read.heard < GRACE.as_secs_f64();
            Row::Theirs { alive, followed: read.owner.is_some() && read.owner == self.followed }
        }
    }

    /// Probes only when the owner has shown no sign of life for long, and not in the same moment as all others.
    fn follow(&mut self, read: &Read) {
        self.followed = read.owner;
        let now = Instant::now();
        let spread = Duration::from_millis(u64::from(self.me.as_fields().0 % 1_000));
        let dead = after(now, read.heard) + GRACE + spread;
        self.outbox.adopt_open(OpenElsewhere {
            since: after(now, read.since),
            until: read.until.map_or(dead, |until| after(now, until).max(dead)),
            scope: scope(read.scope),
            why: read.why.clone().unwrap_or_default(),
            level: u32::try_from(read.level).unwrap_or(0),
        });
    }

    async fn introduce(&self) -> Result<(), sqlx::Error> {
        let relay = self.outbox.relay();
        sqlx::query!(
            "insert into relay_states (name, address, connections, per_second) values ($1, $2, $3, $4)
             on conflict (name) do update
                set address = excluded.address, connections = excluded.connections, per_second = excluded.per_second,
                    seen_at = clock_timestamp()",
            relay.name(),
            relay.to_string(),
            i32::try_from(relay.connections()).unwrap_or(i32::MAX),
            relay.rate().map(crate::smtp::Rate::per_second),
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn read(&self) -> Result<Option<Read>, ReadError> {
        let row = sqlx::query!(
            r#"select state, owner, scope, why, level,
                      extract(epoch from since - clock_timestamp())::float8 as "since!",
                      extract(epoch from until - clock_timestamp())::float8 as "until",
                      extract(epoch from owner_seen_at - clock_timestamp())::float8 as "heard!"
                 from relay_states where name = $1"#,
            self.name(),
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Read {
            state: columns::read("relay_states", "state", self.name(), row.state)?,
            owner: row.owner,
            scope: columns::read("relay_states", "scope", self.name(), row.scope)?,
            why: row.why,
            level: row.level,
            since: row.since,
            until: row.until,
            heard: row.heard,
        }))
    }

    /// A row that does not read says nothing to anybody. It is scratch paper: everybody writes what they know anew.
    async fn begin_anew(&self, error: &Unreadable) -> Result<(), sqlx::Error> {
        tracing::error!(relay = self.name(), %error, "what is known of a relay begins anew");
        sqlx::query!(
            "update relay_states
                set state = 'closed', since = clock_timestamp(), until = null, scope = null, why = null, level = 0,
                    owner = null
              where name = $1 and (state <> all($2) or scope <> all($3))",
            self.name(),
            &written(State::words()),
            &written(relays::Scope::words()),
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn say_open(&mut self, status: BreakerStatus) -> Result<(), sqlx::Error> {
        let said = self.said.as_ref().is_some_and(|(said, at)| *said == status && at.elapsed() < SIGN);
        let BreakerStatus::Open { since, until, scope, why, level, .. } = &status else { return Ok(()) };
        if said {
            return Ok(());
        }
        let now = Instant::now();
        // Whoever else has opened it meanwhile, and lives, is followed with the next look.
        sqlx::query!(
            "update relay_states
                set state = 'open', since = clock_timestamp() - $3::interval, until = clock_timestamp() + $4::interval,
                    scope = $5, why = $6, level = $7, owner = $2, owner_seen_at = clock_timestamp()
              where name = $1 and (state = 'closed' or owner = $2 or owner_seen_at <= clock_timestamp() - $8::interval)",
            self.name(),
            self.me,
            interval(now.saturating_duration_since(*since)),
            interval(until.saturating_duration_since(now)),
            told(*scope).word(),
            why,
            i32::try_from(*level).unwrap_or(i32::MAX),
            interval(GRACE),
        )
        .execute(&self.pool)
        .await?;
        self.said = Some((status, now));
        Ok(())
    }

    async fn say_closed(&mut self) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "update relay_states
                set state = 'closed', since = clock_timestamp(), until = null, scope = null, why = null, level = 0,
                    owner = null
              where name = $1 and (owner = $2 or owner_seen_at <= clock_timestamp() - $3::interval)",
            self.name(),
            self.me,
            interval(GRACE),
        )
        .execute(&self.pool)
        .await?;
        (self.said, self.followed) = (None, None);
        Ok(())
    }

    /// An engine that ends says so, and the others need not wait for its signs of life.
    async fn resign(&mut self) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "update relay_states set owner_seen_at = clock_timestamp() - $3::interval where name = $1 and owner = $2",
            self.name(),
            self.me,
            interval(GRACE),
        )
        .execute(&self.pool)
        .await?;
        self.limits.resign().await
    }
}

/// The moment so many seconds after another, or before it.
pub(super) fn after(moment: Instant, seconds: f64) -> Instant {
    let distance = Duration::try_from_secs_f64(seconds.abs()).unwrap_or(CENTURY).min(CENTURY);
    let there = if seconds < 0.0 { moment.checked_sub(distance) } else { moment.checked_add(distance) };
    there.unwrap_or(moment)
}

fn told(scope: Scope) -> relays::Scope {
    match scope {
        Scope::Credentials => relays::Scope::Credentials,
        Scope::Rate => relays::Scope::Rate,
        Scope::Relay | Scope::Connections | Scope::Sender | Scope::Withdrawn => relays::Scope::Relay,
    }
}

fn scope(told: Option<relays::Scope>) -> Scope {
    match told {
        Some(relays::Scope::Credentials) => Scope::Credentials,
        Some(relays::Scope::Rate) => Scope::Rate,
        Some(relays::Scope::Relay) | None => Scope::Relay,
    }
}

fn written(words: Vec<&str>) -> Vec<String> {
    words.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVING: Row = Row::Theirs { alive: true, followed: false };
    const DEAD: Row = Row::Theirs { alive: false, followed: false };
    const DEAD_AND_FOLLOWED: Row = Row::Theirs { alive: false, followed: true };

    #[test]
    fn whoever_finds_the_relay_away_first_tells_and_the_others_follow() {
        for (local, row, step) in [
            (Local::Opened, Row::Closed, Step::SayOpen),
            (Local::Opened, Row::Mine, Step::SayOpen),
            (Local::Opened, LIVING, Step::Follow),
            (Local::Closed, LIVING, Step::Follow),
            (Local::Following, LIVING, Step::Follow),
            (Local::Following, DEAD_AND_FOLLOWED, Step::Follow),
            (Local::Closed, Row::Closed, Step::Rest),
        ] {
            assert_eq!(decide(local, row), step, "{local:?} {row:?}");
        }
    }

    #[test]
    fn the_owner_closes_what_it_opened_and_the_others_go_on_trial() {
        assert_eq!(decide(Local::Closed, Row::Mine), Step::SayClosed);
        assert_eq!(decide(Local::Following, Row::Closed), Step::GoOnTrial);
    }

    #[test]
    fn a_dead_owner_is_replaced_by_whoever_probed() {
        assert_eq!(decide(Local::Opened, DEAD_AND_FOLLOWED), Step::SayOpen, "the probe did not get in");
        assert_eq!(decide(Local::Closed, DEAD_AND_FOLLOWED), Step::SayClosed, "the probe got in");
        assert_eq!(decide(Local::Closed, DEAD), Step::Follow, "a new engine has not probed yet");
    }

    #[test]
    fn a_moment_lies_before_or_after_another() {
        let now = Instant::now();
        assert_eq!(after(now, 1.5), now + Duration::from_millis(1_500));
        assert_eq!(after(after(now, 2.0), -2.0), now);
        assert_eq!(after(now, f64::NAN), now + CENTURY);
    }

    #[test]
    fn the_reasons_survive_being_written() {
        for each in [Scope::Relay, Scope::Credentials, Scope::Rate] {
            assert_eq!(scope(Some(told(each))), each);
        }
    }
}
