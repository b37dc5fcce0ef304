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
mod exchange;
mod heritage;
mod lane;
mod source;
mod tables;

pub use begin::NotBegun;

use crate::{FoldError, Projection};
use eventstore::{EventStore, Metadata, StoreError};
use lane::{Books, Lane};
use source::Source;
use sqlx::PgConnection;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinSet;

/// So much of an error is kept in the log, in characters.
const TOLD: usize = 200;

/// How far a rebuild is.
#[derive(Clone, Copy, Debug)]
pub struct RebuildProgress {
    /// How many events have been folded so far.
    pub folded: i64,
    /// How many events there are to fold, as of now; as many as were folded when the rebuild has ended, well or badly.
    pub total: i64,
}

/// What a rebuild tells on its way: how many events it has folded, and whether that is all that it will.
#[derive(Clone, Copy, Debug)]
enum Step {
    Folded(i64),
    Ended(i64),
}

/// Why a rebuild failed. The live tables are as they were.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// An event could not be folded.
    #[error("the event at position {position} cannot be folded: {error}")]
    Event {
        /// The position in the log of the event that could not be folded.
        position: i64,
        /// Why the event could not be folded.
        error: Arc<FoldError>,
    },
    /// Not all events of the log were read.
    #[error("{folded} events were folded, but the log has {total} up to position {position}; nothing was changed")]
    Incomplete {
        /// How many events were folded.
        folded: i64,
        /// How many events there are.
        total: i64,
        /// The position in the log up to which they are counted.
        position: i64,
    },
    /// The tables that were filled are not those that the database has now.
    #[error("the database was migrated while the projection was being rebuilt; nothing was changed, rebuild it again")]
    Migrated,
    /// Something came to depend on the tables while the new ones were filled.
    #[error("{what} came to depend on the tables that would be exchanged: drop it, rebuild, and make it again")]
    Obstructed {
        /// The first one, as PostgreSQL calls it.
        what: String,
    },
    /// It has not begun.
    #[error(transparent)]
    NotBegun(#[from] NotBegun),
    /// PostgreSQL did not answer, or refused. Shared by those who were filled over the same connection.
    #[error("the database cannot be used: {0}")]
    Database(Arc<sqlx::Error>),
    /// The log could not be read. Shared by all who would have folded it.
    #[error("{0}")]
    Store(Arc<StoreError>),
    /// Who read the log went away before its end.
    #[error("the log was not read to its end; the same command goes on where this ended")]
    Unread,
}

impl From<sqlx::Error> for RebuildError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl From<StoreError> for RebuildError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl RebuildError {
    /// The same error for another projection: one of those that concern all who are rebuilt together.
    fn shared(&self) -> Self {
        match self {
            Self::Database(error) => Self::Database(Arc::clone(error)),
            Self::Store(error) => Self::Store(Arc::clone(error)),
            _ => Self::Unread,
        }
    }
}

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
