//! PostgreSQL is away or slow, or the service is to end, while messages come in.

use super::peer::{Peer, ended};
use super::{Letters, Sent, bounces, report, takes_mail_at, taking_mail};
use crate::support::database::OwnServer;
use crate::support::service::found;
use crate::support::smtp_server::{Offers, SmtpServer};
use crate::support::visitor::{Visitor, create_ann};
use ::intake::smtp::Limits;
use acts::intake::{self, IN_A_ROW};
use domain::RunId;
use domain::feedback::Via;
use serde_json::json;
use sqlx::PgPool;
use std::time::Duration;
use tokio::net::TcpStream;
use uuid::Uuid;

#[tokio::test]
async fn while_postgresql_is_away_senders_are_told_to_come_again_and_then_everything_is_taken() {
    let mut postgres = OwnServer::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let serve = taking_mail(&["serve"]).set("DATABASE_URL", postgres.url());
    let mut serve = serve.set("SMTP_URL", format!("smtp://{}", server.address())).start();
    let url = serve.serves().await;
    let address = takes_mail_at(&mut serve).await;
    create_ann(postgres.url()).await;
    let ann = Visitor::ann(&url).await;
    ann.does("clientsImport", json!({ "csv": "email\nclient0@example.org\n" }), "report { imported }").await;
    let mailing = ann.plans_a_mailing().await;
    ann.sees_through(&mailing).await;
    let pool = PgPool::connect(postgres.url()).await.expect("it is there");
    let run = sqlx::query_scalar::<_, Uuid>("select id from runs").fetch_one(&pool).await.expect("there is a run");
    let letters = Letters::of(&pool, RunId(run)).await;
    pool.close().await;
    let mut peer = Peer::greeting(address, "EHLO mx.example.net").await;
    peer.does(&[("MAIL FROM:<>", "250"), (&format!("RCPT TO:<{}>", letters.address(0)), "250"), ("DATA", "354")]).await;
    peer.says("Subject: it goes away meanwhile\r\n").await;

    postgres.stop().await;

    peer.says(".\r\n").await;
    assert!(peer.hears().await.starts_with("451 4.3.0"));
    assert!(peer.delivers(&letters.address(0), &report("one")).await.starts_with("451 4.3.0"));
    serve.says("what comes in by mail cannot be taken").await;
    // The peer is not to blame, and may try again over the same connection.
    assert!(serve.is_running());

    postgres.start_again().await;

    found("it is taken", async || {
        peer.delivers(&letters.address(0), &report("one")).await.starts_with("250").then_some(())
    })
    .await;
    serve.says("what comes in by mail is taken again").await;
    let pool = PgPool::connect(postgres.url()).await.expect("it is there");
    assert_eq!(bounces(&pool, 0).await, 1);
    pool.close().await;
    serve.signal("TERM");
    assert_eq!(serve.ends().await.code, Some(0));
}

#[tokio::test]
async fn a_message_that_cannot_be_written_in_time_is_put_off_and_counts_once_when_it_comes_again() {
    let sent = Sent::with_letters(1).await;
    let listening = sent.listens(Limits { taking: Duration::from_secs(1), ..Limits::default() }).await;
    let mut peer = Peer::greeting(listening.address, "EHLO mx.example.net").await;
    peer.begins(&sent.letters.address(0)).await;
    let mut hold = sent.pool().begin().await.expect("a transaction");
    sqlx::query("lock table events in share row exclusive mode").execute(&mut *hold).await.expect("nobody has it");

    peer.says(ended(&report("one"))).await;

    assert!(peer.hears().await.starts_with("451 4.3.0"));
    hold.rollback().await.expect("it ends");
    found("it is taken", async || {
        peer.delivers(&sent.letters.address(0), &report("one")).await.starts_with("250").then_some(())
    })
    .await;
    assert_eq!(bounces(sent.pool(), 0).await, 1);
}

#[tokio::test]
async fn that_nothing_can_be_written_down_is_told_until_something_is() {
    let sent = Sent::with_letters(1).await;
    let listening = sent.listens(Limits::default()).await;
    let mut peer = Peer::greeting(listening.address, "EHLO mx.example.net").await;
    let standing = async || {
        let all = intake::standing(sent.pool()).await.expect("an answer");
        all.into_iter().find(|one| one.via == Via::Smtp)
    };
    found("it is told that it listens", async || standing().await.filter(|one| one.error.is_none())).await;
    let refuse = "create function refuses() returns trigger language plpgsql as $$
                  begin
                      raise exception 'the story holds this' using errcode = 'lock_not_available';
                  end
                  $$;
                  create trigger refuses before insert on events
                      for each row when (new.event_type = 'BounceReported') execute function refuses();";
    sqlx::raw_sql(refuse).execute(sent.pool()).await.expect("it is held");

    for number in 0..IN_A_ROW {
        // Addresses are looked up all the while, which says nothing of that.
        let answer = peer.delivers(&sent.letters.address(0), &report(&number.to_string())).await;
        assert!(answer.starts_with("451 4.3.0"), "{answer}");
    }

    let told = found("it is told that nothing comes in", async || standing().await.filter(|one| one.error.is_some()));
    let closed = told.await;
    let why = closed.error.unwrap_or_default();
    assert!(why.contains("5 that came were all refused: "), "{why}");
    assert!(closed.since.is_some_and(|since| since < closed.looked_at));
    let free = "drop trigger refuses on events; drop function refuses()";
    sqlx::raw_sql(free).execute(sent.pool()).await.expect("it goes on");
    assert!(peer.delivers(&sent.letters.address(0), &report("one")).await.starts_with("250"));
    found("it is open again", async || standing().await.filter(|one| one.error.is_none())).await;
}

#[tokio::test]
async fn when_the_service_ends_a_message_that_is_being_taken_is_answered_and_all_others_are_told_to_come_again() {
    let sent = Sent::with_letters(1).await;
    let listening = sent.listens(Limits::default()).await;
    let idle = Peer::at(listening.address).await;
    let mut in_text = Peer::greeting(listening.address, "EHLO mx.example.net").await;
    in_text.begins(&sent.letters.address(0)).await;
    in_text.says("Subject: x\r\n").await;
    let mut in_taking = Peer::greeting(listening.address, "EHLO mx.example.net").await;
    in_taking.begins(&sent.letters.address(0)).await;
    let mut hold = sent.pool().begin().await.expect("a transaction");
    sqlx::query("lock table events in share row exclusive mode").execute(&mut *hold).await.expect("nobody has it");
    in_taking.says(ended(&report("one"))).await;
    let query = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    found("it is being taken", async || {
        let waiting: i64 = sqlx::query_scalar(query).fetch_one(sent.pool()).await.expect("they can be counted");
        (waiting > 0).then_some(())
    })
    .await;

    listening.stop.cancel();

    for mut peer in [idle, in_text] {
        assert!(peer.hears().await.starts_with("421 4.3.2"));
        peer.gets_hung_up_on().await;
    }
    found("nobody listens any more", async || TcpStream::connect(listening.address).await.err()).await;
    hold.rollback().await.expect("it ends");
    assert!(in_taking.hears().await.starts_with("250 2.0.0"));
    assert!(in_taking.hears().await.starts_with("421 4.3.2"));
    listening.stops().await;
    assert_eq!(bounces(sent.pool(), 0).await, 1);
}
