//! Laws of batches, whatever is asked of them and in whatever order.

use super::tests::{
    after, attempt, attempted, gave_up, give_up, plan, planned, recipients, record, recover, retry, sendable, sending,
};
use super::{Attempt, AttemptOutcome, Batch, Command, Delivery, Event, GiveUpReason, Progress};
use crate::{Decide, Outcome, Totals};
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// How many recipients the batches of the laws have. Places up to one past the end are asked for.
const COUNT: u16 = 4;

fn any_attempt() -> impl Strategy<Value = Attempt> {
    let outcomes = vec![
        AttemptOutcome::Accepted,
        AttemptOutcome::Rejected { dead: true },
        AttemptOutcome::Unknown { again: None },
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
    completed: bool,
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
                        AttemptOutcome::Unknown { .. } => Outcome::Unknown,
                        AttemptOutcome::Deferred { .. } | AttemptOutcome::NotTried => continue,
                    };
                    assert_eq!(self.decided.insert(*recipient, outcome), None, "{recipient} is decided twice");
                }
            }
            Event::GaveUp { .. } => assert!(self.in_flight.is_empty(), "given up while {:?} fly", self.in_flight),
            Event::Completed => {
                assert!(!self.completed, "completed twice");
                self.completed = true;
            }
            Event::Planned { .. } | Event::ResendOrdered { .. } | Event::DoubtAccepted { .. } => {}
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
    assert_eq!(matches!(batch, Batch::Completed(_)), witness.completed);
    assert_eq!(witness.completed, totals.pending + totals.deferred == 0);
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
