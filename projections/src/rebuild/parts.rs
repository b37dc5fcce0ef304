//! Folding a stretch of the log for those that are being filled.

use super::RebuildError;
use super::member::Member;
use super::progress::Step;
use super::source::{Part, Source};
use super::tables::{checkpoint, schema};
use crate::{Projection, folding};
use eventstore::EventStore;
use sqlx::{Connection, PgConnection};
use std::sync::Arc;

/// Folds a stretch for those who are not beyond it. Returns for whom that failed; of what they folded nothing is kept.
pub(super) async fn fold_part(
    connection: &mut PgConnection,
    members: &mut [Member],
    part: &Part,
) -> Result<Vec<(Projection, RebuildError)>, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let (mut failed, mut names, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for member in members.iter_mut().filter(|member| member.position < part.last) {
        let mut savepoint = transaction.begin().await?;
        match fold_for(&mut savepoint, member.projection, part).await {
            Ok(()) => {
                savepoint.commit().await?;
                member.position = part.last;
                member.folded += part.passed;
                names.push(checkpoint(member.projection));
                counts.push(member.folded);
            }
            Err(error) => {
                savepoint.rollback().await?;
                failed.push((member.projection, error));
            }
        }
    }
    sqlx::query!(
        "update public.projections p set position = $3, folded = t.folded, updated_at = now()
           from unnest($1::text[], $2::bigint[]) as t (name, folded) where p.name = t.name",
        &names,
        &counts,
        part.last,
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(failed)
}

async fn fold_for(transaction: &mut PgConnection, projection: Projection, part: &Part) -> Result<(), RebuildError> {
    let concerning = part.page.events_for(projection);
    if let Some(first) = concerning.first() {
        sqlx::query(&format!("set local search_path = {}, public", schema(projection)))
            .execute(&mut *transaction)
            .await?;
        match folding::fold_or_find(transaction, projection, &concerning).await {
            Ok(None) => {}
            Ok(Some((position, error))) => return Err(RebuildError::Event { position, error: Arc::new(error) }),
            Err(error) => return Err(RebuildError::Event { position: first.position, error: Arc::new(error) }),
        }
    }
    match part.page.broken_for(projection) {
        Some(broken) => Err(RebuildError::Event { position: broken.position, error: Arc::clone(&broken.error) }),
        None => Ok(()),
    }
}

/// Folds what is settled by now for one of them.
pub(super) async fn fold_rest(
    connection: &mut PgConnection,
    member: &mut Member,
    progress: &impl Fn(Projection, Step),
) -> Result<(), RebuildError> {
    let mut source = Source::new(std::iter::once((member.projection, member.position)));
    loop {
        let settled = EventStore::settled(connection).await?;
        let Some(part) = source.next(connection, settled).await? else { return Ok(()) };
        fold_alone(connection, member, &part).await?;
        progress(member.projection, Step::Folded(member.folded));
    }
}

pub(super) async fn fold_alone(
    connection: &mut PgConnection,
    member: &mut Member,
    part: &Part,
) -> Result<(), RebuildError> {
    match fold_part(connection, std::slice::from_mut(member), part).await?.pop() {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}
