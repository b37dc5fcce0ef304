//! `skymailing demo`: the whole way of a mailing, on this machine only, and a service in which there is something to see.
//!
//! Everything is real: a PostgreSQL, the service, letters over SMTP. Only the mailbox that receives them is a
//! development one, which keeps what it gets.
//!
//! ```text
//! main_job ──> people ──> past ──> blog, present ──> invitation
//! measured     arrive     the clock turned back       as it is now
//! ```

mod blog;
mod clock;
mod doing;
mod invitation;
mod letters;
mod main_job;
mod past;
mod people;
mod present;
mod stage;
mod things;

use super::{output, send};
use crate::config::Config;
use crate::mailbox::Mailbox;
use crate::wire::{self, Node};
use acts::who::{SessionTimes, TokenScope, tokens};
use anyhow::Context as _;
use chrono::TimeDelta;
use doing::say;
use main_job::{Done, SHIPPED};
use people::{OWNER, People};
use projections::reports;
use scheduler::smtp::Relay;
use scheduler::{EngineError, Settings};
use secrecy::SecretString;
use stage::{AWAY, GENTLE, Stage};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

/// Where the development mailbox listens, if the port is free.
const SMTP_PORT: u16 = 1025;

/// Where its page is, if the port is free.
const MAILBOX_PORT: u16 = 8026;

/// The demo's own database: its engine sends whatever is due there to the development mailbox.
const DATABASE: &str = "skymailing_demo";

/// Show the whole way of a mailing.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// How many clients to write to. 1,000 come from the shipped file; any other number is made up.
    #[arg(long, default_value_t = SHIPPED, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    recipients: u32,
    /// End after the report, and print it as one line of JSON last.
    #[arg(long)]
    exit: bool,
    /// One password for all accounts of the demo, for scripts; without it each gets one of its own.
    #[arg(long, value_name = "PASSWORD")]
    password: Option<String>,
}

/// An engine at work.
struct Working {
    task: JoinHandle<Result<(), EngineError>>,
    stop: CancellationToken,
}

impl Working {
    fn start(stage: &Stage, relays: Vec<Relay>, stop: &CancellationToken) -> Self {
        let settings = Settings::new(stage.mail_from.clone(), stage.home.clone());
        let stop = stop.child_token();
        let task = tokio::spawn(stage.node.engine_with(relays, settings).run(stop.clone()));
        Self { task, stop }
    }

    async fn end(self) -> anyhow::Result<()> {
        self.stop.cancel();
        Ok(self.task.await??)
    }
}

impl Options {
    pub(super) async fn run(self, config: Config) -> anyhow::Result<()> {
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        say("Starting PostgreSQL and migrating ...");
        let node = Node::start_apart(&config, DATABASE, &stop).await?;
        node.caught_up(&stop).await?;
        let ended = Box::pin(self.perform(&config, node, &stop)).await;
        stop.cancel();
        ended
    }

    async fn perform(&self, config: &Config, node: Node, stop: &CancellationToken) -> anyhow::Result<()> {
        // Ends with the demo, not with the signal: what is in flight is still received.
        let receiving = CancellationToken::new();
        let smtp = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, SMTP_PORT))).await?.local_addr()?;
        let mailbox = Mailbox::start(smtp.port(), receiving.clone()).await?;
        let page = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, MAILBOX_PORT))).await?;
        let http = listen(config.http_addr).await?;
        let home = Url::parse(&format!("http://{}/", http.local_addr()?))?;
        mailbox.leads_to(home.as_str());
        let options = config.api(home.clone());
        let times = options.session_times;
        let mut tasks = tokio::task::JoinSet::new();
        let mailbox_page = page.local_addr()?;
        tasks.spawn(wire::serve(page, mailbox.router(), stop.clone()));
        tasks.spawn(wire::serve(http, api::router(node.lanes.clone(), options), stop.clone()));

        let people = People::first(&node.services, self.password().as_ref()).await?;
        let mail_from = config.mail_from.clone();
        let mut stage = Stage { node, people, mailbox, mail_from, home, mailbox_page };
        let shown = self.show(config, &mut stage, times, stop).await;

        stop.cancel();
        tasks.abort_all();
        receiving.cancel();
        stage.node.close().await?;
        let report = shown?;
        if let (true, Some(report)) = (self.exit, report) {
            output::say(&send::Line::of(&report)?);
        }
        Ok(())
    }

    async fn show(
        &self,
        config: &Config,
        stage: &mut Stage,
        times: SessionTimes,
        stop: &CancellationToken,
    ) -> anyhow::Result<Option<reports::Report>> {
        let connections = config.smtp_connections as usize;
        let smtp = stage.mailbox.smtp();
        let usual = || Relay::parse(&format!("smtp://{smtp}")).map(|relay| relay.with_connections(connections));
        let measured = Working::start(stage, vec![usual()?], stop);
        let done = main_job::perform(stage, self.recipients, stop).await;
        // Nobody else sends while the clock is turned back.
        measured.end().await?;
        let Some(Done { mailing, run, report, groups }) = done? else { return Ok(None) };
        if self.exit || stop.is_cancelled() {
            return Ok(Some(report));
        }

        stage.people.others(&stage.node.services, self.password().as_ref()).await?;
        past::live_through(stage, usual()?, stop).await?;
        blog::write(stage, times).await?;
        let gentle = Relay::parse(&format!("smtp://{smtp}?name={GENTLE}&rate=1/s&connections=2"))?;
        let away = Relay::parse(&format!("smtp://127.0.0.1:9?name={AWAY}&connections=2"))?;
        let working = Working::start(stage, vec![usual()?, gentle, away], stop);
        let going_on = async {
            let in_progress = present::plan(stage, &groups).await?;
            let token = token(stage, times).await?;
            anyhow::Ok((in_progress, token))
        };
        let going_on = tokio::select! {
            going_on = going_on => going_on.map(Some),
            () = stop.cancelled() => Ok(None),
        };
        if let Ok(Some((in_progress, token))) = &going_on {
            say(&invitation::text(stage, (mailing, run), *in_progress, token));
            stop.cancelled().await;
        }
        working.end().await?;
        going_on?;
        Ok(Some(report))
    }

    fn password(&self) -> Option<SecretString> {
        self.password.clone().map(SecretString::from)
    }
}

/// A token for programs, which reads what the owner may read. Those of before ended when the owner got a new password.
async fn token(stage: &Stage, times: SessionTimes) -> anyhow::Result<String> {
    let (services, owner) = (&stage.node.services, stage.people.of(OWNER)?);
    let viewer = owner.log_in(services, times).await?;
    let person = viewer.in_person(viewer.signed_in()).map_err(super::told)?;
    let until = Ok(services.now() + TimeDelta::days(30));
    let made = tokens::create(services, &person, "Demo: reports", TokenScope::Read, until, &owner.metadata()).await?;
    Ok(made.1)
}

/// Listens at this address if its port is free, else at another port.
async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind((address.ip(), 0)).await.context("no port is free on this machine"),
    }
}
