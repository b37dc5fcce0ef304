//! Whoever works: the others are started and sent, and nothing is started, sent, finished or given up because of the broken row.

use super::{Owner, Scene, column};
use crate::support::service::{Working, found};
use crate::support::smtp_server::{Act, Turn};
use chrono::TimeDelta;
use domain::notice::Kind;
use projections::{Projection, statuses};
use serde_json::json;

/// How many letters to clients of somebody the server has taken.
fn letters(scene: &Scene, owner: &str) -> usize {
    scene.server.accepted_recipients().iter().filter(|to| to.to_lowercase().starts_with(owner)).count()
}

/// How many events of this type the runs and batches of a mailing have.
async fn events(scene: &Scene, owner: &Owner, event_type: &str) -> i64 {
    let of = format!(
        "select id::text from runs where mailing_id = '{id}' union select id::text from batches where mailing_id = '{id}'",
        id = owner.mailing
    );
    scene.count(&format!("events where event_type = '{event_type}' and aggregate_id in ({of})")).await
}

/// Makes the read model of a table anew, and begins to work as a process does that was started then.
async fn made_well(scene: &Scene, table: &str, engine: Working) -> Working {
    engine.stop().await;
    let projection = Projection::ALL.into_iter().find(|projection| projection.tables().contains(&table));
    scene.rebuild(projection.expect("a read model")).await;
    scene.work()
}

/// Everything is put off, so that runs are under way, and nobody works.
async fn under_way() -> Scene {
    let scene = Scene::new().await;
    scene.server.play(|turn| if matches!(turn, Turn::Body(_)) { Act::Say("451 4.7.1 try later") } else { Act::Usual });
    let engine = scene.work();
    found("all letters are put off", async || {
        (scene.count("deliveries where outcome = 'deferred'").await == 4).then_some(())
    })
    .await;
    engine.stop().await;
    scene.server.play(|_| Act::Usual);
    scene
}

#[tokio::test]
async fn a_mailing_that_does_not_read_is_not_started_and_the_others_are() {
    for name in ["status", "in_doubt", "periodicity"] {
        let scene = Scene::new().await;
        scene.soil(&column("mailings", name)).await;
        let engine = scene.work();
        scene.runs(&scene.bob, "finished", 1).await;
        assert_eq!(letters(&scene, "bob"), 2, "{name}");
        assert_eq!((letters(&scene, "ann"), scene.count("runs").await), (0, 1), "{name}: nothing begins");
        let engine = made_well(&scene, "mailings", engine).await;
        scene.runs(&scene.ann, "finished", 1).await;
        assert_eq!(letters(&scene, "ann"), 2, "{name}");
        engine.stop().await;
    }
}

#[tokio::test]
async fn a_run_that_does_not_read_is_not_planned_and_the_others_are() {
    for name in ["status", "trigger"] {
        let scene = Scene::new().await;
        scene.ann.person.does("mailingStart", json!({ "id": scene.ann.mailing }), "run { id }").await;
        scene.soil(&column("runs", name)).await;
        let engine = scene.work();
        scene.runs(&scene.bob, "finished", 1).await;
        assert_eq!((letters(&scene, "ann"), letters(&scene, "bob")), (0, 2), "{name}");
        assert_eq!(events(&scene, &scene.ann, "AudienceFrozen").await, 0, "{name}");
        let engine = made_well(&scene, "runs", engine).await;
        scene.runs(&scene.ann, "finished", 1).await;
        assert_eq!(letters(&scene, "ann"), 2, "{name}");
        engine.stop().await;
    }
}

#[tokio::test]
async fn letters_under_way_of_what_does_not_read_are_not_sent_and_the_others_are() {
    for (table, name) in [("mailings", "status"), ("mailings", "in_doubt"), ("runs", "status"), ("runs", "trigger")] {
        let scene = under_way().await;
        scene.soil(&column(table, name)).await;
        scene.api.clock.advance(TimeDelta::minutes(1));
        let engine = scene.work();
        scene.runs(&scene.bob, "finished", 1).await;
        assert_eq!((letters(&scene, "ann"), letters(&scene, "bob")), (0, 2), "{table}.{name}");
        assert_eq!(events(&scene, &scene.ann, "GaveUp").await, 0, "{table}.{name}");
        let engine = made_well(&scene, table, engine).await;
        scene.runs(&scene.ann, "finished", 1).await;
        assert_eq!(letters(&scene, "ann"), 2, "{table}.{name}");
        engine.stop().await;
    }
}

#[tokio::test]
async fn letters_of_what_does_not_read_are_not_given_up_at_the_windows_end_and_the_others_are() {
    for (table, name) in [("mailings", "status"), ("mailings", "in_doubt"), ("runs", "status")] {
        let scene = under_way().await;
        scene.soil(&column(table, name)).await;
        scene.api.clock.advance(TimeDelta::days(90));
        let engine = scene.work();
        scene.runs(&scene.bob, "finished", 1).await;
        assert_eq!(events(&scene, &scene.bob, "GaveUp").await, 1, "{table}.{name}");
        assert_eq!(events(&scene, &scene.ann, "GaveUp").await, 0, "{table}.{name}");
        let engine = made_well(&scene, table, engine).await;
        scene.runs(&scene.ann, "finished", 1).await;
        let expired = "runs where expired = 2 and planned = 2";
        assert_eq!((letters(&scene, "ann"), scene.count(expired).await), (0, 2), "{table}.{name}");
        engine.stop().await;
    }
}

