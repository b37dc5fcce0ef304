//! Whoever is suppressed after an audience was frozen gets no letter that is promised later.

use super::{counts, friends, heard_of, outcomes, owners, planned, started, suppress};
use crate::support::all_read;
use crate::support::service::{Service, found};
use crate::support::smtp_server::{Act, Gate, Turn};
use chrono::TimeDelta;
use domain::mailing::{self, InDoubt};
use domain::suppression::Reason;
use domain::{BatchId, Fact, RunId, batch};
use projections::deliveries::{Ending, Suppressed};
use projections::{Access, deliveries, runs};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is recorded of a letter that was taken back.
const NOT_WRITTEN_TO: &str = "the recipient is not written to any more";

/// How the attempts at each address ended, with what was said.
async fn attempts(service: &Service, run: &runs::Run) -> BTreeMap<String, Vec<(Ending, Option<String>)>> {
    let (pool, all) = (&service.database.pool, deliveries::Filter::default());
    let page = all_read(deliveries::page(pool, Access::All, RunId(run.id), &all, None, i64::MAX).await);
    let ordinals: Vec<i32> = page.iter().map(|one| one.ordinal).collect();
    let tried = all_read(deliveries::attempts(pool, RunId(run.id), &ordinals).await);
    let of = |ordinal: i32| tried.iter().filter(move |one| one.ordinal == ordinal);
    let told = |one: &deliveries::Attempt| (one.outcome, one.reply.clone());
    page.into_iter().map(|one| (one.email, of(one.ordinal).map(told).collect())).collect()
}

/// From now on nobody can record that somebody is left out: whoever tries is told that a lock is held, and tries again.
async fn hold_left_out(service: &Service) {
    let held = "create function leaving_out_is_held() returns trigger language plpgsql as $$
                begin
                    raise exception 'the story holds this' using errcode = 'lock_not_available';
                end
                $$;
                create trigger leaving_out_is_held before insert on events
                    for each row when (new.event_type = 'LeftOut') execute function leaving_out_is_held()";
    sqlx::raw_sql(held).execute(&service.database.pool).await.expect("it is held");
}

async fn let_go(service: &Service) {
    let free = "drop trigger leaving_out_is_held on events; drop function leaving_out_is_held()";
    sqlx::raw_sql(free).execute(&service.database.pool).await.expect("it goes on");
}

#[tokio::test]
async fn whoever_is_suppressed_between_the_freezing_and_the_first_letter_gets_none() {
    // Small batches ask together, large ones each for itself.
    for count in [3_i64, 60] {
        let (service, server) = started().await;
        let group = service.clients(usize::try_from(count).expect("a few")).await;
        let mailing = service.mailing(group).await;
        let run = planned(&service, mailing, count).await;
        suppress(&service, owners(&service), "client1@example.org", Reason::Unsubscribed).await;
        suppress(&service, owners(&service), "client2@example.org", Reason::Dead).await;

        let engine = service.work(&server);
        let totals = service.finished(mailing).await;

        assert_eq!((totals.accepted, totals.suppressed), (count.unsigned_abs() - 2, 2), "{count}");
        let told = [(Suppressed::Reason(Reason::Unsubscribed), 1), (Suppressed::Reason(Reason::Dead), 1)];
        assert_eq!(counts(&service, &run).await, told);
        let (_, reply) = attempts(&service, &run).await["client1@example.org"].last().cloned().expect("an attempt");
        assert_eq!(reply.as_deref(), Some(NOT_WRITTEN_TO));
        assert!(!heard_of(&server, "client1@") && !heard_of(&server, "client2@"));
        engine.stop().await;
    }
}

