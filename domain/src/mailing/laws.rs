//! Laws of mailings, whatever is asked of them and in whatever order.

use super::tests::{
    ANN, BOB, after, ahead, changed, created, cron, disable, disabled, during, enable, enabled, end, later, opening,
    plan, prolong, rename, status, suspend, suspended,
};
use super::{Action, Audience, Change, Command, Error, Event, InDoubt, Kind, Mailing, Plan, Rights, Sending, Status};
use crate::{Decide, Periodicity, RelayName, UserId, WindowPhase};
use chrono::{DateTime, Utc};
use proptest::prelude::*;

fn any_owner() -> impl Strategy<Value = UserId> {
    proptest::sample::select(vec![ANN, ANN, ANN, BOB])
}

fn any_moment() -> impl Strategy<Value = DateTime<Utc>> {
    proptest::sample::select(vec![ahead(), opening(), during(), end(), later()])
}

fn any_policy() -> impl Strategy<Value = InDoubt> {
    proptest::sample::select(vec![InDoubt::Hold, InDoubt::Resend])
}

fn any_kind() -> impl Strategy<Value = Kind> {
    proptest::sample::select(Kind::ALL.to_vec())
}

fn any_relay() -> impl Strategy<Value = Option<RelayName>> {
    proptest::option::of("[a-z0-9-]{1,32}".prop_map(|name| RelayName::parse(&name).expect("a name")))
}

fn any_sending() -> impl Strategy<Value = Sending> {
    (any_policy(), any_relay()).prop_map(|(in_doubt, relay)| Sending { in_doubt, relay })
}

fn any_change() -> impl Strategy<Value = Change> {
    let changes = vec![
        Change::default(),
        rename(),
        prolong(),
        Change { ends_at: Some(during()), ..Change::default() },
        Change { audience: Some(Audience::default()), ..Change::default() },
    ];
    let sending = (proptest::option::of(any_policy()), proptest::option::of(any_relay()));
    (proptest::sample::select(changes), sending, proptest::option::of(any_kind()))
        .prop_map(|(change, (in_doubt, relay), kind)| Change { in_doubt, relay, kind, ..change })
}

/// What a log may hold: a plan is not judged again when it is read, not even one whose window is reversed.
fn any_plan() -> impl Strategy<Value = Plan> {
    let periodicities = vec![Periodicity::Once, Periodicity::Daily, Periodicity::Monthly, cron("0 9 * * MON")];
    ("\\PC{0,8}", any_moment(), any_moment(), proptest::sample::select(periodicities), any_sending(), any_kind())
        .prop_map(|(name, start, end, periodicity, sending, kind)| Plan {
            name: serde_json::from_value(name.into()).expect("any text"),
            window: serde_json::from_value(serde_json::json!({ "start": start, "end": end })).expect("any moments"),
            periodicity,
            sending,
            kind,
            ..plan()
        })
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => (any_owner(), any_plan()).prop_map(|(owner, plan)| Event::Created { owner, plan, since: None }),
        2 => any_plan().prop_map(changed),
        8 => proptest::sample::select(vec![
            Event::Paused,
            suspended(),
            Event::Resumed,
            disabled(),
            enabled(),
            Event::Cancelled,
            Event::Completed,
            Event::Deleted,
        ]),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        (any_owner(), any_moment()).prop_map(|(owner, now)| Command::Create { owner, plan: plan(), now }),
        (any_owner(), any_change(), any_moment()).prop_map(|(by, change, now)| Command::Change { by, change, now }),
        any_owner().prop_map(|by| Command::Pause { by }),
        any_owner().prop_map(|by| Command::Resume { by }),
        any_owner().prop_map(|by| Command::Cancel { by }),
        any_owner().prop_map(|by| Command::Delete { by }),
        (any_owner(), any_moment()).prop_map(|(by, now)| Command::CheckSendable { by, now }),
        any_moment().prop_map(|now| Command::Complete { now }),
        proptest::sample::select(vec![
            suspend("535 authentication failed"),
            suspend(""),
            disable("complaints"),
            disable(""),
            enable("settled"),
            enable(""),
        ]),
    ]
}

