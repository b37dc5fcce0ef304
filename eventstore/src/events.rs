//! Events that are to be appended to streams.

use crate::codec::{self, Encoded};
use crate::error::StoreError;
use crate::{Cause, Loaded, Metadata};
use domain::{Claim, Decide};
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Events to be appended to one stream.
#[derive(Clone, Debug)]
pub struct Append {
    pub(crate) aggregate_type: &'static str,
    pub(crate) aggregate_id: String,
    /// The sequence of the stream's last event; 0 for a stream that begins.
    pub(crate) after: i64,
    /// The stream's last event, with the correlation of the stream; none for a stream that begins.
    last: Option<Cause>,
    /// Whether the stream is one course of action, see [`Decide::COURSE`].
    course: bool,
    /// What it follows from, other than what the metadata tell of all streams of the append.
    cause: Option<Cause>,
    pub(crate) events: Vec<Fresh>,
    pub(crate) release: Vec<Claim>,
    /// Those to release of whose kind one must be left.
    pub(crate) needed: Vec<Claim>,
    pub(crate) take: Vec<Claim>,
}

/// An event that is to be written.
#[derive(Clone, Debug)]
pub(crate) struct Fresh {
    pub(crate) id: Uuid,
    pub(crate) encoded: Encoded,
}

impl Append {
    /// The `events` that were decided on a stream as it was loaded.
    pub fn new<A: Decide>(id: Uuid, loaded: Loaded<A>, events: Vec<A::Event>) -> Result<Self, StoreError> {
        let Loaded { mut state, version: after, last } = loaded;
        let before: BTreeSet<Claim> = state.claims().into_iter().collect();
        let mut fresh = Vec::with_capacity(events.len());
        for event in events {
            fresh.push(Fresh { id: Uuid::now_v7(), encoded: codec::encode::<A>(id, &event)? });
            state.evolve(event);
        }
        let held: BTreeSet<Claim> = state.claims().into_iter().collect();
        Ok(Self {
            aggregate_type: A::TYPE,
            aggregate_id: id.to_string(),
            after,
            last,
            course: A::COURSE,
            cause: None,
            events: fresh,
            release: before.difference(&held).flat_map(Claim::spellings).collect(),
            needed: before.difference(&held).filter(|claim| A::needed(claim).is_some()).cloned().collect(),
            take: held.difference(&before).cloned().collect(),
        })
    }

    /// The events of a stream that begins.
    pub fn begin<A: Decide>(id: Uuid, events: Vec<A::Event>) -> Result<Self, StoreError> {
        Self::new::<A>(id, Loaded::default(), events)
    }

    /// The same for events that follow from something else than the rest of the append, such as a letter about what is appended
    /// beside it.
    #[must_use]
    pub fn caused_by(mut self, cause: Option<Cause>) -> Self {
        self.cause = cause;
        self
    }

    /// The last of its events as the cause of what follows from it, once they are appended with these metadata; what its stream
    /// ends with already, if nothing is to be appended.
    #[must_use]
    pub fn ends_in(&self, metadata: &Metadata) -> Option<Cause> {
        let (correlation_id, _) = self.origin(metadata);
        self.events.last().map(|event| Cause { event_id: event.id, correlation_id }).or(self.last)
    }

    /// The correlation of its events, and what the first of them followed from. A course of action keeps its correlation,
    /// whatever it follows from: what another program has written meanwhile may belong to something else, or to nothing.
    fn origin(&self, metadata: &Metadata) -> (Uuid, Option<Uuid>) {
        let own = self.last.filter(|_| self.course).map(|last| last.correlation_id).filter(|id| !id.is_nil());
        let (correlation_id, causation_id) = match (self.cause, metadata.causation_id, self.last) {
            (Some(cause), ..) => {
                let Metadata { correlation_id, causation_id, .. } = metadata.clone().caused_by(cause);
                (correlation_id, causation_id)
            }
            (None, Some(id), _) => (metadata.correlation_id, Some(id)),
            (None, None, last) => (metadata.correlation_id, last.map(|last| last.event_id)),
        };
        (own.unwrap_or(correlation_id), causation_id)
    }

    /// The metadata of its events: each followed from the one before it.
    pub(crate) fn metadata<'a>(&'a self, metadata: &'a Metadata) -> impl Iterator<Item = Value> + 'a {
        let (correlation_id, first) = self.origin(metadata);
        let causes = std::iter::once(first).chain(self.events.iter().map(|event| Some(event.id)));
        let told =
            causes.map(move |causation_id| Metadata { correlation_id, causation_id, ..metadata.clone() }.to_json());
        told.take(self.events.len())
    }

    /// The version that the stream has with them.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.after + i64::try_from(self.events.len()).unwrap_or(i64::MAX)
    }
}
