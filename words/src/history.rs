//! Events as sentences, in the language of whoever reads them.

use crate::{en, ru};
use domain::{Actor, Fact, Language};

/// What the actor is, by itself. `called`: a user's full name or the account on the machine, if the reader may know it.
#[must_use]
pub fn name(language: Language, actor: &Actor, called: Option<String>) -> String {
    match (actor, called) {
        (Actor::CommandLine(_) | Actor::User(_), Some(called)) => called,
        (actor, _) => match language {
            Language::En => en::history::part(actor),
            Language::Ru => ru::history::part(actor),
        },
    }
}

/// Who did what; only the event's name if this version does not know it.
#[must_use]
pub fn sentence(
    language: Language,
    actor: &Actor,
    called: Option<String>,
    fact: Option<&Fact>,
    event_type: &str,
) -> String {
    let named = called.is_some();
    let name = name(language, actor, called);
    match language {
        Language::En => en::history::sentence(actor, &name, named, fact, event_type),
        Language::Ru => ru::history::sentence(actor, &name, named, fact, event_type),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{EVENT_VERSION, UserId};
    use eventstore::Stored;
    use std::collections::BTreeSet;
    use std::fmt::Write as _;
    use std::fs;
    use std::path::Path;
    use uuid::Uuid;

    /// Every event in every form in which it may be stored, as the domain's own tests list them.
    fn facts() -> Vec<(String, Fact)> {
        let domain = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/src");
        let mut facts = Vec::new();
        let aggregates = [
            "article", "batch", "client", "group", "mailing", "message", "notice", "rebuild", "run", "session",
            "token", "user",
        ];
        for aggregate in aggregates {
            let name = format!("snapshots/domain__{aggregate}__tests__events.snap");
            let (one, several) = (domain.join(aggregate).join(&name), domain.join(aggregate).join("tests").join(&name));
            let file = if one.exists() { one } else { several };
            let text = fs::read_to_string(&file).expect("the events are committed");
            let (_, json) = text.split_once("\n---\n").expect("a snapshot has a header");
            let events: Vec<serde_json::Value> = serde_json::from_str(json).expect("a list of events");
            for event in events {
                let variant = event.as_str().map(str::to_owned).or_else(|| event.as_object()?.keys().next().cloned());
                let (event_type, payload) = (variant.expect("a variant"), event.to_string());
                let stored = Stored { event_type: &event_type, version: EVENT_VERSION, payload: &payload };
                let fact = eventstore::fact(aggregate, &Uuid::nil().to_string(), stored);
                let fact = fact.unwrap_or_else(|error| panic!("{aggregate} {event}: {error}"));
                facts.push((format!("{aggregate} {event_type}"), fact));
            }
        }
        facts
    }

    #[test]
    fn every_event_is_told_in_every_language() {
        let ann = Actor::User(UserId(Uuid::nil()));
        let facts = facts();
        let kinds: BTreeSet<&String> = facts.iter().map(|(kind, _)| kind).collect();
        assert!(kinds.len() > 50, "{kinds:?}");
        let mut told = String::new();
        for (kind, fact) in &facts {
            let [english, russian] = [(Language::En, "Ann"), (Language::Ru, "Анна")]
                .map(|(language, name)| sentence(language, &ann, Some(name.to_owned()), Some(fact), ""));
            let what = russian.strip_prefix("Анна: ").expect("who did it");
            assert!(what.contains(|letter| ('а'..='я').contains(&letter)), "{kind}: {russian}");
            let numbers = |text: &str| text.matches(|letter: char| letter.is_ascii_digit()).count();
            assert_eq!(numbers(&english), numbers(&russian), "{kind}: {english} {russian}");
            let _ = writeln!(told, "{kind}\n  {english}\n  {russian}");
        }
        insta::assert_snapshot!(told);
    }

    #[test]
    fn whoever_did_it_is_named() {
        let ann = Actor::User(UserId(Uuid::nil()));
        let (mailing, paused) = (Uuid::nil().into(), domain::mailing::Event::Paused);
        let fact = Fact::Mailing(mailing, paused);
        let name = |name: &str| Some(name.to_owned());
        for (actor, full_name, english, russian) in [
            (ann.clone(), name("van Dyke"), "van Dyke paused the mailing.", "van Dyke: рассылка приостановлена."),
            (ann.clone(), None, "A user paused the mailing.", "Пользователь: рассылка приостановлена."),
            (
                Actor::System("scheduler".to_owned()),
                None,
                "The scheduler paused the mailing.",
                "Планировщик: рассылка приостановлена.",
            ),
            (
                Actor::System("postgres-es".to_owned()),
                None,
                "The postgres-es paused the mailing.",
                "Часть службы «postgres-es»: рассылка приостановлена.",
            ),
            (
                Actor::CommandLine("root@mail1".to_owned()),
                None,
                "The operator paused the mailing.",
                "Оператор: рассылка приостановлена.",
            ),
            (
                Actor::CommandLine("root".to_owned()),
                name("root"),
                "root on the command line paused the mailing.",
                "root (командная строка): рассылка приостановлена.",
            ),
        ] {
            assert_eq!(sentence(Language::En, &actor, full_name.clone(), Some(&fact), ""), english);
            assert_eq!(sentence(Language::Ru, &actor, full_name, Some(&fact), ""), russian);
        }
        assert_eq!(sentence(Language::En, &ann, name("Ann"), None, "Moved"), "Ann recorded Moved.");
        assert_eq!(sentence(Language::Ru, &ann, name("Анна"), None, "Moved"), "Анна: записано событие Moved.");
    }
}
