//! Mailings to segments, less those whom they leave out.

use super::{all, email_ends, friends, not, segment, started, tell};
use crate::support::service::{Service, found, metadata};
use crate::support::smtp_server::{Act, SmtpServer, Turn};
use chrono::{DateTime, TimeDelta};
use domain::batch::{self, Batch, Recipient};
use domain::client::State;
use domain::mailing::{self, Audience, Less, Mailing, Plan};
use domain::run::{self, Run, Trigger};
use domain::segment::{Command, Condition, Filter, Join, Test};
use domain::suppression::{self, Reason, Scope, Source, Suppression};
use domain::{BatchId, Decide, EmailAddress, GroupId, Language, MailingId, RunId, SuppressionId, Window, group};
use eventstore::Append;
use projections::suppressions::guard::{self, Asked};
use projections::{Access, mailings};
use std::collections::BTreeMap;
use words::Sentence as _;
use words::mailings::Halt;

/// A mailing to this audience that is due.
async fn to(service: &Service, audience: Audience) -> MailingId {
    let mut plan = service.plan(GroupId(uuid::Uuid::nil())).await;
    plan.audience = audience;
    service.create(plan).await
}

/// One whose window opens later, so that it does not start by itself, and nothing of its runs is sent.
async fn later(service: &Service, audience: Audience) -> MailingId {
    let mut plan = service.plan(GroupId(uuid::Uuid::nil())).await;
    let now = service.clock.now();
    plan.window = Window::new(now + TimeDelta::days(1), now + TimeDelta::days(2)).expect("a window");
    plan.audience = audience;
    service.create(plan).await
}

/// What became of each letter of a mailing's run.
async fn outcomes(service: &Service, mailing: MailingId) -> BTreeMap<String, String> {
    service.finished(mailing).await;
    let run = service.runs(mailing).await.remove(0);
    service.outcomes(&run).await.into_iter().map(|(email, (outcome, _))| (email, outcome)).collect()
}

fn named(outcomes: &[(&str, &str)]) -> BTreeMap<String, String> {
    outcomes.iter().map(|(name, outcome)| (format!("{name}@example.org"), (*outcome).to_owned())).collect()
}

#[tokio::test]
async fn a_mailing_goes_to_a_segment_less_whom_another_one_has_written_to_and_again_when_that_is_long_ago() {
    let (service, server) = started().await;
    let group = friends(&service).await;
    let everybody = segment(&service, "Everybody", all([email_ends("@EXAMPLE.org")])).await;
    server.play(|turn| match turn {
        Turn::Rcpt(to) if to.starts_with("bob") => Act::Say("552 5.2.2 mailbox full"),
        _ => Act::Usual,
    });
    let engine = service.work(&server);
    let first = service.mailing(group).await;
    assert_eq!(
        outcomes(&service, first).await,
        named(&[("ann", "accepted"), ("bob", "rejected"), ("carl", "accepted")])
    );
    server.play(|_| Act::Usual);

    // Whose letter was refused was not written to.
    let less = Less { mailings: [first].into(), ..Less::default() };
    let second = to(&service, Audience { segments: [everybody].into(), less, ..Audience::default() }).await;
    assert_eq!(outcomes(&service, second).await, named(&[("bob", "accepted"), ("dora", "accepted")]));

    let recently = Test::AcceptedWithin { days: 90 };
    let neglected = segment(&service, "Not written to for 90 days", not(recently)).await;
    let audience = Audience { segments: [neglected].into(), ..Audience::default() };
    let third = to(&service, audience.clone()).await;
    assert_eq!(outcomes(&service, third).await, named(&[]), "all have had a letter");

    service.clock.advance(TimeDelta::days(91));
    let eve = service.client("eve@example.org", "eve", &[]).await;
    let less = Less {
        segments: [segment(&service, "Ann", all([email_ends("ann@example.org")])).await].into(),
        ..Less::default()
    };
    let fourth = to(&service, Audience { clients: [eve].into(), less, ..audience }).await;
    let letters = [("bob", "accepted"), ("carl", "accepted"), ("dora", "accepted"), ("eve", "accepted")];
    assert_eq!(outcomes(&service, fourth).await, named(&letters), "each once, and Ann not");
    found("scratch paper is thrown away", async || {
        let paper = sqlx::query_scalar::<_, i64>("select count(*) from run_audience");
        let left = paper.fetch_one(&service.database.pool).await.expect("it can be counted");
        (left == 0).then_some(())
    })
    .await;
    engine.stop().await;
}

/// Why the mailing is paused.
async fn stopped(service: &Service, mailing: MailingId) -> String {
    found("the mailing is stopped", async || {
        let row = mailings::get(&service.database.pool, Access::All, mailing).await.expect("a row");
        row.and_then(|row| row.reason)
    })
    .await
}

