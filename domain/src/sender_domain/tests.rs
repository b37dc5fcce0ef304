//! What a sender domain does, event by event.

use super::{Algorithm, Command, DomainName, Error, Event, Holding, KeyState, OVERLAP, Selector, SenderDomain};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::{Decide, EmailAddress, Refusal, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use uuid::Uuid;

const ANN: UserId = UserId(Uuid::from_u128(0xa));
const BOB: UserId = UserId(Uuid::from_u128(0xb));

aggregate_tests!(SenderDomain);

fn noon() -> DateTime<Utc> {
    "2026-05-01T12:00:00Z".parse().expect("a moment")
}

fn later() -> DateTime<Utc> {
    noon() + TimeDelta::days(30)
}

fn domain() -> DomainName {
    DomainName::parse("example.org").expect("a domain")
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).expect("a selector")
}

fn added() -> Event {
    Event::Added { domain: domain() }
}

fn made(text: &str, algorithm: Algorithm) -> Event {
    let public = "AAAA".to_owned();
    Event::KeyMade { selector: selector(text), algorithm, public, imported: false, at: noon() }
}

fn make(text: &str, algorithm: Algorithm) -> Command {
    let public = "AAAA".to_owned();
    Command::MakeKey { selector: selector(text), algorithm, public, imported: false, at: noon() }
}

fn activate(text: &str) -> Command {
    Command::Activate { selector: selector(text), at: later() }
}

fn activated(text: &str) -> Event {
    Event::KeyActivated { selector: selector(text), at: later() }
}

fn retire(text: &str) -> Command {
    Command::Retire { selector: selector(text), at: later() }
}

fn retired(text: &str) -> Event {
    Event::KeyRetired { selector: selector(text), at: later() }
}

fn remove_key(text: &str, at: DateTime<Utc>) -> Command {
    Command::RemoveKey { selector: selector(text), at }
}

fn removed_key(text: &str) -> Event {
    Event::KeyRemoved { selector: selector(text) }
}

fn remove() -> Command {
    Command::Remove { at: later() }
}

/// With an active RSA key `r1`, another one `r2` that waits, and an Ed25519 key `e1`.
fn with_keys() -> Vec<Event> {
    vec![
        added(),
        made("r1", Algorithm::Rsa),
        made("e1", Algorithm::Ed25519),
        activated("r1"),
        made("r2", Algorithm::Rsa),
    ]
}

fn with(more: impl IntoIterator<Item = Event>) -> Vec<Event> {
    with_keys().into_iter().chain(more).collect()
}

#[test]
fn a_domain_is_added_once_and_again_after_it_was_removed() {
    given([]).when(Command::Add { domain: domain() }).then_expect_events(vec![added()]);
    given([added()]).when(Command::Add { domain: domain() }).then_expect_error(Error::Taken { domain: domain() });
    given([added(), Event::Removed]).when(Command::Add { domain: domain() }).then_expect_events(vec![added()]);
    let state = after([added(), Event::Granted { owner: ANN }, Event::Removed, added()]);
    let holding = state.holding().expect("it is there");
    assert!(holding.grants.is_empty() && holding.active().next().is_none());
}

#[test]
fn nothing_happens_to_a_domain_that_is_not_there() {
    for history in [vec![], vec![added(), Event::Removed]] {
        for command in [make("r1", Algorithm::Rsa), activate("r1"), retire("r1"), Command::Grant { owner: ANN }] {
            given(history.clone()).when(command).then_expect_error(Error::NotFound);
        }
    }
    given([]).when(remove()).then_expect_error(Error::NotFound);
    given([added(), Event::Removed]).when(remove()).then_expect_events(vec![]);
}

#[test]
fn a_selector_is_never_used_twice() {
    let taken = || Error::SelectorTaken { selector: selector("r1") };
    given([added()]).when(make("r1", Algorithm::Rsa)).then_expect_events(vec![made("r1", Algorithm::Rsa)]);
    for history in [
        with_keys(),
        vec![added(), made("r1", Algorithm::Rsa), removed_key("r1")],
        vec![added(), made("r1", Algorithm::Rsa), Event::Removed, added()],
    ] {
        given(history).when(make("r1", Algorithm::Ed25519)).then_expect_error(taken());
    }
}