/// Decides and evolves. A refusal changes nothing.
fn obey(mailing: &mut Mailing, command: Command) {
    for event in mailing.decide(command).unwrap_or_default() {
        mailing.evolve(event);
    }
}

/// What the API asks of a mailing for an action, with everything right that is not its state. The end of the window is
/// counted first, see `api::mailings`.
fn asking(action: Action, by: UserId, now: DateTime<Utc>) -> [Command; 2] {
    let reason = || "settled".to_owned();
    let asked = match action {
        // Long enough for a window that has ended.
        Action::Update => Command::Change {
            by,
            change: Change { ends_at: Some(later() + chrono::TimeDelta::days(100)), ..rename() },
            now,
        },
        Action::Start => Command::CheckSendable { by, now },
        Action::Pause => Command::Pause { by },
        Action::Resume => Command::Resume { by },
        Action::Cancel => Command::Cancel { by },
        Action::Delete => Command::Delete { by },
        Action::Disable => Command::Disable { reason: reason() },
        Action::Enable => Command::Enable { reason: reason() },
    };
    [Command::Complete { now }, asked]
}

/// What becomes of it: the state afterwards, unless it is refused.
fn answer(mailing: &Mailing, commands: impl IntoIterator<Item = Command>) -> Result<Mailing, Error> {
    let mut mailing = mailing.clone();
    for command in commands {
        for event in mailing.decide(command)? {
            mailing.evolve(event);
        }
    }
    Ok(mailing)
}

fn is_about_the_state(error: &Error) -> bool {
    matches!(
        error,
        Error::NotFound
            | Error::Paused
            | Error::Disabled
            | Error::Cancelled
            | Error::Completed
            | Error::WindowNotOpen { .. }
            | Error::WindowEnded { .. }
    )
}

