//! What an import does, event by event.

use super::{Command, Done, Error, Event, Import, Mode, TakenBack};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::{Decide, UserId};
use uuid::Uuid;

const ANN: UserId = UserId(Uuid::from_u128(0xa));
const BOB: UserId = UserId(Uuid::from_u128(0xb));
const DONE: Done = Done { rows: 5, added: 2, updated: 1, unchanged: 1, bad: 1 };
const BACK: TakenBack = TakenBack { removed: 2, restored: 0, left: 1 };

aggregate_tests!(Import);

fn begun(mode: Mode) -> Event {
    Event::Begun { owner: ANN, file: "clients.csv".into(), mode }
}

fn stored_forms() -> Vec<Event> {
    stored_forms! {
        Begun: [begun(Mode::Add), begun(Mode::Update), begun(Mode::AddAndUpdate)],
        Finished: [Event::Finished(DONE)],
        UndoBegun: [Event::UndoBegun],
        Undone: [Event::Undone(BACK)],
    }
}

#[test]
fn an_import_begins_once_and_ends_once() {
    let begin = || Command::Begin { owner: ANN, file: "clients.csv".into(), mode: Mode::Update };
    let finish = || Command::Finish { done: DONE };
    given([]).when(begin()).then_expect_events(vec![begun(Mode::Update)]);
    given([begun(Mode::Update)]).when(begin()).then_expect_error(Error::AlreadyExists);
    given([begun(Mode::Add)]).when(finish()).then_expect_events(vec![Event::Finished(DONE)]);
    given([begun(Mode::Add), Event::Finished(DONE)]).when(finish()).then_expect_events(vec![]);
    let more = Done { rows: 6, ..DONE };
    let again = Command::Finish { done: more };
    given([begun(Mode::Add), Event::Finished(DONE)]).when(again).then_expect_events(vec![Event::Finished(more)]);
    given([begun(Mode::Add), Event::UndoBegun]).when(finish()).then_expect_events(vec![]);
    given([]).when(finish()).then_expect_error(Error::NotFound);
}

#[test]
fn its_owner_takes_it_back_once_also_if_it_broke_off() {
    let undo = |by| Command::BeginUndo { by };
    let finish = || Command::FinishUndo { done: BACK };
    let undone = [begun(Mode::Add), Event::Finished(DONE), Event::UndoBegun, Event::Undone(BACK)];
    for place in 1..=2 {
        given(&undone[..place]).when(undo(ANN)).then_expect_events(vec![Event::UndoBegun]);
        given(&undone[..place]).when(finish()).then_expect_error(Error::NotFound);
    }
    given(&undone[..3]).when(undo(ANN)).then_expect_events(vec![]);
    given(&undone[..3]).when(finish()).then_expect_events(vec![Event::Undone(BACK)]);
    given(undone.clone()).when(undo(ANN)).then_expect_error(Error::TakenBack);
    given(undone.clone()).when(finish()).then_expect_events(vec![]);
    assert_eq!((after([]).owner(), after(undone.clone()).owner()), (None, Some(ANN)));
    for place in 0..=4 {
        given(&undone[..place]).when(undo(BOB)).then_expect_error(Error::NotFound);
    }
}

#[test]
fn a_mode_says_who_is_added_and_who_is_changed() {
    let told: Vec<_> = Mode::ALL.into_iter().map(|mode| (mode.adds(), mode.updates())).collect();
    assert_eq!(told, [(true, false), (false, true), (true, true)]);
    assert!(Mode::ALL.into_iter().all(|mode| Mode::from_name(mode.name()) == Some(mode)));
}
