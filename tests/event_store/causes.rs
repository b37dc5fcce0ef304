//! Cause and effect: which event an event followed from, and what belongs together.

use domain::group::{self, Group};
use domain::mailing::{self, Mailing};
use domain::{Decide, MessageId, Periodicity, TimeZone, Window};
use eventstore::{Append, EventStore};
use uuid::Uuid;

use super::{Recorded, log, metadata, name, owner};
use crate::support::database;

fn plan(message: Uuid) -> mailing::Plan {
    let moment = |text: &str| text.parse().expect("a moment");
    mailing::Plan {
        name: mailing::Name::parse("Spring").expect("a name"),
        message: MessageId(message),
        audience: mailing::Audience { groups: [Uuid::now_v7().into()].into(), ..mailing::Audience::default() },
        window: Window::new(moment("2026-03-01T08:00:00Z"), moment("2026-04-01T00:00:00Z")).expect("a window"),
        periodicity: Periodicity::Daily,
        time_zone: TimeZone::parse("Europe/Berlin").expect("a zone"),
        sending: mailing::Sending::default(),
        kind: mailing::Kind::default(),
        sender: None,
    }
}

fn causes(events: &[Recorded]) -> Vec<Option<Uuid>> {
    events.iter().map(|event| event.metadata().causation_id).collect()
}

fn correlations(events: &[Recorded]) -> Vec<Uuid> {
    events.iter().map(|event| event.metadata().correlation_id).collect()
}

#[tokio::test]
async fn what_people_change_now_and_then_follows_in_its_stream_and_belongs_to_the_request_that_changed_it() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (id, owner, first, second) = (Uuid::now_v7(), owner(), metadata(), metadata());
    store.create::<Group>(id, group::Command::Create { owner, name: name("Friends") }, &first).await.expect("created");
    let rename = group::Command::Rename { by: owner, name: name("Family") };
    store.execute::<Group>(id, rename, &second).await.expect("renamed");

    let events = log(&database.pool).await;
    assert_eq!(causes(&events), [None, Some(events[0].event_id)]);
    assert_eq!(correlations(&events), [first.request_id, second.request_id]);
}

#[tokio::test]
async fn all_that_happens_to_a_mailing_belongs_to_the_request_that_created_it() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (id, owner, first, second) = (Uuid::now_v7(), owner(), metadata(), metadata());
    let now = "2026-02-01T00:00:00Z".parse().expect("a moment");
    let create = mailing::Command::Create { owner, plan: plan(Uuid::now_v7()), now };
    store.create::<Mailing>(id, create, &first).await.expect("created");
    store.execute::<Mailing>(id, mailing::Command::Pause { by: owner }, &second).await.expect("paused");

    let events = log(&database.pool).await;
    assert_eq!(causes(&events), [None, Some(events[0].event_id)]);
    assert_eq!(correlations(&events), [first.request_id, first.request_id]);
    let requests: Vec<Uuid> = events.iter().map(|event| event.metadata().request_id).collect();
    assert_eq!(requests, [first.request_id, second.request_id], "each request can still be told apart");
}

#[tokio::test]
async fn several_events_of_one_decision_follow_from_each_other_and_the_first_from_what_the_caller_names() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (cause, owner) = (Uuid::now_v7(), owner());
    let create = |text: &str| group::Command::Create { owner, name: name(text) };
    store.create::<Group>(cause, create("Cause"), &metadata()).await.expect("created");
    let named = store.last_of::<Group>(cause).await.expect("an answer").expect("it has begun");

    let id = Uuid::now_v7();
    let mut events = Group::default().decide(create("Effect")).expect("allowed");
    events.push(group::Event::Renamed { name: name("Effects") });
    let following = metadata().caused_by(named);
    let append = Append::begin::<Group>(id, events).expect("events");
    let last = append.ends_in(&following);
    store.append(&[append], &following).await.expect("appended");

    let events = log(&database.pool).await;
    assert_eq!(causes(&events), [None, Some(events[0].event_id), Some(events[1].event_id)]);
    assert!(correlations(&events).iter().all(|correlation| *correlation == named.correlation_id), "{events:?}");
    assert_eq!(named, events[0].cause());
    assert_eq!((last, store.last_of::<Group>(id).await.expect("an answer")), (Some(events[2].cause()), last));
    assert_eq!(store.last_of::<Group>(Uuid::now_v7()).await.expect("an answer"), None, "nothing has begun there");
}

#[tokio::test]
async fn what_follows_from_an_event_of_another_program_that_belongs_to_nothing_belongs_to_its_request() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (id, owner) = (Uuid::now_v7(), owner());
    let stock = postgres_es::postgres_cqrs::<Group>(database.pool.clone(), vec![], ());
    stock.execute(&id.to_string(), group::Command::Create { owner, name: name("Friends") }).await.expect("created");
    let (named, told) = (store.last_of::<Group>(id).await.expect("an answer"), metadata());

    let create = group::Command::Create { owner, name: name("Family") };
    store.create::<Group>(Uuid::now_v7(), create, &told.clone().caused_by(named)).await.expect("created");

    let events = log(&database.pool).await;
    assert_eq!(causes(&events), [None, Some(events[0].event_id)]);
    assert_eq!(events[1].metadata().correlation_id, told.request_id);
}

#[tokio::test]
async fn a_course_of_action_keeps_its_correlation_whatever_another_program_writes_in_between() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (id, owner, first) = (Uuid::now_v7(), owner(), metadata());
    let now = "2026-02-01T00:00:00Z".parse().expect("a moment");
    let create = mailing::Command::Create { owner, plan: plan(Uuid::now_v7()), now };
    store.create::<Mailing>(id, create, &first).await.expect("created");
    // An older program, for which each of its steps begins a correlation of its own; and one that knows of none.
    for (sequence, correlation) in [(2, Some(Uuid::now_v7())), (3, None)] {
        sqlx::query(
            "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
             values ('mailing', $1, $2, 'Paused', '1', '\"Paused\"', jsonb_strip_nulls(jsonb_build_object('correlation_id', $3::text)))",
        )
        .bind(id.to_string())
        .bind(i64::from(sequence))
        .bind(correlation.map(|id| id.to_string()))
        .execute(&database.pool)
        .await
        .expect("inserted");
    }
    // Of itself, and because of something else that belongs elsewhere.
    store.execute::<Mailing>(id, mailing::Command::Resume { by: owner }, &metadata()).await.expect("resumed");
    let elsewhere =
        metadata().caused_by(eventstore::Cause { event_id: Uuid::now_v7(), correlation_id: Uuid::now_v7() });
    let suspend = mailing::Command::Suspend { reason: "the mail server refuses".to_owned() };
    store.execute::<Mailing>(id, suspend, &elsewhere).await.expect("suspended");

    let events = log(&database.pool).await;
    assert_eq!(events[3].metadata().correlation_id, first.request_id);
    assert_eq!(events[3].metadata().causation_id, Some(events[2].event_id));
    assert_eq!(events[4].metadata().correlation_id, first.request_id);
    assert_eq!(events[4].metadata().causation_id, elsewhere.causation_id);
    let last = store.last_of::<Mailing>(id).await.expect("an answer").expect("it has begun");
    assert_eq!((last.event_id, last.correlation_id), (events[4].event_id, first.request_id));
}
