//! What an article does, event by event.

use super::{Article, Command, Content, Error, Event, MAX_BODY, MAX_IMAGE, MAX_TITLE};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::{Claim, Decide, Refusal, UserId};
use proptest::prelude::*;
use uuid::Uuid;

const ANN: UserId = UserId(Uuid::from_u128(0xa));

aggregate_tests!(Article);

fn content(title: &str) -> Content {
    Content::parse(title, "# Hello\n\nWe have *news*.", Some("https://example.org/news.jpg")).expect("an article")
}

fn plain(title: &str) -> Content {
    Content::parse(title, "No news.", None).expect("an article")
}

fn draft(content: Content) -> Command {
    Command::Draft { author: ANN, content }
}

fn revise(content: Content) -> Command {
    Command::Revise { content }
}

fn drafted(title: &str) -> Event {
    Event::Drafted { author: ANN, slug: content(title).slug(), content: content(title) }
}

fn revised(place: &str, title: &str) -> Event {
    Event::Revised { slug: plain(place).slug(), content: plain(title) }
}

#[test]
fn an_article_is_drafted_under_an_id_that_is_used_only_once() {
    given([]).when(draft(content("News"))).then_expect_events(vec![drafted("News")]);
    given([drafted("News")]).when(draft(content("News"))).then_expect_error(Error::AlreadyExists);
    given([drafted("News"), Event::Deleted]).when(draft(content("News"))).then_expect_error(Error::AlreadyExists);
}

#[test]
fn an_edit_that_says_something_else_is_a_revision() {
    given([drafted("News")]).when(revise(plain("News"))).then_expect_events(vec![revised("News", "News")]);
    given([drafted("News")]).when(revise(content("News"))).then_expect_events(vec![]);
}

#[test]
fn a_drafts_place_goes_with_its_title_and_stays_once_it_was_published() {
    given([drafted("News")]).when(revise(plain("Olds"))).then_expect_events(vec![revised("Olds", "Olds")]);
    for history in [vec![Event::Published], vec![Event::Published, Event::Unpublished]] {
        let history: Vec<Event> = std::iter::once(drafted("News")).chain(history).collect();
        given(history).when(revise(plain("Olds"))).then_expect_events(vec![revised("News", "Olds")]);
    }
}

#[test]
fn an_article_is_published_and_taken_back_as_often_as_one_likes() {
    let published = vec![drafted("News"), Event::Published];
    let unpublished = vec![drafted("News"), Event::Published, Event::Unpublished];
    given([drafted("News")]).when(Command::Publish).then_expect_events(vec![Event::Published]);
    given(published.clone()).when(Command::Publish).then_expect_events(vec![]);
    given(published).when(Command::Unpublish).then_expect_events(vec![Event::Unpublished]);
    given(unpublished.clone()).when(Command::Unpublish).then_expect_events(vec![]);
    given(unpublished).when(Command::Publish).then_expect_events(vec![Event::Published]);
    given([drafted("News")]).when(Command::Unpublish).then_expect_events(vec![]);
}

#[test]
fn an_article_is_deleted_once_and_stays_deleted() {
    let deleted = [drafted("News"), Event::Deleted];
    given([drafted("News")]).when(Command::Delete).then_expect_events(vec![Event::Deleted]);
    given(deleted.clone()).when(Command::Delete).then_expect_events(vec![]);
    for command in [revise(content("News")), Command::Publish, Command::Unpublish] {
        given(deleted.clone()).when(command.clone()).then_expect_error(Error::NotFound);
        given([]).when(command).then_expect_error(Error::NotFound);
    }
    given([]).when(Command::Delete).then_expect_error(Error::NotFound);
}

#[test]
fn a_place_is_held_for_as_long_as_the_article_is_there() {
    let claim = |value: &str| Claim::new("article-slug", String::new(), value.into());
    for (history, then) in [
        (vec![], vec![]),
        (vec![drafted("Spring news")], vec![claim("spring-news")]),
        (vec![drafted("News"), revised("Olds", "Olds")], vec![claim("olds")]),
        (vec![drafted("News"), Event::Published, Event::Unpublished], vec![claim("news")]),
        (vec![drafted("News"), Event::Deleted], vec![]),
    ] {
        assert_eq!(after(history).claims(), then);
    }
    assert_eq!(Article::claimed(&claim("news")), Some(Error::TitleTaken { slug: "news".into() }));
}

#[test]
fn a_title_leads_to_a_place_that_people_can_read() {
    for (title, place) in [
        ("Spring news", "spring-news"),
        ("  What's new in 2026?! ", "whats-new-in-2026"),
        ("Что нового — весной", "что-нового-весной"),
        ("C++ & <b>Rust</b>", "c-b-rust-b"),
        ("../../etc/passwd", "etc-passwd"),
        ("Cafe\u{301}", "cafe"),
        ("日本語", "日本語"),
    ] {
        assert_eq!(content(title).slug().as_str(), place, "{title}");
    }
}

