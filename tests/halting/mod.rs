//! What stops a run in flight: no further letter starts, on any node, and what was in flight is recorded.

mod guard;
mod rule;
mod unseen;

use crate::support::service::{Service, Working, found, in_flight, metadata};
use crate::support::smtp_server::{Act, Gate, Offers, SmtpServer, Turn};
use chrono::TimeDelta;
use domain::mailing::{self, Mailing, Status};
use domain::user::{self, User};
use domain::{EmailAddress, FullName, Language, MailingId, TimeZone};
use projections::{Access, mailings};

const CLIENTS: usize = 1_200;

/// Two nodes that send one mailing, each with letters that the server keeps waiting for their first answer.
struct Halting {
    service: Service,
    server: SmtpServer,
    gate: Gate,
    mailing: MailingId,
    engines: [Working; 2],
}

async fn two_nodes_in_flight() -> Halting {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let store = &service.node.services.store;
    let register = user::Command::Register {
        email: EmailAddress::parse("owner@example.com").expect("an address"),
        full_name: FullName::parse("Owner").expect("a name"),
        time_zone: TimeZone::UTC,
        language: Language::En,
    };
    store.execute::<User>(service.owner.0, register, &metadata()).await.expect("an account");
    let group = service.clients(CLIENTS).await;
    let gate = Gate::new();
    let closed = gate.clone();
    server.play(move |turn| if matches!(turn, Turn::Rcpt(_)) { Act::Wait(closed.clone()) } else { Act::Usual });
    let second = service.second_node().await;
    // One batch each, so that both have one.
    let mut settings = Service::settings();
    (settings.batches, settings.small_batches) = (1, 0);
    let engines =
        [&service.node, &second].map(|node| Service::work_with(node, Service::relay(&server), settings.clone()));
    let mailing = service.mailing(group).await;
    // Four connections each.
    gate.reached_by(8).await;
    Halting { service, server, gate, mailing, engines }
}

impl Halting {
    /// From now on the server answers. Whatever has begun is brought to its end, and nothing more begins.
    async fn nothing_more_starts(&self) -> u64 {
        let holders = "select count(*) from batch_leases where worker is not null";
        // Nobody takes new letters up, so what is left is what had begun.
        self.quiet(holders).await;
        let received = self.server.received().len();
        assert!(received == 8, "{received} letters had begun");
        received as u64
    }

    async fn quiet(&self, holders: &str) {
        self.gate.open();
        found("no batch is held", async || {
            let held: i64 = sqlx::query_scalar(holders).fetch_one(&self.service.database.pool).await.ok()?;
            (held == 0).then_some(())
        })
        .await;
    }

    /// Waits until both nodes have seen it: they look at what they hold four times a second, and stop what may not go on.
    async fn all_withdrawn(&self) {
        // A letter that waits in the queue is taken back as soon as its worker knows, and then recorded as not tried. The
        // first eight are at the server.
        let pool = &self.service.database.pool;
        found("the letters in the queues are taken back", async || (in_flight(pool).await <= 8).then_some(())).await;
    }

    async fn stop(self) {
        for engine in self.engines {
            engine.stop().await;
        }
    }
}

#[tokio::test]
async fn pausing_stops_all_nodes_and_resuming_goes_on() {
    let story = two_nodes_in_flight().await;
    let by = story.service.owner;
    story.service.tell(story.mailing, mailing::Command::Pause { by }).await;
    story.all_withdrawn().await;

    let sent = story.nothing_more_starts().await;

    story.service.run_where(story.mailing, |run| run.totals().pending == CLIENTS as u64 - sent).await;
    story.service.tell(story.mailing, mailing::Command::Resume { by }).await;
    assert_eq!(story.service.finished(story.mailing).await.accepted, CLIENTS as u64);
    assert_eq!(story.server.received().len(), CLIENTS);
    story.stop().await;
}

#[tokio::test]
async fn disabling_stops_all_nodes_until_a_manager_enables() {
    let story = two_nodes_in_flight().await;
    let reason = || "complaints".to_owned();
    story.service.tell(story.mailing, mailing::Command::Disable { reason: reason() }).await;
    story.all_withdrawn().await;

    story.nothing_more_starts().await;

    story.service.tell(story.mailing, mailing::Command::Enable { reason: reason() }).await;
    assert_eq!(story.service.finished(story.mailing).await.accepted, CLIENTS as u64);
    story.stop().await;
}

