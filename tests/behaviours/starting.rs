//! When runs start.

use super::stage::{Stage, created, finished, runs, seen};
use crate::support::http::{PASSWORD, Person, address_of, text, with};
use crate::support::process::skymailing;
use crate::support::service::Service;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use skymailing::wire::{Node, wall_clock};

fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// See also `tests/sending.rs` and `tests/cli/main_job.rs`.
#[tokio::test]
async fn behaviour_01_an_open_window_starts_a_mailing_at_once_and_one_that_lies_ahead_at_its_moment_and_nobody_presses_anything()
 {
    let stage = Stage::start().await;
    let engine = stage.works();
    let ann = stage.api.owner("Ann").await;
    let audience = json!({ "clientIds": [ann.client("anna@example.com", &[]).await] });
    let message = ann.message().await;
    let opens = stage.clock().now() + TimeDelta::hours(1);
    let plan = with(stage.plan(&message, &audience), "startsAt", json!(opens.to_rfc3339()));
    let ahead = created(&ann, plan).await;

    let open = created(&ann, stage.plan(&message, &audience)).await;
    finished(&ann, &open, 1).await;

    // Whoever starts mailings has looked, and left the other one alone.
    let waits = seen(&ann, &ahead).await;
    assert_eq!((&waits["status"], runs(&waits).len()), (&json!("CREATED"), 0));
    assert_eq!(time(waits["nextRunAt"].as_str().expect("it will start")), opens);
    stage.clock().advance(TimeDelta::hours(1));
    finished(&ann, &ahead, 1).await;
    assert_eq!(stage.server.received().len(), 2);
    for mailing in [open, ahead] {
        let query = "query($id: ID!) { mailing(id: $id) { status history { nodes { type actor { kind } } } } }";
        let seen = ann.ask(query, json!({ "id": mailing })).await;
        assert_eq!(seen["mailing"]["status"], "RUNNING");
        for event in seen["mailing"]["history"]["nodes"].as_array().expect("events") {
            let by = if event["type"] == "Created" { "USER" } else { "SYSTEM" };
            assert_eq!(event["actor"]["kind"], by, "{event}");
        }
    }
    engine.stop().await;
}

/// See also `tests/graphql/requests/repeating.rs` and `tests/cli/sending.rs`. A web page with the same button calls the same mutation.
#[tokio::test]
async fn behaviour_02_send_now_works_from_the_api_and_the_command_line_and_is_safe_to_repeat() {
    let stage = Stage::start().await;
    // The command line has the clock on the wall.
    stage.turn_to(wall_clock().now());
    let ann = stage.api.owner("Ann").await;
    let audience = json!({ "clientIds": [ann.client("anna@example.com", &[]).await] });
    let mailing = created(&ann, stage.plan(&ann.message().await, &audience)).await;
    let press = async |input: Value| text(&ann.does("mailingStart", input, "run { id }").await["run"]["id"]);

    // An occurrence is due: without a key, the press is the run's own start, however often.
    let occurrence = press(json!({ "id": mailing })).await;
    assert_eq!(press(json!({ "id": mailing })).await, occurrence);
    let engine = stage.works();
    finished(&ann, &mailing, 1).await;
    let keyed = json!({ "id": mailing, "idempotencyKey": "monday" });
    let monday = press(keyed.clone()).await;
    assert_eq!(press(keyed.clone()).await, monday);
    finished(&ann, &mailing, 2).await;

    // The same key is the same press, wherever it is pressed.
    let send = |key: &str| {
        let send = skymailing(&["send", &mailing, "--key", key]).set("DATABASE_URL", &stage.url);
        send.set("SMTP_URL", format!("smtp://{}", stage.server.address()))
    };
    let report = send("monday").succeeds().await;
    assert!(report.starts_with("1 letter was planned, 1 was accepted"), "{report}");
    assert_eq!(press(keyed).await, monday);
    assert_eq!(stage.server.received().len(), 2);
    send("tuesday").succeeds().await;
    assert_eq!(runs(&finished(&ann, &mailing, 3).await).len(), 3);
    assert_eq!(stage.server.received().len(), 3);
    engine.stop().await;
}

/// Ann, logged in once more: sessions do not last for ever.
async fn again(stage: &Stage) -> Person {
    let nobody = stage.api.anonymous();
    let session = nobody.log_in(&address_of("Ann"), PASSWORD).await;
    nobody.known_by(&text(&session["session"]["token"]))
}

