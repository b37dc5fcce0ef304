//! Messages that were not understood, whose letter was not found, or that people wrote: kept for a while, for administrators to look at.
//!
//! They are other people's mail. So there are few of them, each is kept once and only its beginning, and they go after a while. They stand in
//! no event, and a backup that is restored brings back those that were there then.

pub use super::keeping::{BEGINNING, MOST, OF_ONE_ADDRESS};

use super::entry::{Entry, forget};
use super::message::{Message, Taken};
use super::taking::taken;
use crate::Services;
use crate::refusal::Refused;
use crate::who::rights::Administrator;
use chrono::{DateTime, Utc};
use domain::feedback::Via;
use projections::Cursor;
use sqlx::PgPool;
use uuid::Uuid;

/// A message that is kept, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The id, which is the same for the same message.
    pub id: Uuid,
    /// The way on which it came.
    pub via: Via,
    /// The moment when it came.
    pub received_at: DateTime<Utc>,
    /// The address that the mail server says it came to; none if that is not known.
    pub envelope_to: Option<String>,
    /// Who it says that it is from; empty if it does not say.
    pub from: String,
    /// The subject; empty if there is none.
    pub subject: String,
    /// How many bytes all of it had.
    pub size: i64,
}

/// A row, but for the message itself.
struct Row {
    id: Uuid,
    via: String,
    received_at: DateTime<Utc>,
    envelope_to: Option<String>,
    from_line: String,
    subject: String,
    size: i64,
}

impl Row {
    /// The row as it is shown; none if this version has no name for its way.
    fn read(self) -> Option<Kept> {
        let Self { id, via, received_at, envelope_to, from_line: from, subject, size } = self;
        Some(Kept { id, via: Via::from_name(&via)?, received_at, envelope_to, from, subject, size })
    }
}

/// The messages that are kept, the newest first, each with its place. What this version has no name for is left out.
pub async fn page(
    pool: &PgPool,
    _by: &Administrator,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<(Cursor, Kept)>, sqlx::Error> {
    let (at, id) = (after.map(|cursor| cursor.at), after.map(|cursor| cursor.id));
    let rows = sqlx::query_as!(
        Row,
        "select id, via, received_at, envelope_to, from_line, subject, size from intake_messages
          where $1::timestamptz is null or (received_at, id) < ($1, $2::uuid)
          order by received_at desc, id desc limit $3",
        at,
        id,
        limit,
    )
    .fetch_all(pool)
    .await?;
    let placed = |row: Row| {
        let cursor = Cursor { at: row.received_at, id: row.id };
        Some((cursor, row.read()?))
    };
    Ok(rows.into_iter().filter_map(placed).collect())
}

/// How many messages are kept.
pub async fn count(pool: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"select count(*) as "count!" from intake_messages"#).fetch_one(pool).await
}

/// A message that is kept, with as much of its text as is kept; none if there is no such message.
pub async fn get(pool: &PgPool, _by: &Administrator, id: Uuid) -> Result<Option<(Kept, Vec<u8>)>, sqlx::Error> {
    Ok(whole(pool, id).await?.map(|Whole { kept, bytes, .. }| (kept, bytes)))
}

/// All that is kept of a message.
struct Whole {
    kept: Kept,
    envelope_from: Option<String>,
    bytes: Vec<u8>,
}

async fn whole(pool: &PgPool, id: Uuid) -> Result<Option<Whole>, sqlx::Error> {
    let row = sqlx::query!(
        "select id, via, received_at, envelope_from, envelope_to, from_line, subject, size, message
           from intake_messages where id = $1",
        id,
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.and_then(|row| {
        let kept = Row {
            id: row.id,
            via: row.via,
            received_at: row.received_at,
            envelope_to: row.envelope_to,
            from_line: row.from_line,
            subject: row.subject,
            size: row.size,
        };
        Some(Whole { kept: kept.read()?, envelope_from: row.envelope_from, bytes: row.message })
    }))
}

/// Throws a message away that somebody has seen; `false` if there is no such message.
pub async fn dismiss(services: &Services, _by: &Administrator, id: Uuid) -> Result<bool, Refused> {
    let mut connection = services.pool().acquire().await?;
    Ok(forget(&mut connection, id).await?)
}

/// Reads a message once more, after an update of the program for example, and does what follows from it; none if there is no such
/// message. It goes when it is understood, and is not counted again. What a provider told stays: of that there is no message to read.
pub async fn again(services: &Services, _by: &Administrator, id: Uuid) -> Result<Option<Taken>, Refused> {
    let Some(Whole { kept, envelope_from, bytes }) = whole(services.pool(), id).await? else { return Ok(None) };
    match kept.via {
        Via::Smtp | Via::Imap | Via::Pipe => {}
        Via::Ses | Via::Sendgrid | Via::Mailgun | Via::Postmark | Via::Brevo => return Ok(Some(Taken::Kept)),
    }
    let message = Message {
        bytes: &bytes,
        size: kept.size.unsigned_abs(),
        via: kept.via,
        envelope_from: envelope_from.as_deref(),
        envelope_to: kept.envelope_to.as_deref(),
    };
    taken(services, &message, Entry::Kept(id)).await.map(Some)
}
