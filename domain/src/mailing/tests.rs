//! What a mailing does, event by event.

use super::{Audience, Change, Command, Error, Event, InDoubt, MAX_NAME, Mailing, Name, Plan, Sending, Status};
use crate::stored_forms::stored_forms;
use crate::{
    ClientId, CronExpression, Decide, Fact, GroupId, MailingId, MessageId, Periodicity, Refusal, RelayName, TimeZone,
    UserId, Window, WindowError,
};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use uuid::Uuid;

pub(super) const ANN: UserId = UserId(Uuid::from_u128(0xa));
pub(super) const BOB: UserId = UserId(Uuid::from_u128(0xb));
const LETTER: MessageId = MessageId(Uuid::from_u128(1));
const CARL: ClientId = ClientId(Uuid::from_u128(2));
const FRIENDS: GroupId = GroupId(Uuid::from_u128(3));

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a moment")
}

/// Before the window.
pub(super) fn ahead() -> DateTime<Utc> {
    at("2026-04-30T10:00:00Z")
}

pub(super) fn opening() -> DateTime<Utc> {
    at("2026-05-01T10:00:00Z")
}

/// Inside the window.
pub(super) fn during() -> DateTime<Utc> {
    at("2026-05-02T10:00:00Z")
}

/// The first moment after the window.
pub(super) fn end() -> DateTime<Utc> {
    at("2026-05-08T10:00:00Z")
}

