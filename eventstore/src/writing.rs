//! The statements that write events and claims.

use crate::Metadata;
use crate::error::AppendError;
use crate::events::{Append, Fresh};
use domain::Claim;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// The events of some appends as columns.
struct Rows<'a> {
    types: Vec<&'a str>,
    ids: Vec<&'a str>,
    sequences: Vec<i64>,
    event_types: Vec<&'a str>,
    versions: Vec<&'a str>,
    payloads: Vec<&'a str>,
    told: Vec<Value>,
    event_ids: Vec<Uuid>,
}

impl<'a> Rows<'a> {
    fn of(appends: &'a [Append], metadata: &'a Metadata) -> Self {
        let count = appends.iter().map(|append| append.events.len()).sum();
        let mut rows = Self {
            types: Vec::with_capacity(count),
            ids: Vec::with_capacity(count),
            sequences: Vec::with_capacity(count),
            event_types: Vec::with_capacity(count),
            versions: Vec::with_capacity(count),
            payloads: Vec::with_capacity(count),
            told: Vec::with_capacity(count),
            event_ids: Vec::with_capacity(count),
        };
        for append in appends {
            rows.told.extend(append.metadata(metadata));
            for (sequence, Fresh { id, encoded }) in (append.after + 1..).zip(&append.events) {
                rows.types.push(append.aggregate_type);
                rows.ids.push(append.aggregate_id.as_str());
                rows.sequences.push(sequence);
                rows.event_ids.push(*id);
                rows.event_types.push(encoded.event_type.as_str());
                rows.versions.push(encoded.version.as_str());
                rows.payloads.push(encoded.payload.as_str());
            }
        }
        rows
    }
}

pub(crate) async fn insert(
    connection: &mut PgConnection,
    appends: &[Append],
    metadata: &Metadata,
) -> Result<i64, AppendError> {
    let rows = Rows::of(appends, metadata);
    let inserted = sqlx::query_scalar!(
        r#"with inserted as (
               insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata,
                                   event_id)
               select aggregate_type, aggregate_id, sequence, event_type, event_version, payload::jsonb, metadata, event_id
                 from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::jsonb[],
                             $8::uuid[]) with ordinality
                   as t (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, event_id, n)
                order by n
               returning position)
           select max(position) as "position!" from inserted"#,
        &rows.types as &[&str],
        &rows.ids as &[&str],
        &rows.sequences,
        &rows.event_types as &[&str],
        &rows.versions as &[&str],
        &rows.payloads as &[&str],
        &rows.told,
        &rows.event_ids,
    )
    .fetch_one(connection)
    .await;
    inserted.map_err(|error| conflicting(error, appends))
}

/// The same with what they claim, for those that release nothing. The claims come first, as in a transaction with both: who has
/// to wait for a claim has not begun to hold up the readers of the log.
pub(crate) async fn take_and_insert(
    connection: &mut PgConnection,
    appends: &[Append],
    metadata: &Metadata,
) -> Result<i64, AppendError> {
    let rows = Rows::of(appends, metadata);
    let (kinds, scopes, values, holder_types, holders) = columns(appends, |append| &append.take);
    // A `case` looks at its condition before anything else, and what writes is run when it is looked at.
    let inserted = sqlx::query_scalar!(
        r#"with taken as (
               insert into claims (kind, scope, value, aggregate_type, aggregate_id)
               select * from unnest($9::text[], $10::text[], $11::text[], $12::text[], $13::text[])
               returning 1
           ), inserted as (
               insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata,
                                   event_id)
               select aggregate_type, aggregate_id, sequence, event_type, event_version, payload::jsonb, metadata, event_id
                 from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::jsonb[],
                             $8::uuid[]) with ordinality
                   as t (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, event_id, n)
                order by n
               returning position)
           select case when (select count(*) from taken) > 0 then (select max(position) from inserted) end as "position!""#,
        &rows.types as &[&str],
        &rows.ids as &[&str],
        &rows.sequences,
        &rows.event_types as &[&str],
        &rows.versions as &[&str],
        &rows.payloads as &[&str],
        &rows.told,
        &rows.event_ids,
        &kinds as &[&str],
        &scopes as &[&str],
        &values as &[&str],
        &holder_types as &[&str],
        &holders as &[&str],
    )
    .fetch_one(connection)
    .await;
    inserted.map_err(|error| conflicting(error, appends))
}

