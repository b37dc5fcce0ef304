//! What events make of mailings.

use super::{Left, Stored};
use crate::columns::Word as _;
use crate::{Event, FoldError, touched};
use chrono::{DateTime, Utc};
use domain::mailing::{Plan, Status};
use domain::{Fact, MailingId, RelayName, mailing, run};
use sqlx::PgConnection;
use sqlx::types::Json;
use std::collections::HashMap;
use uuid::Uuid;

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    // What runs mean for mailings is gathered: many start at the same time.
    let mut begun: HashMap<Uuid, Begun> = HashMap::new();
    for event in events {
        match &event.fact {
            Fact::Mailing(id, fact) => {
                begin(connection, std::mem::take(&mut begun)).await?;
                fold_mailing(connection, *id, fact, event).await?;
            }
            Fact::Run(_, run::Event::Started { origin, trigger, .. }) => {
                let mailing = begun.entry(origin.mailing.0).or_default();
                mailing.sent = true;
                if let run::Trigger::Occurrence(at) = trigger {
                    mailing.last = mailing.last.max(Some(*at));
                }
            }
            Fact::Run(_, run::Event::OccurrencesMissed { mailing, missed, .. }) => {
                let mailing = begun.entry(mailing.0).or_default();
                mailing.last = mailing.last.max(Some(missed.last));
            }
            _ => {}
        }
    }
    begin(connection, begun).await
}

/// What the runs of a mailing that began mean for it.
#[derive(Default)]
struct Begun {
    sent: bool,
    /// The last of their occurrences: the next one follows it.
    last: Option<DateTime<Utc>>,
}

