//! What has happened to an owner's clients since a position of the log: whose rows do not show any more what was.

use domain::UserId;
use eventstore::{EventStore, StoreError};
use sqlx::PgConnection;
use std::collections::{BTreeSet, HashSet};
use uuid::Uuid;

/// So many positions of the log are looked through with one statement.
const STRETCH: i64 = 50_000;

/// What is known of it. It may be more than rows show: whoever is named here is asked of the log, which is right for everybody.
#[derive(Debug)]
pub(super) struct Since {
    owner: UserId,
    /// The mailing's groups. Who joins or leaves any other stays what they were.
    groups: Vec<String>,
    /// Up to where the log was looked through.
    seen: i64,
    /// Clients who were added since: they were nobody.
    added: HashSet<Uuid>,
    /// Clients to whom anything else has happened that concerns the mailing.
    moved: HashSet<Uuid>,
    /// Those of them whose address has become another one, or who are gone: neither rows nor claims show which mailbox they had.
    readdressed: HashSet<Uuid>,
    /// Those of these whose mailbox was not looked at.
    pub(super) unread: BTreeSet<Uuid>,
    /// Clients of whom the rows may not tell any more that they belonged to a group, since this was emptied.
    pub(super) gone: Vec<Uuid>,
}

impl Since {
    pub(super) fn new(owner: UserId, groups: &[Uuid], position: i64) -> Self {
        Self {
            owner,
            groups: groups.iter().map(Uuid::to_string).collect(),
            seen: position,
            added: HashSet::new(),
            moved: HashSet::new(),
            readdressed: HashSet::new(),
            unread: BTreeSet::new(),
            gone: Vec::new(),
        }
    }

    /// Looks through all that is settled, however much that is: a part of it at a time, and within no snapshot, which would end
    /// while this goes on.
    pub(super) async fn catch_up(&mut self, store: &EventStore) -> Result<(), StoreError> {
        let mut connection = store.pool().acquire().await?;
        let settled = EventStore::settled(&mut connection).await?;
        while self.seen < settled {
            let upto = settled.min(self.seen.saturating_add(STRETCH));
            self.look(&mut connection, upto).await?;
            self.seen = upto;
        }
        Ok(())
    }

    /// Looks through the rest up to a position that is settled and that rows show.
    pub(super) async fn follow(&mut self, connection: &mut PgConnection, shown: i64) -> Result<(), StoreError> {
        if self.seen < shown {
            self.look(connection, shown).await?;
            self.seen = shown;
        }
        Ok(())
    }

    /// Looks at whatever there is, also at what is not settled and no row shows yet, but claims do.
    pub(super) async fn look_ahead(&mut self, connection: &mut PgConnection) -> Result<(), StoreError> {
        self.look(connection, i64::MAX).await
    }

    async fn look(&mut self, connection: &mut PgConnection, upto: i64) -> Result<(), StoreError> {
        let clients = sqlx::query!(
            // By the position and by nothing else, whatever PostgreSQL believes about how many events are of clients. Only the
            // first event of a client tells whose it is.
            r#"select aggregate_id::uuid as "id!", bool_or(event_type = 'Added') as "added!",
                      bool_or(event_type in ('LeftGroup', 'Deleted')) as "gone!",
                      bool_or(event_type = 'Deleted' or payload -> 'Changed' ->> 'email' is not null) as "readdressed!"
                 from (select aggregate_type, aggregate_id, event_type, payload from events
                        where position > $1 and position <= $2 offset 0) e
                where aggregate_type = 'client'
                  and case event_type
                          when 'Added' then payload -> 'Added' ->> 'owner' = $3
                          when 'JoinedGroup' then payload -> 'JoinedGroup' ->> 'group' = any($4)
                          when 'LeftGroup' then payload -> 'LeftGroup' ->> 'group' = any($4)
                          else (select first.payload -> 'Added' ->> 'owner' from events first
                                 where first.aggregate_type = 'client' and first.aggregate_id = e.aggregate_id
                                   and first.sequence = 1) = $3
                      end
                group by aggregate_id"#,
            self.seen,
            upto,
            self.owner.to_string(),
            &self.groups,
        )
        .fetch_all(connection)
        .await?;
        for client in clients {
            if client.added {
                self.added.insert(client.id);
            }
            if self.added.contains(&client.id) {
                continue;
            }
            self.moved.insert(client.id);
            if client.gone {
                self.gone.push(client.id);
            }
            if client.readdressed && self.readdressed.insert(client.id) {
                self.unread.insert(client.id);
            }
        }
        Ok(())
    }

    /// Those of these clients who were there, if they are the owner's: of whom the log has to tell what they were, and those who are
    /// as they were.
    pub(super) fn split(&self, clients: impl IntoIterator<Item = Uuid>) -> (Vec<Uuid>, Vec<Uuid>) {
        clients.into_iter().filter(|id| !self.added.contains(id)).partition(|id| self.moved.contains(id))
    }

    /// Whether rows and claims show the mailbox that a client had, if they had one.
    pub(super) fn keeps_mailbox(&self, client: Uuid) -> bool {
        !self.added.contains(&client) && !self.readdressed.contains(&client)
    }
}
