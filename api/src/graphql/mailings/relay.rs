//! Relays: the mail servers that letters go through.

use crate::failure::Failure;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::DateTime;
use async_graphql::{Context, Description, Enum, Object};
use projections::relays;

/// Whether letters go through a relay: the state of its circuit breaker, as electricians name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "relays::State")]
enum RelayState {
    /// The circuit is closed: letters go through.
    Closed,
    /// The circuit is open: letters wait, and one connection at a time tries whether the relay works again.
    Open,
}

/// A relay: a mail server that takes letters to send them on, as the workers of the service know it.
#[derive(Description)]
struct Relay {
    row: relays::Relay,
    /// The viewer looks after the service.
    detailed: bool,
}

#[Object(use_type_description)]
impl Relay {
    /// The name of the relay, by which a mailing may ask for it.
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// Whether letters go through the relay at the moment.
    async fn state(&self) -> RelayState {
        self.row.state.into()
    }

    /// The moment since which the relay has been in this state.
    async fn since(&self) -> DateTime {
        self.row.since.into()
    }

    /// The moment when the next attempt to reach the relay is due; null if its state is `CLOSED`.
    async fn until(&self) -> Option<DateTime> {
        self.row.until.map(DateTime::from)
    }

    /// Why letters wait, as an English sentence; null if they do not. Managers and administrators get it with the mail
    /// server's own words.
    async fn reason(&self) -> Option<String> {
        self.row.reason(self.detailed)
    }

    /// The host and the port of the relay. It is for managers and administrators; null for everybody else.
    async fn address(&self) -> Option<&str> {
        self.detailed.then_some(self.row.address.as_str())
    }

    /// How many connections each worker may have to the relay at the same time. It is for managers and administrators;
    /// null for everybody else.
    async fn connections(&self) -> Option<i32> {
        self.detailed.then_some(self.row.connections)
    }

    /// How many letters per second all workers together may send through the relay; null if that is not limited. It is
    /// for managers and administrators; null for everybody else.
    async fn rate_per_second(&self) -> Option<f64> {
        self.row.per_second.filter(|_| self.detailed)
    }
}

#[derive(Default)]
pub(crate) struct RelayQuery;

#[Object]
impl RelayQuery {
    /// The relays that at least one worker has in its settings at this moment, by name.
    async fn relays(&self, context: &Context<'_>) -> Result<Option<Vec<Relay>>, Failure> {
        let detailed = context.viewer()?.may_watch();
        let rows = relays::all(context.pool()).await?;
        let rows = rows.into_iter().filter_map(|(_, row)| context.shown(row));
        Ok(Some(rows.map(|row| Relay { row, detailed }).collect()))
    }
}
