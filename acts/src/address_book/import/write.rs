//! From clients to events.

use super::error::ImportError;
use super::group_names::{GroupNames, Groups};
use super::how::{How, Target, shortened};
use super::report::ImportReport;
use super::room::Held;
use super::row_problem::RowProblem;
use super::rows::Row;
use super::update::{self, Update};
use super::written::Written;
use crate::Services;
use crate::address_book::imports;
use crate::refusal::Problem;
use domain::client::{self, Client};
use domain::custom_field::{self, CustomField, Key, Label, MAX_FIELDS};
use domain::group::{self, Group};
use domain::import::{self, Done, Import, Mode};
use domain::{Code, CustomFieldId, Decide as _, EmailAddress, GroupId, ImportId, Language, UserId};
use eventstore::{Append, AppendError, EventStore, ExecuteError, Loaded, Metadata, StoreError};
use projections::{Access, clients};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use uuid::{ContextV7, Timestamp, Uuid};
use words::import::RowError;
use words::quotas::{Noun, Reached};

/// How far the read models may be behind before an import waits for them, in events.
const LAG: i64 = 20_000;

/// How long it waits for read models that do not move. They may be kept by nobody.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often a chunk is tried because others took one of its addresses or group names in between. Each time somebody
/// else got on, so this is never reached unless the claims contradict themselves.
const ATTEMPTS: u32 = 50;

/// Others keep changing the same address book.
fn contended() -> ImportError {
    ImportError::Busy(Problem::new(Code::Conflict, &[], words::address_book::Problem::Contended))
}

/// Appends chunks.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    services: &'a Services,
    owner: UserId,
    into: Target<'a>,
    id: ImportId,
    file: String,
    /// Whether the import's own stream has begun.
    has_begun: bool,
    /// What it had done before, if it goes on: how many clients were added, and changed.
    earlier: (u64, u64),
    metadata: &'a Metadata,
    language: Language,
    /// Keeps the ids in the order of the rows.
    ids: Mutex<ContextV7>,
    /// The last event appended.
    position: i64,
    /// What the owner has by now.
    held: Held<'a>,
    /// What their groups are called.
    group_names: GroupNames<'a>,
    /// Whether the read models are waited for.
    patient: bool,
    mode: Mode,
    /// The group that all of them join.
    group: Option<GroupId>,
    /// The name of the group that is to be that, which is looked for, or made, when the import begins.
    new_group: Option<group::Name>,
    /// The fields that are made when the import begins.
    new_fields: Vec<(Key, Label)>,
    /// Whether nothing is appended, and it is only told what would be.
    dry_run: bool,
}

impl<'a> Writer<'a> {
    /// A writer into an address book as it is now. An import of that id goes on, if it is one that has begun; all of its clients join
    /// the group. The owner has so many fields with it.
    pub(super) async fn new(
        into: Target<'a>,
        how: &How,
        (id, group): (ImportId, Option<GroupId>),
        fields: usize,
    ) -> Result<Self, ImportError> {
        let Target { services, owner, metadata, language } = into;
        if how.mode.updates() {
            // What has to change is seen in the read models.
            let mut connection = services.pool().acquire().await.map_err(StoreError::from)?;
            let settled = EventStore::settled(&mut connection).await?;
            drop(connection);
            services.shown(settled).await;
        }
        if !how.new_fields.is_empty() && fields > MAX_FIELDS {
            let words = words::import::FieldsTooMany { most: MAX_FIELDS };
            return Err(ImportError::Refused(Problem::new(Code::CustomFieldsTooMany, &["columns"], words)));
        }
        let mut writer = Self {
            services,
            owner: owner.id(),
            into,
            id,
            file: shortened(&how.file),
            has_begun: false,
            earlier: (0, 0),
            metadata,
            language,
            ids: Mutex::new(ContextV7::new()),
            position: 0,
            held: Held::new(services, owner.id()),
            group_names: GroupNames::new(services, owner.id()),
            patient: true,
            mode: how.mode,
            group,
            new_group: how.new_group.clone(),
            new_fields: how.new_fields.clone(),
            dry_run: how.dry_run,
        };
        if let Some(name) = &how.new_group {
            let held = writer.group_names.of(vec![name.key()]).await?;
            if let Some(group) = held.0.get(&name.key()) {
                (writer.group, writer.new_group) = (Some(*group), None);
            } else if writer.held.room(0, 1).await?.groups == 0 {
                let most = services.quotas.bounds().groups;
                let full = Reached { noun: Noun::Group, most };
                return Err(ImportError::Group(Problem::of(&full).at(&["newGroup"])));
            }
        }
        if how.id.is_some() && !how.dry_run {
            writer.go_on().await?;
        }
        Ok(writer)
    }

