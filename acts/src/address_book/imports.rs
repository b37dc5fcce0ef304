//! Imports as a whole, and taking them back.
//!
//! ```text
//! stretch of the log ── touched by the import ──> clients ── the rule ──> what goes back, and what is left ──> events
//! ```
//!
//! What an import did has it as its correlation, and what takes it back an id that is made of it; so whoever reads a client's stream can
//! tell the two from what others do. Each client is decided by the whole of its stream: whoever is killed in the middle of it, or does
//! it at the same time as somebody else, does nothing twice, and doing it again does the rest.

use super::import::Target;
use super::segments;
use crate::Services;
use crate::refusal::{Fault, Refused, input};
use crate::who::rights::Owner;
use domain::client::{self, Back, By, Client, Part, Source, take_back};
use domain::group::{self, Group};
use domain::import::{Command, Error, Import, TakenBack};
use domain::{Decide as _, ImportId, StreamKind};
use eventstore::{Append, AppendError, EventStore, ExecuteError, Metadata, Receipt, StoreError, Told, TouchedStream};
use projections::{groups, mailings};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// How many events of the log are looked through at a time.
const PAGE: i64 = 2_000;

/// How many clients are written at a time.
const CLIENTS: usize = 500;

/// How often some clients are tried because others changed one of them in between. Each time somebody else got on.
const ATTEMPTS: u32 = 50;

/// How many clients of whom something is left are named; all are counted.
pub const NAMED: usize = 100;

/// How often it is waited for the read models, before groups that may be empty by now are left.
const LOOKS: usize = 6;

/// Something that stays as it is, because others have changed it since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The id of the client.
    pub client: Uuid,
    /// What of the client it is: `client` for the client as a whole, whom the import has added, or `full_name`, `first_name`,
    /// `last_name`, `comment`, `field:KEY`, `group:ID`, `consent` for the one to all that the owner sends, `consent:ID` for a topic's.
    pub parts: Vec<String>,
}

/// How far taking an import back is, and what it has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undone {
    /// How many clients have been looked at.
    pub clients: u64,
    /// What became of them.
    pub done: TakenBack,
    /// The first of those of whom something is left.
    pub left: Vec<Left>,
}

/// A task that takes an import back.
type Task = JoinHandle<Result<(Undone, Receipt), Refused>>;

/// Takes an import back: what it set, and nobody else has touched since, is as it was before. `progress` is called after every page of
/// the log. One that somebody else is taking back, or that broke off, is brought to its end.
pub async fn undo(
    services: &Services,
    owner: Owner,
    id: &str,
    source: Source,
    metadata: &Metadata,
    progress: impl FnMut(&Undone) + Send,
) -> Result<(ImportId, Undone, Receipt), Refused> {
    let (id, begun) = begin(services, owner, id, metadata).await?;
    let (undone, receipt) = go_on(services, owner, (id, begun), source, metadata, progress).await?;
    Ok((id, undone, receipt))
}

/// Like [`undo`], in a task of its own: whoever hangs up, or has waited for as long as a request may, does not cut it in half.
pub async fn undo_whole(
    services: &Services,
    owner: Owner,
    id: &str,
    source: Source,
    metadata: &Metadata,
) -> Result<(ImportId, Undone, Receipt), Refused> {
    let (id, _, task) = undo_in_task(services, owner, id, source, metadata).await?;
    let (undone, receipt) = task.await.map_err(Fault::from)??;
    Ok((id, undone, receipt))
}

/// Begins to take an import back, and leaves the rest to a task: [`going`] tells how far it is. If the task's node goes away, doing this
/// again does the rest.
pub async fn undo_by_and_by(
    services: &Services,
    owner: Owner,
    id: &str,
    source: Source,
    metadata: &Metadata,
) -> Result<(ImportId, Receipt), Refused> {
    let (id, begun, _) = undo_in_task(services, owner, id, source, metadata).await?;
    Ok((id, begun))
}

/// Begins to take an import back, and does the rest in a task. An owner has one at a time: who asks again and again waits for it.
async fn undo_in_task(
    services: &Services,
    owner: Owner,
    id: &str,
    source: Source,
    metadata: &Metadata,
) -> Result<(ImportId, Receipt, Task), Refused> {
    let turn = services.quotas.undoing().take(owner.id()).await?;
    let (id, begun) = begin(services, owner, id, metadata).await?;
    let (services, metadata) = (services.clone(), metadata.clone());
    let task = tokio::spawn(async move {
        let _turn = turn;
        let undone = go_on(&services, owner, (id, begun), source, &metadata, |_| {}).await;
        if let Err(error) = &undone {
            tracing::error!(import = %id, %error, "taking an import back broke off");
        }
        undone
    });
    Ok((id, begun, task))
}

