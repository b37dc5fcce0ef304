//! `report`: what became of a run.

use super::scene::Scene;
use domain::RunId;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;

#[tokio::test]
async fn a_finished_run_is_reported_by_its_own_id_and_by_its_mailings() {
    let scene = Scene::with_clients(3).await;
    let mailing = scene.mailing.to_string();

    let early = scene.skymailing(&["report", "--mailing", &mailing]).run().await;
    assert_eq!(early.code, Some(1));
    assert!(early.err.contains(&format!("no run of a mailing {mailing} is finished")), "{}", early.err);

    scene.skymailing(&["send-due"]).succeeds().await;
    let run = RunId(scene.runs().await.remove(0).id).to_string();
    let by_run = scene.skymailing(&["report", &run]).succeeds().await;
    assert!(by_run.starts_with("3 letters were planned, 3 were accepted by the mail server"), "{by_run}");
    assert_eq!(scene.skymailing(&["report", "--mailing", &mailing]).succeeds().await, by_run);
    let russian = scene.skymailing(&["report", &run, "--language", "ru"]).succeeds().await;
    assert!(russian.starts_with("Запланировано 3 письма, почтовый сервер принял 3"), "{russian}");
    assert_eq!(scene.skymailing(&["report", &run, "--language", "de"]).run().await.code, Some(2));

    let printed = scene.skymailing(&["report", &run, "--json"]).succeeds().await;
    let report: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!((&report["run"], &report["mailing"]), (&json!(run), &json!(mailing)));
    assert_eq!((&report["totals"]["planned"], &report["totals"]["accepted"]), (&json!(3), &json!(3)));
    assert_eq!(report["attempt"]["succeeded"], true);
    assert!(report["attempt"]["at"].is_string() && report["attempt"]["serverReply"].is_string(), "{printed}");
    assert!(report["startedAt"].is_string() && report["finishedAt"].is_string() && report["seconds"].is_number());
}

#[tokio::test]
async fn a_report_has_its_recipients_in_a_file_that_is_not_there_yet() {
    let scene = Scene::with_clients(3).await;
    scene.skymailing(&["send-due"]).succeeds().await;
    let run = RunId(scene.runs().await.remove(0).id).to_string();
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("recipients.csv");
    let file = path.to_str().expect("text");

    let printed = scene.skymailing(&["report", &run, "--recipients", file]).succeeds().await;
    assert!(printed.starts_with("3 letters were planned"), "{printed}");
    let written = std::fs::read_to_string(&path).expect("text");
    assert_eq!(written.lines().count(), 4, "{written}");
    assert!(written.lines().skip(1).all(|line| line.contains("\"accepted\"")), "{written}");
    let mode = std::fs::metadata(&path).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "addresses are nobody else's");

    let again = scene.skymailing(&["report", &run, "--recipients", file]).run().await;
    assert!(again.code == Some(1) && again.err.contains("cannot be written"), "{again:?}");
    assert_eq!(std::fs::read_to_string(&path).expect("text"), written);
    assert_eq!(scene.skymailing(&["report", &run, "--recipients", "-"]).succeeds().await, written);
    assert_eq!(scene.skymailing(&["report", &run, "--recipients", "-", "--json"]).run().await.code, Some(2));
}

#[tokio::test]
async fn what_is_not_there_has_no_report() {
    let scene = Scene::with_clients(1).await;
    let nothing = uuid::Uuid::now_v7().to_string();
    let ended = scene.skymailing(&["report", &nothing]).run().await;
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
    assert!(ended.err.contains(&format!("there is no run {nothing}")), "{}", ended.err);
    for arguments in [&["report"][..], &["report", &nothing, "--mailing", &nothing]] {
        assert_eq!(scene.skymailing(arguments).run().await.code, Some(2));
    }
}
