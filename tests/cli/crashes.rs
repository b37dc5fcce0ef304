//! The process ends in the middle of a run: by kill -9, again and again, or because it was asked to.

use super::scene::Scene;
use crate::support::planners::{hold_batches_from, let_planners_go};
use crate::support::visitor::Visitor;
use domain::Outcome;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::time::{Duration, Instant};

#[tokio::test]
async fn after_kill_9_in_the_middle_of_a_run_it_goes_on_and_names_exactly_the_doubtful_letters() {
    let scene = Scene::with_clients(300).await;
    let gate = scene.hold_letters_after(80);
    let first = scene.skymailing(&["serve"]).start();
    gate.reached_by(1).await;

    first.killed().await;
    scene.is_quiet().await;
    let in_doubt = scene.in_doubt().await;
    scene.take_letters();
    gate.open();
    let mut second = scene.skymailing(&["serve"]).start();
    let totals = scene.finished().await;

    assert!(in_doubt >= 1);
    assert_eq!((totals.planned, totals.accepted, totals.unknown), (300, 300 - in_doubt, in_doubt));
    scene.adds_up(totals).await;
    assert!(second.is_running());
}

#[tokio::test]
async fn a_run_of_two_thousand_letters_survives_five_kills() {
    let scene = Scene::with_clients(2_000).await;
    let mut moments = StdRng::seed_from_u64(20_260_504);
    let mut in_doubt = 0;
    for life in 1..=5 {
        // Before the run is over, whatever the moments: at most 1,750 letters are taken in five lives.
        let gate = scene.hold_letters_after(moments.random_range(0..350));
        let process = scene.skymailing(&["worker"]).start();
        gate.reached_by(1).await;
        process.killed().await;
        scene.is_quiet().await;
        let begun = scene.in_doubt().await;
        assert!(begun >= 1, "something has begun at the end of life {life}");
        in_doubt += begun;
        gate.open();
    }

    scene.take_letters();
    let _last = scene.skymailing(&["worker"]).start();
    let totals = scene.finished().await;

    assert_eq!((totals.planned, totals.accepted, totals.unknown), (2_000, 2_000 - in_doubt, in_doubt));
    scene.adds_up(totals).await;
}

#[tokio::test]
async fn after_kill_9_while_an_audience_is_frozen_it_is_frozen_as_it_was_and_nobody_gets_two_letters() {
    let scene = Scene::with_clients(2_300).await;
    let mut in_doubt = 0;
    hold_batches_from(&scene.database.pool, 2).await;
    for life in 1..=3 {
        let gate = scene.hold_letters_after(200);
        let process = scene.skymailing(&["worker"]).start();
        gate.reached_by(1).await;
        assert_eq!(scene.run_events("AudienceFrozen").await, 0, "in life {life}");
        process.killed().await;
        scene.is_quiet().await;
        in_doubt += scene.in_doubt().await;
        gate.open();
    }
    assert_eq!(scene.runs().await.remove(0).planned, 1_000, "what was planned stays, and nothing is planned twice");

    let_planners_go(&scene.database.pool).await;
    scene.take_letters();
    let _last = scene.skymailing(&["worker"]).start();
    let totals = scene.finished().await;

    assert_eq!((totals.planned, totals.accepted, totals.unknown), (2_300, 2_300 - in_doubt, in_doubt));
    scene.adds_up(totals).await;
}

#[tokio::test]
async fn on_sigterm_it_records_what_is_in_flight_and_ends_well() {
    let scene = Scene::with_clients(300).await;
    let gate = scene.hold_letters_after(80);
    let mut first = scene.skymailing(&["serve"]).start();
    gate.reached_by(1).await;

    first.signal("TERM");
    first.says("finishing what is in flight").await;
    let asked = Instant::now();
    gate.open();
    let ended = first.ends().await;

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(asked.elapsed() < Duration::from_secs(15), "it took {:?}", asked.elapsed());
    scene.is_quiet().await;
    assert_eq!(scene.in_flight().await, 0);
    let received = scene.server.accepted_recipients();
    assert!(received.len() < 300, "it ended before the run");
    scene.take_letters();
    let _second = scene.skymailing(&["serve"]).start();
    let totals = scene.finished().await;
    assert_eq!((totals.accepted, totals.unknown), (300, 0));
    scene.adds_up(totals).await;
    assert!(received.is_subset(&scene.recipients(Outcome::Accepted).await));
}

#[tokio::test]
async fn a_browser_that_keeps_its_connections_open_does_not_hold_up_the_end() {
    let scene = Scene::with_clients(1).await;
    let mut process = scene.skymailing(&["serve"]).start();
    let url = process.serves().await;
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    // One connection was opened in advance and is silent, one has asked something, one asks very slowly.
    let _silent = tokio::net::TcpStream::connect(address).await.expect("it listens");
    let visitor = Visitor::of(&url);
    visitor.ask("{ viewer { email } }", serde_json::json!({})).await;
    let slow = tokio::net::TcpStream::connect(address).await.expect("it listens");
    slow.writable().await.expect("it is open");
    slow.try_write(b"POST /graphql HTTP/1.1\r\nhost: ").expect("it is open");

    process.signal("TERM");

    let ended = process.ends().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
}
