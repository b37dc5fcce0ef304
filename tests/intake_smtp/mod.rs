//! The mail server for what comes back: what mail servers deliver there, and what strangers try.

mod delivering;
mod limits;
mod outages;
mod peer;
mod program;
mod strangers;

use crate::support::TestDatabase;
use crate::support::process::{Process, Program, skymailing};
use crate::support::service::{Service, found};
use crate::support::smtp_server::{Offers, SmtpServer};
use acts::Services;
use domain::RunId;
use domain::letter::{Letterhead, LinkKey, Purpose, ReturnPaths, Separator};
use domain::sender_domain::DomainName;
use intake::smtp::{Limits, Server, Tally};
use projections::LinkKeys;
use skymailing::wire::wall_clock;
use sqlx::PgPool;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The domain whose mail comes in.
const DOMAIN: &str = "bounce.example.org";

/// How the program's connections are called in PostgreSQL.
const NAME: &str = "the-program";

fn paths() -> ReturnPaths {
    ReturnPaths { domain: DomainName::parse(DOMAIN).expect("a domain"), separator: Separator::Plus }
}

/// A run whose letters a mail server has taken, and nobody who works.
struct Sent {
    service: Service,
    letters: Letters,
}

/// The letters of a run, as far as addresses and reports are about them.
struct Letters {
    run: RunId,
    key: LinkKey,
}

impl Sent {
    async fn with_letters(count: usize) -> Self {
        let (service, server) = (Service::start().await, SmtpServer::start(Offers::default()).await);
        service.clock.advance(wall_clock().now() - service.clock.now());
        let group = service.clients(count).await;
        let mailing = service.mailing(group).await;
        let engine = service.work(&server);
        assert_eq!(service.finished(mailing).await.accepted, count as u64);
        engine.stop().await;
        let run = RunId(service.runs(mailing).await.remove(0).id);
        let letters = Letters::of(&service.database.pool, run).await;
        Self { service, letters }
    }

    fn pool(&self) -> &PgPool {
        &self.service.database.pool
    }

    /// A mail server in this process.
    async fn listens(&self, limits: Limits) -> Listening {
        let services = Services { returns: Some(paths()), ..self.service.node.services.clone() };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let server = Server::new(services, paths().domain, limits);
        let (tally, stop) = (server.tally(), CancellationToken::new());
        let task = tokio::spawn(server.serve(listener, stop.clone()));
        Listening { address, tally, stop, task }
    }

    /// Only the database is left, for the program.
    async fn left(self) -> Left {
        let Service { node, database, .. } = self.service;
        node.close().await.expect("it was there only to send");
        Left { database, letters: self.letters }
    }
}

impl Letters {
    async fn of(pool: &PgPool, run: RunId) -> Self {
        let keys = LinkKeys::default();
        let key = keys.newest(pool).await.expect("there is a key").clone();
        Self { run, key }
    }

    /// Where the letter with this number comes back to.
    fn address(&self, ordinal: u32) -> String {
        paths().address(&self.key, Purpose::Bounce, Letterhead { run: self.run, ordinal })
    }
}

/// How many bounces of the letter with this number are in the log.
async fn bounces(pool: &PgPool, ordinal: u32) -> i64 {
    sqlx::query_scalar(
        "select count(*) from events where event_type = 'BounceReported'
            and payload #>> '{BounceReported,letter,ordinal}' = $1 and payload #>> '{BounceReported,report,via}' = 'smtp'",
    )
    .bind(ordinal.to_string())
    .fetch_one(pool)
    .await
    .expect("events can be counted")
}

/// How many messages wait for a person to look at them.
async fn kept(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from intake_messages").fetch_one(pool).await.expect("they can be counted")
}

/// A mail server that listens. It stops when this is dropped.
struct Listening {
    address: SocketAddr,
    tally: Arc<Tally>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Listening {
    /// How many messages it has taken.
    fn taken(&self) -> u64 {
        self.tally.taken().iter().map(|(_, messages)| messages).sum()
    }

    /// Asks it to stop and waits until it has.
    async fn stops(mut self) {
        self.stop.cancel();
        (&mut self.task).await.expect("it stops");
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A database in which letters are sent.
struct Left {
    database: TestDatabase,
    letters: Letters,
}

impl Left {
    /// The program that sends, and takes mail.
    fn worker(&self) -> Program {
        taking_mail(&["worker"]).set("DATABASE_URL", format!("{}&application_name={NAME}", self.database.url))
    }

    fn pool(&self) -> &PgPool {
        &self.database.pool
    }

    /// Waits until PostgreSQL has noticed that the program is gone: whatever was on its way is committed, or never will be.
    async fn is_quiet(&self) {
        found("the program's connections are gone", async || (self.connections("true").await == 0).then_some(())).await;
    }

    /// Waits until the program waits for somebody else in the database.
    async fn is_held_up(&self) {
        let waits = "wait_event_type = 'Lock'";
        found("the program waits", async || (self.connections(waits).await > 0).then_some(())).await;
    }

    async fn connections(&self, which: &str) -> i64 {
        let query = format!(
            "select count(*) from pg_stat_activity
              where datname = current_database() and application_name = '{NAME}' and {which}"
        );
        sqlx::query_scalar(&query).fetch_one(self.pool()).await.expect("they can be counted")
    }
}

/// The program with these arguments, which takes mail on any free port.
fn taking_mail(arguments: &[&str]) -> Program {
    skymailing(arguments).set("BOUNCE_DOMAIN", DOMAIN).set("INTAKE_ADDR", "127.0.0.1:0")
}

/// Waits until the program takes mail, and returns where.
async fn takes_mail_at(process: &mut Process) -> SocketAddr {
    let line = process.says(&format!("SkyMailing takes mail for {DOMAIN} at ")).await;
    line.rsplit(' ').next().and_then(|address| address.parse().ok()).expect("an address")
}

/// A report that a letter did not arrive, as mail servers write it (RFC 3464). The same name makes the same report.
fn report(name: &str) -> String {
    [
        "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>",
        "To: undisclosed-recipients:;",
        "Subject: Undelivered Mail Returned to Sender",
        "Date: Mon, 4 May 2026 09:00:00 +0000",
        &format!("Message-ID: <{name}@mx.example.net>"),
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=\"limit\"",
        "",
        "--limit",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        "I'm sorry to have to inform you that your message could not be delivered.",
        "",
        "--limit",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example.net",
        "Arrival-Date: Mon, 4 May 2026 08:59:00 +0000",
        "",
        "Final-Recipient: rfc822; client0@example.org",
        "Action: failed",
        "Status: 5.1.1",
        "Remote-MTA: dns; mail.example.org",
        "Diagnostic-Code: smtp; 550 5.1.1 no such user",
        "",
        "--limit--",
        "",
    ]
    .join("\r\n")
}