/// See also `domain/src/periodicity/tests/`, `tests/sending.rs`, and `tests/stress/schedulers.rs`.
#[tokio::test]
async fn behaviour_04_there_is_one_run_per_occurrence_whatever_restarts_two_schedulers_and_clock_changes_do() {
    let stage = Stage::start().await;
    let pool = sqlx::PgPool::connect(&stage.url).await.expect("the database is there");
    let second = Node::over(pool, stage.clock().clock(), None);
    let ann = stage.api.owner("Ann").await;
    let audience = json!({ "clientIds": [ann.client("anna@example.com", &[]).await] });
    let message = ann.message().await;
    let mut letters = 0;
    for (kind, occurrences, next) in [
        // On the 31st: at nine in Berlin on the last day of a month.
        ("MONTHLY", ["2027-01-31T08:00:00Z", "2027-02-28T08:00:00Z"], "2027-03-31T07:00:00Z"),
        // At half past two in Berlin, which one night does not have ...
        ("DAILY", ["2027-03-27T01:30:00Z", "2027-03-28T01:00:00Z"], "2027-03-29T00:30:00Z"),
        // ... and another night has twice.
        ("DAILY", ["2027-10-30T00:30:00Z", "2027-10-31T00:30:00Z"], "2027-11-01T01:30:00Z"),
    ] {
        stage.turn_to(time(occurrences[0]));
        let mut ann = again(&stage).await;
        let ends = time(next) + TimeDelta::days(1);
        let mut plan = with(stage.plan(&message, &audience), "periodicity", json!({ "kind": kind }));
        plan = with(plan, "startsAt", json!(occurrences[0]));
        plan = with(with(plan, "endsAt", json!(ends.to_rfc3339())), "timeZone", json!("Europe/Berlin"));
        let mailing = created(&ann, plan).await;
        for (number, occurrence) in occurrences.iter().enumerate() {
            stage.turn_to(time(occurrence));
            ann = again(&stage).await;
            let work = || {
                let other = Service::work_with(&second, Service::relay(&stage.server), Service::settings());
                [stage.works(), other]
            };
            let schedulers = work();
            let seen = finished(&ann, &mailing, number + 1).await;
            assert_eq!(time(&text(&runs(&seen)[0]["occurrence"])), time(occurrence), "{kind}");
            for scheduler in schedulers {
                scheduler.stop().await;
            }
            // The clock is put back, the service started again, and the moment comes once more.
            stage.clock().advance(-TimeDelta::minutes(10));
            let schedulers = work();
            stage.turn_to(time(occurrence) + TimeDelta::minutes(1));
            letters += 1;
            // What is due by now has been sent: both have looked.
            let marker = created(&ann, stage.plan(&message, &audience)).await;
            finished(&ann, &marker, 1).await;
            letters += 1;
            for scheduler in schedulers {
                scheduler.stop().await;
            }
        }
        let seen = finished(&ann, &mailing, 2).await;
        assert_eq!((runs(&seen).len(), time(&text(&seen["nextRunAt"]))), (2, time(next)), "{kind}");
        assert_eq!(stage.server.received().len(), letters, "{kind}");
    }
}

/// See also `domain/src/periodicity/tests/downtime.rs` and `tests/cli/outages.rs`.
#[tokio::test]
async fn behaviour_05_a_service_that_was_down_starts_one_run_on_recovery_and_none_after_the_windows_end() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    let audience = json!({ "clientIds": [ann.client("anna@example.com", &[]).await] });
    let message = ann.message().await;
    let now = stage.clock().now();
    let daily = with(stage.plan(&message, &audience), "periodicity", json!({ "kind": "DAILY" }));
    let daily = with(daily, "startsAt", json!(now.to_rfc3339()));
    let late = created(&ann, with(daily, "endsAt", json!((now + TimeDelta::days(30)).to_rfc3339()))).await;
    let too_late = created(&ann, stage.plan(&message, &audience)).await;

    // Nothing works until the fifth of its moments has passed.
    stage.clock().advance(TimeDelta::days(4) + TimeDelta::hours(2));
    let engine = stage.works();

    let runs_of_late = runs(&finished(&ann, &late, 1).await);
    let with_status = |status: &str| {
        let mut moments: Vec<_> = runs_of_late.iter().filter(|run| run["status"] == status).collect();
        moments.sort_by_key(|run| text(&run["occurrence"]));
        moments.into_iter().map(|run| time(&text(&run["occurrence"]))).collect::<Vec<_>>()
    };
    assert_eq!(with_status("FINISHED"), [now + TimeDelta::days(4)]);
    assert_eq!(with_status("MISSED"), [now]);
    let missed = runs_of_late.iter().find(|run| run["status"] == "MISSED").expect("a line for all that were missed");
    assert_eq!(missed["missed"]["count"], 4);
    assert_eq!(time(&text(&missed["missed"]["last"])), now + TimeDelta::days(3));
    let ended = seen(&ann, &too_late).await;
    assert_eq!((&ended["status"], &ended["nextRunAt"]), (&json!("COMPLETED"), &json!(null)));
    assert!(runs(&ended).iter().all(|run| run["status"] == "MISSED"), "{ended}");
    assert_eq!(ann.fails("mailingStart", json!({ "id": too_late })).await[0].0, "WINDOW_ENDED");
    assert_eq!(stage.server.received().len(), 1, "one letter, and none after the window's end");
    engine.stop().await;
}
