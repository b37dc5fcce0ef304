//! What a mailing does, event by event.

use super::{
    Audience, Change, Command, Error, Event, InDoubt, Kind, Less, MAX_NAME, Mailing, Name, OLDEST_START, Plan, Sending,
    Status,
};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::{
    ClientId, CronExpression, Decide, GroupId, MailingId, MessageId, Periodicity, Refusal, RelayName, SegmentId,
    SenderId, TimeZone, UserId, Window, WindowError,
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

mod changes;
mod kind;
mod sender;
mod sending;
mod stopping;

pub(super) const ANN: UserId = UserId(Uuid::from_u128(0xa));
pub(super) const BOB: UserId = UserId(Uuid::from_u128(0xb));
const LETTER: MessageId = MessageId(Uuid::from_u128(1));
const CARL: ClientId = ClientId(Uuid::from_u128(2));
const FRIENDS: GroupId = GroupId(Uuid::from_u128(3));

aggregate_tests!(Mailing);

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

/// An audience with all that one can have.
fn everything() -> Audience {
    let segments: std::collections::BTreeSet<_> = [SegmentId(Uuid::from_u128(5))].into();
    let less =
        Less { groups: [FRIENDS].into(), segments: segments.clone(), mailings: [MailingId(Uuid::from_u128(6))].into() };
    Audience { segments, less, ..audience() }
}

fn audience() -> Audience {
    Audience { clients: [CARL].into(), groups: [FRIENDS].into(), ..Audience::default() }
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
        kind: Kind::Bulk,
        sender: None,
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
    Event::Created { owner: ANN, plan: plan(), since: None }
}

fn created_at(now: DateTime<Utc>) -> Event {
    Event::Created { owner: ANN, plan: plan(), since: Some(now) }
}

/// At the same moments as before.
pub(super) fn changed(plan: Plan) -> Event {
    Event::Changed { plan, since: None, of_groups_again: false }
}

fn changed_from(plan: Plan, now: DateTime<Utc>) -> Event {
    Event::Changed { plan, since: Some(now), of_groups_again: false }
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
        given([]).when(create(plan(), now)).then_expect_events(vec![created_at(now)]);
    }
}

#[test]
fn a_mailing_whose_window_has_ended_is_not_created() {
    for now in [end(), later()] {
        given([]).when(create(plan(), now)).then_expect_error(Error::WindowEnded { end: end() });
    }
}

#[test]
fn a_window_that_opened_more_than_a_year_ago_is_refused_where_it_is_new() {
    let opens = |at| Plan { window: Window::new(at, end()).expect("a window"), ..plan() };
    let earliest = during() - OLDEST_START;
    let start = earliest - chrono::TimeDelta::seconds(1);
    let refused = Error::StartTooOld { start, earliest };
    assert!(given([]).when(create(opens(earliest), during())).inspect_result().is_ok());
    given([]).when(create(opens(start), during())).then_expect_error(refused.clone());
    let moved = Change { starts_at: Some(start), ..Change::default() };
    given([created()]).when(change(moved)).then_expect_error(refused);
    // One that has become old, or was planned when this was allowed, goes on and can be changed.
    let old = || Event::Created { owner: ANN, plan: opens(start), since: None };
    let renamed = Plan { name: name("Summer news"), ..opens(start) };
    given([old()]).when(change(rename())).then_expect_events(vec![changed(renamed)]);
}

#[test]
fn a_mailing_needs_an_audience_of_clients_groups_or_segments() {
    let to = |audience| create(Plan { audience, ..plan() }, during());
    given([]).when(to(Audience::default())).then_expect_error(Error::AudienceEmpty);
    for audience in [
        Audience { clients: [CARL].into(), ..Audience::default() },
        Audience { groups: [FRIENDS].into(), ..Audience::default() },
        Audience { segments: [SegmentId(Uuid::from_u128(5))].into(), ..Audience::default() },
    ] {
        assert!(given([]).when(to(audience)).inspect_result().is_ok());
    }
}

#[test]
fn whom_an_audience_leaves_out_makes_nobody_an_audience() {
    let less = Less { groups: [FRIENDS].into(), ..Less::default() };
    let nobody = Audience { less: less.clone(), ..Audience::default() };
    given([]).when(create(Plan { audience: nobody, ..plan() }, during())).then_expect_error(Error::AudienceEmpty);
    assert!(audience().is_of_groups());
    assert!(!Audience { less, ..audience() }.is_of_groups());
    assert!(!Audience { segments: [SegmentId(Uuid::from_u128(5))].into(), ..audience() }.is_of_groups());
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
fn a_refusal_has_a_code_and_a_field() {
    let reversed = WindowError::Reversed { start: opening(), end: ahead() };
    for (error, code, field) in [
        (Error::NotFound, "NOT_FOUND", Some("id")),
        (Error::AlreadyExists, "ALREADY_EXISTS", None),
        (Error::NameEmpty, "NAME_EMPTY", Some("name")),
        (Error::NameTooLong { length: 201 }, "NAME_TOO_LONG", Some("name")),
        (Error::NameNotALine, "NAME_NOT_A_LINE", Some("name")),
        (Error::AudienceEmpty, "AUDIENCE_EMPTY", Some("audience")),
        (Error::Window(reversed), "WINDOW_REVERSED", Some("endsAt")),
        (Error::WindowEnded { end: end() }, "WINDOW_ENDED", Some("endsAt")),
        (Error::WindowNotOpen { start: opening() }, "WINDOW_NOT_OPEN", Some("startsAt")),
        (Error::NeverDue, "NEVER_DUE", Some("periodicity")),
        (Error::Paused, "MAILING_PAUSED", None),
        (Error::Disabled, "MAILING_DISABLED", None),
        (Error::Cancelled, "MAILING_CANCELLED", None),
        (Error::Completed, "MAILING_COMPLETED", None),
        (Error::ReasonMissing, "REASON_MISSING", Some("reason")),
        (Error::ReasonTooLong { length: 501 }, "REASON_TOO_LONG", Some("reason")),
    ] {
        assert_eq!((error.code().as_str(), error.field()), (code, field), "{error}");
    }
}

fn stored_forms() -> Vec<Event> {
    let often = |periodicity| changed(Plan { periodicity, ..plan() });
    stored_forms! {
        Created: [
            created(),
            created_at(during()),
            Event::Created { owner: ANN, plan: Plan { audience: Audience::default(), ..plan() }, since: None },
        ],
        Changed: [
            often(Periodicity::Once),
            changed_from(plan(), during()),
            often(Periodicity::Weekly),
            often(Periodicity::Monthly),
            often(cron("0 9 * * MON")),
            changed(Plan {
                sending: Sending { in_doubt: InDoubt::Resend, relay: Some(RelayName::default()) },
                ..plan()
            }),
            changed(Plan { kind: Kind::Transactional, ..plan() }),
            changed(Plan { audience: everything(), ..plan() }),
            changed(Plan { sender: Some(SenderId(Uuid::from_u128(0x5e))), ..plan() }),
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