/// What is left by an import that was taken back, and how many clients a task has looked at so far; `None` if nobody has begun.
pub async fn going(services: &Services, owner: Owner, id: ImportId) -> Result<Option<(u64, Vec<Left>)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select clients, left_alone as "left_alone: Json<Vec<Left>>" from import_undos
            where import_id = $1 and owner_id = $2"#,
        id.0,
        owner.id().0,
    )
    .fetch_optional(services.pool())
    .await?;
    Ok(row.map(|row| (u64::try_from(row.clients).unwrap_or(0), row.left_alone.0)))
}

/// What an import that has begun has done so far: how many clients it has added, and how many others it has changed.
pub(super) async fn done_so_far(services: &Services, id: ImportId) -> Result<(u64, u64), StoreError> {
    let (mut added, mut updated) = (0, 0);
    let up_to = EventStore::head(services.pool()).await?;
    let mut stretch = Stretch::of(services, id, (0, up_to)).await?;
    while let Some(page) = stretch.next(services).await? {
        added += page.clients.iter().filter(|(_, sequence)| *sequence == 1).count() as u64;
        let others: Vec<(Uuid, i64)> = page.clients.into_iter().filter(|(_, sequence)| *sequence > 1).collect();
        let ids: Vec<Uuid> = others.iter().map(|(id, _)| *id).collect();
        let told = services.store.load_told::<Client>(&ids).await?;
        // Whom it has added itself is counted already, and so is who was changed in an earlier page, too.
        updated += told
            .iter()
            .zip(&others)
            .filter(|(told, (_, sequence))| {
                let place = told.events.iter().position(|(_, by)| *by == id.0);
                place.is_some_and(|place| place > 0 && i64::try_from(place + 1) == Ok(*sequence))
            })
            .count() as u64;
    }
    Ok((added, updated))
}

/// Takes back what an import did in a stretch of the log, after one position and up to another. For the import itself, which finds
/// that it is taken back while it goes on.
pub(super) async fn take_back_stretch(
    into: Target<'_>,
    id: ImportId,
    positions: (i64, i64),
) -> Result<(), AppendError> {
    let Target { services, owner, metadata, .. } = into;
    let metadata = told_apart(metadata, id);
    let sweep = Sweep { services, id, back: back(services, owner, Source::Person), metadata: &metadata };
    let mut undone = Undone::default();
    let mut stretch = Stretch::of(services, id, positions).await?;
    while let Some(page) = stretch.next(services).await? {
        sweep.clients(&page.clients, &mut undone).await?;
    }
    Ok(())
}

/// The metadata of what takes an import back.
fn told_apart(metadata: &Metadata, id: ImportId) -> Metadata {
    Metadata { correlation_id: id.undo(), ..metadata.clone() }
}

fn back(services: &Services, owner: Owner, source: Source) -> Back {
    Back { by: owner.id(), at: services.now(), source }
}

async fn begin(
    services: &Services,
    owner: Owner,
    id: &str,
    metadata: &Metadata,
) -> Result<(ImportId, Receipt), Refused> {
    let id: ImportId = input::id(id, &["id"], &Error::NotFound)?;
    let command = Command::BeginUndo { by: owner.id() };
    let receipt = services.store.execute::<Import>(id.0, command, &told_apart(metadata, id)).await?;
    Ok((id, receipt))
}

