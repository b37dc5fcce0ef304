//! How a mailing is planned otherwise.

use super::*;

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
        let since = (expected.window.start(), &expected.periodicity, expected.time_zone)
            != (plan().window.start(), &plan().periodicity, plan().time_zone);
        let expected = Event::Changed { plan: expected, since: since.then(during), of_groups_again: false };
        given([created()]).when(change(asked)).then_expect_events(vec![expected]);
    }
}

#[test]
fn that_a_mailing_has_no_segments_any_more_and_leaves_nobody_out_is_said_as_it_is_meant() {
    let with = |audience| Plan { audience, ..plan() };
    let to = |audience| change(Change { audience: Some(audience), ..Change::default() });
    let by_filter = || changed(with(everything()));
    let given_up = Event::Changed { plan: plan(), since: None, of_groups_again: true };
    given([created(), by_filter()]).when(to(audience())).then_expect_events(vec![given_up.clone()]);
    let fewer = Audience { less: Less::default(), ..everything() };
    given([created(), by_filter()]).when(to(fewer.clone())).then_expect_events(vec![changed(with(fewer))]);
    let renamed = Plan { name: name("Summer news"), ..plan() };
    given([created(), by_filter(), given_up]).when(change(rename())).then_expect_events(vec![changed(renamed)]);
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
            // What the end had cut off was never to run.
            .then_expect_events(vec![changed_from(longer_plan(), end())]);
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