    /// Takes up an import that has begun. One that was taken back stays so.
    async fn go_on(&mut self) -> Result<(), ImportError> {
        let stream = self.services.store.load::<Import>(self.id.0).await?.state;
        let refused = |error: import::Error| Err(ImportError::Refused(Problem::of(&error)));
        match stream {
            Import::Absent => return Ok(()),
            Import::Begun { owner } | Import::Finished { owner, .. } if owner == self.owner => {}
            Import::TakingBack { owner } | Import::TakenBack { owner } if owner == self.owner => {
                return refused(import::Error::TakenBack);
            }
            _ => return refused(import::Error::NotFound),
        }
        self.has_begun = true;
        self.earlier = imports::done_so_far(self.services, self.id).await?;
        Ok(())
    }

    /// What the import has to begin with, in the append of its first rows: its own stream, and the group and the fields that it makes.
    /// How many groups these are.
    async fn beginning(&mut self) -> Result<(Vec<Append>, u64), AppendError> {
        let (mut appends, mut groups) = (Vec::new(), 0);
        if self.has_begun && self.new_group.is_none() && self.new_fields.is_empty() {
            return Ok((appends, groups));
        }
        if !self.has_begun {
            let (owner, file) = (self.owner, self.file.clone());
            let begin = import::Command::Begin { owner, file, mode: self.mode };
            // Nothing is refused of a stream that is not there.
            let events = Import::default().decide(begin).unwrap_or_default();
            appends.push(Append::begin::<Import>(self.id.0, events)?);
        }
        if let Some(name) = &self.new_group {
            let held = self.group_names.of(vec![name.key()]).await?;
            self.group = if let Some(group) = held.0.get(&name.key()) {
                Some(*group)
            } else {
                let id = self.fresh_id();
                appends.push(self.new_group_of(id, name)?);
                groups += 1;
                Some(GroupId(id))
            };
        }
        for (key, label) in &self.new_fields {
            let id = CustomFieldId::derive(self.owner, key);
            let loaded: Loaded<CustomField> = self.services.store.load::<CustomField>(id.0).await?;
            let (key, label, kind) = (key.clone(), label.clone(), custom_field::Kind::Text);
            let define = custom_field::Command::Define { owner: self.owner, key, label, kind };
            // Of a field that is there nothing is left to do.
            let events = loaded.state.decide(define).unwrap_or_default();
            if !events.is_empty() {
                appends.push(Append::new::<CustomField>(id.0, loaded, events)?);
            }
        }
        Ok((appends, groups))
    }

    /// What was begun with is there.
    fn begun(&mut self) {
        self.has_begun = true;
        self.new_group = None;
        self.new_fields.clear();
    }

    /// Appends the rows whose addresses are not in the address book, and changes those whose are, as far as they are to be.
    pub(super) async fn write(&mut self, rows: &[Row]) -> Result<Written, ImportError> {
        if rows.is_empty() {
            return Ok(Written::default());
        }
        self.wait_for_read_models().await;
        let before = self.position;
        for _ in 0..ATTEMPTS {
            match self.try_write(rows).await {
                // Somebody took an address or a group's name in between, and is found at the next attempt.
                Err(AppendError::Claimed(_) | AppendError::Needed(_) | AppendError::Conflict) => {}
                Err(AppendError::Store(error)) => return Err(error.into()),
                Ok(written) => {
                    if written.position.is_some() {
                        self.stop_if_taken_back(before).await?;
                    }
                    return Ok(written);
                }
            }
        }
        Err(contended())
    }

