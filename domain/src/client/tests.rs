//! What an entry in an address book does, event by event.

use super::{
    Client, Command, Consent, Details, Error, Event, Fields, MAX_COMMENT, Source, State, Subscribed, email_claim,
};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::custom_field::{Key, Number, Value};
use crate::{Claim, Decide, EmailAddress, FullName, GroupId, ImportId, Refusal, RunId, SubscriptionId, UserId};
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use std::collections::BTreeSet;
use uuid::Uuid;

const ANN: UserId = UserId(Uuid::from_u128(0xa));
const BOB: UserId = UserId(Uuid::from_u128(0xb));
const FRIENDS: GroupId = GroupId(Uuid::from_u128(1));
const NEIGHBOURS: GroupId = GroupId(Uuid::from_u128(2));
const COLLEAGUES: GroupId = GroupId(Uuid::from_u128(3));

aggregate_tests!(Client);

fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

fn full_name(text: &str) -> FullName {
    FullName::parse(text).expect("a name")
}

fn add(comment: &str) -> Command {
    Command::Add {
        owner: ANN,
        details: Details {
            email: email("Carl@Example.com"),
            full_name: full_name("Carl Jensen"),
            first_name: full_name("Carl"),
            last_name: FullName::default(),
            comment: comment.into(),
            fields: Fields::new(),
        },
        groups: [FRIENDS].into(),
        source: Source::Person,
    }
}

/// Carl, a friend of Ann's.
fn added() -> Event {
    Event::Added {
        owner: ANN,
        email: email("Carl@Example.com"),
        full_name: full_name("Carl Jensen"),
        first_name: full_name("Carl"),
        last_name: FullName::default(),
        comment: "met in Oslo".into(),
        groups: [FRIENDS].into(),
        fields: Fields::new(),
        source: Some(Source::Person),
    }
}

fn key(text: &str) -> Key {
    Key::parse(text).expect("a key")
}

fn oslo() -> Value {
    Value::Text("Oslo".into())
}

fn number(text: &str) -> Value {
    Value::Number(Number::read(text).expect("a number"))
}

fn noon() -> DateTime<Utc> {
    "2026-05-01T12:00:00Z".parse().expect("a moment")
}

fn from_file() -> Source {
    Source::File { import: ImportId(Uuid::from_u128(7)), file: "clients.csv".into(), row: 12 }
}

fn consent(topic: Option<GroupId>, source: Source) -> Consent {
    Consent { topic, wording: "I want the news".into(), at: noon(), source, address: None }
}

fn change(email: Option<EmailAddress>, full_name: Option<FullName>, comment: Option<&str>) -> Command {
    Command::Change {
        by: ANN,
        email,
        full_name,
        first_name: None,
        last_name: None,
        comment: comment.map(str::to_owned),
    }
}

fn changed(email: Option<EmailAddress>, full_name: Option<FullName>, comment: Option<&str>) -> Event {
    Event::Changed { email, full_name, first_name: None, last_name: None, comment: comment.map(str::to_owned) }
}

fn renamed(first: Option<&str>, last: Option<&str>) -> Event {
    let (first_name, last_name) = (first.map(full_name), last.map(full_name));
    Event::Changed { email: None, full_name: None, first_name, last_name, comment: None }
}

fn set_groups(groups: impl Into<BTreeSet<GroupId>>) -> Command {
    Command::SetGroups { by: ANN, groups: groups.into() }
}

/// One of each command that somebody asks about an entry that should be there.
fn whatever_is_asked_by(by: UserId) -> [Command; 7] {
    [
        Command::ChangeFields { by, fields: [(key("city"), Some(oslo()))].into() },
        Command::GiveConsent { by, consent: consent(None, Source::Person) },
        Command::ConfirmConsent { by, topic: None, at: noon(), address: None },
        Command::WithdrawConsent { by, topic: None, at: noon(), source: Source::Person },
        Command::Change {
            by,
            email: None,
            full_name: None,
            first_name: None,
            last_name: None,
            comment: Some("new".into()),
        },
        Command::SetGroups { by, groups: BTreeSet::new() },
        Command::Delete { by },
    ]
}

