//! What a letter of the service does, event by event.

use super::{
    Attempt, Command, Error, Event, Kind, MailingStopped, Notice, PATIENCE, Part, Request, Stopper, TestLetter, Trouble,
};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::batch::AttemptOutcome;
use crate::client::Fields;
use crate::custom_field::{Key, Value};
use crate::{
    ClientId, Decide, EmailAddress, FullName, Language, MailingId, MessageId, Outcome, Refusal, SubscriptionId, UserId,
    group, mailing,
};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use uuid::Uuid;

const ID: &str = "<1@example.org>";

aggregate_tests!(Notice);

fn noon() -> DateTime<Utc> {
    "2026-05-01T12:00:00Z".parse().expect("a moment")
}

fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

fn request() -> Request {
    Request {
        user: UserId(Uuid::from_u128(1)),
        kind: Kind::VerifyEmail,
        to: email("anna@example.com"),
        full_name: FullName::parse("Anna Petrova").expect("a name"),
        language: Language::Ru,
    }
}

fn requested() -> Event {
    Event::Requested(request())
}

fn start(at: DateTime<Utc>) -> Command {
    Command::StartSending { at, message_id: ID.to_owned() }
}

fn started() -> Event {
    Event::SendingStarted { message_id: ID.to_owned() }
}

fn attempt(at: DateTime<Utc>, outcome: AttemptOutcome) -> Attempt {
    Attempt { at, outcome, code: None, enhanced: None, reply: None }
}

fn deferred(at: DateTime<Utc>, pause: TimeDelta) -> Attempt {
    attempt(at, AttemptOutcome::Deferred { until: at + pause })
}

#[test]
fn a_notice_is_asked_for_once() {
    given([]).when(Command::Request(request())).then_expect_events(vec![requested()]);
    given([requested()]).when(Command::Request(request())).then_expect_error(Error::AlreadyRequested);
}

#[test]
fn whoever_asks_again_for_a_test_letter_means_the_first_whatever_has_changed_since() {
    let asked = |user: u128, kind| Request { user: UserId(Uuid::from_u128(user)), kind, ..request() };
    let begun = [Event::Requested(asked(1, Kind::TestLetter(test_letter()))), started()];
    let again = |request| Notice::was_begun_by(&begun, &Command::Request(request));

    let revised = TestLetter { revision: 4, comment: String::new(), ..test_letter() };
    let moved = Request { to: email("new@example.com"), ..asked(1, Kind::TestLetter(revised)) };
    assert!(again(moved));
    let for_nobody = TestLetter { client: None, ..test_letter() };
    let another = TestLetter { message: MessageId(Uuid::from_u128(9)), ..test_letter() };
    for other in [
        asked(2, Kind::TestLetter(test_letter())),
        asked(1, Kind::TestLetter(for_nobody)),
        asked(1, Kind::TestLetter(another)),
        asked(1, Kind::VerifyEmail),
    ] {
        assert!(!again(other.clone()), "{other:?}");
    }
}

#[test]
fn the_intent_comes_before_the_outcome_and_each_intent_has_one() {
    let accepted = attempt(noon(), AttemptOutcome::Accepted);
    let recorded = Event::AttemptRecorded(accepted.clone());
    given([requested()]).when(Command::Record(accepted.clone())).then_expect_error(Error::NotInFlight);
    given([requested()]).when(start(noon())).then_expect_events(vec![started()]);
    given([requested(), started()]).when(start(noon())).then_expect_error(Error::NotWaiting);
    given([requested(), started()]).when(Command::Record(accepted.clone())).then_expect_events(vec![recorded.clone()]);
    given([requested(), started(), recorded.clone()]).when(start(noon())).then_expect_error(Error::NotWaiting);
    given([requested(), started(), recorded]).when(Command::Record(accepted)).then_expect_error(Error::NotInFlight);
}

#[test]
fn nothing_happens_to_a_notice_that_nobody_asked_for() {
    for command in [start(noon()), Command::Recover { at: noon() }, Command::Record(Attempt::unknown(noon()))] {
        given([]).when(command).then_expect_error(Error::NotRequested);
    }
}

