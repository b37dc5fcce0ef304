//! What a mailing's letters are to those who get them.

use super::{ANN, ahead, change, changed, create, created, given, in_every_status, plan, rename};
use crate::mailing::{Change, Error, Event, Kind, Plan, Status};

fn of_kind(kind: Kind) -> Plan {
    Plan { kind, ..plan() }
}

fn change_to(kind: Kind) -> Change {
    Change { kind: Some(kind), ..Change::default() }
}

#[test]
fn without_a_word_a_mailing_is_one_that_people_can_leave() {
    assert_eq!(Kind::default(), Kind::Bulk);
    assert_eq!(plan().kind, Kind::Bulk);
}

#[test]
fn a_mailing_is_created_as_what_it_is() {
    for kind in Kind::ALL {
        given([]).when(create(of_kind(kind), ahead())).then_expect_events(vec![Event::Created {
            owner: ANN,
            plan: of_kind(kind),
            since: Some(ahead()),
        }]);
    }
}

#[test]
fn what_it_is_can_be_changed_and_changed_back_and_moves_none_of_its_runs() {
    given([created()])
        .when(change(change_to(Kind::Transactional)))
        .then_expect_events(vec![changed(of_kind(Kind::Transactional))]);
    given([created(), changed(of_kind(Kind::Transactional))])
        .when(change(change_to(Kind::Bulk)))
        .then_expect_events(vec![changed(plan())]);
}

#[test]
fn other_changes_leave_what_it_is_alone() {
    let renamed = Plan { name: super::name("Summer news"), ..of_kind(Kind::Transactional) };
    given([created(), changed(of_kind(Kind::Transactional))])
        .when(change(rename()))
        .then_expect_events(vec![changed(renamed)]);
}

#[test]
fn asking_for_what_it_is_already_changes_nothing() {
    in_every_status(&change(change_to(Kind::Bulk)), |status| match status {
        Status::Cancelled => Err(Error::Cancelled),
        _ => Ok(vec![]),
    });
}

#[test]
fn a_kind_has_the_same_name_in_rows_and_in_events_and_the_usual_one_is_not_written_down() {
    for kind in Kind::ALL {
        assert_eq!(serde_json::to_value(kind).expect("json"), kind.name());
    }
    let written = |kind| serde_json::to_value(of_kind(kind)).expect("json").get("kind").cloned();
    assert_eq!(written(Kind::Bulk), None);
    assert_eq!(written(Kind::Transactional), Some("transactional".into()));
}