#[test]
fn whether_somebody_was_to_get_letters_has_one_answer() {
    let given = |topic| Event::ConsentGiven(consent(topic, Source::Person));
    let confirmed = |topic| Event::ConsentConfirmed { topic, at: noon(), address: None };
    let withdrawn = |topic| Event::ConsentWithdrawn { topic, at: noon(), source: Source::Person };
    let moved = |to| changed(Some(email(to)), None, None);
    let friends = Some(FRIENDS);
    for (history, answer) in [
        (vec![], Subscribed::Absent),
        (vec![added()], Subscribed::Unsaid),
        (vec![added(), given(None)], Subscribed::Given),
        (vec![added(), given(None), given(friends), confirmed(friends)], Subscribed::Confirmed),
        (vec![added(), given(None), withdrawn(None)], Subscribed::Withdrawn),
        (vec![added(), given(friends), confirmed(friends), withdrawn(friends), given(None)], Subscribed::Given),
        (vec![added(), given(None), confirmed(None), withdrawn(None), given(None)], Subscribed::Given),
        (vec![added(), given(None), Event::Deleted], Subscribed::Absent),
        // A letter to one mailbox confirms nothing for whoever has another one.
        (vec![added(), given(None), confirmed(None), moved("carl@example.org")], Subscribed::Given),
        (vec![added(), given(None), confirmed(None), moved("CARL@example.com")], Subscribed::Confirmed),
        (
            vec![added(), given(None), confirmed(None), moved("carl@example.org"), confirmed(None)],
            Subscribed::Confirmed,
        ),
    ] {
        let client = after(history);
        let card = if let Client::Present(card) = &client { Some(card) } else { None };
        assert_eq!(Subscribed::of(card, false, &[].into()), answer, "{client:?}");
        let suppressed = if card.is_some() { Subscribed::Suppressed } else { Subscribed::Absent };
        assert_eq!(Subscribed::of(card, true, &[].into()), suppressed, "{client:?}");
    }
    // Whoever agreed to letters about one thing has not agreed to those about another one.
    for (history, to_friends, to_neighbours) in [
        (vec![added(), given(friends), confirmed(friends)], Subscribed::Confirmed, Subscribed::Unsaid),
        (vec![added(), given(friends), confirmed(friends), given(None)], Subscribed::Confirmed, Subscribed::Given),
        (vec![added(), given(None), withdrawn(None), given(friends)], Subscribed::Given, Subscribed::Withdrawn),
    ] {
        let Client::Present(card) = after(history) else { panic!("the client is there") };
        let of = |topic| Subscribed::of(Some(&card), false, &[topic].into());
        assert_eq!((of(FRIENDS), of(NEIGHBOURS)), (to_friends, to_neighbours), "{card:?}");
    }
    let agreed: Vec<&str> =
        Subscribed::ALL.into_iter().filter(|answer| answer.agreed()).map(Subscribed::name).collect();
    assert_eq!(agreed, ["given", "confirmed"]);
}

#[test]
fn a_client_is_added_with_its_groups_in_one_event() {
    given([]).when(add("met in Oslo")).then_expect_events(vec![added()]);
}

#[test]
fn an_id_is_used_only_once() {
    given([added()]).when(add("")).then_expect_error(Error::AlreadyExists);
    given([added(), Event::Deleted]).when(add("")).then_expect_error(Error::AlreadyExists);
}

#[test]
fn a_change_of_fields_tells_only_what_became_different() {
    let change = |fields: &[(&str, Option<Value>)]| Command::ChangeFields {
        by: ANN,
        fields: fields.iter().map(|(name, value)| (key(name), value.clone())).collect(),
    };
    let changed = |name: &str, value: Option<Value>| Event::FieldsChanged { fields: [(key(name), value)].into() };
    let in_oslo = [added(), changed("city", Some(oslo()))];
    given([added()]).when(change(&[])).then_expect_events(vec![]);
    given([added()]).when(change(&[("city", None)])).then_expect_events(vec![]);
    given([added()]).when(change(&[("city", Some(oslo()))])).then_expect_events(vec![changed("city", Some(oslo()))]);
    given(in_oslo.clone())
        .when(change(&[("city", Some(oslo())), ("age", Some(number("18")))]))
        .then_expect_events(vec![changed("age", Some(number("18")))]);
    given(in_oslo).when(change(&[("city", None)])).then_expect_events(vec![changed("city", None)]);
    let by_bob = Command::ChangeFields { by: BOB, fields: [(key("city"), None)].into() };
    given([added()]).when(by_bob).then_expect_error(Error::NotFound);
}

