//! What a user's account does, event by event.

use super::{Command, Error, Event, User};
use crate::{Claim, Decide, EmailAddress, Fact, FullName, Refusal, Role, TimeZone, UserId};
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use cqrs_es::{Aggregate, DomainEvent};
use proptest::prelude::*;
use uuid::Uuid;

fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

fn full_name(text: &str) -> FullName {
    FullName::parse(text).expect("a name")
}

fn register() -> Command {
    Command::Register {
        email: email("Anna@Example.com"),
        full_name: full_name("Anna Petrova"),
        time_zone: TimeZone::parse("Europe/Berlin").expect("a zone"),
    }
}

fn registered() -> Event {
    Event::Registered {
        email: email("Anna@Example.com"),
        full_name: full_name("Anna Petrova"),
        time_zone: TimeZone::parse("Europe/Berlin").expect("a zone"),
    }
}

fn granted(role: Role) -> Event {
    Event::RoleGranted { role }
}

fn revoked(role: Role) -> Event {
    Event::RoleRevoked { role }
}

fn given(events: impl Into<Vec<Event>>) -> AggregateTestExecutor<User> {
    TestFramework::with(()).given(events.into())
}

fn after(events: impl IntoIterator<Item = Event>) -> User {
    let mut user = User::default();
    for event in events {
        user.evolve(event);
    }
    user
}

#[test]
fn whoever_registers_has_an_account() {
    given([]).when(register()).then_expect_events(vec![registered()]);
}

#[test]
fn a_new_account_is_not_verified_and_has_no_role() {
    let User::Registered(account) = after([registered()]) else { panic!("no account") };
    assert!(!account.verified);
    assert!(account.roles.is_empty());
}

#[test]
fn an_id_is_registered_only_once() {
    given([registered()]).when(register()).then_expect_error(Error::AlreadyRegistered);
}

#[test]
fn nothing_happens_to_somebody_who_never_registered() {
    for command in [
        Command::VerifyEmail,
        Command::ChangePassword,
        Command::GrantRole { role: Role::Manager },
        Command::RevokeRole { role: Role::Manager },
    ] {
        given([]).when(command).then_expect_error(Error::NotFound);
    }
}

#[test]
fn an_address_is_verified_once() {
    given([registered()]).when(Command::VerifyEmail).then_expect_events(vec![Event::EmailVerified]);
    given([registered(), Event::EmailVerified]).when(Command::VerifyEmail).then_expect_events(vec![]);
}

#[test]
fn every_change_of_the_password_is_told() {
    let changed = vec![Event::PasswordChanged];
    given([registered()]).when(Command::ChangePassword).then_expect_events(changed.clone());
    given([registered(), Event::PasswordChanged]).when(Command::ChangePassword).then_expect_events(changed);
}

#[test]
fn a_role_is_granted_to_whoever_lacks_it_and_revoked_from_whoever_has_it() {
    for role in Role::ALL {
        let (grant, revoke) = (Command::GrantRole { role }, Command::RevokeRole { role });
        for (history, when, then) in [
            (vec![], grant.clone(), vec![granted(role)]),
            (vec![granted(role)], grant.clone(), vec![]),
            (vec![granted(role), revoked(role)], grant, vec![granted(role)]),
            (vec![], revoke.clone(), vec![]),
            (vec![granted(role)], revoke.clone(), vec![revoked(role)]),
            (vec![granted(role), revoked(role)], revoke, vec![]),
        ] {
            given([registered()]).and(history).when(when).then_expect_events(then);
        }
    }
}

#[test]
fn roles_are_a_set_in_which_none_stands_for_another() {
    let grant_all = Role::ALL.map(granted);
    let User::Registered(account) = after([registered()].into_iter().chain(grant_all)) else { panic!("no account") };
    assert_eq!(account.roles, Role::ALL.into());

    given([registered(), granted(Role::Administrator)])
        .when(Command::GrantRole { role: Role::Manager })
        .then_expect_events(vec![granted(Role::Manager)]);
    given([registered(), granted(Role::Administrator)])
        .when(Command::RevokeRole { role: Role::Manager })
        .then_expect_events(vec![]);
}

#[test]
fn an_account_holds_its_address_in_the_whole_service_however_it_is_written() {
    assert_eq!(after([]).claims(), []);
    let claim = Claim { kind: "user-email", scope: String::new(), value: "anna@example.com".into() };
    assert_eq!(after([registered(), Event::EmailVerified]).claims(), std::slice::from_ref(&claim));
    assert_eq!(User::claimed(&claim), Some(Error::EmailTaken));
}