async fn begin(connection: &mut PgConnection, begun: HashMap<Uuid, Begun>) -> Result<(), FoldError> {
    if begun.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = begun.keys().copied().collect();
    let mut rows: HashMap<Uuid, Stored> =
        load_each(connection, &ids).await?.into_iter().map(|row| (row.id, row)).collect();
    let (mut ids, mut sent, mut lasts, mut nexts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (id, begun) in begun {
        let Some(row) = rows.remove(&id) else {
            // Only who goes by its plan needs one.
            if begun.last.is_some() {
                return Err(FoldError::Inconsistent(format!("there is no mailing {id}")));
            }
            continue;
        };
        let last = row.last_occurrence.max(begun.last);
        // Whoever reads the row finds that it does not read, and nobody goes by the moment that stays.
        let next = match (row.next_run_at, begun.last) {
            (next, None) => next,
            (next, Some(_)) => match row.read() {
                Ok(mailing) => mailing.next_after(last)?,
                Err(_) => next,
            },
        };
        ids.push(id);
        sent.push(begun.sent);
        lasts.push(last);
        nexts.push(next);
    }
    sqlx::query!(
        "update mailings m set sent = m.sent or t.sent, last_occurrence = t.last, next_run_at = t.next
           from unnest($1::uuid[], $2::boolean[], $3::timestamptz[], $4::timestamptz[]) as t (id, sent, last, next)
          where m.id = t.id",
        &ids,
        &sent,
        &lasts as &[Option<DateTime<Utc>>],
        &nexts as &[Option<DateTime<Utc>>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[expect(clippy::too_many_lines, reason = "a statement for each thing that can happen to a mailing")]
async fn fold_mailing(
    connection: &mut PgConnection,
    id: MailingId,
    fact: &mailing::Event,
    event: &Event,
) -> Result<(), FoldError> {
    match fact {
        mailing::Event::Created { owner, plan, since } => {
            sqlx::query!(
                "insert into mailings (id, owner_id, name, message_id, starts_at, ends_at, periodicity, time_zone,
                                       status, next_run_at, sent, created_at, version, in_doubt, relay, planned_at, kind,
                                       sender_id)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, 'active', $9, false, $10, $11, $12, $13, $14, $15, $16)",
                id.0,
                owner.0,
                plan.name.as_str(),
                plan.message.0,
                plan.window.start(),
                plan.window.end(),
                Json(&plan.periodicity) as _,
                plan.time_zone.name(),
                plan.periodicity.next(&plan.window, plan.time_zone, None),
                event.at,
                event.version,
                plan.sending.in_doubt.name(),
                plan.sending.relay.as_ref().map(RelayName::as_str),
                *since,
                plan.kind.name(),
                plan.sender.map(|sender| sender.0),
            )
            .execute(&mut *connection)
            .await?;
            keep_audience(connection, id, plan).await?;
        }
        mailing::Event::Changed { plan, since, .. } => {
            let row = load(connection, id).await?;
            let status = row.followed_by(Status::prolonged);
            let done = sqlx::query!(
                "update mailings set name = $2, message_id = $3, starts_at = $4, ends_at = $5, periodicity = $6,
                        time_zone = $7, status = $8, next_run_at = $9, version = $10, in_doubt = $11, relay = $12,
                        planned_at = coalesce($13, planned_at), kind = $14, sender_id = $15
                  where id = $1",
                id.0,
                plan.name.as_str(),
                plan.message.0,
                plan.window.start(),
                plan.window.end(),
                Json(&plan.periodicity) as _,
                plan.time_zone.name(),
                status,
                plan.periodicity.next(&plan.window, plan.time_zone, row.last_occurrence),
                event.version,
                plan.sending.in_doubt.name(),
                plan.sending.relay.as_ref().map(RelayName::as_str),
                *since,
                plan.kind.name(),
                plan.sender.map(|sender| sender.0),
            )
            .execute(&mut *connection)
            .await?;
            touched(&done, "mailings", id.0)?;
            sqlx::query!("delete from mailing_clients where mailing_id = $1", id.0).execute(&mut *connection).await?;
            sqlx::query!("delete from mailing_groups where mailing_id = $1", id.0).execute(&mut *connection).await?;
            sqlx::query!("delete from mailing_segments where mailing_id = $1", id.0).execute(&mut *connection).await?;
            sqlx::query!("delete from mailing_less where mailing_id = $1", id.0).execute(&mut *connection).await?;
            keep_audience(connection, id, plan).await?;
        }
        mailing::Event::Deleted => {
            let done = sqlx::query!(
                "update mailings set deleted_at = $2, version = $3 where id = $1",
                id.0,
                event.at,
                event.version,
            )
            .execute(&mut *connection)
            .await?;
            touched(&done, "mailings", id.0)?;
        }
        mailing::Event::Paused
        | mailing::Event::Suspended { .. }
        | mailing::Event::Resumed
        | mailing::Event::Disabled { .. }
        | mailing::Event::Enabled { .. }
        | mailing::Event::Cancelled
        | mailing::Event::Completed => {
            let status = load(connection, id).await?.followed_by(|status| status.after(fact));
            let reason = match fact {
                mailing::Event::Disabled { reason } | mailing::Event::Suspended { reason } => Some(reason.as_str()),
                _ => None,
            };
            // The window's end undoes neither pause nor disabling, so their reason stays.
            let keeps_reason = matches!(fact, mailing::Event::Completed);
            let done = sqlx::query!(
                "update mailings set status = $2, reason = case when $5 then reason else $3 end, version = $4 where id = $1",
                id.0,
                status,
                reason,
                event.version,
                keeps_reason,
            )
            .execute(&mut *connection)
            .await?;
            touched(&done, "mailings", id.0)?;
        }
    }
    Ok(())
}

async fn keep_audience(connection: &mut PgConnection, id: MailingId, plan: &Plan) -> Result<(), FoldError> {
    let clients: Vec<Uuid> = plan.audience.clients.iter().map(|client| client.0).collect();
    let groups: Vec<Uuid> = plan.audience.groups.iter().map(|group| group.0).collect();
    sqlx::query!(
        "insert into mailing_clients (mailing_id, client_id) select $1, * from unnest($2::uuid[])",
        id.0,
        &clients,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into mailing_groups (mailing_id, group_id) select $1, * from unnest($2::uuid[])",
        id.0,
        &groups,
    )
    .execute(&mut *connection)
    .await?;
    if plan.audience.is_of_groups() {
        return Ok(());
    }
    let segments: Vec<Uuid> = plan.audience.segments.iter().map(|segment| segment.0).collect();
    sqlx::query!(
        "insert into mailing_segments (mailing_id, segment_id) select $1, * from unnest($2::uuid[])",
        id.0,
        &segments,
    )
    .execute(&mut *connection)
    .await?;
    let less = &plan.audience.less;
    let (kinds, ids): (Vec<&str>, Vec<Uuid>) = less
        .groups
        .iter()
        .map(|group| (Left::Group.word(), group.0))
        .chain(less.segments.iter().map(|segment| (Left::Segment.word(), segment.0)))
        .chain(less.mailings.iter().map(|mailing| (Left::Mailing.word(), mailing.0)))
        .unzip();
    sqlx::query!(
        "insert into mailing_less (mailing_id, kind, id) select $1, * from unnest($2::text[], $3::uuid[])",
        id.0,
        &kinds as &[&str],
        &ids,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn load(connection: &mut PgConnection, id: MailingId) -> Result<Stored, FoldError> {
    let row = load_each(connection, &[id.0]).await?.pop();
    row.ok_or_else(|| FoldError::Inconsistent(format!("there is no mailing {id}")))
}

async fn load_each(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Stored>, sqlx::Error> {
    sqlx::query_as!(
        Stored,
        r#"select id, owner_id, name, message_id, starts_at, ends_at, periodicity,
                  time_zone, in_doubt, kind, relay, sender_id, status, reason, last_occurrence, next_run_at, sent, created_at,
                  deleted_at, version, planned_at, false as "owner_blocked!"
             from mailings where id = any($1)"#,
        ids,
    )
    .fetch_all(connection)
    .await
}
