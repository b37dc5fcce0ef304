//! Letters in doubt: perhaps they have arrived, and nobody knows. Only the server's "yes" or a person ends that.

use super::{
    accept, accepted, after, attempted, completed, deferred, gave_up, give_up, given, left, noon, not_tried, planned,
    record, recover, rejected, resend, resent, retry, sendable, sending, slice_after, unknown, unknown_and_again,
};
use crate::batch::{Attempt, Batch, Command, Doubt, Error, Event, GiveUpReason, Progress, Slice};
use crate::{Decide, Outcome};
use chrono::{DateTime, TimeDelta, Utc};

const UNKNOWN: Progress = Progress::Settled(Outcome::Unknown);

/// Two letters of which the first is in doubt and held, and the other waits.
fn held() -> Vec<Event> {
    vec![planned(2), sending([0]), attempted([unknown(0)])]
}

/// Three letters, all done: the first two are in doubt.
fn done() -> Vec<Event> {
    vec![planned(3), sending([0, 1, 2]), attempted([unknown(0), unknown(1), accepted(2)]), Event::Completed]
}

fn with(history: &[Event], more: impl IntoIterator<Item = Event>) -> Vec<Event> {
    history.iter().cloned().chain(more).collect()
}

fn in_doubt(slice: &Slice) -> Vec<u16> {
    slice.in_doubt(false).collect()
}

#[test]
fn whatever_becomes_of_later_attempts_a_letter_in_doubt_stays_unknown_unless_the_server_takes_it() {
    let again = [planned(1), sending([0]), attempted([unknown_and_again(0)])];
    let window_ended = || gave_up(GiveUpReason::WindowEnded);
    for (later, progress, doubt) in [
        (vec![sending([0]), attempted([accepted(0)])], Progress::Settled(Outcome::Accepted), Doubt::None),
        (vec![sending([0]), attempted([rejected(0)])], UNKNOWN, Doubt::Open),
        (vec![sending([0]), attempted([unknown(0)])], UNKNOWN, Doubt::Open),
        (vec![sending([0]), attempted([deferred(0)]), window_ended()], UNKNOWN, Doubt::Open),
        (vec![sending([0]), attempted([not_tried(0)]), window_ended()], UNKNOWN, Doubt::Open),
        (vec![sending([0]), attempted([deferred(0)]), sending([0]), attempted([rejected(0)])], UNKNOWN, Doubt::Open),
        (vec![window_ended()], UNKNOWN, Doubt::Open),
        (vec![gave_up(GiveUpReason::Cancelled)], UNKNOWN, Doubt::Open),
        (
            vec![sending([0]), attempted([deferred(0)]), sending([0]), attempted([accepted(0)])],
            Progress::Settled(Outcome::Accepted),
            Doubt::None,
        ),
    ] {
        let slice = slice_after(with(&again, later.clone()));
        assert_eq!((slice.deliveries[0].progress, slice.deliveries[0].doubt), (progress, doubt), "{later:?}");
    }
}

#[test]
fn a_letter_that_a_person_sends_again_stays_in_doubt_until_the_server_takes_it() {
    let ordered = with(&held(), [resent([0])]);
    for (later, progress, doubt) in [
        (vec![], Progress::Waiting { not_before: None }, Doubt::Open),
        (vec![sending([0]), attempted([accepted(0)])], Progress::Settled(Outcome::Accepted), Doubt::None),
        (vec![sending([0]), attempted([rejected(0)])], UNKNOWN, Doubt::Open),
        (vec![gave_up(GiveUpReason::Cancelled)], UNKNOWN, Doubt::Open),
    ] {
        let slice = slice_after(with(&ordered, later.clone()));
        assert_eq!((slice.deliveries[0].progress, slice.deliveries[0].doubt), (progress, doubt), "{later:?}");
    }
}

#[test]
fn who_never_was_in_doubt_is_rejected_or_expires_as_ever() {
    let slice = slice_after([planned(3), sending([0, 1]), attempted([rejected(0), unknown(1)])]);
    assert_eq!(slice.deliveries[0].progress, Progress::Settled(Outcome::Rejected));
    let slice = slice_after(with(&held(), [gave_up(GiveUpReason::WindowEnded)]));
    assert_eq!(slice.deliveries[1].progress, Progress::Settled(Outcome::Expired));
}

#[test]
fn under_hold_a_letter_in_doubt_is_settled_and_never_sent_by_itself() {
    let slice = slice_after(held());
    assert_eq!(slice.deliveries[0].progress, UNKNOWN);
    assert_eq!(sendable(&slice, DateTime::<Utc>::MAX_UTC), [1]);
    given(held()).when(record([], [0])).then_expect_error(Error::NotWaiting { place: 0 });
}

#[test]
fn a_letter_to_be_sent_again_by_itself_waits_until_its_moment() {
    let history = [planned(1), sending([0]), attempted([unknown_and_again(0)])];
    let slice = slice_after(history.clone());
    assert_eq!(sendable(&slice, retry() - TimeDelta::nanoseconds(1)), Vec::<u16>::new());
    assert_eq!(sendable(&slice, retry()), [0]);
    assert_eq!(slice.next_turn(), Some(retry()));
    given(history).when(record([], [0])).then_expect_events(vec![sending([0])]);
}