#[test]
fn an_attempt_settles_a_notice_or_lets_it_wait() {
    let until = noon() + TimeDelta::minutes(5);
    for (outcome, settled) in [
        (AttemptOutcome::Accepted, Some(Outcome::Accepted)),
        (AttemptOutcome::Rejected { dead: true }, Some(Outcome::Rejected)),
        (AttemptOutcome::Unknown { again: None }, Some(Outcome::Unknown)),
        (AttemptOutcome::Deferred { until }, None),
        (AttemptOutcome::NotTried, None),
    ] {
        let used_up = u32::from(outcome != AttemptOutcome::NotTried);
        match (after([requested(), started(), Event::AttemptRecorded(attempt(noon(), outcome))]), settled) {
            (Notice::Settled(sending, outcome), Some(settled)) => {
                assert_eq!((outcome, sending.attempts), (settled, used_up));
            }
            (Notice::Waiting(sending), None) => {
                assert_eq!(sending.attempts, used_up);
                assert_eq!(sending.not_before, (used_up == 1).then_some(until));
            }
            (state, settled) => panic!("{settled:?}, but it is {state:?}"),
        }
    }
}

#[test]
fn all_attempts_have_the_message_id_of_the_first() {
    let put_off = Event::AttemptRecorded(deferred(noon(), TimeDelta::minutes(5)));
    let other = Command::StartSending { at: noon(), message_id: "<other@example.org>".to_owned() };
    given([requested(), started(), put_off]).when(other).then_expect_events(vec![started()]);
}

#[test]
fn a_sender_that_is_gone_leaves_the_notice_in_doubt_and_it_is_not_sent_again() {
    let unknown = Event::AttemptRecorded(Attempt::unknown(noon()));
    let recover = Command::Recover { at: noon() };
    given([requested(), started()]).when(recover.clone()).then_expect_events(vec![unknown.clone()]);
    given([requested(), started(), unknown.clone()]).when(start(noon())).then_expect_error(Error::NotWaiting);
    given([requested(), started(), unknown]).when(recover.clone()).then_expect_events(vec![]);
    given([requested()]).when(recover).then_expect_events(vec![]);
}

#[test]
fn a_notice_that_is_put_off_for_longer_than_the_patience_expires() {
    let first = Event::AttemptRecorded(deferred(noon(), TimeDelta::minutes(5)));
    let history = [requested(), started(), first, started()];
    let at = noon() + TimeDelta::minutes(20);

    let in_time = deferred(at, TimeDelta::minutes(40));
    given(history.clone())
        .when(Command::Record(in_time.clone()))
        .then_expect_events(vec![Event::AttemptRecorded(in_time)]);
    let too_late = deferred(at, TimeDelta::minutes(41));
    given(history.clone())
        .when(Command::Record(too_late.clone()))
        .then_expect_events(vec![Event::AttemptRecorded(too_late.clone()), Event::Expired { at }]);
    let expired = after(history.into_iter().chain([Event::AttemptRecorded(too_late), Event::Expired { at }]));
    assert!(matches!(expired, Notice::Settled(_, Outcome::Expired)), "{expired:?}");
}

#[test]
fn a_notice_that_was_not_sent_in_time_expires_instead_of_being_sent() {
    let history = [requested(), started(), Event::AttemptRecorded(deferred(noon(), TimeDelta::minutes(5)))];
    let end = noon() + PATIENCE;
    given(history.clone()).when(start(end)).then_expect_events(vec![started()]);
    let late = end + TimeDelta::seconds(1);
    given(history).when(start(late)).then_expect_events(vec![Event::Expired { at: late }]);
}

#[test]
fn a_notice_that_was_never_tried_waits_as_long_as_the_mail_server_is_away() {
    let not_tried = Event::AttemptRecorded(attempt(noon(), AttemptOutcome::NotTried));
    given([requested(), started(), not_tried]).when(start(noon() + PATIENCE * 9)).then_expect_events(vec![started()]);
}

#[test]
fn a_refusal_has_a_code() {
    for (error, code) in [
        (Error::AlreadyRequested, "ALREADY_EXISTS"),
        (Error::NotRequested, "NOT_FOUND"),
        (Error::NotWaiting, "NOT_WAITING"),
        (Error::NotInFlight, "NOT_IN_FLIGHT"),
    ] {
        assert_eq!((error.code().as_str(), error.field()), (code, None), "{error}");
    }
}

fn test_letter() -> TestLetter {
    TestLetter {
        message: MessageId(Uuid::from_u128(2)),
        revision: 3,
        client: Some(ClientId(Uuid::from_u128(4))),
        email: email("bob@example.com"),
        full_name: FullName::parse("Bob").expect("a name"),
        first_name: FullName::default(),
        last_name: FullName::default(),
        comment: "met at a fair".to_owned(),
        fields: [(Key::parse("city").expect("a key"), Value::Text("Oslo".to_owned()))].into(),
    }
}

