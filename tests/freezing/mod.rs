//! The first letters go out while the audience of their run is still being frozen, and whatever happens meanwhile, it is the
//! audience of the start.

mod mailboxes;
mod others;

use crate::support::planners::{hold_batches_from, let_planners_go};
use crate::support::service::{Service, found, metadata};
use crate::support::smtp_server::{Offers, SmtpServer};
use domain::client::Command as ClientCommand;
use domain::{ClientId, EmailAddress, GroupId, MailingId, RunId, group, mailing};
use projections::{Access, deliveries, runs};
use std::collections::BTreeSet;

/// How many clients everybody is. A planner's first page has 1,000 of them.
const EVERYBODY: usize = 1_700;

/// A service with so many clients in a group, whose planners are held after the first page.
async fn held() -> (Service, SmtpServer, GroupId) {
    let (service, server) = (Service::start().await, SmtpServer::start(Offers::default()).await);
    let group = service.clients(EVERYBODY).await;
    hold_batches_from(&service.database.pool, 2).await;
    (service, server, group)
}

/// Waits until all letters of the first page are recorded, and nothing else is planned.
async fn first_page_is_out(service: &Service, mailing: MailingId) -> runs::Run {
    let run = service.run_where(mailing, |run| run.accepted == 1_000).await;
    assert_eq!((run.status, run.planned), (runs::Status::Planning, 1_000));
    assert_eq!(service.events("AudienceFrozen").await, 0);
    run
}

/// Everybody whom the run has written to, or has left out, by name.
async fn recipients(service: &Service, run: &runs::Run) -> BTreeSet<String> {
    service.outcomes(run).await.into_keys().collect()
}

/// Nobody has got two letters.
fn each_got_one(server: &SmtpServer) {
    assert_eq!(server.received().len(), server.accepted_recipients().len(), "nobody gets two letters");
}

#[tokio::test]
async fn the_first_letters_go_out_before_the_audience_is_frozen_and_what_is_planned_only_grows() {
    let (service, server, group) = held().await;
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    let early = first_page_is_out(&service, mailing).await;
    assert_eq!(early.batches, None, "nobody knows yet how many there will be");
    assert_eq!(early.message_id_domain.as_deref(), Some("example.com"), "their Message-IDs are those that stay");

    let_planners_go(&service.database.pool).await;

    let mut planned = early.planned;
    let run = found("the run is finished", async || {
        // Whoever looks at a run sees numbers that add up; `runs` asserts it.
        let run = service.runs(mailing).await.remove(0);
        assert!(run.planned >= planned, "{} were planned, and now {}", planned, run.planned);
        planned = run.planned;
        (run.status == runs::Status::Finished).then_some(run)
    })
    .await;
    let totals = run.totals();
    assert_eq!((totals.planned, totals.accepted), (1_700, 1_700));
    assert_eq!((run.batches, run.message_id_domain.as_deref()), (Some(4), Some("example.com")));
    assert_eq!(server.accepted_recipients().len(), EVERYBODY);
    each_got_one(&server);
    let paper: i64 = sqlx::query_scalar("select count(*) from runs_in_pages")
        .fetch_one(&service.database.pool)
        .await
        .expect("it can be counted");
    assert_eq!(paper, 0, "scratch paper is thrown away");
    engine.stop().await;
}

#[tokio::test]
async fn whoever_comes_goes_or_changes_while_the_audience_is_frozen_changes_nothing() {
    let (service, server, group) = held().await;
    let other = service.group("Others").await;
    // They come after everybody else by their ids, so the first page knows nothing of them.
    let leaves = service.client("leaves@example.org", "Lea", &[group]).await;
    let goes = service.client("goes@example.org", "Gus", &[group]).await;
    let moves = service.client("moves@example.org", "Mo", &[other]).await;
    let renamed = service.client("old@example.org", "Ann", &[group]).await;
    let named = service.client("named@example.org", "Nan", &[]).await;
    let joins = service.client("joins@example.org", "Joe", &[]).await;
    let mut plan = service.plan(group).await;
    plan.audience.clients.insert(named);
    plan.audience.groups.insert(other);
    let engine = service.work(&server);
    let mailing = service.create(plan).await;
    first_page_is_out(&service, mailing).await;

    let by = service.owner;
    let groups = BTreeSet::new();
    service.tell_client(leaves, ClientCommand::SetGroups { by, groups: groups.clone() }).await;
    service.tell_client(goes, ClientCommand::Delete { by }).await;
    service.tell_client(named, ClientCommand::Delete { by }).await;
    service.tell_client(moves, ClientCommand::SetGroups { by, groups: [group].into() }).await;
    service.tell_client(joins, ClientCommand::JoinGroup { by, group }).await;
    let email = Some(EmailAddress::parse("new@example.org").expect("an address"));
    let change = ClientCommand::Change { by, email, full_name: None, first_name: None, last_name: None, comment: None };
    service.tell_client(renamed, change).await;
    service.client("late@example.org", "Lee", &[group]).await;
    let store = &service.node.services.store;
    let deleted = store.execute::<group::Group>(other.0, group::Command::Delete { by }, &metadata()).await;
    assert!(service.node.services.shown(deleted.expect("it is deleted").position).await, "the read models follow");
    let_planners_go(&service.database.pool).await;

    let totals = service.finished(mailing).await;

    assert_eq!((totals.planned, totals.accepted), (1_705, 1_705));
    let received = server.accepted_recipients();
    for there in ["leaves@example.org", "goes@example.org", "moves@example.org", "old@example.org", "named@example.org"]
    {
        assert!(received.contains(there), "{there} was there at the start");
    }
    for late in ["joins@example.org", "late@example.org", "new@example.org"] {
        assert!(!received.contains(late), "{late} came later");
    }
    each_got_one(&server);
    engine.stop().await;
}

