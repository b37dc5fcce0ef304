//! Letters that go to many name the postal address of their owner, where there is one.

use super::Stage;
use crate::support::service::metadata;
use domain::mailing::{Kind, Plan};
use domain::{Language, PostalAddress, TimeZone, user};
use mail_parser::MessageParser;

/// Braces in it are no merge field.
const ADDRESS: &str = "Trees & Friends\nLime Street {{full_name}} 1";

async fn tell_owner(stage: &Stage, command: user::Command) {
    let (services, owner) = (&stage.service.node.services, stage.service.owner);
    let told = services.store.execute::<user::User>(owner.0, command, &metadata()).await.expect("it may be done");
    assert!(services.shown(told.position).await, "the read models follow");
}

#[tokio::test]
async fn letters_that_go_to_many_name_the_postal_address_also_where_they_say_themselves_how_to_leave() {
    let stage = Stage::start().await;
    let service = &stage.service;
    let register = user::Command::Register {
        email: super::email("owner@example.com"),
        full_name: domain::FullName::parse("Owner").expect("a name"),
        time_zone: TimeZone::UTC,
        language: Language::Ru,
    };
    tell_owner(&stage, register).await;
    tell_owner(&stage, user::Command::VerifyEmail).await;
    let postal_address = PostalAddress::parse(ADDRESS).expect("short enough");
    tell_owner(&stage, user::Command::ChangePostalAddress { postal_address }).await;
    let group = service.clients(1).await;
    let engine = stage.work();
    let (own, html) = ("Bye: {{unsubscribe_url}}", "<p>Bye: <a href=\"{{unsubscribe_url}}\">here</a></p>");
    for (text, html, kind, named) in [
        ("News.", "<p>News.</p>", Kind::Bulk, true),
        (own, html, Kind::Bulk, true),
        ("Receipt.", "<p>Receipt.</p>", Kind::Transactional, false),
    ] {
        let before = stage.server.count();
        let message = stage.message("News", text, Some(html)).await;
        let mailing = service.create(Plan { message, kind, ..service.plan(group).await }).await;
        assert_eq!(service.finished(mailing).await.accepted, 1);
        let received = &stage.server.received()[before];
        let letter = MessageParser::default().parse(&received.letter).expect("a letter");
        let text = letter.body_text(0).expect("a text").replace("\r\n", "\n");
        let html = letter.body_html(0).expect("HTML").into_owned();
        assert_eq!(text.contains(&format!("\n\n-- \n{ADDRESS}")), named, "{text}");
        assert_eq!(html.contains("Trees &amp; Friends<br>Lime Street {{full_name}} 1</p>"), named, "{html}");
    }
    engine.stop().await;
}
