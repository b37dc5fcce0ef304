//! How a batch ends: by its last outcome, or by being given up.

use super::{
    accepted, attempted, completed, deferred, gave_up, give_up, given, noon, not_tried, planned, record, recover,
    rejected, resent, sending, slice_after, unknown, unknown_and_again,
};
use crate::Outcome;
use crate::batch::{Attempt, Error, Event, GiveUpReason, Progress};

#[test]
fn completion_comes_by_itself_with_the_last_outcome() {
    let in_flight = [planned(2), sending([0, 1]), attempted([accepted(0)])];
    for last in [accepted(1), rejected(1), unknown(1)] {
        given(in_flight.clone())
            .when(record([last.clone()], []))
            .then_expect_events(vec![attempted([last]), Event::Completed]);
    }
    for not_the_last in [deferred(1), not_tried(1), unknown_and_again(1)] {
        given(in_flight.clone())
            .when(record([not_the_last.clone()], []))
            .then_expect_events(vec![attempted([not_the_last])]);
    }
    given(in_flight)
        .when(recover())
        .then_expect_events(vec![attempted([Attempt::unknown(1, noon())]), Event::Completed]);
}

#[test]
fn giving_up_gives_everybody_an_outcome_and_completes() {
    for reason in [GiveUpReason::WindowEnded, GiveUpReason::Cancelled] {
        given([planned(2), sending([0]), attempted([deferred(0)])])
            .when(give_up(reason))
            .then_expect_events(vec![gave_up(reason), Event::Completed]);
    }
}

#[test]
fn who_was_never_tried_when_a_mailing_is_cancelled_is_suppressed_and_everybody_else_given_up_expires() {
    let (never, deferred) = (vec![], vec![sending([0]), attempted([deferred(0)])]);
    let announced = vec![sending([0]), attempted([not_tried(0)])];
    let settled = vec![sending([0]), attempted([accepted(0)])];
    for (history, reason, outcome) in [
        (never.clone(), GiveUpReason::Cancelled, Outcome::Suppressed),
        (announced.clone(), GiveUpReason::Cancelled, Outcome::Suppressed),
        (deferred.clone(), GiveUpReason::Cancelled, Outcome::Expired),
        (settled.clone(), GiveUpReason::Cancelled, Outcome::Accepted),
        (never, GiveUpReason::WindowEnded, Outcome::Expired),
        (announced, GiveUpReason::WindowEnded, Outcome::Expired),
        (deferred, GiveUpReason::WindowEnded, Outcome::Expired),
        (settled, GiveUpReason::WindowEnded, Outcome::Accepted),
    ] {
        let slice = slice_after([planned(2)].into_iter().chain(history).chain([gave_up(reason)]));
        assert_eq!(slice.deliveries[0].progress, Progress::Settled(outcome), "{reason:?}");
    }
}

#[test]
fn giving_up_waits_for_the_outcomes_of_what_is_in_flight() {
    let in_flight = [planned(3), sending([1, 2])];
    given(in_flight.clone())
        .when(give_up(GiveUpReason::Cancelled))
        .then_expect_error(Error::StillInFlight { place: 1 });
    given(in_flight)
        .and(vec![attempted([accepted(1), not_tried(2)])])
        .when(give_up(GiveUpReason::Cancelled))
        .then_expect_events(vec![gave_up(GiveUpReason::Cancelled), Event::Completed]);
}

#[test]
fn giving_up_what_is_completed_changes_nothing() {
    for history in [completed().to_vec(), vec![planned(1), gave_up(GiveUpReason::Cancelled), Event::Completed]] {
        given(history).when(give_up(GiveUpReason::WindowEnded)).then_expect_events(vec![]);
    }
}

#[test]
fn a_batch_completes_only_once_unless_letters_are_sent_again() {
    given(completed()).when(record([], [])).then_expect_events(vec![]);
    let again = [planned(1), sending([0]), attempted([unknown(0)]), Event::Completed, resent([0]), sending([0])];
    for last in [accepted(0), rejected(0), unknown(0)] {
        given(again.clone())
            .when(record([last.clone()], []))
            .then_expect_events(vec![attempted([last]), Event::Completed]);
    }
    given(again).when(recover()).then_expect_events(vec![attempted([Attempt::unknown(0, noon())]), Event::Completed]);
}

#[test]
fn recording_nothing_changes_nothing() {
    for history in [vec![], vec![sending([0])]] {
        given([planned(1)]).and(history).when(record([], [])).then_expect_events(vec![]);
    }
}