#[tokio::test]
async fn a_run_is_not_finished_with_numbers_that_are_not_those_of_its_deliveries() {
    for name in ["outcome", "attempt", "doubt"] {
        let scene = under_way().await;
        // As if one of the two letters were in doubt and about to be sent again: then the run's numbers keep nobody from finishing it.
        for sql in [
            "update deliveries set outcome = 'unknown', doubt = 'again'
              where ordinal = 0 and run_id in (select id from runs where owner_id = $1)",
            "update runs set deferred = 1, unknown = 1 where owner_id = $1",
        ] {
            sqlx::query(sql).bind(scene.ann.person.id.0).execute(scene.pool()).await.expect("written");
        }
        scene.soil(&column("deliveries", name)).await;
        scene.api.clock.advance(TimeDelta::minutes(1));
        let engine = scene.work();
        scene.runs(&scene.bob, "finished", 1).await;
        found("the letters of the broken row's run are sent", async || (letters(&scene, "ann") == 2).then_some(()))
            .await;
        found("its batch is completed", async || (events(&scene, &scene.ann, "Completed").await == 1).then_some(()))
            .await;
        assert_eq!(events(&scene, &scene.ann, "Finished").await, 0, "{name}");
        let engine = made_well(&scene, "runs", engine).await;
        scene.runs(&scene.ann, "finished", 1).await;
        assert_eq!(scene.count("runs where accepted = 2 and planned = 2").await, 2, "{name}");
        engine.stop().await;
    }
}

#[tokio::test]
async fn failed_letters_are_not_sent_again_before_it_is_known_whose_they_are() {
    let scene = Scene::new().await;
    scene.server.play(|turn| if matches!(turn, Turn::Rcpt(_)) { Act::Say("550 5.1.1 nobody") } else { Act::Usual });
    let engine = scene.work();
    for owner in [&scene.ann, &scene.bob] {
        scene.runs(owner, "finished", 1).await;
    }
    engine.stop().await;
    scene.soil(&column("deliveries", "outcome")).await;
    let again = "mutation($id: ID!) { runResendFailed(input: { id: $id }) { run { id } userErrors { code } } }";
    let run_of = async |owner: &Owner| {
        let query = "query($id: ID!) { mailing(id: $id) { runs { nodes { id } } } }";
        let answer = owner.person.ask(query, json!({ "id": owner.mailing })).await;
        answer["mailing"]["runs"]["nodes"][0]["id"].clone()
    };
    let id = run_of(&scene.ann).await;
    assert_eq!(scene.ann.person.post(again, json!({ "id": id })).await.code(), "ROW_UNREADABLE");
    assert_eq!(scene.count("runs where resend_of is not null").await, 0, "nothing is begun");
    let bobs = scene.bob.person.ask(again, json!({ "id": run_of(&scene.bob).await })).await;
    assert!(bobs["runResendFailed"]["run"]["id"].is_string(), "{bobs}");
    scene.rebuild(Projection::Runs).await;
    let anns = scene.ann.person.ask(again, json!({ "id": id })).await;
    assert!(anns["runResendFailed"]["run"]["id"].is_string(), "{anns}");
}

#[tokio::test]
async fn a_notice_that_does_not_read_waits_and_the_others_are_sent() {
    let scene = Scene::new().await;
    for (owner, to) in [(&scene.ann, "ann@example.net"), (&scene.bob, "bob@example.net")] {
        scene.notice(&owner.person, Kind::PasswordChanged, to).await;
    }
    scene.soil(&column("notices", "status")).await;
    let engine = scene.work();
    let sent = async |to: &str| {
        found("the notice is sent", async || scene.server.accepted_recipients().contains(to).then_some(())).await;
    };
    sent("bob@example.net").await;
    // Whatever was claimed together with it would be on its way, too.
    scene.runs(&scene.bob, "finished", 1).await;
    assert!(!scene.server.accepted_recipients().contains("ann@example.net"));
    let engine = made_well(&scene, "notices", engine).await;
    sent("ann@example.net").await;
    engine.stop().await;
}

#[tokio::test]
async fn the_read_models_go_on_behind_a_row_that_does_not_read() {
    let scene = Scene::new().await;
    scene.soil(&column("mailings", "status")).await;
    scene.soil(&column("mailings", "periodicity")).await;
    for owner in [&scene.ann, &scene.bob] {
        let input = json!({ "id": owner.mailing });
        let query = "mutation($input: MailingPauseInput!) { mailingPause(input: $input) { userErrors { code } } }";
        owner.person.post(query, json!({ "input": input })).await;
    }
    let all = statuses(scene.pool()).await.expect("how far they are");
    assert!(all.iter().all(|status| status.error.is_none()), "{all:?}");
    let status = "query($id: ID!) { mailing(id: $id) { status } }";
    let bobs = scene.bob.person.ask(status, json!({ "id": scene.bob.mailing })).await;
    assert_eq!(bobs["mailing"]["status"], "PAUSED");
    assert_eq!(scene.count("mailings where status = 'rubbish'").await, 1, "nobody guesses what should stand there");
    scene.rebuild(Projection::Mailings).await;
    let anns = scene.ann.person.ask(status, json!({ "id": scene.ann.mailing })).await;
    assert_eq!(anns["mailing"]["status"], "PAUSED");
}

#[tokio::test]
async fn a_relay_of_which_rubbish_is_known_is_used_and_known_anew() {
    let scene = Scene::new().await;
    let engine = scene.work();
    scene.runs(&scene.bob, "finished", 1).await;
    for name in ["state", "scope"] {
        let column = column("relay_states", name);
        scene.soil(&column).await;
        found("it is written anew", async || column.unreadable(scene.pool(), 1).await.ok()?.is_empty().then_some(()))
            .await;
    }
    engine.stop().await;
}
