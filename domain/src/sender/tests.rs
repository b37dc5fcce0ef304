//! What a sender does, event by event.

use super::{Command, Error, Event, Identity, Sender, address_claim};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::{Claim, Decide, EmailAddress, FullName, Refusal, UserId};
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use uuid::Uuid;

const ANN: UserId = UserId(Uuid::from_u128(0xa));
const BOB: UserId = UserId(Uuid::from_u128(0xb));

aggregate_tests!(Sender);

fn noon() -> DateTime<Utc> {
    "2026-05-01T12:00:00Z".parse().expect("a moment")
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

fn name(text: &str) -> FullName {
    FullName::parse(text).expect("a name")
}

fn create() -> Command {
    Command::Create { owner: ANN, name: name("Newsdesk"), address: address("News@Example.org"), reply_to: None }
}

fn created() -> Event {
    Event::Created { owner: ANN, name: name("Newsdesk"), address: address("News@Example.org"), reply_to: None }
}

fn rename(by: UserId, text: &str) -> Command {
    Command::Change { by, name: Some(name(text)), reply_to: None }
}

fn answer_to(reply_to: Option<&str>) -> Command {
    Command::Change { by: ANN, name: None, reply_to: Some(reply_to.map(address)) }
}

fn changed(text: &str, reply_to: Option<&str>) -> Event {
    Event::Changed { name: name(text), reply_to: reply_to.map(address) }
}

fn verified() -> Event {
    Event::Verified { at: noon() }
}

fn revoke(reason: &str) -> Command {
    Command::Revoke { reason: reason.into(), at: noon() }
}

fn revoked() -> Event {
    Event::Revoked { reason: "it is another company's".into(), at: noon() }
}

fn allowed() -> Event {
    Event::Allowed { at: noon() }
}

fn is_revoked() -> Error {
    Error::Revoked { address: "News@Example.org".into() }
}

fn identity(events: impl IntoIterator<Item = Event>) -> Identity {
    after(events).identity().cloned().expect("it is there")
}

#[test]
fn a_sender_is_created_under_an_id_that_is_used_only_once() {
    given([]).when(create()).then_expect_events(vec![created()]);
    given([created()]).when(create()).then_expect_error(Error::AlreadyExists);
    given([created(), Event::Deleted]).when(create()).then_expect_error(Error::AlreadyExists);
}

#[test]
fn each_form_of_a_sender_is_a_revision() {
    assert_eq!(identity([created()]).revision, 1);
    given([created()]).when(rename(ANN, "News")).then_expect_events(vec![changed("News", None)]);
    let history = [created(), changed("News", None), changed("News", Some("ann@example.org"))];
    let third = identity(history);
    assert_eq!((third.revision, third.name.as_str()), (3, "News"));
    assert_eq!(third.reply_to, Some(address("ann@example.org")));
    assert_eq!(third.address, address("News@Example.org"), "it never changes");
}

#[test]
fn what_is_not_named_stays_and_what_is_the_same_changes_nothing() {
    let history = [created(), changed("News", Some("ann@example.org"))];
    given(history.clone()).when(rename(ANN, "Desk")).then_expect_events(vec![changed("Desk", Some("ann@example.org"))]);
    given(history.clone()).when(answer_to(None)).then_expect_events(vec![changed("News", None)]);
    given(history.clone()).when(answer_to(Some("ann@example.org"))).then_expect_events(vec![]);
    given(history).when(rename(ANN, " News ")).then_expect_events(vec![]);
}

#[test]
fn a_sender_is_verified_once_and_stays_so_when_it_changes() {
    given([created()]).when(Command::Verify { at: noon() }).then_expect_events(vec![verified()]);
    given([created(), verified()]).when(Command::Verify { at: noon() }).then_expect_events(vec![]);
    assert!(!identity([created()]).verified);
    assert!(identity([created(), verified(), changed("News", None)]).verified);
}

#[test]
fn a_sender_that_is_not_there_is_not_verified() {
    for history in [vec![], vec![created(), Event::Deleted]] {
        given(history).when(Command::Verify { at: noon() }).then_expect_error(Error::NotFound);
    }
}

#[test]
fn a_sender_is_revoked_once_for_a_reason_and_shown_anew_when_it_is_allowed_again() {
    let reason = "it is another company's";
    for history in [vec![created()], vec![created(), verified()], vec![created(), revoked(), allowed()]] {
        given(history).when(revoke(reason)).then_expect_events(vec![revoked()]);
    }
    given([created()]).when(revoke(" ")).then_expect_error(Error::ReasonMissing);
    given([created()]).when(revoke(&"ж".repeat(501))).then_expect_error(Error::ReasonTooLong { length: 501 });
    let history = [created(), verified(), revoked()];
    given(history.clone()).when(revoke("something else")).then_expect_events(vec![]);
    assert!(!identity(history.clone()).verified);

    let verify = || Command::Verify { at: noon() };
    given(history.clone()).when(verify()).then_expect_error(is_revoked());
    given(history.clone()).when(Command::Allow { at: noon() }).then_expect_events(vec![allowed()]);
    let history = [created(), verified(), revoked(), allowed()];
    assert!(!identity(history.clone()).verified, "what was shown before does not count");
    given(history.clone()).when(verify()).then_expect_events(vec![verified()]);
    given(history).when(Command::Allow { at: noon() }).then_expect_events(vec![]);
    given([]).when(revoke(reason)).then_expect_error(Error::NotFound);
    given([]).when(Command::Allow { at: noon() }).then_expect_error(Error::NotFound);
}

#[test]
fn whoever_deletes_a_sender_does_not_get_round_that_it_is_revoked() {
    let own = vec![address_claim(ANN, &address("news@example.org"))];
    let deleted = [created(), verified(), Event::Deleted];
    given(deleted.clone()).when(revoke("it is another company's")).then_expect_events(vec![revoked()]);
    given(deleted).when(Command::Allow { at: noon() }).then_expect_events(vec![]);

    let history = [created(), verified(), Event::Deleted, revoked()];
    let is = after(history.clone());
    assert!(is.identity().is_none(), "it stays deleted");
    assert!(is.last_identity().is_some_and(|identity| identity.revoked && !identity.verified));
    assert_eq!(is.claims(), own, "nobody makes it once more");
    given(history.clone()).when(revoke("something else")).then_expect_events(vec![]);
    given(history.clone()).when(Command::Verify { at: noon() }).then_expect_error(Error::NotFound);
    given(history.clone()).when(Command::Delete { by: ANN }).then_expect_events(vec![]);
    given(history.clone()).when(Command::Delete { by: BOB }).then_expect_error(Error::NotFound);
    given(history).when(Command::Allow { at: noon() }).then_expect_events(vec![allowed()]);

    let is = after([created(), verified(), Event::Deleted, revoked(), allowed()]);
    assert!(is.last_identity().is_some_and(|identity| !identity.revoked && !identity.verified));
    assert!(is.claims().is_empty(), "it may be made once more");
}

#[test]
fn a_revoked_sender_stays_so_that_its_owner_does_not_make_it_once_more() {
    let history = [created(), revoked()];
    given(history.clone()).when(Command::Delete { by: ANN }).then_expect_error(is_revoked());
    given(history.clone()).when(Command::Delete { by: BOB }).then_expect_error(Error::NotFound);
    assert_eq!(after(history).claims(), vec![address_claim(ANN, &address("news@example.org"))]);
    given([created(), revoked(), allowed()]).when(Command::Delete { by: ANN }).then_expect_events(vec![Event::Deleted]);
}

#[test]
fn a_sender_is_deleted_once_and_stays_deleted() {
    given([created()]).when(Command::Delete { by: ANN }).then_expect_events(vec![Event::Deleted]);
    given([created(), Event::Deleted]).when(Command::Delete { by: ANN }).then_expect_events(vec![]);
    given([created(), Event::Deleted]).when(rename(ANN, "News")).then_expect_error(Error::NotFound);
}

#[test]
fn another_owners_sender_is_not_found_whether_it_is_there_was_there_or_never_was() {
    for history in [vec![created()], vec![created(), Event::Deleted], vec![]] {
        for command in [rename(BOB, "News"), Command::Delete { by: BOB }] {
            given(history.clone()).when(command).then_expect_error(Error::NotFound);
        }
    }
}

#[test]
fn an_address_is_held_among_one_owners_senders_for_as_long_as_the_sender_is_there_or_revoked() {
    let claim = Claim::new("sender-address", ANN.to_string(), "news@example.org".into());
    assert_eq!(after([created(), verified()]).claims(), std::slice::from_ref(&claim));
    assert!(Sender::default().claims().is_empty());
    assert!(after([created(), Event::Deleted]).claims().is_empty());
    assert_ne!(address_claim(BOB, &address("news@example.org")), claim);
    assert_eq!(Sender::claimed(&claim), Some(Error::AddressTaken { address: "news@example.org".into() }));
}

#[test]
fn a_refusal_has_a_code_and_a_field() {
    let address = || "news@example.org".to_owned();
    for (error, code, field) in [
        (Error::NotFound, "SENDER_NOT_FOUND", Some("id")),
        (Error::AlreadyExists, "ALREADY_EXISTS", None),
        (Error::AddressTaken { address: address() }, "SENDER_ADDRESS_TAKEN", Some("address")),
        (Error::NotVerified { address: address() }, "SENDER_NOT_VERIFIED", Some("sender")),
        (Error::Revoked { address: address() }, "SENDER_REVOKED", Some("id")),
        (Error::ReasonMissing, "REASON_MISSING", Some("reason")),
        (Error::ReasonTooLong { length: 501 }, "REASON_TOO_LONG", Some("reason")),
    ] {
        assert_eq!((error.code().as_str(), error.field()), (code, field), "{error}");
    }
}

fn stored_forms() -> Vec<Event> {
    let Event::Created { owner, name, address: own, .. } = created() else { unreachable!("it is created") };
    stored_forms! {
        Created: [
            created(),
            Event::Created { owner, name, address: own, reply_to: Some(address("ann@example.org")) },
        ],
        Changed: [changed("News", None), changed("News", Some("ann@example.org"))],
        Verified: [verified()],
        Revoked: [revoked()],
        Allowed: [allowed()],
        Deleted: [Event::Deleted],
    }
}

fn any_owner() -> impl Strategy<Value = UserId> {
    proptest::sample::select(vec![ANN, BOB])
}

fn any_event() -> impl Strategy<Value = Event> {
    let any_name = || "\\PC{0,8}".prop_map(|text| serde_json::from_value::<FullName>(text.into()).expect("any text"));
    prop_oneof![
        any_owner().prop_map(|owner| Event::Created {
            owner,
            name: FullName::default(),
            address: address("news@example.org"),
            reply_to: None
        }),
        any_name().prop_map(|name| Event::Changed { name, reply_to: None }),
        Just(verified()),
        Just(revoked()),
        Just(allowed()),
        Just(Event::Deleted),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    let names = || proptest::sample::select(vec!["News", "Desk", ""]);
    prop_oneof![
        Just(create()),
        (any_owner(), names()).prop_map(|(by, text)| rename(by, text)),
        Just(answer_to(None)),
        Just(answer_to(Some("ann@example.org"))),
        Just(Command::Verify { at: noon() }),
        Just(revoke("spam")),
        Just(Command::Allow { at: noon() }),
        any_owner().prop_map(|by| Command::Delete { by }),
    ]
}

proptest! {
    #[test]
    fn no_order_of_events_makes_evolve_panic_and_every_state_can_be_written_down(
        events in proptest::collection::vec(any_event(), 0..12),
        command in any_command(),
    ) {
        let sender = after(events);
        let written = serde_json::to_value(&sender).expect("json");
        prop_assert_eq!(&serde_json::from_value::<Sender>(written).expect("a sender"), &sender);
        let holds = sender.last_identity().is_some_and(|last| last.revoked || sender.identity().is_some());
        prop_assert_eq!(sender.claims().len(), usize::from(holds));
        let _ = sender.decide(command);
    }

    #[test]
    fn what_was_done_is_not_done_again(commands in proptest::collection::vec(any_command(), 1..12)) {
        let mut sender = Sender::default();
        for command in commands {
            let Ok(events) = sender.decide(command.clone()) else { continue };
            for event in events {
                sender.evolve(event);
            }
            let again = if let Command::Create { .. } = command { Err(Error::AlreadyExists) } else { Ok(vec![]) };
            prop_assert_eq!(sender.decide(command), again);
        }
    }
}
