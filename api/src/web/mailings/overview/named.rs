//! What the mailings and people are called of whom the overview tells.

use projections::mailings::Mailing;
use std::collections::HashMap;
use uuid::Uuid;

/// What mailings are called, and whose they are.
pub(super) struct Named<'a> {
    pub(super) known: &'a HashMap<Uuid, Mailing>,
    pub(super) people: &'a HashMap<Uuid, String>,
}

impl Named<'_> {
    pub(super) fn name(&self, mailing: Uuid) -> String {
        self.known.get(&mailing).map(|row| row.name.clone()).unwrap_or_default()
    }

    pub(super) fn owner(&self, owner: Uuid) -> Option<String> {
        self.people.get(&owner).cloned()
    }
}
