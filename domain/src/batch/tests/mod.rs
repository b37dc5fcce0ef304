//! What a batch does, event by event. The order that keeps a letter from being sent twice: intent, sending, outcome.

use super::{
    Attempt, AttemptOutcome, Batch, Command, Delivery, Doubt, Error, Event, GiveUpReason, LeaveOutReason,
    MAX_RECIPIENTS, Progress, Recipient, Slice,
};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::suppression::Reason;
use crate::{ClientId, Decide, HoldId, MailingId, Outcome, Refusal, RunId, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;
use uuid::Uuid;

mod doubt;
mod ending;
mod leaving_out;
mod marks;

const RUN: RunId = RunId(Uuid::from_u128(1));
const MAILING: MailingId = MailingId(Uuid::from_u128(2));
const ANN: UserId = UserId(Uuid::from_u128(0xa));
const HOLD: HoldId = HoldId(Uuid::from_u128(0xd));
pub(super) const UNSUBSCRIBED: LeaveOutReason = LeaveOutReason::Suppressed(Reason::Unsubscribed);

aggregate_tests!(Batch);

fn noon() -> DateTime<Utc> {
    "2026-05-01T12:00:00Z".parse().expect("a moment")
}

/// The end of a retry pause.
pub(super) fn retry() -> DateTime<Utc> {
    noon() + TimeDelta::minutes(5)
}

pub(super) fn recipients(count: usize) -> Vec<Recipient> {
    (1..=count).map(|number| Recipient(ClientId(Uuid::from_u128(number as u128)), 1)).collect()
}

pub(super) fn plan(count: usize) -> Command {
    Command::Plan { run: RUN, mailing: MAILING, owner: ANN, number: 0, recipients: recipients(count) }
}

pub(super) fn planned(count: usize) -> Event {
    Event::Planned { run: RUN, mailing: MAILING, owner: ANN, number: 0, recipients: recipients(count) }
}

pub(super) fn record(attempts: impl Into<Vec<Attempt>>, next: impl Into<Vec<u16>>) -> Command {
    Command::Record { attempts: attempts.into(), next: next.into(), hold: None }
}

pub(super) fn recover() -> Command {
    Command::Recover { at: noon(), again: None, marks: None }
}

pub(super) fn resend(recipients: Option<Vec<u16>>) -> Command {
    Command::Resend { recipients }
}

pub(super) fn accept(recipients: Option<Vec<u16>>) -> Command {
    Command::AcceptDoubt { recipients }
}

pub(super) fn give_up(reason: GiveUpReason) -> Command {
    Command::GiveUp { reason, at: noon() }
}

/// The intent.
pub(super) fn sending(recipients: impl Into<Vec<u16>>) -> Event {
    Event::SendingStarted { recipients: recipients.into(), hold: None }
}

/// The intent of a worker that leaves marks.
pub(super) fn sending_under(hold: HoldId, recipients: impl Into<Vec<u16>>) -> Event {
    Event::SendingStarted { recipients: recipients.into(), hold: Some(hold) }
}

pub(super) fn attempted(attempts: impl Into<Vec<Attempt>>) -> Event {
    Event::AttemptRecorded { attempts: attempts.into() }
}

pub(super) fn resent(recipients: impl Into<Vec<u16>>) -> Event {
    Event::ResendOrdered { recipients: recipients.into() }
}

pub(super) fn leave_out(recipients: impl Into<Vec<u16>>) -> Command {
    Command::LeaveOut { recipients: recipients.into(), reason: LeaveOutReason::SameMailbox }
}

pub(super) fn left_out(recipients: impl Into<Vec<u16>>) -> Event {
    Event::LeftOut { recipients: recipients.into(), reason: LeaveOutReason::SameMailbox }
}

/// Their addresses are not written to any more.
pub(super) fn suppress(recipients: impl Into<Vec<u16>>) -> Command {
    Command::LeaveOut { recipients: recipients.into(), reason: UNSUBSCRIBED }
}

pub(super) fn suppressed(recipients: impl Into<Vec<u16>>) -> Event {
    Event::LeftOut { recipients: recipients.into(), reason: UNSUBSCRIBED }
}

/// Left as they are.
pub(super) fn left(recipients: impl Into<Vec<u16>>) -> Event {
    Event::DoubtAccepted { recipients: recipients.into() }
}

pub(super) fn gave_up(reason: GiveUpReason) -> Event {
    Event::GaveUp { reason, at: noon() }
}

pub(super) fn attempt(recipient: u16, outcome: AttemptOutcome) -> Attempt {
    Attempt { recipient, at: noon(), outcome, code: None, enhanced: None, reply: None }
}

fn accepted(recipient: u16) -> Attempt {
    attempt(recipient, AttemptOutcome::Accepted)
}

fn rejected(recipient: u16) -> Attempt {
    attempt(recipient, AttemptOutcome::Rejected { dead: true })
}

fn deferred(recipient: u16) -> Attempt {
    attempt(recipient, AttemptOutcome::Deferred { until: retry() })
}

/// Nobody knows, and it is held.
fn unknown(recipient: u16) -> Attempt {
    attempt(recipient, AttemptOutcome::Unknown { again: None })
}

/// Nobody knows, and it is sent again by itself.
fn unknown_and_again(recipient: u16) -> Attempt {
    attempt(recipient, AttemptOutcome::Unknown { again: Some(retry()) })
}

fn not_tried(recipient: u16) -> Attempt {
    attempt(recipient, AttemptOutcome::NotTried)
}

fn slice_after(events: impl IntoIterator<Item = Event>) -> Slice {
    after(events).slice().expect("a planned batch").clone()
}

pub(super) fn sendable(slice: &Slice, now: DateTime<Utc>) -> Vec<u16> {
    slice.sendable(now).collect()
}

/// One letter that was accepted, which was all there was.
fn completed() -> [Event; 4] {
    [planned(1), sending([0]), attempted([accepted(0)]), Event::Completed]
}

#[test]
fn a_batch_names_its_recipients_who_all_wait_their_turn() {
    given([]).when(plan(2)).then_expect_events(vec![planned(2)]);
    let slice = slice_after([planned(2)]);
    assert_eq!(slice.deliveries.iter().map(|delivery| delivery.recipient).collect::<Vec<_>>(), recipients(2));
    assert_eq!(sendable(&slice, noon()), [0, 1]);
}

#[test]
fn planning_a_batch_again_is_answered_by_the_one_that_exists() {
    given([planned(2)]).when(plan(2)).then_expect_events(vec![]);
    given(completed()).when(plan(2)).then_expect_events(vec![]);
}

#[test]
fn a_batch_is_neither_empty_nor_too_large() {
    for recipients in [0, MAX_RECIPIENTS + 1] {
        given([]).when(plan(recipients)).then_expect_error(Error::WrongSize { recipients });
    }
    for recipients in [1, MAX_RECIPIENTS] {
        given([]).when(plan(recipients)).then_expect_events(vec![planned(recipients)]);
    }
}

#[test]
fn nothing_happens_to_a_batch_that_is_not_planned() {
    for command in [
        record([], []),
        record([], [0]),
        record([accepted(0)], []),
        recover(),
        resend(None),
        resend(Some(vec![0])),
        accept(None),
        accept(Some(vec![0])),
        give_up(GiveUpReason::Cancelled),
    ] {
        given([]).when(command).then_expect_error(Error::NotPlanned);
    }
}

#[test]
fn the_intent_comes_first_and_takes_a_recipient_off_the_waiting_ones() {
    given([planned(3)]).when(record([], [0, 2])).then_expect_events(vec![sending([0, 2])]);
    let slice = slice_after([planned(3), sending([0, 2])]);
    assert_eq!(slice.in_flight().collect::<Vec<_>>(), [0, 2]);
    assert_eq!(sendable(&slice, noon()), [1]);
}

#[test]
fn outcomes_and_the_next_intent_are_one_request_in_this_order() {
    given([planned(3), sending([0])])
        .when(record([accepted(0)], [1, 2]))
        .then_expect_events(vec![attempted([accepted(0)]), sending([1, 2])]);
}

#[test]
fn an_outcome_without_an_intent_is_refused() {
    for (history, attempts, place) in [
        (vec![], vec![accepted(1)], 1),
        (vec![sending([0])], vec![accepted(0), accepted(1)], 1),
        (vec![sending([0]), attempted([accepted(0)])], vec![accepted(0)], 0),
        (vec![sending([0]), attempted([accepted(0)])], vec![deferred(0)], 0),
        (vec![sending([0]), attempted([deferred(0)])], vec![accepted(0)], 0),
        (vec![sending([0]), attempted([not_tried(0)])], vec![accepted(0)], 0),
        (vec![sending([0])], vec![accepted(0), accepted(0)], 0),
        (vec![sending([0])], vec![deferred(0), accepted(0)], 0),
    ] {
        given([planned(2)]).and(history).when(record(attempts, [])).then_expect_error(Error::NotInFlight { place });
    }
}

#[test]
fn an_intent_announced_in_the_same_request_is_no_intent_for_its_outcomes() {
    given([planned(2)]).when(record([accepted(0)], [0])).then_expect_error(Error::NotInFlight { place: 0 });
}

#[test]
fn nobody_who_is_in_flight_or_has_an_outcome_is_sent_to_again() {
    for (history, when) in [
        (vec![sending([0])], record([], [0])),
        (vec![sending([0])], record([], [1, 0])),
        (vec![], record([], [0, 0])),
        (vec![sending([0]), attempted([accepted(0)])], record([], [0])),
        (vec![sending([0]), attempted([rejected(0)])], record([], [0])),
        (vec![sending([0]), attempted([unknown(0)])], record([], [0])),
        (vec![sending([0])], record([accepted(0)], [0])),
        (vec![gave_up(GiveUpReason::Cancelled), Event::Completed], record([], [0])),
    ] {
        given([planned(2)]).and(history).when(when).then_expect_error(Error::NotWaiting { place: 0 });
    }
}

#[test]
fn a_place_past_the_end_is_refused() {
    for (when, place) in [
        (record([], [2]), 2),
        (record([], [0, u16::MAX]), u16::MAX),
        (record([accepted(2)], []), 2),
        (record([accepted(u16::MAX)], [0]), u16::MAX),
        (resend(Some(vec![2])), 2),
        (accept(Some(vec![u16::MAX])), u16::MAX),
    ] {
        given([planned(2)]).when(when).then_expect_error(Error::NoSuchRecipient { place });
    }
}

#[test]
fn every_outcome_of_an_attempt_leads_somewhere() {
    let waiting = |not_before| Progress::Waiting { not_before };
    for (outcome, progress, attempts, doubt) in [
        (AttemptOutcome::Accepted, Progress::Settled(Outcome::Accepted), 1, Doubt::None),
        (AttemptOutcome::Rejected { dead: true }, Progress::Settled(Outcome::Rejected), 1, Doubt::None),
        (AttemptOutcome::Rejected { dead: false }, Progress::Settled(Outcome::Rejected), 1, Doubt::None),
        (AttemptOutcome::Unknown { again: None }, Progress::Settled(Outcome::Unknown), 1, Doubt::Open),
        (AttemptOutcome::Unknown { again: Some(retry()) }, waiting(Some(retry())), 1, Doubt::Open),
        (AttemptOutcome::Deferred { until: retry() }, waiting(Some(retry())), 1, Doubt::None),
        (AttemptOutcome::NotTried, waiting(None), 0, Doubt::None),
    ] {
        let slice = slice_after([planned(1), sending([0]), attempted([attempt(0, outcome)])]);
        assert_eq!(slice.deliveries, [Delivery { recipient: recipients(1)[0], progress, attempts, doubt }]);
    }
}

#[test]
fn a_deferred_recipient_waits_until_its_moment() {
    let slice = slice_after([planned(2), sending([0]), attempted([deferred(0)])]);
    assert_eq!(sendable(&slice, retry() - TimeDelta::nanoseconds(1)), [1]);
    assert_eq!(sendable(&slice, retry()), [0, 1]);
}

#[test]
fn a_deferred_recipient_is_sent_to_again_after_a_new_intent() {
    let deferred_once = [planned(2), sending([0]), attempted([deferred(0)])];
    given(deferred_once.clone()).when(record([], [0])).then_expect_events(vec![sending([0])]);
    let slice = slice_after(deferred_once.into_iter().chain([sending([0]), attempted([accepted(0)])]));
    assert_eq!(slice.deliveries[0].attempts, 2);
    assert_eq!(slice.deliveries[0].progress, Progress::Settled(Outcome::Accepted));
}

#[test]
fn an_attempt_that_was_not_made_is_not_used_up_and_may_be_made_at_once() {
    let history = [planned(1), sending([0]), attempted([deferred(0)]), sending([0]), attempted([not_tried(0)])];
    let slice = slice_after(history);
    assert_eq!(slice.deliveries[0].attempts, 1);
    assert_eq!(sendable(&slice, noon()), [0]);
}

#[test]
fn the_next_turn_is_the_earliest_end_of_a_pause_or_long_ago_when_somebody_waits_without_one() {
    let later = attempt(1, AttemptOutcome::Deferred { until: retry() + TimeDelta::minutes(5) });
    for (history, next_turn) in [
        (vec![], Some(DateTime::UNIX_EPOCH)),
        (vec![sending([0]), attempted([deferred(0)])], Some(DateTime::UNIX_EPOCH)),
        (vec![sending([0, 1]), attempted([later.clone(), deferred(0)])], Some(retry())),
        (vec![sending([0, 1]), attempted([later.clone(), accepted(0)])], Some(retry() + TimeDelta::minutes(5))),
        (vec![sending([0, 1])], None),
        (vec![sending([0, 1]), attempted([accepted(0), rejected(1)]), Event::Completed], None),
    ] {
        let slice = slice_after([planned(2)].into_iter().chain(history));
        assert_eq!(slice.next_turn(), next_turn);
    }
}

#[test]
fn a_refusal_has_a_code() {
    for (error, code) in [
        (Error::NotPlanned, "BATCH_NOT_PLANNED"),
        (Error::WrongSize { recipients: 0 }, "BATCH_WRONG_SIZE"),
        (Error::NoSuchRecipient { place: 7 }, "NO_SUCH_RECIPIENT"),
        (Error::NotInFlight { place: 7 }, "NOT_IN_FLIGHT"),
        (Error::NotWaiting { place: 7 }, "NOT_WAITING"),
        (Error::NotInDoubt { place: 7 }, "NOT_IN_DOUBT"),
        (Error::StillInFlight { place: 7 }, "STILL_IN_FLIGHT"),
    ] {
        assert_eq!((error.code().as_str(), error.field()), (code, None), "{error}");
    }
}

/// An attempt with each outcome. A new outcome stops the match below from compiling: add one to both.
fn attempts_with_every_outcome() -> Vec<Attempt> {
    let replied = |attempt: Attempt, code, enhanced: &str, reply: &str| Attempt {
        code: Some(code),
        enhanced: Some(enhanced.to_owned()),
        reply: Some(reply.to_owned()),
        ..attempt
    };
    let attempts = vec![
        replied(accepted(0), 250, "2.0.0", "Ok: queued as 4F1"),
        replied(rejected(1), 550, "5.1.1", "no such user"),
        attempt(2, AttemptOutcome::Rejected { dead: false }),
        replied(deferred(3), 451, "4.7.1", "greylisted"),
        Attempt::unknown(4, noon()),
        Attempt::unknown(4, noon()).with_again(Some(retry())),
        not_tried(5),
    ];
    let kinds: BTreeSet<u8> = attempts
        .iter()
        .map(|attempt| match attempt.outcome {
            AttemptOutcome::Accepted => 0,
            AttemptOutcome::Rejected { .. } => 1,
            AttemptOutcome::Deferred { .. } => 2,
            AttemptOutcome::Unknown { .. } => 3,
            AttemptOutcome::NotTried => 4,
        })
        .collect();
    assert_eq!(kinds.len(), 5);
    attempts
}

fn stored_forms() -> Vec<Event> {
    stored_forms! {
        Planned: [planned(2)],
        LeftOut: [
            left_out([0, 3]),
            suppressed([1]),
            Event::LeftOut { recipients: vec![2], reason: LeaveOutReason::Suppressed(Reason::ByHand) },
        ],
        SendingStarted: [sending([0, 1]), sending_under(HOLD, [2])],
        AttemptRecorded: [attempted(attempts_with_every_outcome())],
        ResendOrdered: [Event::ResendOrdered { recipients: vec![1, 4] }],
        DoubtAccepted: [Event::DoubtAccepted { recipients: vec![4] }],
        GaveUp: [gave_up(GiveUpReason::WindowEnded), gave_up(GiveUpReason::Cancelled)],
        Completed: [Event::Completed],
    }
}

#[test]
fn what_was_written_before_letters_could_be_sent_again_is_still_read() {
    let old = r#"{"AttemptRecorded":{"attempts":[
        {"recipient":0,"at":"2026-05-01T12:00:00Z","outcome":"accepted","code":250},
        {"recipient":1,"at":"2026-05-01T12:00:00Z","outcome":"unknown"},
        {"recipient":2,"at":"2026-05-01T12:00:00Z","outcome":"unknown",
         "reply":"the sender stopped between the send and the answer"}]}}"#;
    let read: Event = serde_json::from_str(old).expect("an event");
    let taken = Attempt { code: Some(250), ..accepted(0) };
    assert_eq!(read, attempted([taken, unknown(1), Attempt::unknown(2, noon())]));

    // What was unknown then is a letter in doubt now.
    let slice = slice_after([planned(3), sending([0, 1, 2]), read, Event::Completed]);
    assert_eq!(slice.in_doubt(false).collect::<Vec<_>>(), [1, 2]);
}
