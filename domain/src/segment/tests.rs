//! What a segment does, event by event.

use super::{
    Command, Condition, Error, Event, Filter, Join, MAX_CONDITIONS, Name, Segment, Test, TextOf, TextTest, ValueTest,
    name_claim,
};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::client::State;
use crate::custom_field::{Key, Number, Value};
use crate::{Decide, GroupId, MailingId, UserId};
use uuid::Uuid;

const ANN: UserId = UserId(Uuid::from_u128(0xa));
const BOB: UserId = UserId(Uuid::from_u128(0xb));
const FRIENDS: GroupId = GroupId(Uuid::from_u128(1));
const SPRING: MailingId = MailingId(Uuid::from_u128(2));

aggregate_tests!(Segment);

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn key(text: &str) -> Key {
    Key::parse(text).expect("a key")
}

fn one(test: Test) -> Filter {
    Filter { join: Join::All, conditions: vec![Condition { test, not: false }] }
}

fn friends() -> Filter {
    one(Test::InGroup { group: FRIENDS })
}

fn age(text: &str) -> Value {
    Value::Number(Number::read(text).expect("a number"))
}

/// A condition of each kind.
fn everything() -> Filter {
    let tests = [
        Test::InGroup { group: FRIENDS },
        Test::Text { of: TextOf::Email, test: TextTest::EndsWith, text: "@example.org".into() },
        Test::Field { key: key("city"), test: ValueTest::Known },
        Test::Field { key: key("city"), test: ValueTest::Is(Value::Text("Oslo".into())) },
        Test::Field { key: key("city"), test: ValueTest::Contains("slo".into()) },
        Test::Field { key: key("age"), test: ValueTest::AtLeast(age("18")) },
        Test::Field { key: key("age"), test: ValueTest::AtMost(age("99.5")) },
        Test::Consent { topic: None, state: State::Confirmed },
        Test::Consent { topic: Some(FRIENDS), state: State::Given },
        Test::Accepted { mailing: SPRING },
        Test::AcceptedWithin { days: 90 },
        Test::AddedWithin { days: 7 },
    ];
    let conditions = tests.into_iter().map(|test| Condition { not: matches!(test, Test::AcceptedWithin { .. }), test });
    Filter { join: Join::Any, conditions: conditions.collect() }
}

fn created(filter: Filter) -> Event {
    Event::Created { owner: ANN, name: name("Friends"), filter }
}

fn create(filter: Filter) -> Command {
    Command::Create { owner: ANN, name: name("Friends"), filter }
}

fn change(by: UserId, name: Option<Name>, filter: Option<Filter>) -> Command {
    Command::Change { by, name, filter }
}

fn stored_forms() -> Vec<Event> {
    stored_forms! {
        Created: [created(everything())],
        Changed: [
            Event::Changed { name: Some(name("Others")), filter: None },
            Event::Changed { name: None, filter: Some(friends()) },
        ],
        Deleted: [Event::Deleted],
    }
}

#[test]
fn a_segment_is_created_changed_and_deleted_by_its_owner() {
    given([]).when(create(everything())).then_expect_events(vec![created(everything())]);
    let history = [created(friends())];
    given(history.clone()).when(create(friends())).then_expect_error(Error::AlreadyExists);
    given(history.clone()).when(change(ANN, Some(name("Friends")), Some(friends()))).then_expect_events(vec![]);
    given(history.clone())
        .when(change(ANN, Some(name("Others")), Some(everything())))
        .then_expect_events(vec![Event::Changed { name: Some(name("Others")), filter: Some(everything()) }]);
    given(history.clone()).when(Command::Delete { by: ANN }).then_expect_events(vec![Event::Deleted]);
    given(history.clone()).when(Command::Delete { by: BOB }).then_expect_error(Error::NotFound);
    given(history).when(change(BOB, None, None)).then_expect_error(Error::NotFound);
    let gone = [created(friends()), Event::Deleted];
    given(gone.clone()).when(Command::Delete { by: ANN }).then_expect_events(vec![]);
    given(gone.clone()).when(change(ANN, None, None)).then_expect_error(Error::NotFound);
    assert_eq!(after(history_of_a_rename()).claims(), [name_claim(ANN, &name("Others"))]);
    assert_eq!(after(gone).claims(), []);
}

fn history_of_a_rename() -> [Event; 2] {
    [created(friends()), Event::Changed { name: Some(name("Others")), filter: None }]
}

#[test]
fn a_filter_asks_something_that_can_be_answered() {
    let text = |text: &str| one(Test::Text { of: TextOf::Comment, test: TextTest::Is, text: text.into() });
    let field = |test| one(Test::Field { key: key("city"), test });
    let many = Filter { conditions: vec![friends().conditions[0].clone(); MAX_CONDITIONS + 1], ..friends() };
    let not_comparable = || Error::NotComparable { key: "city".into() };
    for (filter, error) in [
        (Filter { join: Join::Any, conditions: vec![] }, Error::ConditionsMissing),
        (many, Error::ConditionsTooMany { count: 21 }),
        (text(" "), Error::NeedleEmpty),
        (text(&"x".repeat(201)), Error::NeedleTooLong { length: 201 }),
        (field(ValueTest::Contains(String::new())), Error::NeedleEmpty),
        (field(ValueTest::AtLeast(Value::YesNo(true))), not_comparable()),
        (field(ValueTest::AtMost(Value::Text("a".into()))), not_comparable()),
        (one(Test::AddedWithin { days: 0 }), Error::DaysOutOfRange { days: 0 }),
        (one(Test::AcceptedWithin { days: 3_661 }), Error::DaysOutOfRange { days: 3_661 }),
    ] {
        given([]).when(create(filter.clone())).then_expect_error(error.clone());
        given([created(friends())]).when(change(ANN, None, Some(filter))).then_expect_error(error);
    }
}

#[test]
fn a_filter_tells_what_it_names() {
    let filter = everything();
    assert_eq!(filter.groups().collect::<Vec<_>>(), [FRIENDS, FRIENDS]);
    assert_eq!(filter.mailings().collect::<Vec<_>>(), [SPRING]);
    assert_eq!(filter.fields().map(Key::as_str).collect::<Vec<_>>(), ["city", "city", "city", "age", "age"]);
    assert_eq!(filter.topics().collect::<Vec<_>>(), [FRIENDS, FRIENDS]);
}

#[test]
fn letters_to_a_segment_are_those_of_the_groups_for_which_its_clients_are_wanted() {
    let agreed = |state| Test::Consent { topic: Some(FRIENDS), state };
    for (test, wanted, kept_out) in [
        (Test::InGroup { group: FRIENDS }, true, false),
        (agreed(State::Given), true, false),
        (agreed(State::Confirmed), true, false),
        (agreed(State::Withdrawn), false, false),
        (Test::Consent { topic: None, state: State::Confirmed }, false, false),
        (Test::Accepted { mailing: SPRING }, false, false),
    ] {
        for (not, named) in [(false, wanted), (true, kept_out)] {
            let filter = Filter { join: Join::Any, conditions: vec![Condition { test: test.clone(), not }] };
            assert_eq!(filter.topics().count(), usize::from(named), "{filter:?}");
        }
    }
}