proptest! {
    #[test]
    fn what_is_allowed_never_fails_for_the_state_and_what_is_not_allowed_always_does_or_changes_nothing(
        commands in proptest::collection::vec(any_command(), 0..16),
        by in any_owner(),
        watches in any::<bool>(),
        now in any_moment(),
    ) {
        let mut mailing = after([created()]);
        for command in commands {
            obey(&mut mailing, command);
        }
        let (allowed, owns) = match &mailing {
            Mailing::Planned { owner, plan, status } => {
                let phase = plan.window.phase(now);
                // Time does not go back.
                prop_assume!(phase == WindowPhase::Ended || !matches!(status, Status::Completed { .. }));
                let owns = *owner == by;
                (status.allows(phase, Rights { owns, watches }), owns)
            }
            Mailing::Deleted { .. } | Mailing::Absent => (vec![], false),
        };
        let counted = answer(&mailing, [Command::Complete { now }]).unwrap_or_else(|_| mailing.clone());
        for action in Action::ALL {
            // The API refuses these to whoever is no manager, before the mailing is asked.
            if !watches && matches!(action, Action::Disable | Action::Enable) {
                prop_assert!(!allowed.contains(&action));
                continue;
            }
            match answer(&mailing, asking(action, by, now)) {
                Ok(then) if allowed.contains(&action) => {
                    prop_assert!(action == Action::Start || then != counted, "{action:?} changes nothing: {mailing:?}");
                }
                Ok(then) => prop_assert_eq!(then, counted.clone(), "{:?} is not allowed", action),
                Err(error) => {
                    prop_assert!(!allowed.contains(&action), "{action:?} is allowed, and yet: {error}");
                    prop_assert!(is_about_the_state(&error), "{action:?}: {error}");
                    prop_assert!(owns || error == Error::NotFound || watches, "{action:?}: {error}");
                }
            }
        }
    }

    #[test]
    fn no_order_of_events_makes_evolve_panic_and_every_state_can_be_written_down(
        events in proptest::collection::vec(any_event(), 0..12),
        command in any_command(),
    ) {
        let mailing = after(events);
        let written = serde_json::to_value(&mailing).expect("json");
        prop_assert_eq!(&serde_json::from_value::<Mailing>(written).expect("a mailing"), &mailing);
        let _ = mailing.decide(command);
    }

    #[test]
    fn what_was_done_is_not_done_again_and_what_is_final_stays(
        commands in proptest::collection::vec(any_command(), 1..24),
    ) {
        let mut mailing = Mailing::default();
        for command in commands {
            let before = mailing.clone();
            let Ok(events) = mailing.decide(command.clone()) else { continue };
            for event in events {
                mailing.evolve(event);
            }
            match (&before, &mailing) {
                (Mailing::Deleted { .. }, _) => prop_assert_eq!(&mailing, &before),
                (Mailing::Planned { status: Status::Cancelled, .. }, Mailing::Planned { .. }) => {
                    prop_assert_eq!(&mailing, &before);
                }
                _ => {}
            }
            let again = if matches!(command, Command::Create { .. }) { Err(Error::AlreadyExists) } else { Ok(vec![]) };
            prop_assert_eq!(mailing.decide(command), again);
        }
    }

    #[test]
    fn a_plan_is_read_back_as_it_was_written_and_says_how_to_send_only_where_that_is_unusual(plan in any_plan()) {
        let written = serde_json::to_value(&plan).expect("json");
        prop_assert_eq!(written.get("sending").is_none(), plan.sending == Sending::default());
        prop_assert_eq!(serde_json::from_value::<Plan>(written).expect("a plan"), plan);
    }

    #[test]
    fn how_letters_are_sent_changes_exactly_as_asked(before in any_sending(), change in any_change()) {
        let mut mailing = after([created(), changed(Plan { sending: before.clone(), ..plan() })]);
        let (in_doubt, relay) = (change.in_doubt, change.relay.clone());
        let command = Command::Change { by: ANN, change, now: ahead() };
        let Ok(events) = mailing.decide(command) else { return Ok(()) };
        for event in events {
            mailing.evolve(event);
        }
        let Mailing::Planned { plan, .. } = mailing else { panic!("it is planned") };
        let expected =
            Sending { in_doubt: in_doubt.unwrap_or(before.in_doubt), relay: relay.unwrap_or(before.relay) };
        prop_assert_eq!(plan.sending, expected);
    }

    #[test]
    fn until_a_manager_enables_it_a_disabled_mailing_stays_disabled_or_ends(
        commands in proptest::collection::vec(any_command(), 1..12),
    ) {
        let mut mailing = after([created(), disabled()]);
        for command in commands {
            if matches!(command, Command::Enable { .. }) {
                continue;
            }
            obey(&mut mailing, command);
            let stays = matches!(
                status(&mailing),
                Some(Status::Disabled { .. } | Status::Completed { disabled: true, .. } | Status::Cancelled) | None
            );
            prop_assert!(stays, "{:?}", mailing);
        }
    }

    #[test]
    fn until_its_owner_resumes_it_a_paused_mailing_stays_paused_or_ends(
        how in proptest::sample::select(vec![Event::Paused, suspended()]),
        commands in proptest::collection::vec(any_command(), 1..12),
    ) {
        let mut mailing = after([created(), how]);
        for command in commands {
            if matches!(command, Command::Resume { .. }) {
                continue;
            }
            obey(&mut mailing, command);
            let stays = match status(&mailing) {
                Some(Status::Disabled { paused } | Status::Completed { paused, .. }) => paused,
                Some(Status::Active) => false,
                Some(Status::Paused | Status::Cancelled) | None => true,
            };
            prop_assert!(stays, "{:?}", mailing);
        }
    }
}
