//! The log, read once for all that are rebuilt together: the next stretch is fetched and read while they fold the one before.

use crate::Projection;
use crate::reading::{Gaps, Page, Reader, Streams, find_gaps};
use eventstore::{EventStore, Recorded, StoreError};
use sqlx::PgConnection;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// The most events that are folded together: so many that what each page costs by itself is little beside them.
const PAGE: i64 = 2_000;

/// How far a statement looks for events that concern somebody.
const WINDOW: i64 = 100_000;

/// How many stretches may wait for who is slower than the others.
const AHEAD: usize = 2;

/// A stretch of the log, read.
#[derive(Debug)]
pub(super) struct Part {
    /// The position of its last event.
    pub(super) last: i64,
    /// How many events it has, of whatever kind.
    pub(super) passed: i64,
    /// Those that concern anybody.
    pub(super) page: Page,
}

/// How many events there are up to a position up to which the log is settled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    pub(super) up_to: i64,
    pub(super) events: i64,
}

/// What is told to those who fold.
#[derive(Clone, Debug)]
pub(super) enum Told {
    Part(Arc<Part>),
    /// All that was settled has been read.
    End(Counted),
    /// The log cannot be read any further.
    Failed(Arc<StoreError>),
}

/// Where the log is read, and for whom.
#[derive(Debug)]
pub(super) struct Source {
    kinds: Vec<&'static str>,
    /// Where somebody joins: no stretch goes beyond.
    joins: Vec<i64>,
    after: i64,
    streams: Streams,
}

/// A stretch as it was fetched.
struct Fetched {
    last: i64,
    passed: i64,
    rows: Vec<Recorded>,
    gaps: Gaps,
}

impl Fetched {
    fn read(self) -> Part {
        let Self { last, passed, rows, gaps } = self;
        Part { last, passed, page: Page::of(rows, gaps, &Reader::default()) }
    }
}

impl Source {
    /// For these, each from where it is.
    pub(super) fn new(those: impl Iterator<Item = (Projection, i64)>) -> Self {
        let (mut kinds, mut joins) = (Vec::new(), Vec::new());
        for (projection, position) in those {
            kinds.extend(projection.kinds());
            joins.push(position);
        }
        kinds.sort_unstable();
        kinds.dedup();
        joins.sort_unstable();
        Self { kinds, after: joins.first().copied().unwrap_or(0), joins, streams: Streams::default() }
    }

    /// The next stretch; none if there is no more up to here.
    pub(super) async fn next(
        &mut self,
        connection: &mut PgConnection,
        settled: i64,
    ) -> Result<Option<Part>, StoreError> {
        Ok(self.fetch(connection, settled).await?.map(Fetched::read))
    }

    async fn fetch(&mut self, connection: &mut PgConnection, settled: i64) -> Result<Option<Fetched>, StoreError> {
        while self.after < settled {
            let join = self.joins.iter().copied().find(|join| *join > self.after).unwrap_or(settled);
            let up_to = settled.min(join).min(self.after.saturating_add(WINDOW));
            let stretch = EventStore::stretch(connection, &self.kinds, (self.after, up_to), PAGE).await?;
            let Some(last) = stretch.last else {
                self.after = up_to;
                continue;
            };
            self.after = last;
            let gaps = find_gaps(connection, &stretch.rows, Some(&mut self.streams)).await?;
            return Ok(Some(Fetched { last, passed: stretch.passed, rows: stretch.rows, gaps }));
        }
        Ok(None)
    }

    async fn count(&self, connection: &mut PgConnection) -> Result<Counted, StoreError> {
        let up_to = self.after;
        let count = sqlx::query_scalar!(r#"select count(*) as "count!" from events where position <= $1"#, up_to);
        Ok(Counted { up_to, events: count.fetch_one(connection).await? })
    }

    /// Reads all that is settled, over a connection of its own, for so many. It ends when `tasks` are dropped, or nobody
    /// listens any more.
    pub(super) fn start(
        self,
        connection: PgConnection,
        listeners: usize,
        tasks: &mut JoinSet<()>,
    ) -> Vec<mpsc::Receiver<Told>> {
        let (fetched, to_read) = mpsc::channel(1);
        let (told, listening) = (0..listeners).map(|_| mpsc::channel(AHEAD)).unzip();
        tasks.spawn(fetch_all(self, connection, fetched));
        tasks.spawn(read_all(to_read, told));
        listening
    }
}

/// The same for a log that cannot be read at all.
pub(super) fn failed(error: StoreError, listeners: usize) -> Vec<mpsc::Receiver<Told>> {
    let error = Arc::new(error);
    let one = |_| {
        let (told, listening) = mpsc::channel(1);
        // There is room for it.
        let _ = told.try_send(Told::Failed(Arc::clone(&error)));
        listening
    };
    (0..listeners).map(one).collect()
}

/// What is handed on to be read, and at the end how many events there were.
type Handed = Result<Result<Fetched, Counted>, StoreError>;

async fn fetch_all(mut source: Source, mut connection: PgConnection, fetched: mpsc::Sender<Handed>) {
    loop {
        let next = fetch_next(&mut source, &mut connection).await;
        let ends = !matches!(next, Ok(Ok(_)));
        if fetched.send(next).await.is_err() || ends {
            break;
        }
    }
}

async fn fetch_next(source: &mut Source, connection: &mut PgConnection) -> Handed {
    let settled = EventStore::settled(connection).await?;
    match source.fetch(connection, settled).await? {
        Some(fetched) => Ok(Ok(fetched)),
        None => Ok(Err(source.count(connection).await?)),
    }
}

async fn read_all(mut fetched: mpsc::Receiver<Handed>, mut listeners: Vec<mpsc::Sender<Told>>) {
    while let Some(next) = fetched.recv().await {
        let told = match next {
            // Some thousand events are too many for a thread that has others to serve.
            Ok(Ok(fetched)) => match tokio::task::spawn_blocking(|| fetched.read()).await {
                Ok(part) => Told::Part(Arc::new(part)),
                Err(error) => Told::Failed(Arc::new(error.into())),
            },
            Ok(Err(counted)) => Told::End(counted),
            Err(error) => Told::Failed(Arc::new(error)),
        };
        let mut listening = Vec::with_capacity(listeners.len());
        for listener in listeners {
            if listener.send(told.clone()).await.is_ok() {
                listening.push(listener);
            }
        }
        listeners = listening;
        if listeners.is_empty() {
            break;
        }
    }
}
