//! The report log: finished runs. A run whose doubtful letters are sent again has no report until it is finished again.

use crate::{Access, Cursor, Event, FoldError, split};
use chrono::{DateTime, Utc};
use domain::{Fact, RunId, Totals, run};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// The report of a finished run.
#[derive(Clone, Debug)]
pub struct Report {
    /// Of which run.
    pub run_id: Uuid,
    /// Of which mailing.
    pub mailing_id: Uuid,
    /// Whose.
    pub owner_id: Uuid,
    /// When the run started.
    pub started_at: DateTime<Utc>,
    /// When its last delivery had its outcome.
    pub finished_at: DateTime<Utc>,
    /// What became of them.
    pub totals: Json<Totals>,
}

impl Report {
    /// Its place in [`page`].
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.finished_at, id: self.run_id }
    }

    /// From start to finish, in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        let took = self.finished_at - self.started_at;
        took.as_seconds_f64().max(0.0)
    }

    /// Letters that reached an outcome per second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        let letters = self.totals.planned - self.totals.pending;
        #[expect(clippy::cast_precision_loss, reason = "a rate for people; runs have fewer than 2^52 letters")]
        let letters = letters as f64;
        if self.seconds() > 0.0 { letters / self.seconds() } else { letters }
    }

    /// The report in sentences.
    #[must_use]
    pub fn text(&self) -> String {
        let Totals { planned, accepted, rejected, unknown, suppressed, expired, .. } = self.totals.0;
        let mut lines = vec![format!(
            "{planned} letters were planned, {accepted} were accepted by the mail server, in {:.1} s ({:.0} a second).",
            self.seconds(),
            self.per_second(),
        )];
        if rejected > 0 {
            lines.push(format!("{rejected} were rejected for good."));
        }
        if unknown > 0 {
            lines.push(format!("{unknown} are in doubt: the sender stopped between the send and the answer."));
        }
        if suppressed > 0 {
            lines.push(format!("{suppressed} were never tried, because the mailing was cancelled."));
        }
        if expired > 0 {
            lines.push(format!("{expired} were given up, because the window ended or the mailing was cancelled."));
        }
        lines.join("\n")
    }
}

/// The report of a run, once it is finished.
pub async fn get(pool: &PgPool, access: Access, run: RunId) -> Result<Option<Report>, sqlx::Error> {
    sqlx::query_as!(
        Report,
        r#"select run_id, mailing_id, owner_id, started_at, finished_at as "finished_at!",
                  totals as "totals!: Json<Totals>"
             from reports where run_id = $1 and finished_at is not null and ($2::uuid is null or owner_id = $2)"#,
        run.0,
        access.owner(),
    )
    .fetch_optional(pool)
    .await
}

/// The reports after a place, newest first.
pub async fn page(
    pool: &PgPool,
    access: Access,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Report>, sqlx::Error> {
    let (at, id) = split(after);
    sqlx::query_as!(
        Report,
        r#"select run_id, mailing_id, owner_id, started_at, finished_at as "finished_at!",
                  totals as "totals!: Json<Totals>"
             from reports
            where finished_at is not null and ($1::uuid is null or owner_id = $1)
              and ($2::timestamptz is null or (finished_at, run_id) < ($2, $3))
            order by finished_at desc, run_id desc limit $4"#,
        access.owner(),
        at,
        id,
        limit,
    )
    .fetch_all(pool)
    .await
}

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    for event in events {
        match &event.fact {
            Fact::Run(id, run::Event::Started { origin, at, .. }) => {
                sqlx::query!(
                    "insert into reports (run_id, mailing_id, owner_id, started_at) values ($1, $2, $3, $4)",
                    id.0,
                    origin.mailing.0,
                    origin.owner.0,
                    at,
                )
                .execute(&mut *connection)
                .await?;
            }
            // Until it is finished again.
            Fact::Run(id, run::Event::ResendOrdered { .. }) => {
                sqlx::query!("update reports set finished_at = null, totals = null where run_id = $1", id.0)
                    .execute(&mut *connection)
                    .await?;
            }
            Fact::Run(id, run::Event::Finished { totals, at }) => {
                sqlx::query!(
                    "update reports set finished_at = $2, totals = $3 where run_id = $1",
                    id.0,
                    at,
                    Json(totals) as _,
                )
                .execute(&mut *connection)
                .await?;
            }
            _ => {}
        }
    }
    Ok(())
}
