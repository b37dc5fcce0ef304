//! What a message does, event by event.

use super::{Command, Content, Error, Event, MAX_BODY, MAX_SUBJECT, Message};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::custom_field::Key;
use crate::{Decide, Known, Part, Refusal, TemplateError, UserId};
use proptest::prelude::*;
use uuid::Uuid;

const ANN: UserId = UserId(Uuid::from_u128(0xa));
const BOB: UserId = UserId(Uuid::from_u128(0xb));

aggregate_tests!(Message);

fn greeting() -> Content {
    let html = "<p>How are <b>you</b>?</p>";
    Content::parse("Hello, {{first_name|friend}}", "How are you?", Some(html)).expect("a letter")
}

fn plain() -> Content {
    Content::parse("Hello", "How are you?", None).expect("a letter")
}

fn in_markdown() -> Content {
    Content::of_markdown("Hello", "How *are* you, {{first_name|friend}}?").expect("a letter")
}

fn create(content: Content) -> Command {
    Command::Create { owner: ANN, content }
}

fn revise(by: UserId, content: Content) -> Command {
    Command::Revise { by, content }
}

fn created() -> Event {
    Event::Created { owner: ANN, content: greeting() }
}

fn revised() -> Event {
    Event::Revised { content: plain() }
}

#[test]
fn a_message_is_created_under_an_id_that_is_used_only_once() {
    given([]).when(create(greeting())).then_expect_events(vec![created()]);
    given([created()]).when(create(greeting())).then_expect_error(Error::AlreadyExists);
    given([created(), Event::Deleted]).when(create(greeting())).then_expect_error(Error::AlreadyExists);
}

#[test]
fn an_edit_that_says_something_else_is_a_revision() {
    given([created()]).when(revise(ANN, plain())).then_expect_events(vec![revised()]);
    given([created()]).when(revise(ANN, greeting())).then_expect_events(vec![]);
    given([created(), revised()]).when(revise(ANN, plain())).then_expect_events(vec![]);
    given([created(), revised()])
        .when(revise(ANN, greeting()))
        .then_expect_events(vec![Event::Revised { content: greeting() }]);
}

#[test]
fn revisions_are_counted_from_one() {
    let revision_after = |events: Vec<Event>| match after(events) {
        Message::Present { revision, .. } => revision,
        Message::Absent | Message::Deleted { .. } => panic!("no message"),
    };
    assert_eq!(revision_after(vec![created()]), 1);
    assert_eq!(revision_after(vec![created(), revised()]), 2);
    assert_eq!(revision_after(vec![created(), revised(), Event::Revised { content: greeting() }]), 3);
}

#[test]
fn a_message_is_deleted_once_and_stays_deleted() {
    let deleted = [created(), Event::Deleted];
    given([created()]).when(Command::Delete { by: ANN }).then_expect_events(vec![Event::Deleted]);
    given(deleted.clone()).when(Command::Delete { by: ANN }).then_expect_events(vec![]);
    given(deleted).when(revise(ANN, plain())).then_expect_error(Error::NotFound);
}

#[test]
fn another_owners_message_is_not_found_whether_it_is_there_was_there_or_never_was() {
    for history in [vec![created()], vec![created(), Event::Deleted], vec![]] {
        for command in [revise(BOB, greeting()), revise(BOB, plain()), Command::Delete { by: BOB }] {
            given(history.clone()).when(command).then_expect_error(Error::NotFound);
        }
    }
}

#[test]
fn a_message_is_its_owners_alone_until_it_is_shared() {
    let (share, unshare) = (Command::Share { by: ANN }, Command::Unshare { by: ANN });
    let shared = [created(), Event::Shared];
    given([created()]).when(share.clone()).then_expect_events(vec![Event::Shared]);
    given([created()]).when(unshare.clone()).then_expect_events(vec![]);
    given(shared.clone()).when(share.clone()).then_expect_events(vec![]);
    let create = Command::CreateShared { owner: ANN, content: greeting() };
    given([]).when(create.clone()).then_expect_events(shared.to_vec());
    given([created()]).when(create).then_expect_error(Error::AlreadyExists);
    given(shared.clone()).when(unshare.clone()).then_expect_events(vec![Event::Unshared]);
    given(shared).when(revise(ANN, plain())).then_expect_events(vec![revised()]);
    given([created(), Event::Shared, Event::Unshared]).when(share.clone()).then_expect_events(vec![Event::Shared]);
    for command in [share, unshare] {
        given([created(), Event::Deleted]).when(command).then_expect_error(Error::NotFound);
    }
}

