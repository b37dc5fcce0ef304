//! Who gets no letter although they are among a run's recipients: because another one has the same mailbox, or because their
//! address is not written to any more.

use super::{
    UNSUBSCRIBED, accepted, after, attempted, completed, deferred, gave_up, given, leave_out, left, left_out, noon,
    not_tried, planned, record, rejected, resent, retry, sendable, sending, slice_after, suppress, suppressed, unknown,
    unknown_and_again,
};
use crate::batch::{Command, Doubt, Error, Event, GiveUpReason, LeaveOutReason, Progress};
use crate::suppression::Reason;
use crate::{Decide, Outcome};

const SUPPRESSED: Progress = Progress::Settled(Outcome::Suppressed);

#[test]
fn whoever_is_left_out_gets_no_letter_and_has_an_outcome() {
    given([planned(3)]).when(leave_out([2, 0, 2])).then_expect_events(vec![left_out([0, 2])]);
    given([planned(2)]).when(leave_out([0, 1])).then_expect_events(vec![left_out([0, 1]), Event::Completed]);
    let slice = slice_after([planned(3), left_out([0, 2])]);
    let suppressed = Progress::Settled(Outcome::Suppressed);
    let waiting = Progress::Waiting { not_before: None };
    assert_eq!(slice.deliveries.iter().map(|one| one.progress).collect::<Vec<_>>(), [suppressed, waiting, suppressed]);
    assert_eq!(slice.sendable(noon()).collect::<Vec<_>>(), [1]);

    // Asked again, and of those who have been tried or are being sent to, nothing changes.
    given([planned(3), left_out([0, 2])]).when(leave_out([0, 2])).then_expect_events(vec![]);
    given([planned(3), sending([0]), attempted([accepted(0)]), sending([1])])
        .when(leave_out([0, 1]))
        .then_expect_events(vec![]);
    given([planned(3)]).when(leave_out([3])).then_expect_error(Error::NoSuchRecipient { place: 3 });
    given([]).when(leave_out([0])).then_expect_error(Error::NotPlanned);
}

/// What may have happened to the first of two recipients who waits, and whether their letter is in doubt.
fn waiting() -> Vec<(Vec<Event>, bool)> {
    vec![
        (vec![], false),
        (vec![sending([0]), attempted([not_tried(0)])], false),
        (vec![sending([0]), attempted([deferred(0)])], false),
        (vec![sending([0]), attempted([unknown_and_again(0)])], true),
        (vec![sending([0]), attempted([unknown(0)]), resent([0])], true),
        (vec![sending([0]), attempted([unknown(0)]), left([0]), resent([0])], true),
        (vec![sending([0]), attempted([unknown(0)]), resent([0]), sending([0]), attempted([deferred(0)])], true),
    ]
}

#[test]
fn whose_address_is_suppressed_gets_no_letter_any_more_whether_or_not_one_was_tried() {
    for (history, in_doubt) in waiting() {
        given([planned(2)]).and(history.clone()).when(suppress([0])).then_expect_events(vec![suppressed([0])]);
        let slice = slice_after([planned(2)].into_iter().chain(history.clone()).chain([suppressed([0])]));
        let outcome = if in_doubt { Outcome::Unknown } else { Outcome::Suppressed };
        assert_eq!(slice.deliveries[0].progress, Progress::Settled(outcome), "{history:?}");
        assert_eq!(slice.deliveries[0].doubt, if in_doubt { Doubt::Open } else { Doubt::None }, "{history:?}");
        assert_eq!(sendable(&slice, retry()), [1]);
    }
}

#[test]
fn whoever_has_anothers_mailbox_is_left_out_only_before_anything_was_tried() {
    for (history, _) in waiting() {
        let slice = slice_after([planned(2)].into_iter().chain(history.clone()));
        let expected = if slice.deliveries[0].attempts == 0 { vec![left_out([0])] } else { vec![] };
        given([planned(2)]).and(history).when(leave_out([0])).then_expect_events(expected);
    }
}

