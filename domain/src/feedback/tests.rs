//! What is heard of letters, report by report.

use super::{
    Bounce, Command, Error, Event, Feedback, Heard, Letter, MAX_BOUNCES, MAX_DELAYS, MAX_WORDS, Report, Severity, Via,
    Weight,
};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::{ClientId, Code, Decide, MailingId, Refusal, ReportId, RunId, UserId};
use chrono::DateTime;
use uuid::Uuid;

aggregate_tests!(Feedback);

fn letter(ordinal: u32) -> Letter {
    Letter {
        run: RunId(Uuid::from_u128(1)),
        ordinal,
        mailing: MailingId(Uuid::from_u128(2)),
        owner: UserId(Uuid::from_u128(3)),
        client: ClientId(Uuid::from_u128(4)),
        revision: 1,
    }
}

fn report(number: u128) -> Report {
    Report { id: ReportId(Uuid::from_u128(number)), via: Via::Smtp, by: None, at: DateTime::UNIX_EPOCH }
}

fn gone() -> Bounce {
    let (code, words) = (Some("5.1.1".to_owned()), Some("no such user".to_owned()));
    Bounce { severity: Severity::Permanent, dead: true, code, words }
}

fn bounce(ordinal: u32, number: u128) -> Command {
    Command::ReportBounce { letter: letter(ordinal), report: report(number), bounce: gone() }
}

fn bounced(ordinal: u32, number: u128) -> Event {
    Event::BounceReported { letter: letter(ordinal), report: report(number), bounce: gone() }
}

/// What a report says that weighs so much.
fn of_weight(weight: Weight) -> Bounce {
    let (severity, dead) = match weight {
        Weight::Late => (Severity::Delayed, false),
        Weight::ForNow => (Severity::Temporary, false),
        Weight::ForGood => (Severity::Permanent, false),
        Weight::Gone => (Severity::Permanent, true),
    };
    Bounce { severity, dead, code: None, words: None }
}

/// What becomes of it if these are reported of a letter one after the other: which of them are recorded.
fn recorded(reported: impl IntoIterator<Item = Weight>) -> Vec<Weight> {
    let (mut state, mut recorded) = (Feedback::Silent, Vec::new());
    for (number, weight) in (1..).zip(reported) {
        let bounce = of_weight(weight);
        let command = Command::ReportBounce { letter: letter(7), report: report(number), bounce };
        for event in state.decide(command).unwrap_or_default() {
            state.evolve(event);
            recorded.push(weight);
        }
    }
    recorded
}

fn complain(ordinal: u32, number: u128) -> Command {
    Command::Complain { letter: letter(ordinal), report: report(number), kind: Some("abuse".to_owned()) }
}

fn complained(ordinal: u32, number: u128) -> Event {
    Event::Complained { letter: letter(ordinal), report: report(number), kind: Some("abuse".to_owned()) }
}

#[test]
fn the_same_report_counts_once_and_another_one_of_the_same_letter_too() {
    given([]).when(bounce(7, 1)).then_expect_events(vec![bounced(7, 1)]);
    given([bounced(7, 1)]).when(bounce(7, 1)).then_expect_events(vec![]);
    given([bounced(7, 1)]).when(bounce(7, 2)).then_expect_events(vec![bounced(7, 2)]);
    // One report may speak of several letters.
    given([bounced(7, 1)]).when(bounce(8, 1)).then_expect_events(vec![bounced(8, 1)]);
}

#[test]
fn a_letter_is_complained_of_once() {
    given([bounced(7, 1)]).when(complain(7, 2)).then_expect_events(vec![complained(7, 2)]);
    given([complained(7, 2)]).when(complain(7, 3)).then_expect_events(vec![]);
    given([complained(7, 2)]).when(complain(8, 2)).then_expect_events(vec![complained(8, 2)]);
    given([complained(7, 2)]).when(bounce(7, 3)).then_expect_events(vec![bounced(7, 3)]);
}

#[test]
fn nobody_fills_the_log_by_reporting_the_same_letter_on_and_on() {
    let most: Vec<Event> = (0..).take(MAX_BOUNCES).map(|number| bounced(7, number)).collect();
    given(most.clone()).when(bounce(7, 100)).then_expect_error(Error::TooManyReports);
    given(most.clone()).when(bounce(7, 0)).then_expect_events(vec![]);
    given(most.clone()).when(bounce(8, 100)).then_expect_events(vec![bounced(8, 100)]);
    given(most).when(complain(7, 100)).then_expect_events(vec![complained(7, 100)]);
}

