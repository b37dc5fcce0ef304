//! What events make of suppressions.

use crate::{Event, FoldError, touched};
use chrono::{DateTime, Utc};
use domain::suppression::{self, Source};
use domain::{EmailAddress, Fact, SuppressionId};
use sqlx::PgConnection;
use sqlx::types::Json;
use std::collections::HashSet;
use uuid::Uuid;

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    // An import is thousands of them. What happens twice to one address is written in its order.
    let mut fresh = Fresh::default();
    for event in events {
        let Fact::Suppression(id, fact) = &event.fact else { continue };
        if fresh.ids.contains(&id.0) {
            std::mem::take(&mut fresh).write(connection).await?;
        }
        match fact {
            suppression::Event::Suppressed { .. } => fresh.push(*id, fact, event.version),
            suppression::Event::Lifted { by, why, at } => {
                let done = sqlx::query!(
                    "update suppressions set lifted_at = $2, lifted_by = $3, lifted_why = $4, version = $5 where id = $1",
                    id.0,
                    *at,
                    by.name(),
                    why.as_deref(),
                    event.version,
                )
                .execute(&mut *connection)
                .await?;
                touched(&done, "suppressions", id.0)?;
            }
        }
    }
    fresh.write(connection).await
}

/// Addresses that are suppressed, each once, written as a set.
#[derive(Default)]
struct Fresh<'e> {
    ids: HashSet<Uuid>,
    rows: Vec<Row<'e>>,
}

struct Row<'e> {
    id: Uuid,
    scope: suppression::Scope,
    reason: suppression::Reason,
    email: &'e EmailAddress,
    mailbox: &'e str,
    source: &'e Source,
    note: Option<&'e str>,
    at: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
    version: i64,
}

impl Row<'_> {
    fn owner(&self) -> Option<Uuid> {
        self.scope.owner().map(|owner| owner.0)
    }

    fn mailing(&self) -> Option<Uuid> {
        match self.scope {
            suppression::Scope::Mailing { mailing, .. } => Some(mailing.0),
            suppression::Scope::Installation | suppression::Scope::Owner { .. } | suppression::Scope::Topic { .. } => {
                None
            }
        }
    }

    fn group(&self) -> Option<Uuid> {
        match self.scope {
            suppression::Scope::Topic { group, .. } => Some(group.0),
            suppression::Scope::Installation
            | suppression::Scope::Owner { .. }
            | suppression::Scope::Mailing { .. } => None,
        }
    }
}

impl<'e> Fresh<'e> {
    fn push(&mut self, id: SuppressionId, fact: &'e suppression::Event, version: i64) {
        let suppression::Event::Suppressed { scope, reason, email, mailbox, source, note, at, until } = fact else {
            return;
        };
        self.ids.insert(id.0);
        self.rows.push(Row {
            id: id.0,
            scope: *scope,
            reason: *reason,
            email,
            mailbox,
            source,
            note: note.as_deref(),
            at: *at,
            until: *until,
            version,
        });
    }

    /// Whoever is suppressed anew was lifted before, or their time had passed, which the row tells no longer.
    async fn write(self, connection: &mut PgConnection) -> Result<(), FoldError> {
        let rows = &self.rows;
        if rows.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "insert into suppressions (id, scope, scope_id, owner_id, mailing_id, email, mailbox, reason, source, source_kind,
                                       note, suppressed_at, until, version, group_id)
             select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
                                  $8::text[], $9::jsonb[], $10::text[], $11::text[], $12::timestamptz[],
                                  $13::timestamptz[], $14::bigint[], $15::uuid[])
                 on conflict (id) do update
                set scope = excluded.scope, scope_id = excluded.scope_id, owner_id = excluded.owner_id,
                    mailing_id = excluded.mailing_id, email = excluded.email, mailbox = excluded.mailbox,
                    reason = excluded.reason, source = excluded.source, source_kind = excluded.source_kind,
                    note = excluded.note, suppressed_at = excluded.suppressed_at, until = excluded.until,
                    lifted_at = null, lifted_by = null, lifted_why = null, version = excluded.version,
                    group_id = excluded.group_id",
            &rows.iter().map(|row| row.id).collect::<Vec<_>>(),
            &rows.iter().map(|row| row.scope.name()).collect::<Vec<_>>() as &[&str],
            &rows.iter().map(|row| row.scope.id()).collect::<Vec<_>>(),
            &rows.iter().map(Row::owner).collect::<Vec<_>>() as &[Option<Uuid>],
            &rows.iter().map(Row::mailing).collect::<Vec<_>>() as &[Option<Uuid>],
            &rows.iter().map(|row| row.email.as_str()).collect::<Vec<_>>() as &[&str],
            &rows.iter().map(|row| row.mailbox).collect::<Vec<_>>() as &[&str],
            &rows.iter().map(|row| row.reason.name()).collect::<Vec<_>>() as &[&str],
            &rows.iter().map(|row| Json(row.source)).collect::<Vec<_>>() as &[Json<&Source>],
            &rows.iter().map(|row| row.source.name()).collect::<Vec<_>>() as &[&str],
            &rows.iter().map(|row| row.note).collect::<Vec<_>>() as &[Option<&str>],
            &rows.iter().map(|row| row.at).collect::<Vec<_>>(),
            &rows.iter().map(|row| row.until).collect::<Vec<_>>() as &[Option<DateTime<Utc>>],
            &rows.iter().map(|row| row.version).collect::<Vec<_>>(),
            &rows.iter().map(Row::group).collect::<Vec<_>>() as &[Option<Uuid>],
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}
