//! Mail servers that are not well. What they refuse is in `tests/cli/retrying.rs`, where clocks go by themselves.

use super::sending::through;
use super::stage::{Stage, created, finished, newest_run_has, runs, seen};
use crate::support::service::Service;
use crate::support::smtp_server::{Act, Gate, Offers, SmtpServer, Turn};
use scheduler::smtp::Timeouts;
use serde_json::json;
use std::time::Duration;

/// See also `tests/cli/retrying.rs` for refusals, `tests/smtp/misbehaviour/`, `tests/relays/silent.rs`, and `benches/sending.rs` for how fast the API stays.
#[tokio::test]
async fn behaviour_07_a_mail_server_that_is_not_well_harms_nobody_else_loses_nothing_and_sending_resumes_by_itself() {
    let stage = Stage::start().await;
    let mut sick = SmtpServer::start(Offers::default()).await;
    let short = Duration::from_millis(200);
    let timeouts = Timeouts { connect: short, command: short, data: Duration::from_secs(20) };
    let engine = stage.works_through([
        Service::relay_saying(&sick, "name=sick").with_timeouts(timeouts),
        Service::relay_saying(&stage.server, "name=well"),
    ]);
    let ann = stage.api.owner("Ann").await;
    let mut clients = Vec::new();
    for address in ["anna@example.com", "boris@example.com"] {
        clients.push(ann.client(address, &[]).await);
    }
    let audience = json!({ "clientIds": clients });
    let message = ann.message().await;
    for mood in ["slow", "silent", "lying", "refusing", "absent"] {
        let before = (sick.received().len(), stage.server.received().len());
        let gate = Gate::new();
        let closed = gate.clone();
        match mood {
            "absent" => sick.stop().await,
            "slow" => sick.play(move |turn| match turn {
                Turn::Body(_) => Act::Wait(closed.clone()),
                _ => Act::Usual,
            }),
            _ => sick.play(move |turn| match (turn, mood) {
                (Turn::Greeting, "silent") => Act::Silent,
                (Turn::Greeting, "lying") => Act::Bytes(b"250 \xff\x00 certainly\r\n354 all is well\r\n"),
                (Turn::Greeting, _) => Act::Say("421 4.3.2 not today"),
                _ => Act::Usual,
            }),
        }
        // Connections that are open already would show nothing of it.
        if mood != "absent" {
            sick.hang_up().await;
        }
        let waits = created(&ann, through(stage.plan(&message, &audience), "sick")).await;
        let goes = created(&ann, through(stage.plan(&message, &audience), "well")).await;

        finished(&ann, &goes, 1).await;
        assert_eq!(stage.server.received().len(), before.1 + 2, "{mood}: other mailings go on");
        let accepted =
            runs(&seen(&ann, &waits).await).first().map_or(json!(0), |run| run["progress"]["accepted"].clone());
        assert_eq!((accepted, sick.received().len()), (json!(0), before.0), "{mood}");
        match mood {
            "absent" => sick.start_again().await,
            "slow" => gate.open(),
            _ => sick.play(|_| Act::Usual),
        }

        finished(&ann, &waits, 1).await;
        newest_run_has(&ann, &waits, &json!({ "planned": 2, "accepted": 2 })).await;
        assert_eq!(sick.received().len(), before.0 + 2, "{mood}: nothing is lost, and nobody gets two");
    }
    engine.stop().await;
}