/// What comes after its beginning. The import is taken back up to its end, or, if it has none, up to this moment: what it does later it
/// takes back itself. So one of long ago is no reason to look through all that has happened since.
async fn go_on(
    services: &Services,
    owner: Owner,
    (id, begun): (ImportId, Receipt),
    source: Source,
    metadata: &Metadata,
    mut progress: impl FnMut(&Undone) + Send,
) -> Result<(Undone, Receipt), Refused> {
    let metadata = told_apart(metadata, id);
    let sweep = Sweep { services, id, back: back(services, owner, source), metadata: &metadata };
    let up_to = match services.store.last_of_type::<Import>(id.0, "Finished").await? {
        Some(end) => end,
        None => EventStore::head(services.pool()).await?.max(begun.position),
    };
    let (mut undone, mut made) = (Undone::default(), Vec::new());
    let mut stretch = Stretch::of(services, id, (0, up_to)).await?;
    while let Some(page) = stretch.next(services).await? {
        sweep.clients(&page.clients, &mut undone).await.map_err(AppendError::refused::<Client>)?;
        made.extend(page.groups.into_iter().filter(|(_, sequence)| *sequence == 1).map(|(id, _)| id));
        keep(services, owner, id, &undone).await?;
        progress(&undone);
    }
    for groups in made.chunks(CLIENTS) {
        sweep.groups(groups).await?;
    }
    let finish = Command::FinishUndo { done: undone.done };
    let receipt = services.store.execute::<Import>(id.0, finish, &metadata).await?;
    Ok((undone, receipt))
}

/// Leaves word of how far it is.
async fn keep(services: &Services, owner: Owner, id: ImportId, undone: &Undone) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into import_undos (import_id, owner_id, clients, left_alone) values ($1, $2, $3, $4)
             on conflict (import_id) do update set clients = $3, left_alone = $4",
        id.0,
        owner.id().0,
        i64::try_from(undone.clients).unwrap_or(i64::MAX),
        Json(&undone.left) as _,
    )
    .execute(services.pool())
    .await?;
    Ok(())
}

/// What an import did, page by page: memory does not grow with it.
struct Stretch {
    id: ImportId,
    after: i64,
    up_to: i64,
}

/// What an import did in a page of the log: the streams that it touched, each with the place in it of its first event there.
struct Page {
    clients: Vec<(Uuid, i64)>,
    groups: Vec<(Uuid, i64)>,
}

impl Stretch {
    /// The stretch after one position and up to another; nothing before the import's own beginning is looked through.
    async fn of(services: &Services, id: ImportId, (after, up_to): (i64, i64)) -> Result<Self, StoreError> {
        let began = services.store.first_position::<Import>(id.0).await?;
        Ok(Self { id, after: after.max(began - 1), up_to })
    }

    async fn next(&mut self, services: &Services) -> Result<Option<Page>, StoreError> {
        if self.after >= self.up_to {
            return Ok(None);
        }
        let kinds = [StreamKind::Client.name(), StreamKind::Group.name()];
        let mut connection = services.pool().acquire().await?;
        let (of, positions) = (self.id.0, (self.after, self.up_to));
        let touched = EventStore::touched(&mut connection, &kinds, of, positions, PAGE).await?;
        self.after = touched.last.unwrap_or(self.up_to);
        let (clients, groups): (Vec<_>, Vec<_>) =
            touched.streams.into_iter().partition(|stream| stream.aggregate_type == kinds[0]);
        let placed =
            |streams: Vec<TouchedStream>| streams.into_iter().map(|stream| (stream.id, stream.sequence)).collect();
        Ok(Some(Page { clients: placed(clients), groups: placed(groups) }))
    }
}

/// Somebody who takes an import back.
struct Sweep<'a> {
    services: &'a Services,
    id: ImportId,
    back: Back,
    metadata: &'a Metadata,
}