#[test]
fn what_says_more_than_all_before_is_recorded_however_much_was_reported() {
    use Weight::{ForGood, ForNow, Gone, Late};
    let times = |weight: Weight, times: usize| vec![weight; times];
    for (reported, expected) in [
        (times(Late, 20), times(Late, MAX_DELAYS)),
        (times(ForNow, 20), times(ForNow, MAX_BOUNCES)),
        (times(Gone, 20), times(Gone, MAX_BOUNCES)),
        // Each of what says more is recorded once, and after the most that can be said nothing is.
        (
            [times(ForNow, 12), times(ForGood, 3), times(Gone, 3), times(ForNow, 3)].concat(),
            [times(ForNow, MAX_BOUNCES), vec![ForGood, Gone]].concat(),
        ),
        (
            [times(ForNow, 12), times(Gone, 3), times(ForGood, 3)].concat(),
            [times(ForNow, MAX_BOUNCES), vec![Gone]].concat(),
        ),
        // Delays leave room for what says more, and say nothing new after it.
        (
            [times(Late, 20), times(ForNow, 20), vec![Gone]].concat(),
            [times(Late, MAX_DELAYS), times(ForNow, MAX_BOUNCES - MAX_DELAYS), vec![Gone]].concat(),
        ),
        ([times(ForGood, MAX_DELAYS), times(Late, 3)].concat(), times(ForGood, MAX_DELAYS)),
        (vec![Gone, Late, Gone], vec![Gone, Late, Gone]),
    ] {
        assert_eq!(recorded(reported.clone()), expected, "{reported:?}");
    }
}

#[test]
fn only_the_first_words_are_kept() {
    let long = "ё".repeat(MAX_WORDS + 1);
    let bounce = Bounce { words: Some(long.clone()), ..gone() };
    let command = Command::ReportBounce { letter: letter(7), report: report(1), bounce };
    let events = Feedback::Silent.decide(command).expect("it is recorded");
    let [Event::BounceReported { bounce, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(bounce.words.as_deref().map(|words| words.chars().count()), Some(MAX_WORDS));
    let command = Command::Complain { letter: letter(7), report: report(1), kind: Some(long) };
    let events = Feedback::Silent.decide(command).expect("it is recorded");
    let [Event::Complained { kind, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(kind.as_deref().map(|kind| kind.chars().count()), Some(MAX_WORDS));
}

#[test]
fn what_was_heard_of_a_letter_is_told() {
    let state = after([bounced(7, 1), complained(8, 2)]);
    let bounces = [ReportId(Uuid::from_u128(1))].into();
    assert_eq!(state.of(7), Some(&Heard { bounces, most: Some(Weight::Gone), complained: false }));
    assert_eq!(state.of(8), Some(&Heard { complained: true, ..Heard::default() }));
    assert_eq!((state.of(9), Feedback::Silent.of(7)), (None, None));
}

#[test]
fn a_way_is_known_by_its_name() {
    for via in Via::ALL {
        assert_eq!(Via::from_name(via.name()), Some(via));
        assert_eq!(serde_json::to_value(via).expect("json"), via.name());
    }
    assert_eq!(Via::from_name("post"), None);
    for severity in Severity::ALL {
        assert_eq!(serde_json::to_value(severity).expect("json"), severity.name());
    }
}

#[test]
fn a_refusal_is_a_code_and_no_field() {
    assert_eq!((Error::TooManyReports.code(), Error::TooManyReports.field()), (Code::TooManyReports, None));
}

fn stored_forms() -> Vec<Event> {
    let by = Some("mx.example.org".to_owned());
    let report = Report { by, via: Via::Sendgrid, ..report(1) };
    let unclear = of_weight(Weight::ForNow);
    let late = Bounce { code: Some("4.4.1".to_owned()), ..of_weight(Weight::Late) };
    stored_forms! {
        BounceReported: [
            bounced(7, 1),
            Event::BounceReported { letter: letter(8), report: report.clone(), bounce: unclear },
            Event::BounceReported { letter: letter(9), report: report.clone(), bounce: late },
        ],
        Complained: [complained(7, 1), Event::Complained { letter: letter(8), report, kind: None }],
    }
}
