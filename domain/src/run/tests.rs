//! What a run does, event by event.

use super::{Command, Error, Event, Origin, PinnedSender, Run, Trigger};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::mailing::Kind;
use crate::{Code, Decide, Form, MailingId, MessageId, Missed, Outcome, Refusal, RunId, SenderId, Totals, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

const ANN: UserId = UserId(Uuid::from_u128(0xa));
const NEWS: MailingId = MailingId(Uuid::from_u128(1));
pub(super) const ORIGIN: Origin = Origin {
    mailing: NEWS,
    owner: ANN,
    message: MessageId(Uuid::from_u128(2)),
    revision: 3,
    kind: Kind::Bulk,
    sender: None,
};

const PINNED: PinnedSender = PinnedSender { sender: SenderId(Uuid::from_u128(5)), revision: 4 };

aggregate_tests!(Run);

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a moment")
}

pub(super) fn noon() -> DateTime<Utc> {
    at("2026-05-01T12:00:00Z")
}

pub(super) fn later() -> DateTime<Utc> {
    at("2026-05-01T12:34:56.789Z")
}

fn start() -> Command {
    let message_id_domain = Some("mail.example.com".into());
    Command::Start { origin: ORIGIN, trigger: Trigger::Occurrence(noon()), at: later(), message_id_domain }
}

pub(super) fn miss() -> Command {
    Command::Miss { mailing: NEWS, owner: ANN, missed: Missed::one(noon()) }
}

pub(super) fn freeze(planned: u64) -> Command {
    Command::FreezeAudience { planned, batches: 1, message_id_domain: "mail.example.com".into() }
}

pub(super) fn resend(deliveries: u64) -> Command {
    Command::Resend { deliveries, at: later() }
}

pub(super) fn finish(totals: Totals) -> Command {
    Command::Finish { totals, at: later() }
}

fn started() -> Event {
    let message_id_domain = Some("mail.example.com".into());
    Event::Started { origin: ORIGIN, trigger: Trigger::Occurrence(noon()), at: later(), message_id_domain }
}

pub(super) fn missed() -> Event {
    Event::OccurrencesMissed { mailing: NEWS, owner: ANN, missed: Missed::one(noon()) }
}

/// Two days at noon.
pub(super) fn missed_twice() -> Event {
    Event::OccurrencesMissed { mailing: NEWS, owner: ANN, missed: twice() }
}

fn twice() -> Missed {
    Missed { first: noon(), last: noon() + TimeDelta::days(1), count: 2 }
}

fn frozen(planned: u64) -> Event {
    Event::AudienceFrozen { planned, batches: 1, message_id_domain: "mail.example.com".into() }
}

pub(super) fn resent(deliveries: u64) -> Event {
    Event::ResendOrdered { deliveries, at: later() }
}

pub(super) fn finished(totals: Totals) -> Event {
    Event::Finished { totals, at: later() }
}