#[tokio::test]
async fn whoever_is_suppressed_in_the_middle_of_a_run_gets_no_letter_that_is_promised_later() {
    let (service, server) = started().await;
    let group = service.clients(500).await;
    let gate = Gate::new();
    let closed = gate.clone();
    server.play(move |turn| if matches!(turn, Turn::Rcpt(_)) { Act::Wait(closed.clone()) } else { Act::Usual });
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    gate.reached_by(4).await;
    // A few are promised, and hundreds wait.
    suppress(&service, owners(&service), "client499@example.org", Reason::Unsubscribed).await;
    gate.open();

    let totals = service.finished(mailing).await;

    assert_eq!((totals.accepted, totals.suppressed), (499, 1));
    assert!(!heard_of(&server, "client499@"));
    let run = service.runs(mailing).await.remove(0);
    let unsubscribed = Some(Suppressed::Reason(Reason::Unsubscribed));
    assert_eq!(outcomes(&service, &run).await["client499@example.org"], ("suppressed", unsubscribed));
    engine.stop().await;
}

#[tokio::test]
async fn a_letter_that_was_put_off_is_not_sent_to_whoever_is_suppressed_meanwhile() {
    let (service, server) = started().await;
    let group = friends(&service).await;
    server.play(|turn| match turn {
        Turn::Rcpt(to) if to.starts_with("bob") => Act::Say("450 4.2.0 later"),
        _ => Act::Usual,
    });
    let mut settings = Service::settings();
    settings.retry_pauses = vec![Duration::from_millis(30)];
    let engine = Service::work_with(&service.node, Service::relay(&server), settings);
    let mailing = service.mailing(group).await;
    service.run_where(mailing, |run| (run.accepted, run.deferred) == (2, 1)).await;

    // Its outcome is another one only when its turn comes; that it will not go out is seen before.
    let (pool, all) = (&service.database.pool, deliveries::Filter::default());
    let withheld = async || {
        let run = service.runs(mailing).await.remove(0);
        let rows = all_read(deliveries::page(pool, Access::All, RunId(run.id), &all, None, i64::MAX).await);
        let withheld = acts::mailings::recipients::withheld(pool, &run, &rows).await.expect("reasons");
        withheld.into_values().collect::<Vec<_>>()
    };
    assert_eq!(withheld().await, []);
    suppress(&service, owners(&service), "bob@example.org", Reason::Unsubscribed).await;
    assert_eq!(withheld().await, [Reason::Unsubscribed]);
    server.play(|_| Act::Usual);
    service.clock.advance(TimeDelta::minutes(1));

    let totals = service.finished(mailing).await;
    assert_eq!((totals.accepted, totals.deferred, totals.suppressed), (2, 0, 1));
    assert_eq!(withheld().await, [], "it waits no more");
    let run = service.runs(mailing).await.remove(0);
    let unsubscribed = Suppressed::Reason(Reason::Unsubscribed);
    assert_eq!(outcomes(&service, &run).await["bob@example.org"], ("suppressed", Some(unsubscribed)));
    assert_eq!(counts(&service, &run).await, [(unsubscribed, 1)]);
    let endings: Vec<Ending> =
        attempts(&service, &run).await["bob@example.org"].iter().map(|(ending, _)| *ending).collect();
    assert_eq!(endings, [Ending::Deferred, Ending::NotTried]);
    engine.stop().await;
}

#[tokio::test]
async fn a_letter_in_doubt_that_would_be_sent_again_is_not_and_stays_in_doubt() {
    let (service, server) = started().await;
    let group = friends(&service).await;
    server.play(|turn| match turn {
        Turn::Body(to) if to.starts_with("bob") => Act::TakeAndHangUp,
        _ => Act::Usual,
    });
    let mut plan = service.plan(group).await;
    plan.sending.in_doubt = InDoubt::Resend;
    let mut settings = Service::settings();
    settings.retry_pauses = vec![Duration::from_millis(30)];
    let engine = Service::work_with(&service.node, Service::relay(&server), settings);
    let mailing = service.create(plan).await;
    service.run_where(mailing, |run| (run.accepted, run.unknown) == (2, 1)).await;

    suppress(&service, owners(&service), "bob@example.org", Reason::Unsubscribed).await;
    service.clock.advance(TimeDelta::minutes(1));

    let totals = service.finished(mailing).await;
    assert_eq!((totals.accepted, totals.unknown, totals.suppressed), (2, 1, 0), "the first one may have arrived");
    let run = service.runs(mailing).await.remove(0);
    assert_eq!(outcomes(&service, &run).await["bob@example.org"], ("unknown", None));
    assert!(counts(&service, &run).await.is_empty());
    assert_eq!(deliveries::undecided(&service.database.pool, &[run.id]).await.expect("a count"), [(run.id, 1)]);
    assert_eq!(server.received().len(), 3, "nobody got two");
    engine.stop().await;
}

