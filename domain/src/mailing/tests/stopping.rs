//! How a mailing is stopped, by its owner, the service or a manager, and how it goes on.

use super::*;

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
fn a_managers_reason_has_a_limit_and_a_mail_servers_words_have_none() {
    let longer = "ж".repeat(crate::MAX_REASON + 1);
    let refused = Error::ReasonTooLong { length: crate::MAX_REASON + 1 };
    given([created()]).when(disable(&longer)).then_expect_error(refused.clone());
    given([created(), disabled()]).when(enable(&longer)).then_expect_error(refused);
    given([created()]).when(suspend(&longer)).then_expect_events(vec![Event::Suspended { reason: longer }]);
    let longest = "ж".repeat(crate::MAX_REASON);
    given([created()]).when(disable(&longest)).then_expect_events(vec![Event::Disabled { reason: longest }]);
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
