//! Rows of the log become events, or are named as what cannot be folded.
//!
//! An event that cannot be read, and a stream that goes on with a gap, concern those projections that read such streams, and
//! nobody else.

use crate::{Event, FoldError, Projection};
use domain::{Fact, StreamKind, UnknownFact};
use eventstore::Recorded;
use sqlx::PgConnection;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// What rows of the log are read with: what this program knows of events.
#[derive(Clone)]
pub struct Reader(Arc<Read>);

type Read = dyn Fn(&Recorded) -> Result<Fact, UnknownFact> + Send + Sync;

impl Reader {
    /// Another way to read them than [`Recorded::fact`], for a program that knows other events.
    pub fn new(read: impl Fn(&Recorded) -> Result<Fact, UnknownFact> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self::new(Recorded::fact)
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reader")
    }
}

/// A page of the log, read.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// What can be folded.
    pub(crate) events: Vec<Event>,
    /// What cannot, in the order of the log.
    pub(crate) broken: Vec<Broken>,
    rows: Vec<Recorded>,
}

/// An event that cannot be folded by those who read its stream.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) position: i64,
    /// None if no projection of this program reads such streams.
    pub(crate) kind: Option<StreamKind>,
    /// Such as `Paused of mailing 0198...`.
    pub(crate) event: String,
    /// What kind of event it is, if this program does not know it; a newer one might.
    pub(crate) unknown: Option<String>,
    /// Shared, for several may stop at it.
    pub(crate) error: Arc<FoldError>,
}

impl Broken {
    pub(crate) fn concerns(&self, projection: Projection) -> bool {
        self.kind.is_some_and(|kind| projection.reads(kind))
    }
}

impl Page {
    /// Reads these rows of the log, which follow each other.
    pub(crate) async fn read(
        connection: &mut PgConnection,
        rows: Vec<Recorded>,
        reader: &Reader,
    ) -> Result<Self, FoldError> {
        let gaps = find_gaps(connection, &rows, None).await?;
        Ok(Self::of(rows, gaps, reader))
    }

    /// Reads these rows, among which these gaps were found.
    pub(crate) fn of(rows: Vec<Recorded>, mut gaps: Gaps, reader: &Reader) -> Self {
        let mut page = Self::default();
        for recorded in &rows {
            let (error, unknown) = match (gaps.remove(&recorded.position), reader.0(recorded)) {
                (None, Ok(fact)) => {
                    page.events.push(Event::of(recorded, fact));
                    continue;
                }
                (_, Err(error)) => {
                    let Recorded { event_type, aggregate_type, event_version, .. } = recorded;
                    (error.into(), Some(format!("{event_type} of {aggregate_type}, version {event_version}")))
                }
                (Some(gap), Ok(_)) => (gap, None),
            };
            page.broken.push(Broken {
                position: recorded.position,
                kind: StreamKind::from_name(&recorded.aggregate_type),
                event: name(recorded),
                unknown,
                error: Arc::new(error),
            });
        }
        page.rows = rows;
        page
    }

    /// Forgets what comes from this position on.
    pub(crate) fn end_before(&mut self, position: i64) {
        self.events.retain(|event| event.position < position);
        self.broken.retain(|broken| broken.position < position);
        self.rows.retain(|recorded| recorded.position < position);
    }

    /// How many rows of the log it has.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The position of its last row.
    pub(crate) fn last(&self) -> Option<i64> {
        self.rows.last().map(|recorded| recorded.position)
    }

    /// The position of the last row before this one, and how many rows there are up to there.
    pub(crate) fn before(&self, position: i64) -> (Option<i64>, usize) {
        let before = self.rows.partition_point(|recorded| recorded.position < position);
        (before.checked_sub(1).and_then(|last| self.rows.get(last)).map(|recorded| recorded.position), before)
    }

    /// What the event at this position is, such as `Paused of mailing 0198...`.
    pub(crate) fn name_of(&self, position: i64) -> String {
        self.rows.iter().find(|recorded| recorded.position == position).map(name).unwrap_or_default()
    }

    /// The first event that the projection reads and that cannot be folded.
    pub(crate) fn broken_for(&self, projection: Projection) -> Option<&Broken> {
        self.broken.iter().find(|broken| broken.concerns(projection))
    }