#[tokio::test]
async fn blocking_the_owner_stops_all_nodes_and_starts_nothing_until_unblocked() {
    let story = two_nodes_in_flight().await;
    let events = &story.service.node.services.store;
    let owner = story.service.owner.0;
    let reason = || "complaints".to_owned();
    let blocked = events
        .execute::<User>(owner, user::Command::Block { reason: reason(), even_administrators: true }, &metadata())
        .await;
    assert!(story.service.node.services.shown(blocked.expect("blocked").position).await);
    story.all_withdrawn().await;

    story.nothing_more_starts().await;

    // A mailing that becomes due meanwhile waits as well.
    let group = story.service.group("Nobody").await;
    story.service.client("late@example.org", "Late", &[group]).await;
    let waiting = story.service.mailing(group).await;
    let received = story.server.received().len();
    events
        .execute::<User>(owner, user::Command::Unblock { reason: reason(), even_administrators: true }, &metadata())
        .await
        .expect("unblocked");
    assert_eq!(story.service.finished(story.mailing).await.accepted, CLIENTS as u64);
    assert_eq!(story.service.finished(waiting).await.accepted, 1);
    assert!(received == 8, "{received} letters while the owner was blocked");
    let row = mailings::get(&story.service.database.pool, Access::All, story.mailing).await.expect("readable");
    assert_eq!(row.expect("there").status, Status::Active, "unblocking leaves no pause behind");
    story.stop().await;
}

#[tokio::test]
async fn cancelling_stops_all_nodes_for_good() {
    let story = two_nodes_in_flight().await;
    story.service.tell(story.mailing, mailing::Command::Cancel { by: story.service.owner }).await;
    story.all_withdrawn().await;

    let sent = story.nothing_more_starts().await;

    let totals = story.service.finished(story.mailing).await;
    assert!(totals.accepted == sent && totals.unknown == 0, "{totals:?}");
    assert_eq!(totals.accepted + totals.suppressed, CLIENTS as u64);
    assert_eq!(story.server.received().len() as u64, totals.accepted);
    story.stop().await;
}

#[tokio::test]
async fn the_windows_end_stops_all_nodes() {
    let story = two_nodes_in_flight().await;
    story.service.clock.advance(TimeDelta::days(2));
    story.all_withdrawn().await;
    story.gate.open();

    let totals = story.service.finished(story.mailing).await;

    assert!(totals.accepted == 8, "{totals:?}");
    assert_eq!((totals.accepted + totals.expired, totals.unknown), (CLIENTS as u64, 0));
    story.stop().await;
}

/// The run stops with a reason before it has sent much, and goes on when its owner resumes it.
async fn suspended(reply: &'static str, at_body: bool, words: &str) {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let group = service.clients(CLIENTS).await;
    server.play(move |turn| match turn {
        Turn::Body(_) if at_body => Act::Say(reply),
        Turn::Mail if !at_body => Act::Say(reply),
        _ => Act::Usual,
    });
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    let row = found("the mailing is paused", async || {
        let row = mailings::get(&service.database.pool, Access::All, mailing).await.ok()??;
        (row.status == Status::Paused).then_some(row)
    })
    .await;
    let reason = row.reason.expect("a reason");
    assert!(reason.contains(words), "{reason}");
    let suspended = service.events("Suspended").await;
    assert_eq!(suspended, 1, "one reason is enough");

    server.play(|_| Act::Usual);
    service.tell(mailing, mailing::Command::Resume { by: service.owner }).await;

    let totals = service.finished(mailing).await;
    assert!(totals.rejected < 400, "most were not even tried: {totals:?}");
    assert_eq!(totals.accepted + totals.rejected, CLIENTS as u64);
    engine.stop().await;
}

#[tokio::test]
async fn content_that_everybody_refuses_pauses_the_mailing() {
    suspended("554 5.6.0 this content is not taken", true, "refuses the content").await;
}

#[tokio::test]
async fn a_letter_that_is_too_large_for_everybody_pauses_the_mailing() {
    suspended("552 5.3.4 message too big", true, "refuses the content").await;
}

#[tokio::test]
async fn a_reputation_that_is_refused_again_and_again_pauses_the_mailing() {
    suspended("550 5.7.1 blocked, see our policy", true, "because of their sender").await;
}

#[tokio::test]
async fn a_sender_that_is_refused_pauses_the_mailing_and_blames_nobody() {
    suspended("553 5.1.8 sender not allowed", false, "refuses the sender").await;
}

/// A mailing that somebody resumes at the same time as the service suspends it ends in one of the two states.
#[tokio::test]
async fn suspending_what_is_already_paused_changes_nothing() {
    let service = Service::start().await;
    let group = service.clients(1).await;
    let mailing = service.mailing(group).await;
    service.tell(mailing, mailing::Command::Pause { by: service.owner }).await;
    let store = &service.node.services.store;
    let reason = "refused".to_owned();
    store.execute::<Mailing>(mailing.0, mailing::Command::Suspend { reason }, &metadata()).await.expect("no error");
    assert_eq!(service.events("Suspended").await, 0);
}
