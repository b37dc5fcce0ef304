//! How it is with the ways on which messages come in: those on which they are fetched, as whoever looks for them says, and those on which
//! others deliver, as each process that is there for them says. Not a fold of the log: the intake writes these rows itself.

use chrono::{DateTime, TimeDelta, Utc};
use domain::feedback::{HEARD_FOR, WATCHED_FOR};
use sqlx::PgExecutor;
use sqlx::postgres::types::PgInterval;

/// How it is with a way on which messages come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The name of the way ([`domain::feedback::Via`]), which perhaps only a newer program knows.
    pub via: String,
    /// Why nothing came in when it was said; none if nothing was in the way.
    pub error: Option<String>,
    /// The moment since which nothing came in; none if nothing was in the way.
    pub since: Option<DateTime<Utc>>,
    /// The moment when somebody last looked, or said how it is.
    pub looked_at: DateTime<Utc>,
    /// Whether somebody looked lately enough to look again: else the mailbox is in the settings of no process any more.
    pub is_watched: bool,
}

impl Way {
    /// Why the way is closed; none if it is open, or in nobody's settings any more.
    #[must_use]
    pub fn closed(&self) -> Option<&str> {
        self.error.as_deref().filter(|_| self.is_watched)
    }
}

/// How it is with each way on which somebody has looked for messages, or can deliver them. Where several processes say how it is, the one
/// counts that has had most trouble, and those that have ended do not.
pub async fn standing(executor: impl PgExecutor<'_>) -> Result<Vec<Way>, sqlx::Error> {
    sqlx::query_as!(
        Way,
        r#"select distinct on (via) via as "via!", error as "error?", since as "since?", looked_at as "looked_at!",
                  is_watched as "is_watched!"
             from (select via, error, since, looked_at, looked_at > clock_timestamp() - $1::interval as is_watched
                     from intake_states
                   union all
                   select via, error, since, looked_at, true
                     from intake_ways
                    where looked_at > clock_timestamp() - $2::interval) w
            order by via, is_watched desc, error is null, since, looked_at desc"#,
        interval(WATCHED_FOR),
        interval(HEARD_FOR),
    )
    .fetch_all(executor)
    .await
}

fn interval(time: TimeDelta) -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: time.num_microseconds().unwrap_or(i64::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_closed_if_something_is_in_it_and_somebody_still_looks_there() {
        for (error, is_watched, closed) in [
            (None, true, None),
            (None, false, None),
            (Some("no such host"), true, Some("no such host")),
            (Some("no such host"), false, None),
        ] {
            let looked_at = DateTime::UNIX_EPOCH;
            let error = error.map(str::to_owned);
            let way = Way { via: "imap".to_owned(), error, since: None, looked_at, is_watched };
            assert_eq!(way.closed(), closed, "{way:?}");
        }
    }

    #[test]
    fn times_are_told_to_postgresql_as_they_are() {
        assert_eq!(interval(HEARD_FOR).microseconds, 300_000_000);
    }
}
