//! What letters do when the marks of their beginning cannot be made.

use crate::support::service::{Service, found};
use crate::support::smtp_server::{Act, Gate, Offers, SmtpServer, Turn};

/// A relay that answers RCPT when the gate opens.
async fn relay_behind(gate: &Gate) -> SmtpServer {
    let server = SmtpServer::start(Offers::default()).await;
    let gate = gate.clone();
    server.play(move |turn| match turn {
        Turn::Rcpt(_) => Act::Wait(gate.clone()),
        _ => Act::Usual,
    });
    server
}

/// How many records there are of letters that went no further than their envelope.
async fn not_tried(service: &Service) -> i64 {
    sqlx::query_scalar("select count(*) from events where payload::text like '%the letter''s text may not leave%'")
        .fetch_one(&service.database.pool)
        .await
        .expect("a log")
}

#[tokio::test]
async fn a_worker_whose_marks_are_taken_away_sends_nothing_more_before_it_has_the_batch_anew() {
    let gate = Gate::new();
    let (service, server) = (Service::start().await, relay_behind(&gate).await);
    let group = service.clients(40).await;
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    gate.reached_by(1).await;

    // As whoever takes the batch over does first.
    let taken = sqlx::query("delete from batch_marks").execute(&service.database.pool).await.expect("a table");
    assert_eq!(taken.rows_affected(), 1);
    gate.open();

    let totals = service.finished(mailing).await;
    assert_eq!((totals.accepted, totals.unknown), (40, 0));
    assert_eq!((server.count(), server.accepted_recipients().len()), (40, 40), "nobody gets two");
    assert!(not_tried(&service).await > 0, "letters that had begun went no further");
    engine.stop().await;
}

#[tokio::test]
async fn no_letter_leaves_while_its_mark_cannot_be_made_and_all_leave_when_it_can() {
    let gate = Gate::new();
    let (service, server) = (Service::start().await, relay_behind(&gate).await);
    let group = service.clients(40).await;
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    gate.reached_by(1).await;

    let pool = &service.database.pool;
    sqlx::query("alter table batch_marks rename to out_of_reach").execute(pool).await.expect("a table");
    gate.open();
    server.wait_for_command("DATA", 1).await;
    found("the letters that had begun are given back", async || (not_tried(&service).await > 0).then_some(())).await;
    assert_eq!(server.count(), 0);
    sqlx::query("alter table out_of_reach rename to batch_marks").execute(pool).await.expect("a table");

    let totals = service.finished(mailing).await;
    assert_eq!((totals.accepted, totals.unknown), (40, 0));
    assert_eq!((server.count(), server.accepted_recipients().len()), (40, 40), "nobody gets two");
    engine.stop().await;
}

#[tokio::test]
async fn a_finished_batch_leaves_no_marks_behind() {
    let (service, server) = (Service::start().await, SmtpServer::start(Offers::default()).await);
    let group = service.clients(40).await;
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    assert_eq!(service.finished(mailing).await.accepted, 40);
    engine.stop().await;
    let left: i64 = sqlx::query_scalar("select count(*) from batch_marks")
        .fetch_one(&service.database.pool)
        .await
        .expect("a table");
    assert_eq!(left, 0);
}