#[test]
fn a_revision_begins_with_each_change_of_details_or_fields() {
    let history = [
        added(),
        Event::JoinedGroup { group: NEIGHBOURS },
        renamed(Some("C"), None),
        Event::ConsentGiven(consent(None, Source::Person)),
        Event::FieldsChanged { fields: [(key("city"), Some(oslo()))].into() },
        Event::Deleted,
    ];
    assert_eq!(history.iter().filter(|event| event.makes_revision()).count(), 3);
}

#[test]
fn a_consent_is_given_confirmed_and_withdrawn_for_each_topic_by_itself() {
    let give = |topic| Command::GiveConsent { by: ANN, consent: consent(topic, Source::Person) };
    let given_to = |topic| Event::ConsentGiven(consent(topic, Source::Person));
    let confirm = |topic| Command::ConfirmConsent { by: ANN, topic, at: noon(), address: None };
    let confirmed = |topic| Event::ConsentConfirmed { topic, at: noon(), address: None };
    let withdraw = |topic| Command::WithdrawConsent { by: ANN, topic, at: noon(), source: Source::Program };
    let withdrawn = |topic| Event::ConsentWithdrawn { topic, at: noon(), source: Source::Program };
    let topic = Some(FRIENDS);

    given([added()]).when(give(topic)).then_expect_events(vec![given_to(topic)]);
    given([added(), given_to(topic)]).when(give(topic)).then_expect_events(vec![]);
    given([added(), given_to(topic)]).when(give(None)).then_expect_events(vec![given_to(None)]);
    given([added(), given_to(topic)]).when(confirm(topic)).then_expect_events(vec![confirmed(topic)]);
    given([added(), given_to(topic)]).when(confirm(None)).then_expect_error(Error::ConsentMissing);
    given([added(), given_to(topic), confirmed(topic)]).when(confirm(topic)).then_expect_events(vec![]);
    given([added(), given_to(topic)]).when(withdraw(topic)).then_expect_events(vec![withdrawn(topic)]);
    given([added(), given_to(topic)]).when(withdraw(None)).then_expect_events(vec![]);
    let over = [added(), given_to(topic), confirmed(topic), withdrawn(topic)];
    given(over.clone()).when(withdraw(topic)).then_expect_events(vec![]);
    given(over.clone()).when(confirm(topic)).then_expect_error(Error::ConsentMissing);
    given(over.clone()).when(give(topic)).then_expect_events(vec![given_to(topic)]);

    let state = |history: &[Event]| match after(history.iter().cloned()) {
        Client::Present(card) => card.consent(topic).map(super::Standing::state),
        _ => None,
    };
    let states: Vec<_> = (1..=4).map(|place| state(&over[..place])).collect();
    assert_eq!(states, [None, Some(State::Given), Some(State::Confirmed), Some(State::Withdrawn)]);
    let again = [over.as_slice(), &[given_to(topic)]].concat();
    assert_eq!(state(&again), Some(State::Given), "a new consent has not been confirmed yet");

    let long = "x".repeat(2_001);
    for (wording, error) in [(" ", Error::WordingEmpty), (&long, Error::WordingTooLong { length: 2_001 })] {
        let consent = Consent { wording: wording.into(), ..consent(None, Source::Person) };
        given([added()]).when(Command::GiveConsent { by: ANN, consent }).then_expect_error(error);
    }
}

