//! What belongs to one correlation: which streams it touched, and who made which event of a stream.

use crate::codec::{self, Stored};
use crate::{Cause, EventStore, Loaded, StoreError};
use domain::Decide;
use sqlx::PgConnection;
use uuid::Uuid;

/// The streams that a stretch of the log has events of one correlation of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// The streams, each once, in the order of their first events there.
    pub streams: Vec<TouchedStream>,
    /// The position of the last event of the stretch, of whatever correlation; none if there is no event in it.
    pub last: Option<i64>,
}

/// A stream that a correlation has touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TouchedStream {
    /// The aggregate type of the stream.
    pub aggregate_type: String,
    /// The id of the stream.
    pub id: Uuid,
    /// The place in the stream of the first event of the correlation in the stretch, counted from 1.
    pub sequence: i64,
}

/// A stream, and the correlation of each of its events.
#[derive(Clone, Debug)]
pub struct Told<A: Decide> {
    /// The stream as it is now.
    pub loaded: Loaded<A>,
    /// Its events in their order, each with its correlation: nil for an event that another program wrote without one.
    pub events: Vec<(A::Event, Uuid)>,
}

impl EventStore {
    /// The streams of these kinds that have events of this correlation among the next `limit` events of the log after `after`, up to
    /// `up_to`, as far as they are visible: what is not settled is for the caller to know.
    ///
    /// No index knows correlations, so it reads the stretch as it lies: whoever asks knows where what they look for began.
    pub async fn touched(
        connection: &mut PgConnection,
        kinds: &[&str],
        correlation: Uuid,
        (after, up_to): (i64, i64),
        limit: i64,
    ) -> Result<Touched, StoreError> {
        let rows = sqlx::query!(
            r#"with stretch as (
                   select position, aggregate_type, aggregate_id, sequence, metadata from events
                    where position > $1 and position <= $2 order by position limit $3
               ), touched as (
                   select aggregate_type, aggregate_id, min(position) as first, min(sequence) as sequence from stretch
                    where aggregate_type = any($4) and metadata ->> 'correlation_id' = $5 group by 1, 2
               )
               select t.aggregate_type as "aggregate_type?", t.aggregate_id::uuid as "aggregate_id?",
                      t.sequence as "sequence?", s.last as "last?"
                 from (select max(position) as last from stretch) s left join touched t on true
                order by t.first"#,
            after,
            up_to,
            limit,
            kinds as &[&str],
            correlation.to_string(),
        )
        .fetch_all(connection)
        .await?;
        let last = rows.first().and_then(|row| row.last);
        let stream = |(aggregate_type, id, sequence): (Option<String>, Option<Uuid>, Option<i64>)| {
            Some(TouchedStream { aggregate_type: aggregate_type?, id: id?, sequence: sequence? })
        };
        let streams = rows.into_iter().filter_map(|row| stream((row.aggregate_type, row.aggregate_id, row.sequence)));
        Ok(Touched { streams: streams.collect(), last })
    }

    /// Reads the streams of many aggregates in one statement, with the correlations of their events, in the order of the ids.
    pub async fn load_told<A: Decide>(&self, ids: &[Uuid]) -> Result<Vec<Told<A>>, StoreError> {
        let keys: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        let rows = sqlx::query!(
            // One look-up per stream, whatever the planner believes about a log that has just grown.
            r#"select asked.n as "n!", e.payload as "payload!", e.event_type as "event_type!",
                      e.event_version as "version!", e.event_id as "event_id!", e.correlation_id
                 from unnest($2::text[]) with ordinality as asked (id, n)
                cross join lateral (select payload::text as payload, event_type, event_version, sequence, event_id,
                                           metadata ->> 'correlation_id' as correlation_id
                                      from events
                                     where aggregate_type = $1 and aggregate_id = asked.id offset 0) e
                order by asked.n, e.sequence"#,
            A::TYPE,
            &keys,
        )
        .fetch_all(self.pool())
        .await?;
        let mut all: Vec<Told<A>> =
            ids.iter().map(|_| Told { loaded: Loaded::default(), events: Vec::new() }).collect();
        for row in rows {
            let place = usize::try_from(row.n - 1).unwrap_or(usize::MAX);
            let (Some(told), Some(id)) = (all.get_mut(place), ids.get(place)) else { continue };
            let stored = Stored { event_type: &row.event_type, version: &row.version, payload: &row.payload };
            let event = codec::decode::<A>(*id, stored)?;
            let cause = Cause::of_row(row.event_id, row.correlation_id.as_deref());
            told.events.push((event.clone(), cause.correlation_id));
            told.loaded.state.evolve(event);
            told.loaded.version += 1;
            told.loaded.goes_on(cause);
        }
        Ok(all)
    }
}
