//! Mail servers, as the processes that send letters tell of them.

use super::Words;
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::when::When;
use crate::web::frame::{Trouble, Visit, list};
use projections::relays::{self, Relay, Scope, State};
use words::screens::shown;

/// A mail server as it is shown.
pub(super) struct Server {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) mark: Mark,
    /// What is wrong, in our words; empty if nothing is.
    pub(super) what: &'static str,
    /// What is wrong, in the mail server's or the system's words.
    pub(super) why: Option<String>,
    pub(super) since: When,
    pub(super) until: Option<When>,
    pub(super) connections: String,
    pub(super) rate: String,
}

/// All that some process has in its settings.
pub(super) async fn all(visit: &Visit) -> Result<Vec<Server>, Trouble> {
    let relays = relays::all(visit.pool()).await?;
    let relays = relays.into_iter().filter_map(|(_, relay)| list::shown(visit, relay));
    Ok(relays.map(|relay| server(visit, relay)).collect())
}

/// So many letters a second; a limit can also be half a letter.
fn limit(visit: &Visit, w: &'static Words, rate: f64) -> String {
    let shown = shown::decimal(visit.language(), rate);
    match shown.parse::<u64>() {
        Ok(whole) => w.per_second.of(whole),
        Err(_) => w.half_a_second.with(shown),
    }
}

fn server(visit: &Visit, relay: Relay) -> Server {
    let w = Words::of(visit.language());
    let open = relay.state == State::Open;
    let mark = match relay.state {
        State::Closed => Mark::new(Shape::Tick, Tone::Good, w.open),
        State::Open if relay.scope == Some(Scope::Rate) => Mark::new(Shape::Bars, Tone::Warn, w.waits),
        State::Open => Mark::new(Shape::Stop, Tone::Bad, w.waits),
    };
    let what = match relay.scope {
        _ if !open => "",
        Some(Scope::Credentials) => w.credentials,
        Some(Scope::Rate) => w.too_fast,
        Some(Scope::Relay) | None => w.cannot_reach,
    };
    Server {
        mark,
        what,
        why: relay.why.filter(|_| open),
        since: visit.when(relay.since),
        until: relay.until.map(|at| visit.when(at)),
        connections: w.connections_each.of(u64::from(relay.connections.unsigned_abs())),
        rate: relay.per_second.map_or_else(|| w.no_limit.to_owned(), |rate| limit(visit, w, rate)),
        name: relay.name,
        address: relay.address,
    }
}