    /// Somebody may take the import back while it goes on. What they see they take back; what came after their last look, which is at
    /// most what was appended just now, is taken back here.
    async fn stop_if_taken_back(&self, before: i64) -> Result<(), ImportError> {
        let stream = self.services.store.load::<Import>(self.id.0).await?.state;
        if !matches!(stream, Import::TakingBack { .. } | Import::TakenBack { .. }) {
            return Ok(());
        }
        let Target { services, owner, metadata, .. } = self.into;
        let taken_back = imports::take_back_stretch(services, owner, self.id, (before, self.position), metadata).await;
        taken_back.map_err(|error| match error {
            AppendError::Store(error) => ImportError::Store(error),
            AppendError::Conflict | AppendError::Claimed(_) | AppendError::Needed(_) => contended(),
        })?;
        Err(ImportError::Refused(Problem::of(&import::Error::TakenBack)))
    }

    /// Tells in the import's own stream, and in its report, that the file was read to its end.
    pub(super) async fn finish(&mut self, report: &mut ImportReport) -> Result<(), ImportError> {
        if self.dry_run || !self.has_begun {
            return Ok(());
        }
        report.group = self.group;
        report.import = Some(self.id);
        let (added, updated) = self.earlier;
        let done = Done {
            rows: report.rows,
            added: report.imported + added,
            updated: report.updated + updated,
            // Those of before are found there already.
            unchanged: report.already_there.saturating_sub(added + updated),
            bad: report.bad_rows() + report.not_there,
        };
        let finish = import::Command::Finish { done };
        match self.services.store.execute::<Import>(self.id.0, finish, self.metadata).await {
            Ok(receipt) => {
                // Whoever goes by the report waits for the clients, which are another read model than that of imports.
                self.services.shown(receipt.position).await;
                report.position = report.position.or(Some(receipt.position));
            }
            Err(ExecuteError::Store(error)) => return Err(error.into()),
            // Somebody takes it back at this very moment, or brings the same file to its end.
            Err(error) => tracing::info!(import = %self.id, %error, "the end of an import is told by others"),
        }
        Ok(())
    }

