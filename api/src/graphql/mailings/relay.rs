//! Relays: the mail servers that letters go through.

use crate::failure::Failure;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::DateTime;
use async_graphql::{Context, Description, Enum, Object};
use projections::relays;

/// Whether letters go through a relay: the state of its circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum RelayState {
    /// They go through.
    Closed,
    /// They wait; one connection at a time tries whether the relay is back.
    Open,
}

/// A mail server that takes letters, as the workers know it.
#[derive(Description)]
struct Relay {
    row: relays::Relay,
    /// The viewer looks after the service.
    detailed: bool,
}

#[Object(use_type_description)]
impl Relay {
    /// What people call it; a mailing may name it.
    async fn name(&self) -> &str {
        &self.row.name
    }

    async fn state(&self) -> RelayState {
        if self.row.open { RelayState::Open } else { RelayState::Closed }
    }

    /// Since when it is in this state.
    async fn since(&self) -> DateTime {
        self.row.since.into()
    }

    /// When the next probe is due, while it is open.
    async fn until(&self) -> Option<DateTime> {
        self.row.until.map(DateTime::from)
    }

    /// Why letters wait; in the mail server's own words for managers and administrators.
    async fn reason(&self) -> Option<String> {
        self.row.reason(self.detailed)
    }

    /// Host and port: for managers and administrators.
    async fn address(&self) -> Option<&str> {
        self.detailed.then_some(self.row.address.as_str())
    }

    /// How many connections each worker may open: for managers and administrators.
    async fn connections(&self) -> Option<i32> {
        self.detailed.then_some(self.row.connections)
    }

    /// How many letters per second all workers together may send, if that is limited: for managers and administrators.
    async fn rate_per_second(&self) -> Option<f64> {
        self.row.per_second.filter(|_| self.detailed)
    }
}

#[derive(Default)]
pub(crate) struct RelayQuery;

#[Object]
impl RelayQuery {
    /// The relays that a worker has in its settings at this moment.
    async fn relays(&self, context: &Context<'_>) -> Result<Option<Vec<Relay>>, Failure> {
        let detailed = context.viewer()?.may_watch();
        let rows = relays::all(context.pool()).await?;
        Ok(Some(rows.into_iter().map(|row| Relay { row, detailed }).collect()))
    }
}
