//! `skymailing demo`: the whole way of a mailing, on this machine only.
//!
//! Everything is real: a PostgreSQL, the service, letters over SMTP. Only the mailbox that receives them is a
//! development one, which keeps what it gets.

use super::createadmin::make_password;
use super::{import, output, send};
use crate::config::Config;
use crate::mailbox::Mailbox;
use crate::wire::{self, Node};
use acts::Services;
use acts::mailings::{Every, New, Recipients};
use acts::who::Operator;
use acts::who::accounts::{self, NewUser};
use acts::who::rights::Owner;
use anyhow::Context as _;
use chrono::TimeDelta;
use domain::mailing::InDoubt;
use domain::{Actor, EmailAddress, Language, MailingId, Periodicity, Role, RunId, UserId};
use eventstore::Metadata;
use projections::{Access, Cursor, groups, reports, runs, users};
use scheduler::Settings;
use scheduler::smtp::Relay;
use secrecy::{ExposeSecret, SecretString};
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

/// The clients that come with the demo: a thousand, in three groups.
const CLIENTS: &str = include_str!("../../demo/clients.csv");

/// How many they are.
const SHIPPED: u32 = 1_000;

/// Where the development mailbox listens, if the port is free.
const SMTP_PORT: u16 = 1025;

/// Where its page is, if the port is free.
const MAILBOX_PORT: u16 = 8026;

/// The demo's own database: its engine sends whatever is due there to the development mailbox.
const DATABASE: &str = "skymailing_demo";

const ADMINISTRATOR: &str = "admin@example.com";
const OWNER: &str = "owner@example.com";

const SUBJECT: &str = "{{first_name|Dear reader}}, our spring catalogue is here";

const TEXT: &str = "Dear {{full_name|reader}},

our spring catalogue is here. This letter was written for you alone and sent to
{{email}}.

With kind regards
SkyMailing
";

/// Show the whole way of a mailing.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// How many clients to write to. 1,000 come from the shipped file; any other number is made up.
    #[arg(long, default_value_t = SHIPPED, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    recipients: u32,
    /// End after the report, and print it as one line of JSON last.
    #[arg(long)]
    exit: bool,
}

