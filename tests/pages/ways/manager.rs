//! A manager looks at what an owner sends, disables it with a reason, and blocks the owner.

use crate::pages::browser::{Browser, Window, browse};
use crate::support::http::{Api, PASSWORD, Person};
use domain::Role;
use serde_json::json;

async fn goes(window: Window) {
    let api = Api::start().await;
    let (ann, _max) = (api.owner("Ann").await, api.person("Max", &[Role::Manager]).await);
    let mailing = ann.mailing(&ann.message().await, &ann.client("anna@example.com", &[]).await).await;
    browse(&api.url(""), window, async |browser| watches(browser, &ann, &mailing).await).await;
}

#[tokio::test]
async fn a_manager_reads_a_letter_disables_its_mailing_and_blocks_its_owner() {
    goes(Window::DESK).await;
}

#[tokio::test]
async fn a_manager_goes_the_same_way_with_the_keyboard_alone() {
    goes(Window::KEYS).await;
}

#[tokio::test]
async fn a_manager_goes_the_same_way_without_scripts() {
    goes(Window::PLAIN).await;
}

async fn watches(browser: &Browser, ann: &Person, mailing: &str) {
    browser.logs_in("max@example.com", PASSWORD).await;
    browser.press("Mailings").await;
    browser.sees("ann@example.com").await;
    browser.press("First letters").await;
    browser.sees("Hello, {{first_name}}").await;
    browser.press("Disable mailing").await;
    browser.fill("reason", "Three <b>complaints</b>").await;
    browser.press("Disable mailing").await;
    browser.sees("Three <b>complaints</b>").await;
    let seen = "query($id: ID!) { mailing(id: $id) { status reason } }";
    let disabled = ann.ask(seen, json!({ "id": mailing })).await["mailing"].take();
    assert_eq!(disabled, json!({ "status": "DISABLED", "reason": "Three <b>complaints</b>" }));
    browser.press("Enable mailing").await;
    browser.fill("reason", "Settled").await;
    browser.press("Enable mailing").await;
    browser.sees("The mailing is enabled.").await;

    browser.press("Users").await;
    browser.press("ann@example.com").await;
    browser.press("Block user").await;
    browser.fill("reason", "Complaints").await;
    browser.press("Block user").await;
    browser.sees("Complaints").await;
    let shut_out = ann.post("{ viewer { id } }", json!({})).await;
    assert!(shut_out.body["data"]["viewer"].is_null(), "{:?}", shut_out.body);
    browser.open(&format!("/mailings/{mailing}")).await;
    browser.sees("Its owner is blocked").await;
}
