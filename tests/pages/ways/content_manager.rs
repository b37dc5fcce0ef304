//! A content manager writes an article, looks at it, and publishes it; visitors read it.

use crate::pages::browser::{Browser, Window, browse};
use crate::support::http::{Api, PASSWORD};
use domain::Role;

async fn goes(window: Window) {
    let api = Api::start().await;
    let _carl = api.person("Carl", &[Role::ContentManager]).await;
    browse(&api.url(""), window, async |browser| writes(browser).await).await;
}

#[tokio::test]
async fn a_content_manager_writes_and_publishes_and_visitors_read() {
    goes(Window::DESK).await;
}

#[tokio::test]
async fn a_content_manager_goes_the_same_way_with_the_keyboard_alone() {
    goes(Window::KEYS).await;
}

#[tokio::test]
async fn a_content_manager_goes_the_same_way_without_scripts() {
    goes(Window::PLAIN).await;
}

async fn writes(browser: &Browser) {
    browser.logs_in("carl@example.com", PASSWORD).await;
    browser.press("Articles").await;
    browser.press("Write the first article").await;
    browser.fill("title", "Spring <i>news</i>").await;
    browser.fill("body", "# Hello\n\nAll is *well*. <script>alert(1)</script>").await;
    browser.press("Save draft").await;
    browser.sees("Draft").await;
    browser.press("Publish article").await;
    browser.press("Publish article").await;
    browser.sees("Published").await;
    browser.press("Log out").await;
    browser.open("/blog").await;
    browser.press("Spring <i>news</i>").await;
    browser.sees("All is well.").await;
    browser.open("/blog.rss").await;
}
