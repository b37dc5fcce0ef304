//! What a run does, event by event.

use super::{Command, Error, Event, Origin, Run, Trigger};
use crate::{Decide, Fact, MailingId, MessageId, Outcome, Refusal, RunId, Totals, UserId};
use chrono::{DateTime, Utc};
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use cqrs_es::{Aggregate, DomainEvent};
use proptest::prelude::*;
use uuid::Uuid;

const ANN: UserId = UserId(Uuid::from_u128(0xa));
const NEWS: MailingId = MailingId(Uuid::from_u128(1));
const ORIGIN: Origin = Origin { mailing: NEWS, owner: ANN, message: MessageId(Uuid::from_u128(2)), revision: 3 };

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a moment")
}

fn noon() -> DateTime<Utc> {
    at("2026-05-01T12:00:00Z")
}

fn later() -> DateTime<Utc> {
    at("2026-05-01T12:34:56.789Z")
}

fn start() -> Command {
    Command::Start { origin: ORIGIN, trigger: Trigger::Occurrence(noon()), at: later() }
}

fn miss() -> Command {
    Command::Miss { mailing: NEWS, owner: ANN, occurrence: noon() }
}

fn freeze(planned: u64) -> Command {
    Command::FreezeAudience { planned, batches: 1, message_id_domain: "mail.example.com".into() }
}

fn finish(totals: Totals) -> Command {
    Command::Finish { totals, at: later() }
}

fn started() -> Event {
    Event::Started { origin: ORIGIN, trigger: Trigger::Occurrence(noon()), at: later() }
}

fn missed() -> Event {
    Event::OccurrenceMissed { mailing: NEWS, owner: ANN, occurrence: noon() }
}

fn frozen(planned: u64) -> Event {
    Event::AudienceFrozen { planned, batches: 1, message_id_domain: "mail.example.com".into() }
}

fn finished(totals: Totals) -> Event {
    Event::Finished { totals, at: later() }
}

fn totals(outcomes: impl IntoIterator<Item = Outcome>) -> Totals {
    let mut totals = Totals::default();
    for outcome in outcomes {
        totals.count(outcome);
    }
    totals
}

/// Two letters, both with their outcome.
fn done() -> Totals {
    totals([Outcome::Accepted, Outcome::Expired])
}

fn given(events: impl Into<Vec<Event>>) -> AggregateTestExecutor<Run> {
    TestFramework::with(()).given(events.into())
}

fn after(events: impl IntoIterator<Item = Event>) -> Run {
    let mut run = Run::default();
    for event in events {
        run.evolve(event);
    }
    run
}

#[test]
fn a_run_starts_once_and_starting_it_again_is_answered_by_the_one_that_exists() {
    given([]).when(start()).then_expect_events(vec![started()]);
    for history in [vec![started()], vec![started(), frozen(2)], vec![started(), frozen(2), finished(done())]] {
        given(history).when(start()).then_expect_events(vec![]);
    }
}

#[test]
fn a_missed_run_never_starts() {
    given([]).when(miss()).then_expect_events(vec![missed()]);
    given([missed()]).when(miss()).then_expect_events(vec![]);
    given([missed()]).when(start()).then_expect_error(Error::Missed);
    given([missed()]).when(freeze(2)).then_expect_error(Error::NotSending);
    given([missed()]).when(finish(done())).then_expect_error(Error::NotSending);
}

#[test]
fn what_has_started_is_not_missed() {
    for history in [vec![started()], vec![started(), frozen(2)], vec![started(), frozen(2), finished(done())]] {
        given(history).when(miss()).then_expect_events(vec![]);
    }
}

#[test]
fn an_audience_is_frozen_once_after_the_start() {
    given([]).when(freeze(2)).then_expect_error(Error::NotSending);
    given([started()]).when(freeze(2)).then_expect_events(vec![frozen(2)]);
    given([started(), frozen(2)]).when(freeze(2)).then_expect_events(vec![]);
    given([started(), frozen(2), finished(done())]).when(freeze(2)).then_expect_events(vec![]);
}

