//! Clients who join groups or leave them, many in a row.

use super::counts;
use crate::FoldError;
use domain::{ClientId, GroupId};
use sqlx::PgConnection;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Events of one kind in a row, written as a set: a whole address book may join a group at once.
#[derive(Default)]
pub(super) struct Moves {
    joining: bool,
    clients: Vec<Uuid>,
    groups: Vec<Uuid>,
    versions: Vec<i64>,
}

impl Moves {
    /// Gathers a move, after writing those of the other kind.
    pub(super) async fn push(
        &mut self,
        connection: &mut PgConnection,
        joining: bool,
        (client, group, version): (ClientId, GroupId, i64),
    ) -> Result<(), FoldError> {
        if self.joining != joining {
            std::mem::take(self).write(connection).await?;
            self.joining = joining;
        }
        self.clients.push(client.0);
        self.groups.push(group.0);
        self.versions.push(version);
        Ok(())
    }

    pub(super) async fn write(self, connection: &mut PgConnection) -> Result<(), FoldError> {
        if self.clients.is_empty() {
            return Ok(());
        }
        if self.joining {
            counts::join_groups(connection, &self.clients, &self.groups).await?;
        } else {
            counts::leave_groups(connection, &self.clients, &self.groups).await?;
        }
        let done = sqlx::query!(
            "update clients c set version = seen.version
               from (select id, max(version) as version
                       from unnest($1::uuid[], $2::bigint[]) as t (id, version) group by id) seen
              where c.id = seen.id",
            &self.clients,
            &self.versions,
        )
        .execute(connection)
        .await?;
        let moved: BTreeSet<&Uuid> = self.clients.iter().collect();
        if done.rows_affected() != moved.len() as u64 {
            return Err(FoldError::Inconsistent(
                "a client that joined or left a group has no row in clients".to_owned(),
            ));
        }
        Ok(())
    }
}
