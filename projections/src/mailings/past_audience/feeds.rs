//! The members of several groups, merged by their ids: a part of each group at a time.

use sqlx::PgConnection;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// So many members of a group are read at once, at least.
const LEAST: usize = 200;

/// Members that were read and not taken, and how far each group was read.
#[derive(Debug)]
pub(super) struct Feeds {
    /// Groups that were not read to their end, with the last member that was.
    open: Vec<(Uuid, Uuid)>,
    waiting: BTreeSet<Uuid>,
}

impl Feeds {
    /// The members of these groups, and these clients, from the first one after a client on.
    pub(super) fn new(groups: &[Uuid], clients: impl Iterator<Item = Uuid>, after: Option<Uuid>) -> Self {
        // Nobody has the nil id.
        let read = after.unwrap_or_default();
        let open = groups.iter().map(|group| (*group, read)).collect();
        Self { open, waiting: clients.filter(|client| *client > read).collect() }
    }

    /// These clients, too, who come after all that were taken.
    pub(super) fn add(&mut self, clients: impl Iterator<Item = Uuid>) {
        self.waiting.extend(clients);
    }

    /// Up to where all groups were read; none if that is to their end.
    fn horizon(&self) -> Option<Uuid> {
        self.open.iter().map(|(_, read)| *read).min()
    }

    /// Reads more of the groups that are behind, until some can be taken.
    pub(super) async fn fill(&mut self, connection: &mut PgConnection, count: usize) -> Result<(), sqlx::Error> {
        while let Some(horizon) = self.horizon()
            && self.waiting.range(..=horizon).nth(count.saturating_sub(1)).is_none()
        {
            // All that are not further than any other, so that all of them move on with one statement.
            let furthest = self.open.iter().map(|(_, read)| *read).max().unwrap_or(horizon);
            let is_behind = |read: Uuid| read < furthest || furthest == horizon;
            let (groups, reads): (Vec<Uuid>, Vec<Uuid>) =
                self.open.iter().copied().filter(|(_, read)| is_behind(*read)).unzip();
            let part = (2 * count / groups.len().max(1)).max(LEAST);
            let rows = sqlx::query!(
                r#"select f.group_id as "group!", m.client_id as "client!"
                     from unnest($1::uuid[], $2::uuid[]) as f (group_id, read)
                    cross join lateral (select client_id from group_members
                                         where group_id = f.group_id and client_id > f.read
                                         order by client_id limit $3) m"#,
                &groups,
                &reads,
                i64::try_from(part).unwrap_or(i64::MAX),
            )
            .fetch_all(&mut *connection)
            .await?;
            let mut read: HashMap<Uuid, (usize, Uuid)> = HashMap::new();
            for row in rows {
                let (count, last) = read.entry(row.group).or_insert((0, row.client));
                *count += 1;
                *last = row.client.max(*last);
                self.waiting.insert(row.client);
            }
            self.open.retain_mut(|(group, last)| {
                if !groups.contains(group) {
                    return true;
                }
                match read.get(group) {
                    Some((count, read)) if *count >= part => {
                        *last = *read;
                        true
                    }
                    _ => false,
                }
            });
        }
        Ok(())
    }

    /// The next clients, so many at most.
    pub(super) fn take(&mut self, count: usize) -> Vec<Uuid> {
        let horizon = self.horizon();
        let mut taken = Vec::with_capacity(count.min(self.waiting.len()));
        while taken.len() < count
            && let Some(first) = self.waiting.first().copied().filter(|first| horizon.is_none_or(|end| *first <= end))
        {
            self.waiting.remove(&first);
            taken.push(first);
        }
        taken
    }

    /// Whether all were taken.
    pub(super) fn are_empty(&self) -> bool {
        self.open.is_empty() && self.waiting.is_empty()
    }
}