/// A later end than the planned one.
pub(super) fn later() -> DateTime<Utc> {
    at("2026-06-01T10:00:00Z")
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn audience() -> Audience {
    Audience { clients: [CARL].into(), groups: [FRIENDS].into() }
}

pub(super) fn plan() -> Plan {
    Plan {
        name: name("Spring news"),
        message: LETTER,
        audience: audience(),
        window: Window::new(opening(), end()).expect("a window"),
        periodicity: Periodicity::Daily,
        time_zone: TimeZone::parse("Europe/Berlin").expect("a zone"),
        sending: Sending::default(),
    }
}

fn longer_plan() -> Plan {
    Plan { window: Window::new(opening(), later()).expect("a window"), ..plan() }
}

pub(super) fn cron(text: &str) -> Periodicity {
    Periodicity::Cron(CronExpression::parse(text).expect("an expression"))
}

fn create(plan: Plan, now: DateTime<Utc>) -> Command {
    Command::Create { owner: ANN, plan, now }
}

fn change(change: Change) -> Command {
    Command::Change { by: ANN, change, now: during() }
}

pub(super) fn prolong() -> Change {
    Change { ends_at: Some(later()), ..Change::default() }
}

pub(super) fn rename() -> Change {
    Change { name: Some(name("Summer news")), ..Change::default() }
}

pub(super) fn suspend(reason: &str) -> Command {
    Command::Suspend { reason: reason.into() }
}

pub(super) fn disable(reason: &str) -> Command {
    Command::Disable { reason: reason.into() }
}

pub(super) fn enable(reason: &str) -> Command {
    Command::Enable { reason: reason.into() }
}

pub(super) fn created() -> Event {
    Event::Created { owner: ANN, plan: plan() }
}

pub(super) fn changed(plan: Plan) -> Event {
    Event::Changed { plan }
}

pub(super) fn suspended() -> Event {
    Event::Suspended { reason: "535 authentication failed".into() }
}

pub(super) fn disabled() -> Event {
    Event::Disabled { reason: "complaints".into() }
}

pub(super) fn enabled() -> Event {
    Event::Enabled { reason: "settled".into() }
}

fn given(events: impl Into<Vec<Event>>) -> AggregateTestExecutor<Mailing> {
    TestFramework::with(()).given(events.into())
}

pub(super) fn after(events: impl IntoIterator<Item = Event>) -> Mailing {
    let mut mailing = Mailing::default();
    for event in events {
        mailing.evolve(event);
    }
    mailing
}

pub(super) fn status(mailing: &Mailing) -> Option<Status> {
    match mailing {
        Mailing::Planned { status, .. } => Some(*status),
        Mailing::Absent | Mailing::Deleted { .. } => None,
    }
}

/// A mailing that was stopped in this way, or not at all, when its window ended.
fn completed(stopped: impl IntoIterator<Item = Event>) -> Vec<Event> {
    [created()].into_iter().chain(stopped).chain([Event::Completed]).collect()
}

/// A history for each status that a mailing can have, and for each way to be paused.
fn histories() -> [(Status, Vec<Event>); 10] {
    let ended = |paused, disabled| Status::Completed { paused, disabled };
    [
        (Status::Active, vec![created()]),
        (Status::Paused, vec![created(), Event::Paused]),
        (Status::Paused, vec![created(), suspended()]),
        (Status::Disabled { paused: false }, vec![created(), disabled()]),
        (Status::Disabled { paused: true }, vec![created(), Event::Paused, disabled()]),
        (ended(false, false), completed([])),
        (ended(true, false), completed([Event::Paused])),
        (ended(false, true), completed([disabled()])),
        (ended(true, true), completed([Event::Paused, disabled()])),
        (Status::Cancelled, vec![created(), Event::Cancelled]),
    ]
}

/// Asks the same of a mailing in every status.
fn in_every_status(command: &Command, then: impl Fn(Status) -> Result<Vec<Event>, Error>) {
    for (status, history) in histories() {
        assert_eq!(given(history).when(command.clone()).inspect_result(), then(status), "{status:?}: {command:?}");
    }
}

/// One of each command that an owner asks about a mailing that should be there.
fn whatever_is_asked_by(by: UserId) -> [Command; 7] {
    [
        Command::Change { by, change: Change::default(), now: during() },
        Command::Change { by, change: rename(), now: during() },
        Command::Pause { by },
        Command::Resume { by },
        Command::Cancel { by },
        Command::CheckSendable { by, now: during() },
        Command::Delete { by },
    ]
}

/// One of each command that is not an owner's.
fn whatever_else_is_asked() -> [Command; 4] {
    [suspend("535 authentication failed"), disable("complaints"), enable("settled"), Command::Complete { now: later() }]
}

#[test]
fn the_histories_of_these_tests_lead_where_they_say() {
    for (expected, history) in histories() {
        assert_eq!(status(&after(history)), Some(expected));
    }
}

#[test]
fn a_mailing_is_created_before_or_while_its_window_is_open() {
    for now in [ahead(), opening(), during()] {
        given([]).when(create(plan(), now)).then_expect_events(vec![created()]);
    }
}

#[test]
fn a_mailing_whose_window_has_ended_is_not_created() {
    for now in [end(), later()] {
        given([]).when(create(plan(), now)).then_expect_error(Error::WindowEnded { end: end() });
    }
}

#[test]
fn a_mailing_needs_an_audience_of_clients_or_groups() {
    let to = |audience| create(Plan { audience, ..plan() }, during());
    given([]).when(to(Audience::default())).then_expect_error(Error::AudienceEmpty);
    for audience in [
        Audience { clients: [CARL].into(), ..Audience::default() },
        Audience { groups: [FRIENDS].into(), ..Audience::default() },
    ] {
        assert!(given([]).when(to(audience)).inspect_result().is_ok());
    }
}

#[test]
fn a_mailing_needs_a_moment_at_which_to_run() {
    let never = Plan { periodicity: cron("0 9 24 12 *"), ..plan() };
    given([]).when(create(never, during())).then_expect_error(Error::NeverDue);
    given([created()])
        .when(change(Change { periodicity: Some(cron("0 9 24 12 *")), ..Change::default() }))
        .then_expect_error(Error::NeverDue);
}

#[test]
fn an_id_is_used_only_once() {
    in_every_status(&create(plan(), during()), |_| Err(Error::AlreadyExists));
    given([created(), Event::Deleted]).when(create(plan(), during())).then_expect_error(Error::AlreadyExists);
}

#[test]
fn a_partial_change_erases_nothing_that_was_not_named() {
    let only_carl = || Audience { clients: [CARL].into(), ..Audience::default() };
    let new_window = |start, end| Window::new(start, end).expect("a window");
    let other = MessageId(Uuid::from_u128(9));
    for (asked, expected) in [
        (rename(), Plan { name: name("Summer news"), ..plan() }),
        (Change { message: Some(other), ..Change::default() }, Plan { message: other, ..plan() }),
        (Change { audience: Some(only_carl()), ..Change::default() }, Plan { audience: only_carl(), ..plan() }),
        (
            Change { starts_at: Some(ahead()), ..Change::default() },
            Plan { window: new_window(ahead(), end()), ..plan() },
        ),
        (prolong(), longer_plan()),
        (
            Change { starts_at: Some(during()), ends_at: Some(later()), ..Change::default() },
            Plan { window: new_window(during(), later()), ..plan() },
        ),
        (
            Change { periodicity: Some(Periodicity::Once), ..Change::default() },
            Plan { periodicity: Periodicity::Once, ..plan() },
        ),
        (Change { time_zone: Some(TimeZone::UTC), ..Change::default() }, Plan { time_zone: TimeZone::UTC, ..plan() }),
    ] {
        given([created()]).when(change(asked)).then_expect_events(vec![changed(expected)]);
    }
}

#[test]
fn a_change_that_changes_nothing_is_fine_unless_the_mailing_is_cancelled() {
    let same = Change { name: Some(name("Spring news")), ends_at: Some(end()), ..Change::default() };
    for nothing in [Change::default(), same] {
        in_every_status(&change(nothing), |status| match status {
            Status::Cancelled => Err(Error::Cancelled),
            _ => Ok(vec![]),
        });
    }
    given([created(), changed(longer_plan())]).when(change(prolong())).then_expect_events(vec![]);
}

#[test]
fn every_mailing_but_a_cancelled_one_can_be_changed() {
    in_every_status(&change(prolong()), |status| match status {
        Status::Cancelled => Err(Error::Cancelled),
        _ => Ok(vec![changed(longer_plan())]),
    });
}

#[test]
fn a_change_must_leave_a_plan_that_makes_sense() {
    let (start, end) = (opening(), end());
    let reversed = Error::Window(WindowError::Reversed { start, end: ahead() });
    for (asked, then) in [
        (Change { audience: Some(Audience::default()), ..Change::default() }, Error::AudienceEmpty),
        (Change { ends_at: Some(ahead()), ..Change::default() }, reversed),
        (Change { starts_at: Some(end), ..Change::default() }, Error::Window(WindowError::Empty { at: end })),
        (Change { ends_at: Some(during()), ..Change::default() }, Error::WindowEnded { end: during() }),
    ] {
        given([created()]).when(change(asked)).then_expect_error(then);
    }
}

#[test]
fn a_change_alone_neither_pauses_nor_resumes() {
    for (before, history) in histories() {
        if !matches!(before, Status::Completed { .. }) {
            let mailing = after(history.into_iter().chain([changed(longer_plan())]));
            assert_eq!(status(&mailing), Some(before));
        }
    }
}

#[test]
fn a_completed_mailing_with_a_later_end_lives_again() {
    let revived = [created(), Event::Completed, changed(longer_plan())];
    given(revived.clone()).when(Command::CheckSendable { by: ANN, now: end() }).then_expect_events(vec![]);
    given(revived.clone()).when(Command::Complete { now: end() }).then_expect_events(vec![]);
    given(revived).when(Command::Complete { now: later() }).then_expect_events(vec![Event::Completed]);
}

#[test]
fn a_completed_mailing_with_a_later_end_is_what_it_was_before() {
    for (stopped, then) in [
        (vec![], Status::Active),
        (vec![Event::Paused], Status::Paused),
        (vec![suspended()], Status::Paused),
        (vec![disabled()], Status::Disabled { paused: false }),
        (vec![Event::Paused, disabled()], Status::Disabled { paused: true }),
    ] {
        let history = completed(stopped);
        given(history.clone())
            .when(Command::Change { by: ANN, change: prolong(), now: end() })
            .then_expect_events(vec![changed(longer_plan())]);
        assert_eq!(status(&after(history.into_iter().chain([changed(longer_plan())]))), Some(then));
    }
}

#[test]
fn a_completed_mailing_is_not_changed_without_a_later_end() {
    let afterwards = |change| Command::Change { by: ANN, change, now: later() };
    given([created(), Event::Completed])
        .when(afterwards(rename()))
        .then_expect_error(Error::WindowEnded { end: end() });
}

#[test]
fn an_owner_pauses_what_is_active() {
    in_every_status(&Command::Pause { by: ANN }, |status| match status {
        Status::Active => Ok(vec![Event::Paused]),
        Status::Paused => Ok(vec![]),
        Status::Disabled { .. } => Err(Error::Disabled),
        Status::Completed { .. } => Err(Error::Completed),
        Status::Cancelled => Err(Error::Cancelled),
    });
}

#[test]
fn the_service_suspends_what_is_active() {
    in_every_status(&suspend("535 authentication failed"), |status| match status {
        Status::Active => Ok(vec![suspended()]),
        Status::Paused | Status::Disabled { .. } | Status::Completed { .. } | Status::Cancelled => Ok(vec![]),
    });
}

#[test]
fn a_suspended_mailing_is_paused_until_its_owner_resumes_it() {
    let suspended = [created(), suspended()];
    given(suspended.clone()).when(Command::CheckSendable { by: ANN, now: during() }).then_expect_error(Error::Paused);
    given(suspended.clone()).when(enable("settled")).then_expect_events(vec![]);
    given(suspended.clone()).when(Command::Resume { by: ANN }).then_expect_events(vec![Event::Resumed]);
    assert_eq!(status(&after(suspended.into_iter().chain([Event::Resumed]))), Some(Status::Active));
}

#[test]
fn the_service_owes_a_reason_for_suspending() {
    for blank in ["", " \t\n"] {
        in_every_status(&suspend(blank), |status| match status {
            Status::Active => Err(Error::ReasonMissing),
            Status::Paused | Status::Disabled { .. } | Status::Completed { .. } | Status::Cancelled => Ok(vec![]),
        });
    }
}

#[test]
fn a_disabled_mailing_is_resumed_only_by_a_manager() {
    in_every_status(&Command::Resume { by: ANN }, |status| match status {
        Status::Paused => Ok(vec![Event::Resumed]),
        Status::Active => Ok(vec![]),
        Status::Disabled { .. } => Err(Error::Disabled),
        Status::Completed { .. } => Err(Error::Completed),
        Status::Cancelled => Err(Error::Cancelled),
    });
    given([created(), disabled()]).when(enable("settled")).then_expect_events(vec![enabled()]);
}

#[test]
fn a_manager_disables_what_could_send() {
    in_every_status(&disable("complaints"), |status| match status {
        Status::Active | Status::Paused => Ok(vec![disabled()]),
        Status::Disabled { .. } => Ok(vec![]),
        Status::Completed { .. } => Err(Error::Completed),
        Status::Cancelled => Err(Error::Cancelled),
    });
}

#[test]
fn a_manager_enables_what_is_disabled() {
    in_every_status(&enable("settled"), |status| match status {
        Status::Disabled { .. } | Status::Completed { disabled: true, .. } => Ok(vec![enabled()]),
        Status::Active | Status::Paused | Status::Completed { .. } | Status::Cancelled => Ok(vec![]),
    });
}

#[test]
fn enabling_gives_back_what_the_owner_had_chosen() {
    assert_eq!(status(&after([created(), disabled(), enabled()])), Some(Status::Active));
    assert_eq!(status(&after([created(), Event::Paused, disabled(), enabled()])), Some(Status::Paused));
    assert_eq!(status(&after([created(), suspended(), disabled(), enabled()])), Some(Status::Paused));
    assert_eq!(status(&after([created(), Event::Paused, Event::Resumed, disabled(), enabled()])), Some(Status::Active));
}

#[test]
fn enabling_a_completed_mailing_shows_when_it_lives_again() {
    for (stopped, paused, then) in
        [(vec![disabled()], false, Status::Active), (vec![Event::Paused, disabled()], true, Status::Paused)]
    {
        let mut mailing = after(completed(stopped).into_iter().chain([enabled()]));
        assert_eq!(status(&mailing), Some(Status::Completed { paused, disabled: false }));
        mailing.evolve(changed(longer_plan()));
        assert_eq!(status(&mailing), Some(then));
    }
}

#[test]
fn managers_owe_a_reason() {
    for blank in ["", " \t\n"] {
        given([created()]).when(disable(blank)).then_expect_error(Error::ReasonMissing);
        given([created(), disabled()]).when(enable(blank)).then_expect_error(Error::ReasonMissing);
        given(completed([disabled()])).when(enable(blank)).then_expect_error(Error::ReasonMissing);
    }
}

#[test]
fn a_disabled_mailing_is_still_disabled_after_it_was_completed_and_prolonged() {
    let disabled = [created(), disabled()];
    given(disabled.clone())
        .and(vec![Event::Completed, changed(longer_plan())])
        .when(Command::CheckSendable { by: ANN, now: end() })
        .then_expect_error(Error::Disabled);
    given(disabled)
        .and(vec![Event::Completed, changed(longer_plan())])
        .when(enable("settled"))
        .then_expect_events(vec![enabled()]);
}

#[test]
fn a_cancelled_mailing_is_cancelled_for_good() {
    in_every_status(&Command::Cancel { by: ANN }, |status| match status {
        Status::Active | Status::Paused | Status::Disabled { .. } => Ok(vec![Event::Cancelled]),
        Status::Cancelled => Ok(vec![]),
        Status::Completed { .. } => Err(Error::Completed),
    });
    let cancelled = [created(), Event::Cancelled];
    given(cancelled.clone()).when(Command::Resume { by: ANN }).then_expect_error(Error::Cancelled);
    given(cancelled).when(enable("settled")).then_expect_events(vec![]);
}

#[test]
fn a_change_of_a_cancelled_mailing_is_refused_before_its_plan_is_judged() {
    for asked in [
        Change { ends_at: Some(ahead()), ..Change::default() },
        Change { ends_at: Some(opening()), ..Change::default() },
        Change { ends_at: Some(during()), ..Change::default() },
        Change { audience: Some(Audience::default()), ..Change::default() },
    ] {
        given([created(), Event::Cancelled]).when(change(asked)).then_expect_error(Error::Cancelled);
    }
}

#[test]
fn a_mailing_completes_at_the_end_of_its_window_and_not_before() {
    for now in [ahead(), opening(), during(), end() - chrono::TimeDelta::microseconds(1)] {
        in_every_status(&Command::Complete { now }, |_| Ok(vec![]));
    }
    for now in [end(), later()] {
        in_every_status(&Command::Complete { now }, |status| match status {
            Status::Active | Status::Paused | Status::Disabled { .. } => Ok(vec![Event::Completed]),
            Status::Completed { .. } | Status::Cancelled => Ok(vec![]),
        });
    }
}

#[test]
fn send_now_needs_an_active_mailing_with_an_open_window() {
    let check = |now| Command::CheckSendable { by: ANN, now };
    for (now, when_active) in [
        (ahead(), Err(Error::WindowNotOpen { start: opening() })),
        (opening(), Ok(vec![])),
        (during(), Ok(vec![])),
        (end(), Err(Error::WindowEnded { end: end() })),
    ] {
        in_every_status(&check(now), |status| match status {
            Status::Active | Status::Completed { .. } => when_active.clone(),
            Status::Paused => Err(Error::Paused),
            Status::Disabled { .. } => Err(Error::Disabled),
            Status::Cancelled => Err(Error::Cancelled),
        });
    }
}

#[test]
fn a_mailing_is_deleted_in_every_status_and_stays_deleted() {
    in_every_status(&Command::Delete { by: ANN }, |_| Ok(vec![Event::Deleted]));
    for command in whatever_is_asked_by(ANN) {
        let then = if matches!(command, Command::Delete { .. }) { Ok(vec![]) } else { Err(Error::NotFound) };
        assert_eq!(given([created(), Event::Deleted]).when(command).inspect_result(), then);
    }
    for command in whatever_else_is_asked() {
        given([created(), Event::Deleted]).when(command).then_expect_error(Error::NotFound);
    }
}

#[test]
fn what_was_never_planned_is_not_found() {
    for command in whatever_is_asked_by(ANN) {
        given([]).when(command).then_expect_error(Error::NotFound);
    }
    for command in whatever_else_is_asked() {
        given([]).when(command).then_expect_error(Error::NotFound);
    }
}

#[test]
fn another_owners_mailing_is_not_found_whatever_its_status() {
    for command in whatever_is_asked_by(BOB) {
        in_every_status(&command, |_| Err(Error::NotFound));
        given([created(), Event::Deleted]).when(command).then_expect_error(Error::NotFound);
    }
}

#[test]
fn a_name_is_one_tidy_line_that_is_not_too_long() {
    for (text, then) in [
        ("  Spring news\n", Ok("Spring news")),
        (&"ж".repeat(MAX_NAME), Ok(&*"ж".repeat(MAX_NAME))),
        (" \t\n", Err(Error::NameEmpty)),
        (&"ж".repeat(MAX_NAME + 1), Err(Error::NameTooLong { length: MAX_NAME + 1 })),
        ("Spring\nnews", Err(Error::NameNotALine)),
    ] {
        assert_eq!(Name::parse(text).as_ref().map(Name::as_str), then.as_ref().copied(), "{text:?}");
    }
}

#[test]
fn a_refusal_is_a_sentence_a_code_and_a_field() {
    let reversed = WindowError::Reversed { start: opening(), end: ahead() };
    let window_sentence = reversed.to_string();
    for (error, sentence, code, field) in [
        (Error::NotFound, "there is no such mailing among yours", "NOT_FOUND", Some("id")),
        (Error::AlreadyExists, "this mailing exists already", "ALREADY_EXISTS", None),
        (Error::NameEmpty, "a mailing needs a name", "NAME_EMPTY", Some("name")),
        (
            Error::NameTooLong { length: 201 },
            "the name has 201 characters; at most 200 fit",
            "NAME_TOO_LONG",
            Some("name"),
        ),
        (Error::NameNotALine, "the name must be one line without control characters", "NAME_NOT_A_LINE", Some("name")),
        (
            Error::AudienceEmpty,
            "the audience is empty: name clients, or groups that have clients",
            "AUDIENCE_EMPTY",
            Some("audience"),
        ),
        (Error::Window(reversed), &window_sentence, "WINDOW_REVERSED", Some("endsAt")),
        (
            Error::WindowEnded { end: end() },
            "the window has ended at 2026-05-08 10:00 UTC: choose an end that lies ahead",
            "WINDOW_ENDED",
            Some("endsAt"),
        ),
        (
            Error::WindowNotOpen { start: opening() },
            "the window opens at 2026-05-01 10:00 UTC: move the start, or wait",
            "WINDOW_NOT_OPEN",
            Some("startsAt"),
        ),
        (
            Error::NeverDue,
            "no run would ever start: the periodicity has no moment inside the window",
            "NEVER_DUE",
            Some("periodicity"),
        ),
        (Error::Paused, "the mailing is paused: resume it first", "MAILING_PAUSED", None),
        (
            Error::Disabled,
            "the mailing is disabled by a manager, and only a manager can enable it",
            "MAILING_DISABLED",
            None,
        ),
        (Error::Cancelled, "the mailing is cancelled for good: create a new one", "MAILING_CANCELLED", None),
        (Error::Completed, "the mailing is completed: give it an end that lies ahead first", "MAILING_COMPLETED", None),
        (Error::ReasonMissing, "a reason is needed, for the owner to read", "REASON_MISSING", Some("reason")),
    ] {
        assert_eq!((error.to_string().as_str(), error.code(), error.field()), (sentence, code, field));
    }
}

fn stored_forms() -> Vec<Event> {
    let often = |periodicity| changed(Plan { periodicity, ..plan() });
    stored_forms! {
        Created: [
            created(),
            Event::Created { owner: ANN, plan: Plan { audience: Audience::default(), ..plan() } },
        ],
        Changed: [
            often(Periodicity::Once),
            often(Periodicity::Weekly),
            often(Periodicity::Monthly),
            often(cron("0 9 * * MON")),
            changed(Plan {
                sending: Sending { in_doubt: InDoubt::Resend, relay: Some(RelayName::default()) },
                ..plan()
            }),
        ],
        Paused: [Event::Paused],
        Suspended: [suspended()],
        Resumed: [Event::Resumed],
        Disabled: [disabled()],
        Enabled: [enabled()],
        Cancelled: [Event::Cancelled],
        Completed: [Event::Completed],
        Deleted: [Event::Deleted],
    }
}

#[test]
fn the_stored_form_of_every_event_is_agreed_on() {
    insta::assert_json_snapshot!("events", stored_forms());
}

#[test]
fn every_stored_form_is_read_back_as_the_same_event() {
    let id = MailingId(Uuid::from_u128(1));
    for event in stored_forms() {
        let payload = serde_json::to_string(&event).expect("json");
        let fact = Fact::parse(Mailing::TYPE, &id.to_string(), &payload).expect("a fact");
        assert_eq!(fact, Fact::Mailing(id, event));
    }
}
