//! `demo`, with a PostgreSQL of its own.

use super::first_mailing::{good, run};
use crate::support::database::DataDir;
use crate::support::process::{Process, Program, skymailing};
use crate::support::service::found;
use serde_json::{Map, Value};
use tokio::sync::Mutex;

/// Demos prefer certain ports, and take others if those are taken; two that start at the same moment would both find
/// them free.
static STAGE: Mutex<()> = Mutex::const_new(());

fn demo(data_dir: &DataDir, arguments: &[&str]) -> Program {
    let program = skymailing(&[&["demo", "--recipients", "50"], arguments].concat());
    program.set("DATA_DIR", data_dir.path().to_str().expect("text"))
}

/// The last line of what a demo printed, which has to be the numbers of 50 letters.
fn has_good_numbers(printed: &str) {
    let last = printed.lines().last().unwrap_or_default();
    let numbers: Map<String, Value> = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {printed}"));
    let names: Vec<&str> = numbers.keys().map(String::as_str).collect();
    let mut expected = [
        "planned",
        "accepted",
        "rejected",
        "deferred",
        "unknown",
        "suppressed",
        "expired",
        "pending",
        "seconds",
        "per_second",
    ];
    expected.sort_unstable();
    assert_eq!(names, expected);
    let number = |name: &str| numbers[name].as_u64().unwrap_or_else(|| panic!("{name} is a count: {last}"));
    let outcomes = ["accepted", "rejected", "deferred", "unknown", "suppressed", "expired", "pending"];
    assert_eq!(number("planned"), outcomes.into_iter().map(number).sum::<u64>());
    assert_eq!((number("planned"), number("accepted")), (50, 50));
    assert!(numbers["seconds"].is_number() && numbers["per_second"].as_f64().is_some_and(|rate| rate > 0.0));
}

#[tokio::test]
async fn it_can_be_shown_again_and_again_and_prints_its_numbers_last() {
    let _stage = STAGE.lock().await;
    let data_dir = DataDir::new();
    let demo = demo(&data_dir, &["--exit"]);

    let first = demo.succeeds().await;
    assert_eq!(data_dir.postmaster(), None, "its PostgreSQL is stopped");
    let second = demo.succeeds().await;

    assert!(first.contains("50 imported, 0 were already there."), "{first}");
    assert!(second.contains("0 imported, 50 were already there."), "{second}");
    has_good_numbers(&first);
    has_good_numbers(&second);
    assert_eq!(data_dir.postmaster(), None);
}

/// The address after `name` in the demo's invitation.
async fn address(demo: &mut Process, name: &str) -> String {
    demo.says(name).await.split_whitespace().last().expect("an address").to_owned()
}

#[tokio::test]
async fn it_stays_up_with_its_pages_until_ctrl_c_and_leaves_nothing_behind() {
    let _stage = STAGE.lock().await;
    let data_dir = DataDir::new();
    let mut demo = demo(&data_dir, &[]).start();
    demo.says("Ctrl+C ends the demo").await;
    let (graphiql, mailbox) = (address(&mut demo, "GraphiQL:  ").await, address(&mut demo, "Mailbox:   ").await);

    let page = reqwest::get(&graphiql).await.expect("GraphiQL answers").text().await.expect("a page");
    assert!(page.contains("GraphiQL") && page.contains("<html"), "{page}");
    let page = reqwest::get(&mailbox).await.expect("the mailbox answers").text().await.expect("a page");
    assert!(page.contains("our spring catalogue is here"), "{page}");
    let listing = found("all letters are in the mailbox", async || {
        let listing =
            reqwest::get(format!("{mailbox}letters.json?limit=1000")).await.ok()?.json::<Value>().await.ok()?;
        (listing["count"] == 50).then_some(listing)
    })
    .await;
    assert_eq!(listing["letters"].as_array().map(Vec::len), Some(50));
    let letter = reqwest::get(format!("{mailbox}letters/1")).await.expect("a letter").text().await.expect("its text");
    assert!(letter.contains("This letter was written for you alone"), "{letter}");

    // The way of a new user, as docs/first-mailing.md tells it, finds its letter in the mailbox.
    let service = graphiql.strip_suffix("graphiql").expect("a page of the service");
    let printed = good(&run(&[("SERVICE", service), ("MAILBOX", &mailbox)]).await);
    assert!(printed.contains("3 letters were planned, 3 were accepted by the mail server"), "{printed}");

    let postmaster = data_dir.postmaster().expect("its PostgreSQL runs");
    demo.signal("INT");

    let ended = demo.ends().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(data_dir.postmaster(), None, "its PostgreSQL is stopped");
    let signalled = std::process::Command::new("kill").args(["-s", "0", &postmaster.to_string()]).output();
    assert!(!signalled.expect("there is kill").status.success(), "no process is left");
}