#[test]
fn a_fresh_selector_tells_the_day_and_the_algorithm() {
    let fresh = |events: Vec<Event>, algorithm| after(events).fresh_selector(algorithm, noon()).to_string();
    assert_eq!(fresh(vec![], Algorithm::Rsa), "s20260501r");
    assert_eq!(fresh(vec![added(), made("s20260501r", Algorithm::Rsa)], Algorithm::Ed25519), "s20260501e");
    let twice = vec![added(), made("s20260501r", Algorithm::Rsa), made("s20260501r2", Algorithm::Rsa)];
    assert_eq!(fresh(twice, Algorithm::Rsa), "s20260501r3");
    let gone = vec![added(), made("s20260501r", Algorithm::Rsa), Event::Removed];
    assert_eq!(fresh(gone, Algorithm::Rsa), "s20260501r2");
}

#[test]
fn activating_a_key_retires_the_one_with_the_same_algorithm() {
    given(with_keys()).when(activate("r2")).then_expect_events(vec![activated("r2"), retired("r1")]);
    given(with_keys()).when(activate("e1")).then_expect_events(vec![activated("e1")]);
    given(with_keys()).when(activate("r1")).then_expect_events(vec![]);
    let rotated = with([activated("r2"), retired("r1")]);
    given(rotated).when(activate("r1")).then_expect_events(vec![activated("r1"), retired("r2")]);
    let missing = Error::KeyNotFound { selector: selector("r9") };
    given(with_keys()).when(activate("r9")).then_expect_error(missing);
}

#[test]
fn of_each_algorithm_the_key_that_was_made_last_waits_and_none_that_was_passed_over() {
    let waiting = |more: Vec<Event>| {
        let state = after(with(more));
        let holding = state.holding().expect("it is there");
        holding.waiting().iter().map(|key| key.selector.to_string()).collect::<Vec<_>>()
    };
    let r3 = || vec![made("r3", Algorithm::Rsa)];
    let then = |events: Vec<Event>| r3().into_iter().chain(events).collect::<Vec<_>>();
    assert_eq!(waiting(vec![]), ["r2", "e1"]);
    assert_eq!(waiting(r3()), ["r3", "e1"]);
    assert_eq!(waiting(then(vec![removed_key("r3")])), ["r2", "e1"], "it was made by mistake");
    assert_eq!(waiting(then(vec![activated("r3"), retired("r1")])), ["e1"], "r2 was passed over");
    let back = vec![activated("r3"), retired("r1"), activated("r1"), retired("r3")];
    assert_eq!(waiting(then(back)), ["e1"], "somebody went back to what there was");
    assert_eq!(waiting(vec![activated("r2"), retired("r1"), activated("e1")]), [""; 0]);
}

#[test]
fn a_key_is_retired_once() {
    given(with_keys()).when(retire("r1")).then_expect_events(vec![retired("r1")]);
    given(with([retired("r1")])).when(retire("r1")).then_expect_events(vec![]);
    given(with_keys()).when(retire("r2")).then_expect_events(vec![]);
}

#[test]
fn a_key_goes_when_no_letter_can_need_it_any_more() {
    given(with_keys()).when(remove_key("r2", noon())).then_expect_events(vec![removed_key("r2")]);
    let active = Error::KeyActive { selector: selector("r1") };
    given(with_keys()).when(remove_key("r1", later())).then_expect_error(active);
    let end = later() + OVERLAP;
    let needed = Error::KeyStillNeeded { selector: selector("r1"), until: end };
    given(with([retired("r1")])).when(remove_key("r1", end - TimeDelta::seconds(1))).then_expect_error(needed);
    given(with([retired("r1")])).when(remove_key("r1", end)).then_expect_events(vec![removed_key("r1")]);
    given(with([retired("r1"), removed_key("r1")])).when(remove_key("r1", end)).then_expect_events(vec![]);
    let gone = with([retired("r1"), removed_key("r1")]);
    given(gone).when(activate("r1")).then_expect_error(Error::KeyNotFound { selector: selector("r1") });
}

