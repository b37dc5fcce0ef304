//! From clients to events.

use super::rows::Row;
use super::{ImportError, RowProblem};
use crate::Services;
use domain::client::{self, Client};
use domain::group::{self, Group};
use domain::{GroupId, Language, UserId};
use eventstore::{Append, AppendError, Metadata, StoreError};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;
use uuid::{ContextV7, Timestamp, Uuid};

/// How far the read models may be behind before an import waits for them, in events.
const LAG: i64 = 20_000;

/// How long it waits for read models that do not move. They may be kept by nobody.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often a chunk is tried because others took one of its addresses or group names in between. Each time somebody
/// else got on, so this is never reached unless the claims contradict themselves.
const ATTEMPTS: u32 = 50;

/// What became of a chunk.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) imported: u64,
    pub(super) groups_created: u64,
    /// Rows whose address is in the address book already.
    pub(super) already_there: Vec<RowProblem>,
    pub(super) position: Option<i64>,
}

/// Appends chunks.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    services: &'a Services,
    owner: UserId,
    metadata: &'a Metadata,
    language: Language,
    /// Keeps the ids in the order of the rows.
    ids: ContextV7,
    /// The last event appended.
    position: i64,
    /// Whether the read models are waited for.
    patient: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(services: &'a Services, owner: UserId, metadata: &'a Metadata, language: Language) -> Self {
        Self { services, owner, metadata, language, ids: ContextV7::new(), position: 0, patient: true }
    }

    /// Appends the rows whose addresses are not in the address book.
    pub(super) async fn write(&mut self, rows: &[Row]) -> Result<Written, ImportError> {
        if rows.is_empty() {
            return Ok(Written::default());
        }
        self.wait_for_read_models().await;
        for _ in 0..ATTEMPTS {
            match self.try_write(rows).await {
                // Somebody took an address or a group's name in between, and is found at the next attempt.
                Err(AppendError::Claimed(_) | AppendError::Needed(_) | AppendError::Conflict) => {}
                Err(AppendError::Store(error)) => return Err(error.into()),
                Ok(written) => return Ok(written),
            }
        }
        let error = sqlx::Error::Protocol("an address is neither free nor taken".to_owned());
        Err(StoreError::Database(error).into())
    }

    async fn try_write(&mut self, rows: &[Row]) -> Result<Written, AppendError> {
        let taken = self.taken(rows).await?;
        let (old, new): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| taken.contains(&row.key));
        let already_there = old.into_iter().map(|row| already_there(row, self.language)).collect();
        if new.is_empty() {
            return Ok(Written { already_there, ..Written::default() });
        }
        let (groups, mut appends) = self.groups(&new).await?;
        let groups_created = appends.len() as u64;
        for row in &new {
            let mut events = row.events.clone();
            for event in &mut events {
                if let client::Event::Added { groups: joined, .. } = event {
                    joined.extend(row.groups.iter().filter_map(|name| groups.get(&name.key())));
                }
            }
            let id = self.fresh_id();
            appends.push(Append::begin::<Client>(id, events)?);
        }
        let receipt = self.services.store.append(&appends, self.metadata).await?;
        self.position = receipt.position;
        let imported = new.len() as u64;
        Ok(Written { imported, groups_created, already_there, position: Some(receipt.position) })
    }

    /// The addresses among the rows' that are in the address book.
    async fn taken(&mut self, rows: &[Row]) -> Result<HashSet<String>, StoreError> {
        let keys: Vec<String> = rows.iter().map(|row| row.key.clone()).collect();
        let holders = self.services.store.holders("client-email", &self.owner.to_string(), &keys).await?;
        Ok(holders.into_iter().map(|(key, _)| key).collect())
    }

    /// The ids of all groups that the rows name, and the beginnings of those that do not exist.
    async fn groups(&mut self, rows: &[&Row]) -> Result<(HashMap<String, GroupId>, Vec<Append>), AppendError> {
        let mut named: BTreeMap<String, &group::Name> = BTreeMap::new();
        for name in rows.iter().flat_map(|row| &row.groups) {
            named.entry(name.key()).or_insert(name);
        }
        if named.is_empty() {
            return Ok(Default::default());
        }
        let keys: Vec<String> = named.keys().cloned().collect();
        let holders = self.services.store.holders("group-name", &self.owner.to_string(), &keys).await?;
        let mut ids: HashMap<String, GroupId> = holders.into_iter().map(|(key, id)| (key, GroupId(id))).collect();
        let mut begin = Vec::new();
        for (key, name) in named {
            if let Entry::Vacant(missing) = ids.entry(key) {
                let id = self.fresh_id();
                // Group::decide has nothing to refuse here: the name is one, and the id is new.
                let created = group::Event::Created { owner: self.owner, name: name.clone() };
                begin.push(Append::begin::<Group>(id, vec![created])?);
                missing.insert(GroupId(id));
            }
        }
        Ok((ids, begin))
    }

    fn fresh_id(&self) -> Uuid {
        let now = self.services.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        Uuid::new_v7(Timestamp::from_unix(&self.ids, seconds, now.timestamp_subsec_nanos()))
    }

    /// Lets the read models come near, so that a long import does not leave everybody else with old answers.
    async fn wait_for_read_models(&mut self) {
        let mut reached = self.services.reached.subscribe();
        while self.patient && reached.borrow_and_update().moving < self.position - LAG {
            self.patient = matches!(tokio::time::timeout(PATIENCE, reached.changed()).await, Ok(Ok(())));
        }
    }
}

fn already_there(row: &Row, language: Language) -> RowProblem {
    RowProblem::of(row.line, &client::Error::EmailTaken { email: row.key.clone() }, language)
}