#[tokio::test]
async fn an_engine_that_is_killed_before_it_has_left_somebody_out_is_followed_by_one_that_does() {
    let (service, server) = started().await;
    let group = friends(&service).await;
    let mailing = service.mailing(group).await;
    let run = planned(&service, mailing, 3).await;
    suppress(&service, owners(&service), "bob@example.org", Reason::ByHand).await;
    hold_left_out(&service).await;

    let dying = service.work(&server);
    found("it is recorded that Bob is not written to", async || {
        let told: i64 = sqlx::query_scalar("select count(*) from events where payload::text like '%' || $1 || '%'")
            .bind(NOT_WRITTEN_TO)
            .fetch_one(&service.database.pool)
            .await
            .ok()?;
        (told > 0).then_some(())
    })
    .await;
    drop(dying);
    let_go(&service).await;
    let engine = service.work(&server);

    let totals = service.finished(mailing).await;
    assert_eq!(totals.suppressed, 1);
    assert_eq!(totals.accepted + totals.unknown, 2, "what was in flight when it was killed may be in doubt");
    assert!(!heard_of(&server, "bob@"), "and nobody was written to who is suppressed");
    assert_eq!(counts(&service, &run).await, [(Suppressed::Reason(Reason::ByHand), 1)]);
    assert_eq!(service.events("LeftOut").await, 1);
    engine.stop().await;
}

/// A newer program does not write to the address, for a reason that this one does not know.
async fn suppress_for_an_unknown_reason(service: &Service, mailbox: &str) {
    let row = "insert into suppressed (scope_id, mailbox, reason, suppression_id) values ($1, $2, 'of_tomorrow', $3)";
    let (owner, id) = (service.owner.0, uuid::Uuid::from_u128(7));
    let row = sqlx::query(row).bind(owner).bind(mailbox).bind(id);
    row.execute(&service.database.pool).await.expect("it is written");
}

#[tokio::test]
async fn nothing_is_promised_for_as_long_as_nobody_can_tell_who_is_written_to() {
    // Small batches ask together, large ones each for itself.
    for count in [3_i64, 60] {
        let (service, server) = started().await;
        let group = service.clients(usize::try_from(count).expect("a few")).await;
        let mailing = service.mailing(group).await;
        planned(&service, mailing, count).await;
        suppress_for_an_unknown_reason(&service, "client1@example.org").await;

        let engine = service.work(&server);
        found("a letter was taken back", async || {
            let told: i64 =
                sqlx::query_scalar("select count(*) from events where payload::text like '%nobody can tell%'")
                    .fetch_one(&service.database.pool)
                    .await
                    .ok()?;
            (told > 0).then_some(())
        })
        .await;
        let promised = service.events("SendingStarted").await;
        tokio::time::sleep(Duration::from_secs(3)).await;

        assert_eq!(
            service.events("SendingStarted").await,
            promised,
            "it was looked before anything was promised again"
        );
        assert!(!heard_of(&server, "client1@"), "{count}");

        let mended = sqlx::query("delete from suppressed where reason = 'of_tomorrow'");
        mended.execute(&service.database.pool).await.expect("it is deleted");
        let totals = service.finished(mailing).await;
        assert_eq!(totals.accepted, count.unsigned_abs(), "and they go on by themselves");
        engine.stop().await;
    }
}