#[test]
fn a_domain_goes_when_none_of_its_keys_is_needed() {
    given([added(), made("r1", Algorithm::Rsa)]).when(remove()).then_expect_events(vec![Event::Removed]);
    given(with_keys()).when(remove()).then_expect_error(Error::KeyActive { selector: selector("r1") });
    let needed = Error::KeyStillNeeded { selector: selector("r1"), until: later() + OVERLAP };
    given(with([retired("r1")])).when(remove()).then_expect_error(needed);
}

#[test]
fn a_domain_is_granted_to_an_owner_and_taken_back_once() {
    let granted = Event::Granted { owner: ANN };
    let withdrawn = Event::GrantWithdrawn { owner: ANN };
    given([added()]).when(Command::Grant { owner: ANN }).then_expect_events(vec![granted.clone()]);
    given([added(), granted.clone()]).when(Command::Grant { owner: ANN }).then_expect_events(vec![]);
    given([added(), granted.clone()])
        .when(Command::Withdraw { owner: ANN })
        .then_expect_events(vec![withdrawn.clone()]);
    given([added(), granted.clone()]).when(Command::Withdraw { owner: BOB }).then_expect_events(vec![]);
    given([added(), granted, withdrawn]).when(Command::Withdraw { owner: ANN }).then_expect_events(vec![]);
}

#[test]
fn a_domain_is_one_that_others_can_look_up() {
    let longest = format!("{}.{}.{}", "a".repeat(63), "b".repeat(63), "c".repeat(50));
    for (text, then) in [
        ("Example.ORG.", Some("example.org")),
        (" mail.example.org ", Some("mail.example.org")),
        ("пример.рф", Some("xn--e1afmkfd.xn--p1ai")),
        (&*longest, Some(&*longest)),
        (&*format!("{longest}c"), None),
        ("localhost", None),
        ("192.0.2.1", None),
        ("[192.0.2.1]", None),
        ("news@example.org", None),
        ("exa_mple.org", None),
        ("-example.org", None),
        ("a..b", None),
        ("", None),
    ] {
        assert_eq!(DomainName::parse(text).ok().as_ref().map(DomainName::as_str), then, "{text:?}");
    }
    let of = |text| DomainName::of(&EmailAddress::parse(text).expect("an address")).map(|domain| domain.to_string());
    assert_eq!(of("News@Пример.рф").as_deref(), Some("xn--e1afmkfd.xn--p1ai"));
    assert_eq!(of("root@localhost").as_deref(), Some("localhost"));
}

#[test]
fn a_selector_is_one_label() {
    for (text, then) in [
        ("S2026", Some("s2026")),
        (" key-1 ", Some("key-1")),
        (&*"s".repeat(63), Some(&*"s".repeat(63))),
        (&*"s".repeat(64), None),
        ("a.b", None),
        ("a_b", None),
        ("-a", None),
        ("ключ", None),
        ("", None),
    ] {
        assert_eq!(Selector::parse(text).ok().as_ref().map(Selector::as_str), then, "{text:?}");
    }
    assert_eq!(selector("s1").record_name(&domain()), "s1._domainkey.example.org");
}

#[test]
fn a_refusal_has_a_code_and_a_field() {
    let it = || selector("r1");
    for (error, code, field) in [
        (Error::NotFound, "SENDER_DOMAIN_NOT_FOUND", "domain"),
        (Error::Taken { domain: domain() }, "SENDER_DOMAIN_TAKEN", "domain"),
        (Error::DomainInvalid { domain: "x".into() }, "DOMAIN_INVALID", "domain"),
        (Error::SelectorInvalid { selector: "_".into() }, "SELECTOR_INVALID", "selector"),
        (Error::SelectorTaken { selector: it() }, "SELECTOR_TAKEN", "selector"),
        (Error::KeyNotFound { selector: it() }, "KEY_NOT_FOUND", "selector"),
        (Error::KeyActive { selector: it() }, "KEY_ACTIVE", "selector"),
        (Error::KeyStillNeeded { selector: it(), until: noon() }, "KEY_STILL_NEEDED", "selector"),
    ] {
        assert_eq!((error.code().as_str(), error.field()), (code, Some(field)), "{error}");
    }
}