#[test]
fn recovering_makes_exactly_those_in_flight_unknown() {
    let history = [planned(4), sending([0, 1, 2]), attempted([accepted(0), deferred(1)]), sending([1])];
    given(history.clone())
        .when(recover())
        .then_expect_events(vec![attempted([Attempt::unknown(1, noon()), Attempt::unknown(2, noon())])]);

    let unknown = attempted([Attempt::unknown(1, noon()), Attempt::unknown(2, noon())]);
    let progress: Vec<_> =
        slice_after(history.into_iter().chain([unknown])).deliveries.iter().map(|delivery| delivery.progress).collect();
    assert_eq!(
        progress,
        [
            Progress::Settled(Outcome::Accepted),
            Progress::Settled(Outcome::Unknown),
            Progress::Settled(Outcome::Unknown),
            Progress::Waiting { not_before: None },
        ]
    );
}

#[test]
fn recovering_what_has_nothing_in_flight_changes_nothing() {
    for history in [vec![planned(2)], vec![planned(2), sending([0]), attempted([deferred(0)])], completed().to_vec()] {
        given(history).when(recover()).then_expect_events(vec![]);
    }
}

#[test]
fn the_policy_decides_what_becomes_of_letters_of_a_worker_that_is_gone() {
    let in_flight = [planned(2), sending([0, 1]), attempted([accepted(0)])];
    let recover_and = |again| Command::Recover { at: noon(), again, marks: None };
    let hold = Attempt::unknown(1, noon());
    let again = hold.clone().with_again(Some(retry()));
    given(in_flight.clone()).when(recover_and(None)).then_expect_events(vec![attempted([hold]), Event::Completed]);
    given(in_flight.clone()).when(recover_and(Some(retry()))).then_expect_events(vec![attempted([again.clone()])]);
    let slice = slice_after(with(&in_flight, [attempted([again])]));
    assert_eq!(slice.deliveries[1].progress, Progress::Waiting { not_before: Some(retry()) });
}

#[test]
fn a_policy_concerns_only_attempts_in_doubt() {
    assert_eq!(deferred(0).with_again(None), deferred(0));
    assert_eq!(accepted(0).with_again(Some(retry())), accepted(0));
    assert_eq!(unknown(0).with_again(Some(retry())), unknown_and_again(0));
    assert_eq!(unknown_and_again(0).with_again(None), unknown(0));
}

#[test]
fn a_person_may_send_a_letter_in_doubt_again_while_the_batch_is_open_and_afterwards() {
    for history in [held(), done()] {
        given(history.clone()).when(resend(Some(vec![0]))).then_expect_events(vec![resent([0])]);
        let batch = after(with(&history, [resent([0])]));
        assert!(matches!(batch, Batch::Open(_)));
        let slice = batch.slice().expect("planned");
        assert!(sendable(slice, noon()).contains(&0));
        assert_eq!(slice.next_turn(), Some(DateTime::UNIX_EPOCH));
        assert_eq!(batch.decide(record([], [0])), Ok(vec![sending([0])]));
    }
}

#[test]
fn a_letter_whose_later_attempt_failed_may_be_sent_once_more() {
    let refused = with(&held(), [resent([0]), sending([0]), attempted([rejected(0)])]);
    given(refused).when(resend(None)).then_expect_events(vec![resent([0])]);
}

#[test]
fn asking_twice_to_send_again_sends_once() {
    for ask in [resend(None), resend(Some(vec![0, 1])), resend(Some(vec![1, 0, 0, 1]))] {
        given(done()).when(ask.clone()).then_expect_events(vec![resent([0, 1])]);
        given(with(&done(), [resent([0, 1])])).when(ask).then_expect_events(vec![]);
    }
}

#[test]
fn letters_that_are_on_their_way_again_are_left_out() {
    let ordered = with(&done(), [resent([0])]);
    for (history, what) in [
        (ordered.clone(), "waits"),
        (with(&ordered, [sending([0])]), "in flight"),
        (with(&ordered, [sending([0]), attempted([deferred(0)])]), "deferred"),
        (with(&ordered, [sending([0]), attempted([unknown_and_again(0)])]), "again by itself"),
    ] {
        for (when, then) in [
            (resend(Some(vec![0])), vec![]),
            (resend(Some(vec![0, 1])), vec![resent([1])]),
            (resend(None), vec![resent([1])]),
            (accept(Some(vec![0])), vec![]),
            (accept(Some(vec![0, 1])), vec![left([1])]),
            (accept(None), vec![left([1])]),
        ] {
            assert_eq!(after(history.clone()).decide(when.clone()), Ok(then), "{what}: {when:?}");
        }
    }
}

