//! What is seen of relays: in the API, by everybody as much as concerns them, and by Prometheus.

use super::{heal, is_open, mailing_through, outbox, plain_server, sick_server};
use crate::support::http::Api;
use crate::support::service::{Service, found};
use domain::Role;
use serde_json::json;
use skymailing::{metrics, wire};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const RELAYS: &str = "{ relays { name state reason address connections ratePerSecond } }";

#[tokio::test]
async fn a_relay_that_is_away_shows_with_its_reason_and_its_address_only_to_managers() {
    let (service, server) = (Service::start().await, sick_server().await);
    let group = service.clients(3).await;
    let engine =
        Service::work_with(&service.node, Service::relay_saying(&server, "name=bulk&rate=5/s"), Service::settings());
    let api = Api::over(service.database.pool.clone(), None).await;
    let (ann, max) = (api.owner("Ann").await, api.person("Max", &[Role::Manager]).await);
    let healthy = found("the relay is known", async || {
        let relays = max.ask(RELAYS, json!({})).await["relays"].take();
        (relays != json!([])).then_some(relays)
    })
    .await;
    let address = server.address().to_string();
    let expected = json!([{ "name": "bulk", "state": "CLOSED", "reason": null, "address": address,
                            "connections": 4, "ratePerSecond": 5.0 }]);
    assert_eq!(healthy, expected);

    let mailing = service.mailing(group).await;
    is_open(&outbox(&engine.relays)).await;
    let query = "query($id: ID!) { mailing(id: $id) { runs { nodes { waiting } } } }";
    let waiting = found("the run says why it waits", async || {
        let answer = max.ask(query, json!({ "id": mailing.to_string() })).await;
        answer["mailing"]["runs"]["nodes"][0]["waiting"].as_str().map(str::to_owned)
    })
    .await;
    for expected in ["\"bulk\" cannot be reached", " since ", "not today"] {
        assert!(waiting.contains(expected), "{waiting}");
    }
    let seen = ann.ask(RELAYS, json!({})).await["relays"][0].take();
    assert_eq!((&seen["name"], &seen["state"]), (&json!("bulk"), &json!("OPEN")));
    let reason = seen["reason"].as_str().expect("a reason");
    assert!(reason.contains("cannot be reached") && !reason.contains("not today"), "{reason}");
    assert_eq!(
        (&seen["address"], &seen["connections"], &seen["ratePerSecond"]),
        (&json!(null), &json!(null), &json!(null))
    );
    assert_eq!(api.anonymous().post(RELAYS, json!({})).await.code(), "UNAUTHENTICATED");

    heal(&server);
    service.finished(mailing).await;
    let answer = max.ask(query, json!({ "id": mailing.to_string() })).await;
    assert_eq!(answer["mailing"]["runs"]["nodes"][0]["waiting"], json!(null));
    engine.stop().await;
}

#[tokio::test]
async fn a_run_whose_relay_nobody_has_says_so_and_goes_on_when_somebody_has_it() {
    let (service, server) = (Service::start().await, plain_server().await);
    let group = service.clients(3).await;
    let mailing = mailing_through(&service, group, "bulk").await;
    let engine = service.work(&server);
    let api = Api::over(service.database.pool.clone(), None).await;
    let max = api.person("Max", &[Role::Manager]).await;
    let query = "query($id: ID!) { mailing(id: $id) { runs { nodes { waiting } } } }";
    let waiting = found("the run says why it waits", async || {
        let answer = max.ask(query, json!({ "id": mailing.to_string() })).await;
        let waiting = answer["mailing"]["runs"]["nodes"][0]["waiting"].as_str().map(str::to_owned);
        waiting.filter(|waiting| waiting != "no worker is running")
    })
    .await;
    assert!(waiting.contains("\"bulk\"") && waiting.contains("SMTP_URL"), "{waiting}");
    engine.stop().await;

    let engine = Service::work_with(&service.node, Service::relay_saying(&server, "name=bulk"), Service::settings());
    assert_eq!(service.finished(mailing).await.accepted, 3);
    engine.stop().await;
}

#[tokio::test]
async fn prometheus_sees_relays_letters_and_read_models_and_no_addresses() {
    let (service, well, sick) = (Service::start().await, plain_server().await, sick_server().await);
    let group = service.clients(40).await;
    let stuck = mailing_through(&service, group, "sick").await;
    let sent = mailing_through(&service, group, "well").await;
    let relays = [Service::relay_saying(&well, "name=well"), Service::relay_saying(&sick, "name=sick")];
    let engine = Service::work_through(&service.node, relays, Service::settings());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/metrics", listener.local_addr().expect("an address"));
    let router = metrics::router(service.node.services.clone(), Some(engine.relays.clone()), None);
    let stop = CancellationToken::new();
    tokio::spawn(wire::serve(listener, router, stop.clone()));
    service.finished(sent).await;
    service.run_where(stuck, |run| run.last_attempt_at.is_some()).await;

    let text = found("everything is told", async || {
        let text = reqwest::get(&url).await.ok()?.text().await.ok()?;
        text.contains("skymailing_relay_open{relay=\"sick\"} 1").then_some(text)
    })
    .await;

    for line in [
        "skymailing_letters_total{relay=\"well\",outcome=\"accepted\"} 40",
        "skymailing_notices_total{relay=\"well\",outcome=\"accepted\"} 0",
        "skymailing_notices_waiting 0",
        "skymailing_keys_unopened 0",
        "skymailing_letters_in_flight{relay=\"well\"} 0",
        "skymailing_relay_open{relay=\"well\"} 0",
        "skymailing_relay_open_info{relay=\"sick\",reason=\"relay\"} 1",
        "skymailing_projection_stopped{projection=\"runs\"} 0",
        "skymailing_follower_stopped{follower=\"dead_addresses\"} 0",
        "skymailing_follower_stopped{follower=\"guard\"} 0",
        "skymailing_database_up 1",
        "skymailing_older 0",
        "skymailing_runs_open 1",
        "skymailing_deliveries_unknown 0",
        "# EOF",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
    }
    assert!(text.contains("skymailing_projection_lag_events{projection=\"runs\"}"), "{text}");
    assert!(!text.contains('@') && !text.contains("127.0.0.1"), "{text}");
    stop.cancel();
    engine.stop().await;
}
