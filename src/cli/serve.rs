//! `skymailing serve`, `api`, `worker`: run the service, or a part of it.

use super::output;
use crate::config::Config;
use crate::runtimes::Requests;
use crate::serving::{self, Limits, descriptors};
use crate::wire::{Node, Use};
use crate::{metrics, tzdata};
use anyhow::Context as _;
use scheduler::smtp::Outbox;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Connections to the metrics at the same time.
const SCRAPERS: usize = 32;

/// How long requests are waited for at the end. Serving gives those that have begun 5 s by itself; if it does not come
/// back, its threads hang, and nobody waits for them.
const REQUESTS_END_WITHIN: Duration = Duration::from_secs(7);

/// The parts of the service that this process runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    api: bool,
    worker: bool,
}

impl Parts {
    pub(super) const ALL: Self = Self { api: true, worker: true };
    pub(super) const API: Self = Self { api: true, worker: false };
    pub(super) const WORKER: Self = Self { api: false, worker: true };
}

/// Run the service, or a part of it.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Options {}

impl Options {
    pub(super) async fn run(self, config: &Config, parts: Parts) -> anyhow::Result<()> {
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        // Before anything is started: the likeliest mistake is a port that is taken.
        let listeners = Listeners {
            http: listen(Some(config.http_addr).filter(|_| parts.api), "HTTP_ADDR").await?,
            metrics: listen(config.metrics_addr.get().copied(), "METRICS_ADDR").await?,
        };
        let requests = if parts.api { Some(Requests::start()?) } else { None };
        let what_for = Use { requests: requests.as_ref().map(Requests::handle), engine: parts.worker };
        let node = Node::start_for(config, what_for, &stop).await?;
        let served = run(config, &node, listeners, parts, requests.as_ref(), &stop).await;
        // Whatever ended it, the rest ends too.
        stop.cancel();
        node.close().await?;
        served
    }
}

/// Where the process listens.
struct Listeners {
    http: Option<TcpListener>,
    metrics: Option<TcpListener>,
}

async fn listen(address: Option<SocketAddr>, setting: &str) -> anyhow::Result<Option<TcpListener>> {
    let Some(address) = address else { return Ok(None) };
    let listener = TcpListener::bind(address).await;
    Ok(Some(listener.with_context(|| format!("cannot listen on {address} (see {setting})"))?))
}

async fn run(
    config: &Config,
    node: &Node,
    listeners: Listeners,
    parts: Parts,
    requests: Option<&Requests>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let mut url = config.public_url();
    if let (Some(0), Some(listener)) = (url.port(), &listeners.http) {
        // HTTP_ADDR asks for any port that is free.
        let _ = url.set_port(Some(listener.local_addr()?.port()));
    }
    let limits = limits(config)?;
    let engine = if parts.worker { Some(node.engine(config, url.clone())?) } else { None };
    let api = async {
        let (Some(listener), Some(requests)) = (listeners.http, requests) else { return Ok(()) };
        let router = api::router(node.lanes.clone(), config.api(url.clone()));
        // A socket is driven where it is made. This one is to be driven by the threads that answer requests.
        let listener = listener.into_std()?;
        let (limits, stopped) = (limits.clone(), stop.clone());
        let serving = requests
            .handle()
            .spawn(async move { serving::serve(TcpListener::from_std(listener)?, router, limits, stopped).await });
        output::say(&format!("SkyMailing is at {url}, GraphQL at {url}graphql, GraphiQL at {url}graphiql"));
        tokio::select! {
            served = serving => served?.context("serving HTTP ended"),
            () = overdue(stop) => {
                tracing::warn!("requests do not end, so nobody waits for them any longer");
                Ok(())
            }
        }
    };
    let relays = engine.as_ref().map(|engine| engine.relays().clone());
    let metrics = async {
        let Some(listener) = listeners.metrics else { return Ok(()) };
        tracing::info!(address = %listener.local_addr()?, "metrics are at /metrics");
        let router = metrics::router(node.onlooker.clone(), relays);
        let limits = Limits { connections: SCRAPERS, per_address: SCRAPERS, ..limits.clone() };
        serving::serve(listener, router, limits, stop.clone()).await.context("serving metrics ended")
    };
    let worker = async {
        if let Some(engine) = engine {
            for relay in engine.relays().outboxes().map(Outbox::relay) {
                tracing::info!(relay = relay.name(), host = relay.host(), "sending letters");
            }
            engine.run(stop.clone()).await.context("the delivery engine ended")?;
        }
        Ok(())
    };
    let zones = async {
        let planned = parts.worker.then(|| node.onlooker.pool().clone());
        tzdata::keep_current(config.tzdata_dir.get().cloned(), planned, stop.clone()).await;
        Ok(())
    };
    let mailbox = async {
        let Some(mailbox) = config.returns.mailbox().filter(|_| parts.worker) else { return Ok(()) };
        intake::imap::watch(node.services.clone(), mailbox.clone(), config.trust()?, stop.clone()).await;
        Ok(())
    };
    let all = async { tokio::try_join!(api, worker, metrics, zones, mailbox).map(|_| ()) };
    all.await
}

async fn overdue(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(REQUESTS_END_WITHIN).await;
}

/// How many connections HTTP takes, so that enough open files are left for PostgreSQL and mail servers.
fn limits(config: &Config) -> anyhow::Result<Limits> {
    let allowed = descriptors::raise();
    let limits = config.http(descriptors::for_http(allowed, config.descriptors()? + SCRAPERS));
    let (wanted, connections) = (config.http_connections as usize, limits.connections);
    if connections < wanted {
        tracing::warn!(
            allowed,
            connections,
            wanted,
            "the system allows too few open files for HTTP_CONNECTIONS; raise `ulimit -n`"
        );
    }
    Ok(limits)
}