#[test]
fn only_letters_in_doubt_are_sent_again_or_left_as_they_are() {
    for (history, what) in [
        (vec![], "waits"),
        (vec![sending([1])], "in flight"),
        (vec![sending([1]), attempted([accepted(1)])], "accepted"),
        (vec![sending([1]), attempted([rejected(1)])], "rejected"),
        (vec![sending([1]), attempted([deferred(1)])], "deferred"),
        (vec![sending([1]), attempted([not_tried(1)])], "not tried"),
        (vec![gave_up(GiveUpReason::WindowEnded), Event::Completed], "given up"),
        (
            vec![sending([1]), attempted([unknown_and_again(1)]), sending([1]), attempted([accepted(1)])],
            "settled since",
        ),
    ] {
        for ask in [resend, accept] {
            let batch = after(with(&held(), history.clone()));
            assert_eq!(batch.decide(ask(Some(vec![0, 1]))), Err(Error::NotInDoubt { place: 1 }), "{what}");
        }
    }
}

#[test]
fn a_place_past_the_end_is_not_sent_again_even_in_good_company() {
    for ask in [resend, accept] {
        given(done()).when(ask(Some(vec![0, 3]))).then_expect_error(Error::NoSuchRecipient { place: 3 });
    }
}

#[test]
fn naming_nobody_asks_for_nothing() {
    for ask in [resend, accept] {
        given(done()).when(ask(Some(vec![]))).then_expect_events(vec![]);
        given([planned(1)]).when(ask(None)).then_expect_events(vec![]);
    }
}

#[test]
fn leaving_letters_as_they_are_takes_them_off_the_open_questions_and_reopens_nothing() {
    given(done()).when(accept(Some(vec![1]))).then_expect_events(vec![left([1])]);
    let batch = after(with(&done(), [left([1])]));
    assert!(matches!(batch, Batch::Completed(_)));
    let slice = batch.slice().expect("planned");
    assert_eq!((slice.deliveries[1].progress, slice.deliveries[1].doubt), (UNKNOWN, Doubt::Accepted));
    assert_eq!(in_doubt(slice), [0]);
    assert_eq!(slice.in_doubt(true).collect::<Vec<_>>(), [0, 1]);
    given(held()).when(accept(None)).then_expect_events(vec![left([0])]);
}

#[test]
fn leaving_letters_as_they_are_twice_is_once() {
    for ask in [accept(None), accept(Some(vec![0, 1]))] {
        given(done()).when(ask.clone()).then_expect_events(vec![left([0, 1])]);
        given(with(&done(), [left([0, 1])])).when(ask.clone()).then_expect_events(vec![]);
        given(with(&done(), [left([0])])).when(ask).then_expect_events(vec![left([1])]);
    }
}

#[test]
fn sending_all_again_does_not_touch_what_a_person_has_left_as_it_is_but_naming_it_does() {
    let decided = with(&done(), [left([0])]);
    given(decided.clone()).when(resend(None)).then_expect_events(vec![resent([1])]);
    given(decided.clone()).when(resend(Some(vec![0]))).then_expect_events(vec![resent([0])]);
    given(decided.clone()).when(resend(Some(vec![0, 1]))).then_expect_events(vec![resent([0, 1])]);
    given(with(&decided, [left([1])])).when(resend(None)).then_expect_events(vec![]);

    // Who sends it again has thought better of leaving it: if it fails, it is an open question once more.
    let again = with(&decided, [resent([0]), sending([0]), attempted([rejected(0)]), Event::Completed]);
    assert_eq!(in_doubt(&slice_after(again)), [0, 1]);
}

#[test]
fn a_batch_that_is_reopened_is_given_up_like_any_other() {
    let reopened = with(&done(), [resent([1])]);
    for reason in [GiveUpReason::WindowEnded, GiveUpReason::Cancelled] {
        given(reopened.clone()).when(give_up(reason)).then_expect_events(vec![gave_up(reason), Event::Completed]);
        let slice = slice_after(with(&reopened, [gave_up(reason), Event::Completed]));
        let progress: Vec<_> = slice.deliveries.iter().map(|delivery| delivery.progress).collect();
        assert_eq!(progress, [UNKNOWN, UNKNOWN, Progress::Settled(Outcome::Accepted)]);
        assert_eq!(in_doubt(&slice), [0, 1]);
    }
    given(with(&reopened, [sending([1])]))
        .when(give_up(GiveUpReason::Cancelled))
        .then_expect_error(Error::StillInFlight { place: 1 });
}

#[test]
fn whoever_holds_a_batch_conflicts_with_a_person_but_what_it_has_in_flight_can_still_be_recorded() {
    let in_flight = with(&held(), [sending([1])]);
    let answer = record([accepted(1)], []);
    // Both are decided on the same state, and both append: only one can.
    assert_eq!(after(in_flight.clone()).decide(resend(None)), Ok(vec![resent([0])]));
    assert_eq!(after(in_flight.clone()).decide(answer.clone()), Ok(vec![attempted([accepted(1)]), Event::Completed]));
    // A worker that takes notice of what the person ordered loses nothing, and the batch goes on.
    for (order, then) in
        [(resent([0]), vec![attempted([accepted(1)])]), (left([0]), vec![attempted([accepted(1)]), Event::Completed])]
    {
        given(with(&in_flight, [order])).when(answer.clone()).then_expect_events(then);
    }
}
