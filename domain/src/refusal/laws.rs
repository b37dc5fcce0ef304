//! What holds for every refusal of the domain in every language.

use crate::{
    CronError, CronExpression, EmailAddress, EmailError, ForeignField, FullName, FullNameError, OverBudget, Part,
    Place, Refusal, RelayName, Template, TemplateError, TimeZone, TimeZoneError, Totals, Window, WindowError, article,
    batch, client, group, mailing, message, notice, rebuild, run, session, token, user,
};
use chrono::{DateTime, TimeDelta, Utc};

type Refusals = Vec<Box<dyn Refusal>>;

fn boxed<E: Refusal + 'static>(errors: impl IntoIterator<Item = E>) -> impl Iterator<Item = Box<dyn Refusal>> {
    errors.into_iter().map(|error| Box::new(error) as Box<dyn Refusal>)
}

/// One refusal of each kind that an error has. There is no arm for the rest: whoever adds a kind adds it here, too.
macro_rules! every {
    ($error:ty { $($kind:ident $({ $($field:ident: $value:expr),+ })? $(($inner:expr))?),+ $(,)? }) => {{
        type Error = $error;
        let _ = |error: &Error| match error {
            $(Error::$kind { .. } => (),)+
        };
        boxed([$(Error::$kind $({ $($field: $value),+ })? $(($inner))?),+])
    }};
}

/// The kinds of an error that only parsing makes. There is no arm for the rest: whoever adds a kind adds a text here that has
/// it, too.
macro_rules! parsed {
    ($error:ty { $($kind:ident),+ }, $refused:expr) => {{
        type Error = $error;
        let _ = |error: &Error| match error {
            $(Error::$kind { .. } => (),)+
        };
        boxed($refused)
    }};
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
    let names = ["a\nb", &long].map(|text| FullName::parse(text).expect_err(text));
    let zones = ["Europe/Berlni", "Atlantis"].map(|text| TimeZone::parse(text).expect_err(text));
    let templates = [
        (Part::Text, "\n{{nam3}}"),
        (Part::Text, "{{email"),
        (Part::Text, "{{email | upcase}}"),
        (Part::Text, "{{email|default}}"),
        (Part::Html, "<a onclick='{{email}}'>"),
    ]
    .map(|(part, text)| Template::parse(part, text).expect_err(text));
    let windows = [(at(60), at(0)), (at(60), at(60)), (far, at(0))]
        .map(|(from, to)| Window::new(from, to).expect_err("no window"));
    parsed!(EmailError { Missing, TooLong, Invalid }, emails)
        .chain(parsed!(CronError { TooLong, FieldCount, Field, NeverFires }, crons))
        .chain(parsed!(FullNameError { NotALine, TooLong }, names))
        .chain(parsed!(TimeZoneError { Unknown }, zones))
        .chain(boxed(["EU"].map(|text| RelayName::parse(text).expect_err(text))))
        .chain(parsed!(TemplateError { UnknownField, UnknownFilter, DefaultMissing, InProgram, Unclosed }, templates))
        .chain(boxed([Some("{{full_name}}"), None].map(|instead| ForeignField {
            part: Part::Html,
            found: "[name]".to_owned(),
            line: 2,
            instead,
        })))
        .chain(boxed([OverBudget { part: Part::Text }]))
        .chain(parsed!(WindowError { Reversed, Empty, YearOutOfRange }, windows))
        .collect()
}

