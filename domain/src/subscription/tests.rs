//! What a subscription does, event by event.

use super::{Command, Error, Event, MAX_TOPICS, OPEN_FOR, Subscription, Wish};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::client::MAX_WORDING;
use crate::{ClientId, Decide, EmailAddress, FullName, GroupId, Language, Refusal, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::net::IpAddr;
use uuid::Uuid;

const ANN: UserId = UserId(Uuid::from_u128(0xa));
const ANNA: ClientId = ClientId(Uuid::from_u128(0xc));

aggregate_tests!(Subscription);

fn noon() -> DateTime<Utc> {
    "2026-05-01T12:00:00Z".parse().expect("a moment")
}

fn topics(count: u128) -> BTreeSet<GroupId> {
    (0..count).map(|number| GroupId(Uuid::from_u128(number))).collect()
}

fn wish() -> Wish {
    Wish {
        owner: ANN,
        email: EmailAddress::parse("Anna@example.com").expect("an address"),
        full_name: FullName::parse("Anna Petrova").expect("a name"),
        topics: topics(2),
        wording: "I want to get letters from Ann.".to_owned(),
        language: Language::Ru,
        at: noon(),
        address: Some(IpAddr::from([192, 0, 2, 1])),
    }
}

fn short() -> Wish {
    Wish { full_name: FullName::default(), address: None, language: Language::En, ..wish() }
}

fn requested() -> Event {
    Event::Requested(wish())
}

fn confirm(at: DateTime<Utc>) -> Command {
    Command::Confirm { at, address: None, client: ANNA }
}

fn confirmed(at: DateTime<Utc>) -> Event {
    Event::Confirmed { at, address: None, client: ANNA }
}

#[test]
fn a_wish_is_written_down_once_under_its_id() {
    given([]).when(Command::Request(wish())).then_expect_events(vec![requested()]);
    given([requested()]).when(Command::Request(wish())).then_expect_error(Error::AlreadyExists);
    given([requested(), confirmed(noon())]).when(Command::Request(wish())).then_expect_error(Error::AlreadyExists);
}

#[test]
fn a_wish_names_topics_but_not_too_many_and_the_words_that_were_agreed_to() {
    let ask = |topics, wording: &str| Command::Request(Wish { topics, wording: wording.to_owned(), ..wish() });
    let (most, many) = (MAX_TOPICS as u128, MAX_TOPICS + 1);
    given([]).when(ask(topics(0), "yes")).then_expect_error(Error::TopicsMissing);
    given([]).when(ask(topics(most + 1), "yes")).then_expect_error(Error::TopicsTooMany { chosen: many });
    given([]).when(ask(topics(1), " \n")).then_expect_error(Error::WordingEmpty);
    let (longest, longer) = ("ы".repeat(MAX_WORDING), "ы".repeat(MAX_WORDING + 1));
    given([]).when(ask(topics(1), &longer)).then_expect_error(Error::WordingTooLong { length: MAX_WORDING + 1 });
    assert!(Subscription::default().decide(ask(topics(most), &longest)).is_ok());
}

#[test]
fn a_wish_is_confirmed_once_and_not_after_a_week() {
    let end = noon() + OPEN_FOR;
    let late = end + TimeDelta::milliseconds(1);
    given([requested()]).when(confirm(end)).then_expect_events(vec![confirmed(end)]);
    given([requested()]).when(confirm(late)).then_expect_error(Error::Expired);
    for again in [end, late] {
        given([requested(), confirmed(end)]).when(confirm(again)).then_expect_events(vec![]);
    }
    given([]).when(confirm(noon())).then_expect_error(Error::NotFound);
}

#[test]
fn what_was_asked_for_is_known_before_and_after_it_is_confirmed() {
    assert_eq!(after([]).wish(), None);
    assert_eq!(after([requested()]).wish(), Some(&wish()));
    let state = after([requested(), confirmed(noon())]);
    assert_eq!(state.wish(), Some(&wish()));
    assert!(matches!(state, Subscription::Confirmed { client: ANNA, .. }), "{state:?}");
}

#[test]
fn a_refusal_has_a_code_and_a_field() {
    for (error, code, field) in [
        (Error::NotFound, "SUBSCRIPTION_NOT_FOUND", Some("id")),
        (Error::AlreadyExists, "ALREADY_EXISTS", None),
        (Error::TopicsMissing, "TOPICS_MISSING", Some("topic")),
        (Error::TopicsTooMany { chosen: 16 }, "TOPICS_TOO_MANY", Some("topic")),
        (Error::WordingEmpty, "CONSENT_WORDING_EMPTY", Some("wording")),
        (Error::WordingTooLong { length: 2_001 }, "CONSENT_WORDING_TOO_LONG", Some("wording")),
        (Error::Expired, "SUBSCRIPTION_EXPIRED", Some("id")),
    ] {
        assert_eq!((error.code().as_str(), error.field()), (code, field), "{error}");
    }
}

fn stored_forms() -> Vec<Event> {
    stored_forms! {
        Requested: [requested(), Event::Requested(short())],
        Confirmed: [
            confirmed(noon()),
            Event::Confirmed { at: noon(), address: "2001:db8::1".parse().ok(), client: ANNA },
        ],
    }
}

fn any_command() -> impl Strategy<Value = Command> {
    let moment = (0_i64..14).prop_map(|days| noon() + TimeDelta::days(days));
    prop_oneof![Just(Command::Request(wish())), Just(Command::Request(short())), moment.prop_map(confirm)]
}

proptest! {
    #[test]
    fn whatever_is_asked_of_it_it_is_confirmed_at_most_once_and_in_time(
        commands in proptest::collection::vec(any_command(), 1..20),
    ) {
        let mut subscription = Subscription::default();
        let mut confirmations = 0;
        for command in commands {
            for event in subscription.decide(command).unwrap_or_default() {
                if let Event::Confirmed { at, .. } = &event {
                    confirmations += 1;
                    prop_assert!(*at <= noon() + OPEN_FOR);
                }
                subscription.evolve(event);
            }
            let written = serde_json::to_value(&subscription).expect("json");
            prop_assert_eq!(&serde_json::from_value::<Subscription>(written).expect("a state"), &subscription);
        }
        prop_assert!(confirmations <= 1);
    }

    #[test]
    fn no_order_of_events_makes_evolve_panic(
        order in proptest::collection::vec(proptest::sample::select(stored_forms()), 0..12),
        command in any_command(),
    ) {
        let _ = after(order).decide(command);
    }
}
