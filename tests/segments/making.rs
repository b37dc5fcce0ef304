//! What whoever makes segments, and mailings to them, is told is wrong.

use super::{all, email_ends, friends, not, segment, started, tell};
use crate::support::service::{Service, metadata};
use acts::address_book::{groups, segments};
use acts::mailings::{self, Every, LeftOut, New, Recipients};
use acts::who::Operator;
use acts::{Bounds, Quotas, Refused, Services};
use chrono::TimeDelta;
use domain::custom_field::{self, CustomField, Key, Kind, Label, Number, Value};
use domain::mailing::{Audience, Command, InDoubt, Less};
use domain::segment::{self, Condition, Filter, Join, Test, ValueTest};
use domain::{ClientId, CustomFieldId, GroupId, MailingId, Periodicity, client};
use std::fmt::Debug;
use uuid::Uuid;

/// Codes and paths of what is wrong.
fn wrong<T: Debug>(refused: Result<T, Refused>) -> Vec<(String, String)> {
    let Err(Refused::Problems(problems)) = refused else { panic!("{refused:?}") };
    problems.into_iter().map(|problem| (problem.code.as_str().to_owned(), problem.field.join("."))).collect()
}

fn told(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(code, field)| ((*code).to_owned(), (*field).to_owned())).collect()
}

fn new(name: &str, filter: Filter) -> segments::New {
    segments::New { name: name.to_owned(), filter }
}

fn field(key: &str, test: ValueTest) -> Test {
    Test::Field { key: Key::parse(key).expect("a key"), test }
}

async fn define(service: &Service, key: &str, kind: Kind) {
    let (key, label) = (Key::parse(key).expect("a key"), Label::parse(key).expect("a label"));
    let command = custom_field::Command::Define { owner: service.owner, key, label, kind };
    let store = &service.node.services.store;
    let told = store.execute::<CustomField>(CustomFieldId(Uuid::now_v7()).0, command, &metadata()).await;
    assert!(service.node.services.shown(told.expect("it may be").position).await, "the read models follow");
}

#[tokio::test]
async fn a_segment_names_only_what_its_owner_has_and_everything_that_is_wrong_is_told_at_once() {
    let (service, _server) = started().await;
    let (services, owner) = (&service.node.services, Operator::of_this_host().owner(service.owner));
    define(&service, "age", Kind::Number).await;
    let (nobody, nothing) = (GroupId(Uuid::now_v7()), MailingId(Uuid::now_v7()));
    let eighteen = Value::Number(Number::read("18").expect("a number"));
    let filter = all([
        Test::InGroup { group: nobody },
        Test::Consent { topic: Some(nobody), state: client::State::Given },
        Test::Consent { topic: None, state: client::State::Given },
        Test::Accepted { mailing: nothing },
        field("city", ValueTest::Known),
        field("age", ValueTest::Contains("8".to_owned())),
        field("age", ValueTest::AtLeast(eighteen.clone())),
        email_ends("a\0b"),
    ]);
    let expected = told(&[
        ("NAME_EMPTY", "name"),
        ("NOT_FOUND", "conditions.0.groupId"),
        ("NOT_FOUND", "conditions.1.topicId"),
        ("NOT_FOUND", "conditions.3.mailingId"),
        ("CUSTOM_FIELD_NOT_FOUND", "conditions.4.field"),
        ("CUSTOM_FIELD_VALUE_INVALID", "conditions.5.value"),
        ("TEXT_INVALID", "conditions.7.text"),
    ]);
    assert_eq!(wrong(segments::create(services, owner, None, new(" ", filter.clone()), &metadata()).await), expected);
    assert_eq!(wrong(segments::preview(services, owner, &filter).await), expected[1..]);
    let empty = Filter { join: Join::Any, conditions: vec![] };
    let missing = told(&[("SEGMENT_CONDITIONS_MISSING", "conditions")]);
    assert_eq!(wrong(segments::preview(services, owner, &empty).await), missing);

    let adults = all([field("age", ValueTest::AtLeast(eighteen))]);
    let key = Some("a".to_owned());
    let (id, receipt) = segments::create(services, owner, key.clone(), new("Adults", adults.clone()), &metadata())
        .await
        .expect("all of it is there");
    assert!(services.shown(receipt.position).await, "the read models follow");
    let again = segments::create(services, owner, key, new("Adults", adults.clone()), &metadata()).await;
    assert_eq!(again.expect("the same").0, id);
    let same_name = segments::create(services, owner, None, new("ADULTS", adults.clone()), &metadata()).await;
    assert_eq!(wrong(same_name), told(&[("NAME_TAKEN", "name")]));
    let full = Services { quotas: Quotas::new(Bounds { segments: 1, ..Bounds::default() }), ..services.clone() };
    let one_more = segments::create(&full, owner, None, new("Others", adults.clone()), &metadata()).await;
    assert_eq!(wrong(one_more).remove(0).0, "QUOTA_REACHED");

    let (text, change) = (id.to_string(), segments::Change { name: Some("Grown-ups".to_owned()), filter: None });
    let changed = segments::update(services, owner, &text, Some(1), change.clone(), &metadata()).await;
    assert_eq!(changed.expect("it may be").1.version, 2);
    let change = segments::Change { filter: Some(filter), ..change };
    let stale = segments::update(services, owner, &text, Some(1), change, &metadata()).await;
    assert_eq!(wrong(stale), expected[1..]);
    let stranger = Operator::of_this_host().owner(domain::UserId(Uuid::now_v7()));
    let others = segments::delete(services, stranger, &text, &metadata()).await;
    assert_eq!(wrong(others), told(&[("SEGMENT_NOT_FOUND", "id")]));
    for _ in 0..2 {
        segments::delete(services, owner, &text, &metadata()).await.expect("it is safe to repeat");
    }
}