#[test]
fn a_consent_of_a_file_is_news_if_it_is_later_than_what_is_known() {
    let agreed = |wording: &str, minutes: i64| Consent {
        wording: wording.into(),
        at: noon() + chrono::TimeDelta::minutes(minutes),
        ..consent(None, from_file())
    };
    let news = |history: &[Event], consent: &Consent, dated| match after(history.iter().cloned()) {
        Client::Present(card) => card.is_news(consent, dated),
        _ => panic!("there"),
    };
    let given = [added(), Event::ConsentGiven(consent(None, Source::Person))];
    let withdrawn_at = noon() + chrono::TimeDelta::minutes(10);
    let withdrawn = Event::ConsentWithdrawn { topic: None, at: withdrawn_at, source: Source::Person };
    let over = [given.as_slice(), &[withdrawn]].concat();
    assert!(news(&[added()], &agreed("x", -5), false));
    for (wording, minutes, expected) in [("I want the news", 5, false), ("other", 5, true), ("other", -5, false)] {
        assert_eq!(news(&given, &agreed(wording, minutes), true), expected, "{wording} {minutes}");
    }
    assert!(!news(&given, &agreed("other", 5), false), "what is known, and perhaps confirmed, stands");
    for (minutes, dated, expected) in [(5, true, false), (15, true, true), (15, false, false)] {
        assert_eq!(news(&over, &agreed("other", minutes), dated), expected, "{minutes} {dated}");
    }
}

#[test]
fn a_change_tells_only_what_became_different() {
    let (new_email, lower_case) = (|| Some(email("carl@jensen.example")), || Some(email("carl@example.com")));
    let new_name = || Some(full_name("Carl B. Jensen"));
    let (old_email, old_name) = (|| Some(email("Carl@Example.com")), || Some(full_name("Carl Jensen")));
    for (when, then) in [
        (change(None, None, None), vec![]),
        (change(old_email(), old_name(), Some("met in Oslo")), vec![]),
        (change(new_email(), None, None), vec![changed(new_email(), None, None)]),
        (change(new_email(), old_name(), Some("met in Oslo")), vec![changed(new_email(), None, None)]),
        (change(None, new_name(), None), vec![changed(None, new_name(), None)]),
        (change(old_email(), None, Some("moved")), vec![changed(None, None, Some("moved"))]),
        (change(None, None, Some("")), vec![changed(None, None, Some(""))]),
        (change(lower_case(), None, None), vec![changed(lower_case(), None, None)]),
        (change(new_email(), new_name(), Some("moved")), vec![changed(new_email(), new_name(), Some("moved"))]),
    ] {
        given([added()]).when(when).then_expect_events(then);
    }
}

#[test]
fn a_partial_change_erases_nothing_that_was_not_named() {
    let Client::Present(card) = after([added(), changed(None, Some(full_name("Carl B. Jensen")), None)]) else {
        panic!("nobody there")
    };
    assert_eq!(card.owner, ANN);
    assert_eq!(card.email, email("Carl@Example.com"));
    assert_eq!(card.full_name, full_name("Carl B. Jensen"));
    assert_eq!(card.comment, "met in Oslo");
    assert_eq!(card.groups, [FRIENDS].into());
}

#[test]
fn a_comment_has_at_most_so_many_characters_not_bytes() {
    let fits = "ж".repeat(MAX_COMMENT);
    let too_long = "ж".repeat(MAX_COMMENT + 1);
    let refusal = Error::CommentTooLong { length: MAX_COMMENT + 1 };

    assert!(given([]).when(add(&fits)).inspect_result().is_ok());
    given([]).when(add(&too_long)).then_expect_error(refusal.clone());
    given([added()]).when(change(None, None, Some(&fits))).then_expect_events(vec![changed(None, None, Some(&fits))]);
    given([added()]).when(change(None, None, Some(&too_long))).then_expect_error(refusal);
}