#[test]
fn an_article_has_a_title_of_one_line_a_body_and_perhaps_an_image() {
    let title = |text: &str| Content::parse(text, "-", None).map(|content| content.title().to_owned());
    let body = |text: &str| Content::parse("-1", text, None).map(|content| content.body().as_str().to_owned());
    assert_eq!(title("  News \n"), Ok("News".into()));
    assert_eq!(title(&"ж".repeat(MAX_TITLE)), Ok("ж".repeat(MAX_TITLE)));
    assert_eq!(title(&"ж".repeat(MAX_TITLE + 1)), Err(Error::TitleTooLong { length: MAX_TITLE + 1 }));
    for nothing in ["", " \t", "!?", "—", "\u{363}"] {
        assert_eq!(title(nothing), Err(Error::TitleEmpty), "{nothing:?}");
    }
    assert_eq!(title("Ne\nws"), Err(Error::TitleNotALine));
    assert_eq!(body(" as *it* is \n"), Ok(" as *it* is \n".into()));
    assert_eq!(body(" \n"), Err(Error::BodyEmpty));
    assert_eq!(body(&"b".repeat(MAX_BODY)).map(|body| body.len()), Ok(MAX_BODY));
    assert_eq!(body(&"b".repeat(MAX_BODY + 1)), Err(Error::BodyTooLong { bytes: MAX_BODY + 1 }));
}

#[test]
fn an_image_is_somewhere_in_the_web() {
    let image = |text: &str| Content::parse("News", "-", Some(text)).map(|content| content.image().map(str::to_owned));
    for right in ["https://example.org/a.jpg", "http://example.org:8080/a?b=c#d", "https://пример.рф/картинка.png"]
    {
        assert_eq!(image(&format!(" {right} ")), Ok(Some(right.to_owned())));
    }
    let here = format!("/pictures/{}", "0a".repeat(32));
    assert_eq!(image(&here), Ok(Some(here)));
    assert_eq!(image(" "), Ok(None));
    for wrong in [
        "picture.jpg",
        "/pictures/picture.jpg",
        "/articles",
        "//example.org/a.jpg",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "ftp://example.org/a.jpg",
        "https://",
        "https://ann:secret@example.org/a.jpg",
        "https://example.org/a b.jpg",
        "https://example.org/a\nb.jpg",
    ] {
        assert_eq!(image(wrong), Err(Error::ImageInvalid { url: wrong.into() }));
    }
    let long = format!("https://example.org/{}", "a".repeat(MAX_IMAGE));
    assert_eq!(image(&long), Err(Error::ImageTooLong { length: MAX_IMAGE + 20 }));
}

#[test]
fn a_refusal_has_a_code_and_a_field() {
    for (error, code, field) in [
        (Error::NotFound, "NOT_FOUND", Some("id")),
        (Error::AlreadyExists, "ALREADY_EXISTS", None),
        (Error::TitleEmpty, "TITLE_EMPTY", Some("title")),
        (Error::TitleTaken { slug: "news".into() }, "TITLE_TAKEN", Some("title")),
        (Error::BodyEmpty, "TEXT_EMPTY", Some("body")),
        (Error::ImageInvalid { url: "x".into() }, "IMAGE_URL_INVALID", Some("imageUrl")),
    ] {
        assert_eq!((error.code().as_str(), error.field()), (code, field), "{error}");
    }
}

fn stored_forms() -> Vec<Event> {
    stored_forms! {
        Drafted: [drafted("Spring news"), Event::Drafted { author: ANN, slug: plain("Olds").slug(), content: plain("Olds") }],
        Revised: [revised("News", "Olds")],
        Published: [Event::Published],
        Unpublished: [Event::Unpublished],
        Deleted: [Event::Deleted],
    }
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(drafted("News")),
        Just(revised("News", "Olds")),
        Just(Event::Published),
        Just(Event::Unpublished),
        Just(Event::Deleted),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(draft(content("News"))),
        Just(revise(content("News"))),
        Just(revise(plain("Olds"))),
        Just(Command::Publish),
        Just(Command::Unpublish),
        Just(Command::Delete),
    ]
}

proptest! {
    #[test]
    fn no_order_of_events_makes_evolve_panic_and_every_state_can_be_written_down(
        events in proptest::collection::vec(any_event(), 0..12),
        command in any_command(),
    ) {
        let article = after(events);
        let written = serde_json::to_value(&article).expect("json");
        prop_assert_eq!(&serde_json::from_value::<Article>(written).expect("an article"), &article);
        prop_assert!(article.claims().len() <= 1);
        let _ = article.decide(command);
    }

    #[test]
    fn what_was_done_is_not_done_again_and_a_published_place_stays(
        commands in proptest::collection::vec(any_command(), 1..12),
    ) {
        let mut article = Article::default();
        let mut place = None;
        for command in commands {
            let Ok(events) = article.decide(command.clone()) else { continue };
            for event in events {
                if event == Event::Published {
                    place = Some(article.claims());
                }
                article.evolve(event);
            }
            if matches!(article, Article::Present { .. }) && let Some(place) = &place {
                prop_assert_eq!(&article.claims(), place);
            }
            let again = if matches!(command, Command::Draft { .. }) { Err(Error::AlreadyExists) } else { Ok(vec![]) };
            prop_assert_eq!(article.decide(command), again);
        }
    }

    #[test]
    fn every_title_leads_somewhere(title in "\\PC{1,40}") {
        if let Ok(content) = Content::parse(&title, "-", None) {
            let slug = content.slug();
            prop_assert!(slug.as_str().split('-').all(|word| !word.is_empty() && word.chars().all(char::is_alphanumeric)));
        }
    }
}
