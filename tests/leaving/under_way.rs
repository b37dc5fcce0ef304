//! Whoever leaves a topic while letters of it go out gets none that is not promised yet, in whichever mailing.

use super::publish;
use crate::support::all_read;
use crate::support::service::Service;
use crate::support::smtp_server::{Act, Gate, Offers, SmtpServer, Turn};
use acts::leaving::{self, Outcome, Which};
use domain::letter::leave_link::{Letterhead, Purpose};
use domain::mailing::{Audience, Change, Command};
use domain::suppression::Way;
use domain::{GroupId, MailingId, RunId};
use projections::{Access, LinkKeys, deliveries, runs};

/// The token of the letter to this address.
async fn token(service: &Service, run: &runs::Run, address: &str) -> String {
    let (pool, all, run) = (&service.database.pool, deliveries::Filter::default(), RunId(run.id));
    let page = all_read(deliveries::page(pool, Access::All, run, &all, None, i64::MAX).await);
    let letter = page.iter().find(|one| one.email == address).expect("it is planned");
    let keys = LinkKeys::default();
    let key = keys.newest(pool).await.expect("there is a key");
    key.token(Purpose::Unsubscribe, Letterhead { run, ordinal: letter.ordinal.unsigned_abs() })
}

async fn mailing(service: &Service, groups: &[GroupId]) -> MailingId {
    let mut plan = service.plan(groups[0]).await;
    plan.audience.groups.extend(groups);
    service.create(plan).await
}

#[tokio::test]
async fn leaving_a_topic_counts_for_all_letters_of_it_that_are_not_promised_yet() {
    let (service, server) = (Service::start().await, SmtpServer::start(Offers::default()).await);
    let services = &service.node.services;
    let (news, friends) = (service.clients(499).await, service.group("Friends").await);
    service.client("anna@example.org", "Anna", &[news, friends]).await;
    publish(services, service.owner, news, "News", "").await;
    let gate = Gate::new();
    let closed = gate.clone();
    server.play(move |turn| if matches!(turn, Turn::Rcpt(_)) { Act::Wait(closed.clone()) } else { Act::Usual });
    let engine = service.work(&server);
    let first = mailing(&service, &[news]).await;
    gate.reached_by(4).await;

    // A few are promised, and hundreds wait, hers among them.
    let run = service.run_where(first, |run| run.planned == 500).await;
    let token = token(&service, &run, "anna@example.org").await;
    let link = leaving::open(services, &token).await.expect("it can be read").expect("it is ours");
    let outcome = leaving::leave(services, &link, Which::Topic(news), Way::Page).await.expect("it is written");
    assert_eq!(outcome, Outcome::Done);
    // Their owner plans the mailing for others meanwhile: the run under way stays one to the readers of this topic.
    let audience = Audience { groups: [friends].into(), ..Audience::default() };
    let change = Change { audience: Some(audience), ..Change::default() };
    service.tell(first, Command::Change { by: service.owner, change, now: services.now() }).await;
    gate.open();

    let totals = service.finished(first).await;
    assert_eq!((totals.accepted, totals.suppressed), (499, 1));
    // She is in the audience of this one by another group, and it names the topic all the same.
    let totals = service.finished(mailing(&service, &[news, friends]).await).await;
    assert_eq!((totals.planned, totals.accepted, totals.suppressed), (500, 499, 1));
    assert!(!server.accepted_recipients().contains("anna@example.org"));
    // What does not name it comes as ever.
    assert_eq!(service.finished(mailing(&service, &[friends]).await).await.accepted, 1);
    engine.stop().await;
}