#[test]
fn the_groups_that_are_asked_for_are_the_ones_belonged_to() {
    let (joined, left) = (|group| Event::JoinedGroup { group }, |group| Event::LeftGroup { group });
    for (history, when, then) in [
        (vec![], set_groups([FRIENDS]), vec![]),
        (vec![], set_groups([]), vec![left(FRIENDS)]),
        (vec![], set_groups([FRIENDS, NEIGHBOURS]), vec![joined(NEIGHBOURS)]),
        (vec![], set_groups([NEIGHBOURS, COLLEAGUES]), vec![joined(NEIGHBOURS), joined(COLLEAGUES), left(FRIENDS)]),
        (vec![joined(NEIGHBOURS)], set_groups([FRIENDS, NEIGHBOURS]), vec![]),
        (vec![left(FRIENDS)], set_groups([FRIENDS]), vec![joined(FRIENDS)]),
        (vec![left(FRIENDS)], set_groups([]), vec![]),
    ] {
        given([added()]).and(history).when(when).then_expect_events(then);
    }
}

#[test]
fn a_client_is_deleted_once_and_stays_deleted() {
    given([added()]).when(Command::Delete { by: ANN }).then_expect_events(vec![Event::Deleted]);
    given([added(), Event::Deleted]).when(Command::Delete { by: ANN }).then_expect_events(vec![]);
    let [.., change, set_groups, _] = whatever_is_asked_by(ANN);
    given([added(), Event::Deleted]).when(change).then_expect_error(Error::NotFound);
    given([added(), Event::Deleted]).when(set_groups).then_expect_error(Error::NotFound);
}

#[test]
fn another_owners_client_is_not_found_whether_it_is_there_was_there_or_never_was() {
    for history in [vec![added()], vec![added(), Event::Deleted], vec![]] {
        for command in whatever_is_asked_by(BOB) {
            given(history.clone()).when(command).then_expect_error(Error::NotFound);
        }
    }
}

#[test]
fn an_address_is_held_within_one_address_book_for_as_long_as_the_client_is_there() {
    let claim = |value: &str| Claim::new("client-email", ANN.to_string(), value.into());
    for (history, then) in [
        (vec![], vec![]),
        (vec![added()], vec![claim("carl@example.com")]),
        (vec![added(), changed(Some(email("carl@jensen.example")), None, None)], vec![claim("carl@jensen.example")]),
        (vec![added(), Event::Deleted], vec![]),
    ] {
        assert_eq!(after(history).claims(), then);
    }
    assert_ne!(email_claim(BOB, &email("carl@example.com")), claim("carl@example.com"));
    assert_eq!(
        Client::claimed(&claim("carl@example.com")),
        Some(Error::EmailTaken { email: "carl@example.com".into() })
    );
}

#[test]
fn a_first_and_a_last_name_of_their_own_are_kept_changed_and_taken_back() {
    let rename = |first: Option<&str>, last: Option<&str>| {
        let (first_name, last_name) = (first.map(full_name), last.map(full_name));
        Command::Change { by: ANN, email: None, full_name: None, first_name, last_name, comment: None }
    };
    given(vec![added()]).when(rename(Some("Carl"), None)).then_expect_events(vec![]);
    given(vec![added()])
        .when(rename(Some("Carl"), Some("Jensen")))
        .then_expect_events(vec![renamed(None, Some("Jensen"))]);
    given(vec![added(), renamed(None, Some("Jensen"))])
        .when(rename(Some(""), Some("Jensen")))
        .then_expect_events(vec![renamed(Some(""), None)]);
    let Client::Present(card) = after(vec![added(), renamed(Some(""), Some("Jensen"))]) else { panic!("there") };
    assert_eq!((card.first_name.as_str(), card.last_name.as_str()), ("", "Jensen"));
}

#[test]
fn an_event_from_before_there_were_first_names_is_read() {
    let event: Event = serde_json::from_value(serde_json::json!(
        { "Added": { "owner": ANN, "email": "a@localhost", "full_name": "Ann Lee" } }
    ))
    .expect("an event");
    let Event::Added { first_name, last_name, .. } = event else { panic!("added") };
    assert!(first_name.is_empty() && last_name.is_empty());
}

#[test]
fn a_refusal_has_a_code_and_a_field() {
    for (error, code, field) in [
        (Error::NotFound, "NOT_FOUND", Some("id")),
        (Error::AlreadyExists, "ALREADY_EXISTS", None),
        (Error::EmailTaken { email: "carl@example.com".into() }, "EMAIL_TAKEN", Some("email")),
        (Error::CommentTooLong { length: 2_001 }, "COMMENT_TOO_LONG", Some("comment")),
    ] {
        assert_eq!((error.code().as_str(), error.field()), (code, field), "{error}");
    }
}

