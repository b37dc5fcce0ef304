//! All commands in one day's work.

use crate::support::process::skymailing;
use crate::support::smtp_server::{Offers, SmtpServer};
use crate::support::visitor::{ANN, Visitor, create_ann};
use serde_json::json;

/// The twelfth of the numbered behaviours of `docs/product.md`; the others are in `tests/behaviours/`, and each command's edges in
/// the files beside this one.
#[tokio::test]
async fn behaviour_12_there_is_a_command_for_everything_that_is_done_from_outside() {
    let database = crate::support::database().await;
    let server = SmtpServer::start(Offers::default()).await;
    let program = |arguments: &[&str]| {
        let program = skymailing(arguments).set("DATABASE_URL", &database.url);
        program.set("SMTP_URL", format!("smtp://{}", server.address()))
    };
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("clients.csv");
    std::fs::write(&file, "email,full_name\nbob@example.org,Bob\neve@example.org,Eve\n").expect("a file");

    // Create an administrator, import clients.
    create_ann(&database.url).await;
    let told = program(&["import", file.to_str().expect("text"), "--owner", ANN]).succeeds().await;
    assert!(told.starts_with("2 rows: 2 imported"), "{told}");

    // And export them.
    let exported = program(&["export", "-", "--owner", ANN]).succeeds().await;
    assert!(exported.contains("bob@example.org") && exported.lines().count() == 3, "{exported}");

    // Run only the API: nothing is sent. Send one mailing now, print its report, send everything else that is due.
    let mut api = program(&["api"]).start();
    let ann = Visitor::ann(&api.serves().await).await;
    let first = ann.plans_a_mailing().await;
    assert!(server.received().is_empty(), "there is nobody to send");
    let report = program(&["send", &first]).succeeds().await;
    assert!(report.starts_with("2 letters were planned, 2 were accepted by the mail server"), "{report}");
    assert_eq!(program(&["report", "--mailing", &first]).succeeds().await, report);
    assert_eq!(server.received().len(), 2);
    let second = ann.plans_a_mailing().await;
    assert_eq!(program(&["send-due"]).succeeds().await, "1 runs were finished; 0 go on later.\n");
    assert_eq!(ann.sees_through(&second).await["progress"]["accepted"], 2);

    // Run the worker too.
    let mut worker = program(&["worker"]).start();
    worker.says("sending letters").await;
    let third = ann.plans_a_mailing().await;
    assert_eq!(ann.sees_through(&third).await["progress"]["accepted"], 2);
    for process in [worker, api] {
        process.signal("TERM");
        assert_eq!(process.ends().await.code, Some(0));
    }

    // Replay the log and rebuild a projection from it: everything is as it was, and nothing is sent again.
    let counts = "{ clients { totalCount } mailings { totalCount } reports { totalCount } }";
    for projection in ["clients", "mailings", "reports"] {
        let told = program(&["rebuild", projection]).succeeds().await;
        assert!(told.starts_with(&format!("{projection} was rebuilt from ")), "{told}");
    }

    // Run the whole service.
    let mut serve = program(&["serve"]).start();
    let ann = Visitor::ann(&serve.serves().await).await;
    let expected =
        json!({ "clients": { "totalCount": 2 }, "mailings": { "totalCount": 3 }, "reports": { "totalCount": 3 } });
    assert_eq!(ann.ask(counts, json!({})).await, expected);
    let fourth = ann.plans_a_mailing().await;
    assert_eq!(ann.sees_through(&fourth).await["progress"]["accepted"], 2);
    assert_eq!(server.received().len(), 8);
}
