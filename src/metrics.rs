//! Numbers for Prometheus, at `/metrics`.
//!
//! Letters are counted by each process; relays, read models and runs are those of the whole service, whichever process
//! is asked. No address and nothing of a person is in them.

use acts::Services;
use acts::intake::Ways;
use acts::senders::unopened;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use eventstore::EventStore;
use intake::smtp::Tally;
use projections::columns::Word;
use projections::{ProjectionStatus, notices, relays, runs};
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge};
use prometheus_client::registry::Registry;
use scheduler::smtp::{BreakerStatus, Outbox, Scope};
use scheduler::{Follower, Relays};
use std::sync::Arc;
use std::time::Duration;

/// How long a scrape waits for PostgreSQL; after that it tells what the process knows by itself.
const PATIENCE: Duration = Duration::from_secs(2);

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the numbers are read from.
#[derive(Clone)]
struct Sources {
    services: Services,
    /// Where this process sends.
    relays: Option<Relays>,
    /// What this process has taken in by mail.
    intake: Option<Arc<Tally>>,
}

/// `/metrics` of a process that sends through these relays, if it sends, and takes mail, if it does; and `/healthz` and `/readyz`,
/// also of a process that answers no requests.
pub fn router(services: Services, relays: Option<Relays>, intake: Option<Arc<Tally>>) -> Router {
    let probes = api::probes(services.health.clone());
    let sources = Arc::new(Sources { services, relays, intake });
    Router::new().route("/metrics", get(metrics)).with_state(sources).merge(probes)
}