#[test]
fn a_shared_message_is_edited_and_deleted_by_its_owner_only() {
    for command in
        [revise(BOB, plain()), Command::Share { by: BOB }, Command::Unshare { by: BOB }, Command::Delete { by: BOB }]
    {
        given([created(), Event::Shared]).when(command).then_expect_error(Error::NotFound);
    }
}

#[test]
fn a_message_claims_nothing() {
    assert_eq!(after([created()]).claims(), []);
}

#[test]
fn a_letter_is_tidied_as_little_as_possible() {
    let content = Content::parse("  Hello\n", "  How are you?\n", Some(" \n")).expect("a letter");
    assert_eq!(content.subject(), "Hello");
    assert_eq!(content.text(), "  How are you?\n");
    assert_eq!(content.html(), None);
}

#[test]
fn a_letter_needs_a_subject_of_one_line_and_a_text_and_must_fit() {
    let (long, longest) = ("ж".repeat(MAX_SUBJECT + 1), "ж".repeat(MAX_SUBJECT));
    let (large, largest) = ("x".repeat(MAX_BODY + 1), "x".repeat(MAX_BODY));
    for (subject, text, html, then) in [
        (&*longest, "text", None, None),
        ("subject", &*largest, Some(&*largest), None),
        ("", "text", None, Some(Error::SubjectEmpty)),
        (" \t", "text", None, Some(Error::SubjectEmpty)),
        ("sub\r\nBcc: all@example.com", "text", None, Some(Error::SubjectNotALine)),
        (&*long, "text", None, Some(Error::SubjectTooLong { length: MAX_SUBJECT + 1 })),
        ("subject", "", Some("<p>html</p>"), Some(Error::TextEmpty)),
        ("subject", " \n", None, Some(Error::TextEmpty)),
        ("subject", &*large, None, Some(Error::BodyTooLong { field: "text", bytes: MAX_BODY + 1 })),
        ("subject", "text", Some(&*large), Some(Error::BodyTooLong { field: "html", bytes: MAX_BODY + 1 })),
    ] {
        assert_eq!(Content::parse(subject, text, html).err(), then);
    }
}

#[test]
fn text_and_html_are_made_of_markdown_which_is_kept() {
    let letter = in_markdown();
    assert_eq!(letter.text(), "How are you, {{first_name|friend}}?\n");
    assert!(letter.html().is_some_and(|html| html.contains("<p>How <em>are</em> you, {{first_name|friend}}?</p>")));
    assert_eq!(letter.markdown(), Some("How *are* you, {{first_name|friend}}?"));
    let renamed = letter.with_subject(" Hi ", Known::None).expect("a subject");
    assert_eq!((renamed.subject(), renamed.markdown()), ("Hi", letter.markdown()));
    assert_eq!(letter.with_subject("", Known::None), Err(Error::SubjectEmpty));
}

#[test]
fn what_is_wrong_with_markdown_is_told_of_the_markdown() {
    let problem = TemplateError::UnknownField { name: "nickname".into(), line: 2, own: vec![] };
    let (large, short) = ("x".repeat(MAX_BODY + 1), "a\n\n".repeat(MAX_BODY / 3));
    for (source, then) in [
        (" \n", Error::MarkdownEmpty),
        ("![](https://example.org/cat.jpg)", Error::MarkdownEmpty),
        ("Hi,\n{{nickname}}", Error::MergeField { field: "markdown", problem }),
        (&*large, Error::BodyTooLong { field: "markdown", bytes: MAX_BODY + 1 }),
        (&*short, Error::MarkdownTooLarge),
        (&*">".repeat(1_000), Error::MarkdownNestsTooDeep),
    ] {
        assert_eq!(Content::of_markdown("s", source).err(), Some(then));
    }
}

