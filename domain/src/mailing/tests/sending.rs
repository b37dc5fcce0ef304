//! How a mailing's letters are sent: by which relay, and what happens to those in doubt.

use super::{
    ANN, after, ahead, change, changed, create, created, during, end, given, histories, in_every_status, plan,
};
use crate::RelayName;
use crate::mailing::{Change, Error, Event, InDoubt, Mailing, Plan, Sending, Status};

fn relay(name: &str) -> RelayName {
    RelayName::parse(name).expect("a name")
}

/// Sent again by itself, through one relay.
fn special() -> Sending {
    Sending { in_doubt: InDoubt::Resend, relay: Some(relay("eu-1")) }
}

#[test]
fn without_a_word_letters_in_doubt_are_held_and_any_relay_will_do() {
    assert_eq!(Sending::default(), Sending { in_doubt: InDoubt::Hold, relay: None });
}

#[test]
fn a_mailing_is_created_with_the_way_it_is_to_be_sent() {
    let plan = Plan { sending: special(), ..plan() };
    given([]).when(create(plan.clone(), ahead())).then_expect_events(vec![Event::Created {
        owner: ANN,
        plan,
        since: Some(ahead()),
    }]);
}

#[test]
fn each_part_of_the_way_to_send_is_changed_alone() {
    let unusual = || vec![created(), changed(Plan { sending: special(), ..plan() })];
    let usual = || vec![created()];
    for (history, asked, sending) in [
        (
            usual(),
            Change { in_doubt: Some(InDoubt::Resend), ..Change::default() },
            Sending { in_doubt: InDoubt::Resend, relay: None },
        ),
        (
            usual(),
            Change { relay: Some(Some(relay("eu-1"))), ..Change::default() },
            Sending { in_doubt: InDoubt::Hold, relay: Some(relay("eu-1")) },
        ),
        (
            usual(),
            Change { in_doubt: Some(InDoubt::Resend), relay: Some(Some(relay("eu-1"))), ..Change::default() },
            special(),
        ),
        (
            unusual(),
            Change { in_doubt: Some(InDoubt::Hold), ..Change::default() },
            Sending { in_doubt: InDoubt::Hold, ..special() },
        ),
        (unusual(), Change { relay: Some(None), ..Change::default() }, Sending { relay: None, ..special() }),
        (
            unusual(),
            Change { relay: Some(Some(relay("us-1"))), ..Change::default() },
            Sending { relay: Some(relay("us-1")), ..special() },
        ),
    ] {
        given(history).when(change(asked)).then_expect_events(vec![changed(Plan { sending, ..plan() })]);
    }
}

#[test]
fn other_changes_leave_the_way_to_send_alone() {
    let history = [created(), changed(Plan { sending: special(), ..plan() })];
    let renamed = Plan { name: super::name("Summer news"), sending: special(), ..plan() };
    given(history).when(change(super::rename())).then_expect_events(vec![changed(renamed)]);
}

#[test]
fn asking_for_the_way_it_is_sent_already_changes_nothing() {
    let same = |sending: Sending| {
        change(Change { in_doubt: Some(sending.in_doubt), relay: Some(sending.relay), ..Change::default() })
    };
    in_every_status(&same(Sending::default()), |status| match status {
        Status::Cancelled => Err(Error::Cancelled),
        _ => Ok(vec![]),
    });
    given([created(), changed(Plan { sending: special(), ..plan() })]).when(same(special())).then_expect_events(vec![]);
}

#[test]
fn a_policy_has_the_same_name_in_rows_and_in_events() {
    for policy in [InDoubt::Hold, InDoubt::Resend] {
        assert_eq!(serde_json::to_value(policy).expect("json"), policy.name());
    }
}

/// A plan as it was written before a mailing could say how it is sent.
const OLD_PLAN: &str = r#"{
    "name": "Spring news",
    "message": "00000000-0000-0000-0000-000000000001",
    "audience": {
        "clients": ["00000000-0000-0000-0000-000000000002"],
        "groups": ["00000000-0000-0000-0000-000000000003"]
    },
    "window": { "start": "2026-05-01T10:00:00Z", "end": "2026-05-08T10:00:00Z" },
    "periodicity": "daily",
    "time_zone": "Europe/Berlin"
}"#;

#[test]
fn what_was_written_before_a_mailing_could_say_how_it_is_sent_is_still_read_and_written_alike() {
    let owner = "00000000-0000-0000-0000-00000000000a";
    for (old, event) in [
        (format!(r#"{{"Created":{{"owner":"{owner}","plan":{OLD_PLAN}}}}}"#), created()),
        (format!(r#"{{"Changed":{{"plan":{OLD_PLAN}}}}}"#), changed(plan())),
    ] {
        assert_eq!(serde_json::from_str::<Event>(&old).expect("an event"), event);
        let old: serde_json::Value = serde_json::from_str(&old).expect("json");
        assert_eq!(serde_json::to_value(event).expect("json"), old);
    }
}

#[test]
fn parts_of_the_way_to_send_may_be_missing_in_the_log() {
    for (stored, sending) in [
        (r"{}", Sending::default()),
        (r#"{"in_doubt":"resend"}"#, Sending { in_doubt: InDoubt::Resend, relay: None }),
        (r#"{"relay":"eu-1"}"#, Sending { in_doubt: InDoubt::Hold, relay: Some(relay("eu-1")) }),
    ] {
        assert_eq!(serde_json::from_str::<Sending>(stored).expect("a way to send"), sending, "{stored}");
    }
}

#[test]
fn letters_in_hand_go_out_only_while_the_mailing_is_active_and_its_window_has_not_ended() {
    for (status, history) in histories() {
        let mailing = after(history);
        assert_eq!(mailing.may_send(during()), status == Status::Active, "{status:?}");
        assert!(!mailing.may_send(end()), "{status:?}");
    }
    assert!(!after(vec![created(), Event::Deleted]).may_send(during()));
    assert!(!Mailing::default().may_send(during()));
}