#[test]
fn what_is_on_its_way_or_has_its_outcome_is_passed_over_when_its_address_is_suppressed() {
    for history in [
        vec![sending([0])],
        vec![sending([0]), attempted([accepted(0)])],
        vec![sending([0]), attempted([rejected(0)])],
        vec![sending([0]), attempted([unknown(0)])],
        vec![sending([0]), attempted([unknown(0)]), left([0])],
        vec![left_out([0])],
        vec![suppressed([0])],
    ] {
        let before = after([planned(2)].into_iter().chain(history.clone()));
        given([planned(2)]).and(history.clone()).when(suppress([0])).then_expect_events(vec![]);
        // Not even an event that should not be there changes anything.
        let mut with = before.clone();
        with.evolve(suppressed([0]));
        assert_eq!(with, before, "{history:?}");
        given([planned(2)]).and(history).when(suppress([1, 0, 1])).then_expect_events(match before.slice() {
            Some(slice) if slice.in_flight().next().is_none() => vec![suppressed([1]), Event::Completed],
            _ => vec![suppressed([1])],
        });
    }
    for history in [completed().to_vec(), vec![planned(1), gave_up(GiveUpReason::Cancelled), Event::Completed]] {
        given(history).when(suppress([0])).then_expect_events(vec![]);
    }
    given([planned(2)]).when(suppress([0, 2])).then_expect_error(Error::NoSuchRecipient { place: 2 });
    given([]).when(suppress([0])).then_expect_error(Error::NotPlanned);
}

#[test]
fn a_batch_of_which_nobody_is_left_is_complete() {
    given([planned(2)]).when(suppress([1, 0])).then_expect_events(vec![suppressed([0, 1]), Event::Completed]);
    let last = [planned(2), sending([0, 1]), attempted([accepted(0), not_tried(1)])];
    given(last).when(suppress([1])).then_expect_events(vec![suppressed([1]), Event::Completed]);
    let slice = slice_after([planned(2), suppressed([0, 1]), Event::Completed]);
    assert!(slice.deliveries.iter().all(|delivery| delivery.progress == SUPPRESSED));
    assert_eq!(slice.next_turn(), None);
}

#[test]
fn nobody_who_was_left_out_is_sent_to() {
    for reason in [LeaveOutReason::SameMailbox, UNSUBSCRIBED] {
        given([planned(2), Event::LeftOut { recipients: vec![0], reason }])
            .when(record([], [0]))
            .then_expect_error(Error::NotWaiting { place: 0 });
    }
}

#[test]
fn a_letter_in_doubt_of_somebody_who_has_left_is_sent_again_only_by_an_order() {
    let history = [planned(2), sending([0]), attempted([unknown_and_again(0)]), suppressed([0])];
    let slice = slice_after(history.clone());
    assert_eq!(slice.in_doubt(false).collect::<Vec<_>>(), [0]);
    given(history.clone()).when(Command::Resend { recipients: Some(vec![0]) }).then_expect_events(vec![resent([0])]);
    // The address is still suppressed, so it comes to the same.
    let again = history.into_iter().chain([resent([0]), sending([0]), attempted([not_tried(0)])]).collect::<Vec<_>>();
    given(again).when(suppress([0])).then_expect_events(vec![suppressed([0])]);
}

#[test]
fn why_somebody_was_left_out_is_written_as_one_word_or_as_the_reason_of_the_suppression() {
    let json = |reason: LeaveOutReason| serde_json::to_value(reason).expect("json");
    assert_eq!(json(LeaveOutReason::SameMailbox), "same_mailbox");
    for reason in Reason::ALL {
        assert_eq!(json(LeaveOutReason::Suppressed(reason)), serde_json::json!({ "suppressed": reason.name() }));
    }
    let old = r#"{"LeftOut":{"recipients":[0,3],"reason":"same_mailbox"}}"#;
    assert_eq!(serde_json::from_str::<Event>(old).expect("an event"), left_out([0, 3]));
}
