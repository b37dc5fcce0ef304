//! What a suppression does, event by event.

use super::{Command, DEAD_FOR, Entry, Error, Event, Lifter, Reason, Scope, Source, Suppression, Way};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::{Code, Decide, EmailAddress, GroupId, MAX_REASON, MailingId, Refusal, ReportId, RunId, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use std::collections::BTreeSet;
use uuid::Uuid;

const ANN: UserId = UserId(Uuid::from_u128(0xa));
const NEWS: MailingId = MailingId(Uuid::from_u128(2));
const RUN: RunId = RunId(Uuid::from_u128(3));
const OWNER: Scope = Scope::Owner { owner: ANN };
const MAILING: Scope = Scope::Mailing { owner: ANN, mailing: NEWS };
const FRIENDS: GroupId = GroupId(Uuid::from_u128(4));
const TOPIC: Scope = Scope::Topic { owner: ANN, group: FRIENDS };
const ONE_CLICK: Source = Source::Recipient { run: RUN, ordinal: 7, way: Way::OneClick };

aggregate_tests!(Suppression);

fn noon() -> DateTime<Utc> {
    "2026-05-01T12:00:00Z".parse().expect("a moment")
}

fn later() -> DateTime<Utc> {
    noon() + TimeDelta::days(30)
}

fn carl() -> EmailAddress {
    EmailAddress::parse("Carl@Пример.рф").expect("an address")
}

/// By hand or by whatever makes that reason known, without an end.
fn suppress_at(scope: Scope, reason: Reason, at: DateTime<Utc>) -> Command {
    Command::Suppress { scope, reason, email: carl(), source: Source::Person, note: None, at, until: None }
}

fn suppress(scope: Scope, reason: Reason) -> Command {
    suppress_at(scope, reason, noon())
}

fn suppressed_at(scope: Scope, reason: Reason, at: DateTime<Utc>) -> Event {
    let mailbox = "carl@xn--e1afmkfd.xn--p1ai".to_owned();
    Event::Suppressed { scope, reason, email: carl(), mailbox, source: Source::Person, note: None, at, until: None }
}

fn suppressed(scope: Scope, reason: Reason) -> Event {
    suppressed_at(scope, reason, noon())
}

/// For a year from noon on.
fn dead() -> Event {
    let Event::Suppressed { scope, reason, email, mailbox, note, at, .. } = suppressed(OWNER, Reason::Dead) else {
        unreachable!("it is suppressed")
    };
    let (source, until) = (Source::MailServer { run: RUN, ordinal: 7 }, Some(noon() + DEAD_FOR));
    Event::Suppressed { scope, reason, email, mailbox, source, note, at, until }
}

fn dead_at(at: DateTime<Utc>) -> Command {
    Command::Suppress {
        scope: OWNER,
        reason: Reason::Dead,
        email: carl(),
        source: Source::MailServer { run: RUN, ordinal: 7 },
        note: None,
        at,
        until: Some(at + DEAD_FOR),
    }
}

fn lift(by: Lifter, why: Option<&str>) -> Command {
    Command::Lift { by, why: why.map(str::to_owned), at: later() }
}

fn lifted(by: Lifter, why: Option<&str>) -> Event {
    Event::Lifted { by, why: why.map(str::to_owned), at: later() }
}

#[test]
fn an_address_is_suppressed_as_it_is_written_and_known_by_its_mailbox() {
    given([]).when(suppress(OWNER, Reason::ByHand)).then_expect_events(vec![suppressed(OWNER, Reason::ByHand)]);
    let entry = Entry { scope: OWNER, reason: Reason::ByHand, email: carl(), since: noon(), until: None };
    let state = after([suppressed(OWNER, Reason::ByHand)]);
    assert_eq!(state.entry(), Some(&entry));
    assert_eq!(state, Suppression::Active(entry));
}

#[test]
fn asking_twice_is_asking_once() {
    for (scope, reason) in [
        (OWNER, Reason::Unsubscribed),
        (MAILING, Reason::Unsubscribed),
        (TOPIC, Reason::Unsubscribed),
        (OWNER, Reason::Imported),
    ] {
        given([suppressed(scope, reason)]).when(suppress_at(scope, reason, later())).then_expect_events(vec![]);
    }
    given([dead()]).when(dead_at(later())).then_expect_events(vec![]);
}

#[test]
fn an_address_that_was_lifted_is_suppressed_anew() {
    let history = [suppressed(OWNER, Reason::Unsubscribed), lifted(Lifter::Recipient, None)];
    let (at, reason) = (later() + TimeDelta::days(1), Reason::Unsubscribed);
    given(history.clone())
        .when(suppress_at(OWNER, reason, at))
        .then_expect_events(vec![suppressed_at(OWNER, reason, at)]);
    let state = after(history.into_iter().chain([suppressed_at(OWNER, reason, at)]));
    assert!(matches!(state, Suppression::Active(Entry { since, .. }) if since == at));
}

#[test]
fn a_dead_address_is_tried_again_after_a_year_and_may_be_found_dead_anew() {
    let end = noon() + DEAD_FOR;
    let state = after([dead()]);
    for (at, in_force) in [(noon(), true), (end - TimeDelta::nanoseconds(1), true), (end, false)] {
        assert_eq!(state.is_in_force(at), in_force, "{at}");
    }
    given([dead()]).when(dead_at(end - TimeDelta::nanoseconds(1))).then_expect_events(vec![]);
    let again = state.decide(dead_at(end)).expect("it is allowed");
    assert!(matches!(again[..], [Event::Suppressed { at, until, .. }] if at == end && until == Some(end + DEAD_FOR)));
}

#[test]
fn what_ends_is_put_off_by_what_lasts_longer_and_by_nothing_else() {
    let bounced = |at: DateTime<Utc>, lasts: Option<TimeDelta>| Command::Suppress {
        scope: OWNER,
        reason: Reason::Bounced,
        email: carl(),
        source: Source::Person,
        note: None,
        at,
        until: lasts.map(|lasts| at + lasts),
    };
    let (months, year) = (TimeDelta::days(90), DEAD_FOR);
    let said = |state: &Suppression, command| state.decide(command).expect("it is allowed");
    let short = after(said(&Suppression::default(), bounced(noon(), Some(months))));
    assert_eq!(said(&short, bounced(later(), Some(months))), []);
    let events = said(&short, bounced(later(), Some(year)));
    let [Event::Suppressed { at, until, .. }] = events[..] else { panic!("{events:?}") };
    assert_eq!((at, until), (later(), Some(later() + year)));
    let long = after(said(&short, bounced(later(), Some(year))));
    assert!(long.covers(later(), Some(later() + year)) && !long.covers(later(), None));
    for (at, lasts) in [(later(), months), (later(), year), (later() + months, year)] {
        assert_eq!(said(&long, bounced(at, Some(lasts))), [], "{at} {lasts}");
    }
    let for_good = after(said(&long, bounced(later(), None)));
    assert_eq!(said(&for_good, bounced(later(), Some(year))), []);
    assert!(!Suppression::default().covers(noon(), Some(noon())));
}

#[test]
fn only_what_may_pass_by_itself_has_an_end() {
    for reason in Reason::ALL {
        let asked = Command::Suppress {
            scope: OWNER,
            reason,
            email: carl(),
            source: Source::Person,
            note: None,
            at: noon(),
            until: Some(later()),
        };
        let events = Suppression::default().decide(asked).expect("it is allowed");
        let [Event::Suppressed { until, .. }] = events[..] else { panic!("{events:?}") };
        assert_eq!(until.is_some(), matches!(reason, Reason::Dead | Reason::Bounced), "{reason:?}");
        assert_eq!(until.is_some(), reason.may_end());
        assert_eq!(after(events).is_in_force(later()), !reason.may_end());
    }
}

#[test]
fn what_is_not_suppressed_is_in_force_at_no_moment() {
    assert!(!Suppression::default().is_in_force(noon()));
    let lifted = after([suppressed(OWNER, Reason::ByHand), lifted(Lifter::Owner, Some("they asked"))]);
    assert!(!lifted.is_in_force(later()));
    assert_eq!(Suppression::default().entry(), None);
    assert!(lifted.entry().is_some());
}

#[test]
fn a_note_says_something_and_is_not_too_long() {
    let noted = |note: &str| {
        let Command::Suppress { scope, reason, email, source, at, until, .. } = suppress(OWNER, Reason::ByHand) else {
            unreachable!("it suppresses")
        };
        Command::Suppress { scope, reason, email, source, note: Some(note.to_owned()), at, until }
    };
    given([]).when(noted(" \n")).then_expect_events(vec![suppressed(OWNER, Reason::ByHand)]);
    let longest = "ж".repeat(MAX_REASON);
    let events = Suppression::default().decide(noted(&longest)).expect("it is allowed");
    assert!(matches!(&events[..], [Event::Suppressed { note: Some(note), .. }] if *note == longest));
    given([]).when(noted(&format!("{longest}!"))).then_expect_error(Error::NoteTooLong { length: MAX_REASON + 1 });
}

#[test]
fn lifting_twice_is_lifting_once_and_what_never_was_is_not_found() {
    for by in Lifter::ALL {
        let why = Some("they asked");
        given([]).when(lift(by, why)).then_expect_error(Error::NotFound);
        given([suppressed(OWNER, Reason::Unsubscribed), lifted(Lifter::Recipient, None)])
            .when(lift(by, why))
            .then_expect_events(vec![]);
    }
}

#[test]
fn a_recipient_takes_back_their_own_leaving_and_nothing_else() {
    for scope in [OWNER, MAILING, TOPIC] {
        for reason in Reason::ALL {
            let story = given([suppressed(scope, reason)]).when(lift(Lifter::Recipient, None));
            if reason == Reason::Unsubscribed {
                story.then_expect_events(vec![lifted(Lifter::Recipient, None)]);
            } else {
                story.then_expect_error(Error::OnlyOwnLeaving);
            }
        }
    }
    // Whatever they say, no reason of theirs is kept.
    given([suppressed(OWNER, Reason::Unsubscribed)])
        .when(lift(Lifter::Recipient, Some(&"x".repeat(MAX_REASON + 1))))
        .then_expect_events(vec![lifted(Lifter::Recipient, None)]);
}

#[test]
fn an_owner_lifts_with_a_reason_whatever_is_theirs_but_complaints() {
    for scope in [OWNER, MAILING, TOPIC] {
        for reason in Reason::ALL {
            let story = given([suppressed(scope, reason)]).when(lift(Lifter::Owner, Some("they asked")));
            if reason == Reason::Complained {
                story.then_expect_error(Error::ComplaintStays);
            } else {
                story.then_expect_events(vec![lifted(Lifter::Owner, Some("they asked"))]);
            }
        }
    }
}

#[test]
fn what_holds_in_the_whole_installation_is_lifted_by_administrators_only() {
    for reason in Reason::ALL {
        let history = || [suppressed(Scope::Installation, reason)];
        given(history()).when(lift(Lifter::Owner, Some("they asked"))).then_expect_error(Error::NotYours);
        let refusal = if reason == Reason::Unsubscribed { Error::NotYours } else { Error::OnlyOwnLeaving };
        given(history()).when(lift(Lifter::Recipient, None)).then_expect_error(refusal);
        given(history())
            .when(lift(Lifter::Administrator, Some("settled")))
            .then_expect_events(vec![lifted(Lifter::Administrator, Some("settled"))]);
    }
}

#[test]
fn an_administrator_lifts_everything() {
    for scope in [OWNER, MAILING, TOPIC] {
        for reason in Reason::ALL {
            given([suppressed(scope, reason)])
                .when(lift(Lifter::Administrator, Some("settled")))
                .then_expect_events(vec![lifted(Lifter::Administrator, Some("settled"))]);
        }
    }
}

#[test]
fn owners_and_administrators_owe_a_reason() {
    let long = "x".repeat(MAX_REASON + 1);
    for by in [Lifter::Owner, Lifter::Administrator] {
        for (why, error) in [
            (None, Error::ReasonMissing),
            (Some(" \n"), Error::ReasonMissing),
            (Some(long.as_str()), Error::ReasonTooLong { length: MAX_REASON + 1 }),
        ] {
            given([suppressed(OWNER, Reason::ByHand)]).when(lift(by, why)).then_expect_error(error);
        }
    }
}

#[test]
fn only_leaving_lets_transactional_letters_through() {
    for reason in Reason::ALL {
        assert_eq!(reason.stops_transactional(), reason != Reason::Unsubscribed, "{reason:?}");
    }
}

#[test]
fn a_run_asks_in_the_whole_installation_of_its_owner_and_of_its_mailing() {
    assert_eq!(Scope::ids_of(ANN, NEWS), [Uuid::nil(), ANN.0, NEWS.0]);
    for (scope, name, owner) in
        [(Scope::Installation, "installation", None), (OWNER, "owner", Some(ANN)), (MAILING, "mailing", Some(ANN))]
    {
        assert!(Scope::ids_of(ANN, NEWS).contains(&scope.id()));
        assert_eq!((scope.name(), scope.owner()), (name, owner));
    }
}

#[test]
fn a_run_asks_also_for_each_group_that_its_audience_names() {
    let others = GroupId(Uuid::from_u128(5));
    assert_eq!(Scope::ids_of_run(ANN, NEWS, []), Scope::ids_of(ANN, NEWS));
    assert_eq!(Scope::ids_of_run(ANN, NEWS, [FRIENDS, others]), [Uuid::nil(), ANN.0, NEWS.0, FRIENDS.0, others.0]);
    assert_eq!((TOPIC.id(), TOPIC.name(), TOPIC.owner()), (FRIENDS.0, "topic", Some(ANN)));
}

fn report() -> Source {
    Source::Report { run: RUN, ordinal: 7, report: ReportId(Uuid::from_u128(9)) }
}

#[test]
fn names_are_the_same_in_rows_and_in_events() {
    for reason in Reason::ALL {
        assert_eq!(serde_json::to_value(reason).expect("json"), reason.name());
        assert_eq!(Reason::from_name(reason.name()), Some(reason));
    }
    assert_eq!(Reason::from_name("tired"), None);
    for by in Lifter::ALL {
        assert_eq!(serde_json::to_value(by).expect("json"), by.name());
    }
    for scope in [Scope::Installation, OWNER, MAILING, TOPIC] {
        assert_eq!(serde_json::to_value(scope).expect("json")["kind"], scope.name());
    }
    let sources = [
        ONE_CLICK,
        Source::MailServer { run: RUN, ordinal: 7 },
        report(),
        Source::Person,
        Source::File { file: "old.csv".to_owned(), row: 2 },
    ];
    assert_eq!(sources.each_ref().map(Source::name), Source::NAMES);
    for source in sources {
        assert_eq!(serde_json::to_value(&source).expect("json")["kind"], source.name());
    }
}

#[test]
fn a_refusal_is_a_code_and_a_field() {
    for (error, code, field) in [
        (Error::NotFound, Code::SuppressionNotFound, Some("id")),
        (Error::NotYours, Code::SuppressionNotFound, Some("id")),
        (Error::ComplaintStays, Code::ComplaintStays, Some("id")),
        (Error::OnlyOwnLeaving, Code::OnlyOwnLeaving, None),
        (Error::ReasonMissing, Code::ReasonMissing, Some("reason")),
        (Error::ReasonTooLong { length: 501 }, Code::ReasonTooLong, Some("reason")),
        (Error::NoteTooLong { length: 501 }, Code::NoteTooLong, Some("note")),
    ] {
        assert_eq!((error.code(), error.field()), (code, field), "{error}");
    }
}

fn stored_forms() -> Vec<Event> {
    let from = |scope, reason, source, note: Option<&str>| Event::Suppressed {
        scope,
        reason,
        email: EmailAddress::parse("Carl@example.com").expect("an address"),
        mailbox: "carl@example.com".to_owned(),
        source,
        note: note.map(str::to_owned),
        at: noon(),
        until: None,
    };
    let file = Source::File { file: "old.csv".to_owned(), row: 2 };
    let by_page = Source::Recipient { run: RUN, ordinal: 0, way: Way::Page };
    let by_mail = Source::Recipient { run: RUN, ordinal: 0, way: Way::Mail };
    let server = || Source::MailServer { run: RUN, ordinal: 7 };
    stored_forms! {
        Suppressed: [
            suppressed(Scope::Installation, Reason::ByHand),
            dead(),
            from(OWNER, Reason::Unsubscribed, ONE_CLICK, None),
            from(MAILING, Reason::Unsubscribed, by_page.clone(), None),
            from(TOPIC, Reason::Unsubscribed, by_page, None),
            from(OWNER, Reason::Bounced, server(), None),
            from(OWNER, Reason::Complained, server(), None),
            from(OWNER, Reason::Bounced, report(), None),
            from(OWNER, Reason::Complained, report(), None),
            from(OWNER, Reason::Unsubscribed, by_mail, None),
            from(OWNER, Reason::Imported, file, Some("from the old service")),
        ],
        Lifted: [
            lifted(Lifter::Recipient, None),
            lifted(Lifter::Owner, Some("they asked")),
            lifted(Lifter::Administrator, Some("settled")),
        ],
    }
}

fn any_scope() -> impl Strategy<Value = Scope> {
    proptest::sample::select(vec![Scope::Installation, OWNER, MAILING, TOPIC])
}

fn any_reason() -> impl Strategy<Value = Reason> {
    proptest::sample::select(Reason::ALL.to_vec())
}

/// Some day after noon.
fn any_moment() -> impl Strategy<Value = DateTime<Utc>> {
    (0..1_000_i64).prop_map(|days| noon() + TimeDelta::days(days))
}

fn any_lifting() -> impl Strategy<Value = Command> {
    let why = proptest::option::of(proptest::sample::select(vec![String::new(), "they asked".to_owned()]));
    (proptest::sample::select(Lifter::ALL.to_vec()), why, any_moment()).prop_map(|(by, why, at)| Command::Lift {
        by,
        why,
        at,
    })
}

/// Whatever is asked of the stream of one scope, mailbox and reason.
fn any_story() -> impl Strategy<Value = (Scope, Reason, Vec<Command>)> {
    (any_scope(), any_reason()).prop_flat_map(|(scope, reason)| {
        let suppressing = (any_moment(), proptest::option::of(any_moment())).prop_map(move |(at, until)| {
            Command::Suppress { scope, reason, email: carl(), source: Source::Person, note: None, at, until }
        });
        let commands = proptest::collection::vec(prop_oneof![suppressing, any_lifting()], 0..24);
        (Just(scope), Just(reason), commands)
    })
}

proptest! {
    #[test]
    fn whatever_is_asked_the_state_says_who_is_written_to(
        (scope, reason, commands) in any_story(),
        asked_at in any_moment(),
    ) {
        let mut state = Suppression::default();
        let mut last = None;
        for command in commands {
            let again = command.clone();
            let Ok(events) = state.decide(command) else { continue };
            prop_assert!(events.len() <= 1);
            for event in events {
                state.evolve(event.clone());
                last = Some(event);
            }
            // Asked again at the same moment, nothing changes, unless what is asked for has ended by then.
            let ended = matches!(&again, Command::Suppress { at, .. } if !state.is_in_force(*at));
            prop_assert!(ended || state.decide(again).is_ok_and(|events| events.is_empty()));
        }
        let expected = match &last {
            Some(Event::Suppressed { until, .. }) => until.is_none_or(|until| asked_at < until),
            Some(Event::Lifted { .. }) | None => false,
        };
        prop_assert_eq!(state.is_in_force(asked_at), expected);
        if let Some(entry) = state.entry() {
            prop_assert_eq!((entry.scope, entry.reason), (scope, reason));
        }
        let written = serde_json::to_value(&state).expect("json");
        prop_assert_eq!(serde_json::from_value::<Suppression>(written).expect("a suppression"), state);
    }

    #[test]
    fn no_order_of_events_makes_evolve_panic(
        events in proptest::collection::vec(proptest::sample::select(stored_forms()), 0..8),
    ) {
        let last_is_lifting = matches!(events.last(), Some(Event::Lifted { .. }) | None);
        let state = after(events);
        prop_assert_eq!(matches!(state, Suppression::Active(_)), !last_is_lifting);
    }
}

#[test]
fn no_two_scopes_of_a_run_are_looked_up_by_the_same_id() {
    assert_eq!(BTreeSet::from(Scope::ids_of(ANN, NEWS)).len(), 3);
}