#[test]
fn a_refusal_is_a_sentence_a_code_and_a_field() {
    for (error, sentence, code, field) in [
        (Error::NotFound, "there is no such user", "NOT_FOUND", Some("id")),
        (Error::AlreadyRegistered, "this user is registered already", "ALREADY_EXISTS", None),
        (
            Error::EmailTaken,
            "this address is already registered; log in with it, or use another one",
            "EMAIL_TAKEN",
            Some("email"),
        ),
    ] {
        assert_eq!((error.to_string().as_str(), error.code(), error.field()), (sentence, code, field));
    }
}

/// Lists the stored forms of every event. Without a form for each variant it does not compile.
macro_rules! stored_forms {
    ($($variant:ident: [$($form:expr),+ $(,)?],)+) => {{
        fn _every_variant_is_listed(event: &Event) {
            match event { $(Event::$variant { .. } => {})+ }
        }
        let forms = vec![$($((stringify!($variant), $form),)+)+];
        for (variant, form) in &forms {
            assert_eq!(form.event_type(), *variant);
        }
        forms.into_iter().map(|(_, form)| form).collect::<Vec<Event>>()
    }};
}

fn stored_forms() -> Vec<Event> {
    stored_forms! {
        Registered: [
            registered(),
            Event::Registered {
                email: email("a@localhost"),
                full_name: FullName::default(),
                time_zone: TimeZone::UTC,
            },
        ],
        EmailVerified: [Event::EmailVerified],
        PasswordChanged: [Event::PasswordChanged],
        Blocked: [Event::Blocked { reason: "complaints".to_owned() }],
        Unblocked: [Event::Unblocked { reason: "a mistake".to_owned() }],
        RoleGranted: [granted(Role::Manager), granted(Role::ContentManager), granted(Role::Administrator)],
        RoleRevoked: [revoked(Role::Manager)],
    }
}

#[test]
fn the_stored_form_of_every_event_is_agreed_on() {
    insta::assert_json_snapshot!("events", stored_forms());
}

#[test]
fn every_stored_form_is_read_back_as_the_same_event() {
    let id = UserId(Uuid::from_u128(1));
    for event in stored_forms() {
        let payload = serde_json::to_string(&event).expect("json");
        let fact = Fact::parse(User::TYPE, &id.to_string(), &payload).expect("a fact");
        assert_eq!(fact, Fact::User(id, event));
    }
}

/// What a log may hold: texts are not judged again when they are read.
fn any_event() -> impl Strategy<Value = Event> {
    let role = || proptest::sample::select(Role::ALL.to_vec());
    prop_oneof![
        ("\\PC{0,8}", "\\PC{0,8}").prop_map(|(email, full_name)| Event::Registered {
            email: serde_json::from_value(email.into()).expect("any text"),
            full_name: serde_json::from_value(full_name.into()).expect("any text"),
            time_zone: TimeZone::UTC,
        }),
        Just(Event::EmailVerified),
        Just(Event::PasswordChanged),
        role().prop_map(granted),
        role().prop_map(revoked),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    let role = || proptest::sample::select(Role::ALL.to_vec());
    prop_oneof![
        Just(register()),
        Just(Command::VerifyEmail),
        Just(Command::ChangePassword),
        role().prop_map(|role| Command::GrantRole { role }),
        role().prop_map(|role| Command::RevokeRole { role }),
    ]
}

proptest! {
    #[test]
    fn no_order_of_events_makes_evolve_panic_and_every_state_can_be_written_down(
        events in proptest::collection::vec(any_event(), 0..12),
        command in any_command(),
    ) {
        let user = after(events);
        let written = serde_json::to_value(&user).expect("json");
        prop_assert_eq!(&serde_json::from_value::<User>(written).expect("a user"), &user);
        prop_assert!(user.claims().len() <= 1);
        let _ = user.decide(command);
    }

    #[test]
    fn what_was_done_is_not_done_again(commands in proptest::collection::vec(any_command(), 1..12)) {
        let mut user = User::default();
        for command in commands {
            let Ok(events) = user.decide(command.clone()) else { continue };
            for event in events {
                user.evolve(event);
            }
            match command {
                Command::Register { .. } => prop_assert_eq!(user.decide(command), Err(Error::AlreadyRegistered)),
                Command::ChangePassword => prop_assert_eq!(user.decide(command), Ok(vec![Event::PasswordChanged])),
                _ => prop_assert_eq!(user.decide(command), Ok(vec![])),
            }
        }
    }
}