#[test]
fn an_algorithm_has_the_same_name_in_rows_and_in_events() {
    for algorithm in Algorithm::ALL {
        assert_eq!(serde_json::to_value(algorithm).expect("json"), algorithm.name());
    }
}

fn stored_forms() -> Vec<Event> {
    let (selector, public) = (selector("brought"), "AAAA".to_owned());
    stored_forms! {
        Added: [added()],
        KeyMade: [
            made("s20260501r", Algorithm::Rsa),
            made("s20260501e", Algorithm::Ed25519),
            Event::KeyMade { selector, algorithm: Algorithm::Rsa, public, imported: true, at: noon() },
        ],
        KeyActivated: [activated("s20260501r")],
        KeyRetired: [retired("s20260501r")],
        KeyRemoved: [removed_key("s20260501r")],
        Granted: [Event::Granted { owner: ANN }],
        GrantWithdrawn: [Event::GrantWithdrawn { owner: ANN }],
        Removed: [Event::Removed],
    }
}

fn any_selector() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec!["a", "b", "c"])
}

fn any_algorithm() -> impl Strategy<Value = Algorithm> {
    proptest::sample::select(Algorithm::ALL.to_vec())
}

fn any_moment() -> impl Strategy<Value = DateTime<Utc>> {
    (0..3_i64).prop_map(|weeks| noon() + TimeDelta::weeks(weeks))
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(added()),
        (any_selector(), any_algorithm()).prop_map(|(text, algorithm)| made(text, algorithm)),
        any_selector().prop_map(activated),
        any_selector().prop_map(retired),
        any_selector().prop_map(removed_key),
        Just(Event::Granted { owner: ANN }),
        Just(Event::GrantWithdrawn { owner: ANN }),
        Just(Event::Removed),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(Command::Add { domain: domain() }),
        (any_selector(), any_algorithm()).prop_map(|(text, algorithm)| make(text, algorithm)),
        (any_selector(), any_moment()).prop_map(|(text, at)| Command::Activate { selector: selector(text), at }),
        (any_selector(), any_moment()).prop_map(|(text, at)| Command::Retire { selector: selector(text), at }),
        (any_selector(), any_moment()).prop_map(|(text, at)| remove_key(text, at)),
        Just(Command::Grant { owner: ANN }),
        Just(Command::Withdraw { owner: ANN }),
        any_moment().prop_map(|at| Command::Remove { at }),
    ]
}

proptest! {
    #[test]
    fn no_order_of_events_makes_evolve_panic_and_every_state_can_be_written_down(
        events in proptest::collection::vec(any_event(), 0..16),
        command in any_command(),
    ) {
        let state = after(events);
        let written = serde_json::to_value(&state).expect("json");
        prop_assert_eq!(&serde_json::from_value::<SenderDomain>(written).expect("a domain"), &state);
        let _ = state.decide(command);
    }

    #[test]
    fn at_most_one_key_of_each_algorithm_signs_and_no_selector_is_there_twice(
        commands in proptest::collection::vec(any_command(), 1..24),
    ) {
        let mut state = SenderDomain::default();
        for command in commands {
            let Ok(events) = state.decide(command) else { continue };
            for event in events {
                state.evolve(event);
            }
            for algorithm in Algorithm::ALL {
                let active = state.holding().into_iter().flat_map(Holding::active);
                prop_assert!(active.filter(|key| key.algorithm == algorithm).count() <= 1);
            }
            let mut selectors: Vec<_> = state.all_keys().iter().map(|key| key.selector.clone()).collect();
            let all = selectors.len();
            selectors.sort();
            selectors.dedup();
            prop_assert_eq!(selectors.len(), all);
            if matches!(state, SenderDomain::Removed(_)) {
                prop_assert!(state.all_keys().iter().all(|key| key.state == KeyState::Removed));
            }
        }
    }
}
