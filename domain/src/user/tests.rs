//! What a user's account does, event by event.

use super::{ADMINISTRATOR, Command, Error, Event, User};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::{Claim, Decide, EmailAddress, FullName, Language, PostalAddress, Refusal, Role, TimeZone};
use proptest::prelude::*;

aggregate_tests!(User);

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
        language: Language::Ru,
    }
}

fn registered() -> Event {
    Event::Registered {
        email: email("Anna@Example.com"),
        full_name: full_name("Anna Petrova"),
        time_zone: TimeZone::parse("Europe/Berlin").expect("a zone"),
        language: Language::Ru,
    }
}

fn renamed() -> Event {
    Event::ProfileChanged {
        full_name: full_name("Anna Sokolova"),
        time_zone: TimeZone::parse("Europe/Berlin").expect("a zone"),
        language: Language::Ru,
    }
}

fn rename() -> Command {
    Command::ChangeProfile { full_name: Some(full_name("Anna Sokolova")), time_zone: None, language: None }
}

fn move_to(address: &str) -> Command {
    Command::ChangeEmail { email: email(address) }
}

fn moved_to(address: &str) -> Event {
    Event::EmailChanged { email: email(address) }
}

fn by_post(text: &str) -> Option<PostalAddress> {
    PostalAddress::parse(text).expect("short enough")
}

fn write_from(text: &str) -> Command {
    Command::ChangePostalAddress { postal_address: by_post(text) }
}

fn written_from(text: &str) -> Event {
    Event::PostalAddressChanged { postal_address: by_post(text) }
}

fn granted(role: Role) -> Event {
    Event::RoleGranted { role }
}

fn revoked(role: Role) -> Event {
    Event::RoleRevoked { role }
}

fn block(reason: &str) -> Command {
    Command::Block { reason: reason.to_owned(), even_administrators: true }
}

fn unblock(reason: &str) -> Command {
    Command::Unblock { reason: reason.to_owned(), even_administrators: true }
}

fn blocked() -> Event {
    Event::Blocked { reason: "complaints".to_owned() }
}

fn unblocked() -> Event {
    Event::Unblocked { reason: "a mistake".to_owned() }
}

#[test]
fn whoever_registers_has_an_account() {
    given([]).when(register()).then_expect_events(vec![registered()]);
}

#[test]
fn a_new_account_is_neither_verified_nor_blocked_and_has_no_role() {
    let User::Registered(account) = after([registered()]) else { panic!("no account") };
    assert!(!account.verified);
    assert!(!account.blocked);
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
        rename(),
        write_from("Lime Street 1"),
        move_to("b@example.com"),
        Command::GrantRole { role: Role::Manager },
        Command::RevokeRole { role: Role::Manager },
        block("complaints"),
        block(""),
        unblock("a mistake"),
    ] {
        given([]).when(command).then_expect_error(Error::NotFound);
    }
}