#[tokio::test]
async fn a_mailing_that_is_cancelled_tells_its_suppressed_ones_apart_from_those_who_were_never_tried() {
    let (service, _) = started().await;
    let group = friends(&service).await;
    suppress(&service, owners(&service), "bob@example.org", Reason::Imported).await;
    let mailing = service.mailing(group).await;
    let engine = super::plans_only(&service);
    service.run_where(mailing, |run| (run.planned, run.pending, run.suppressed) == (3, 2, 1)).await;

    service.tell(mailing, mailing::Command::Cancel { by: service.owner }).await;

    let totals = service.finished(mailing).await;
    assert_eq!(totals.suppressed, 3);
    let run = service.runs(mailing).await.remove(0);
    assert_eq!(counts(&service, &run).await, [(Suppressed::Cancelled, 2), (Suppressed::Reason(Reason::Imported), 1)]);
    engine.stop().await;
}

/// Where the last intent landed that names each delivery of a run, by the address.
async fn last_intents(service: &Service, run: &runs::Run) -> BTreeMap<String, i64> {
    let (pool, all) = (&service.database.pool, deliveries::Filter::default());
    let page = all_read(deliveries::page(pool, Access::All, RunId(run.id), &all, None, i64::MAX).await);
    let addresses: BTreeMap<i32, String> = page.into_iter().map(|one| (one.ordinal, one.email)).collect();
    let rows: Vec<(i64, String, String)> = sqlx::query_as(
        "select position, aggregate_id, payload::text from events
          where aggregate_type = 'batch' and event_type = 'SendingStarted' order by position",
    )
    .fetch_all(pool)
    .await
    .expect("there is a log");
    let numbers: BTreeMap<BatchId, u32> = (0..run.batches.expect("it is frozen").unsigned_abs())
        .map(|n| (BatchId::derive(RunId(run.id), n), n))
        .collect();
    let mut intents = BTreeMap::new();
    for (position, id, payload) in rows {
        let stored = eventstore::Stored { event_type: "SendingStarted", version: "1", payload: &payload };
        let fact = eventstore::fact("batch", &id, stored).expect("it reads");
        let Fact::Batch(batch, batch::Event::SendingStarted { recipients, .. }) = fact else { continue };
        for place in recipients {
            let address = &addresses[&deliveries::ordinal(numbers[&batch], place)];
            intents.insert(address.clone(), position);
        }
    }
    intents
}

/// The law: whoever was answered that they have left before a letter was promised to them does not get it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unsubscribe_that_was_answered_before_an_intent_is_never_followed_by_its_letter() {
    let (service, server) = started().await;
    let group = service.clients(1_200).await;
    // Slow enough for many intents.
    server.play(|turn| match turn {
        Turn::Rcpt(_) => Act::After(Duration::from_millis(20)),
        _ => Act::Usual,
    });
    let second = service.second_node().await;
    let engines =
        [&service.node, &second].map(|node| Service::work_with(node, Service::relay(&server), Service::settings()));
    let mailing = service.mailing(group).await;
    service.run_where(mailing, |run| run.accepted > 0).await;

    // While letters go out, one after the other leaves; from the last one on, most of whom no intent names yet.
    let mut answered = BTreeMap::new();
    for number in (0..1_200).rev().step_by(5) {
        let address = format!("client{number}@example.org");
        suppress(&service, owners(&service), &address, Reason::Unsubscribed).await;
        let head: i64 = sqlx::query_scalar("select max(position) from events")
            .fetch_one(&service.database.pool)
            .await
            .expect("there is a log");
        answered.insert(address, head);
    }

    let totals = service.finished(mailing).await;
    assert_eq!(totals.accepted + totals.suppressed, 1_200, "{totals:?}");
    assert!(totals.suppressed > 10 && totals.accepted > 900, "some were in time: {totals:?}");
    let run = service.runs(mailing).await.remove(0);
    let (intents, received) = (last_intents(&service, &run).await, server.accepted_recipients());
    for (address, head) in &answered {
        if received.contains(address) {
            let intent = intents[address];
            assert!(intent <= *head, "{address} was answered before {head}, and promised a letter at {intent}");
        }
    }
    for engine in engines {
        engine.stop().await;
    }
    second.close().await.expect("closed");
}
