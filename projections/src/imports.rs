//! Imports of files of clients.

use crate::columns::{Word, only, row};
use crate::{Access, Cursor, Event, FoldError, Listed, ReadError, split, touched};
use chrono::{DateTime, Utc};
use domain::import::{self, Mode};
use domain::{Fact, ImportId};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

impl Word for Mode {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.name()
    }
}

row! {
    /// An import of a file of clients.
    pub struct Import from Stored {
        words {
            /// Which rows were taken.
            pub mode: Mode = "imports"(id),
        }
        /// The import's id.
        pub id: Uuid,
        /// The owner of the address book.
        pub owner_id: Uuid,
        /// The name of the file; it may be empty.
        pub file: String,
        /// The moment when its first client was written.
        pub begun_at: DateTime<Utc>,
        /// The moment when the file was read to its end; `None` if it goes on, or broke off.
        pub finished_at: Option<DateTime<Utc>>,
        /// How many rows the file had; `None` as long as it was not read to its end.
        pub rows: Option<i64>,
        /// How many clients were added; `None` as long as the file was not read to its end.
        pub added: Option<i64>,
        /// How many clients were changed; `None` as long as the file was not read to its end.
        pub updated: Option<i64>,
        /// How many rows changed nothing; `None` as long as the file was not read to its end.
        pub unchanged: Option<i64>,
        /// How many rows could not be taken; `None` as long as the file was not read to its end.
        pub bad: Option<i64>,
        /// The moment when somebody began to take it back; `None` if nobody has.
        pub undo_begun_at: Option<DateTime<Utc>>,
        /// The moment when it was taken back; `None` if it was not.
        pub undone_at: Option<DateTime<Utc>>,
        /// How many of the clients that it added were removed; `None` as long as it was not taken back.
        pub removed: Option<i64>,
        /// How many of those that it changed are as they were; `None` as long as it was not taken back.
        pub restored: Option<i64>,
        /// How many stay as they are, as others have changed them since; `None` as long as it was not taken back.
        pub left_alone: Option<i64>,
        /// Where in the log its first event is: what it did comes behind.
        pub begun_position: i64,
        /// The import's version: the place in its stream of the last event that is shown.
        pub version: i64,
    }
}

impl Stored {
    /// Its place in [`page`].
    fn cursor(&self) -> Cursor {
        Cursor { at: self.begun_at, id: self.id }
    }
}

/// A query of imports: what comes after the columns. It is checked when it is compiled.
macro_rules! imports {
    ($from:literal $(, $value:expr)* $(,)?) => {
        sqlx::query_as!(
            Stored,
            "select id, owner_id, file, mode, begun_at, finished_at, rows, added, updated, unchanged, bad, undo_begun_at,
                    undone_at, removed, restored, left_alone, begun_position, version "
                + $from,
            $($value,)*
        )
    };
}

/// The import of this id; `None` if there is none that may be read.
pub async fn get(pool: &PgPool, access: Access, id: ImportId) -> Result<Option<Import>, ReadError> {
    only(by_ids(pool, access, &[id.0]).await?)
}

/// Imports by their ids, in no order.
pub async fn by_ids(pool: &PgPool, access: Access, ids: &[Uuid]) -> Result<Listed<Uuid, Import>, sqlx::Error> {
    let rows = imports!("from imports where id = any($1) and ($2::uuid is null or owner_id = $2)", ids, access.owner())
        .fetch_all(pool)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.read())).collect())
}

/// The imports after a place, newest first.
pub async fn page(
    pool: &PgPool,
    access: Access,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Listed<Cursor, Import>, sqlx::Error> {
    let (at, id) = split(after);
    let rows = imports!(
        "from imports
          where ($1::uuid is null or owner_id = $1) and ($2::timestamptz is null or (begun_at, id) < ($2, $3))
          order by begun_at desc, id desc limit $4",
        access.owner(),
        at,
        id,
        limit,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.cursor(), row.read())).collect())
}

/// How many imports there are.
pub async fn count(pool: &PgPool, access: Access) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from imports where ($1::uuid is null or owner_id = $1)"#,
        access.owner(),
    )
    .fetch_one(pool)
    .await
}

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    for event in events {
        let Fact::Import(id, fact) = &event.fact else { continue };
        let done = match fact {
            import::Event::Begun { owner, file, mode } => {
                sqlx::query!(
                    "insert into imports (id, owner_id, file, mode, begun_at, begun_position, version)
                     values ($1, $2, $3, $4, $5, $6, $7)",
                    id.0,
                    owner.0,
                    file,
                    mode.name(),
                    event.at,
                    event.position,
                    event.version,
                )
                .execute(&mut *connection)
                .await?
            }
            import::Event::Finished(done) => {
                sqlx::query!(
                    "update imports set finished_at = $2, rows = $3, added = $4, updated = $5, unchanged = $6, bad = $7,
                            version = $8
                      where id = $1",
                    id.0,
                    event.at,
                    number(done.rows),
                    number(done.added),
                    number(done.updated),
                    number(done.unchanged),
                    number(done.bad),
                    event.version,
                )
                .execute(&mut *connection)
                .await?
            }
            import::Event::UndoBegun => {
                sqlx::query!(
                    "update imports set undo_begun_at = $2, version = $3 where id = $1",
                    id.0,
                    event.at,
                    event.version,
                )
                .execute(&mut *connection)
                .await?
            }
            import::Event::Undone(done) => {
                sqlx::query!(
                    "update imports set undone_at = $2, removed = $3, restored = $4, left_alone = $5, version = $6
                      where id = $1",
                    id.0,
                    event.at,
                    number(done.removed),
                    number(done.restored),
                    number(done.left),
                    event.version,
                )
                .execute(&mut *connection)
                .await?
            }
        };
        touched(&done, "imports", id.0)?;
    }
    Ok(())
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