    async fn try_write(&mut self, rows: &[Row]) -> Result<Written, AppendError> {
        let taken = self.taken(rows).await?;
        let (old, new): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| taken.contains_key(&row.key));
        let (new, not_there) = if self.mode.adds() { (new, Vec::new()) } else { (Vec::new(), new) };
        let (changes, old) = if self.mode.updates() { self.changes(old, &taken).await? } else { (Vec::new(), old) };
        let mut written = Written {
            already_there: old.into_iter().map(|row| self.already_there(row)).collect(),
            not_there: not_there.into_iter().map(|row| self.not_there(row)).collect(),
            ..Written::default()
        };
        if new.is_empty() && changes.is_empty() {
            return Ok(written);
        }
        let (mut appends, made) = self.beginning().await?;
        written.groups_created = made;
        let concerned: Vec<&Row> = new.iter().copied().chain(changes.iter().map(|change| change.row)).collect();
        let mut groups = self.group_names.of_rows(&concerned).await?;
        if let Some((name, group)) = self.new_group.as_ref().zip(self.group) {
            // Rows may name the group that is made with them.
            groups.0.entry(name.key()).or_insert(group);
        }
        let mut room = self.held.room(new.len(), groups.missing(&concerned)).await?;
        for row in new {
            let missing = groups.missing(&[row]);
            let full = match (room.clients, missing > room.groups) {
                (0, _) => Some(Noun::Client),
                (_, true) => Some(Noun::Group),
                _ => None,
            };
            if let Some(noun) = full {
                written.without_room.push(self.no_room(row, noun));
                continue;
            }
            room.clients -= 1;
            room.groups -= missing;
            written.groups_created += self.create_groups(row, &mut groups, &mut appends)?;
            let mut events = row.events.clone();
            for event in &mut events {
                if let client::Event::Added { groups: joined, .. } = event {
                    joined.extend(row.groups.iter().filter_map(|name| groups.0.get(&name.key())));
                    joined.extend(self.group);
                }
            }
            events.extend(row.agreed.iter().map(|agreed| client::Event::ConsentGiven(agreed.consent.clone())));
            appends.push(Append::begin::<Client>(self.fresh_id(), events)?);
            written.imported += 1;
        }
        let mut possible = Vec::new();
        for change in changes {
            let missing = groups.missing(&[change.row]);
            if missing > room.groups {
                written.without_room.push(self.no_room(change.row, Noun::Group));
                continue;
            }
            room.groups -= missing;
            written.groups_created += self.create_groups(change.row, &mut groups, &mut appends)?;
            possible.push(change);
        }
        if written.imported == 0 && possible.is_empty() {
            // Nothing begins where there is room for nobody.
            return Ok(Written { groups_created: 0, ..written });
        }
        if self.dry_run {
            // What would be there is kept in mind, so that the following chunks are judged as they would be.
            self.begun();
            self.held.add(i64::MAX, written.imported, written.groups_created);
            self.group_names.imagine(groups);
            written.updated = possible.into_iter().map(|change| change.row.line).collect();
            return Ok(written);
        }
        if !appends.is_empty() {
            let receipt = self.services.store.append(&appends, self.metadata).await?;
            self.begun();
            self.position = receipt.position;
            self.held.add(receipt.position, written.imported, written.groups_created);
            written.position = Some(receipt.position);
        }
        for change in possible {
            self.change(change, &groups, &mut written).await?;
        }
        Ok(written)
    }

    /// Groups that a row names and that are not there: they are when the appends are. How many they are.
    fn create_groups(&self, row: &Row, groups: &mut Groups, appends: &mut Vec<Append>) -> Result<u64, StoreError> {
        let mut created = 0;
        for name in &row.groups {
            if let Entry::Vacant(missing) = groups.0.entry(name.key()) {
                let id = self.fresh_id();
                appends.push(self.new_group_of(id, name)?);
                missing.insert(GroupId(id));
                created += 1;
            }
        }
        Ok(created)
    }

    /// The beginning of a group. `Group::decide` has nothing to refuse here: the name is one, and the id is new.
    fn new_group_of(&self, id: Uuid, name: &group::Name) -> Result<Append, StoreError> {
        Append::begin::<Group>(id, vec![group::Event::Created { owner: self.owner, name: name.clone() }])
    }

    /// Of rows whose clients are there, those that say something new of them, and those that do not.
    async fn changes<'r>(
        &mut self,
        rows: Vec<&'r Row>,
        holders: &HashMap<String, Uuid>,
    ) -> Result<(Vec<Update<'r>>, Vec<&'r Row>), StoreError> {
        let pool = self.services.pool();
        let ids: Vec<Uuid> = rows.iter().filter_map(|row| holders.get(&row.key).copied()).collect();
        let known = clients::by_ids(pool, Access::Owner(self.owner), &ids).await?;
        let known: HashMap<Uuid, clients::Client> = known.into_iter().map(|client| (client.id, client)).collect();
        let mut member_of: HashMap<Uuid, HashSet<Uuid>> = HashMap::new();
        for (client, group) in clients::groups_of(pool, &ids).await? {
            member_of.entry(client).or_default().insert(group);
        }
        let groups = self.group_names.of_rows(&rows).await?;
        // The read models may be behind what somebody has just withdrawn.
        let cards: HashMap<Uuid, Client> = if rows.iter().any(|row| row.agreed.is_some()) {
            let loaded = self.services.store.load_many::<Client>(&ids).await?;
            ids.iter().copied().zip(loaded.into_iter().map(|loaded| loaded.state)).collect()
        } else {
            HashMap::new()
        };
        let (mut changes, mut same) = (Vec::new(), Vec::new());
        for row in rows {
            let Some(&id) = holders.get(&row.key) else { continue };
            let own = member_of.get(&id);
            let joins = row.groups.iter().any(|name| {
                groups.0.get(&name.key()).is_none_or(|group| !own.is_some_and(|own| own.contains(&group.0)))
            });
            let joins = joins || self.group.is_some_and(|group| !own.is_some_and(|own| own.contains(&group.0)));
            // A group that is yet to be made has nobody.
            let joins = joins || (self.new_group.is_some() && self.group.is_none());
            let mut commands = update::news(row, known.get(&id), self.owner);
            commands.extend(cards.get(&id).and_then(|card| update::consent(row, card, self.owner)));
            if commands.is_empty() && !joins { same.push(row) } else { changes.push(Update { row, id, commands }) }
        }
        Ok((changes, same))
    }

    async fn change(&mut self, change: Update<'_>, groups: &Groups, written: &mut Written) -> Result<(), AppendError> {
        let (row, id) = (change.row, change.id);
        let joined = row.groups.iter().filter_map(|name| groups.0.get(&name.key())).copied().chain(self.group);
        let commands = change.all(self.owner, joined);
        let store = &self.services.store;
        match store.execute_all::<Client>(id, None, commands, |_| Ok(None), self.metadata).await {
            Ok(receipt) => {
                self.position = self.position.max(receipt.position);
                written.position = written.position.max(Some(receipt.position));
                written.updated.push(row.line);
                Ok(())
            }
            // Deleted at this very moment, for example.
            Err(ExecuteError::Refused(error)) => {
                written.without_room.push(RowProblem::of(row.line, &error, self.language));
                Ok(())
            }
            Err(ExecuteError::Store(error)) => Err(AppendError::Store(error)),
            Err(_) => Err(AppendError::Conflict),
        }
    }

    /// What is told of a row whose client is there and is left as it is: an update has found nothing to change, and without one
    /// nothing was looked for.
    fn already_there(&self, row: &Row) -> RowProblem {
        let email = row.key.clone();
        if self.mode.updates() {
            let email = EmailAddress::readable(&email);
            return RowProblem::of(row.line, &RowError::Unchanged { email }, self.language);
        }
        RowProblem::of(row.line, &client::Error::EmailTaken { email }, self.language)
    }

    /// What is told of a row of whose client nobody knows.
    fn not_there(&self, row: &Row) -> RowProblem {
        let email = EmailAddress::readable(&row.key);
        RowProblem::of(row.line, &RowError::NotThere { email }, self.language)
    }

    fn no_room(&self, row: &Row, noun: Noun) -> RowProblem {
        let bounds = self.services.quotas.bounds();
        let most = if noun == Noun::Group { bounds.groups } else { bounds.clients };
        RowProblem::of(row.line, &Reached { noun, most }, self.language)
    }

    /// The addresses among the rows' that are in the address book.
    async fn taken(&mut self, rows: &[Row]) -> Result<HashMap<String, Uuid>, StoreError> {
        let keys: Vec<String> = rows.iter().map(|row| row.key.clone()).collect();
        let holders =
            EventStore::holders(self.services.store.pool(), "client-email", &self.owner.to_string(), &keys).await?;
        Ok(holders.into_iter().collect())
    }

    fn fresh_id(&self) -> Uuid {
        let now = self.services.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        let ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        Uuid::new_v7(Timestamp::from_unix(&*ids, seconds, now.timestamp_subsec_nanos()))
    }

    /// Lets the read models come near, so that a long import does not leave everybody else with old answers.
    async fn wait_for_read_models(&mut self) {
        let mut reached = self.services.reached.subscribe();
        while self.patient && reached.borrow_and_update().moving < self.position - LAG {
            self.patient = matches!(tokio::time::timeout(PATIENCE, reached.changed()).await, Ok(Ok(())));
        }
    }
}
