//! The time by which the service goes: PostgreSQL's, which all its processes share.
//!
//! It is measured at the start and every minute, and kept by this process's monotonic clock in between, so that whoever sets
//! this machine's clock moves nothing. The machine's clock is only a witness: it shows that the machine was suspended, and
//! whom to believe when PostgreSQL's clock jumps.
//!
//! While the time is in doubt ([`Clock::doubt`]), nothing is started, completed or given up. That ends by itself.

use chrono::{DateTime, TimeDelta, Utc};
use eventstore::Clock;
use sqlx::PgPool;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How often PostgreSQL is asked.
const EVERY: Duration = Duration::from_mins(1);

/// How often to look whether it has to be asked before, and how long to leave it alone after it did not answer.
const LOOK: Duration = Duration::from_secs(1);

/// Of so many answers the quickest counts.
const SAMPLES: usize = 3;

/// How long PostgreSQL may take to answer all of them.
const PATIENCE: Duration = Duration::from_secs(5);

/// How clocks are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How far two of them may be apart.
    pub tolerance: Duration,
    /// After so long without an answer of PostgreSQL nobody knows the time.
    pub silence: Duration,
}

impl Rules {
    /// The usual ones with this tolerance.
    #[must_use]
    pub fn with_tolerance(tolerance: Duration) -> Self {
        Self { tolerance, silence: Duration::from_mins(3) }
    }

    fn far_apart(&self, one: DateTime<Utc>, other: DateTime<Utc>) -> Option<TimeDelta> {
        let apart = (one - other).abs();
        (apart.to_std().is_ok_and(|apart| apart > self.tolerance)).then_some(apart)
    }
}

/// PostgreSQL's time at a moment of the monotonic clock, and what this machine's clock showed.
#[derive(Debug, Clone, Copy)]
struct Reading {
    at: DateTime<Utc>,
    moment: Instant,
    wall: DateTime<Utc>,
}

impl Reading {
    fn at(&self, moment: Instant) -> DateTime<Utc> {
        let passed = TimeDelta::from_std(moment.saturating_duration_since(self.moment)).unwrap_or(TimeDelta::MAX);
        self.at.checked_add_signed(passed).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// What this machine's clock would show if nobody had moved it.
    fn wall_at(&self, moment: Instant) -> DateTime<Utc> {
        self.wall + (self.at(moment) - self.at)
    }
}

/// What the process knows of the time.
#[derive(Debug, Default)]
struct Knowledge {
    last: Option<Reading>,
    /// How far PostgreSQL's clock is from where it should be, while it stands against two.
    jumped: Option<TimeDelta>,
    /// How far this machine's clock is from PostgreSQL's, if that is far.
    apart: Option<TimeDelta>,
}

impl Knowledge {
    /// Takes in what PostgreSQL has told.
    fn hear(&mut self, told: Reading, rules: &Rules) {
        let recent = self.last.filter(|last| told.moment.saturating_duration_since(last.moment) <= rules.silence);
        if let Some(last) = recent {
            let expected = last.at(told.moment);
            let jumped = rules.far_apart(told.at, expected);
            // Two against one: what was measured and this machine's clock agree that PostgreSQL's clock is wrong.
            if jumped.is_some() && rules.far_apart(told.wall, expected).is_none() {
                self.jumped = jumped;
                self.last = Some(Reading { at: expected, ..told });
                return;
            }
        }
        let apart = rules.far_apart(told.wall, told.at);
        if apart.is_some() && self.apart.is_none() {
            let seconds = apart.map(|apart| apart.num_seconds());
            tracing::warn!(
                seconds,
                "this machine's clock is wrong, or PostgreSQL's is; the service goes by PostgreSQL's"
            );
        }
        *self = Self { last: Some(told), jumped: None, apart };
    }