#[test]
fn a_frozen_audience_is_not_frozen_to_another_size() {
    given([started(), frozen(2)]).when(freeze(3)).then_expect_error(Error::FrozenOtherwise { before: 2, planned: 3 });
}

#[test]
fn a_run_finishes_once_when_every_delivery_has_its_outcome() {
    let history = [started(), frozen(2)];
    given(history.clone()).when(finish(done())).then_expect_events(vec![finished(done())]);
    given(history).and(vec![finished(done())]).when(finish(done())).then_expect_events(vec![]);
}

#[test]
fn a_run_without_recipients_finishes_too() {
    given([started()]).when(freeze(0)).then_expect_events(vec![frozen(0)]);
    given([started(), frozen(0)]).when(finish(Totals::default())).then_expect_events(vec![finished(Totals::default())]);
}

#[test]
fn a_run_does_not_finish_before_its_audience_is_frozen() {
    given([]).when(finish(done())).then_expect_error(Error::NotSending);
    given([started()]).when(finish(done())).then_expect_error(Error::NotSending);
}

#[test]
fn a_run_does_not_finish_while_deliveries_are_open() {
    for (outcomes, open) in [
        ([Outcome::Accepted, Outcome::Pending], 1),
        ([Outcome::Deferred, Outcome::Rejected], 1),
        ([Outcome::Deferred, Outcome::Pending], 2),
    ] {
        given([started(), frozen(2)]).when(finish(totals(outcomes))).then_expect_error(Error::NotDone { open });
    }
}

#[test]
fn a_run_does_not_finish_with_numbers_that_do_not_add_up() {
    for wrong in [
        Totals { planned: 3, ..done() },
        Totals { planned: 1, ..done() },
        Totals { accepted: 2, ..done() },
        Totals { accepted: 0, ..done() },
        totals([Outcome::Accepted]),
        totals([Outcome::Accepted; 3]),
    ] {
        given([started(), frozen(2)])
            .when(finish(wrong))
            .then_expect_error(Error::DoesNotAddUp { planned: 2, totals: wrong });
    }
}

#[test]
fn a_run_keeps_what_it_started_with() {
    assert_eq!(after([started()]), Run::Started(ORIGIN));
    assert_eq!(after([started(), frozen(2)]), Run::Sending { origin: ORIGIN, planned: 2 });
    assert_eq!(after([started(), frozen(2), finished(done())]), Run::Finished { origin: ORIGIN, totals: done() });
    assert_eq!(after([missed()]), Run::Missed);
}

#[test]
fn the_same_occurrence_or_press_is_the_same_run_and_any_other_is_another() {
    let triggers = [
        Trigger::Occurrence(noon()),
        Trigger::Occurrence(later()),
        Trigger::SendNow("a".into()),
        Trigger::SendNow("b".into()),
        Trigger::SendNow("2026-05-01T12:00:00Z".into()),
    ];
    for (place, trigger) in triggers.iter().enumerate() {
        assert_eq!(trigger.run_of(NEWS), trigger.clone().run_of(NEWS));
        assert_ne!(trigger.run_of(NEWS), trigger.run_of(MailingId(Uuid::from_u128(9))));
        for other in &triggers[..place] {
            assert_ne!(trigger.run_of(NEWS), other.run_of(NEWS), "{trigger:?} and {other:?}");
        }
    }
}

#[test]
fn an_occurrence_is_named_by_its_moment_and_a_press_by_its_key() {
    assert_eq!(Trigger::Occurrence(noon()).occurrence_key(), "2026-05-01T12:00:00Z");
    assert_eq!(Trigger::SendNow("a".into()).occurrence_key(), "now:a");
}