#[tokio::test]
async fn a_mailing_of_whose_audience_a_part_is_deleted_is_stopped_with_the_reason_and_goes_on_when_that_is_changed() {
    let (service, server) = started().await;
    let group = friends(&service).await;
    let (by, store) = (service.owner, &service.node.services.store);
    let by_group = segment(&service, "Not friends", not(Test::InGroup { group })).await;
    let deleted = segment(&service, "Deleted", all([email_ends("org")])).await;
    tell(&service, deleted, Command::Delete { by }).await;
    let left_out = service.group("Left out").await;
    for gone in [group, left_out] {
        let told = store.execute::<group::Group>(gone.0, group::Command::Delete { by }, &metadata()).await;
        assert!(service.node.services.shown(told.expect("it is deleted").position).await, "the read models follow");
    }
    let everybody = segment(&service, "Everybody", all([email_ends("org")])).await;
    let with = |less| Audience { segments: [everybody].into(), less, ..Audience::default() };
    let engine = service.work(&server);
    let mut last = None;
    for (audience, halt) in [
        (Audience { segments: [deleted].into(), ..Audience::default() }, Halt::SegmentDeleted),
        (with(Less { segments: [deleted].into(), ..Less::default() }), Halt::SegmentDeleted),
        (with(Less { groups: [left_out].into(), ..Less::default() }), Halt::LeftOutGroupDeleted),
        (with(Less { segments: [by_group].into(), ..Less::default() }), Halt::GroupOfSegmentDeleted),
    ] {
        let mailing = to(&service, audience).await;
        assert_eq!(stopped(&service, mailing).await, halt.told(Language::En));
        last = Some(mailing);
    }
    assert_eq!((server.count(), service.events("Started").await), (0, 0));

    let mailing = last.expect("there is one");
    tell(&service, by_group, Command::Change { by, name: None, filter: Some(all([email_ends("ann@example.org")])) })
        .await;
    service.tell(mailing, mailing::Command::Resume { by }).await;
    let letters = [("bob", "accepted"), ("carl", "accepted"), ("dora", "accepted")];
    assert_eq!(outcomes(&service, mailing).await, named(&letters));
    engine.stop().await;
}

/// Nobody writes to the address any more in mailings of the topic.
async fn leaves(service: &Service, group: GroupId, address: &str) {
    let (scope, reason) = (Scope::Topic { owner: service.owner, group }, Reason::Unsubscribed);
    let email = EmailAddress::parse(address).expect("an address");
    let id = SuppressionId::derive(scope, &email.key(), reason);
    let (source, at) = (Source::Person, DateTime::UNIX_EPOCH);
    let command = suppression::Command::Suppress { scope, reason, email, source, note: None, at, until: None };
    let store = &service.node.services.store;
    store.execute::<Suppression>(id.0, command, &metadata()).await.expect("it may be");
}

#[tokio::test]
async fn whoever_has_left_a_topic_gets_no_letter_of_a_mailing_to_a_segment_of_it() {
    let (service, server) = started().await;
    let (pool, group, press) = (&service.database.pool, friends(&service).await, service.group("Press").await);
    let agreed = Test::Consent { topic: Some(group), state: State::Confirmed };
    let conditions =
        vec![Condition { test: Test::InGroup { group: press }, not: true }, Condition { test: agreed, not: false }];
    let of_topic = segment(&service, "Friends", Filter { join: Join::Any, conditions }).await;
    let mailing = later(&service, Audience { segments: [of_topic].into(), ..Audience::default() }).await;
    assert_eq!(
        mailings::named_groups(pool, mailing).await.expect("an answer"),
        [group],
        "nobody is wanted for the press"
    );
    leaves(&service, group, "ann@example.org").await;
    leaves(&service, press, "bob@example.org").await;
    // Whoever is about to promise a letter hears of it.
    let mailboxes = ["ann", "bob"].map(|name| format!("{name}@example.org")).to_vec();
    let asked = Asked { scopes: Vec::new(), mailing: Some(mailing), kind: mailing::Kind::Bulk, mailboxes };
    let reasons = guard::reasons_of(pool, &asked).await.expect("an answer");
    assert_eq!(reasons, [Some(Reason::Unsubscribed), None]);
    // And so does whoever freezes the audience.
    start(&service, mailing).await;
    let engine = service.work(&server);
    let frozen = service.run_where(mailing, |run| run.batches.is_some()).await;
    assert_eq!((frozen.planned, frozen.suppressed), (4, 1));
    engine.stop().await;
}

/// Starts a run while nobody is at work.
async fn start(service: &Service, mailing: MailingId) -> RunId {
    let origin = mailings::origin(&service.database.pool, mailing).await.expect("readable").expect("there");
    let trigger = Trigger::SendNow("now".to_owned());
    let run = trigger.run_of(mailing);
    let command = run::Command::Start { origin, trigger, at: service.clock.now(), message_id_domain: None };
    let started = service.node.services.store.execute::<Run>(run.0, command, &metadata()).await.expect("a run starts");
    assert!(service.node.services.shown(started.position).await, "the read models follow");
    run
}

