//! What a custom field does, event by event.

use super::{Command, CustomField, Error, Event, Key, Kind, Label, Number, Value};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::{CustomFieldId, Decide, MergeFields, UserId};
use chrono::NaiveDate;
use proptest::prelude::*;
use uuid::Uuid;

const ANN: UserId = UserId(Uuid::from_u128(0xa));
const BOB: UserId = UserId(Uuid::from_u128(0xb));

aggregate_tests!(CustomField);

fn key(text: &str) -> Key {
    Key::parse(text).expect("a key")
}

fn label(text: &str) -> Label {
    Label::parse(text).expect("a label")
}

fn define(kind: Kind) -> Command {
    Command::Define { owner: ANN, key: key("city"), label: label("City"), kind }
}

fn defined(kind: Kind) -> Event {
    Event::Defined { owner: ANN, key: key("city"), label: label("City"), kind }
}

fn stored_forms() -> Vec<Event> {
    stored_forms! {
        Defined: [defined(Kind::Text), defined(Kind::Number), defined(Kind::Date), defined(Kind::YesNo)],
        Renamed: [Event::Renamed { label: label("Town") }],
        Removed: [Event::Removed],
    }
}

#[test]
fn a_field_is_defined_once_and_can_come_back_after_it_was_removed() {
    given([]).when(define(Kind::Text)).then_expect_events(vec![defined(Kind::Text)]);
    given([defined(Kind::Text)]).when(define(Kind::Date)).then_expect_error(Error::KeyTaken { key: "city".into() });
    given([defined(Kind::Text), Event::Removed])
        .when(define(Kind::Number))
        .then_expect_events(vec![defined(Kind::Number)]);
}

#[test]
fn its_owner_renames_and_removes_it_and_nobody_else() {
    let rename = |by, text| Command::Rename { by, label: label(text) };
    given([defined(Kind::Text)])
        .when(rename(ANN, "Town"))
        .then_expect_events(vec![Event::Renamed { label: label("Town") }]);
    given([defined(Kind::Text)]).when(rename(ANN, " City ")).then_expect_events(vec![]);
    given([defined(Kind::Text)]).when(Command::Remove { by: ANN }).then_expect_events(vec![Event::Removed]);
    given([defined(Kind::Text), Event::Removed]).when(Command::Remove { by: ANN }).then_expect_events(vec![]);
    assert_eq!(after([defined(Kind::Text)]).definition().map(|field| field.key.clone()), Some(key("city")));
    assert_eq!(after([defined(Kind::Text), Event::Removed]).definition(), None);
    for history in [vec![], vec![defined(Kind::Text)], vec![defined(Kind::Text), Event::Removed]] {
        given(history.clone()).when(rename(BOB, "Town")).then_expect_error(Error::NotFound);
        given(history).when(Command::Remove { by: BOB }).then_expect_error(Error::NotFound);
    }
}

#[test]
fn a_key_is_one_word_of_letters_that_means_nothing_else() {
    for (text, expected) in [
        ("city", "city"),
        (" Favourite  City ", "favourite_city"),
        ("Дата-рождения", "дата_рождения"),
        ("a1_b", "a1_b"),
    ] {
        assert_eq!(key(text).as_str(), expected);
    }
    let long = "x".repeat(41);
    for text in ["", " ", "1st", "_x", "a.b", "a{b", "a|b", "naïve!", &long] {
        assert!(matches!(Key::parse(text), Err(Error::KeyInvalid { .. })), "{text}");
    }
    for text in MergeFields::NAMES.into_iter().chain(["Groups", "Full name", "NAME", "consent at"]) {
        assert!(matches!(Key::parse(text), Err(Error::KeyReserved { .. })), "{text}");
    }
    assert_ne!(CustomFieldId::derive(ANN, &key("city")), CustomFieldId::derive(BOB, &key("city")));
}

#[test]
fn what_people_write_is_read_as_the_kind_of_the_field() {
    let read = |kind: Kind, text: &str| Value::parse(&key("x"), kind, text);
    for (kind, text, plain) in [
        (Kind::Text, " Oslo ", "Oslo"),
        (Kind::Text, "two\nlines", "two\nlines"),
        (Kind::Number, "12.50", "12.5"),
        (Kind::Number, "1 234,5", "1234.5"),
        (Kind::Number, "-0", "0"),
        (Kind::Number, "\u{2212}007", "-7"),
        (Kind::Number, "1.500", "1.5"),
        (Kind::Date, "2026-05-01", "2026-05-01"),
        (Kind::Date, "2026-05-01T10:00:00Z", "2026-05-01"),
        (Kind::Date, "1.5.2026", "2026-05-01"),
        (Kind::YesNo, "Да", "true"),
        (Kind::YesNo, "no", "false"),
    ] {
        let value = read(kind, text).expect(text).unwrap_or_else(|| panic!("{text}"));
        let again = value.plain();
        assert_eq!((again.as_str(), value.kind()), (plain, kind), "{text}");
        assert_eq!(read(kind, &again), Ok(Some(value)), "{text}");
    }
    for kind in Kind::ALL {
        assert_eq!(read(kind, " \n"), Ok(None));
        assert_eq!(Kind::from_name(kind.name()), Some(kind));
    }
    for (kind, text) in [
        (Kind::Text, "a\u{0}b"),
        (Kind::Number, "1,500"),
        (Kind::Number, "1,234.5"),
        (Kind::Number, "1e5"),
        (Kind::Number, "."),
        (Kind::Number, "5."),
        (Kind::Number, "NaN"),
        (Kind::Number, "1234567890123456789"),
        (Kind::Date, "5/1/2026"),
        (Kind::Date, "2026-02-30"),
        (Kind::Date, "1.5.26"),
        (Kind::YesNo, "maybe"),
    ] {
        assert!(matches!(read(kind, text), Err(Error::ValueInvalid { .. })), "{text}");
    }
    assert!(matches!(read(Kind::Text, &"x".repeat(1_001)), Err(Error::TextTooLong { length: 1_001, .. })));
}

#[test]
fn values_are_stored_with_their_kind() {
    let day = NaiveDate::from_ymd_opt(2026, 5, 1).expect("a day");
    for (value, stored) in [
        (Value::Text("Oslo".into()), r#"{"text":"Oslo"}"#),
        (Value::Number(Number::read("12,5").expect("a number")), r#"{"number":"12.5"}"#),
        (Value::Date(day), r#"{"date":"2026-05-01"}"#),
        (Value::YesNo(true), r#"{"yes_no":true}"#),
    ] {
        assert_eq!(serde_json::to_string(&value).expect("json"), stored);
        assert_eq!(serde_json::from_str::<Value>(stored).expect("a value"), value);
    }
}

proptest! {
    #[test]
    fn numbers_are_in_their_order_and_read_back(one in -1_000_000_i64..1_000_000, other in -1_000_000_i64..1_000_000) {
        // Three digits behind the point.
        let number = |n: i64| {
            let text = format!("{}{}.{:03}", if n < 0 { "-" } else { "" }, n.abs() / 1_000, n.abs() % 1_000);
            Number::read(&text).expect("a number")
        };
        prop_assert_eq!(number(one).cmp(&number(other)), one.cmp(&other));
        prop_assert_eq!(Number::read(number(one).as_str()), Some(number(one)));
    }
}