fn stored_forms() -> Vec<Event> {
    stored_forms! {
        Added: [
            added(),
            Event::Added {
                owner: ANN,
                email: email("a@localhost"),
                full_name: FullName::default(),
                first_name: FullName::default(),
                last_name: FullName::default(),
                comment: String::new(),
                groups: BTreeSet::new(),
                fields: [(key("city"), oslo()), (key("age"), number("18"))].into(),
                source: None,
            },
            Event::Added {
                owner: ANN,
                email: email("a@localhost"),
                full_name: FullName::default(),
                first_name: FullName::default(),
                last_name: FullName::default(),
                comment: String::new(),
                groups: BTreeSet::new(),
                fields: Fields::new(),
                source: Some(from_file()),
            },
        ],
        Changed: [
            changed(Some(email("carl@jensen.example")), Some(full_name("Carl B. Jensen")), Some("moved")),
            changed(None, None, Some("")),
            changed(None, None, None),
            renamed(Some("Carl"), Some("")),
        ],
        FieldsChanged: [
            Event::FieldsChanged { fields: [(key("city"), Some(oslo())), (key("age"), None)].into() },
        ],
        JoinedGroup: [Event::JoinedGroup { group: NEIGHBOURS }],
        LeftGroup: [Event::LeftGroup { group: NEIGHBOURS }],
        ConsentGiven: [
            Event::ConsentGiven(consent(None, Source::Person)),
            Event::ConsentGiven(Consent {
                address: "2001:db8::1".parse().ok(),
                ..consent(Some(FRIENDS), Source::Form { subscription: SubscriptionId(Uuid::from_u128(8)) })
            }),
            Event::ConsentGiven(consent(None, from_file())),
        ],
        ConsentConfirmed: [
            Event::ConsentConfirmed { topic: None, at: noon(), address: None },
            Event::ConsentConfirmed { topic: Some(FRIENDS), at: noon(), address: "192.0.2.1".parse().ok() },
        ],
        ConsentWithdrawn: [
            Event::ConsentWithdrawn { topic: None, at: noon(), source: Source::Program },
            Event::ConsentWithdrawn {
                topic: Some(FRIENDS),
                at: noon(),
                source: Source::Letter { run: RunId(Uuid::from_u128(9)), ordinal: 7 },
            },
        ],
        Deleted: [Event::Deleted],
    }
}

fn any_group() -> impl Strategy<Value = GroupId> {
    proptest::sample::select(vec![FRIENDS, NEIGHBOURS, COLLEAGUES])
}

fn any_groups() -> impl Strategy<Value = BTreeSet<GroupId>> {
    proptest::collection::btree_set(any_group(), 0..=3)
}

fn any_field() -> impl Strategy<Value = (Key, Option<Value>)> {
    let value = prop_oneof![Just(oslo()), Just(number("18")), Just(Value::YesNo(true))];
    (proptest::sample::select(vec!["city", "age"]), proptest::option::of(value))
        .prop_map(|(name, value)| (key(name), value))
}

fn any_owner() -> impl Strategy<Value = UserId> {
    proptest::sample::select(vec![ANN, BOB])
}

