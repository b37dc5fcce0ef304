//! Whose mailbox was whose at the start decides who gets the letter, whoever moves or goes while the audience is frozen.

use super::{EVERYBODY, each_got_one, first_page_is_out};
use crate::support::planners::{hold_batches_from, let_planners_go};
use crate::support::service::Service;
use crate::support::smtp_server::{Offers, SmtpServer};
use domain::client::Command as ClientCommand;
use domain::{EmailAddress, UserId};

/// A new address for a client.
fn change(by: UserId, address: &str) -> ClientCommand {
    let email = Some(EmailAddress::parse(address).expect("an address"));
    ClientCommand::Change { by, email, full_name: None, first_name: None, last_name: None, comment: None }
}

#[tokio::test]
async fn a_mailbox_gets_one_letter_also_if_whoever_comes_first_goes_or_moves_while_the_audience_is_frozen() {
    for goes in [true, false] {
        let (service, server) = (Service::start().await, SmtpServer::start(Offers::default()).await);
        // Two from before one mailbox could have several spellings: one comes before everybody else by their ids, one after.
        let first = service.client("anna@xn--e1afmkfd.xn--p1ai", "Anna", &[]).await;
        let group = service.clients(EVERYBODY).await;
        let pool = &service.database.pool;
        sqlx::query("delete from claims where kind = 'client-email'").execute(pool).await.expect("nobody is kept out");
        service.client("Anna@Пример.рф", "Anna", &[group]).await;
        // Whoever spells the mailbox as it is compared holds it, as the respelling has left it.
        sqlx::query("update claims set aggregate_id = $1 where kind = 'client-email'")
            .bind(first.0.to_string())
            .execute(pool)
            .await
            .expect("it is the first one's");
        hold_batches_from(pool, 2).await;
        let mut plan = service.plan(group).await;
        plan.audience.clients.insert(first);
        let engine = service.work(&server);
        let mailing = service.create(plan).await;
        first_page_is_out(&service, mailing).await;

        let by = service.owner;
        let moves = if goes { ClientCommand::Delete { by } } else { change(by, "ann@example.org") };
        service.tell_client(first, moves).await;
        let_planners_go(pool).await;

        let totals = service.finished(mailing).await;
        assert_eq!((totals.planned, totals.accepted, totals.suppressed), (1_702, 1_701, 1), "goes: {goes}");
        assert!(server.accepted_recipients().contains("anna@xn--e1afmkfd.xn--p1ai"));
        each_got_one(&server);
        engine.stop().await;
    }
}

#[tokio::test]
async fn whoever_gives_an_address_up_while_the_audience_is_frozen_gets_the_letter_also_if_another_takes_it() {
    let (service, server) = (Service::start().await, SmtpServer::start(Offers::default()).await);
    let first = service.client("first@example.org", "Fay", &[]).await;
    let group = service.clients(EVERYBODY).await;
    let last = service.client("last@пример.рф", "Lou", &[group]).await;
    hold_batches_from(&service.database.pool, 2).await;
    let mut plan = service.plan(group).await;
    plan.audience.clients.insert(first);
    let engine = service.work(&server);
    let mailing = service.create(plan).await;
    first_page_is_out(&service, mailing).await;

    let by = service.owner;
    service.tell_client(last, change(by, "last@example.org")).await;
    service.tell_client(first, change(by, "last@Пример.рф")).await;
    let_planners_go(&service.database.pool).await;

    let totals = service.finished(mailing).await;
    assert_eq!((totals.planned, totals.accepted, totals.suppressed), (1_702, 1_702, 0), "they had a mailbox each");
    let received = server.accepted_recipients();
    assert!(received.contains("first@example.org") && received.contains("last@xn--e1afmkfd.xn--p1ai"));
    each_got_one(&server);
    engine.stop().await;
}