    /// What the projection can fold: up to what it cannot.
    pub(crate) fn events_for(&self, projection: Projection) -> Vec<&Event> {
        let end = self.broken_for(projection).map_or(i64::MAX, |broken| broken.position);
        let concerning = |event: &&Event| event.position < end && projection.concerns(&event.fact);
        self.events.iter().filter(concerning).collect()
    }
}

fn name(recorded: &Recorded) -> String {
    format!("{} of {} {}", recorded.event_type, recorded.aggregate_type, recorded.aggregate_id)
}

/// Streams that go on with a gap, by the position of the event after it.
pub(crate) type Gaps = BTreeMap<i64, FoldError>;

/// Where streams were when they were last read, for whoever reads the log from one end to the other: most of them go on soon, and
/// need not be looked up.
#[derive(Debug, Default)]
pub(crate) struct Streams(HashMap<(StreamKind, Uuid), i64>);

impl Streams {
    /// Of so many at the most, which is some 10 MB. What is forgotten is looked up.
    const MOST: usize = 200_000;

    fn last(&self, recorded: &Recorded) -> Option<i64> {
        self.0.get(&Self::key(&recorded.aggregate_type, &recorded.aggregate_id)?).copied()
    }

    fn note<'r>(&mut self, last: impl Iterator<Item = ((&'r str, &'r str), i64)>) {
        if self.0.len() > Self::MOST {
            self.0.clear();
        }
        self.0.extend(last.filter_map(|((kind, id), sequence)| Some((Self::key(kind, id)?, sequence))));
    }

    /// Only of what this program knows.
    fn key(kind: &str, id: &str) -> Option<(StreamKind, Uuid)> {
        Some((StreamKind::from_name(kind)?, Uuid::parse_str(id).ok()?))
    }
}

/// Every stream's sequence must be its previous plus one: a reader that lost an event, or an append that skipped one,
/// shows here and nowhere else.
pub(crate) async fn find_gaps(
    connection: &mut PgConnection,
    rows: &[Recorded],
    streams: Option<&mut Streams>,
) -> Result<Gaps, sqlx::Error> {
    let mut gaps = BTreeMap::new();
    let mut last: HashMap<(&str, &str), i64> = HashMap::new();
    let mut going_on: BTreeMap<i64, &Recorded> = BTreeMap::new();
    for recorded in rows {
        let stream = (recorded.aggregate_type.as_str(), recorded.aggregate_id.as_str());
        let previous = last.insert(stream, recorded.sequence);
        let known = || streams.as_ref().filter(|_| recorded.sequence > 1)?.last(recorded);
        let expected = match previous.or_else(known) {
            Some(previous) => previous + 1,
            None if recorded.sequence == 1 => 1,
            None => {
                going_on.insert(recorded.position, recorded);
                recorded.sequence
            }
        };
        if recorded.sequence != expected {
            gaps.insert(recorded.position, gap(recorded, expected));
        }
    }
    if let Some(streams) = streams {
        streams.note(last.into_iter());
    }
    if going_on.is_empty() {
        return Ok(gaps);
    }
    let column = |value: fn(&Recorded) -> &str| going_on.values().map(|recorded| value(recorded).to_owned()).collect();
    let (types, ids): (Vec<String>, Vec<String>) =
        (column(|recorded| &recorded.aggregate_type), column(|recorded| &recorded.aggregate_id));
    let sequences: Vec<i64> = going_on.values().map(|recorded| recorded.sequence).collect();
    let positions: Vec<i64> = going_on.keys().copied().collect();
    let missing = sqlx::query_scalar!(
        r#"select t.position as "position!"
             from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) as t (type, id, sequence, position)
            where not exists (select from events e
                               where e.aggregate_type = t.type and e.aggregate_id = t.id
                                 and e.sequence = t.sequence - 1 and e.position < t.position)"#,
        &types,
        &ids,
        &sequences,
        &positions,
    )
    .fetch_all(connection)
    .await?;
    for position in missing {
        if let Some(recorded) = going_on.get(&position) {
            gaps.insert(position, gap(recorded, recorded.sequence - 1));
        }
    }
    Ok(gaps)
}

fn gap(recorded: &Recorded, expected: i64) -> FoldError {
    FoldError::Gap {
        stream: format!("{} {}", recorded.aggregate_type, recorded.aggregate_id),
        expected,
        found: recorded.sequence,
    }
}