pub(super) fn totals(outcomes: impl IntoIterator<Item = Outcome>) -> Totals {
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

/// Two letters, one of them in doubt.
fn in_doubt() -> Totals {
    totals([Outcome::Accepted, Outcome::Unknown])
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
fn several_moments_that_passed_are_one_event_and_the_run_of_the_first_never_starts() {
    let miss = || Command::Miss { mailing: NEWS, owner: ANN, missed: twice() };
    given([]).when(miss()).then_expect_events(vec![missed_twice()]);
    given([missed_twice()]).when(miss()).then_expect_events(vec![]);
    given([missed_twice()]).when(start()).then_expect_error(Error::Missed);
    given([started()]).when(miss()).then_expect_events(vec![]);
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
fn letters_in_doubt_are_sent_again_while_a_run_is_sending_and_after_it_has_finished() {
    for history in [vec![started(), frozen(2)], vec![started(), frozen(2), finished(in_doubt())]] {
        given(history.clone()).when(resend(1)).then_expect_events(vec![resent(1)]);
        // What is left out because it is on its way already was left out before this was asked.
        given(history).and(vec![resent(1)]).when(resend(1)).then_expect_events(vec![resent(1)]);
    }
}

#[test]
fn a_run_that_never_started_sends_nothing_again() {
    for history in [vec![], vec![missed()]] {
        for deliveries in [0, 1] {
            given(history.clone()).when(resend(deliveries)).then_expect_error(Error::NotSending);
        }
    }
}

#[test]
fn letters_are_sent_again_while_the_audience_is_being_frozen_which_stays_to_be_done() {
    given([started()]).when(resend(1)).then_expect_events(vec![resent(1)]);
    assert_eq!(after([started(), resent(1)]), after([started()]));
    given([started(), resent(1)]).when(freeze(2)).then_expect_events(vec![frozen(2)]);
}

#[test]
fn letters_that_are_out_before_the_audience_is_frozen_have_the_message_ids_of_the_others() {
    let elsewhere =
        |planned| Command::FreezeAudience { planned, batches: 1, message_id_domain: "elsewhere.example".into() };
    given([started()]).when(elsewhere(2)).then_expect_events(vec![frozen(2)]);
    let untold =
        Event::Started { origin: ORIGIN, trigger: Trigger::SendNow("a".into()), at: noon(), message_id_domain: None };
    given([untold]).when(freeze(2)).then_expect_events(vec![frozen(2)]);
}

#[test]
fn sending_nothing_again_reopens_nothing() {
    for history in [vec![started()], vec![started(), frozen(2)], vec![started(), frozen(2), finished(in_doubt())]] {
        given(history).when(resend(0)).then_expect_events(vec![]);
    }
}

#[test]
fn a_finished_run_that_sends_letters_again_finishes_again() {
    let reopened = [started(), frozen(2), finished(in_doubt()), resent(1)];
    assert_eq!(after(reopened.clone()), Run::Sending { origin: ORIGIN, planned: 2 });
    given(reopened.clone()).when(start()).then_expect_events(vec![]);
    given(reopened.clone()).when(freeze(2)).then_expect_events(vec![]);
    given(reopened.clone())
        .when(finish(totals([Outcome::Accepted, Outcome::Pending])))
        .then_expect_error(Error::NotDone { open: 1 });
    given(reopened.clone())
        .when(finish(totals([Outcome::Accepted])))
        .then_expect_error(Error::DoesNotAddUp { planned: 2, totals: totals([Outcome::Accepted]) });

    let all_accepted = totals([Outcome::Accepted; 2]);
    given(reopened.clone()).when(finish(all_accepted)).then_expect_events(vec![finished(all_accepted)]);
    let again = after(reopened.into_iter().chain([finished(all_accepted)]));
    assert_eq!(again, Run::Finished { origin: ORIGIN, totals: all_accepted });
    assert_eq!(again.decide(resend(1)), Ok(vec![resent(1)]));
}

#[test]
fn a_resend_while_sending_changes_no_state_and_is_told_all_the_same() {
    let sending = [started(), frozen(2)];
    assert_eq!(after(sending.clone().into_iter().chain([resent(1)])), after(sending));
}

#[test]
fn finishing_and_sending_again_at_the_same_moment_both_append_so_that_one_of_them_conflicts() {
    let run = after([started(), frozen(2)]);
    assert_eq!(run.decide(finish(in_doubt())), Ok(vec![finished(in_doubt())]));
    assert_eq!(run.decide(resend(1)), Ok(vec![resent(1)]));

    // Finishing was first: deciding again reopens the run.
    assert_eq!(after([started(), frozen(2), finished(in_doubt())]).decide(resend(1)), Ok(vec![resent(1)]));
    // The resend was first. Only the version tells that the totals are of before, so finishing must not be decided again
    // with them: the state alone lets them pass.
    assert_eq!(after([started(), frozen(2), resent(1)]).decide(finish(in_doubt())), Ok(vec![finished(in_doubt())]));
}

#[test]
fn a_run_keeps_what_it_started_with() {
    assert_eq!(after([started()]), Run::Started { origin: ORIGIN, message_id_domain: Some("mail.example.com".into()) });
    assert_eq!(after([started(), frozen(2)]), Run::Sending { origin: ORIGIN, planned: 2 });
    assert_eq!(after([started(), frozen(2), finished(done())]), Run::Finished { origin: ORIGIN, totals: done() });
    assert_eq!(after([missed()]), Run::Missed);
}

#[test]
fn the_same_occurrence_press_or_second_try_is_the_same_run_and_any_other_is_another() {
    let triggers = [
        Trigger::Occurrence(noon()),
        Trigger::Occurrence(later()),
        Trigger::SendNow("a".into()),
        Trigger::SendNow("b".into()),
        Trigger::SendNow("2026-05-01T12:00:00Z".into()),
        Trigger::SendNow(RunId(Uuid::from_u128(4)).to_string()),
        Trigger::SendNow(format!("failed:{}", RunId(Uuid::from_u128(4)))),
        Trigger::ResendFailed(RunId(Uuid::from_u128(4))),
        Trigger::ResendFailed(RunId(Uuid::from_u128(5))),
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
fn an_occurrence_is_named_by_its_moment_a_press_by_its_key_and_a_second_try_by_the_run_that_failed() {
    assert_eq!(Trigger::Occurrence(noon()).occurrence_key(), "2026-05-01T12:00:00Z");
    assert_eq!(Trigger::SendNow("a".into()).occurrence_key(), "now:a");
    assert_eq!(
        Trigger::ResendFailed(RunId(Uuid::from_u128(4))).occurrence_key(),
        "failed:00000000-0000-0000-0000-000000000004"
    );
}

#[test]
fn a_refusal_has_a_code() {
    let wrong = Error::DoesNotAddUp { planned: 2, totals: totals([Outcome::Accepted]) };
    assert_eq!(wrong.code(), Code::TotalsDoNotAddUp);
    for (error, code) in [
        (Error::Missed, Code::OccurrenceMissed),
        (Error::NotSending, Code::RunNotSending),
        (Error::FrozenOtherwise { before: 2, planned: 3 }, Code::AudienceFrozenOtherwise),
        (Error::NotDone { open: 2 }, Code::RunNotDone),
    ] {
        assert_eq!((error.code(), error.field()), (code, None), "{error}");
    }
}

#[test]
fn a_run_keeps_the_kind_that_its_mailing_had_when_it_started() {
    for kind in Kind::ALL {
        let origin = Origin { kind, ..ORIGIN };
        let begun =
            Event::Started { origin, trigger: Trigger::SendNow("a".into()), at: noon(), message_id_domain: None };
        let Run::Sending { origin: kept, .. } = after([begun.clone(), frozen(2)]) else { panic!("it is sending") };
        assert_eq!(kept.kind, kind);
        let written = serde_json::to_value(&begun).expect("json");
        assert_eq!(written["Started"].get("kind").is_some(), kind != Kind::Bulk, "{written}");
        assert_eq!(serde_json::from_value::<Event>(written).expect("an event"), begun);
    }
}

#[test]
fn a_run_keeps_the_form_of_the_sender_that_it_started_with() {
    let origin = Origin { sender: Some(PINNED), ..ORIGIN };
    let begun = Event::Started { origin, trigger: Trigger::SendNow("a".into()), at: noon(), message_id_domain: None };
    let Run::Sending { origin: kept, .. } = after([begun.clone(), frozen(2)]) else { panic!("it is sending") };
    assert_eq!(kept.sender, Some(PINNED));
    let written = serde_json::to_value(&begun).expect("json");
    assert_eq!(written["Started"]["sender"]["revision"], 4, "{written}");
    assert_eq!(written["Started"]["revision"], 3, "that of the letter");
    assert_eq!(serde_json::from_value::<Event>(written).expect("an event"), begun);
    assert_eq!(serde_json::to_value(started()).expect("json")["Started"].get("sender"), None);
}

fn stored_forms() -> Vec<Event> {
    stored_forms! {
        Started: [
            started(),
            Event::Started {
                origin: ORIGIN,
                trigger: Trigger::SendNow("a".into()),
                at: noon(),
                message_id_domain: None,
            },
            Event::Started {
                origin: Origin { kind: Kind::Transactional, ..ORIGIN },
                trigger: Trigger::Occurrence(noon()),
                at: noon(),
                message_id_domain: None,
            },
            Event::Started {
                origin: Origin { sender: Some(PINNED), ..ORIGIN },
                trigger: Trigger::Occurrence(noon()),
                at: noon(),
                message_id_domain: None,
            },
            Event::Started {
                origin: ORIGIN,
                trigger: Trigger::ResendFailed(RunId(Uuid::from_u128(4))),
                at: noon(),
                message_id_domain: None,
            },
        ],
        OccurrencesMissed: [missed(), missed_twice()],
        AudienceFrozen: [frozen(2)],
        ResendOrdered: [resent(2)],
        Finished: [finished(totals(Outcome::ALL)), finished(Totals::default())],
    }
}

#[test]
fn one_missed_occurrence_as_it_was_stored_before_is_lifted_to_the_form_of_today() {
    let old = serde_json::json!({ "OccurrenceMissed": { "mailing": NEWS, "owner": ANN, "occurrence": noon() } });
    let Form::Old(lift) = Run::form("OccurrenceMissed", "1") else { panic!("an old form") };
    assert_eq!(serde_json::from_value::<Event>(lift(old)).expect("an event"), missed());
    // What is none of it is left alone, and is no event.
    let other = serde_json::json!({ "OccurrenceMissed": {} });
    assert!(serde_json::from_value::<Event>(lift(other)).is_err());
    assert!(matches!(Run::form("OccurrenceMissed", "2"), Form::Unknown));
}
