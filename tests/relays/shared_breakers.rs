//! What one worker finds out about a relay, all know.

use super::{heal, is_open, outbox, plain_server, sick_server};
use crate::support::service::{Service, found};
use scheduler::smtp::BreakerStatus;

/// Two servers under the name of one relay: one for each node, so that it can be seen who connects.
#[tokio::test]
async fn a_relay_that_one_node_finds_away_is_left_alone_by_the_others_until_that_node_gets_in() {
    let service = Service::start().await;
    let (sick, well) = (sick_server().await, plain_server().await);
    let group = service.clients(20).await;
    let first_engine = service.work(&sick);
    let early = service.mailing(group).await;
    is_open(&outbox(&first_engine.relays)).await;

    let second = service.second_node().await;
    let second_engine = Service::work_with(&second, Service::relay(&well), Service::settings());
    is_open(&outbox(&second_engine.relays)).await;
    let late = service.mailing(group).await;
    service.run_where(late, |run| run.status == projections::runs::Status::Sending).await;
    let status = outbox(&second_engine.relays).status();
    assert!(matches!(status, BreakerStatus::Open { adopted: true, .. }), "{status:?}");
    assert_eq!(well.connections(), 0, "only the first node probes");

    heal(&sick);
    for mailing in [early, late] {
        assert_eq!(service.finished(mailing).await.accepted, 20);
    }
    found("the others know that it is back", async || {
        (outbox(&second_engine.relays).status() == BreakerStatus::Closed).then_some(())
    })
    .await;
    first_engine.stop().await;
    second_engine.stop().await;
}

#[tokio::test]
async fn when_the_node_that_found_the_relay_away_dies_another_one_probes() {
    let service = Service::start().await;
    let (sick, well) = (sick_server().await, plain_server().await);
    let group = service.clients(20).await;
    let second = service.second_node().await;
    let dying = service.work(&sick);
    let mailing = service.mailing(group).await;
    is_open(&outbox(&dying.relays)).await;
    let engine = Service::work_with(&second, Service::relay(&well), Service::settings());
    is_open(&outbox(&engine.relays)).await;

    drop(dying);

    assert_eq!(service.finished(mailing).await.accepted, 20);
    let open = "select count(*) from relay_states where state = 'open'";
    found("the relay is known to be back", async || {
        let open = sqlx::query_scalar::<_, i64>(open).fetch_one(&service.database.pool).await.ok()?;
        (open == 0).then_some(())
    })
    .await;
    engine.stop().await;
}