    fn doubt(&self, moment: Instant, wall: DateTime<Utc>, rules: &Rules) -> Option<String> {
        let Some(last) = self.last else { return Some("PostgreSQL has not told the time yet".to_owned()) };
        if let Some(jumped) = self.jumped {
            return Some(format!("PostgreSQL's clock has jumped by {} s", jumped.num_seconds()));
        }
        let silence = moment.saturating_duration_since(last.moment);
        if silence > rules.silence {
            return Some(format!("PostgreSQL has not told the time for {} s", silence.as_secs()));
        }
        // A machine that is suspended stops the monotonic clock.
        rules
            .far_apart(wall, last.wall_at(moment))
            .map(|moved| format!("this machine stood still, or its clock was moved, by {} s", moved.num_seconds()))
    }

    /// Whether PostgreSQL is to be asked.
    fn is_due(&self, moment: Instant, wall: DateTime<Utc>, rules: &Rules) -> bool {
        self.last.is_none_or(|last| moment.saturating_duration_since(last.moment) >= EVERY.min(rules.silence / 3))
            || self.doubt(moment, wall, rules).is_some()
    }
}

/// PostgreSQL's clock as this process keeps it.
#[derive(Debug, Clone)]
pub struct Timekeeper {
    pool: PgPool,
    wall: Clock,
    rules: Rules,
    knowledge: Arc<RwLock<Knowledge>>,
}

impl Timekeeper {
    /// One that has asked PostgreSQL once. It goes on asking in [`Self::keep`]. `wall` is this machine's clock.
    pub async fn start(pool: PgPool, wall: Clock, rules: Rules) -> Self {
        let timekeeper = Self { pool, wall, rules, knowledge: Arc::default() };
        timekeeper.look().await;
        timekeeper
    }

    /// The clock for everybody else.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let (told, doubted) = (self.clone(), self.clone());
        Clock::new(move || told.now()).doubted_by(move || doubted.doubt())
    }

    /// Asks again and again, until it is dropped.
    pub async fn keep(self) {
        loop {
            tokio::time::sleep(LOOK.min(self.rules.silence / 3)).await;
            self.look().await;
        }
    }

    fn now(&self) -> DateTime<Utc> {
        let last = self.knowledge().last;
        last.map_or_else(|| self.wall.now(), |last| last.at(Instant::now()))
    }

    fn doubt(&self) -> Option<String> {
        self.knowledge().doubt(Instant::now(), self.wall.now(), &self.rules)
    }

    async fn look(&self) {
        if !self.knowledge().is_due(Instant::now(), self.wall.now(), &self.rules) {
            return;
        }
        match timeout(PATIENCE, self.ask()).await {
            Ok(Ok(Some(told))) => {
                self.knowledge.write().unwrap_or_else(PoisonError::into_inner).hear(told, &self.rules);
            }
            // An answer that took too long says too little.
            Ok(Ok(None)) | Err(_) => tracing::debug!("PostgreSQL takes long to tell the time"),
            Ok(Err(error)) => tracing::debug!(%error, "PostgreSQL does not tell the time"),
        }
    }

    async fn ask(&self) -> Result<Option<Reading>, sqlx::Error> {
        // Before the clock runs: it may be the connection that takes long.
        let mut connection = self.pool.acquire().await?;
        let mut quickest: Option<(Duration, Reading)> = None;
        for _ in 0..SAMPLES {
            let asked = Instant::now();
            let at = sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#).fetch_one(&mut *connection).await?;
            let (took, wall) = (asked.elapsed(), self.wall.now());
            if quickest.as_ref().is_none_or(|(least, _)| took < *least) {
                // It was told about halfway.
                let reading = Reading { at, moment: asked + took / 2, wall: wall - took / 2 };
                quickest = Some((took, reading));
            }
        }
        Ok(quickest.filter(|(took, _)| *took <= self.rules.tolerance).map(|(_, reading)| reading))
    }

    fn knowledge(&self) -> RwLockReadGuard<'_, Knowledge> {
        self.knowledge.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
