//! What a session does, event by event.

use super::{Command, End, Error, Event, Session};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::{Code, Decide, Refusal, UserId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

const ANN: UserId = UserId(Uuid::from_u128(0xa));

aggregate_tests!(Session);

fn noon() -> DateTime<Utc> {
    "2026-05-01T12:00:00Z".parse().expect("a moment")
}

fn begin() -> Command {
    Command::Begin { user: ANN, expires_at: noon() }
}

fn end(how: End) -> Command {
    Command::End { user: ANN, how }
}

fn begun() -> Event {
    Event::Begun { user: ANN, expires_at: noon() }
}

fn ended(how: End) -> Event {
    Event::Ended { user: ANN, how }
}

#[test]
fn a_session_is_begun_under_an_id_that_is_used_only_once() {
    given([]).when(begin()).then_expect_events(vec![begun()]);
    given([begun()]).when(begin()).then_expect_error(Error::AlreadyExists);
    given([begun(), ended(End::LoggedOut)]).when(begin()).then_expect_error(Error::AlreadyExists);
}

#[test]
fn a_session_is_ended_once_in_the_way_that_came_first() {
    given([begun()]).when(end(End::LoggedOut)).then_expect_events(vec![ended(End::LoggedOut)]);
    given([begun(), ended(End::LoggedOut)]).when(end(End::PasswordChanged)).then_expect_events(vec![]);
    assert_eq!(after([begun(), ended(End::Surplus)]), Session::Ended { user: ANN });
}

#[test]
fn a_session_from_before_log_ins_left_events_is_ended_like_any_other() {
    given([]).when(end(End::EndedByUser)).then_expect_events(vec![ended(End::EndedByUser)]);
}

#[test]
fn a_refusal_is_a_code_and_a_field() {
    assert_eq!((Error::AlreadyExists.code(), Error::AlreadyExists.field()), (Code::AlreadyExists, None));
}

fn stored_forms() -> Vec<Event> {
    stored_forms! {
        Begun: [begun()],
        Ended: [
            ended(End::LoggedOut),
            ended(End::EndedByUser),
            ended(End::PasswordChanged),
            ended(End::Surplus),
        ],
    }
}
