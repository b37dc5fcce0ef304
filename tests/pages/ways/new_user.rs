//! From registration to the report, as somebody goes who has never been here.

use crate::behaviours::stage::Stage;
use crate::pages::browser::{Browser, Window, browse};
use crate::support::letters::link_in;
use crate::support::service::found;
use serde_json::json;

const PASSWORD: &str = "seven purple walruses dance";

async fn goes(window: Window) {
    let stage = Stage::start().await;
    let working = stage.works();
    browse(&stage.api.url(""), window, async |browser| first_mailing(&stage, browser).await).await;
    working.stop().await;
}

#[tokio::test]
async fn a_new_user_goes_from_registration_to_the_report() {
    goes(Window::DESK).await;
}

#[tokio::test]
async fn a_new_user_goes_the_same_way_with_the_keyboard_alone() {
    goes(Window::KEYS).await;
}

#[tokio::test]
async fn a_new_user_goes_the_same_way_without_scripts() {
    goes(Window::PLAIN).await;
}

/// The last letter to this address.
async fn letter_to(stage: &Stage, address: &str) -> crate::support::smtp_server::Received {
    found("the letter", async || stage.server.received().into_iter().rev().find(|it| it.recipient == address)).await
}

async fn first_mailing(stage: &Stage, browser: &Browser) {
    browser.open("/").await;
    browser.press("Register").await;
    browser.fill("fullName", "Nora Newcomer").await;
    browser.fill("email", "nora@example.com").await;
    browser.fill("password", PASSWORD).await;
    browser.press("Create an account").await;
    browser.sees("Look into your mailbox").await;
    let letter = letter_to(stage, "nora@example.com").await;
    let link = link_in(&letter, "verify");
    let path = &link[link.find("/account").expect("a path")..];
    browser.open(path).await;
    browser.press("Confirm").await;
    browser.sees("the address is confirmed").await;
    browser.logs_in("nora@example.com", PASSWORD).await;

    // An empty overview leads on.
    browser.sees("Your first mailing").await;
    browser.press("Import a file").await;
    browser.press("Or type or paste it").await;
    browser
        .fill(
            "csv",
            "email,full_name,groups\nanna@example.org,Anna,Friends\nboris@example.org,Boris,Friends\nnobody,,\n",
        )
        .await;
    browser.press("Check the file").await;
    browser.sees("cannot be imported").await;
    browser.sees("nobody").await;
    browser.press("Import 2 clients").await;
    browser.sees("The clients are imported").await;

    browser.press("Next: write the letter").await;
    browser.fill("subject", "Hello {{first_name|reader}}").await;
    browser
        .fill("markdown", "Dear {{full_name|reader}},\n\n**welcome** to [our shop](https://example.org/shop).")
        .await;
    browser.press("Save letter").await;
    browser.sees("The letter “Hello {{first_name|reader}}” is saved.").await;
    browser.open("/").await;
    browser.press("Choose the letter").await;
    browser.press("Send test").await;
    browser.sees("Test to nora@example.com").await;
    letter_to(stage, "nora@example.com").await;

    browser.open("/").await;
    browser.press("Plan mailing").await;
    browser.fill("name", "Welcome").await;
    let letter = browser.value_of("select[name='messageId'] option:nth-child(2)").await;
    browser.choose("messageId", &letter).await;
    browser.tick("Friends").await;
    browser.press("Check the plan").await;
    browser.sees("Is everything right?").await;
    browser.press("Send to 2 people now").await;
    browser.sees("Welcome").await;
    let sent = async || {
        browser.reload().await;
        browser.text().await.contains("Finished. Accepted: 2").then_some(())
    };
    found("the run is finished", sent).await;
    for recipient in ["anna@example.org", "boris@example.org"] {
        letter_to(stage, recipient).await;
    }
    browser.press("Reports").await;
    browser.press("Welcome").await;
    browser.sees("2 were accepted by the mail server").await;
    let seen = "{ homeStats { mailings } }";
    assert_eq!(stage.api.anonymous().ask(seen, json!({})).await["homeStats"]["mailings"], 1);
    browser.press("Log out").await;
    browser.sees("Log in").await;
}
