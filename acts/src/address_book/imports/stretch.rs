//! What an import did in a stretch of the log.

use crate::Services;
use domain::client::Client;
use domain::import::Import;
use domain::{ImportId, StreamKind};
use eventstore::{EventStore, StoreError, TouchedStream};
use uuid::Uuid;

/// How many events of the log are looked through at a time.
const PAGE: i64 = 2_000;

/// What an import that has begun has done so far: how many clients it has added, and how many others it has changed.
pub(crate) async fn done_so_far(services: &Services, id: ImportId) -> Result<(u64, u64), StoreError> {
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

/// What an import did, page by page: memory does not grow with it.
pub(super) struct Stretch {
    id: ImportId,
    after: i64,
    up_to: i64,
}

/// What an import did in a page of the log: the streams that it touched, each with the place in it of its first event there.
pub(super) struct Page {
    pub(super) clients: Vec<(Uuid, i64)>,
    pub(super) groups: Vec<(Uuid, i64)>,
}

impl Stretch {
    /// The stretch after one position and up to another; nothing before the import's own beginning is looked through.
    pub(super) async fn of(services: &Services, id: ImportId, (after, up_to): (i64, i64)) -> Result<Self, StoreError> {
        let began = services.store.first_position::<Import>(id.0).await?;
        Ok(Self { id, after: after.max(began - 1), up_to })
    }

    /// The next page; `None` at the end.
    pub(super) async fn next(&mut self, services: &Services) -> Result<Option<Page>, StoreError> {
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
