//! Whether those who follow the log go on, as everybody can see it.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgPool;

/// How far one who follows the log has come, and why no further if something is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    /// The name.
    pub name: String,
    /// The position of the last event that it has read.
    pub position: i64,
    /// The position of the last event that there is.
    pub head: i64,
    /// The moment when the first event was recorded that it has not read yet; none if it has read all.
    pub waiting_since: Option<DateTime<Utc>>,
    /// The moment at which this was read, by PostgreSQL's clock.
    pub now: DateTime<Utc>,
    /// Why it stands still, if it does.
    pub error: Option<String>,
}

impl Follower {
    /// How long the first event has waited that it has not read yet; none if it has read all.
    #[must_use]
    pub fn waited(&self) -> Option<TimeDelta> {
        self.waiting_since.map(|since| self.now - since)
    }
}

/// All who follow the log.
pub async fn followers(pool: &PgPool) -> Result<Vec<Follower>, sqlx::Error> {
    sqlx::query_as!(
        Follower,
        r#"select f.name, f.position, f.error, clock_timestamp() as "now!",
                  coalesce((select max(e.position) from events e), 0) as "head!",
                  (select e.recorded_at from events e where e.position > f.position order by e.position limit 1)
                    as "waiting_since"
             from followers f order by f.name"#
    )
    .fetch_all(pool)
    .await
}
