//! What a group does, event by event.

use super::{Command, Description, Error, Event, Group, MAX_NAME, Name, Topic, name_claim};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::{Claim, Decide, Refusal, UserId};
use proptest::prelude::*;
use uuid::Uuid;

const ANN: UserId = UserId(Uuid::from_u128(0xa));
const BOB: UserId = UserId(Uuid::from_u128(0xb));

aggregate_tests!(Group);

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn create(text: &str) -> Command {
    Command::Create { owner: ANN, name: name(text) }
}

fn rename(by: UserId, text: &str) -> Command {
    Command::Rename { by, name: name(text) }
}

fn created() -> Event {
    Event::Created { owner: ANN, name: name("Friends") }
}

fn renamed(text: &str) -> Event {
    Event::Renamed { name: name(text) }
}

fn topic(description: &str) -> Topic {
    Topic { title: name("News"), description: Description::parse(description).expect("a description") }
}

#[test]
fn a_group_becomes_a_topic_and_is_its_owners_alone_again() {
    let publish = |by, description| Command::Publish { by, topic: topic(description) };
    let published = || Event::Published(topic("Once a month"));
    given([created()]).when(publish(ANN, "Once a month")).then_expect_events(vec![published()]);
    given([created(), published()]).when(publish(ANN, " Once a month ")).then_expect_events(vec![]);
    given([created(), published()]).when(publish(ANN, "")).then_expect_events(vec![Event::Published(topic(""))]);
    given([created(), published()]).when(Command::Unpublish { by: ANN }).then_expect_events(vec![Event::Unpublished]);
    given([created()]).when(Command::Unpublish { by: ANN }).then_expect_events(vec![]);
    given([created(), published()]).when(rename(ANN, "Neighbours")).then_expect_events(vec![renamed("Neighbours")]);
    for history in [vec![], vec![created(), published(), Event::Deleted]] {
        given(history.clone()).when(publish(ANN, "")).then_expect_error(Error::NotFound);
        given(history).when(Command::Unpublish { by: ANN }).then_expect_error(Error::NotFound);
    }
    given([created(), published()]).when(publish(BOB, "")).then_expect_error(Error::NotFound);
    given([created(), published()]).when(Command::Unpublish { by: BOB }).then_expect_error(Error::NotFound);
}

#[test]
fn a_description_is_a_short_text() {
    let read = |text: &str| Description::parse(text).map(|text| text.as_str().to_owned());
    assert_eq!(read(" Two\r\nlines\u{7} "), Ok("Two\nlines".to_owned()));
    assert_eq!(read(""), Ok(String::new()));
    assert_eq!(read(&"x".repeat(501)), Err(Error::DescriptionTooLong { length: 501 }));
}

#[test]
fn a_group_is_created_under_an_id_that_is_used_only_once() {
    given([]).when(create("Friends")).then_expect_events(vec![created()]);
    given([created()]).when(create("Friends")).then_expect_error(Error::AlreadyExists);
    given([created(), Event::Deleted]).when(create("Friends")).then_expect_error(Error::AlreadyExists);
}

#[test]
fn a_group_is_renamed_when_the_name_is_another_one() {
    given([created()]).when(rename(ANN, "Neighbours")).then_expect_events(vec![renamed("Neighbours")]);
    given([created()]).when(rename(ANN, "friends")).then_expect_events(vec![renamed("friends")]);
    given([created()]).when(rename(ANN, " Friends ")).then_expect_events(vec![]);
    given([created(), renamed("Neighbours")]).when(rename(ANN, "Neighbours")).then_expect_events(vec![]);
    given([created(), renamed("Neighbours")]).when(rename(ANN, "Friends")).then_expect_events(vec![renamed("Friends")]);
}

#[test]
fn a_group_is_deleted_once_and_stays_deleted() {
    let deleted = [created(), Event::Deleted];
    given([created()]).when(Command::Delete { by: ANN }).then_expect_events(vec![Event::Deleted]);
    given(deleted.clone()).when(Command::Delete { by: ANN }).then_expect_events(vec![]);
    given(deleted).when(rename(ANN, "Friends")).then_expect_error(Error::NotFound);
}

#[test]
fn another_owners_group_is_not_found_whether_it_is_there_was_there_or_never_was() {
    for history in [vec![created()], vec![created(), Event::Deleted], vec![]] {
        for command in [rename(BOB, "Friends"), rename(BOB, "Neighbours"), Command::Delete { by: BOB }] {
            given(history.clone()).when(command).then_expect_error(Error::NotFound);
        }
    }
}

#[test]
fn a_name_is_held_among_one_owners_groups_for_as_long_as_the_group_is_there() {
    let claim = |value: &str| Claim::new("group-name", ANN.to_string(), value.into());
    for (history, then) in [
        (vec![], vec![]),
        (vec![created()], vec![claim("friends")]),
        (vec![created(), renamed("Соседи")], vec![claim("соседи")]),
        (vec![created(), Event::Deleted], vec![]),
    ] {
        assert_eq!(after(history).claims(), then);
    }
    assert_ne!(name_claim(BOB, &name("Friends")), claim("friends"));
    assert_eq!(Group::claimed(&claim("friends")), Some(Error::NameTaken { name: "friends".into() }));
}