impl Sweep<'_> {
    /// Who made an event of this correlation.
    fn by(&self, correlation: Uuid) -> By {
        match correlation {
            id if id == self.id.0 => By::Import,
            id if id == self.id.undo() => By::Undo,
            _ => By::Other,
        }
    }

    /// Takes back what the import did to these clients, and counts those whom it touched here first: others were counted before.
    async fn clients(&self, clients: &[(Uuid, i64)], undone: &mut Undone) -> Result<(), AppendError> {
        for some in clients.chunks(CLIENTS) {
            let ids: Vec<Uuid> = some.iter().map(|(id, _)| *id).collect();
            for (told, (id, first)) in self.some(&ids).await?.into_iter().zip(some) {
                let Decided { undo, began } = told;
                if began != *first {
                    continue;
                }
                undone.clients += 1;
                undone.done.removed += u64::from(undo.removes);
                undone.done.restored += u64::from(undo.restores);
                if !undo.left.is_empty() {
                    undone.done.left += 1;
                    if undone.left.len() < NAMED {
                        undone.left.push(Left { client: *id, parts: undo.left.iter().map(part).collect() });
                    }
                }
            }
        }
        Ok(())
    }

    /// The same for some, in one append.
    async fn some(&self, ids: &[Uuid]) -> Result<Vec<Decided>, AppendError> {
        for _ in 0..ATTEMPTS {
            let told = self.services.store.load_told::<Client>(ids).await?;
            let (mut appends, mut decided) = (Vec::new(), Vec::with_capacity(ids.len()));
            for (id, Told { loaded, events }) in ids.iter().zip(told) {
                let history: Vec<(client::Event, By)> =
                    events.into_iter().map(|(event, correlation)| (event, self.by(correlation))).collect();
                let mut undo = take_back(&history, &self.back);
                let began = history.iter().position(|(_, by)| *by == By::Import).map_or(0, |place| place + 1);
                let began = i64::try_from(began).unwrap_or(i64::MAX);
                // What was accepted once is accepted again; if it is not, the client stays, and that is told.
                match loaded.state.decide_all(std::mem::take(&mut undo.commands)) {
                    Ok(events) if events.is_empty() => {}
                    Ok(events) => appends.push(Append::new::<Client>(*id, loaded, events)?),
                    Err(error) => {
                        tracing::error!(client = %id, %error, "what an import did to a client cannot be taken back");
                        undo = client::Undo { left: [Part::Client].into(), ..client::Undo::default() };
                    }
                }
                decided.push(Decided { undo, began });
            }
            if appends.is_empty() {
                return Ok(decided);
            }
            match self.services.store.append(&appends, self.metadata).await {
                Ok(_) => return Ok(decided),
                Err(AppendError::Store(error)) => return Err(error.into()),
                // Somebody has changed one of them in between.
                Err(AppendError::Conflict | AppendError::Claimed(_) | AppendError::Needed(_)) => {}
            }
        }
        // Each time somebody else got on, so this is never reached unless the claims contradict themselves.
        Err(AppendError::Conflict)
    }

    /// Deletes those of the groups that the import made to which nobody belongs any more, that nobody else has touched, and that no mailing
    /// leaves out.
    async fn groups(&self, ids: &[Uuid]) -> Result<(), StoreError> {
        let untouched = |told: &Told<Group>| told.events.iter().all(|(_, id)| self.by(*id) != By::Other);
        let told = self.services.store.load_told::<Group>(ids).await?;
        let mut own: Vec<(Uuid, Told<Group>)> =
            ids.iter().copied().zip(told).filter(|(_, told)| untouched(told)).collect();
        // Who belongs to a group is seen in the read models.
        let up_to = EventStore::head(self.services.pool()).await?;
        let mut looks = 0;
        while !self.services.shown(up_to).await {
            looks += 1;
            if looks == LOOKS {
                tracing::warn!(import = %self.id, "groups of an import stay, as the read models are behind");
                return Ok(());
            }
        }
        let own_ids: Vec<Uuid> = own.iter().map(|(id, _)| *id).collect();
        let sizes = groups::sizes(self.services.pool(), &own_ids).await?;
        own.retain(|(id, _)| !sizes.iter().any(|(group, size)| group == id && *size > 0));
        for (id, _) in own {
            // As whoever deletes groups is told: a mailing leaves its members out.
            if segments::left_out(self.services, self.back.by, (mailings::Left::Group, id)).await?.is_some() {
                continue;
            }
            let delete = group::Command::Delete { by: self.back.by };
            // Others are deleted already, or changed by somebody at this very moment.
            if let Err(ExecuteError::Store(error)) =
                self.services.store.execute::<Group>(id, delete, self.metadata).await
            {
                return Err(error);
            }
        }
        Ok(())
    }
}

/// What was decided of a client.
struct Decided {
    undo: client::Undo,
    /// The place in its stream of the first event of the import.
    began: i64,
}

/// The name of a part, see [`Left`].
fn part(part: &Part) -> String {
    match part {
        Part::Client => "client".to_owned(),
        Part::FullName => "full_name".to_owned(),
        Part::FirstName => "first_name".to_owned(),
        Part::LastName => "last_name".to_owned(),
        Part::Comment => "comment".to_owned(),
        Part::Field(key) => format!("field:{key}"),
        Part::Group(group) => format!("group:{group}"),
        Part::Consent(None) => "consent".to_owned(),
        Part::Consent(Some(topic)) => format!("consent:{topic}"),
    }
}