#[tokio::test]
async fn whoever_is_about_to_get_a_letter_of_another_mailing_is_left_out_also_where_nobody_has_planned_that_yet() {
    let (service, server) = started().await;
    let group = friends(&service).await;
    let everybody = segment(&service, "Everybody", all([email_ends("org")])).await;
    let first = later(&service, Audience { groups: [group].into(), ..Audience::default() }).await;
    let less = Less { mailings: [first].into(), ..Less::default() };
    let second = later(&service, Audience { segments: [everybody].into(), less, ..Audience::default() }).await;
    start(&service, first).await;
    service.clock.advance(TimeDelta::seconds(1));
    start(&service, second).await;
    let engine = service.work(&server);
    let frozen = service.run_where(second, |run| run.batches.is_some()).await;
    assert_eq!(frozen.planned, 1, "Dora alone");
    engine.stop().await;
}

/// What a planner of the program of before does with the run of such a mailing is refused.
async fn is_refused_to_others(service: &Service, mailing: MailingId, run: RunId, client: domain::ClientId) {
    let store = &service.node.services.store;
    let plan =
        batch::Command::Plan { run, mailing, owner: service.owner, number: 0, recipients: vec![Recipient(client, 1)] };
    let planned = Batch::default().decide(plan).expect("it may be planned");
    let append = Append::begin::<Batch>(BatchId::derive(run, 0).0, planned).expect("events");
    let refused = store.append(&[append], &metadata()).await.expect_err("it is refused").to_string();
    assert!(refused.contains("is not resolved"), "{refused}");
    let freeze = run::Command::FreezeAudience { planned: 0, batches: 0, message_id_domain: "example.com".to_owned() };
    let refused = store.execute::<Run>(run.0, freeze, &metadata()).await.expect_err("it is refused").to_string();
    assert!(refused.contains("is not resolved"), "{refused}");
    let pages = sqlx::query("insert into runs_in_pages (run_id) values ($1)").bind(run.0);
    let refused = pages.execute(&service.database.pool).await.expect_err("it is refused").to_string();
    assert!(refused.contains("is not planned in pages"), "{refused}");
    // What it makes of a plan, whatever is changed, has nothing in it that it does not know.
    let stream = store.load::<Mailing>(mailing.0).await.expect("it reads");
    let Mailing::Planned { plan, .. } = &stream.state else { panic!("it is planned") };
    let known = Audience { groups: plan.audience.groups.clone(), ..Audience::default() };
    let plan = Plan { audience: known, ..plan.clone() };
    let changed = mailing::Event::Changed { plan, since: None, of_groups_again: false };
    let append = Append::new(mailing.0, stream, vec![changed]).expect("events");
    let refused = store.append(&[append], &metadata()).await.expect_err("it is refused").to_string();
    assert!(refused.contains("would lose its segments"), "{refused}");
}

#[tokio::test]
async fn a_run_has_the_plan_and_the_filters_of_its_start_and_nobody_plans_it_who_knows_nothing_of_segments() {
    let (service, server): (Service, SmtpServer) = started().await;
    let (by, group) = (service.owner, friends(&service).await);
    let not_bob = segment(&service, "Not Bob", not(email_ends("bob@example.org"))).await;
    let audience = Audience { groups: [group].into(), segments: [not_bob].into(), ..Audience::default() };
    let press = service.group("Press").await;
    service.client("fred@example.org", "fred", &[press]).await;
    let less = Less {
        segments: [
            segment(&service, "Ann", all([email_ends("ann@example.org")])).await,
            segment(&service, "The press", all([Test::InGroup { group: press }])).await,
        ]
        .into(),
        ..Less::default()
    };
    let mailing = later(&service, Audience { less, ..audience }).await;
    let run = start(&service, mailing).await;
    let eve = service.client("eve@example.org", "eve", &[group]).await;
    is_refused_to_others(&service, mailing, run, eve).await;

    // Whoever was left out by a group stays left out.
    let deleted = group::Command::Delete { by };
    service.node.services.store.execute::<group::Group>(press.0, deleted, &metadata()).await.expect("it is deleted");
    // From now on the mailing would go to nobody else but Ann.
    tell(&service, not_bob, Command::Change { by, name: None, filter: Some(all([email_ends("ann@example.org")])) })
        .await;
    for audience in [
        Audience { groups: [group].into(), ..Audience::default() },
        Audience { segments: [not_bob].into(), ..Audience::default() },
    ] {
        let change = mailing::Change { audience: Some(audience), ..mailing::Change::default() };
        service.tell(mailing, mailing::Command::Change { by, change, now: service.clock.now() }).await;
    }
    let engine = service.work(&server);

    let frozen = service.run_where(mailing, |run| run.batches.is_some()).await;
    assert_eq!(
        frozen.planned, 4,
        "Bob by the group, Carl and Dora by the segment, and Eve, who came before anybody asked; Fred not"
    );
    engine.stop().await;
}