#[tokio::test]
async fn a_planner_that_dies_is_followed_by_one_that_comes_to_the_same_audience() {
    let (service, server, group) = held().await;
    let last = service.client("last@example.org", "Lou", &[group]).await;
    let second = service.second_node().await;
    let dying = service.work(&server);
    let mailing = service.mailing(group).await;
    first_page_is_out(&service, mailing).await;

    drop(dying);
    // Somebody of the first page goes, and so does the last one of all: the batches after are the same.
    let first: uuid::Uuid = sqlx::query_scalar("select clients[1] from batches where number = 0")
        .fetch_one(&service.database.pool)
        .await
        .expect("there is a batch");
    service.tell_client(ClientId(first), ClientCommand::Delete { by: service.owner }).await;
    service.tell_client(last, ClientCommand::Delete { by: service.owner }).await;
    service.client("late@example.org", "Lee", &[group]).await;
    let Service { node, database, .. } = service;
    node.close().await.expect("the node dies with it");
    let engine = Service::work_with(&second, Service::relay(&server), Service::settings());
    let_planners_go(&database.pool).await;

    let run = found("the run is finished", async || {
        let page = runs::page(&database.pool, Access::All, mailing, None, 1).await.ok()?.pop()?;
        page.1.ok().filter(|run| run.status == runs::Status::Finished)
    })
    .await;
    let totals = run.totals();
    assert!(totals.add_up(), "{totals:?}");
    assert_eq!((totals.planned, totals.accepted, run.batches), (1_701, 1_701, Some(4)));
    let received = server.accepted_recipients();
    assert!(received.contains("last@example.org") && !received.contains("late@example.org"));
    assert_eq!(received.len(), EVERYBODY + 1);
    each_got_one(&server);
    engine.stop().await;
}

#[tokio::test]
async fn a_mailing_that_is_paused_while_its_audience_is_frozen_sends_nothing_more_until_it_goes_on() {
    let (service, server, group) = held().await;
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    first_page_is_out(&service, mailing).await;

    service.tell(mailing, mailing::Command::Pause { by: service.owner }).await;
    let_planners_go(&service.database.pool).await;

    let frozen = service.run_where(mailing, |run| run.status == runs::Status::Sending).await;
    assert_eq!((frozen.planned, frozen.accepted, frozen.pending), (1_700, 1_000, 700));
    assert_eq!(server.received().len(), 1_000);
    service.tell(mailing, mailing::Command::Resume { by: service.owner }).await;
    assert_eq!(service.finished(mailing).await.accepted, 1_700);
    each_got_one(&server);
    engine.stop().await;
}

#[tokio::test]
async fn a_mailing_that_is_cancelled_or_deleted_while_its_audience_is_frozen_is_planned_to_the_end_and_given_up() {
    for is_deleted in [false, true] {
        let (service, server, group) = held().await;
        let engine = service.work(&server);
        let mailing = service.mailing(group).await;
        let run = first_page_is_out(&service, mailing).await;

        let by = service.owner;
        let command = if is_deleted { mailing::Command::Delete { by } } else { mailing::Command::Cancel { by } };
        service.tell(mailing, command).await;
        let_planners_go(&service.database.pool).await;

        let run = found("the run is finished", async || {
            let run = runs::get(&service.database.pool, Access::All, RunId(run.id)).await.ok()??;
            (run.status == runs::Status::Finished).then_some(run)
        })
        .await;
        let totals = run.totals();
        assert!(totals.add_up(), "{totals:?}");
        assert_eq!((totals.planned, totals.accepted, totals.suppressed), (1_700, 1_000, 700), "deleted: {is_deleted}");
        assert_eq!(server.received().len(), 1_000);
        assert_eq!(recipients(&service, &run).await.len(), EVERYBODY, "everybody is told what became of their letter");
        engine.stop().await;
    }
}

#[tokio::test]
async fn letters_in_doubt_can_be_sent_again_while_the_audience_is_frozen() {
    let (service, server, group) = held().await;
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    let run = first_page_is_out(&service, mailing).await;
    let store = &service.node.services.store;

    // As if one had been in doubt: what the run is told of it changes nothing about its being planned.
    let command = domain::run::Command::Resend { deliveries: 1, at: service.clock.now() };
    let told = store.execute::<domain::run::Run>(run.id, command, &metadata()).await.expect("it may be ordered");
    assert!(service.node.services.shown(told.position).await, "the read models follow");
    assert_eq!(service.runs(mailing).await.remove(0).status, runs::Status::Planning);

    let_planners_go(&service.database.pool).await;
    assert_eq!(service.finished(mailing).await.accepted, 1_700);
    let doubts = deliveries::Filter::with(&[domain::Outcome::Unknown]);
    let unknown = deliveries::page(&service.database.pool, Access::All, RunId(run.id), &doubts, None, 1).await;
    assert!(crate::support::all_read(unknown).is_empty());
    engine.stop().await;
}
