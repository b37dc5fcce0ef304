//! A process that stands still for a while, as under a debugger, in a suspended container, or on a machine that swaps.

use super::scene::Scene;
use crate::support::service::found;

#[tokio::test]
async fn a_worker_that_was_stopped_sends_nothing_that_was_queued_when_it_goes_on() {
    let scene = Scene::with_clients(300).await;
    let gate = scene.hold_letters_after(80);
    let mut first = scene.skymailing(&["worker"]).start();
    found("what was taken is recorded", async || (scene.runs().await.first()?.accepted == 80).then_some(())).await;
    let promised = scene.in_flight().await;
    // Of those that are promised the server has one on each connection; the others are in the worker's queue.
    let begun = promised.min(4);
    gate.reached_by(usize::try_from(begun).expect("few")).await;

    first.signal("STOP");
    scene.take_letters();
    let second = scene.skymailing(&["worker"]).start();
    let totals = scene.finished().await;
    gate.open();
    first.signal("CONT");
    first.says("another worker has taken over the batch").await;

    // Those that the server has are in doubt, and those that were about to begin. The others never began.
    assert_eq!(totals.accepted, 300 - totals.unknown);
    assert!((begun..=promised).contains(&totals.unknown), "{begun} of {promised}: {totals:?}");
    assert_eq!(scene.server.received().len() as u64, totals.accepted + begun, "only what it had begun");
    scene.adds_up(totals).await;
    first.signal("TERM");
    assert_eq!(first.ends().await.code, Some(0));
    assert_eq!(scene.server.received().len() as u64, totals.accepted + begun);
    drop(second);
}