async fn metrics(State(sources): State<Arc<Sources>>) -> Response {
    let shared = tokio::time::timeout(PATIENCE, Shared::read(&sources.services)).await;
    let shared = shared.ok().and_then(Result::ok);
    let mut registry = Registry::with_prefix("skymailing");
    let outboxes: Vec<&Outbox> = sources.relays.iter().flat_map(Relays::outboxes).collect();
    tell_letters(&mut registry, &outboxes);
    if let Some(intake) = &sources.intake {
        tell_intake(&mut registry, intake);
    }
    tell_ways(&mut registry, &sources.services.ways);
    let database_up = Gauge::<i64>::default();
    database_up.set(i64::from(shared.is_some()));
    let doubt = Gauge::<i64>::default();
    doubt.set(i64::from(sources.services.clock.doubt().is_some()));
    registry.register("clock_in_doubt", "1: this process does not know the time for sure", doubt);
    registry.register("database_up", "Whether PostgreSQL answers", database_up);
    let older = Gauge::<i64>::default();
    older.set(i64::from(sources.services.reached.older().is_some()));
    registry.register("older", "1: the process leaves the read models to newer ones; upgrade it", older);
    match shared {
        Some(shared) => {
            tell_relays(&mut registry, shared.relays.iter().map(|relay| (relay.name.as_str(), scope_of(relay))));
            tell_progress(&mut registry, &shared);
        }
        None => tell_relays(&mut registry, outboxes.iter().map(|outbox| (outbox.relay().name(), own_scope(outbox)))),
    }
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// What all processes share.
struct Shared {
    relays: Vec<relays::Relay>,
    projections: Vec<ProjectionStatus>,
    head: i64,
    runs_open: i64,
    unknown: i64,
    notices_waiting: i64,
    followers: Vec<Follower>,
    /// How many of the keys that letters are to be signed with do not open in this process.
    keys_unopened: usize,
}

impl Shared {
    async fn read(services: &Services) -> Result<Self, sqlx::Error> {
        let pool = services.pool();
        let runs = runs::numbers(pool).await?;
        Ok(Self {
            // Of one that does not read nothing can be told here; `doctor` names it.
            relays: relays::all(pool).await?.into_iter().filter_map(|(_, relay)| relay.ok()).collect(),
            projections: projections::statuses(pool).await?,
            head: EventStore::head(pool).await?,
            runs_open: runs.open,
            unknown: runs.unknown,
            notices_waiting: notices::waiting(pool).await?,
            followers: scheduler::followers(pool).await?,
            keys_unopened: unopened(pool, services.master_key.as_ref()).await?.len(),
        })
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByRelay {
    relay: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByOutcome {
    relay: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByReason {
    relay: String,
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByKind {
    kind: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByVia {
    via: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByFollower {
    follower: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByProjection {
    projection: String,
}

fn tell_letters(registry: &mut Registry, outboxes: &[&Outbox]) {
    let [letters, notices] = [(); 2].map(|()| Family::<ByOutcome, Counter>::default());
    let (in_flight, queued) = (Family::<ByRelay, Gauge>::default(), Family::<ByRelay, Gauge>::default());
    for outbox in outboxes {
        let relay = outbox.relay().name().to_owned();
        // Only the service's own letters go before others.
        for (family, counts) in [(&letters, outbox.counts()), (&notices, outbox.counts_first())] {
            for (outcome, count) in [
                ("accepted", counts.accepted),
                ("rejected", counts.rejected),
                ("deferred", counts.deferred),
                ("unknown", counts.unknown),
                ("not_tried", counts.not_tried),
            ] {
                family.get_or_create(&ByOutcome { relay: relay.clone(), outcome }).inc_by(count);
            }
        }
        in_flight.get_or_create(&ByRelay { relay: relay.clone() }).set(whole(outbox.in_flight()));
        queued.get_or_create(&ByRelay { relay }).set(whole(outbox.queued()));
    }
    registry.register("letters", "Attempts to send a letter by this process, by what became of them", letters);
    registry.register("notices", "Of these, letters of the service itself: links, test letters", notices);
    registry.register("letters_in_flight", "Letters that this process is sending", in_flight);
    registry.register("letters_queued", "Letters of this process that wait for a connection or for their turn", queued);
}

/// What came in by mail.
fn tell_intake(registry: &mut Registry, intake: &Tally) {
    let [messages, refused] = [(); 2].map(|()| Family::<ByKind, Counter>::default());
    for (family, counts) in [(&messages, intake.taken()), (&refused, intake.refused())] {
        for (kind, count) in counts {
            family.get_or_create(&ByKind { kind }).inc_by(count);
        }
    }
    let connections = Gauge::<i64>::default();
    connections.set(whole(intake.connections()));
    registry.register(
        "intake_messages",
        "Messages that this process has taken in by mail, by what they were",
        messages,
    );
    registry.register(
        "intake_refused",
        "What this process has refused to those who deliver mail, by what it was",
        refused,
    );
    registry.register("intake_connections", "Connections of those who deliver mail to this process", connections);
}

/// The ways on which others deliver to this process, also while PostgreSQL is away.
fn tell_ways(registry: &mut Registry, ways: &Ways) {
    let closed = Family::<ByVia, Gauge>::default();
    for (via, obstacle) in ways.standing() {
        closed.get_or_create(&ByVia { via: via.name() }).set(i64::from(obstacle.is_some()));
    }
    registry.register("intake_closed", "1: nothing comes in on this way to this process; doctor says why", closed);
}

/// Relays, each with whose problem it is if it is open.
fn tell_relays<'a>(registry: &mut Registry, relays: impl Iterator<Item = (&'a str, Option<&'static str>)>) {
    let (open, why) = (Family::<ByRelay, Gauge>::default(), Family::<ByReason, Gauge>::default());
    for (name, reason) in relays {
        open.get_or_create(&ByRelay { relay: name.to_owned() }).set(i64::from(reason.is_some()));
        if let Some(reason) = reason {
            why.get_or_create(&ByReason { relay: name.to_owned(), reason }).set(1);
        }
    }
    registry.register("relay_open", "1: the relay's circuit breaker is open and its letters wait", open);
    registry.register("relay_open_info", "Why a relay's circuit breaker is open: relay, credentials or rate", why);
}

fn tell_progress(registry: &mut Registry, shared: &Shared) {
    let [position, lag, stopped] = [(); 3].map(|()| Family::<ByProjection, Gauge>::default());
    for status in &shared.projections {
        let label = ByProjection { projection: status.name.clone() };
        position.get_or_create(&label).set(status.position);
        lag.get_or_create(&label).set((shared.head - status.position).max(0));
        stopped.get_or_create(&label).set(i64::from(status.error.is_some()));
    }
    registry.register("projection_position", "The last event that a read model shows", position);
    registry.register("projection_lag_events", "How many positions a read model is behind the log", lag);
    registry.register("projection_stopped", "1: a read model has stopped at an event that it cannot read", stopped);
    let [lag, stopped] = [(); 2].map(|()| Family::<ByFollower, Gauge>::default());
    for follower in &shared.followers {
        let label = ByFollower { follower: follower.name.clone() };
        lag.get_or_create(&label).set((follower.head - follower.position).max(0));
        stopped.get_or_create(&label).set(i64::from(follower.error.is_some()));
    }
    registry.register("follower_lag_events", "How many positions who follows the log is behind it", lag);
    registry.register("follower_stopped", "1: who follows the log stands still at an event; doctor says why", stopped);
    for (name, help, value) in [
        ("log_head", "The last event there is", shared.head),
        ("runs_open", "Runs that are being planned or sent", shared.runs_open),
        ("deliveries_unknown", "Deliveries whose outcome nobody knows", shared.unknown),
        ("notices_waiting", "Letters of the service itself that have no outcome yet", shared.notices_waiting),
        (
            "keys_unopened",
            "Keys to sign with that do not open in this process; doctor says why",
            whole(shared.keys_unopened),
        ),
    ] {
        let gauge = Gauge::<i64>::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    }
}

fn scope_of(relay: &relays::Relay) -> Option<&'static str> {
    (relay.state == relays::State::Open).then(|| relay.scope.unwrap_or(relays::Scope::Relay).word())
}

fn own_scope(outbox: &Outbox) -> Option<&'static str> {
    match outbox.status() {
        BreakerStatus::Closed => None,
        BreakerStatus::Open { scope: Scope::Credentials, .. } => Some("credentials"),
        BreakerStatus::Open { scope: Scope::Rate, .. } => Some("rate"),
        BreakerStatus::Open { .. } => Some("relay"),
    }
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
