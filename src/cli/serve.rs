//! `skymailing serve`, `api`, `worker`: run the service, or a part of it.

use super::output;
use crate::config::Config;
use crate::runtimes::Apart;
use crate::serving::{self, Limits, descriptors};
use crate::wire::{Node, Use};
use crate::{metrics, tzdata};
use anyhow::Context as _;
use domain::sender_domain::DomainName;
use intake::smtp::Server;
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

/// How long the mail server is waited for after the time that it gives messages which are being taken.
const INTAKE_ENDS_WITHIN: Duration = Duration::from_secs(2);

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
        // What comes back is about letters, so it goes where they come from.
        let (intake_addr, domain) = config.returns.intake()?.filter(|_| parts.worker).unzip();
        // Before anything is started: the likeliest mistake is a port that is taken.
        let listeners = Listeners {
            http: listen(Some(config.http_addr).filter(|_| parts.api), "HTTP_ADDR").await?,
            metrics: listen(config.metrics_addr.get().copied(), "METRICS_ADDR").await?,
            intake: listen(intake_addr, "INTAKE_ADDR").await?.zip(domain),
        };
        let threads = Threads {
            requests: if parts.api { Some(Apart::for_requests()?) } else { None },
            intake: if listeners.intake.is_some() { Some(Apart::for_intake()?) } else { None },
        };
        let what_for = Use {
            requests: threads.requests.as_ref().map(Apart::handle),
            engine: parts.worker,
            intake: threads.intake.as_ref().map(Apart::handle),
            stays: true,
        };
        let node = Node::start_for(config, what_for, &stop).await?;
        let served = run(config, &node, listeners, parts, &threads, &stop).await;
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
    /// With the domain whose mail comes in there.
    intake: Option<(TcpListener, DomainName)>,
}

/// The threads of those who talk to strangers.
struct Threads {
    requests: Option<Apart>,
    intake: Option<Apart>,
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
    threads: &Threads,
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
        let (Some(listener), Some(requests)) = (listeners.http, &threads.requests) else { return Ok(()) };
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
            () = overdue(stop, REQUESTS_END_WITHIN) => {
                tracing::warn!("requests do not end, so nobody waits for them any longer");
                Ok(())
            }
        }
    };
    let mail_server = listeners.intake.map(|(listener, domain)| {
        let server = Server::new(node.intake.clone(), domain.clone(), config.intake_limits());
        (listener, domain, server)
    });
    let tally = mail_server.as_ref().map(|(_, _, server)| server.tally());
    let intake = async {
        let (Some((listener, domain, server)), Some(threads)) = (mail_server, &threads.intake) else { return Ok(()) };
        output::say(&format!("SkyMailing takes mail for {domain} at {}", listener.local_addr()?));
        let (listener, stopped) = (listener.into_std()?, stop.clone());
        let taking = threads.handle().spawn(async move {
            server.serve(TcpListener::from_std(listener)?, stopped).await;
            std::io::Result::Ok(())
        });
        tokio::select! {
            ended = taking => ended?.context("taking mail ended"),
            () = overdue(stop, config.shutdown_timeout + INTAKE_ENDS_WITHIN) => {
                tracing::warn!("taking mail does not end, so nobody waits for it any longer");
                Ok(())
            }
        }
    };
    let relays = engine.as_ref().map(|engine| engine.relays().clone());
    let metrics = async {
        let Some(listener) = listeners.metrics else { return Ok(()) };
        tracing::info!(address = %listener.local_addr()?, "metrics are at /metrics");
        let router = metrics::router(node.onlooker.clone(), relays, tally);
        let limits = Limits { connections: SCRAPERS, per_address: SCRAPERS, ..limits.clone() };
        serving::serve(listener, router, limits, stop.clone()).await.context("serving metrics ended")
    };
    let worker = async {
        if let Some(engine) = engine {
            for relay in engine.relays().outboxes().map(Outbox::relay) {
                tracing::info!(relay = relay.name(), host = relay.host(), "sending letters");
            }
            Box::pin(engine.run(stop.clone())).await.context("the delivery engine ended")?;
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
        Box::pin(intake::imap::watch(node.services.clone(), mailbox.clone(), config.trust()?, stop.clone())).await;
        Ok(())
    };
    let all = async { tokio::try_join!(api, worker, metrics, zones, intake, mailbox).map(|_| ()) };
    all.await
}

async fn overdue(stop: &CancellationToken, by: Duration) {
    stop.cancelled().await;
    tokio::time::sleep(by).await;
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
