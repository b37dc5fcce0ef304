//! Letters of the service itself.

use crate::{Event, FoldError, touched};
use chrono::{DateTime, Utc};
use domain::batch::AttemptOutcome;
use domain::notice::{self, Attempt};
use domain::{Fact, NoticeId, Outcome, UserId};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// A letter of the service itself.
#[derive(Clone, Debug)]
pub struct Notice {
    /// The notice's id.
    pub id: Uuid,
    /// The user whose account the notice is about.
    pub user_id: Uuid,
    /// What about, see [`notice::Kind::name`].
    pub kind: String,
    /// The address to which the notice goes.
    pub email: String,
    /// The code of the language in which the notice is written, see [`domain::Language`].
    pub language: String,
    /// How far the notice is: `waiting`, `in_flight` or `settled`.
    pub status: String,
    /// The name of the notice's outcome, see [`Outcome::name`]; `None` until it is settled.
    pub outcome: Option<String>,
    /// The end of a retry pause.
    pub next_at: Option<DateTime<Utc>>,
    /// How many attempts to send the notice have been used up.
    pub attempts: i32,
    /// The last reply's three digits.
    pub code: Option<i16>,
    /// The last reply's enhanced code.
    pub enhanced: Option<String>,
    /// The last reply's text with addresses masked, or what went wrong without a reply.
    pub reply: Option<String>,
    /// The letter's `Message-ID`, once there was an attempt.
    pub message_id: Option<String>,
    /// The moment when the notice was asked for.
    pub requested_at: DateTime<Utc>,
    /// The moment when the notice got its outcome; `None` before.
    pub settled_at: Option<DateTime<Utc>>,
    /// The notice's version: the place in its stream of the last event that is shown.
    pub version: i64,
}

/// A notice. For the service itself: the addressee need not be told of it.
pub async fn get(pool: &PgPool, id: NoticeId) -> Result<Option<Notice>, sqlx::Error> {
    sqlx::query_as!(
        Notice,
        "select id, user_id, kind, email, language, status, outcome, next_at, attempts, code, enhanced, reply, message_id,
                requested_at, settled_at, version
           from notices where id = $1",
        id.0,
    )
    .fetch_optional(pool)
    .await
}

/// A test letter, for the user who asked for it.
pub async fn test_letter(pool: &PgPool, user: UserId, id: NoticeId) -> Result<Option<Notice>, sqlx::Error> {
    sqlx::query_as!(
        Notice,
        "select id, user_id, kind, email, language, status, outcome, next_at, attempts, code, enhanced, reply, message_id,
                requested_at, settled_at, version
           from notices where id = $1 and user_id = $2 and kind = $3",
        id.0,
        user.0,
        notice::TEST_LETTER,
    )
    .fetch_optional(pool)
    .await
}

/// How many notices have no outcome yet.
pub async fn waiting(pool: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"select count(*) as "waiting!" from notices where status <> 'settled'"#).fetch_one(pool).await
}

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    for event in events {
        let Fact::Notice(id, fact) = &event.fact else { continue };
        match fact {
            notice::Event::Requested(request) => {
                sqlx::query!(
                    "insert into notices (id, user_id, kind, email, language, requested_at, version)
                     values ($1, $2, $3, $4, $5, $6, $7)",
                    id.0,
                    request.user.0,
                    request.kind.name(),
                    request.to.as_str(),
                    request.language.name(),
                    event.at,
                    event.version,
                )
                .execute(&mut *connection)
                .await?;
            }
            notice::Event::SendingStarted { message_id } => {
                let done = sqlx::query!(
                    "update notices set status = 'in_flight', message_id = $2, next_at = null, version = $3 where id = $1",
                    id.0,
                    message_id,
                    event.version,
                )
                .execute(&mut *connection)
                .await?;
                touched(&done, "notices", id.0)?;
            }
            notice::Event::AttemptRecorded(attempt) => record(connection, *id, attempt, event).await?,
            notice::Event::Expired { .. } => {
                let done = sqlx::query!(
                    "update notices set status = 'settled', outcome = $2, next_at = null, settled_at = $3, version = $4
                      where id = $1",
                    id.0,
                    Outcome::Expired.name(),
                    event.at,
                    event.version,
                )
                .execute(&mut *connection)
                .await?;
                touched(&done, "notices", id.0)?;
            }
        }
    }
    Ok(())
}

async fn record(
    connection: &mut PgConnection,
    id: NoticeId,
    attempt: &Attempt,
    event: &Event,
) -> Result<(), FoldError> {
    let (outcome, next_at) = match &attempt.outcome {
        AttemptOutcome::Accepted => (Some(Outcome::Accepted), None),
        AttemptOutcome::Rejected { .. } => (Some(Outcome::Rejected), None),
        AttemptOutcome::Unknown { .. } => (Some(Outcome::Unknown), None),
        AttemptOutcome::Deferred { until } => (None, Some(*until)),
        AttemptOutcome::NotTried => (None, None),
    };
    let done = sqlx::query!(
        "update notices
            set status = $2, outcome = $3, next_at = $4, settled_at = $5, attempts = attempts + $6,
                code = $7, enhanced = $8, reply = $9, version = $10
          where id = $1",
        id.0,
        if outcome.is_some() { "settled" } else { "waiting" },
        outcome.map(Outcome::name),
        next_at,
        outcome.map(|_| event.at),
        i32::from(attempt.outcome != AttemptOutcome::NotTried),
        attempt.code.and_then(|code| i16::try_from(code).ok()),
        attempt.enhanced,
        attempt.reply,
        event.version,
    )
    .execute(connection)
    .await?;
    touched(&done, "notices", id.0)
}