#[test]
fn a_refusal_is_a_sentence_and_a_code() {
    let wrong = Error::DoesNotAddUp { planned: 2, totals: totals([Outcome::Accepted]) };
    assert!(wrong.to_string().starts_with("the outcomes do not add up to the 2 planned: "), "{wrong}");
    assert_eq!(wrong.code(), "TOTALS_DO_NOT_ADD_UP");
    for (error, sentence, code) in [
        (Error::Missed, "this occurrence was missed and will not be sent", "OCCURRENCE_MISSED"),
        (Error::NotSending, "the run's audience is not frozen", "RUN_NOT_SENDING"),
        (
            Error::FrozenOtherwise { before: 2, planned: 3 },
            "the audience is frozen with 2 recipients, not with 3",
            "AUDIENCE_FROZEN_OTHERWISE",
        ),
        (Error::NotDone { open: 2 }, "2 deliveries have no outcome yet", "RUN_NOT_DONE"),
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

fn stored_forms() -> Vec<Event> {
    stored_forms! {
        Started: [
            started(),
            Event::Started { origin: ORIGIN, trigger: Trigger::SendNow("a".into()), at: noon() },
            Event::Started {
                origin: ORIGIN,
                trigger: Trigger::ResendFailed(RunId(Uuid::from_u128(4))),
                at: noon(),
            },
        ],
        OccurrenceMissed: [missed()],
        AudienceFrozen: [frozen(2)],
        ResendOrdered: [Event::ResendOrdered { deliveries: 2, at: later() }],
        Finished: [finished(totals(Outcome::ALL)), finished(Totals::default())],
    }
}

#[test]
fn the_stored_form_of_every_event_is_agreed_on() {
    insta::assert_json_snapshot!("events", stored_forms());
}

#[test]
fn every_stored_form_is_read_back_as_the_same_event() {
    let id = RunId(Uuid::from_u128(1));
    for event in stored_forms() {
        let payload = serde_json::to_string(&event).expect("json");
        let fact = Fact::parse(Run::TYPE, &id.to_string(), &payload).expect("a fact");
        assert_eq!(fact, Fact::Run(id, event));
    }
}

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

fn any_trigger() -> impl Strategy<Value = Trigger> {
    prop_oneof![
        (0..4_i64).prop_map(|hours| Trigger::Occurrence(noon() + chrono::TimeDelta::hours(hours))),
        "[a-c]{0,3}".prop_map(Trigger::SendNow),
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (any::<u128>(), any::<u32>(), any_trigger()).prop_map(|(id, revision, trigger)| Event::Started {
            origin: Origin { mailing: MailingId(Uuid::from_u128(id)), revision, ..ORIGIN },
            trigger,
            at: noon(),
        }),
        Just(missed()),
        (any::<u64>(), any::<u32>(), ".{0,8}").prop_map(|(planned, batches, message_id_domain)| {
            Event::AudienceFrozen { planned, batches, message_id_domain }
        }),
        any_totals().prop_map(finished),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        any_trigger().prop_map(|trigger| Command::Start { origin: ORIGIN, trigger, at: later() }),
        Just(miss()),
        (0..4_u64).prop_map(freeze),
        any_totals().prop_map(finish),
        // Random numbers hardly ever add up, so some are counted.
        proptest::collection::vec(proptest::sample::select(Outcome::ALL.to_vec()), 0..4)
            .prop_map(|outcomes| finish(totals(outcomes))),
    ]
}

/// How far a run is. It never goes back.
fn stage(run: &Run) -> u8 {
    match run {
        Run::Absent => 0,
        Run::Started(_) => 1,
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
    fn a_run_only_goes_forward_and_what_was_done_is_not_done_again(
        commands in proptest::collection::vec(any_command(), 1..24),
    ) {
        let mut run = Run::default();
        for command in commands {
            let before = stage(&run);
            let Ok(events) = run.decide(command.clone()) else { continue };
            prop_assert!(events.len() <= 1);
            let moved = !events.is_empty();
            for event in events {
                run.evolve(event);
            }
            prop_assert_eq!(stage(&run) > before, moved);
            prop_assert_eq!(run.decide(command), Ok(vec![]));
            if let Run::Finished { totals, .. } = run {
                prop_assert!(totals.add_up());
                prop_assert_eq!(totals.pending + totals.deferred, 0);
            }
        }
    }
}
