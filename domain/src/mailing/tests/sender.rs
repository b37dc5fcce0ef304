//! Who a mailing's letters are from.

use super::{ANN, ahead, change, changed, create, created, given, in_every_status, plan, rename};
use crate::SenderId;
use crate::mailing::{Change, Error, Event, Plan, Status};
use uuid::Uuid;

const NEWSDESK: SenderId = SenderId(Uuid::from_u128(0x5e));

fn from(sender: Option<SenderId>) -> Plan {
    Plan { sender, ..plan() }
}

fn change_to(sender: Option<SenderId>) -> Change {
    Change { sender: Some(sender), ..Change::default() }
}

#[test]
fn without_a_word_a_mailing_is_from_the_service_and_its_events_do_not_say_it() {
    assert_eq!(plan().sender, None);
    let written = |plan| serde_json::to_value(plan).expect("json").get("sender").cloned();
    assert_eq!(written(plan()), None);
    assert_eq!(written(from(Some(NEWSDESK))), Some(NEWSDESK.to_string().into()));
}

#[test]
fn a_mailing_is_created_with_its_sender() {
    given([]).when(create(from(Some(NEWSDESK)), ahead())).then_expect_events(vec![Event::Created {
        owner: ANN,
        plan: from(Some(NEWSDESK)),
        since: Some(ahead()),
    }]);
}

#[test]
fn a_sender_is_named_taken_back_and_left_alone() {
    given([created()]).when(change(change_to(Some(NEWSDESK)))).then_expect_events(vec![changed(from(Some(NEWSDESK)))]);
    let history = [created(), changed(from(Some(NEWSDESK)))];
    given(history.clone()).when(change(change_to(None))).then_expect_events(vec![changed(plan())]);
    let renamed = Plan { name: super::name("Summer news"), ..from(Some(NEWSDESK)) };
    given(history).when(change(rename())).then_expect_events(vec![changed(renamed)]);
}

#[test]
fn asking_for_the_same_sender_changes_nothing() {
    in_every_status(&change(change_to(None)), |status| match status {
        Status::Cancelled => Err(Error::Cancelled),
        _ => Ok(vec![]),
    });
}
