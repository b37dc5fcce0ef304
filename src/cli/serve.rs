//! `skymailing serve`, `api`, `worker`: run the service, or a part of it.

use super::output;
use crate::config::Config;
use crate::metrics;
use crate::wire::{self, Node};
use anyhow::Context as _;
use scheduler::smtp::Outbox;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

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
        let stop = crate::shutdown::token()?;
        // Before anything is started: the likeliest mistake is a port that is taken.
        let listeners = Listeners {
            http: listen(Some(config.http_addr).filter(|_| parts.api), "HTTP_ADDR").await?,
            metrics: listen(config.metrics_addr.get().copied(), "METRICS_ADDR").await?,
        };
        let node = Node::start(config, &stop).await?;
        let served = run(config, &node, listeners, parts, &stop).await;
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
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let mut url = config.public_url();
    if let (Some(0), Some(listener)) = (url.port(), &listeners.http) {
        // HTTP_ADDR asks for any port that is free.
        let _ = url.set_port(Some(listener.local_addr()?.port()));
    }
    let engine = if parts.worker { Some(node.engine(config, url.clone())?) } else { None };
    let api = async {
        let Some(listener) = listeners.http else { return Ok(()) };
        let options = config.api(url.clone());
        output::say(&format!("SkyMailing is at {url}, GraphQL at {url}graphql, GraphiQL at {url}graphiql"));
        let served = wire::serve(listener, api::router(node.services.clone(), options), stop.clone()).await;
        served.context("serving HTTP ended")
    };
    let relays = engine.as_ref().map(|engine| engine.relays().clone());
    let metrics = async {
        let Some(listener) = listeners.metrics else { return Ok(()) };
        tracing::info!(address = %listener.local_addr()?, "metrics are at /metrics");
        let served = wire::serve(listener, metrics::router(node.services.clone(), relays), stop.clone()).await;
        served.context("serving metrics ended")
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
    let all = async { tokio::try_join!(api, worker, metrics).map(|_| ()) };
    all.await
}
