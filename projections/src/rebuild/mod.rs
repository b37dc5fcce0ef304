//! Rebuilding projections, blue and green: one, or several with one reading of the log.
//!
//! The tables of each are filled anew in a schema of their own, beside the live ones, which keep following the log and
//! being read meanwhile. At the end the new ones take the place of the old ones in one transaction, each projection by itself. A
//! rebuild that was stopped goes on where it was: its checkpoint is saved with its rows.
//!
//! The log is read once, over a connection of its own, and only what concerns somebody ([`source`]). Those who fold do so side by
//! side ([`lane`]). Large tables are filled without the indexes that only readers need ([`tables`]). Whoever reads the old tables is not
//! disturbed for longer than a moment ([`exchange`]), and who may read them may read the new ones ([`heritage`]).

mod begin;
mod error;
mod exchange;
mod heritage;
mod lane;
mod member;
mod parts;
mod progress;
mod source;
mod tables;

pub use begin::NotBegun;
pub use error::RebuildError;
pub use progress::RebuildProgress;

use crate::Projection;
use eventstore::{EventStore, Metadata, StoreError};
use lane::{Books, Lane};
use progress::Step;
use source::Source;
use sqlx::PgConnection;
use std::sync::{Mutex, PoisonError};
use tokio::task::JoinSet;

/// Fills the projection's tables anew and swaps them in. Tells how far it is after every page, and at the end.
pub async fn rebuild(
    store: &EventStore,
    projection: Projection,
    metadata: &Metadata,
    progress: impl FnMut(RebuildProgress) + Send,
) -> Result<RebuildProgress, RebuildError> {
    Rebuild::begin(store, projection, metadata).await?.run(progress).await
}

/// The same for several, which share the reading of the log. Each ends by itself, well or badly; those that have not even begun
/// come first.
pub async fn rebuild_together(
    store: &EventStore,
    projections: &[Projection],
    metadata: &Metadata,
    progress: impl FnMut(Projection, RebuildProgress) + Send,
) -> Result<Vec<(Projection, Result<RebuildProgress, RebuildError>)>, StoreError> {
    let (begun, left) = Rebuild::begin_together(store, projections, metadata).await?;
    let mut ended: Vec<_> = left.into_iter().map(|(projection, why)| (projection, Err(why.into()))).collect();
    ended.extend(begun.run_each(progress).await);
    Ok(ended)
}

/// Projections whose rebuild has begun: nobody else can rebuild the same ones before it has ended.
#[derive(Debug)]
pub struct Rebuild {
    metadata: Metadata,
    store: EventStore,
    lanes: Vec<Lane>,
}

impl Rebuild {
    /// Makes the tables to fill, or finds those of a rebuild that was stopped, and records who asked for it.
    pub async fn begin(store: &EventStore, projection: Projection, metadata: &Metadata) -> Result<Self, RebuildError> {
        let (begun, mut left) = Self::begin_together(store, &[projection], metadata).await?;
        match left.pop() {
            Some((_, why)) => Err(why.into()),
            None => Ok(begun),
        }
    }

    /// The same for several. Also returns those that have not begun, and why: each begins by itself, or not.
    pub async fn begin_together(
        store: &EventStore,
        projections: &[Projection],
        metadata: &Metadata,
    ) -> Result<(Self, Vec<(Projection, NotBegun)>), StoreError> {
        // All connections are there before the first one begins: what has begun also ends.
        let mut connected = Vec::new();
        for members in side_by_side(projections) {
            connected.push((begin::connect(store).await?, members));
        }
        let (mut lanes, mut left) = (Vec::new(), Vec::new());
        for (connection, projections) in connected {
            let mut lane = Lane { connection, members: Vec::new() };
            for projection in projections {
                match begin::begin(&mut lane.connection, projection, store, metadata).await {
                    Ok(member) => lane.members.push(member),
                    Err(why) => left.push((projection, why)),
                }
            }
            if !lane.members.is_empty() {
                lanes.push(lane);
            }
        }
        Ok((Self { metadata: metadata.clone(), store: store.clone(), lanes }, left))
    }

    /// Fills the tables and swaps them in. Tells how far it is after every page, and at the end. What stops it is also written down, for
    /// those who only look at the projections.
    pub async fn run(self, mut progress: impl FnMut(RebuildProgress) + Send) -> Result<RebuildProgress, RebuildError> {
        let ended = self.run_each(|_, told| progress(told)).await.pop();
        ended.map_or(Err(RebuildError::Unread), |(_, ended)| ended)
    }

    /// The same for each of several.
    pub async fn run_each(
        mut self,
        progress: impl FnMut(Projection, RebuildProgress) + Send,
    ) -> Vec<(Projection, Result<RebuildProgress, RebuildError>)> {
        if self.lanes.is_empty() {
            return Vec::new();
        }
        // Dropped with all of this, which ends them.
        let mut tasks = JoinSet::new();
        let lanes = std::mem::take(&mut self.lanes);
        let source =
            Source::new(lanes.iter().flat_map(|lane| &lane.members).map(|member| (member.projection, member.position)));
        let (listening, total) = match begin_to_read(&self.store).await {
            Ok((connection, total)) => (source.start(connection, lanes.len(), &mut tasks), total),
            Err(error) => (source::failed(error, lanes.len()), 0),
        };
        let progress = Mutex::new(progress);
        let tell = |projection, step| {
            let (folded, total) = match step {
                Step::Folded(folded) => (folded, total.max(folded)),
                Step::Ended(folded) => (folded, folded),
            };
            let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
            progress(projection, RebuildProgress { folded, total });
        };
        let books = Books { store: &self.store, metadata: &self.metadata };
        let lanes = lanes.into_iter().zip(listening).map(|(lane, told)| lane.run(books, told, &tell));
        let mut ended: Vec<_> = futures::future::join_all(lanes).await.into_iter().flatten().collect();
        ended.sort_by_key(|(projection, _)| *projection);
        ended
    }
}

/// Those that are filled over the same connection. The first two take as long as all others together.
fn side_by_side(projections: &[Projection]) -> impl Iterator<Item = Vec<Projection>> {
    let lane = |projection| match projection {
        Projection::Clients => 0,
        Projection::Runs => 1,
        _ => 2,
    };
    let members = move |number| projections.iter().copied().filter(|it| lane(*it) == number).collect::<Vec<_>>();
    (0..3).map(members).filter(|members| !members.is_empty())
}

/// A connection that reads the log, and how many events there are. Counted once: counting a large log takes about as long as
/// folding a page of it.
async fn begin_to_read(store: &EventStore) -> Result<(PgConnection, i64), StoreError> {
    let mut connection = begin::detached(store).await?;
    EventStore::read_in_order(&mut connection).await?;
    let total = sqlx::query_scalar!(r#"select count(*) as "total!" from events"#).fetch_one(&mut connection).await?;
    Ok((connection, total))
}
