//! What the tests of every aggregate have in common.

/// `given` events, a command ...; the state `after` events; and that the forms in which events are stored, as the
/// caller's `stored_forms()` lists them, are the agreed ones and are read back.
macro_rules! aggregate_tests {
    ($name:ident) => {
        pub(super) fn given(events: impl Into<Vec<Event>>) -> cqrs_es::test::AggregateTestExecutor<$name> {
            cqrs_es::test::TestFramework::with(()).given(events.into())
        }

        pub(super) fn after(events: impl IntoIterator<Item = Event>) -> $name {
            let mut state = $name::default();
            for event in events {
                state.evolve(event);
            }
            state
        }

        #[test]
        fn the_stored_form_of_every_event_is_agreed_on() {
            insta::assert_json_snapshot!("events", stored_forms());
        }

        #[test]
        fn every_stored_form_is_read_back_as_the_same_event() {
            for event in stored_forms() {
                let payload = serde_json::to_string(&event).expect("json");
                let (name, version) =
                    (cqrs_es::DomainEvent::event_type(&event), cqrs_es::DomainEvent::event_version(&event));
                assert!(matches!($name::form(&name, &version), $crate::Form::Today), "{name}");
                assert_eq!(serde_json::from_str::<Event>(&payload).expect("an event"), event);
            }
        }
    };
}

/// Lists the stored forms of every variant of the caller's `Event`. Without a form for each it does not compile.
macro_rules! stored_forms {
    ($($variant:ident: [$($form:expr),+ $(,)?],)+) => {{
        fn _every_variant_is_listed(event: &Event) {
            match event { $(Event::$variant { .. } => {})+ }
        }
        let forms = vec![$($((stringify!($variant), $form),)+)+];
        for (variant, form) in &forms {
            assert_eq!(cqrs_es::DomainEvent::event_type(form), *variant);
        }
        forms.into_iter().map(|(_, form)| form).collect::<Vec<Event>>()
    }};
}

pub(crate) use {aggregate_tests, stored_forms};
