//! What marks of a worker that is gone tell about the letters that it had promised.

use super::{HOLD, accepted, after, attempted, given, noon, planned, retry, sendable, sending, sending_under};
use crate::batch::{Attempt, Batch, Command, Doubt, Event, Marks};
use crate::{Decide, HoldId};
use uuid::Uuid;

const ANOTHER: HoldId = HoldId(Uuid::from_u128(0xe));

fn marks(hold: HoldId, begun: impl IntoIterator<Item = u16>) -> Marks {
    Marks { hold, begun: begun.into_iter().collect() }
}

fn recover(marks: Option<Marks>) -> Command {
    Command::Recover { at: noon(), again: None, marks }
}

fn in_doubt(place: u16) -> Attempt {
    Attempt::unknown(place, noon())
}

fn never_begun(place: u16) -> Attempt {
    Attempt::never_begun(place, noon())
}

/// Three letters promised, the first of which has its outcome.
fn promised() -> Vec<Event> {
    vec![planned(4), sending_under(HOLD, [0, 1, 2]), attempted([accepted(0)])]
}

#[test]
fn what_was_promised_and_never_began_is_not_in_doubt() {
    for (begun, attempts) in [
        (vec![], [never_begun(1), never_begun(2)]),
        (vec![1], [in_doubt(1), never_begun(2)]),
        // Marks may tell of letters whose outcome is recorded, and of such that nobody promised.
        (vec![0, 2, 3, 9], [never_begun(1), in_doubt(2)]),
        (vec![1, 2], [in_doubt(1), in_doubt(2)]),
    ] {
        given(promised()).when(recover(Some(marks(HOLD, begun)))).then_expect_events(vec![attempted(attempts)]);
    }
}

#[test]
fn where_the_marks_are_lost_or_tell_of_another_hold_all_that_was_promised_is_in_doubt() {
    let all = || vec![attempted([in_doubt(1), in_doubt(2)])];
    for marks in [None, Some(marks(ANOTHER, [])), Some(marks(ANOTHER, [1]))] {
        given(promised()).when(recover(marks)).then_expect_events(all());
    }
    // A worker that leaves no marks had promised them, whoever left some before.
    let unmarked = vec![planned(4), sending_under(HOLD, [0]), attempted([accepted(0)]), sending([1, 2])];
    given(unmarked).when(recover(Some(marks(HOLD, [0])))).then_expect_events(all());
}

#[test]
fn marks_of_one_hold_do_not_speak_for_letters_of_two() {
    for (first, second) in [(Some(ANOTHER), Some(HOLD)), (None, Some(HOLD)), (Some(HOLD), None)] {
        let intent = |place, hold| Event::SendingStarted { recipients: vec![place], hold };
        given([planned(3), intent(0, first), intent(1, second)])
            .when(recover(Some(marks(HOLD, []))))
            .then_expect_events(vec![attempted([in_doubt(0), in_doubt(1)])]);
    }
}

#[test]
fn what_never_began_waits_as_before_and_has_used_up_no_attempt() {
    let batch = after([planned(1), sending_under(HOLD, [0]), attempted([never_begun(0)])]);
    let slice = batch.slice().expect("a planned batch");
    assert_eq!(sendable(slice, noon()), [0]);
    assert_eq!((slice.deliveries[0].attempts, slice.deliveries[0].doubt), (0, Doubt::None));
}

#[test]
fn a_letter_that_was_in_doubt_before_stays_so_when_its_next_attempt_never_began() {
    let again = Attempt::unknown(0, noon()).with_again(Some(retry()));
    let batch = after([planned(1), sending_under(HOLD, [0]), attempted([again]), sending_under(HOLD, [0])]);
    let recovered = after_recovery(&batch, marks(HOLD, []));
    let slice = recovered.slice().expect("a planned batch");
    assert_eq!((slice.deliveries[0].attempts, slice.deliveries[0].doubt), (1, Doubt::Open));
}

fn after_recovery(batch: &Batch, marks: Marks) -> Batch {
    let mut batch = batch.clone();
    for event in batch.decide(recover(Some(marks))).expect("it may be recovered") {
        batch.evolve(event);
    }
    batch
}

#[test]
fn an_intent_from_before_there_were_marks_is_still_read() {
    let read: Event = serde_json::from_str(r#"{"SendingStarted":{"recipients":[0,1]}}"#).expect("an event");
    assert_eq!(read, sending([0, 1]));
}
