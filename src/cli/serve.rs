//! `skymailing serve`, `api`, `worker`: run the service, or a part of it.

use super::output;
use crate::config::Config;
use crate::wire::{self, Node};
use anyhow::Context as _;
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
        let listener = if parts.api {
            let listener = TcpListener::bind(config.http_addr).await;
            Some(listener.with_context(|| format!("cannot listen on {} (see HTTP_ADDR)", config.http_addr))?)
        } else {
            None
        };
        let node = Node::start(config, &stop).await?;
        let served = run(config, &node, listener, parts, &stop).await;
        // Whatever ended it, the rest ends too.
        stop.cancel();
        node.close().await?;
        served
    }
}

async fn run(
    config: &Config,
    node: &Node,
    listener: Option<TcpListener>,
    parts: Parts,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let api = async {
        let Some(listener) = listener else { return Ok(()) };
        let mut url = config.public_url();
        if url.port() == Some(0) {
            // HTTP_ADDR asks for any port that is free.
            let _ = url.set_port(Some(listener.local_addr()?.port()));
        }
        let options = api::Options { public_url: url.clone() };
        output::say(&format!("SkyMailing is at {url}, GraphQL at {url}graphql, GraphiQL at {url}graphiql"));
        let served = wire::serve(listener, api::router(node.services.clone(), options), stop.clone()).await;
        served.context("serving HTTP ended")
    };
    let worker = async {
        if parts.worker {
            for relay in config.relays()? {
                tracing::info!(relay = relay.name(), host = relay.host(), "sending letters");
            }
            node.engine(config)?.run(stop.clone()).await.context("the delivery engine ended")?;
        }
        Ok(())
    };
    let both = async { tokio::try_join!(api, worker).map(|_| ()) };
    both.await
}
