//! Whoever is suppressed when an audience is frozen is in it, and gets no letter, whichever way it is frozen.

use super::{counts, email, friends, heard_of, lift, outcomes, owners, started, suppress, suppress_until};
use crate::support::service::{Service, metadata};
use crate::support::smtp_server::{Act, Turn};
use chrono::TimeDelta;
use domain::mailing::Kind;
use domain::run::{self, Run, Trigger};
use domain::suppression::{Reason, Scope};
use domain::{MailingId, RunId, UserId, mailing};
use projections::deliveries::Suppressed;
use projections::{Access, mailings, reports, runs};
use scheduler::Settings;
use std::collections::BTreeMap;
use uuid::Uuid;

#[tokio::test]
async fn a_small_run_leaves_out_whoever_is_suppressed_in_any_scope_and_says_why() {
    let (service, server) = started().await;
    let group = friends(&service).await;
    service.client("Dora@Пример.рф", "Dora", &[group]).await;
    let mailing = service.mailing(group).await;
    suppress(&service, Scope::Installation, "ann@example.org", Reason::Complained).await;
    suppress(&service, owners(&service), "bob@example.org", Reason::Unsubscribed).await;
    let only = Scope::Mailing { owner: service.owner, mailing };
    suppress(&service, only, "dora@xn--e1afmkfd.xn--p1ai", Reason::Imported).await;

    let engine = service.work(&server);
    let totals = service.finished(mailing).await;

    assert_eq!((totals.planned, totals.accepted, totals.suppressed), (4, 1, 3));
    let run = service.runs(mailing).await.remove(0);
    let suppressed = |reason| ("suppressed", Some(Suppressed::Reason(reason)));
    assert_eq!(
        outcomes(&service, &run).await,
        BTreeMap::from([
            ("Dora@Пример.рф".to_owned(), suppressed(Reason::Imported)),
            ("ann@example.org".to_owned(), suppressed(Reason::Complained)),
            ("bob@example.org".to_owned(), suppressed(Reason::Unsubscribed)),
            ("carl@example.org".to_owned(), ("accepted", None)),
        ])
    );
    let one = |reason| (Suppressed::Reason(reason), 1);
    assert_eq!(
        counts(&service, &run).await,
        [one(Reason::Unsubscribed), one(Reason::Complained), one(Reason::Imported)]
    );
    assert_eq!(service.events("LeftOut").await, 3, "one for each reason");
    assert_eq!(server.received().len(), 1);
    assert!(!heard_of(&server, "ann@") && !heard_of(&server, "bob@") && !heard_of(&server, "dora@"));
    let report =
        reports::get(&service.database.pool, Access::All, RunId(run.id)).await.expect("readable").expect("one");
    assert!(report.succeeded() && report.not_written_to() == 3, "{report:?}");

    // Another mailing knows nothing of who has left that one.
    let other = service.mailing(group).await;
    let totals = service.finished(other).await;
    assert_eq!((totals.accepted, totals.suppressed), (2, 2));
    engine.stop().await;
}

#[tokio::test]
async fn a_run_of_nobody_but_suppressed_ones_is_finished_at_once() {
    let (service, server) = started().await;
    let group = friends(&service).await;
    for name in ["ann", "bob", "carl"] {
        suppress(&service, owners(&service), &format!("{name}@example.org"), Reason::ByHand).await;
    }
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;

    let totals = service.finished(mailing).await;

    assert_eq!((totals.planned, totals.suppressed), (3, 3));
    assert_eq!((server.received().len(), service.events("SendingStarted").await), (0, 0));
    engine.stop().await;
}

#[tokio::test]
async fn what_was_lifted_has_ended_or_is_another_owners_stops_no_letter() {
    let (service, server) = started().await;
    let group = friends(&service).await;
    suppress(&service, owners(&service), "ann@example.org", Reason::ByHand).await;
    lift(&service, owners(&service), "ann@example.org", Reason::ByHand).await;
    let ended = "2020-01-01T00:00:00Z".parse().expect("a moment");
    suppress_until(&service, owners(&service), "bob@example.org", Reason::Dead, Some(ended)).await;
    let others = Scope::Owner { owner: UserId(Uuid::now_v7()) };
    suppress(&service, others, "carl@example.org", Reason::Complained).await;

    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    assert_eq!(service.finished(mailing).await.accepted, 3);

    suppress(&service, owners(&service), "ann@example.org", Reason::ByHand).await;
    let again = service.mailing(group).await;
    let totals = service.finished(again).await;
    assert_eq!((totals.accepted, totals.suppressed), (2, 1), "suppressed anew");
    engine.stop().await;
}

