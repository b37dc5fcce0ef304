//! Letters and their revisions.

use crate::{Access, Cursor, Event, FoldError, split, touched};
use chrono::{DateTime, Utc};
use domain::{Fact, MessageId, message};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// A message, in its current revision.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its id.
    pub id: Uuid,
    /// Whose.
    pub owner_id: Uuid,
    /// Counted from 1.
    pub revision: i32,
    /// One line, with merge fields.
    pub subject: String,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// When the current revision was written.
    pub updated_at: DateTime<Utc>,
    /// Until when, if it was deleted; runs still show it.
    pub deleted_at: Option<DateTime<Utc>>,
    /// Of the last event shown.
    pub version: i64,
}

impl Message {
    /// Its place in [`page`].
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id }
    }
}

/// A revision of a message.
#[derive(Clone, Debug)]
pub struct Revision {
    /// Of which message.
    pub message_id: Uuid,
    /// Counted from 1.
    pub revision: i32,
    /// One line, with merge fields.
    pub subject: String,
    /// With merge fields.
    pub text: String,
    /// With merge fields.
    pub html: Option<String>,
    /// When it was written.
    pub at: DateTime<Utc>,
}

/// Messages by their ids, also deleted ones, in no order.
pub async fn by_ids(pool: &PgPool, access: Access, ids: &[Uuid]) -> Result<Vec<Message>, sqlx::Error> {
    sqlx::query_as!(
        Message,
        "select id, owner_id, revision, subject, created_at, updated_at, deleted_at, version from messages
          where id = any($1) and ($2::uuid is null or owner_id = $2)",
        ids,
        access.owner(),
    )
    .fetch_all(pool)
    .await
}

/// A message, also a deleted one.
pub async fn get(pool: &PgPool, access: Access, id: MessageId) -> Result<Option<Message>, sqlx::Error> {
    Ok(by_ids(pool, access, &[id.0]).await?.pop())
}

/// The messages after a place, newest first.
pub async fn page(
    pool: &PgPool,
    access: Access,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Message>, sqlx::Error> {
    let (at, id) = split(after);
    sqlx::query_as!(
        Message,
        "select id, owner_id, revision, subject, created_at, updated_at, deleted_at, version from messages
          where deleted_at is null and ($1::uuid is null or owner_id = $1)
            and ($2::timestamptz is null or (created_at, id) < ($2, $3))
          order by created_at desc, id desc limit $4",
        access.owner(),
        at,
        id,
        limit,
    )
    .fetch_all(pool)
    .await
}

/// How many messages there are.
pub async fn count(pool: &PgPool, access: Access) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from messages
            where deleted_at is null and ($1::uuid is null or owner_id = $1)"#,
        access.owner(),
    )
    .fetch_one(pool)
    .await
}

/// One revision of a message. Whoever asks has been allowed to see the message or the run.
pub async fn revision(pool: &PgPool, id: MessageId, revision: i32) -> Result<Option<Revision>, sqlx::Error> {
    sqlx::query_as!(
        Revision,
        "select message_id, revision, subject, text, html, at from message_revisions
          where message_id = $1 and revision = $2",
        id.0,
        revision,
    )
    .fetch_optional(pool)
    .await
}

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    for event in events {
        let Fact::Message(id, fact) = &event.fact else { continue };
        match fact {
            message::Event::Created { owner, content } => {
                sqlx::query!(
                    "insert into messages (id, owner_id, revision, subject, created_at, updated_at, version)
                     values ($1, $2, 1, $3, $4, $4, $5)",
                    id.0,
                    owner.0,
                    content.subject(),
                    event.at,
                    event.version,
                )
                .execute(&mut *connection)
                .await?;
                keep_revision(connection, *id, content, event).await?;
            }
            message::Event::Revised { content } => {
                let done = sqlx::query!(
                    "update messages set revision = revision + 1, subject = $2, updated_at = $3, version = $4
                      where id = $1",
                    id.0,
                    content.subject(),
                    event.at,
                    event.version,
                )
                .execute(&mut *connection)
                .await?;
                touched(&done, "messages", id.0)?;
                keep_revision(connection, *id, content, event).await?;
            }
            message::Event::Deleted => {
                let done = sqlx::query!(
                    "update messages set deleted_at = $2, version = $3 where id = $1",
                    id.0,
                    event.at,
                    event.version,
                )
                .execute(&mut *connection)
                .await?;
                touched(&done, "messages", id.0)?;
            }
        }
    }
    Ok(())
}

async fn keep_revision(
    connection: &mut PgConnection,
    id: MessageId,
    content: &message::Content,
    event: &Event,
) -> Result<(), FoldError> {
    sqlx::query!(
        "insert into message_revisions (message_id, revision, subject, text, html, at)
         select id, revision, $2, $3, $4, $5 from messages where id = $1",
        id.0,
        content.subject(),
        content.text(),
        content.html(),
        event.at,
    )
    .execute(connection)
    .await?;
    Ok(())
}
