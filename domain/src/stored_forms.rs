//! For the tests of every aggregate: the forms in which its events are stored.

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

pub(crate) use stored_forms;
