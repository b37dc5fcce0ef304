//! A relay that is down or silent costs nothing but time.

use super::{heal, impatient, mailing_through, plain_server, sick_server, silent_server};
use crate::support::service::Service;
use crate::support::smtp_server::{Act, Turn};

#[tokio::test]
async fn a_silent_relay_takes_no_slot_of_the_others() {
    let service = Service::start().await;
    let (silent, well) = (silent_server().await, plain_server().await);
    // More than the silent relay's slots can hold.
    let many = service.clients(2_600).await;
    let stuck = mailing_through(&service, many, "silent").await;
    let sent = mailing_through(&service, many, "well").await;
    let relays = [
        Service::relay_saying(&silent, "name=silent").with_timeouts(scheduler::smtp::Timeouts::default()),
        Service::relay_saying(&well, "name=well"),
    ];
    let engine = Service::work_through(&service.node, relays, Service::settings());

    assert_eq!(service.finished(sent).await.accepted, 2_600);

    let waiting = service.runs(stuck).await.remove(0).totals();
    assert_eq!((waiting.planned, waiting.accepted, waiting.unknown), (2_600, 0, 0));
    assert_eq!(well.received().len(), 2_600);
    drop(engine);
}

#[tokio::test]
async fn a_mailing_that_names_no_relay_goes_through_those_that_are_well() {
    let service = Service::start().await;
    let (silent, sick, well) = (silent_server().await, sick_server().await, plain_server().await);
    let many = service.clients(2_600).await;
    let relays = [
        impatient(Service::relay_saying(&silent, "name=silent")),
        Service::relay_saying(&sick, "name=sick"),
        Service::relay_saying(&well, "name=well"),
    ];
    let engine = Service::work_through(&service.node, relays, Service::settings());

    let mailing = service.mailing(many).await;

    assert_eq!(service.finished(mailing).await.accepted, 2_600);
    assert_eq!(well.received().len(), 2_600);
    engine.stop().await;
}

#[tokio::test]
async fn a_mailing_goes_through_the_relay_that_it_names_and_waits_for_it() {
    let service = Service::start().await;
    let (one, other) = (plain_server().await, plain_server().await);
    let group = service.clients(30).await;
    let mailing = mailing_through(&service, group, "other").await;
    let relays = || [Service::relay_saying(&one, "name=one"), Service::relay_saying(&other, "name=other")];
    other.play(|turn| if turn == Turn::Greeting { Act::Say("421 4.3.2 not today") } else { Act::Usual });
    let engine = Service::work_through(&service.node, relays(), Service::settings());
    service.run_where(mailing, |run| run.last_attempt_at.is_some()).await;

    heal(&other);

    assert_eq!(service.finished(mailing).await.accepted, 30);
    assert_eq!((one.received().len(), other.received().len()), (0, 30));
    engine.stop().await;
}

#[tokio::test]
async fn what_will_not_be_sent_is_given_up_although_every_relay_is_away() {
    let service = Service::start().await;
    let sick = sick_server().await;
    let group = service.clients(30).await;
    let engine = service.work(&sick);
    let mailing = service.mailing(group).await;
    super::is_open(&super::outbox(&engine.relays)).await;

    service.tell(mailing, domain::mailing::Command::Cancel { by: service.owner }).await;

    assert_eq!(service.finished(mailing).await.suppressed, 30);
    engine.stop().await;
}