#[tokio::test]
async fn a_transactional_mailing_goes_to_those_who_have_left_and_to_nobody_who_is_suppressed_for_another_reason() {
    let (service, server) = started().await;
    let group = friends(&service).await;
    suppress(&service, owners(&service), "ann@example.org", Reason::Unsubscribed).await;
    suppress(&service, owners(&service), "bob@example.org", Reason::Bounced).await;
    // Also if they have left, too.
    suppress(&service, owners(&service), "bob@example.org", Reason::Unsubscribed).await;
    let plan = mailing::Plan { kind: Kind::Transactional, ..service.plan(group).await };
    let engine = service.work(&server);
    let mailing = service.create(plan).await;

    let totals = service.finished(mailing).await;

    assert_eq!((totals.accepted, totals.suppressed), (2, 1));
    let run = service.runs(mailing).await.remove(0);
    assert_eq!(run.kind, Kind::Transactional);
    assert_eq!(counts(&service, &run).await, [(Suppressed::Reason(Reason::Bounced), 1)]);
    assert!(server.accepted_recipients().contains("ann@example.org"));
    let row = mailings::get(&service.database.pool, Access::All, mailing).await.expect("readable").expect("there");
    assert_eq!(row.kind, Kind::Transactional);
    engine.stop().await;
}

#[tokio::test]
async fn where_nobody_may_say_so_a_mailing_that_was_transactional_goes_to_nobody_who_has_left() {
    let (service, server) = started().await;
    let group = friends(&service).await;
    suppress(&service, owners(&service), "ann@example.org", Reason::Unsubscribed).await;
    let plan = mailing::Plan { kind: Kind::Transactional, ..service.plan(group).await };
    let settings = Settings { transactional: false, ..Service::settings() };
    let engine = Service::work_with(&service.node, Service::relay(&server), settings);
    let mailing = service.create(plan).await;

    let totals = service.finished(mailing).await;

    assert_eq!((totals.accepted, totals.suppressed), (2, 1));
    assert_eq!(service.runs(mailing).await.remove(0).kind, Kind::Bulk);
    assert!(!heard_of(&server, "ann@"));
    engine.stop().await;
}

#[tokio::test]
async fn a_run_that_is_frozen_in_pages_leaves_out_whoever_is_suppressed_in_each_of_them() {
    let (service, server) = started().await;
    let group = service.clients(1_700).await;
    let mut plan = service.plan(group).await;
    let news = service.group("News").await;
    plan.audience.groups.insert(news);
    // Who has left a topic is in the audience by another group.
    let topic = Scope::Topic { owner: service.owner, group: news };
    for number in [12, 1_600] {
        suppress(&service, topic, &format!("client{number}@example.org"), Reason::Unsubscribed).await;
    }
    for number in [3, 700, 1_650] {
        suppress(&service, owners(&service), &format!("client{number}@example.org"), Reason::Unsubscribed).await;
    }
    suppress(&service, Scope::Installation, "client3@example.org", Reason::Dead).await;
    let engine = service.work(&server);
    let mailing = service.create(plan).await;

    let totals = service.finished(mailing).await;

    assert_eq!((totals.planned, totals.accepted, totals.suppressed), (1_700, 1_695, 5));
    let run = service.runs(mailing).await.remove(0);
    let told = [(Suppressed::Reason(Reason::Unsubscribed), 4), (Suppressed::Reason(Reason::Dead), 1)];
    assert_eq!(counts(&service, &run).await, told, "of two reasons the more serious one");
    for number in [3, 12, 700, 1_600, 1_650] {
        assert!(!heard_of(&server, &format!("client{number}@")), "{number}");
    }
    engine.stop().await;
}

