//! Letters and their revisions.

use crate::{Access, Cursor, Event, FoldError, pattern, sought, split, touched};
use chrono::{DateTime, Utc};
use domain::{Fact, MessageId, UserId, message};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// A message, in its present revision or in an earlier one, as its reader may see it.
#[derive(Clone, Debug)]
pub struct Message {
    /// The message's id.
    pub id: Uuid,
    /// The owner of the message.
    pub owner_id: Uuid,
    /// The number of the revision, counted from 1.
    pub revision: i32,
    /// The subject: one line, with merge fields.
    pub subject: String,
    /// Whether every signed-in user may read and use it.
    pub shared: bool,
    /// The moment when the message was written first.
    pub created_at: DateTime<Utc>,
    /// The moment when the revision was written.
    pub updated_at: DateTime<Utc>,
    /// The moment when the message was deleted, as runs still show it; `None` if it is there.
    pub deleted_at: Option<DateTime<Utc>>,
    /// The message's version: the place in its stream of the last event that is shown.
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
    /// The id of the message.
    pub message_id: Uuid,
    /// The number of the revision, counted from 1.
    pub revision: i32,
    /// The subject: one line, with merge fields.
    pub subject: String,
    /// The plain text, with merge fields.
    pub text: String,
    /// The HTML, with merge fields; `None` if there was none.
    pub html: Option<String>,
    /// The source of both, if they were made of Markdown.
    pub markdown: Option<String>,
    /// The moment when the revision was written.
    pub at: DateTime<Utc>,
}

/// The revisions of these messages that have these numbers, pair by pair, in no order, whoever may read them.
pub async fn revisions_of(pool: &PgPool, ids: &[Uuid], numbers: &[i32]) -> Result<Vec<Revision>, sqlx::Error> {
    sqlx::query_as!(
        Revision,
        "select message_id, revision, subject, text, html, markdown, at from message_revisions
          where (message_id, revision) in (select * from unnest($1::uuid[], $2::integer[]))",
        ids,
        numbers,
    )
    .fetch_all(pool)
    .await
}

/// How many bytes the texts, the HTML and the Markdown of these revisions have together.
pub async fn size_of(pool: &PgPool, ids: &[Uuid], numbers: &[i32]) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select coalesce(sum(octet_length(text) + coalesce(octet_length(html), 0)
                                 + coalesce(octet_length(markdown), 0)), 0)::bigint as "bytes!"
             from message_revisions where (message_id, revision) in (select * from unnest($1::uuid[], $2::integer[]))"#,
        ids,
        numbers,
    )
    .fetch_one(pool)
    .await
}

/// How a message is written, and how long it is.
#[derive(Clone, Copy, Debug)]
pub struct Outline {
    /// The id of the message.
    pub message_id: Uuid,
    /// How many bytes its text and its HTML have together, with merge fields.
    pub bytes: i64,
    /// Whether it has HTML.
    pub has_html: bool,
    /// Whether both were made of Markdown.
    pub in_markdown: bool,
}

/// How these messages are written in their present revisions, in no order, whoever may read them.
pub async fn outlines(pool: &PgPool, ids: &[Uuid]) -> Result<Vec<Outline>, sqlx::Error> {
    sqlx::query_as!(
        Outline,
        r#"select r.message_id, (octet_length(r.text) + coalesce(octet_length(r.html), 0))::bigint as "bytes!",
                  r.html is not null as "has_html!", r.markdown is not null as "in_markdown!"
             from message_revisions r join messages m on m.id = r.message_id and m.revision = r.revision
            where m.id = any($1)"#,
        ids,
    )
    .fetch_all(pool)
    .await
}

/// Who reads a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// A user, who reads their own messages and the shared ones.
    Owner(UserId),
    /// A user who watches over everybody's mailings, and also reads what these will send or have sent: the present revision as long
    /// as a mailing may send it, and else the last one that was sent.
    Watcher(UserId),
}

impl Readers {
    fn user(self) -> Uuid {
        match self {
            Self::Owner(user) | Self::Watcher(user) => user.0,
        }
    }

    fn watches(self) -> bool {
        matches!(self, Self::Watcher(_))
    }
}

/// Messages by their ids, also deleted ones, in no order: those that this reader may see. Each is as its newest revision is that
/// they may see, which is the present one but for those who watch: what was written after the last run of a letter that no mailing
/// sends any more is nobody's but its owner's.
pub async fn by_ids(pool: &PgPool, readers: Readers, ids: &[Uuid]) -> Result<Vec<Message>, sqlx::Error> {
    sqlx::query_as!(
        Message,
        "select m.id, m.owner_id, r.revision, r.subject, m.shared, m.created_at, r.at as updated_at, m.deleted_at, m.version
           from messages m
           join message_revisions r on r.message_id = m.id and r.revision = case
                when m.owner_id = $2 or m.shared
                     or m.deleted_at is null and exists (
                        select from mailings l
                         where l.message_id = m.id and l.owner_id = m.owner_id and l.deleted_at is null
                           and l.status in ('active', 'paused', 'disabled', 'disabled_paused'))
                then m.revision
                else (select max(message_revision) from runs where message_id = m.id) end
          where m.id = any($1) and (m.owner_id = $2 or m.shared or $3)",
        ids,
        readers.user(),
        readers.watches(),
    )
    .fetch_all(pool)
    .await
}

