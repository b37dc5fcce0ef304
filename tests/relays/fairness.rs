//! A small mailing is not kept waiting by a large one.

use super::plain_server;
use crate::support::service::Service;

/// A large mailing is running, through a relay that takes 120 letters in a second, and has taken all slots; a small one
/// becomes due.
async fn a_small_one_overtakes_a_large_one(slots: usize, small: usize) {
    let (service, server) = (Service::start().await, plain_server().await);
    let everybody = service.clients(6_000).await;
    let friends = service.group("Friends").await;
    for number in 0..20 {
        service.client(&format!("friend{number}@example.org"), "Friend", &[friends]).await;
    }
    let relay = Service::relay_saying(&server, "rate=120/s");
    let mut settings = Service::settings();
    (settings.batches, settings.small_batches) = (slots, small);
    let engine = Service::work_with(&service.node, relay, settings);
    let large = service.mailing(everybody).await;
    service.run_where(large, |run| run.accepted >= 60).await;

    let small = service.mailing(friends).await;
    service.finished(small).await;

    let run = service.runs(large).await.remove(0);
    assert!(run.accepted < 1_500, "{} of 6,000 were sent meanwhile", run.accepted);
    assert_eq!(run.unknown, 0);
    engine.stop().await;
}

#[tokio::test]
async fn a_small_mailing_that_becomes_due_while_a_large_one_is_running_is_finished_long_before_it() {
    a_small_one_overtakes_a_large_one(4, 48).await;
}

#[tokio::test]
async fn with_slots_that_both_share_it_gets_one_of_those_of_the_large_one() {
    a_small_one_overtakes_a_large_one(4, 0).await;
}

#[tokio::test]
async fn with_a_single_slot_they_take_turns() {
    a_small_one_overtakes_a_large_one(1, 0).await;
}

#[tokio::test]
async fn a_run_that_is_alone_keeps_its_batches() {
    let (service, server) = (Service::start().await, plain_server().await);
    let everybody = service.clients(2_600).await;
    let relay = Service::relay_saying(&server, "rate=600/s");
    let engine = Service::work_with(&service.node, relay, Service::settings());

    let mailing = service.mailing(everybody).await;

    assert_eq!(service.finished(mailing).await.accepted, 2_600);
    // A batch that changes hands in the middle is one whose letters were withdrawn and recorded as such.
    let not_tried =
        "select count(*) from events where event_type = 'AttemptRecorded' and payload::text like '%not_tried%'";
    let not_tried: i64 =
        sqlx::query_scalar(not_tried).fetch_one(&service.database.pool).await.expect("events can be counted");
    assert_eq!(not_tried, 0);
    engine.stop().await;
}