#[test]
fn a_merge_field_that_does_not_exist_is_refused_wherever_it_stands() {
    let (good, bad) = ("{{first_name|friend}}, {{email}}", "Hi,\n{{nickname}}");
    let problem = |line| TemplateError::UnknownField { name: "nickname".into(), line, own: vec![] };
    for (subject, text, html, then) in [
        (good, good, Some(good), None),
        ("{{nickname}}", good, None, Some(Error::MergeField { field: "subject", problem: problem(1) })),
        (good, bad, None, Some(Error::MergeField { field: "text", problem: problem(2) })),
        (good, good, Some(bad), Some(Error::MergeField { field: "html", problem: problem(2) })),
    ] {
        assert_eq!(Content::parse(subject, text, html).err(), then);
    }
}

#[test]
fn a_letter_that_could_become_too_large_is_refused_and_a_newsletter_that_greets_often_is_not() {
    let comments = "{{comment}}".repeat(64 * 1024 / 11);
    let newsletter = "x".repeat(100_000) + &"{{full_name}}".repeat(50);
    let longest = "x".repeat(MAX_BODY - 40 * 13) + &"{{full_name}}".repeat(40);
    let too_large = |part, bytes, merge_field: &str, times| {
        let merge_field = merge_field.to_owned();
        Error::TooLarge { part, bytes, merge_field, times }
    };
    for (subject, text, html, then) in [
        ("{{full_name}}", &*newsletter, Some(&*newsletter), None),
        ("{{comment}}", &*longest, Some(&*longest), None),
        ("s", &*comments, None, Some(too_large(Part::Text, 5_957 * 8_000, "comment", 5_957))),
        ("s", "t", Some(&*comments), Some(too_large(Part::Html, 5_957 * 12_000, "comment", 5_957))),
        (
            "{{comment}}{{email}}{{comment}}{{email}}{{comment}}",
            "t",
            None,
            Some(too_large(Part::Subject, 24_508, "comment", 3)),
        ),
    ] {
        assert_eq!(Content::parse(subject, text, html).err(), then);
        assert_eq!(Content::check(subject, text, html, Known::None).err(), then);
    }
}

#[test]
fn a_letter_names_fields_of_its_owners_own_in_all_its_parts_and_no_more_of_them_than_fit() {
    let keys = [Key::parse("city").expect("a key")].into();
    let known = Known::These(&keys);
    let own = "Hello {{city|there}}";
    let letter = Content::parse_with(own, own, Some(own), known).expect("a letter");
    assert_eq!(Content::check(letter.subject(), letter.text(), letter.html(), known), Ok(()));
    assert!(Content::check(letter.subject(), letter.text(), letter.html(), Known::None).is_err());
    assert_eq!(Content::parse(own, "-", None).err().and_then(|error| error.field()), Some("subject"));
    let made = Content::of_markdown_with("News", "From *{{city}}*", known).expect("a letter");
    assert_eq!(made.text(), "From {{city}}\n");
    assert!(made.html().is_some_and(|html| html.contains("<em>{{city}}</em>")));
    assert_eq!(made.with_subject(own, known).map(|it| it.subject().to_owned()), Ok(own.to_owned()));
    let many = "{{city}}".repeat(1_000);
    let error = Content::parse_with("s", &many, None, known).expect_err("4 bytes for each of 1,000 characters");
    assert_eq!(error, Error::TooLarge { part: Part::Text, bytes: 4_000_000, merge_field: "city".into(), times: 1_000 });
}

