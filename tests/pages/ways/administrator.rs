//! An administrator grants a role, looks at the service, rebuilds a read model, and looks at a message that was not understood.

use crate::pages::browser::{Browser, Window, browse};
use crate::support::http::{Api, PASSWORD, Person};
use crate::support::intake::keep;
use domain::Role;
use serde_json::json;

async fn goes(window: Window) {
    let api = Api::start().await;
    let (ann, _root) = (api.owner("Ann").await, api.person("Root", &[Role::Administrator]).await);
    keep(&api.node.services, "A riddle", b"Subject: A riddle\r\n\r\nWho am I?\r\n", 40).await;
    browse(&api.url(""), window, async |browser| administers(browser, &ann).await).await;
}

#[tokio::test]
async fn an_administrator_grants_a_role_and_rebuilds_a_read_model() {
    goes(Window::DESK).await;
}

#[tokio::test]
async fn an_administrator_goes_the_same_way_with_the_keyboard_alone() {
    goes(Window::KEYS).await;
}

#[tokio::test]
async fn an_administrator_goes_the_same_way_without_scripts() {
    goes(Window::PLAIN).await;
}

async fn administers(browser: &Browser, ann: &Person) {
    browser.logs_in("root@example.com", PASSWORD).await;
    browser.press("Users").await;
    browser.press("ann@example.com").await;
    browser.open(&format!("/users/{}/roles/manager/grant", ann.id)).await;
    browser.sees("Make Ann (ann@example.com) a manager?").await;
    browser.press("Grant").await;
    browser.sees("Manager").await;
    ann.ask("{ users { totalCount } }", json!({})).await;

    browser.press("System").await;
    browser.sees("clients").await;
    browser.open("/system/read-models/clients/rebuild").await;
    browser.press_main().await;
    browser.sees("clients").await;
    browser.press("Rebuild all read models").await;
    browser.sees("Rebuild all read models?").await;
    browser.press_main().await;
    browser.sees("clients").await;

    browser.press("Messages that were not understood: 1").await;
    browser.press("A riddle").await;
    browser.sees("Who am I?").await;
    browser.press("Read it again").await;
    browser.sees("It was read once more, and was not understood again.").await;
    browser.press("Throw it away").await;
    browser.sees("Throw away this message: A riddle?").await;
    browser.press_main().await;
    browser.sees("The message is thrown away.").await;
}