/// What failed in a run is sent again, and how that went.
async fn sent_again(service: &Service, mailing: MailingId, failed: &runs::Run) -> runs::Run {
    let origin = mailings::origin(&service.database.pool, mailing).await.expect("readable").expect("there");
    let trigger = Trigger::ResendFailed(RunId(failed.id));
    let (at, message_id_domain) = (service.clock.now() + TimeDelta::seconds(1), None);
    let start = run::Command::Start { origin, trigger: trigger.clone(), at, message_id_domain };
    let store = &service.node.services.store;
    store.execute::<Run>(trigger.run_of(mailing).0, start, &metadata()).await.expect("a run starts");
    service.run_where(mailing, |run| run.resend_of == Some(failed.id) && run.status == runs::Status::Finished).await
}

#[tokio::test]
async fn whoever_has_left_a_topic_gets_no_letter_of_a_mailing_that_names_it_whichever_group_they_are_in() {
    let (service, server) = started().await;
    let group = friends(&service).await;
    let news = service.group("News").await;
    let topic = Scope::Topic { owner: service.owner, group: news };
    let mut plan = service.plan(group).await;
    plan.audience.groups.insert(news);
    let mailing = service.create(plan).await;
    let leaves = async |name: &str| {
        suppress(&service, topic, &format!("{name}@example.org"), Reason::Unsubscribed).await;
    };

    // Before the audience is frozen, before the letter is promised, and before what failed is sent again.
    leaves("bob").await;
    let planning = super::plans_only(&service);
    let frozen = |run: &runs::Run| run.status == runs::Status::Sending && (run.pending, run.suppressed) == (2, 1);
    service.run_where(mailing, frozen).await;
    planning.stop().await;
    leaves("ann").await;
    server.play(|turn| if matches!(turn, Turn::Rcpt(_)) { Act::Say("552 5.2.2 mailbox full") } else { Act::Usual });
    let engine = service.work(&server);
    let totals = service.finished(mailing).await;
    assert_eq!((totals.rejected, totals.suppressed), (1, 2));
    let run = service.runs(mailing).await.remove(0);
    assert_eq!(counts(&service, &run).await, [(Suppressed::Reason(Reason::Unsubscribed), 2)]);
    assert!(!heard_of(&server, "ann@") && !heard_of(&server, "bob@"));
    server.play(|_| Act::Usual);
    leaves("carl").await;
    let again = sent_again(&service, mailing, &run).await;
    assert_eq!((again.planned, again.accepted, again.suppressed), (1, 0, 1));

    // A mailing that does not name the topic goes to them as ever.
    let other = service.mailing(group).await;
    assert_eq!(service.finished(other).await.accepted, 3);
    engine.stop().await;
}

#[tokio::test]
async fn a_run_that_sends_again_what_failed_leaves_out_whoever_was_suppressed_since() {
    let (service, server) = started().await;
    let group = friends(&service).await;
    server.play(|turn| if matches!(turn, Turn::Rcpt(_)) { Act::Say("552 5.2.2 mailbox full") } else { Act::Usual });
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    assert_eq!(service.finished(mailing).await.rejected, 3);
    let failed = service.runs(mailing).await.remove(0);
    server.play(|_| Act::Usual);
    suppress(&service, owners(&service), "bob@example.org", Reason::Unsubscribed).await;

    let again = sent_again(&service, mailing, &failed).await;

    assert_eq!((again.planned, again.accepted, again.suppressed), (3, 2, 1));
    assert_eq!(counts(&service, &again).await, [(Suppressed::Reason(Reason::Unsubscribed), 1)]);
    assert!(!server.accepted_recipients().contains("bob@example.org"));
    engine.stop().await;
}

#[tokio::test]
async fn asking_twice_to_suppress_an_address_is_asking_once_however_it_is_spelled() {
    let (service, _) = started().await;
    let first = suppress(&service, owners(&service), "Ann@Пример.рф", Reason::ByHand).await;
    assert_eq!(suppress(&service, owners(&service), "ann@xn--e1afmkfd.xn--p1ai", Reason::ByHand).await, first);
    assert_eq!(email("Ann@Пример.рф").key(), "ann@xn--e1afmkfd.xn--p1ai");
    assert_eq!(service.events("Suppressed").await, 1);
}
