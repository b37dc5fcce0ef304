//! Events as sentences, in the language of whoever reads them.

pub use crate::what::What;
pub use crate::who::Who;

use crate::shown::ended;
use crate::{en, ru};
use domain::{Actor, Language, TimeZone};

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

/// Whoever did something, by themselves, as the sentence about it begins.
#[must_use]
pub fn doer(language: Language, actor: &Actor, who: &Who) -> String {
    match language {
        Language::En => en::history::doer(actor, who),
        Language::Ru => ru::history::doer(actor, who),
    }
}

/// Who did what, with times as the clocks of a zone show them; only the event's name if nothing more of it is known.
#[must_use]
pub fn sentence(
    language: Language,
    zone: TimeZone,
    (actor, who): (&Actor, &Who),
    what: What<'_>,
    event_type: &str,
) -> String {
    let who = doer(language, actor, who);
    ended(match language {
        Language::En => format!("{who} {}", en::history::what(zone, what, event_type)),
        Language::Ru => format!("{who}: {}", ru::history::what(zone, what, event_type)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use domain::{EVENT_VERSION, Fact, UserId};
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
            "article",
            "batch",
            "client",
            "custom_field",
            "feedback",
            "group",
            "import",
            "mailing",
            "message",
            "notice",
            "rebuild",
            "run",
            "segment",
            "sender",
            "sender_domain",
            "session",
            "subscription",
            "suppression",
            "token",
            "user",
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

    /// How many digits a text has. English days have a month that is a word, and no nought before them.
    fn digits(text: &str) -> usize {
        let words: Vec<&str> = text.split(' ').collect();
        let is_month = |word: &&str| NaiveDate::parse_from_str(&format!("1 {word} 2000"), "%d %b %Y").is_ok();
        let count = |word: &str| word.matches(|letter: char| letter.is_ascii_digit()).count();
        let days = words.windows(2).filter(|pair| is_month(&pair[1]));
        words.iter().map(|word| count(word)).sum::<usize>() + days.map(|pair| 2 + 2 - count(pair[0])).sum::<usize>()
    }

    #[test]
    fn every_event_is_told_in_every_language() {
        let ann = Actor::User(UserId(Uuid::nil()));
        let facts = facts();
        let kinds: BTreeSet<&String> = facts.iter().map(|(kind, _)| kind).collect();
        assert!(kinds.len() > 50, "{kinds:?}");
        let mut told = String::new();
        for (kind, fact) in &facts {
            let [english, russian] = [(Language::En, "Ann"), (Language::Ru, "Анна")].map(|(language, name)| {
                sentence(language, TimeZone::UTC, (&ann, &Who::Called(name.to_owned())), What::Whole(fact), "")
            });
            let what = russian.strip_prefix("Анна: ").expect("who did it");
            assert!(what.contains(|letter| ('а'..='я').contains(&letter)), "{kind}: {russian}");
            assert_eq!(digits(&english), digits(&russian), "{kind}: {english} {russian}");
            let _ = writeln!(told, "{kind}\n  {english}\n  {russian}");
        }
        insta::assert_snapshot!(told);
    }

    #[test]
    fn whoever_did_it_is_named_as_the_reader_may_know_them() {
        let ann = Actor::User(UserId(Uuid::nil()));
        let (mailing, paused) = (Uuid::nil().into(), domain::mailing::Event::Paused);
        let fact = Fact::Mailing(mailing, paused);
        let called = |name: &str| Who::Called(name.to_owned());
        let system = |part: &str| Actor::System(part.to_owned());
        let operator = |account: &str| Actor::CommandLine(account.to_owned());
        let said = |language, actor: &Actor, who: &Who| {
            sentence(language, TimeZone::UTC, (actor, who), What::Whole(&fact), "")
        };
        for (actor, who, english, russian) in [
            (ann.clone(), Who::You, "You paused the mailing.", "Вы: рассылка приостановлена."),
            (ann.clone(), called("van Dyke"), "van Dyke paused the mailing.", "van Dyke: рассылка приостановлена."),
            (ann.clone(), Who::Unnamed, "A user paused the mailing.", "Пользователь: рассылка приостановлена."),
            (system("scheduler"), Who::Unnamed, "The service paused the mailing.", "Сервис: рассылка приостановлена."),
            (
                system("postgres-es"),
                Who::Unnamed,
                "The service paused the mailing.",
                "Сервис: рассылка приостановлена.",
            ),
            (system("visitor"), Who::Unnamed, "A visitor paused the mailing.", "Посетитель: рассылка приостановлена."),
            (
                system("guard"),
                Who::Unnamed,
                "The guard paused the mailing.",
                "Охрана репутации: рассылка приостановлена.",
            ),
            (system("intake"), Who::Unnamed, "The intake paused the mailing.", "Приём почты: рассылка приостановлена."),
            (
                operator("root@mail1"),
                Who::Unnamed,
                "The operator paused the mailing.",
                "Оператор: рассылка приостановлена.",
            ),
            (
                operator("root"),
                called("root"),
                "root on the command line paused the mailing.",
                "root (командная строка): рассылка приостановлена.",
            ),
        ] {
            assert_eq!(said(Language::En, &actor, &who), english);
            assert_eq!(said(Language::Ru, &actor, &who), russian);
        }
        for (language, name, expected) in
            [(Language::En, "Ann", "Ann recorded Moved."), (Language::Ru, "Анна", "Анна: записано событие Moved.")]
        {
            let said = sentence(language, TimeZone::UTC, (&ann, &called(name)), What::Unknown, "Moved");
            assert_eq!(said, expected);
        }
    }

    #[test]
    fn what_others_wrote_is_told_without_their_words_and_never_by_the_name_of_the_event() {
        let ann = Actor::User(UserId(Uuid::nil()));
        let written = ["message Created", "message Revised", "article Drafted", "article Revised"];
        let mut told = BTreeSet::new();
        for (kind, fact) in facts() {
            let event_type = kind.split(' ').nth(1).expect("a name");
            let [english, russian] = Language::ALL.map(|language| {
                let who = Who::Called("Ann".to_owned());
                sentence(language, TimeZone::UTC, (&ann, &who), What::WithoutWords(&fact), event_type)
            });
            let is_told = !english.contains(event_type) && !russian.contains(event_type);
            assert_eq!(is_told, written.contains(&kind.as_str()), "{kind}: {english} {russian}");
            assert!(!english.contains('“') && !russian.contains('«'), "{kind}: {english} {russian}");
            if is_told {
                told.insert([english, russian]);
            }
        }
        let told: Vec<&str> = told.iter().flatten().map(String::as_str).collect();
        assert_eq!(
            told,
            [
                "Ann revised a letter.",
                "Ann: изменено письмо.",
                "Ann revised an article.",
                "Ann: изменена статья.",
                "Ann wrote a letter.",
                "Ann: написано письмо.",
                "Ann wrote an article.",
                "Ann: написана статья.",
            ]
        );
    }

    #[test]
    fn a_reason_that_is_a_sentence_ends_once() {
        let fact =
            Fact::Mailing(Uuid::nil().into(), domain::mailing::Event::Suspended { reason: "Enough.".to_owned() });
        let actor = Actor::System("scheduler".to_owned());
        let said = sentence(Language::En, TimeZone::UTC, (&actor, &Who::Unnamed), What::Whole(&fact), "");
        assert_eq!(said, "The service paused the mailing: Enough.");
    }

    #[test]
    fn a_part_of_the_service_is_called_by_a_name_that_people_know() {
        for (part, english, russian) in [
            ("scheduler", "scheduler", "планировщик"),
            ("guard", "guard", "охрана репутации"),
            ("intake", "intake", "приём почты"),
        ] {
            let actor = Actor::System(part.to_owned());
            assert_eq!(Language::ALL.map(|language| name(language, &actor, None)), [english, russian]);
        }
    }

    #[test]
    fn what_a_report_says_is_one_short_line_of_its_sentence() {
        let letter = domain::feedback::Letter {
            run: Uuid::nil().into(),
            ordinal: 0,
            mailing: Uuid::nil().into(),
            owner: UserId(Uuid::nil()),
            client: Uuid::nil().into(),
            revision: 1,
        };
        let by = Some("mx.example.org".to_owned());
        let (id, via, at) = (domain::ReportId(Uuid::nil()), domain::feedback::Via::Smtp, chrono::DateTime::UNIX_EPOCH);
        let words = Some(format!("no such user\r\n{}", "x".repeat(400)));
        let (severity, code) = (domain::feedback::Severity::Permanent, Some("5.1.1".to_owned()));
        let event = domain::feedback::Event::BounceReported {
            letter,
            report: domain::feedback::Report { id, via, by, at },
            bounce: domain::feedback::Bounce { severity, dead: true, code, words },
        };
        let fact = Fact::Feedback(Uuid::nil().into(), event);
        let actor = Actor::System("intake".to_owned());
        let what = What::Whole(&fact);
        let [english, russian] =
            Language::ALL.map(|language| sentence(language, TimeZone::UTC, (&actor, &Who::Unnamed), what, ""));
        let told = "The intake heard from mx.example.org that a letter came back for good (5.1.1): “no such user xxx";
        assert!(english.starts_with(told) && english.ends_with("x…”."), "{english}");
        let told = "Приём почты: mx.example.org сообщает, что письмо окончательно вернулось (5.1.1): «no such user xxx";
        assert!(russian.starts_with(told) && russian.ends_with("x…»."), "{russian}");
    }

    #[test]
    fn times_are_those_of_the_readers_clocks() {
        let zone = TimeZone::parse("Asia/Tokyo").expect("a zone");
        let at = "2026-05-04T20:00:00Z".parse().expect("a moment");
        let missed = domain::Missed { first: at, last: at, count: 1 };
        let event =
            domain::run::Event::OccurrencesMissed { mailing: Uuid::nil().into(), owner: UserId(Uuid::nil()), missed };
        let fact = Fact::Run(Uuid::nil().into(), event);
        let actor = Actor::System("scheduler".to_owned());
        let what = What::Whole(&fact);
        let [english, russian] =
            Language::ALL.map(|language| sentence(language, zone, (&actor, &Who::Unnamed), what, ""));
        assert_eq!(english, "The service missed the run planned for 5 May 2026, 05:00.");
        assert_eq!(russian, "Сервис: пропущен запуск, запланированный на 05.05.2026, 05:00.");
    }
}
