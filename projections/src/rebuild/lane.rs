//! Some projections that are filled over one connection, one after the other, stretch by stretch; those that take long have one
//! of their own.

use super::exchange::exchange;
use super::member::Member;
use super::parts::{fold_part, fold_rest};
use super::progress::{Step, TOLD};
use super::source::{Counted, Part, Told};
use super::tables::{checkpoint, complete, lock_of, unlock};
use super::{RebuildError, RebuildProgress};
use crate::Projection;
use domain::rebuild::{Command, Rebuild as Recorded};
use eventstore::{EventStore, Metadata, StoreError};
use sqlx::{Connection, PgConnection};
use tokio::sync::mpsc;

/// What came of it.
pub(super) type Ended = (Projection, Result<RebuildProgress, RebuildError>);

/// Projections that are filled over one connection, which holds their locks.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) connection: PgConnection,
    pub(super) members: Vec<Member>,
}

/// Where a lane writes down what it does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Books<'a> {
    pub(super) store: &'a EventStore,
    pub(super) metadata: &'a Metadata,
}

impl Lane {
    /// Folds what it is told, and ends each of its members: a member that fails does not keep the others from going on.
    pub(super) async fn run(
        mut self,
        books: Books<'_>,
        mut told: mpsc::Receiver<Told>,
        progress: impl Fn(Projection, Step),
    ) -> Vec<Ended> {
        let mut ended = Vec::with_capacity(self.members.len());
        let counted = loop {
            if self.members.is_empty() {
                break None;
            }
            let failed = match told.recv().await {
                Some(Told::Part(part)) => self.fold(&part, &progress).await,
                Some(Told::End(counted)) => break Some(counted),
                Some(Told::Failed(error)) => self.all_failed(&RebuildError::Store(error)),
                None => self.all_failed(&RebuildError::Unread),
            };
            for (member, error) in failed {
                progress(member.projection, Step::Ended(member.folded));
                ended.push(self.end(member, Err(error), books).await);
            }
        };
        // Nobody waits for who has what it needs.
        drop(told);
        if let Some(counted) = counted {
            for mut member in std::mem::take(&mut self.members) {
                let finished = self.finish(&mut member, counted, &progress).await;
                progress(member.projection, Step::Ended(member.folded));
                ended.push(self.end(member, finished, books).await);
            }
        }
        if let Err(error) = self.connection.close().await {
            tracing::debug!(%error, "the connection of a rebuild did not close well");
        }
        ended
    }

    fn all_failed(&mut self, error: &RebuildError) -> Vec<(Member, RebuildError)> {
        std::mem::take(&mut self.members).into_iter().map(|member| (member, error.shared())).collect()
    }

    /// Folds a stretch for all of them in one transaction, and takes out those for whom that failed.
    async fn fold(&mut self, part: &Part, progress: &impl Fn(Projection, Step)) -> Vec<(Member, RebuildError)> {
        match fold_part(&mut self.connection, &mut self.members, part).await {
            Ok(failed) => {
                let broken = |member: &Member| failed.iter().any(|(projection, _)| *projection == member.projection);
                let (out, in_order): (Vec<_>, Vec<_>) = std::mem::take(&mut self.members).into_iter().partition(broken);
                self.members = in_order;
                for member in self.members.iter().filter(|member| member.position == part.last) {
                    progress(member.projection, Step::Folded(member.folded));
                }
                out.into_iter().zip(failed.into_iter().map(|(_, error)| error)).collect()
            }
            Err(error) => self.all_failed(&error.into()),
        }
    }

    /// Folds what came meanwhile, and puts the new tables in the place of the old ones.
    async fn finish(
        &mut self,
        member: &mut Member,
        counted: Counted,
        progress: &impl Fn(Projection, Step),
    ) -> Result<RebuildProgress, RebuildError> {
        let connection = &mut self.connection;
        // The tables take a while to be completed, and events go on coming.
        fold_rest(connection, member, progress).await?;
        complete(connection, member.projection).await?;
        exchange(connection, member, counted, progress).await?;
        Ok(RebuildProgress { folded: member.folded, total: member.folded })
    }

    /// Writes down how it ended, and lets others rebuild the projection.
    async fn end(
        &mut self,
        member: Member,
        ended: Result<RebuildProgress, RebuildError>,
        Books { store, metadata }: Books<'_>,
    ) -> Ended {
        let Member { projection, id, .. } = member;
        if let Err(error) = &ended {
            note(&mut self.connection, store, projection, &error.to_string()).await;
        }
        let end = match &ended {
            Ok(done) => Command::Finish { events: u64::try_from(done.folded).unwrap_or(0) },
            // PostgreSQL may quote what it was given, and what is in the log stays there.
            Err(error) => Command::Fail { reason: error.to_string().chars().take(TOLD).collect() },
        };
        // The tables are what they are by now, whether that can be recorded or not.
        if let Err(error) = store.execute::<Recorded>(id.0, end, metadata).await {
            tracing::warn!(projection = projection.name(), %error, "the end of a rebuild cannot be recorded");
        }
        // Whoever sees this rebuild ended can begin the next one, before PostgreSQL has noticed that the connection is closed.
        unlock(&mut self.connection, projection).await;
        (projection, ended)
    }
}

/// Writes down why a rebuild was stopped, but not beside another one that somebody has begun meanwhile.
async fn note(connection: &mut PgConnection, store: &EventStore, projection: Projection, why: &str) {
    // Whoever has this connection has the lock, so this rebuild is the one that is meant.
    if write_error(connection, projection, why).await.is_ok() {
        return;
    }
    // It may be what broke, and PostgreSQL takes a moment to notice. If the lock is not to be had after that, somebody else has it.
    let noted = async {
        let mut transaction = store.begin().await?;
        sqlx::query("set local lock_timeout = '1s'").execute(&mut *transaction).await?;
        sqlx::query!("select pg_advisory_xact_lock(hashtext($1), 1)", lock_of(projection))
            .execute(&mut *transaction)
            .await?;
        write_error(&mut transaction, projection, why).await?;
        transaction.commit().await?;
        Ok::<_, StoreError>(())
    };
    if let Err(error) = noted.await {
        tracing::debug!(%error, "why a rebuild failed cannot be written down");
    }
}

async fn write_error(connection: &mut PgConnection, projection: Projection, why: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update public.projections set error = $2, updated_at = now() where name = $1",
        checkpoint(projection),
        why,
    )
    .execute(connection)
    .await?;
    Ok(())
}
