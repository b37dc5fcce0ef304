//! What a batch does, event by event. The order that keeps a letter from being sent twice: intent, sending, outcome.

use super::{
    Attempt, AttemptOutcome, Batch, Command, Delivery, Error, Event, GiveUpReason, MAX_RECIPIENTS, Progress, Recipient,
    Slice,
};
use crate::{BatchId, ClientId, Decide, Fact, MailingId, Outcome, Refusal, RunId, Totals, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use cqrs_es::{Aggregate, DomainEvent};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const RUN: RunId = RunId(Uuid::from_u128(1));
const MAILING: MailingId = MailingId(Uuid::from_u128(2));
const ANN: UserId = UserId(Uuid::from_u128(0xa));

fn noon() -> DateTime<Utc> {
    "2026-05-01T12:00:00Z".parse().expect("a moment")
}

/// The end of a retry pause.
fn retry() -> DateTime<Utc> {
    noon() + TimeDelta::minutes(5)
}

fn recipients(count: usize) -> Vec<Recipient> {
    (1..=count).map(|number| Recipient(ClientId(Uuid::from_u128(number as u128)), 1)).collect()
}

fn plan(count: usize) -> Command {
    Command::Plan { run: RUN, mailing: MAILING, owner: ANN, number: 0, recipients: recipients(count) }
}

fn planned(count: usize) -> Event {
    Event::Planned { run: RUN, mailing: MAILING, owner: ANN, number: 0, recipients: recipients(count) }
}

fn record(attempts: impl Into<Vec<Attempt>>, next: impl Into<Vec<u16>>) -> Command {
    Command::Record { attempts: attempts.into(), next: next.into() }
}

fn recover() -> Command {
    Command::Recover { at: noon() }
}

fn give_up(reason: GiveUpReason) -> Command {
    Command::GiveUp { reason, at: noon() }
}

/// The intent.
fn sending(recipients: impl Into<Vec<u16>>) -> Event {
    Event::SendingStarted { recipients: recipients.into() }
}

fn attempted(attempts: impl Into<Vec<Attempt>>) -> Event {
    Event::AttemptRecorded { attempts: attempts.into() }
}

fn gave_up(reason: GiveUpReason) -> Event {
    Event::GaveUp { reason, at: noon() }
}

fn attempt(recipient: u16, outcome: AttemptOutcome) -> Attempt {
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

fn not_tried(recipient: u16) -> Attempt {
    attempt(recipient, AttemptOutcome::NotTried)
}

fn given(events: impl Into<Vec<Event>>) -> AggregateTestExecutor<Batch> {
    TestFramework::with(()).given(events.into())
}

fn after(events: impl IntoIterator<Item = Event>) -> Batch {
    let mut batch = Batch::default();
    for event in events {
        batch.evolve(event);
    }
    batch
}

fn slice_after(events: impl IntoIterator<Item = Event>) -> Slice {
    after(events).slice().expect("a planned batch").clone()
}

fn sendable(slice: &Slice, now: DateTime<Utc>) -> Vec<u16> {
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
    for command in [record([], [0]), record([accepted(0)], []), recover(), give_up(GiveUpReason::Cancelled)] {
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
    let unknown = attempt(0, AttemptOutcome::Unknown);
    for (history, when) in [
        (vec![sending([0])], record([], [0])),
        (vec![sending([0])], record([], [1, 0])),
        (vec![], record([], [0, 0])),
        (vec![sending([0]), attempted([accepted(0)])], record([], [0])),
        (vec![sending([0]), attempted([rejected(0)])], record([], [0])),
        (vec![sending([0]), attempted([unknown])], record([], [0])),
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
    ] {
        given([planned(2)]).when(when).then_expect_error(Error::NoSuchRecipient { place });
    }
}

#[test]
fn every_outcome_of_an_attempt_leads_somewhere() {
    let waiting = |not_before| Progress::Waiting { not_before };
    for (outcome, progress, attempts) in [
        (AttemptOutcome::Accepted, Progress::Settled(Outcome::Accepted), 1),
        (AttemptOutcome::Rejected { dead: true }, Progress::Settled(Outcome::Rejected), 1),
        (AttemptOutcome::Rejected { dead: false }, Progress::Settled(Outcome::Rejected), 1),
        (AttemptOutcome::Unknown, Progress::Settled(Outcome::Unknown), 1),
        (AttemptOutcome::Deferred { until: retry() }, waiting(Some(retry())), 1),
        (AttemptOutcome::NotTried, waiting(None), 0),
    ] {
        let slice = slice_after([planned(1), sending([0]), attempted([attempt(0, outcome)])]);
        assert_eq!(slice.deliveries, [Delivery { recipient: recipients(1)[0], progress, attempts }]);
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
fn recovering_makes_exactly_those_in_flight_unknown() {
    let history = [planned(4), sending([0, 1, 2]), attempted([accepted(0), deferred(1)]), sending([1])];
    given(history.clone())
        .when(recover())
        .then_expect_events(vec![attempted([Attempt::unknown(1, noon()), Attempt::unknown(2, noon())])]);

    let unknown = attempted([Attempt::unknown(1, noon()), Attempt::unknown(2, noon())]);
    let progress: Vec<_> = slice_after(history.into_iter().chain([unknown]))
        .deliveries
        .iter()
        .map(|delivery| delivery.progress)
        .collect();
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
    for history in [
        vec![planned(2)],
        vec![planned(2), sending([0]), attempted([deferred(0)])],
        completed().to_vec(),
    ] {
        given(history).when(recover()).then_expect_events(vec![]);
    }
}

#[test]
fn completion_comes_by_itself_with_the_last_outcome() {
    let in_flight = [planned(2), sending([0, 1]), attempted([accepted(0)])];
    for last in [accepted(1), rejected(1), attempt(1, AttemptOutcome::Unknown)] {
        given(in_flight.clone())
            .when(record([last.clone()], []))
            .then_expect_events(vec![attempted([last]), Event::Completed]);
    }
    for not_the_last in [deferred(1), not_tried(1)] {
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
fn recording_nothing_changes_nothing() {
    given([planned(1)]).when(record([], [])).then_expect_events(vec![]);
    given([planned(1), sending([0])]).when(record([], [])).then_expect_events(vec![]);
}

#[test]
#[ignore = "a bug: recording nothing in a completed batch completes it a second time"]
fn a_batch_completes_only_once() {
    given(completed()).when(record([], [])).then_expect_events(vec![]);
}

#[test]
fn a_refusal_is_a_sentence_and_a_code() {
    for (error, sentence, code) in [
        (Error::NotPlanned, "the batch is not planned", "BATCH_NOT_PLANNED"),
        (Error::WrongSize { recipients: 0 }, "a batch has 1 to 500 recipients, not 0", "BATCH_WRONG_SIZE"),
        (Error::NoSuchRecipient { place: 7 }, "the batch has no recipient 7", "NO_SUCH_RECIPIENT"),
        (Error::NotInFlight { place: 7 }, "recipient 7 is not in flight", "NOT_IN_FLIGHT"),
        (Error::NotWaiting { place: 7 }, "recipient 7 is not waiting", "NOT_WAITING"),
        (Error::StillInFlight { place: 7 }, "recipient 7 is still in flight", "STILL_IN_FLIGHT"),
    ] {
        assert_eq!((error.to_string().as_str(), error.code(), error.field()), (sentence, code, None));
    }
}

/// Lists the stored forms of every event. Without a form for each variant it does not compile.
macro_rules! stored_forms {
    ($($variant:ident: [$($form:expr),+ $(,)?],)+) => {{
        fn _every_variant_is_listed(event: &Event) {
            match event { $(Event::$variant { .. } => {})+ }
        }
        let forms = vec![$($((stringify!($variant), $form),)+)+];
        for (variant, form) in &forms {
            assert_eq!(form.event_type(), *variant);
        }
        forms.into_iter().map(|(_, form)| form).collect::<Vec<Event>>()
    }};
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
        not_tried(5),
    ];
    let kinds: BTreeSet<u8> = attempts
        .iter()
        .map(|attempt| match attempt.outcome {
            AttemptOutcome::Accepted => 0,
            AttemptOutcome::Rejected { .. } => 1,
            AttemptOutcome::Deferred { .. } => 2,
            AttemptOutcome::Unknown => 3,
            AttemptOutcome::NotTried => 4,
        })
        .collect();
    assert_eq!(kinds.len(), 5);
    attempts
}

fn stored_forms() -> Vec<Event> {
    stored_forms! {
        Planned: [planned(2)],
        SendingStarted: [sending([0, 1])],
        AttemptRecorded: [attempted(attempts_with_every_outcome())],
        GaveUp: [gave_up(GiveUpReason::WindowEnded), gave_up(GiveUpReason::Cancelled)],
        Completed: [Event::Completed],
    }
}

#[test]
fn the_stored_form_of_every_event_is_agreed_on() {
    insta::assert_json_snapshot!("events", stored_forms());
}

#[test]
fn every_stored_form_is_read_back_as_the_same_event() {
    let id = BatchId(Uuid::from_u128(1));
    for event in stored_forms() {
        let payload = serde_json::to_string(&event).expect("json");
        let fact = Fact::parse(Batch::TYPE, &id.to_string(), &payload).expect("a fact");
        assert_eq!(fact, Fact::Batch(id, event));
    }
}

/// How many recipients the batches of the laws have. Places up to one past the end are asked for.
const COUNT: u16 = 4;

fn any_attempt() -> impl Strategy<Value = Attempt> {
    let outcomes = vec![
        AttemptOutcome::Accepted,
        AttemptOutcome::Rejected { dead: true },
        AttemptOutcome::Unknown,
        AttemptOutcome::Deferred { until: retry() },
        AttemptOutcome::Deferred { until: retry() },
        AttemptOutcome::NotTried,
    ];
    (0..=COUNT, proptest::sample::select(outcomes)).prop_map(|(place, outcome)| attempt(place, outcome))
}

fn any_reason() -> impl Strategy<Value = GiveUpReason> {
    proptest::sample::select(vec![GiveUpReason::WindowEnded, GiveUpReason::Cancelled])
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0..=COUNT).prop_map(|count| planned(count.into())),
        proptest::collection::vec(0..=COUNT, 0..6).prop_map(sending),
        proptest::collection::vec(any_attempt(), 0..6).prop_map(attempted),
        any_reason().prop_map(gave_up),
        Just(Event::Completed),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    let attempts = proptest::collection::vec(any_attempt(), 0..6);
    let next = proptest::collection::vec(0..=COUNT, 0..6);
    prop_oneof![
        1 => Just(plan(COUNT.into())),
        12 => (attempts, next).prop_map(|(attempts, next)| record(attempts, next)),
        1 => Just(recover()),
        1 => any_reason().prop_map(give_up),
    ]
}

/// What a worker would ask: outcomes only of those in flight, intents only for those that wait.
fn made_sensible(command: Command, batch: &Batch) -> Command {
    let (Some(slice), Command::Record { mut attempts, mut next }) = (batch.slice(), command.clone()) else {
        return command;
    };
    let mut in_flight: BTreeSet<_> = slice.in_flight().collect();
    attempts.retain(|attempt| in_flight.remove(&attempt.recipient));
    let mut waiting: BTreeSet<_> = sendable(slice, DateTime::<Utc>::MAX_UTC).into_iter().collect();
    next.retain(|place| waiting.remove(place));
    record(attempts, next)
}

/// What the log alone tells about a batch, by rules that know nothing of its state.
#[derive(Default)]
struct Witness {
    in_flight: BTreeSet<u16>,
    decided: BTreeMap<u16, Outcome>,
}

impl Witness {
    fn hears(&mut self, event: &Event) {
        match event {
            Event::SendingStarted { recipients } => {
                for place in recipients {
                    assert!(self.in_flight.insert(*place), "{place} is in flight twice");
                    assert!(!self.decided.contains_key(place), "{place} has its outcome and is sent to");
                }
            }
            Event::AttemptRecorded { attempts } => {
                for Attempt { recipient, outcome, .. } in attempts {
                    assert!(self.in_flight.remove(recipient), "{recipient} has an outcome without an intent");
                    let outcome = match outcome {
                        AttemptOutcome::Accepted => Outcome::Accepted,
                        AttemptOutcome::Rejected { .. } => Outcome::Rejected,
                        AttemptOutcome::Unknown => Outcome::Unknown,
                        AttemptOutcome::Deferred { .. } | AttemptOutcome::NotTried => continue,
                    };
                    assert_eq!(self.decided.insert(*recipient, outcome), None, "{recipient} is decided twice");
                }
            }
            Event::GaveUp { .. } => assert!(self.in_flight.is_empty(), "given up while {:?} fly", self.in_flight),
            Event::Planned { .. } | Event::Completed => {}
        }
    }
}

fn outcome(delivery: &Delivery) -> Outcome {
    match delivery.progress {
        Progress::Waiting { not_before: None } | Progress::InFlight => Outcome::Pending,
        Progress::Waiting { not_before: Some(_) } => Outcome::Deferred,
        Progress::Settled(outcome) => outcome,
    }
}

/// What holds of a planned batch after every step.
fn check_laws(batch: &Batch, witness: &Witness) {
    let slice = batch.slice().expect("planned");
    assert_eq!(slice.deliveries.iter().map(|one| one.recipient).collect::<Vec<_>>(), recipients(COUNT.into()));

    let mut totals = Totals::default();
    for delivery in &slice.deliveries {
        totals.count(outcome(delivery));
    }
    assert!(totals.add_up());
    assert_eq!(totals.planned, u64::from(COUNT));

    assert_eq!(slice.in_flight().collect::<BTreeSet<_>>(), witness.in_flight);
    for (place, outcome) in &witness.decided {
        assert_eq!(slice.deliveries[usize::from(*place)].progress, Progress::Settled(*outcome));
    }
    assert_eq!(matches!(batch, Batch::Completed(_)), totals.pending + totals.deferred == 0);
}

proptest! {
    #[test]
    fn no_order_of_events_makes_evolve_panic_and_every_state_can_be_written_down(
        events in proptest::collection::vec(any_event(), 0..12),
        command in any_command(),
    ) {
        let batch = after(events);
        let written = serde_json::to_value(&batch).expect("json");
        prop_assert_eq!(&serde_json::from_value::<Batch>(written).expect("a batch"), &batch);
        let _ = batch.decide(command);
    }

    #[test]
    fn whatever_is_asked_nobody_is_sent_to_twice_and_the_outcomes_add_up(
        commands in proptest::collection::vec((any_command(), proptest::bool::weighted(0.8)), 1..32),
    ) {
        let mut batch = after([planned(COUNT.into())]);
        let mut witness = Witness::default();
        for (command, sensible) in commands {
            let command = if sensible { made_sensible(command, &batch) } else { command };
            let Ok(events) = batch.decide(command) else { continue };
            for event in events {
                witness.hears(&event);
                batch.evolve(event);
            }
            check_laws(&batch, &witness);
        }
    }

    #[test]
    fn a_worker_that_goes_on_gets_every_batch_completed(
        attempts in proptest::collection::vec(any_attempt(), 0..64),
    ) {
        let mut batch = after([planned(COUNT.into())]);
        for attempt in attempts {
            let command = made_sensible(record([attempt], (0..COUNT).collect::<Vec<_>>()), &batch);
            let events = batch.decide(command).expect("a sensible request");
            for event in events {
                batch.evolve(event);
            }
        }
        for command in [recover(), give_up(GiveUpReason::WindowEnded)] {
            let events = batch.decide(command).expect("nothing is in flight");
            for event in events {
                batch.evolve(event);
            }
        }
        prop_assert!(matches!(batch, Batch::Completed(_)));
    }
}