/// What a log may hold: texts are not judged again when they are read.
fn any_event() -> impl Strategy<Value = Event> {
    let text = || "\\PC{0,8}";
    let any_email = || text().prop_map(|text| serde_json::from_value::<EmailAddress>(text.into()).expect("any text"));
    let any_name = || text().prop_map(|text| serde_json::from_value::<FullName>(text.into()).expect("any text"));
    prop_oneof![
        (any_owner(), any_email(), any_name(), text(), any_groups()).prop_map(
            |(owner, email, full_name, comment, groups)| {
                let (first_name, last_name) = (full_name.clone(), FullName::default());
                let (fields, source) = (Fields::new(), None);
                Event::Added { owner, email, full_name, first_name, last_name, comment, groups, fields, source }
            }
        ),
        (proptest::option::of(any_email()), proptest::option::of(any_name()), proptest::option::of(text())).prop_map(
            |(email, full_name, comment)| {
                let (first_name, last_name) = (None, full_name.clone());
                Event::Changed { email, full_name, first_name, last_name, comment }
            }
        ),
        any_field().prop_map(|(key, value)| Event::FieldsChanged { fields: [(key, value)].into() }),
        proptest::option::of(any_group()).prop_map(|topic| Event::ConsentGiven(consent(topic, Source::Person))),
        proptest::option::of(any_group()).prop_map(|topic| Event::ConsentConfirmed {
            topic,
            at: noon(),
            address: None
        }),
        proptest::option::of(any_group()).prop_map(|topic| Event::ConsentWithdrawn {
            topic,
            at: noon(),
            source: Source::Person
        }),
        any_group().prop_map(|group| Event::JoinedGroup { group }),
        any_group().prop_map(|group| Event::LeftGroup { group }),
        Just(Event::Deleted),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    let emails = || proptest::sample::select(vec![email("carl@example.com"), email("CARL@example.com")]);
    let names = || proptest::sample::select(vec![full_name("Carl"), full_name("")]);
    let comments = || proptest::sample::select(vec![String::new(), "moved".into(), "x".repeat(MAX_COMMENT + 1)]);
    prop_oneof![
        (any_owner(), emails(), names(), comments(), any_groups()).prop_map(
            |(owner, email, full_name, comment, groups)| {
                let (first_name, last_name) = (full_name.clone(), FullName::default());
                let fields = Fields::new();
                let details = Details { email, full_name, first_name, last_name, comment, fields };
                Command::Add { owner, details, groups, source: Source::Program }
            }
        ),
        (any_owner(), proptest::option::of(emails()), proptest::option::of(names()), proptest::option::of(comments()))
            .prop_map(|(by, email, full_name, comment)| {
                let (first_name, last_name) = (full_name.clone(), None);
                Command::Change { by, email, full_name, first_name, last_name, comment }
            }),
        (any_owner(), any_groups()).prop_map(|(by, groups)| Command::SetGroups { by, groups }),
        (any_owner(), any_group()).prop_map(|(by, group)| Command::JoinGroup { by, group }),
        (any_owner(), any_group()).prop_map(|(by, group)| Command::LeaveGroup { by, group }),
        any_owner().prop_map(|by| Command::Delete { by }),
    ]
}

proptest! {
    #[test]
    fn no_order_of_events_makes_evolve_panic_and_every_state_can_be_written_down(
        events in proptest::collection::vec(any_event(), 0..12),
        command in any_command(),
    ) {
        let client = after(events);
        let written = serde_json::to_value(&client).expect("json");
        prop_assert_eq!(&serde_json::from_value::<Client>(written).expect("a client"), &client);
        prop_assert!(client.claims().len() <= 1);
        let _ = client.decide(command);
    }

    #[test]
    fn what_was_done_is_not_done_again_and_deleted_stays_deleted(
        commands in proptest::collection::vec(any_command(), 1..12),
    ) {
        let mut client = Client::default();
        for command in commands {
            let before = client.clone();
            let Ok(events) = client.decide(command.clone()) else { continue };
            for event in events {
                client.evolve(event);
            }
            if matches!(before, Client::Deleted { .. }) {
                prop_assert_eq!(&client, &before);
            }
            let again = if matches!(command, Command::Add { .. }) { Err(Error::AlreadyExists) } else { Ok(vec![]) };
            prop_assert_eq!(client.decide(command), again);
        }
    }

    #[test]
    fn after_asking_for_groups_a_client_belongs_to_exactly_those(
        history in proptest::collection::vec(any_event(), 0..12),
        groups in any_groups(),
    ) {
        let mut client = after([added()].into_iter().chain(history));
        let Client::Present(card) = &client else { return Ok(()) };
        let asked = Command::SetGroups { by: card.owner, groups: groups.clone() };
        let events = client.decide(asked).expect("the owner asks");
        for event in events {
            client.evolve(event);
        }
        let Client::Present(card) = client else { panic!("still there") };
        prop_assert_eq!(card.groups, groups);
    }
}