#[test]
fn a_refusal_has_a_code_and_a_field() {
    let unclosed = TemplateError::Unclosed { text: "email".into(), line: 3 };
    let unknown = TemplateError::UnknownField { name: "nickname".into(), line: 2, own: vec![] };
    for (error, code, field) in [
        (Error::NotFound, "NOT_FOUND", Some("id")),
        (Error::AlreadyExists, "ALREADY_EXISTS", None),
        (Error::SubjectEmpty, "SUBJECT_EMPTY", Some("subject")),
        (Error::SubjectNotALine, "SUBJECT_NOT_A_LINE", Some("subject")),
        (Error::SubjectTooLong { length: 256 }, "SUBJECT_TOO_LONG", Some("subject")),
        (Error::TextEmpty, "TEXT_EMPTY", Some("text")),
        (Error::MarkdownEmpty, "TEXT_EMPTY", Some("markdown")),
        (Error::MarkdownNotAlone, "MARKDOWN_NOT_ALONE", Some("markdown")),
        (Error::MarkdownNestsTooDeep, "NESTING_TOO_DEEP", Some("markdown")),
        (Error::MarkdownTooLarge, "HTML_TOO_LARGE", Some("markdown")),
        (Error::BodyTooLong { field: "html", bytes: 1_048_577 }, "BODY_TOO_LONG", Some("html")),
        (Error::MergeField { field: "subject", problem: unclosed }, "MERGE_FIELD_UNCLOSED", Some("subject")),
        (Error::MergeField { field: "html", problem: unknown }, "MERGE_FIELD_UNKNOWN", Some("html")),
        (
            Error::TooLarge { part: Part::Text, bytes: 47_656_000, merge_field: "comment".into(), times: 5_957 },
            "LETTER_TOO_LARGE",
            Some("text"),
        ),
    ] {
        assert_eq!((error.code().as_str(), error.field()), (code, field), "{error}");
    }
}

fn stored_forms() -> Vec<Event> {
    stored_forms! {
        Created: [created(), Event::Created { owner: ANN, content: plain() }, Event::Created { owner: ANN, content: in_markdown() }],
        Revised: [Event::Revised { content: greeting() }, revised()],
        Shared: [Event::Shared],
        Unshared: [Event::Unshared],
        Deleted: [Event::Deleted],
    }
}

fn any_owner() -> impl Strategy<Value = UserId> {
    proptest::sample::select(vec![ANN, BOB])
}

/// What a log may hold: texts are not judged again when they are read.
fn any_event() -> impl Strategy<Value = Event> {
    let any_content = || {
        ("\\PC{0,8}", "\\PC{0,8}", proptest::option::of("\\PC{0,8}")).prop_map(|(subject, text, html)| {
            let json = serde_json::json!({ "subject": subject, "text": text, "html": html });
            serde_json::from_value::<Content>(json).expect("any text")
        })
    };
    prop_oneof![
        (any_owner(), any_content()).prop_map(|(owner, content)| Event::Created { owner, content }),
        any_content().prop_map(|content| Event::Revised { content }),
        Just(Event::Shared),
        Just(Event::Unshared),
        Just(Event::Deleted),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    let contents = || proptest::sample::select(vec![greeting(), plain(), in_markdown()]);
    prop_oneof![
        (any_owner(), contents()).prop_map(|(owner, content)| Command::Create { owner, content }),
        (any_owner(), contents()).prop_map(|(owner, content)| Command::CreateShared { owner, content }),
        (any_owner(), contents()).prop_map(|(by, content)| Command::Revise { by, content }),
        any_owner().prop_map(|by| Command::Share { by }),
        any_owner().prop_map(|by| Command::Unshare { by }),
        any_owner().prop_map(|by| Command::Delete { by }),
    ]
}

proptest! {
    #[test]
    fn no_order_of_events_makes_evolve_panic_and_every_state_can_be_written_down(
        events in proptest::collection::vec(any_event(), 0..12),
        command in any_command(),
    ) {
        let message = after(events);
        let written = serde_json::to_value(&message).expect("json");
        prop_assert_eq!(&serde_json::from_value::<Message>(written).expect("a message"), &message);
        let _ = message.decide(command);
    }

    #[test]
    fn what_was_done_is_not_done_again_and_deleted_stays_deleted(
        commands in proptest::collection::vec(any_command(), 1..12),
    ) {
        let mut message = Message::default();
        for command in commands {
            let before = message.clone();
            let Ok(events) = message.decide(command.clone()) else { continue };
            for event in events {
                message.evolve(event);
            }
            if matches!(before, Message::Deleted { .. }) {
                prop_assert_eq!(&message, &before);
            }
            match command {
                Command::Create { .. } | Command::CreateShared { .. } => prop_assert_eq!(message.decide(command), Err(Error::AlreadyExists)),
                Command::Revise { .. } | Command::Share { .. } | Command::Unshare { .. } | Command::Delete { .. } => {
                    prop_assert_eq!(message.decide(command), Ok(vec![]));
                }
            }
        }
    }
}