fn kinds() -> [Kind; 12] {
    [
        Kind::VerifyEmail,
        Kind::AlreadyRegistered,
        Kind::RecoverPassword,
        Kind::PasswordChanged,
        Kind::ConfirmEmailChange,
        Kind::EmailChanged { email: email("new@example.com") },
        Kind::ConfirmSubscription {
            subscription: SubscriptionId(Uuid::from_u128(5)),
            owner_name: FullName::parse("Ann").expect("a name"),
            topics: vec![group::Name::parse("News").expect("a title")],
        },
        stopped(Stopper::Guard, FullName::parse("Ann").ok()),
        stopped(Stopper::Manager, None),
        Kind::Trouble(Trouble {
            part: Part::ReadModel,
            name: "clients".to_owned(),
            words: "there is no row 7 in clients".to_owned(),
            since: noon(),
        }),
        Kind::TestLetter(test_letter()),
        Kind::TestLetter(TestLetter { client: None, comment: String::new(), fields: Fields::new(), ..test_letter() }),
    ]
}

fn stopped(by: Stopper, owner: Option<FullName>) -> Kind {
    let (mailing, name) = (MailingId(Uuid::from_u128(6)), mailing::Name::parse("News of May").expect("a name"));
    Kind::MailingStopped(MailingStopped { mailing, name, by, reason: "Too many complaints.".to_owned(), owner })
}

#[test]
fn a_kind_is_stored_under_its_name() {
    for kind in kinds() {
        assert_eq!(serde_json::to_value(&kind).expect("json")["kind"], kind.name());
    }
}

/// One line for each form that the log may hold.
fn stored_forms() -> Vec<Event> {
    let [
        verify,
        registered,
        recover,
        changed,
        confirm,
        moved,
        subscribe,
        guarded,
        disabled,
        trouble,
        test,
        test_for_oneself,
    ] = kinds().map(|kind| Event::Requested(Request { kind, ..request() }));
    let of = |outcome| Event::AttemptRecorded(attempt(noon(), outcome));
    let said = Attempt {
        code: Some(550),
        enhanced: Some("5.1.1".to_owned()),
        reply: Some("no such user".to_owned()),
        ..attempt(noon(), AttemptOutcome::Rejected { dead: true })
    };
    stored_forms! {
        Requested: [
            verify, registered, recover, changed, confirm, moved, subscribe, guarded, disabled, trouble, test,
            test_for_oneself,
        ],
        SendingStarted: [started()],
        AttemptRecorded: [
            of(AttemptOutcome::Accepted),
            Event::AttemptRecorded(said),
            Event::AttemptRecorded(deferred(noon(), TimeDelta::minutes(5))),
            Event::AttemptRecorded(Attempt::unknown(noon())),
            of(AttemptOutcome::NotTried),
        ],
        Expired: [Event::Expired { at: noon() }],
    }
}

fn any_command() -> impl Strategy<Value = Command> {
    let moment = || (0_i64..180).prop_map(|minutes| noon() + TimeDelta::minutes(minutes));
    let outcome = prop_oneof![
        Just(AttemptOutcome::Accepted),
        Just(AttemptOutcome::Rejected { dead: false }),
        moment().prop_map(|until| AttemptOutcome::Deferred { until }),
        Just(AttemptOutcome::Unknown { again: None }),
        Just(AttemptOutcome::NotTried),
    ];
    prop_oneof![
        Just(Command::Request(request())),
        moment().prop_map(start),
        (moment(), outcome).prop_map(|(at, outcome)| Command::Record(attempt(at, outcome))),
        moment().prop_map(|at| Command::Recover { at }),
    ]
}

proptest! {
    #[test]
    fn whatever_is_asked_of_it_a_notice_that_may_have_arrived_is_never_sent_again(
        commands in proptest::collection::vec(any_command(), 1..30),
    ) {
        let mut notice = Notice::default();
        // By the log alone.
        let mut may_have_arrived = false;
        for command in commands {
            for event in notice.decide(command).unwrap_or_default() {
                let intent = matches!(event, Event::SendingStarted { .. });
                prop_assert!(!(may_have_arrived && intent));
                if let Event::AttemptRecorded(attempt) = &event {
                    may_have_arrived |=
                        matches!(attempt.outcome, AttemptOutcome::Accepted | AttemptOutcome::Unknown { .. });
                }
                notice.evolve(event);
            }
            let written = serde_json::to_value(&notice).expect("json");
            prop_assert_eq!(&serde_json::from_value::<Notice>(written).expect("a notice"), &notice);
        }
    }

    #[test]
    fn no_order_of_events_makes_evolve_panic(
        order in proptest::collection::vec(proptest::sample::select(stored_forms()), 0..12),
        command in any_command(),
    ) {
        let _ = after(order).decide(command);
    }
}
