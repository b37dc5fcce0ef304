//! Fields of an owner's own: what letters say where they are named.

use crate::support::service::{Service, metadata};
use crate::support::smtp_server::{Act, Gate, Offers, SmtpServer, Turn};
use domain::custom_field::{self, CustomField, Key, Kind, Label, Number, Value};
use domain::mailing::{self, Plan};
use domain::message::{self, Content, Message};
use domain::user::{self, User};
use domain::{ClientId, CustomFieldId, Decide, EmailAddress, FullName, Known, Language, MessageId, TimeZone, client};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Something happens, and the read models show it.
async fn tell<A>(service: &Service, id: Uuid, command: A::Command)
where
    A: Decide + Clone + 'static,
    A::Command: Clone + Send + 'static,
    A::Error: Send + 'static,
{
    let services = &service.node.services;
    let told = services.store.execute::<A>(id, command, &metadata()).await.expect("it may be");
    assert!(services.shown(told.position).await, "the read models follow");
}

fn key(text: &str) -> Key {
    Key::parse(text).expect("a key")
}

async fn define(service: &Service, text: &str, kind: Kind) {
    let (owner, key, label) = (service.owner, key(text), Label::parse(text).expect("a label"));
    let id = CustomFieldId::derive(owner, &key).0;
    tell::<CustomField>(service, id, custom_field::Command::Define { owner, key, label, kind }).await;
}

async fn set(service: &Service, id: ClientId, values: [(&str, Option<Value>); 3]) {
    let fields = values.map(|(text, value)| (key(text), value)).into();
    service.tell_client(id, client::Command::ChangeFields { by: service.owner, fields }).await;
}

/// What everybody got at last: subject, and the text without its footer.
fn letters(server: &SmtpServer) -> BTreeMap<String, (String, String)> {
    let read = |letter: &[u8]| {
        let letter = mail_parser::MessageParser::default().parse(letter).expect("a letter");
        let text = letter.body_text(0).unwrap_or_default().replace("\r\n", "\n");
        let own = text.split("\n\n-- \n").next().unwrap_or_default().trim_end().to_owned();
        (letter.subject().unwrap_or_default().to_owned(), own)
    };
    server.received().iter().map(|received| (received.recipient.clone(), read(&received.letter))).collect()
}

#[tokio::test]
async fn letters_say_what_clients_had_when_the_run_was_frozen_in_the_language_of_their_owner() {
    let service = Service::start().await;
    let register = user::Command::Register {
        email: EmailAddress::parse("owner@example.org").expect("an address"),
        full_name: FullName::default(),
        time_zone: TimeZone::UTC,
        language: Language::Ru,
    };
    tell::<User>(&service, service.owner.0, register).await;
    tell::<User>(&service, service.owner.0, user::Command::VerifyEmail).await;
    for (text, kind) in [("city", Kind::Text), ("height", Kind::Number), ("born", Kind::Date)] {
        define(&service, text, kind).await;
    }
    let group = service.group("Everybody").await;
    let ann = service.client("ann@example.org", "Ann", &[group]).await;
    service.client("bob@example.org", "Bob", &[group]).await;
    let height = Number::read("1.68").map(Value::Number);
    let born = Some(Value::Date("2001-05-01".parse().expect("a day")));
    set(&service, ann, [("city", Some(Value::Text("Wrong".to_owned()))), ("height", None), ("born", None)]).await;
    set(&service, ann, [("city", Some(Value::Text("Ås & Oslo".to_owned()))), ("height", height), ("born", born)]).await;

    let text = "{{height|?}} {{born|?}}: https://example.org/?c={{city|x}}";
    let content = Content::parse_with("News from {{city|nowhere}}", text, None, Known::Every).expect("a letter");
    let message = MessageId(Uuid::now_v7());
    tell::<Message>(&service, message.0, message::Command::Create { owner: service.owner, content }).await;
    let server = SmtpServer::start(Offers::default()).await;
    let gate = Gate::new();
    let closed = gate.clone();
    server.play(move |turn| if turn == Turn::Greeting { Act::Wait(closed.clone()) } else { Act::Usual });
    let engine = service.work(&server);
    let plan = Plan { message, ..service.plan(group).await };
    let mailing = service.create(plan.clone()).await;
    gate.reached_by(1).await;

    // The run is frozen, and nobody has a letter yet.
    let moved = Some(Value::Text("Riga".to_owned()));
    set(&service, ann, [("city", moved), ("height", None), ("born", None)]).await;
    let remove = custom_field::Command::Remove { by: service.owner };
    tell::<CustomField>(&service, CustomFieldId::derive(service.owner, &key("born")).0, remove).await;
    let english = user::Command::ChangeProfile { full_name: None, time_zone: None, language: Some(Language::En) };
    tell::<User>(&service, service.owner.0, english).await;
    gate.open();
    assert_eq!(service.finished(mailing).await.accepted, 2);

    let said = |subject: &str, text: &str| (format!("News from {subject}"), text.to_owned());
    let nothing = said("nowhere", "? ?: https://example.org/?c=x");
    let got = letters(&server);
    let pinned = said("Ås & Oslo", "1,68 1 мая 2001 г.: https://example.org/?c=%C3%85s%20%26%20Oslo");
    assert_eq!((&got["ann@example.org"], &got["bob@example.org"]), (&pinned, &nothing));

    // A later run says what is so then; its letters have no footer, and a language all the same.
    let height = Number::read("1.7").map(Value::Number);
    set(&service, ann, [("city", None), ("height", height), ("born", None)]).await;
    let later = service.create(Plan { kind: mailing::Kind::Transactional, ..plan }).await;
    assert_eq!(service.finished(later).await.accepted, 2);
    let got = letters(&server);
    let pinned = said("nowhere", "1.7 ?: https://example.org/?c=x");
    assert_eq!((&got["ann@example.org"], &got["bob@example.org"]), (&pinned, &nothing));
    engine.stop().await;
}
