//! Accounts, by way of the letters that really arrive.

use super::stage::Stage;
use crate::support::http::{PASSWORD, text};
use crate::support::letters::link_in;
use crate::support::service::found;
use crate::support::smtp_server::Received;
use chrono::TimeDelta;
use domain::Role;
use serde_json::{Value, json};

const EVE: &str = "eve@example.com";
const SECOND: &str = "a different lengthy secret";
const THIRD: &str = "yet another lengthy secret";

/// The newest of so many letters to an address, once it has arrived. Letters that are on their way together may overtake each other.
async fn newest(stage: &Stage, to: &str, count: usize) -> Received {
    found("the letter has arrived", async || {
        let mut letters = stage.server.received();
        letters.retain(|letter| letter.recipient == to);
        (letters.len() == count).then(|| letters.pop()).flatten()
    })
    .await
}

/// The token in it.
async fn token(stage: &Stage, to: &str, count: usize, page: &str) -> String {
    let letter = newest(stage, to, count).await;
    link_in(&letter, page).split_once("token=").expect("a link has a token").1.to_owned()
}

/// See also `tests/graphql/who/`, and `tests/notices.rs`.
#[tokio::test]
async fn behaviour_11_accounts_are_opened_proven_entered_left_and_recovered_by_links_that_work_once_and_expire() {
    let stage = Stage::start().await;
    let engine = stage.works();
    let nobody = stage.api.anonymous();
    let invalid = [("LINK_INVALID".to_owned(), "input.token".to_owned())];
    let code = |answer: Value| text(&answer["userErrors"][0]["code"]);

    // Registration, and the proof of the address, which can be asked for again.
    let eve = json!({ "email": EVE, "fullName": "Eve Adams", "password": PASSWORD });
    nobody.does("userRegister", eve, "accepted").await;
    let expired = token(&stage, EVE, 1, "verify").await;
    assert_eq!(code(nobody.log_in(EVE, PASSWORD).await), "EMAIL_NOT_VERIFIED");
    stage.clock().advance(TimeDelta::hours(72));
    assert_eq!(nobody.fails("emailVerify", json!({ "token": expired })).await, invalid);
    nobody.does("verificationRequest", json!({ "email": EVE }), "accepted").await;
    let verify = token(&stage, EVE, 2, "verify").await;
    nobody.does("emailVerify", json!({ "token": verify }), "verified").await;
    assert_eq!(nobody.fails("emailVerify", json!({ "token": verify })).await, invalid, "once");

    // Log-in and log-out.
    let session = nobody.log_in(EVE, PASSWORD).await;
    let eve = nobody.known_by(&text(&session["session"]["token"]));
    let viewer = "{ viewer { email fullName } }";
    assert_eq!(eve.ask(viewer, json!({})).await["viewer"], json!({ "email": EVE, "fullName": "Eve Adams" }));
    eve.ask("mutation { sessionDelete { deleted } }", json!({})).await;
    assert_eq!(eve.ask(viewer, json!({})).await["viewer"], json!(null));

    // Another password, known and forgotten.
    let session = nobody.log_in(EVE, PASSWORD).await;
    let eve = nobody.known_by(&text(&session["session"]["token"]));
    eve.does("passwordChange", json!({ "oldPassword": PASSWORD, "newPassword": SECOND }), "changed").await;
    assert_eq!(code(nobody.log_in(EVE, PASSWORD).await), "INVALID_CREDENTIALS");
    // The third letter tells of the change.
    newest(&stage, EVE, 3).await;
    nobody.does("passwordRecover", json!({ "email": EVE }), "accepted").await;
    let recover = token(&stage, EVE, 4, "recover").await;
    nobody.does("passwordReset", json!({ "token": recover, "password": THIRD }), "changed").await;
    let again = json!({ "token": recover, "password": PASSWORD });
    assert_eq!(nobody.fails("passwordReset", again).await, invalid, "once");
    assert_eq!(eve.ask(viewer, json!({})).await["viewer"], json!(null), "whoever was in is out");
    assert_eq!(nobody.log_in(EVE, THIRD).await["viewer"]["email"], EVE);
    newest(&stage, EVE, 5).await;
    nobody.does("passwordRecover", json!({ "email": EVE }), "accepted").await;
    let late = token(&stage, EVE, 6, "recover").await;
    stage.clock().advance(TimeDelta::hours(1));
    let late = json!({ "token": late, "password": PASSWORD });
    assert_eq!(nobody.fails("passwordReset", late).await, invalid, "in time");
    engine.stop().await;
}

/// The last sentence of the same number.
#[tokio::test]
async fn behaviour_11_no_answer_tells_whether_an_address_has_an_account() {
    let stage = Stage::start().await;
    stage.api.person("Ann", &[Role::Manager]).await;
    let nobody = stage.api.anonymous();
    let input = |name: &str, email: &str| match name {
        "userRegister" => json!({ "email": email, "password": PASSWORD }),
        "sessionCreate" => json!({ "email": email, "password": "not the password" }),
        _ => json!({ "email": email }),
    };
    for (name, selection) in [
        ("userRegister", "accepted"),
        ("verificationRequest", "accepted"),
        ("passwordRecover", "accepted"),
        ("sessionCreate", "session { token } viewer { id }"),
    ] {
        let known = nobody.mutate(name, input(name, "ann@example.com"), selection).await;
        let unknown = nobody.mutate(name, input(name, "stranger@example.com"), selection).await;
        assert_eq!(known, unknown, "{name}");
    }
}