#[test]
fn a_postal_address_is_set_changed_and_taken_away() {
    given([registered()]).when(write_from("Lime Street 1")).then_expect_events(vec![written_from("Lime Street 1")]);
    let history = [registered(), written_from("Lime Street 1")];
    given(history.clone()).when(write_from(" Lime  Street 1\n")).then_expect_events(vec![]);
    given(history).when(write_from("")).then_expect_events(vec![written_from("")]);
    given([registered()]).when(write_from("")).then_expect_events(vec![]);
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
fn a_profile_is_changed_in_what_is_named_and_only_if_it_differs() {
    given([registered()]).when(rename()).then_expect_events(vec![renamed()]);
    given([registered(), renamed()]).when(rename()).then_expect_events(vec![]);
    let nothing = Command::ChangeProfile { full_name: None, time_zone: None, language: None };
    given([registered()]).when(nothing).then_expect_events(vec![]);
    let english = Command::ChangeProfile { full_name: None, time_zone: None, language: Some(Language::En) };
    let Event::ProfileChanged { full_name, time_zone, .. } = renamed() else { panic!("no profile") };
    let then = Event::ProfileChanged { full_name, time_zone, language: Language::En };
    given([registered(), renamed()]).when(english).then_expect_events(vec![then]);
}

#[test]
fn another_address_is_a_proven_one_and_takes_the_place_of_the_old_one() {
    let history = [registered(), Event::EmailVerified];
    given(history.clone()).when(move_to("b@example.com")).then_expect_events(vec![moved_to("b@example.com")]);
    given(history.clone()).when(move_to("Anna@Example.com")).then_expect_events(vec![]);
    given([registered(), moved_to("b@example.com")]).when(move_to("b@example.com")).then_expect_events(vec![]);
    // Unproven, it is worth telling that the address is the one that it was.
    given([registered()]).when(move_to("Anna@Example.com")).then_expect_events(vec![moved_to("Anna@Example.com")]);

    let moved = after([registered(), moved_to("B@example.com")]);
    let claim = Claim::new("user-email", String::new(), "b@example.com".into());
    assert_eq!(moved.claims(), [claim]);
    let User::Registered(account) = moved else { panic!("no account") };
    assert!(account.verified);
}

#[test]
fn an_account_that_is_older_than_languages_is_written_to_in_english() {
    let payload = r#"{"Registered":{"email":"a@example.com","full_name":"Ann","time_zone":"UTC"}}"#;
    let event: Event = serde_json::from_str(payload).expect("an event");
    let Event::Registered { language, .. } = event else { panic!("{event:?}") };
    assert_eq!(language, Language::En);
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
fn whoever_is_let_in_can_be_blocked_and_whoever_is_blocked_can_be_let_in_again() {
    for (history, when, then) in [
        (vec![], block("complaints"), vec![blocked()]),
        (vec![blocked()], block("complaints"), vec![]),
        (vec![blocked()], block("more complaints"), vec![]),
        (vec![blocked(), unblocked()], block("complaints"), vec![blocked()]),
        (vec![], unblock("a mistake"), vec![]),
        (vec![blocked()], unblock("a mistake"), vec![unblocked()]),
        (vec![blocked(), unblocked()], unblock("a mistake"), vec![]),
    ] {
        given([registered()]).and(history).when(when).then_expect_events(then);
    }
}

#[test]
fn blocking_and_unblocking_need_a_reason_unless_there_is_nothing_to_do() {
    for blank in ["", " \t\n"] {
        given([registered()]).when(block(blank)).then_expect_error(Error::ReasonMissing);
        given([registered(), blocked()]).when(block(blank)).then_expect_events(vec![]);
        given([registered(), blocked()]).when(unblock(blank)).then_expect_error(Error::ReasonMissing);
        given([registered()]).when(unblock(blank)).then_expect_events(vec![]);
    }
}

#[test]
fn a_reason_is_kept_as_it_is_up_to_its_limit() {
    // Characters are counted, not bytes.
    let longest = "ж".repeat(crate::MAX_REASON);
    given([registered()]).when(block(&longest)).then_expect_events(vec![Event::Blocked { reason: longest.clone() }]);
    let longer = format!("{longest}!");
    for (history, when) in [(vec![], block(&longer)), (vec![blocked()], unblock(&longer))] {
        let refused = Error::ReasonTooLong { length: crate::MAX_REASON + 1 };
        given([registered()]).and(history).when(when).then_expect_error(refused);
    }
}

#[test]
fn blocking_takes_nothing_away_but_the_way_in() {
    let history = [registered(), Event::EmailVerified, granted(Role::Manager)];
    let free = after(history.clone());
    let shut_out = after(history.into_iter().chain([blocked()]));
    let User::Registered(account) = shut_out.clone() else { panic!("no account") };
    assert!(account.blocked);
    assert_eq!(shut_out.claims(), free.claims());
    let mut again = shut_out;
    again.evolve(unblocked());
    assert_eq!(again, free);
}

#[test]
fn a_blocked_account_can_still_be_managed() {
    for (when, then) in [
        (Command::VerifyEmail, Event::EmailVerified),
        (Command::ChangePassword, Event::PasswordChanged),
        (rename(), renamed()),
        (move_to("b@example.com"), moved_to("b@example.com")),
        (Command::GrantRole { role: Role::Manager }, granted(Role::Manager)),
    ] {
        given([registered(), blocked()]).when(when).then_expect_events(vec![then]);
    }
    given([registered(), granted(Role::Manager), blocked()])
        .when(Command::RevokeRole { role: Role::Manager })
        .then_expect_events(vec![revoked(Role::Manager)]);
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
    let claim = Claim::new("user-email", String::new(), "anna@example.com".into());
    assert_eq!(after([registered(), Event::EmailVerified]).claims(), std::slice::from_ref(&claim));
    assert_eq!(User::claimed(&claim), Some(Error::EmailTaken));
    assert_eq!(User::needed(&claim), None);
}

#[test]
fn an_administrator_who_is_not_blocked_holds_a_claim_of_which_one_must_be_left() {
    let claim = Claim::new(ADMINISTRATOR, String::new(), "anna@example.com".into());
    let holds = |events: &[Event]| after([registered()].into_iter().chain(events.to_vec())).claims().contains(&claim);
    let role = Role::Administrator;
    for (history, held) in [
        (vec![], false),
        (vec![granted(Role::Manager)], false),
        (vec![granted(role)], true),
        (vec![granted(role), blocked()], false),
        (vec![granted(role), blocked(), unblocked()], true),
        (vec![granted(role), revoked(role)], false),
        (vec![blocked(), granted(role)], false),
    ] {
        assert_eq!(holds(&history), held, "{history:?}");
    }
    assert_eq!(User::needed(&claim), Some(Error::LastAdministrator));
}

#[test]
fn managers_neither_block_nor_unblock_administrators() {
    let as_manager = |command| match command {
        Command::Block { reason, .. } => Command::Block { reason, even_administrators: false },
        Command::Unblock { reason, .. } => Command::Unblock { reason, even_administrators: false },
        other => other,
    };
    let role = Role::Administrator;
    for (history, when, then) in [
        (vec![], block("complaints"), Ok(vec![blocked()])),
        (vec![granted(Role::Manager)], block("complaints"), Ok(vec![blocked()])),
        (vec![granted(role)], block("complaints"), Err(Error::AdministratorsOnly)),
        (vec![granted(role), blocked()], block("complaints"), Err(Error::AdministratorsOnly)),
        (vec![granted(role), blocked()], unblock("a mistake"), Err(Error::AdministratorsOnly)),
        (vec![granted(role), blocked(), revoked(role)], unblock("a mistake"), Ok(vec![unblocked()])),
    ] {
        let user = after([registered()].into_iter().chain(history.clone()));
        assert_eq!(user.decide(as_manager(when)), then, "{history:?}");
    }
}

#[test]
fn a_refusal_has_a_code_and_a_field() {
    for (error, code, field) in [
        (Error::NotFound, "NOT_FOUND", Some("id")),
        (Error::AlreadyRegistered, "ALREADY_EXISTS", None),
        (Error::EmailTaken, "EMAIL_TAKEN", Some("email")),
        (Error::AdministratorsOnly, "FORBIDDEN", Some("id")),
        (Error::LastAdministrator, "LAST_ADMINISTRATOR", Some("id")),
        (Error::ReasonMissing, "REASON_MISSING", Some("reason")),
        (Error::ReasonTooLong { length: 501 }, "REASON_TOO_LONG", Some("reason")),
    ] {
        assert_eq!((error.code().as_str(), error.field()), (code, field), "{error}");
    }
}

fn stored_forms() -> Vec<Event> {
    stored_forms! {
        Registered: [
            registered(),
            Event::Registered {
                email: email("a@localhost"),
                full_name: FullName::default(),
                time_zone: TimeZone::UTC,
                language: Language::En,
            },
        ],
        EmailVerified: [Event::EmailVerified],
        ProfileChanged: [renamed()],
        PostalAddressChanged: [written_from("Lime Street 1\nTown"), written_from("")],
        EmailChanged: [moved_to("b@example.com")],
        PasswordChanged: [Event::PasswordChanged],
        Blocked: [blocked()],
        Unblocked: [unblocked()],
        RoleGranted: [granted(Role::Manager), granted(Role::ContentManager), granted(Role::Administrator)],
        RoleRevoked: [revoked(Role::Manager)],
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
            language: Language::En,
        }),
        Just(Event::EmailVerified),
        Just(renamed()),
        Just(written_from("Lime Street 1")),
        "\\PC{0,8}"
            .prop_map(|email| Event::EmailChanged { email: serde_json::from_value(email.into()).expect("any text") }),
        Just(Event::PasswordChanged),
        ".{0,8}".prop_map(|reason| Event::Blocked { reason }),
        ".{0,8}".prop_map(|reason| Event::Unblocked { reason }),
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
        Just(rename()),
        proptest::sample::select(vec!["Lime Street 1", ""]).prop_map(write_from),
        Just(move_to("b@example.com")),
        proptest::sample::select(vec!["complaints", "", " "]).prop_map(block),
        proptest::sample::select(vec!["a mistake", "", " "]).prop_map(unblock),
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
        prop_assert!(user.claims().len() <= 2);
        let _ = user.decide(command);
    }

    #[test]
    fn what_was_done_is_not_done_again(commands in proptest::collection::vec(any_command(), 1..12)) {
        let mut user = User::default();
        // By the log alone.
        let mut shut_out = false;
        for command in commands {
            let Ok(events) = user.decide(command.clone()) else { continue };
            for event in events {
                match &event {
                    Event::Blocked { reason } | Event::Unblocked { reason } => {
                        let blocks = matches!(event, Event::Blocked { .. });
                        prop_assert!(blocks != shut_out && !reason.trim().is_empty());
                        shut_out = blocks;
                    }
                    _ => {}
                }
                user.evolve(event);
            }
            let blocked = matches!(&user, User::Registered(account) if account.blocked);
            prop_assert_eq!(blocked, shut_out);
            match command {
                Command::Register { .. } => prop_assert_eq!(user.decide(command), Err(Error::AlreadyRegistered)),
                Command::ChangePassword => prop_assert_eq!(user.decide(command), Ok(vec![Event::PasswordChanged])),
                _ => prop_assert_eq!(user.decide(command), Ok(vec![])),
            }
        }
    }
}