/// A message, also a deleted one; `None` if there is none that this reader may see.
pub async fn get(pool: &PgPool, readers: Readers, id: MessageId) -> Result<Option<Message>, sqlx::Error> {
    Ok(by_ids(pool, readers, &[id.0]).await?.pop())
}

/// Whose messages a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shelf {
    /// The messages of one's own, shared or not.
    #[default]
    Own,
    /// The messages that are shared, whoever's they are.
    Shared,
    /// All messages that one can use: one's own and the shared ones.
    Usable,
}

/// The messages that a list shows: those that meet all conditions.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Whose messages the list shows.
    pub shelf: Shelf,
    /// Only messages whose subject or text contains this, in any case.
    pub search: Option<String>,
}

impl Filter {
    fn own(&self) -> bool {
        self.shelf != Shelf::Shared
    }

    fn shared(&self) -> bool {
        self.shelf != Shelf::Own
    }
}

/// The messages after a place, newest first.
pub async fn page(
    pool: &PgPool,
    access: Access,
    filter: &Filter,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Message>, sqlx::Error> {
    let (at, id) = split(after);
    sqlx::query_as!(
        Message,
        "select id, owner_id, revision, subject, shared, created_at, updated_at, deleted_at, version from messages m
          where deleted_at is null and (($2 and ($1::uuid is null or owner_id = $1)) or ($3 and shared))
            and ($4::text is null or exists (
                 select from message_revisions r
                  where r.message_id = m.id and r.revision = m.revision
                    and case when r.found_by is not null then strpos(r.found_by, (select folded($4))) > 0
                             else r.subject ilike $8 or r.text ilike $8
                                  or strpos(lower(r.subject), (select folded($4))) > 0
                                  or strpos(lower(r.text), (select folded($4))) > 0 end))
            and ($5::timestamptz is null or (created_at, id) < ($5, $6))
          order by created_at desc, id desc limit $7",
        access.owner(),
        filter.own(),
        filter.shared(),
        sought(filter.search.as_deref()),
        at,
        id,
        limit,
        pattern(filter.search.as_deref()),
    )
    .fetch_all(pool)
    .await
}

/// How many messages pass the filter.
pub async fn count(pool: &PgPool, access: Access, filter: &Filter) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from messages m
            where deleted_at is null and (($2 and ($1::uuid is null or owner_id = $1)) or ($3 and shared))
              and ($4::text is null or exists (
                   select from message_revisions r
                    where r.message_id = m.id and r.revision = m.revision
                      and case when r.found_by is not null then strpos(r.found_by, (select folded($4))) > 0
                               else r.subject ilike $5 or r.text ilike $5
                                    or strpos(lower(r.subject), (select folded($4))) > 0
                                    or strpos(lower(r.text), (select folded($4))) > 0 end))"#,
        access.owner(),
        filter.own(),
        filter.shared(),
        sought(filter.search.as_deref()),
        pattern(filter.search.as_deref()),
    )
    .fetch_one(pool)
    .await
}

/// One revision of a message. Whoever asks has been allowed to see the message or the run.
pub async fn revision(pool: &PgPool, id: MessageId, revision: i32) -> Result<Option<Revision>, sqlx::Error> {
    sqlx::query_as!(
        Revision,
        "select message_id, revision, subject, text, html, markdown, at from message_revisions
          where message_id = $1 and revision = $2",
        id.0,
        revision,
    )
    .fetch_optional(pool)
    .await
}

/// The revisions of a message before a number, newest first. Whoever asks has been
/// allowed to see them.
pub async fn revisions(
    pool: &PgPool,
    id: MessageId,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<Revision>, sqlx::Error> {
    sqlx::query_as!(
        Revision,
        "select message_id, revision, subject, text, html, markdown, at from message_revisions
          where message_id = $1 and ($2::integer is null or revision < $2)
          order by revision desc limit $3",
        id.0,
        before,
        limit,
    )
    .fetch_all(pool)
    .await
}

/// How many bytes the revisions of a message have together, those before a number and at most so many of them.
pub async fn revisions_size(pool: &PgPool, id: MessageId, before: Option<i32>, limit: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select coalesce(sum(octet_length(text) + coalesce(octet_length(html), 0)
                                 + coalesce(octet_length(markdown), 0)), 0)::bigint as "bytes!"
             from (select text, html, markdown from message_revisions
                    where message_id = $1 and ($2::integer is null or revision < $2)
                    order by revision desc limit $3) as counted"#,
        id.0,
        before,
        limit,
    )
    .fetch_one(pool)
    .await
}

/// How many messages an owner has; counted up to `most`, so that it takes no longer however many there are.
pub async fn held(pool: &PgPool, owner: UserId, most: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "held!" from
               (select from messages where owner_id = $1 and deleted_at is null limit $2) as counted"#,
        owner.0,
        most,
    )
    .fetch_one(pool)
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
            message::Event::Shared | message::Event::Unshared => {
                let done = sqlx::query!(
                    "update messages set shared = $2, version = $3 where id = $1",
                    id.0,
                    *fact == message::Event::Shared,
                    event.version,
                )
                .execute(&mut *connection)
                .await?;
                touched(&done, "messages", id.0)?;
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
        "insert into message_revisions (message_id, revision, subject, text, html, markdown, at, found_by)
         select id, revision, $2, $3, $4, $5, $6, found_by($2, $3, '') from messages where id = $1",
        id.0,
        content.subject(),
        content.text(),
        content.html(),
        content.markdown(),
        event.at,
    )
    .execute(connection)
    .await?;
    Ok(())
}
