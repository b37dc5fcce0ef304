//! How much more an owner may have, while an import goes on.

use crate::Services;
use domain::UserId;
use eventstore::{EventStore, StoreError};
use projections::{clients, groups};
use std::collections::VecDeque;

/// How near to its bound an address book is counted exactly, in clients: other imports of the same owner may be ahead of the
/// read models by this many.
const NEAR: u64 = 30_000;

/// How much more an owner may have.
pub(super) struct Room {
    pub(super) clients: usize,
    pub(super) groups: usize,
}

/// What an owner has: what the read models count, and what an import has appended that they may not.
#[derive(Debug)]
pub(super) struct Held<'a> {
    services: &'a Services,
    owner: UserId,
    /// What was appended and may not be counted yet: up to which event, how many clients, how many groups.
    uncounted: VecDeque<(i64, u64, u64)>,
}

impl<'a> Held<'a> {
    pub(super) fn new(services: &'a Services, owner: UserId) -> Self {
        Self { services, owner, uncounted: VecDeque::new() }
    }
}

impl Held<'_> {
    /// So many clients and groups are appended, up to this event.
    pub(super) fn add(&mut self, position: i64, clients: u64, groups: u64) {
        self.uncounted.push_back((position, clients, groups));
    }

    /// How many of the wanted clients and groups fit. Far from its bounds what is counted is near enough; near them, all is
    /// counted that anybody has appended.
    pub(super) async fn room(&mut self, clients: usize, groups: usize) -> Result<Room, StoreError> {
        let bounds = self.services.quotas.bounds();
        let most = (u64::from(bounds.clients), u64::from(bounds.groups));
        let mut held = self.count().await?;
        if held.0 + clients as u64 + NEAR > most.0 || held.1 + groups as u64 > most.1 {
            let mut connection = self.services.pool().acquire().await?;
            let settled = EventStore::settled(&mut connection).await?;
            drop(connection);
            self.services.shown(settled).await;
            held = self.count().await?;
        }
        let left = |most: u64, held: u64| usize::try_from(most.saturating_sub(held)).unwrap_or(usize::MAX);
        Ok(Room { clients: left(most.0, held.0), groups: left(most.1, held.1) })
    }

    /// How many clients and groups the owner has at most: those that are counted, and this import's that may not be.
    async fn count(&mut self) -> Result<(u64, u64), StoreError> {
        // First: what is shown by now is counted then.
        let shown = self.services.reached.position();
        while self.uncounted.front().is_some_and(|(position, ..)| *position <= shown) {
            self.uncounted.pop_front();
        }
        let (pool, most) = (self.services.pool(), self.services.quotas.bounds().groups);
        let clients = clients::held(pool, self.owner).await?;
        let groups = groups::held(pool, self.owner, most.into()).await?;
        let counted = |held: i64| u64::try_from(held).unwrap_or(0);
        Ok(self
            .uncounted
            .iter()
            .fold((counted(clients), counted(groups)), |sum, (_, clients, groups)| (sum.0 + clients, sum.1 + groups)))
    }
}
