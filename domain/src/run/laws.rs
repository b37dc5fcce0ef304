//! Laws of runs, whatever is asked of them and in whatever order.

use super::tests::{
    ORIGIN, after, finish, finished, freeze, later, miss, missed, missed_twice, noon, resend, resent, totals,
};
use super::{Command, Event, Origin, Run, Trigger};
use crate::mailing::Kind;
use crate::{Decide, MailingId, Outcome, RunId, Totals};
use proptest::prelude::*;
use uuid::Uuid;

fn any_totals() -> impl Strategy<Value = Totals> {
    let small = || 0..4_u64;
    (small(), small(), small(), small(), small(), small(), small(), small()).prop_map(
        |(planned, accepted, rejected, deferred, unknown, suppressed, expired, pending)| Totals {
            planned,
            accepted,
            rejected,
            deferred,
            unknown,
            suppressed,
            expired,
            pending,
        },
    )
}

fn any_kind() -> impl Strategy<Value = Kind> {
    proptest::sample::select(Kind::ALL.to_vec())
}

fn any_trigger() -> impl Strategy<Value = Trigger> {
    prop_oneof![
        (0..4_i64).prop_map(|hours| Trigger::Occurrence(noon() + chrono::TimeDelta::hours(hours))),
        "[a-c]{0,3}".prop_map(Trigger::SendNow),
        any::<u128>().prop_map(|id| Trigger::ResendFailed(RunId(Uuid::from_u128(id)))),
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (any::<u128>(), any::<u32>(), any_kind(), any_trigger()).prop_map(|(id, revision, kind, trigger)| {
            Event::Started {
                origin: Origin { mailing: MailingId(Uuid::from_u128(id)), revision, kind, ..ORIGIN },
                trigger,
                at: noon(),
                message_id_domain: revision.is_multiple_of(2).then(|| "mail.example.com".to_owned()),
            }
        }),
        Just(missed()),
        Just(missed_twice()),
        (any::<u64>(), any::<u32>(), ".{0,8}").prop_map(|(planned, batches, message_id_domain)| {
            Event::AudienceFrozen { planned, batches, message_id_domain }
        }),
        any::<u64>().prop_map(resent),
        any_totals().prop_map(finished),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        any_trigger().prop_map(|trigger| Command::Start {
            origin: ORIGIN,
            trigger,
            at: later(),
            message_id_domain: None
        }),
        Just(miss()),
        (0..4_u64).prop_map(freeze),
        (0..3_u64).prop_map(resend),
        any_totals().prop_map(finish),
        // Random numbers hardly ever add up, so some are counted.
        proptest::collection::vec(proptest::sample::select(Outcome::ALL.to_vec()), 0..4)
            .prop_map(|outcomes| finish(totals(outcomes))),
    ]
}

/// How far a run is. It goes back only from finished to sending, when letters in doubt are sent again.
fn stage(run: &Run) -> u8 {
    match run {
        Run::Absent => 0,
        Run::Started { .. } => 1,
        Run::Sending { .. } => 2,
        Run::Missed | Run::Finished { .. } => 3,
    }
}

proptest! {
    #[test]
    fn no_order_of_events_makes_evolve_panic_and_every_state_can_be_written_down(
        events in proptest::collection::vec(any_event(), 0..12),
        command in any_command(),
    ) {
        let run = after(events);
        let written = serde_json::to_value(&run).expect("json");
        prop_assert_eq!(&serde_json::from_value::<Run>(written).expect("a run"), &run);
        let _ = run.decide(command);
    }

    #[test]
    fn a_run_goes_back_only_to_send_letters_again_and_what_was_done_is_not_done_again(
        commands in proptest::collection::vec(any_command(), 1..24),
    ) {
        let mut run = Run::default();
        let mut planned = None;
        for command in commands {
            let before = run.clone();
            let Ok(events) = run.decide(command.clone()) else { continue };
            prop_assert!(events.len() <= 1);
            for event in &events {
                run.evolve(event.clone());
            }
            match events.first() {
                // Asked once more, it is told once more: the batches know what is on its way already.
                Some(Event::ResendOrdered { .. }) => {
                    prop_assert!(stage(&before) >= 1 && before != Run::Missed, "{:?}", before);
                    // While the audience is being frozen it changes nothing.
                    prop_assert_eq!(stage(&run), stage(&before).min(2));
                    prop_assert_eq!(run.decide(command), Ok(events));
                }
                Some(_) => {
                    prop_assert!(stage(&run) > stage(&before));
                    prop_assert_eq!(run.decide(command), Ok(vec![]));
                }
                None => {
                    prop_assert_eq!(&run, &before);
                    prop_assert_eq!(run.decide(command), Ok(vec![]));
                }
            }
            if let Run::Sending { planned: now, .. } = run {
                // The audience is frozen for good.
                prop_assert_eq!(*planned.get_or_insert(now), now);
            }
            if let Run::Finished { totals, .. } = run {
                prop_assert!(totals.add_up());
                prop_assert_eq!(Some(totals.planned), planned);
                prop_assert_eq!(totals.pending + totals.deferred, 0);
            }
        }
    }
}
