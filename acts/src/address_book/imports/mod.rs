//! Imports as a whole, and taking them back.
//!
//! ```text
//! stretch of the log ── touched by the import ──> clients ── the rule ──> what goes back, and what is left ──> events
//! ```
//!
//! What an import did has it as its correlation, and what takes it back an id that is made of it; so whoever reads a client's stream can
//! tell the two from what others do. Each client is decided by the whole of its stream: whoever is killed in the middle of it, or does
//! it at the same time as somebody else, does nothing twice, and doing it again does the rest.

mod stretch;
mod sweep;

pub(super) use stretch::done_so_far;
pub(super) use sweep::take_back_stretch;
pub use sweep::{Left, NAMED, Undone};

use crate::Services;
use crate::refusal::{Fault, Refused, input};
use crate::who::rights::Owner;
use domain::ImportId;
use domain::client::{Client, Source};
use domain::import::{Command, Error, Import};
use eventstore::{AppendError, EventStore, Metadata, Receipt};
use sqlx::types::Json;
use stretch::Stretch;
use sweep::{CLIENTS, Sweep, back, told_apart};
use tokio::task::JoinHandle;

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