/// What the demo has started, and where.
struct Stage {
    node: Node,
    owner: UserId,
    mailbox: Mailbox,
    home: Url,
    mailbox_page: SocketAddr,
    passwords: [(&'static str, SecretString); 2],
}

impl Options {
    pub(super) async fn run(self, config: Config) -> anyhow::Result<()> {
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        say("Starting PostgreSQL and migrating ...");
        let node = Node::start_apart(&config, DATABASE, &stop).await?;
        node.caught_up(&stop).await?;
        let ended = self.perform(&config, node, &stop).await;
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
        let options = config.api(home.clone());
        let mut tasks = tokio::task::JoinSet::new();
        let mailbox_page = page.local_addr()?;
        tasks.spawn(wire::serve(page, mailbox.router(), stop.clone()));
        tasks.spawn(wire::serve(http, api::router(node.lanes.clone(), options), stop.clone()));
        let relay =
            Relay::parse(&format!("smtp://{}", mailbox.smtp()))?.with_connections(config.smtp_connections as usize);
        let engine = node.engine_with([relay], Settings::new(config.mail_from.clone(), home.clone()));
        let engine = tokio::spawn(engine.run(stop.clone()));

        let administrator =
            account(&node.services, ADMINISTRATOR, "Ada Administrator", vec![Role::Administrator]).await?;
        let (owner, owner_password) = account(&node.services, OWNER, "Olga Owner", vec![]).await?;
        let passwords = [(ADMINISTRATOR, administrator.1), (OWNER, owner_password)];
        let stage = Stage { node, owner, mailbox, home, mailbox_page, passwords };
        let shown = self.show(&stage, stop).await;

        stop.cancel();
        engine.await??;
        tasks.abort_all();
        receiving.cancel();
        stage.node.close().await?;
        let report = shown?;
        if let (true, Some(report)) = (self.exit, report) {
            output::say(&send::Line::of(&report)?);
        }
        Ok(())
    }

    async fn show(&self, stage: &Stage, stop: &CancellationToken) -> anyhow::Result<Option<reports::Report>> {
        let services = &stage.node.services;
        let groups = self.import(stage).await?;
        let mailing = plan(services, Operator::of_this_host().owner(stage.owner), groups).await?;
        say(&format!("The mailing {mailing} is planned and its window is open: it starts by itself."));
        let Some(run) = first_run(services, mailing, stop).await? else { return Ok(None) };
        send::watch(&stage.node, run, stop).await?;
        let report = reports::get(services.pool(), Access::All, run).await?;
        let Some(report) = report else { return Ok(None) };
        say(&format!("\n{}", acts::mailings::reports::text(&report, report.language)));
        say(&numbers(&report));
        say(&format!("The mailbox has received {} letters.", stage.mailbox.count()));
        if !self.exit {
            say(&stage.invitation(mailing, run));
            stop.cancelled().await;
        }
        Ok(Some(report))
    }

    /// Imports the clients and tells the groups to write to.
    async fn import(&self, stage: &Stage) -> anyhow::Result<Vec<String>> {
        let (csv, wanted) = if self.recipients == SHIPPED { shipped() } else { made_up(self.recipients) };
        say(&format!("Importing {} clients ...", self.recipients));
        let bar = import::progress_bar(csv.len() as u64);
        let services = &stage.node.services;
        let progress = |progress| import::show(&bar, progress);
        let report = acts::address_book::import::import(
            services,
            Operator::of_this_host().owner(stage.owner),
            csv.as_bytes(),
            &metadata(),
            Language::En,
            progress,
        )
        .await?;
        bar.finish_and_clear();
        if let Some(position) = report.position {
            services.shown(position).await;
        }
        say(&format!("{} imported, {} were already there.", report.imported, report.already_there));
        let all = groups::page(services.pool(), Access::Owner(stage.owner), None, None, 100).await?;
        Ok(all.into_iter().filter(|group| wanted.contains(&group.name)).map(|group| group.id.to_string()).collect())
    }
}

impl Stage {
    fn invitation(&self, mailing: MailingId, run: RunId) -> String {
        let mut text = String::new();
        let home = &self.home;
        let _ = writeln!(text, "\nGraphiQL:  {home}graphiql\nMailbox:   http://{}/\n", self.mailbox_page);
        for (email, password) in &self.passwords {
            let _ = writeln!(text, "{email}  password: {}", password.expose_secret());
        }
        let _ = write!(
            text,
            r#"
Log in:

  mutation {{ sessionCreate(input: {{ email: "{OWNER}", password: "..." }}) {{ session {{ token }} userErrors {{ message }} }} }}

Who got what, when, and what did the mail server answer?

  {{ run(id: "{run}") {{
      progress {{ planned accepted rejected deferred unknown suppressed expired pending }}
      deliveries(first: 5) {{ nodes {{ clientEmail outcome messageId attempts {{ at code serverReply }} }} }}
      report {{ text }} }} }}

The whole history, with actor and time:

  {{ mailing(id: "{mailing}") {{ history(first: 20) {{ nodes {{ position at actor {{ name }} summary }} }} }} }}

Ctrl+C ends the demo; what it wrote stays."#
        );
        text
    }
}

/// The account of that address, with a new password: the demo can be run again and again.
async fn account(
    services: &Services,
    email: &str,
    name: &str,
    roles: Vec<Role>,
) -> anyhow::Result<(UserId, SecretString)> {
    let password = make_password();
    let known = users::by_email(services.pool(), &EmailAddress::parse(email).map_err(super::told)?).await?;
    if let Some(user) = known {
        let id = UserId(user.id);
        let changed =
            accounts::set_password(services, Operator::of_this_host(), id, password.clone(), &metadata()).await;
        changed?;
        return Ok((id, password));
    }
    let new = NewUser {
        email: email.to_owned(),
        full_name: name.to_owned(),
        time_zone: "UTC".to_owned(),
        language: Language::default(),
        password: password.clone(),
        roles,
    };
    let (id, receipt) = accounts::create_user(services, Operator::of_this_host(), new, &metadata()).await?;
    services.shown(receipt.position).await;
    Ok((id, password))
}

/// Writes a message with merge fields, and plans a mailing whose window is open.
async fn plan(services: &Services, owner: Owner, groups: Vec<String>) -> anyhow::Result<MailingId> {
    let new = acts::letters::messages::New { subject: SUBJECT.to_owned(), text: TEXT.to_owned(), ..Default::default() };
    let (message, receipt) = acts::letters::messages::create(services, owner.into(), None, new, &metadata()).await?;
    services.shown(receipt.position).await;
    let now = services.now();
    let new = New {
        name: "Spring catalogue".to_owned(),
        message: message.to_string(),
        recipients: Recipients { clients: vec![], groups },
        starts_at: Ok(now),
        ends_at: Ok(now + TimeDelta::hours(1)),
        every: Every::Plain(Periodicity::Once),
        time_zone: None,
        in_doubt: InDoubt::Hold,
        relay: None,
    };
    let (mailing, _) = acts::mailings::create(services, owner, None, new, &metadata()).await?;
    Ok(mailing)
}

/// Waits for the run that starts by itself.
async fn first_run(services: &Services, mailing: MailingId, stop: &CancellationToken) -> anyhow::Result<Option<RunId>> {
    while !stop.is_cancelled() {
        if let Some((Cursor { id, .. }, _)) = runs::page(services.pool(), Access::All, mailing, None, 1).await?.pop() {
            return Ok(Some(RunId(id)));
        }
        tokio::time::sleep(send::LOOK).await;
    }
    Ok(None)
}

/// The shipped file, and the groups in it.
fn shipped() -> (String, Vec<String>) {
    (CLIENTS.to_owned(), ["Customers", "Partners", "Press"].map(str::to_owned).to_vec())
}

/// A file of as many clients, all in one group.
fn made_up(count: u32) -> (String, Vec<String>) {
    let group = format!("Demo {count}");
    let mut csv = String::from("email,full_name,comment,groups\n");
    for number in 1..=count {
        let _ = writeln!(csv, "demo.{count}.{number}@example.org,Reader {number},made up for the demo,{group}");
    }
    (csv, vec![group])
}

fn numbers(report: &reports::Report) -> String {
    let mut table = String::new();
    let totals = report.totals.0;
    for (name, number) in [
        ("planned", totals.planned),
        ("accepted", totals.accepted),
        ("rejected", totals.rejected),
        ("deferred", totals.deferred),
        ("unknown", totals.unknown),
        ("suppressed", totals.suppressed),
        ("expired", totals.expired),
        ("pending", totals.pending),
    ] {
        let _ = writeln!(table, "  {name:<12}{number:>10}");
    }
    let _ = write!(table, "  {:<12}{:>10.0}", "per second", report.per_second());
    table
}

/// Listens at this address if its port is free, else at another port.
async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind((address.ip(), 0)).await.context("no port is free on this machine"),
    }
}

fn metadata() -> Metadata {
    Metadata::new(Actor::CommandLine("demo".to_owned()), Uuid::new_v4())
}

fn say(line: &str) {
    output::say(line);
}
