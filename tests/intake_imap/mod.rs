//! A mailbox that is looked into: what lies there becomes an event once, whoever hangs up or dies, and the message is moved away.

mod faults;
mod looking;
mod protection;

use crate::support::imap_server::{ImapServer, Offers};
use crate::support::service::{Service, found};
use crate::support::smtp_server::{self, SmtpServer};
use acts::Services;
use domain::RunId;
use domain::letter::{Letterhead, Purpose, ReturnPaths, Separator};
use domain::sender_domain::DomainName;
use intake::imap::{Mailbox, Patience, Trust, watch};
use projections::LinkKeys;
use skymailing::wire::Node;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What servers offer that can move messages, that can remove one, and that can only mark them.
const MOVES: &[&str] = &["AUTH=PLAIN", "MOVE", "UIDPLUS"];
const REMOVES: &[&str] = &["AUTH=PLAIN", "SASL-IR", "UIDPLUS"];
const MARKS: &[&str] = &["AUTH=PLAIN"];

/// A service some of whose letters may come back.
struct Scene {
    service: Service,
    paths: ReturnPaths,
    run: RunId,
}

/// Somebody who looks into the mailbox. Dropping it stops it at once, as a crash would.
struct Watching {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Watching {
    /// Asks it to stop and waits until it has.
    async fn stop(mut self) {
        self.stop.cancel();
        (&mut self.task).await.expect("it stops");
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Scene {
    /// So many letters of a run were accepted.
    async fn after(letters: usize) -> Self {
        let (service, smtp) = (Service::start().await, SmtpServer::start(smtp_server::Offers::default()).await);
        let group = service.clients(letters).await;
        let engine = service.work(&smtp);
        let mailing = service.mailing(group).await;
        assert_eq!(service.finished(mailing).await.accepted, letters as u64);
        engine.stop().await;
        let run = RunId(service.runs(mailing).await[0].id);
        let domain = DomainName::parse("bounce.example.org").expect("a domain");
        Self { service, paths: ReturnPaths { domain, separator: Separator::Plus }, run }
    }

    fn services_of(&self, node: &Node) -> Services {
        Services { returns: Some(self.paths.clone()), ..node.services.clone() }
    }

    /// This node looks into the mailbox.
    fn watch(&self, mailbox: Mailbox) -> Watching {
        self.watch_from(&self.service.node, mailbox, without_tls())
    }

    fn watch_from(&self, node: &Node, mailbox: Mailbox, trust: Trust) -> Watching {
        let stop = CancellationToken::new();
        let task = tokio::spawn(watch(self.services_of(node), mailbox, trust, stop.clone()));
        Watching { task, stop }
    }

    /// What a mail server writes of the letter with this number: there is no such mailbox.
    async fn bounce(&self, ordinal: u32) -> Vec<u8> {
        let pool = &self.service.database.pool;
        let keys = LinkKeys::default();
        let key = keys.newest(pool).await.expect("there is a key");
        let to = self.paths.address(key, Purpose::Bounce, Letterhead { run: self.run, ordinal });
        format!(
            "Return-Path: <>\r\n\
             Delivered-To: {to}\r\n\
             From: Mail Delivery System <MAILER-DAEMON@mx.example.net>\r\n\
             To: {to}\r\n\
             Subject: Undelivered Mail Returned to Sender\r\n\
             Date: Mon, 4 May 2026 09:00:00 +0000\r\n\
             Message-ID: <bounce{ordinal}@mx.example.net>\r\n\
             Auto-Submitted: auto-replied\r\n\
             MIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\
             \r\n\
             --b\r\n\
             Content-Type: text/plain\r\n\
             \r\n\
             Your letter could not be delivered.\r\n\
             \r\n\
             --b\r\n\
             Content-Type: message/delivery-status\r\n\
             \r\n\
             Reporting-MTA: dns; mx.example.net\r\n\
             \r\n\
             Final-Recipient: rfc822; client{ordinal}@example.org\r\n\
             Action: failed\r\n\
             Status: 5.1.1\r\n\
             Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\
             \r\n\
             --b\r\n\
             Content-Type: text/rfc822-headers\r\n\
             \r\n\
             Subject: Hello\r\n\
             \r\n\
             --b--\r\n"
        )
        .into_bytes()
    }

    /// How many bounces are in the log.
    async fn bounced(&self) -> i64 {
        self.service.events("BounceReported").await
    }

    /// What is in the way; none if nothing is, or nobody has looked.
    async fn trouble(&self) -> Option<String> {
        let states = "select error from intake_states where via = 'imap'";
        let error: Option<Option<String>> =
            sqlx::query_scalar(states).fetch_optional(&self.service.database.pool).await.expect("an answer");
        error.flatten()
    }

    /// Waits until something is in the way of which this is told.
    async fn troubled(&self, words: &str) -> String {
        found(words, async || self.trouble().await.filter(|error| error.contains(words))).await
    }

    /// It is forgotten how looking went.
    async fn forget_trouble(&self) {
        sqlx::query("delete from intake_states").execute(&self.service.database.pool).await.expect("it is forgotten");
    }

    /// Waits until somebody has looked, and nothing is in the way.
    async fn untroubled(&self) {
        let well = "select true from intake_states where via = 'imap' and error is null and since is null";
        found("nothing is in the way", async || {
            sqlx::query_scalar::<_, bool>(well).fetch_optional(&self.service.database.pool).await.expect("an answer")
        })
        .await;
    }

    /// Waits until so many bounces are in the log, and no more.
    async fn has_bounced(&self, times: i64) {
        found("bounces are recorded", async || (self.bounced().await >= times).then_some(())).await;
        assert_eq!(self.bounced().await, times);
    }
}

/// The mailbox of a server, for somebody who is in a hurry.
fn mailbox(server: &ImapServer) -> Mailbox {
    mailbox_at(&format!("imap://sky:secret@{}", server.address()))
}

fn mailbox_at(url: &str) -> Mailbox {
    Mailbox::parse(url).expect("a mailbox").with_every(Duration::from_millis(50)).with_patience(patience())
}

fn patience() -> Patience {
    let pause = Duration::from_millis(50);
    Patience { pauses: vec![pause], denied: pause, ..Patience::default() }
}

fn without_tls() -> Trust {
    Trust::new(|| async { Err("nobody needs TLS here".to_owned()) })
}

/// Waits until so many messages are in the mailbox for those that were read.
async fn has_processed(server: &ImapServer, messages: usize) {
    found("messages are moved away", async || (server.folder("Processed").len() >= messages).then_some(())).await;
    assert_eq!(server.folder("Processed").len(), messages);
}

/// A server that offers only this.
async fn offering(abilities: &'static [&'static str]) -> ImapServer {
    ImapServer::start(Offers { abilities, ..Offers::default() }).await
}
