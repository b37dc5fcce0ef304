//! Mailings that send somebody else's message.

use crate::support::service::{Service, metadata};
use crate::support::smtp_server::{Act, Gate, Offers, SmtpServer, Turn};
use chrono::TimeDelta;
use domain::message::{Command, Content, Message};
use domain::{MessageId, Periodicity, UserId, Window};
use uuid::Uuid;

async fn tell(service: &Service, id: MessageId, command: Command) {
    let told = service.node.services.store.execute::<Message>(id.0, command, &metadata()).await;
    assert!(service.node.services.shown(told.expect("the command is right").position).await);
}

#[tokio::test]
async fn a_run_keeps_the_shared_revision_that_it_started_with_and_no_run_starts_with_one_that_is_shared_no_longer() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let gate = Gate::new();
    let held = gate.clone();
    server.play(move |turn| match turn {
        Turn::Rcpt(_) => Act::Wait(held.clone()),
        _ => Act::Usual,
    });
    let (writer, shared) = (UserId(Uuid::now_v7()), MessageId(Uuid::now_v7()));
    let content = Content::parse("From everybody", "As shared", None).expect("a letter");
    tell(&service, shared, Command::CreateShared { owner: writer, content }).await;
    let group = service.clients(3).await;
    let mut plan = service.plan(group).await;
    let now = service.clock.now();
    plan.message = shared;
    plan.window = Window::new(now, now + TimeDelta::days(10)).expect("a window");
    plan.periodicity = Periodicity::Daily;
    let mailing = service.create(plan).await;
    let engine = service.work(&server);
    gate.reached_by(1).await;

    let later = Content::parse("Changed", "Not for you", None).expect("a letter");
    tell(&service, shared, Command::Revise { by: writer, content: later }).await;
    tell(&service, shared, Command::Unshare { by: writer }).await;
    gate.open();

    assert_eq!(service.finished(mailing).await.accepted, 3);
    for letter in server.received() {
        let letter = String::from_utf8_lossy(&letter.letter).into_owned();
        assert!(letter.contains("From everybody") && letter.contains("As shared"), "{letter}");
    }
    // The next day nothing is sent, and the occurrence is told as missed.
    service.clock.advance(TimeDelta::days(1));
    let missed = service.run_where(mailing, |run| run.status == projections::runs::Status::Missed).await;
    assert_eq!(missed.occurrence, Some(now + TimeDelta::days(1)));
    assert_eq!(server.received().len(), 3);
    engine.stop().await;
}
