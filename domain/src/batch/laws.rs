//! Laws of batches, whatever is asked of them and in whatever order.

use super::tests::{
    accept, after, attempt, attempted, gave_up, give_up, leave_out, left, left_out, plan, planned, recipients, record,
    recover, resend, resent, retry, sendable, sending, suppress, suppressed,
};
use super::{Attempt, AttemptOutcome, Batch, Command, Delivery, Doubt, Event, GiveUpReason, LeaveOutReason, Progress};
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
        AttemptOutcome::Unknown { again: Some(retry()) },
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
        proptest::collection::vec(0..=COUNT, 0..6).prop_map(left_out),
        proptest::collection::vec(0..=COUNT, 0..6).prop_map(suppressed),
        proptest::collection::vec(0..=COUNT, 0..6).prop_map(sending),
        proptest::collection::vec(any_attempt(), 0..6).prop_map(attempted),
        proptest::collection::vec(0..=COUNT, 0..6).prop_map(resent),
        proptest::collection::vec(0..=COUNT, 0..6).prop_map(left),
        any_reason().prop_map(gave_up),
        Just(Event::Completed),
    ]
}

/// What a person names: nothing in particular, or some places.
fn any_places() -> impl Strategy<Value = Option<Vec<u16>>> {
    proptest::option::of(proptest::collection::vec(0..=COUNT, 0..4))
}

fn any_command() -> impl Strategy<Value = Command> {
    let attempts = proptest::collection::vec(any_attempt(), 0..6);
    let next = proptest::collection::vec(0..=COUNT, 0..6);
    prop_oneof![
        1 => Just(plan(COUNT.into())),
        12 => (attempts, next).prop_map(|(attempts, next)| record(attempts, next)),
        1 => Just(recover()),
        1 => Just(Command::Recover { at: retry(), again: Some(retry()), marks: None }),
        1 => proptest::collection::vec(0..COUNT, 0..3).prop_map(leave_out),
        1 => proptest::collection::vec(0..COUNT, 0..3).prop_map(suppress),
        2 => any_places().prop_map(resend),
        1 => any_places().prop_map(accept),
        1 => any_reason().prop_map(give_up),
    ]
}

/// What a worker or a person would ask: outcomes only of those in flight, intents only for those that wait, decisions
/// only about what is in doubt.
fn made_sensible(command: Command, batch: &Batch) -> Command {
    let Some(slice) = batch.slice() else { return command };
    let in_doubt = |place: &u16| slice.deliveries.get(usize::from(*place)).is_some_and(|one| one.doubt != Doubt::None);
    let (mut attempts, mut next) = match command {
        Command::Record { attempts, next, .. } => (attempts, next),
        Command::Resend { recipients: Some(named) } => {
            return resend(Some(named.into_iter().filter(in_doubt).collect()));
        }
        Command::AcceptDoubt { recipients: Some(named) } => {
            return accept(Some(named.into_iter().filter(in_doubt).collect()));
        }
        command => return command,
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
    /// Letters that may have arrived. Only the server's "yes" takes one off.
    in_doubt: BTreeSet<u16>,
    /// Those of them that somebody leaves as they are.
    left: BTreeSet<u16>,
    /// Letters that were tried, whatever came of it.
    tried: BTreeSet<u16>,
    completed: bool,
}

impl Witness {
    fn hears(&mut self, event: &Event) {
        match event {
            Event::SendingStarted { recipients, .. } => {
                for place in recipients {
                    assert!(self.in_flight.insert(*place), "{place} is in flight twice");
                    assert!(!self.decided.contains_key(place), "{place} has its outcome and is sent to");
                }
            }
            Event::AttemptRecorded { attempts } => {
                for Attempt { recipient, outcome, .. } in attempts {
                    assert!(self.in_flight.remove(recipient), "{recipient} has an outcome without an intent");
                    self.hears_outcome(*recipient, outcome);
                }
            }
            Event::LeftOut { recipients, reason } => {
                assert!(!recipients.is_empty(), "nobody is left out");
                for place in recipients {
                    assert!(!self.in_flight.contains(place), "{place} is in flight and left out");
                    let double = *reason == LeaveOutReason::SameMailbox;
                    assert!(!(double && self.tried.contains(place)), "{place} was tried and is a double");
                    let in_doubt = self.in_doubt.contains(place);
                    let outcome = if in_doubt { Outcome::Unknown } else { Outcome::Suppressed };
                    assert_eq!(self.decided.insert(*place, outcome), None, "{place} is decided twice");
                }
            }
            Event::ResendOrdered { recipients } => {
                assert!(!recipients.is_empty(), "nothing is sent again");
                for place in recipients {
                    assert_eq!(self.decided.remove(place), Some(Outcome::Unknown), "{place} is sent again");
                    assert!(self.in_doubt.contains(place), "{place} is sent again and was not in doubt");
                    self.left.remove(place);
                }
                self.completed = false;
            }
            Event::DoubtAccepted { recipients } => {
                assert!(!recipients.is_empty(), "nothing is left as it is");
                for place in recipients {
                    assert_eq!(self.decided.get(place), Some(&Outcome::Unknown), "{place} is left as it is");
                    assert!(self.left.insert(*place), "{place} is left as it is twice");
                }
            }
            Event::GaveUp { .. } => {
                assert!(self.in_flight.is_empty(), "given up while {:?} fly", self.in_flight);
                for place in &self.in_doubt {
                    self.decided.insert(*place, Outcome::Unknown);
                }
            }
            Event::Completed => {
                assert!(!self.completed, "completed twice, and nothing was sent again in between");
                self.completed = true;
            }
            Event::Planned { .. } => {}
        }
    }

    fn hears_outcome(&mut self, place: u16, outcome: &AttemptOutcome) {
        if *outcome != AttemptOutcome::NotTried {
            self.tried.insert(place);
        }
        let outcome = match outcome {
            AttemptOutcome::Accepted => {
                self.in_doubt.remove(&place);
                Outcome::Accepted
            }
            AttemptOutcome::Rejected { .. } if self.in_doubt.contains(&place) => Outcome::Unknown,
            AttemptOutcome::Rejected { .. } => Outcome::Rejected,
            AttemptOutcome::Unknown { again } => {
                self.in_doubt.insert(place);
                match again {
                    Some(_) => return,
                    None => Outcome::Unknown,
                }
            }
            AttemptOutcome::Deferred { .. } | AttemptOutcome::NotTried => return,
        };
        assert_eq!(self.decided.insert(place, outcome), None, "{place} is decided twice");
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
    for (place, delivery) in (0..).zip(&slice.deliveries) {
        let doubt = match (witness.in_doubt.contains(&place), witness.left.contains(&place)) {
            (false, _) => Doubt::None,
            (true, false) => Doubt::Open,
            (true, true) => Doubt::Accepted,
        };
        assert_eq!(delivery.doubt, doubt, "{place}");
        let unknown = delivery.progress == Progress::Settled(Outcome::Unknown);
        assert_eq!(slice.in_doubt(true).any(|one| one == place), unknown, "{place}");
        assert_eq!(slice.in_doubt(false).any(|one| one == place), unknown && doubt == Doubt::Open, "{place}");
        // Whoever is in doubt ends as accepted or unknown.
        assert!(doubt == Doubt::None || unknown || !outcome(delivery).is_final(), "{place}: {delivery:?}");
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