#[tokio::test]
async fn whoever_writes_a_filter_sees_how_many_pass_it_and_the_first_of_them() {
    let (service, _server) = started().await;
    service.clients(15).await;
    let (services, owner) = (&service.node.services, Operator::of_this_host().owner(service.owner));
    let either = Filter {
        join: Join::Any,
        conditions: ["5@example.org", "0@example.org"]
            .map(|text| Condition { test: email_ends(text), not: true })
            .into(),
    };
    let seen = segments::preview(services, owner, &either).await.expect("it can be counted");
    assert_eq!((seen.count, seen.clients.len()), (15, 10));
    let none = segments::preview(services, owner, &all([email_ends("@example.com")])).await.expect("it can be counted");
    assert_eq!((none.count, none.clients.len()), (0, 0));
}

/// A mailing to these, while nobody is at work.
async fn planned(service: &Service, recipients: Recipients) -> Result<MailingId, Refused> {
    let now = service.clock.now();
    let new = New {
        name: "News".to_owned(),
        message: service.message().await.to_string(),
        recipients,
        starts_at: Ok(now - TimeDelta::minutes(1)),
        ends_at: Ok(now + TimeDelta::days(1)),
        every: Every::Plain(Periodicity::Daily),
        time_zone: Some("UTC".to_owned()),
        in_doubt: InDoubt::Hold,
        relay: None,
        kind: domain::mailing::Kind::Bulk,
        sender: None,
    };
    let (services, owner) = (&service.node.services, Operator::of_this_host().owner(service.owner));
    let (id, receipt) = mailings::create(services, owner, None, new, &metadata()).await?;
    assert!(services.shown(receipt.position).await, "the read models follow");
    Ok(id)
}

fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn an_audience_names_only_what_its_owner_has_and_what_it_leaves_out_is_not_deleted() {
    let (service, _server) = started().await;
    let (services, owner) = (&service.node.services, Operator::of_this_host().owner(service.owner));
    let group = friends(&service).await;
    let everybody = segment(&service, "Everybody", all([email_ends("org")])).await;
    let gone = segment(&service, "Gone", all([email_ends("org")])).await;
    tell(&service, gone, segment::Command::Delete { by: service.owner }).await;
    let nobody = Uuid::now_v7();
    let unknown = Recipients {
        clients: texts(&[ClientId(nobody)]),
        segments: texts(&[everybody, gone]),
        less: LeftOut {
            groups: texts(&[group, GroupId(nobody)]),
            segments: texts(&[gone]),
            mailings: vec!["x".to_owned()],
        },
        ..Recipients::default()
    };
    assert_eq!(
        wrong(planned(&service, unknown).await),
        told(&[
            ("NOT_FOUND", "audience.clientIds.0"),
            ("SEGMENT_NOT_FOUND", "audience.segmentIds.1"),
            ("NOT_FOUND", "audience.less.groupIds.1"),
            ("SEGMENT_NOT_FOUND", "audience.less.segmentIds.0"),
            ("NOT_FOUND", "audience.less.mailingIds.0"),
        ])
    );
    let only_less =
        Recipients { less: LeftOut { groups: texts(&[group]), ..LeftOut::default() }, ..Recipients::default() };
    assert_eq!(wrong(planned(&service, only_less).await).remove(0).0, "AUDIENCE_EMPTY", "leaving out names nobody");

    // Who passes may be another one by the time at which it starts, so that is refused then.
    let friends_less_everybody = Recipients {
        groups: texts(&[group]),
        less: LeftOut { segments: texts(&[everybody]), ..LeftOut::default() },
        ..Recipients::default()
    };
    let mailing = planned(&service, friends_less_everybody).await.expect("all of it is there");
    let started = mailings::send_now(services, owner, mailing, None, &metadata()).await;
    assert_eq!(wrong(started), told(&[("AUDIENCE_EMPTY", "id")]));
    let stays = told(&[("LEFT_OUT_BY_MAILING", "id")]);
    assert_eq!(wrong(segments::delete(services, owner, &everybody.to_string(), &metadata()).await), stays);
    groups::delete(services, owner, &group.to_string(), &metadata()).await.expect("it makes the audience smaller");
    service.tell(mailing, Command::Cancel { by: service.owner }).await;
    segments::delete(services, owner, &everybody.to_string(), &metadata()).await.expect("nobody would write to them");

    // As if it was deleted while nobody looked.
    let press = service.group("Press").await;
    let last = segment(&service, "Last", not(email_ends("com"))).await;
    let mut plan = service.plan(press).await;
    let less = Less { groups: [press].into(), ..Less::default() };
    plan.audience = Audience { segments: [last].into(), less, ..Audience::default() };
    let mailing = service.create(plan).await;
    assert_eq!(wrong(groups::delete(services, owner, &press.to_string(), &metadata()).await), stays);
    tell(&service, last, segment::Command::Delete { by: service.owner }).await;
    let started = mailings::send_now(services, owner, mailing, None, &metadata()).await;
    assert_eq!(wrong(started), told(&[("AUDIENCE_PART_DELETED", "id")]));
}
