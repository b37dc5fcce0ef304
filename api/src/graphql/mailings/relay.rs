//! Relays: the mail servers that letters go through.

use crate::failure::Failure;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::DateTime;
use async_graphql::{Context, Description, Enum, Object};
use projections::relays;

/// Whether letters go through a relay. The names are those of a circuit breaker: while it is closed, letters go
/// through; while it is open, they do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "relays::State")]
enum RelayState {
    /// Letters go through the relay.
    Closed,
    /// Letters wait, because the relay could not be reached several times in a row, refused the service's user name or
    /// password, or answered that letters come too fast. After a pause, of a second at first and of five minutes at the
    /// longest, one connection tries whether the relay works again. If it does, the state becomes `CLOSED`; if not, the
    /// state stays `OPEN`, and the next pause is twice as long.
    Open,
}

/// A relay: a mail server that takes letters from the service to send them on. The service's workers, which are the
/// processes that send letters, tell what they know of it.
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
    /// The relays that at least one running worker has in its settings, ordered by name: those of which a worker has
    /// told within the last minute. The list is empty if no worker is running. A relay that several workers have is
    /// listed once, with the settings of the worker that told of it last. A mailing may name a relay that is not in the
    /// list: its letters wait until a worker has one of this name.
    async fn relays(&self, context: &Context<'_>) -> Result<Option<Vec<Relay>>, Failure> {
        let detailed = context.viewer()?.may_watch();
        let rows = relays::all(context.pool()).await?;
        let rows = rows.into_iter().filter_map(|(_, row)| context.shown(row));
        Ok(Some(rows.map(|row| Relay { row, detailed }).collect()))
    }
}
