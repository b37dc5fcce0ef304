//! What holds for every refusal of the domain in every language.

use crate::{
    CronExpression, EmailAddress, ForeignField, FullName, OverBudget, Part, Refusal, RelayName, Template, TimeZone,
    Totals, Window, WindowError, article, batch, client, group, mailing, message, notice, run, user,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;
use std::path::Path;

type Refusals = Vec<Box<dyn Refusal>>;

fn boxed<E: Refusal + 'static>(errors: impl IntoIterator<Item = E>) -> impl Iterator<Item = Box<dyn Refusal>> {
    errors.into_iter().map(|error| Box::new(error) as Box<dyn Refusal>)
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

/// Every kind of refusal, those of values as parsing tells them.
fn refusals() -> Refusals {
    values().into_iter().chain(of_owners()).chain(of_the_engine()).collect()
}

fn values() -> Refusals {
    let long = "x".repeat(3_000);
    let emails = [
        "",
        "anna",
        "@example.com",
        "anna@",
        "anna@example..com",
        ".anna@example.com",
        "Anna <anna@example.com>",
        "anna@[192.0.2.1]",
        "anna@192.0.2.1",
        "anna@exa$mple.com",
        "\"an\tna\"@example.com",
        "anna@אa.example",
        &format!("{}@example.com", "x".repeat(65)),
        &format!("anna@{}.com", "x".repeat(64)),
        &long,
    ]
    .map(|text| EmailAddress::parse(text).expect_err(text));
    let crons = [
        "",
        "61 * * * *",
        "x * * * *",
        "0 9-25 * * *",
        "0 9,, * * *",
        "0 */0 * * *",
        "* * 0W * *",
        "* * * JUNY *",
        "* * * * 9",
        "* * * * MON#9",
        "@daily * * * *",
        "5-1 * * * *",
        "0 0 30 2 *",
        &long,
    ]
    .map(|text| CronExpression::parse(text).expect_err(text));
    let far = DateTime::parse_from_rfc3339("1066-10-14T09:00:00Z").expect("a moment").to_utc();
    boxed(emails)
        .chain(boxed(crons))
        .chain(boxed(["a\nb", &long].map(|text| FullName::parse(text).expect_err(text))))
        .chain(boxed(["Europe/Berlni", "Atlantis"].map(|text| TimeZone::parse(text).expect_err(text))))
        .chain(boxed(["EU"].map(|text| RelayName::parse(text).expect_err(text))))
        .chain(boxed(
            ["\n{{nam3}}", "{{email", "{{email | upcase}}", "{{email|default}}"]
                .map(|text| Template::parse(Part::Text, text).expect_err(text)),
        ))
        .chain(boxed(["<a onclick='{{email}}'>"].map(|text| Template::parse(Part::Html, text).expect_err(text))))
        .chain(boxed([Some("{{full_name}}"), None].map(|instead| ForeignField {
            part: Part::Html,
            found: "[name]".to_owned(),
            line: 2,
            instead,
        })))
        .chain(boxed([OverBudget { part: Part::Text }]))
        .chain(boxed(
            [(at(60), at(0)), (at(60), at(60)), (far, at(0))]
                .map(|(from, to)| Window::new(from, to).expect_err("no window")),
        ))
        .collect()
}

fn of_owners() -> Refusals {
    use mailing::Error as Mailing;
    let obstacle = mailing::Obstacle::TimeZoneUnknown { zone: "Mars/Olympus_Mons".to_owned() };
    let problem = Template::parse(Part::Text, "{{x}}").expect_err("no such field");
    let window = WindowError::Empty { at: at(0) };
    boxed([
        user::Error::NotFound,
        user::Error::AlreadyRegistered,
        user::Error::EmailTaken,
        user::Error::AdministratorsOnly,
        user::Error::LastAdministrator,
        user::Error::ReasonMissing,
        user::Error::ReasonTooLong { length: 501 },
    ])
    .chain(boxed([
        client::Error::NotFound,
        client::Error::AlreadyExists,
        client::Error::EmailTaken { email: "anna2@example.com".to_owned() },
        client::Error::CommentTooLong { length: 2_001 },
    ]))
    .chain(boxed([obstacle]))
    .chain(boxed([
        group::Error::NotFound,
        group::Error::AlreadyExists,
        group::Error::NameEmpty,
        group::Error::NameTooLong { length: 102 },
        group::Error::NameNotALine,
        group::Error::NameTaken { name: "7 dwarfs".to_owned() },
    ]))
    .chain(boxed([
        message::Error::NotFound,
        message::Error::AlreadyExists,
        message::Error::SubjectEmpty,
        message::Error::SubjectNotALine,
        message::Error::SubjectTooLong { length: 311 },
        message::Error::TextEmpty,
        message::Error::BodyTooLong { field: "text", bytes: 2_000_000 },
        message::Error::MergeField { field: "subject", problem },
        message::Error::TooLarge { part: Part::Html, bytes: 62_000_001, merge_field: "comment", times: 5_957 },
    ]))
    .chain(boxed([
        Mailing::NotFound,
        Mailing::AlreadyExists,
        Mailing::NameEmpty,
        Mailing::NameTooLong { length: 201 },
        Mailing::NameNotALine,
        Mailing::AudienceEmpty,
        Mailing::Window(window),
        Mailing::WindowEnded { end: at(90) },
        Mailing::StartTooOld { start: at(90), earliest: at(91) },
        Mailing::WindowNotOpen { start: at(90) },
        Mailing::NeverDue,
        Mailing::Paused,
        Mailing::Disabled,
        Mailing::Cancelled,
        Mailing::Completed,
        Mailing::ReasonMissing,
        Mailing::ReasonTooLong { length: 501 },
    ]))
    .chain(boxed([
        article::Error::NotFound,
        article::Error::AlreadyExists,
        article::Error::TitleEmpty,
        article::Error::TitleNotALine,
        article::Error::TitleTooLong { length: 201 },
        article::Error::TitleTaken { slug: "spring-2".to_owned() },
        article::Error::BodyEmpty,
        article::Error::BodyTooLong { bytes: 2_000_000 },
        article::Error::NestsTooDeep,
        article::Error::HtmlTooLarge,
        article::Error::ImageInvalid { url: "x1".to_owned() },
        article::Error::ImageTooLong { length: 2_001 },
    ]))
    .collect()
}

fn of_the_engine() -> Refusals {
    boxed([
        run::Error::Missed,
        run::Error::NotSending,
        run::Error::FrozenOtherwise { before: 3, planned: 4 },
        run::Error::DoesNotAddUp { planned: 5, totals: Totals::default() },
        run::Error::NotDone { open: 22 },
    ])
    .chain(boxed([
        batch::Error::NotPlanned,
        batch::Error::WrongSize { recipients: 501 },
        batch::Error::NoSuchRecipient { place: 7 },
        batch::Error::NotInFlight { place: 7 },
        batch::Error::NotWaiting { place: 7 },
        batch::Error::NotInDoubt { place: 7 },
        batch::Error::StillInFlight { place: 7 },
    ]))
    .chain(boxed([
        notice::Error::AlreadyRequested,
        notice::Error::NotRequested,
        notice::Error::NotWaiting,
        notice::Error::NotInFlight,
    ]))
    .collect()
}

fn numbers(text: &str) -> Vec<&str> {
    let mut numbers: Vec<_> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    numbers.sort_unstable();
    numbers
}

/// Every code in the sources.
fn codes(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("the sources are there").flatten() {
        if entry.path().is_dir() {
            self::codes(&entry.path(), codes);
        } else {
            let source = std::fs::read_to_string(entry.path()).expect("a source is text");
            // In two parts, or else this file would seem to have such a method.
            let methods =
                source.split(concat!("fn code", "(&self)")).skip(1).filter_map(|rest| rest.split("\n    }").next());
            codes.extend(methods.flat_map(|method| method.split('"').skip(1).step_by(2)).map(str::to_owned));
        }
    }
}

#[test]
fn what_is_said_in_russian_is_russian_and_tells_the_same_numbers() {
    for refusal in refusals() {
        let (english, russian) = (refusal.to_string(), refusal.in_russian());
        let cyrillic = russian.chars().filter(|c| matches!(c, 'а'..='я' | 'ё' | 'А'..='Я')).count();
        assert!(cyrillic >= 10, "{russian}");
        assert!(!english.chars().any(|c| matches!(c, 'а'..='я' | 'А'..='Я')), "{english}");
        assert_eq!(numbers(&english), numbers(&russian), "{english} / {russian}");
        let first = russian.chars().next().expect("it says something");
        assert!(!first.is_uppercase() && !russian.ends_with('.'), "it is written as in English: {russian}");
    }
}

#[test]
fn every_code_is_among_the_refusals_that_are_compared() {
    let mut known = BTreeSet::new();
    codes(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut known);
    let compared: BTreeSet<String> = refusals().iter().map(|refusal| refusal.code().to_owned()).collect();
    assert!(known.len() > 50, "{known:?}");
    assert_eq!(known, compared);
}

#[test]
fn the_sentences_of_both_languages_are_as_agreed() {
    let lines = refusals().into_iter().map(|refusal| {
        format!("{}\n    {}\n    {}\n", refusal.code(), refusal, refusal.in_russian())
            .replace(&"x".repeat(3_000), "x...")
    });
    insta::assert_snapshot!(lines.collect::<String>());
}
