//! Groups by their names, which rows tell.

use super::rows::Row;
use crate::Services;
use domain::{GroupId, UserId, group};
use eventstore::{EventStore, StoreError};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Groups by their names, as these are compared.
#[derive(Default)]
pub(super) struct Groups(pub(super) HashMap<String, GroupId>);

impl Groups {
    /// How many groups the rows name that are not among these.
    pub(super) fn missing(&self, rows: &[&Row]) -> usize {
        let named: HashSet<String> = rows.iter().flat_map(|row| &row.groups).map(group::Name::key).collect();
        named.iter().filter(|key| !self.0.contains_key(*key)).count()
    }
}

/// The names of an owner's groups.
#[derive(Debug)]
pub(super) struct GroupNames<'a> {
    services: &'a Services,
    owner: UserId,
    /// The groups that would have been made by now, by their names, if nothing is appended.
    imagined: HashMap<String, GroupId>,
}

impl<'a> GroupNames<'a> {
    pub(super) fn new(services: &'a Services, owner: UserId) -> Self {
        Self { services, owner, imagined: HashMap::new() }
    }
}

impl GroupNames<'_> {
    /// These groups would be there by now.
    pub(super) fn imagine(&mut self, groups: Groups) {
        self.imagined.extend(groups.0);
    }

    /// The groups that the rows name, as far as they exist.
    pub(super) async fn of_rows(&self, rows: &[&Row]) -> Result<Groups, StoreError> {
        let named: BTreeSet<String> = rows.iter().flat_map(|row| &row.groups).map(group::Name::key).collect();
        if named.is_empty() {
            return Ok(Groups::default());
        }
        self.of(named.into_iter().collect()).await
    }

    /// The groups of these names, as these are compared, as far as they exist.
    pub(super) async fn of(&self, keys: Vec<String>) -> Result<Groups, StoreError> {
        let holders =
            EventStore::holders(self.services.store.pool(), "group-name", &self.owner.to_string(), &keys).await?;
        let there = holders.into_iter().map(|(key, id)| (key, GroupId(id)));
        let imagined = keys.iter().filter_map(|key| Some((key.clone(), *self.imagined.get(key)?)));
        Ok(Groups(imagined.chain(there).collect()))
    }
}