#[test]
fn a_name_is_one_tidy_line_that_is_not_too_long() {
    for (text, then) in [
        ("Friends", Ok("Friends")),
        ("  Friends of mine\n", Ok("Friends of mine")),
        (&"ж".repeat(MAX_NAME), Ok(&*"ж".repeat(MAX_NAME))),
        ("", Err(Error::NameEmpty)),
        (" \t\n", Err(Error::NameEmpty)),
        (&"ж".repeat(MAX_NAME + 1), Err(Error::NameTooLong { length: MAX_NAME + 1 })),
        ("Fri\nends", Err(Error::NameNotALine)),
        ("Fri\u{7}ends", Err(Error::NameNotALine)),
    ] {
        assert_eq!(Name::parse(text).as_ref().map(Name::as_str), then.as_ref().copied(), "{text:?}");
    }
}

#[test]
fn a_refusal_has_a_code_and_a_field() {
    for (error, code, field) in [
        (Error::NotFound, "NOT_FOUND", Some("id")),
        (Error::AlreadyExists, "ALREADY_EXISTS", None),
        (Error::NameEmpty, "NAME_EMPTY", Some("name")),
        (Error::NameTooLong { length: 101 }, "NAME_TOO_LONG", Some("name")),
        (Error::NameNotALine, "NAME_NOT_A_LINE", Some("name")),
        (Error::NameTaken { name: "friends".into() }, "NAME_TAKEN", Some("name")),
        (Error::DescriptionTooLong { length: 501 }, "TOPIC_DESCRIPTION_TOO_LONG", Some("description")),
    ] {
        assert_eq!((error.code().as_str(), error.field()), (code, field), "{error}");
    }
}

fn stored_forms() -> Vec<Event> {
    stored_forms! {
        Created: [created()],
        Renamed: [renamed("Neighbours")],
        Published: [Event::Published(topic("")), Event::Published(topic("Once a month"))],
        Unpublished: [Event::Unpublished],
        Deleted: [Event::Deleted],
    }
}

fn any_owner() -> impl Strategy<Value = UserId> {
    proptest::sample::select(vec![ANN, BOB])
}

fn any_topic() -> impl Strategy<Value = Topic> {
    proptest::sample::select(vec![topic(""), topic("Once a month")])
}

/// What a log may hold: texts are not judged again when they are read.
fn any_event() -> impl Strategy<Value = Event> {
    let any_name = || "\\PC{0,8}".prop_map(|text| serde_json::from_value::<Name>(text.into()).expect("any text"));
    prop_oneof![
        (any_owner(), any_name()).prop_map(|(owner, name)| Event::Created { owner, name }),
        any_name().prop_map(|name| Event::Renamed { name }),
        any_topic().prop_map(Event::Published),
        Just(Event::Unpublished),
        Just(Event::Deleted),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    let names = || proptest::sample::select(vec![name("Friends"), name("friends"), name("Neighbours")]);
    prop_oneof![
        (any_owner(), names()).prop_map(|(owner, name)| Command::Create { owner, name }),
        (any_owner(), names()).prop_map(|(by, name)| Command::Rename { by, name }),
        (any_owner(), any_topic()).prop_map(|(by, topic)| Command::Publish { by, topic }),
        any_owner().prop_map(|by| Command::Unpublish { by }),
        any_owner().prop_map(|by| Command::Delete { by }),
    ]
}

proptest! {
    #[test]
    fn no_order_of_events_makes_evolve_panic_and_every_state_can_be_written_down(
        events in proptest::collection::vec(any_event(), 0..12),
        command in any_command(),
    ) {
        let group = after(events);
        let written = serde_json::to_value(&group).expect("json");
        prop_assert_eq!(&serde_json::from_value::<Group>(written).expect("a group"), &group);
        prop_assert!(group.claims().len() <= 1);
        let _ = group.decide(command);
    }

    #[test]
    fn what_was_done_is_not_done_again_and_deleted_stays_deleted(
        commands in proptest::collection::vec(any_command(), 1..12),
    ) {
        let mut group = Group::default();
        for command in commands {
            let before = group.clone();
            let Ok(events) = group.decide(command.clone()) else { continue };
            for event in events {
                group.evolve(event);
            }
            if matches!(before, Group::Deleted { .. }) {
                prop_assert_eq!(&group, &before);
            }
            match command {
                Command::Create { .. } => prop_assert_eq!(group.decide(command), Err(Error::AlreadyExists)),
                Command::Rename { .. }
                | Command::Publish { .. }
                | Command::Unpublish { .. }
                | Command::Delete { .. } => prop_assert_eq!(group.decide(command), Ok(vec![])),
            }
        }
    }
}