fn of_owners() -> Refusals {
    let problem = || Template::parse(Part::Text, "{{x}}").expect_err("no such field");
    every!(user::Error {
        NotFound,
        AlreadyRegistered,
        EmailTaken,
        AdministratorsOnly,
        LastAdministrator,
        ReasonMissing,
        ReasonTooLong { length: 501 },
    })
    .chain(every!(client::Error {
        NotFound,
        AlreadyExists,
        EmailTaken { email: "anna2@example.com".to_owned() },
        CommentTooLong { length: 2_001 },
    }))
    .chain(every!(mailing::Obstacle { TimeZoneUnknown { zone: "Mars/Olympus_Mons".to_owned() } }))
    .chain(every!(group::Error {
        NotFound,
        AlreadyExists,
        NameEmpty,
        NameTooLong { length: 102 },
        NameNotALine,
        NameTaken { name: "7 dwarfs".to_owned() },
    }))
    .chain(every!(message::Error {
        NotFound,
        AlreadyExists,
        SubjectEmpty,
        SubjectNotALine,
        SubjectTooLong { length: 311 },
        TextEmpty,
        BodyTooLong { field: "text", bytes: 2_000_000 },
        MergeField { field: "subject", problem: problem() },
        TooLarge { part: Part::Html, bytes: 62_000_001, merge_field: "comment", times: 5_957 },
    }))
    .chain(every!(mailing::Error {
        NotFound,
        AlreadyExists,
        NameEmpty,
        NameTooLong { length: 201 },
        NameNotALine,
        AudienceEmpty,
        Window(WindowError::Empty { at: at(0) }),
        WindowEnded { end: at(90) },
        StartTooOld { start: at(90), earliest: at(91) },
        WindowNotOpen { start: at(90) },
        NeverDue,
        Paused,
        Disabled,
        Cancelled,
        Completed,
        ReasonMissing,
        ReasonTooLong { length: 501 },
    }))
    .chain(every!(article::Error {
        NotFound,
        AlreadyExists,
        TitleEmpty,
        TitleNotALine,
        TitleTooLong { length: 201 },
        TitleTaken { slug: "spring-2".to_owned() },
        BodyEmpty,
        BodyTooLong { bytes: 2_000_000 },
        NestsTooDeep,
        HtmlTooLarge,
        ImageInvalid { url: "x1".to_owned() },
        ImageTooLong { length: 2_001 },
    }))
    .collect()
}

fn of_the_engine() -> Refusals {
    every!(rebuild::Error { NotFound, AlreadyExists })
        .chain(every!(session::Error { AlreadyExists }))
        .chain(every!(token::Error { AlreadyExists }))
        .chain(every!(run::Error {
            Missed,
            NotSending,
            FrozenOtherwise { before: 3, planned: 4 },
            DoesNotAddUp { planned: 5, totals: Totals::default() },
            NotDone { open: 22 },
        }))
        .chain(every!(batch::Error {
            NotPlanned,
            WrongSize { recipients: 501 },
            NoSuchRecipient { place: 7 },
            NotInFlight { place: 7 },
            NotWaiting { place: 7 },
            NotInDoubt { place: 7 },
            StillInFlight { place: 7 },
        }))
        .chain(every!(notice::Error { AlreadyRequested, NotRequested, NotWaiting, NotInFlight }))
        .collect()
}

fn numbers(text: &str) -> Vec<&str> {
    let mut numbers: Vec<_> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    numbers.sort_unstable();
    numbers
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
fn what_people_are_refused_has_a_code_that_they_are_told() {
    for refusal in values().into_iter().chain(of_owners()) {
        let places = refusal.code().places();
        assert!(!places.contains(&Place::Engine), "{refusal}: {places:?}");
    }
    let obstacle = mailing::Obstacle::TimeZoneUnknown { zone: "Mars/Olympus_Mons".to_owned() };
    assert!(obstacle.code().places().contains(&Place::Obstacle));
    let foreign = ForeignField { part: Part::Html, found: "[name]".to_owned(), line: 2, instead: None };
    assert_eq!(foreign.code().places(), [Place::LetterWarning]);
}

#[test]
fn the_sentences_of_both_languages_are_as_agreed() {
    let lines = refusals().into_iter().map(|refusal| {
        format!("{}\n    {}\n    {}\n", refusal.code(), refusal, refusal.in_russian())
            .replace(&"x".repeat(3_000), "x...")
    });
    insta::assert_snapshot!(lines.collect::<String>());
}
