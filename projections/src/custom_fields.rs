//! Fields of owners' own, which their clients have beside name and address. What clients have in them is kept with the clients.

use crate::columns::row;
use crate::{Access, Event, FoldError, ReadError, touched};
use chrono::{DateTime, Utc};
use domain::custom_field::{self, Key, Kind};
use domain::{Fact, UserId};
use sqlx::{PgConnection, PgPool};
use std::collections::BTreeSet;
use uuid::Uuid;

row! {
    /// A field of an owner's own.
    pub struct CustomField from Stored {
        words {
            /// Of which kind its values are.
            pub kind: Kind = "custom_fields"(id),
        }
        /// The field's id.
        pub id: Uuid,
        /// The owner of the field.
        pub owner_id: Uuid,
        /// What letters, files and programs call it.
        pub key: String,
        /// What people see as its name.
        pub label: String,
        /// The moment when it was defined, the last time if it was removed in between.
        pub defined_at: DateTime<Utc>,
        /// The field's version: the place in its stream of the last event that is shown.
        pub version: i64,
    }
}

/// The rows as they read, or the first that does not.
fn read(rows: Vec<Stored>) -> Result<Vec<CustomField>, ReadError> {
    Ok(rows.into_iter().map(Stored::read).collect::<Result<_, _>>()?)
}

/// The fields that are there, in the order in which they were defined.
pub async fn all(pool: &PgPool, access: Access) -> Result<Vec<CustomField>, ReadError> {
    let rows = sqlx::query_as!(
        Stored,
        "select id, owner_id, key, label, kind, defined_at, version from custom_fields
          where removed_at is null and ($1::uuid is null or owner_id = $1) order by defined_at, id",
        access.owner(),
    )
    .fetch_all(pool)
    .await?;
    read(rows)
}

/// Those of these fields that are there, in no order.
pub async fn by_ids(pool: &PgPool, access: Access, ids: &[Uuid]) -> Result<Vec<CustomField>, ReadError> {
    let rows = sqlx::query_as!(
        Stored,
        "select id, owner_id, key, label, kind, defined_at, version from custom_fields
          where id = any($1) and removed_at is null and ($2::uuid is null or owner_id = $2)",
        ids,
        access.owner(),
    )
    .fetch_all(pool)
    .await?;
    read(rows)
}

/// The fields of these owners that are there, of each owner in the order in which they were defined.
pub async fn of_owners(pool: &PgPool, owners: &[Uuid]) -> Result<Vec<CustomField>, ReadError> {
    let rows = sqlx::query_as!(
        Stored,
        "select id, owner_id, key, label, kind, defined_at, version from custom_fields
          where owner_id = any($1) and removed_at is null order by owner_id, defined_at, id",
        owners,
    )
    .fetch_all(pool)
    .await?;
    read(rows)
}

/// The keys of an owner's fields that are there: what their letters may name, of whichever kind it is.
pub async fn keys(pool: &PgPool, owner: UserId) -> Result<BTreeSet<Key>, sqlx::Error> {
    let keys = sqlx::query_scalar!("select key from custom_fields where owner_id = $1 and removed_at is null", owner.0)
        .fetch_all(pool)
        .await?;
    Ok(keys.iter().filter_map(|key| Key::parse(key).ok()).collect())
}

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    for event in events {
        let Fact::CustomField(id, fact) = &event.fact else { continue };
        match fact {
            custom_field::Event::Defined { owner, key, label, kind } => {
                // Owner and key are what the id is made of.
                sqlx::query!(
                    "insert into custom_fields (id, owner_id, key, label, kind, defined_at, version)
                     values ($1, $2, $3, $4, $5, $6, $7)
                         on conflict (id) do update
                        set label = excluded.label, kind = excluded.kind, defined_at = excluded.defined_at,
                            removed_at = null, version = excluded.version",
                    id.0,
                    owner.0,
                    key.as_str(),
                    label.as_str(),
                    kind.name(),
                    event.at,
                    event.version,
                )
                .execute(&mut *connection)
                .await?;
            }
            custom_field::Event::Renamed { label } => {
                let done = sqlx::query!(
                    "update custom_fields set label = $2, version = $3 where id = $1",
                    id.0,
                    label.as_str(),
                    event.version,
                )
                .execute(&mut *connection)
                .await?;
                touched(&done, "custom_fields", id.0)?;
            }
            custom_field::Event::Removed => {
                let done = sqlx::query!(
                    "update custom_fields set removed_at = $2, version = $3 where id = $1",
                    id.0,
                    event.at,
                    event.version,
                )
                .execute(&mut *connection)
                .await?;
                touched(&done, "custom_fields", id.0)?;
            }
        }
    }
    Ok(())
}