/// Which of the two keys an append met: that of a stream that has gone on, or that of a claim that somebody holds.
fn conflicting(error: sqlx::Error, appends: &[Append]) -> AppendError {
    match violated(&error) {
        Some("events_pkey") => AppendError::Conflict,
        Some("claims_pkey") => {
            // The detail names the key, but as one text; the claim is found by writing each in the same way.
            let detail = error
                .as_database_error()
                .and_then(|error| error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>())
                .and_then(sqlx::postgres::PgDatabaseError::detail)
                .unwrap_or_default();
            let claim = appends
                .iter()
                .flat_map(|append| &append.take)
                .find(|claim| detail.contains(&format!("=({}, {}, {})", claim.kind, claim.scope, claim.value)));
            AppendError::Claimed(claim.cloned())
        }
        _ => error.into(),
    }
}

/// Refuses to give up the last claim of a kind of which there must always be one. Two who would give up one each at the
/// same moment meet at the locks: the second one waits, and then no longer finds what the first one gave up.
pub(crate) async fn leave_one(connection: &mut PgConnection, appends: &[Append]) -> Result<(), AppendError> {
    let like = |one: &Claim, other: &Claim| (one.kind, &one.scope) == (other.kind, &other.scope);
    for claim in appends.iter().flat_map(|append| &append.needed) {
        let held = sqlx::query_scalar!(
            "select value from claims where kind = $1 and scope = $2 order by value for update",
            claim.kind,
            claim.scope,
        )
        .fetch_all(&mut *connection)
        .await?;
        let released = |value: &String| {
            let mut needed = appends.iter().flat_map(|append| &append.needed);
            needed.any(|other| like(other, claim) && [Some(&other.value), other.former.as_ref()].contains(&Some(value)))
        };
        let replaced = appends.iter().flat_map(|append| &append.take).any(|other| like(other, claim));
        if !replaced && held.iter().all(released) {
            return Err(AppendError::Needed(claim.clone()));
        }
    }
    Ok(())
}

pub(crate) async fn release(connection: &mut PgConnection, appends: &[Append]) -> Result<(), AppendError> {
    let (kinds, scopes, values, types, ids) = columns(appends, |append| &append.release);
    if !kinds.is_empty() {
        sqlx::query!(
            // Only its own: two of before may hold what is one value by now, and then one of them does.
            "delete from claims c using unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
                as t (kind, scope, value, aggregate_type, aggregate_id)
              where (c.kind, c.scope, c.value) = (t.kind, t.scope, t.value)
                and (c.aggregate_type, c.aggregate_id) = (t.aggregate_type, t.aggregate_id)",
            &kinds as &[&str],
            &scopes as &[&str],
            &values as &[&str],
            &types as &[&str],
            &ids as &[&str],
        )
        .execute(connection)
        .await?;
    }
    Ok(())
}

pub(crate) async fn take(connection: &mut PgConnection, appends: &[Append]) -> Result<(), AppendError> {
    let (kinds, scopes, values, types, ids) = columns(appends, |append| &append.take);
    if kinds.is_empty() {
        return Ok(());
    }
    let taken = sqlx::query!(
        "insert into claims (kind, scope, value, aggregate_type, aggregate_id)
         select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])",
        &kinds as &[&str],
        &scopes as &[&str],
        &values as &[&str],
        &types as &[&str],
        &ids as &[&str],
    )
    .execute(connection)
    .await;
    taken.map(|_| ()).map_err(|error| conflicting(error, appends))
}

type Columns<'a> = (Vec<&'a str>, Vec<&'a str>, Vec<&'a str>, Vec<&'a str>, Vec<&'a str>);

fn columns(appends: &[Append], which: fn(&Append) -> &Vec<Claim>) -> Columns<'_> {
    let mut claims: Vec<(&Claim, &Append)> =
        appends.iter().flat_map(|append| which(append).iter().map(move |claim| (claim, append))).collect();
    // Two appends that touch the same claims meet at the first of them, instead of each waiting for the other.
    claims.sort_unstable_by_key(|(claim, _)| *claim);
    let mut columns: Columns<'_> = Default::default();
    for (claim, append) in claims {
        columns.0.push(claim.kind);
        columns.1.push(&claim.scope);
        columns.2.push(&claim.value);
        columns.3.push(append.aggregate_type);
        columns.4.push(&append.aggregate_id);
    }
    columns
}

pub(crate) fn violated(error: &sqlx::Error) -> Option<&str> {
    let error = error.as_database_error()?;
    if error.is_unique_violation() { error.constraint() } else { None }
}
