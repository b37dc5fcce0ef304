//! `demo`, with a PostgreSQL of its own.

use super::first_mailing::{good, run};
use crate::support::database::DataDir;
use crate::support::process::{Process, Program, skymailing};
use crate::support::visitor::Visitor;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use tokio::sync::Mutex;

const PASSWORD: &str = "an evening by the lighthouse";

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
    let mut demo = demo(&data_dir, &["--password", PASSWORD]).start();
    demo.says("Ctrl+C ends the demo").await;
    let (graphiql, mailbox) = (address(&mut demo, "GraphiQL:  ").await, address(&mut demo, "Mailbox:   ").await);

    let page = reqwest::get(&graphiql).await.expect("GraphiQL answers").text().await.expect("a page");
    assert!(page.contains("GraphiQL") && page.contains("<html"), "{page}");
    let page = reqwest::get(format!("{mailbox}?search=spring")).await.expect("the mailbox answers");
    let page = page.text().await.expect("a page");
    assert!(page.contains("our spring catalogue is here"), "{page}");
    let listing = reqwest::get(format!("{mailbox}letters.json?limit=1000&search=spring+catalogue")).await;
    let listing: Value = listing.expect("the mailbox answers").json().await.expect("JSON");
    assert_eq!(listing["letters"].as_array().map(Vec::len), Some(50), "{listing}");
    let letter = reqwest::get(format!("{mailbox}letters/1")).await.expect("a letter").text().await.expect("its text");
    assert!(letter.contains("Message-ID: ") && letter.contains("This letter was written for you alone"), "{letter}");

    let service = graphiql.strip_suffix("graphiql").expect("a page of the service");
    there_is_something_of_everything(service).await;
    // A page whose name its owner has lead to this machine reads nothing.
    let rebound = reqwest::Client::new().get(format!("{mailbox}letters.json")).header("host", "evil.example:8025");
    let rebound = rebound.send().await.expect("the mailbox answers");
    assert_eq!(rebound.status(), reqwest::StatusCode::MISDIRECTED_REQUEST);
    assert!(!rebound.text().await.expect("a sentence").contains('@'));

    // The way of a new user, as docs/first-mailing.md tells it, finds its letter in the mailbox.
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

/// Mailings in every status, deliveries of every outcome, reports of weeks, and nobody's twice.
async fn there_is_something_of_everything(service: &str) {
    let all = "{ mailings(first: 100) { nodes { name status runs(first: 20) { nodes {
        status startedAt progress { accepted rejected deferred unknown suppressed expired pending } } } } } }";
    // Everybody can log in.
    for email in ["admin", "owner", "editor", "igor", "layla", "long", "new"] {
        Visitor::of(service).logs_in(&format!("{email}@example.com"), PASSWORD).await;
    }
    let mut manager = Visitor::of(service);
    manager.logs_in("manager@example.com", PASSWORD).await;
    let mailings = manager.ask(all, json!({})).await;
    let mailings = mailings["mailings"]["nodes"].as_array().expect("mailings").clone();
    let statuses: BTreeSet<&str> = mailings.iter().filter_map(|mailing| mailing["status"].as_str()).collect();
    let every = ["CANCELLED", "COMPLETED", "CREATED", "DISABLED", "PAUSED", "RUNNING"];
    assert_eq!(statuses.into_iter().collect::<Vec<_>>(), every);
    let runs: Vec<&Value> =
        mailings.iter().filter_map(|mailing| mailing["runs"]["nodes"].as_array()).flatten().collect();
    for outcome in ["accepted", "rejected", "deferred", "unknown", "suppressed", "expired", "pending"] {
        let some = runs.iter().any(|run| run["progress"][outcome].as_i64().is_some_and(|number| number > 0));
        assert!(some, "nothing is {outcome}");
    }
    let statuses: BTreeSet<&str> = runs.iter().filter_map(|run| run["status"].as_str()).collect();
    assert!(["FINISHED", "MISSED", "SENDING"].iter().all(|status| statuses.contains(status)), "{statuses:?}");
    let days: BTreeSet<&str> = runs.iter().filter_map(|run| run["startedAt"].as_str()?.get(..10)).collect();
    assert!(days.len() >= 10, "{days:?}");
    let blocked = manager.tries_to_log_in("bernard@example.com", PASSWORD).await;
    assert!(blocked["session"].is_null(), "{blocked}");
}
