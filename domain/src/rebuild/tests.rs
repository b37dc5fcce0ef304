//! What a rebuild does, event by event.

use super::{Command, Error, Event, Rebuild};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::{Code, Decide, Refusal};

aggregate_tests!(Rebuild);

fn begin() -> Command {
    Command::Begin { projection: "clients".to_owned() }
}

fn finish() -> Command {
    Command::Finish { events: 7 }
}

fn fail() -> Command {
    Command::Fail { reason: "the disk is full".to_owned() }
}

fn begun() -> Event {
    Event::Begun { projection: "clients".to_owned() }
}

fn finished() -> Event {
    Event::Finished { events: 7 }
}

fn failed() -> Event {
    Event::Failed { reason: "the disk is full".to_owned() }
}

#[test]
fn a_rebuild_is_begun_and_ends_once_well_or_badly() {
    given([]).when(begin()).then_expect_events(vec![begun()]);
    given([begun()]).when(begin()).then_expect_error(Error::AlreadyExists);
    given([begun()]).when(finish()).then_expect_events(vec![finished()]);
    given([begun()]).when(fail()).then_expect_events(vec![failed()]);
    for end in [finished(), failed()] {
        assert_eq!(after([begun(), end.clone()]), Rebuild::Ended);
        given([begun(), end.clone()]).when(finish()).then_expect_events(vec![]);
        given([begun(), end]).when(fail()).then_expect_events(vec![]);
    }
}

#[test]
fn a_rebuild_that_nobody_has_begun_does_not_end() {
    given([]).when(finish()).then_expect_error(Error::NotFound);
    given([]).when(fail()).then_expect_error(Error::NotFound);
}

#[test]
fn a_refusal_is_a_code_and_a_field() {
    for (error, code, field) in
        [(Error::NotFound, Code::NotFound, Some("id")), (Error::AlreadyExists, Code::AlreadyExists, None)]
    {
        assert_eq!((error.code(), error.field()), (code, field));
    }
}

fn stored_forms() -> Vec<Event> {
    stored_forms! {
        Begun: [begun()],
        Finished: [finished()],
        Failed: [failed()],
    }
}
