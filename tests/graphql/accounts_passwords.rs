//! Passwords: changed and recovered.

use crate::support::http::{Api, PASSWORD, text};
use crate::support::letters::{letters, link};
use serde_json::{Value, json};

const ANN: &str = "ann@example.com";
const OTHER: &str = "a different lengthy secret";

fn future(api: &Api) -> String {
    (api.clock.now() + chrono::TimeDelta::days(1)).to_rfc3339()
}

#[tokio::test]
async fn changing_the_password_needs_the_old_one_and_ends_the_other_sessions_and_all_tokens() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let input = json!({ "name": "script", "scope": "READ", "expiresAt": future(&api) });
    let program = api.anonymous().known_by(&text(&ann.does("apiTokenCreate", input, "token").await["token"]));
    let elsewhere = text(&api.anonymous().log_in(ANN, PASSWORD).await["session"]["token"]);
    let elsewhere = api.anonymous().known_by(&elsewhere);
    for (old, new, code, field) in [
        ("wrong password", OTHER, "PASSWORD_WRONG", "input.oldPassword"),
        (PASSWORD, "short", "PASSWORD_TOO_SHORT", "input.newPassword"),
        (PASSWORD, "password12345", "PASSWORD_WEAK", "input.newPassword"),
    ] {
        let told = ann.fails("passwordChange", json!({ "oldPassword": old, "newPassword": new })).await;
        assert_eq!(told, [(code.to_owned(), field.to_owned())]);
    }
    let recovery = link(&api, "recover_password", ANN, ANN).await;

    ann.does("passwordChange", json!({ "oldPassword": PASSWORD, "newPassword": OTHER }), "changed").await;

    let viewer = |data: Value| data["viewer"]["email"].clone();
    assert_eq!(viewer(ann.ask("{ viewer { email } }", json!({})).await), ANN);
    assert_eq!(viewer(elsewhere.ask("{ viewer { email } }", json!({})).await), json!(null));
    assert_eq!(viewer(program.ask("{ viewer { email } }", json!({})).await), json!(null));
    let nobody = api.anonymous();
    assert_eq!(nobody.log_in(ANN, PASSWORD).await["userErrors"][0]["code"], "INVALID_CREDENTIALS");
    assert_eq!(nobody.log_in(ANN, OTHER).await["viewer"]["email"], ANN);
    assert_eq!(letters(&api.pool).await, [("password_changed".to_owned(), ANN.to_owned(), "en".to_owned())]);
    // A link that was on its way is of no use any more.
    let reset = json!({ "token": recovery, "password": PASSWORD });
    assert_eq!(nobody.fails("passwordReset", reset).await, [("LINK_INVALID".into(), "input.token".into())]);
    let query = "mutation { passwordChange(input: { oldPassword: \"x\", newPassword: \"x\" }) { changed } }";
    assert_eq!(nobody.post(query, json!({})).await.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_and_whoever_was_in_is_out() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let input = json!({ "name": "script", "scope": "WRITE", "expiresAt": future(&api) });
    let program = text(&ann.does("apiTokenCreate", input, "token").await["token"]);
    let nobody = api.anonymous();
    let mut answers = Vec::new();
    for email in [ANN, "nobody@example.com"] {
        answers.push(nobody.mutate("passwordRecover", json!({ "email": email }), "accepted").await);
    }
    assert_eq!(answers, [json!({ "accepted": true, "userErrors": [] }), answers[0].clone()]);
    assert_eq!(letters(&api.pool).await, [("recover_password".to_owned(), ANN.to_owned(), "en".to_owned())]);

    let token = link(&api, "recover_password", ANN, ANN).await;
    // A weak one does not use the link up.
    let weak = json!({ "token": token, "password": "password12345" });
    assert_eq!(nobody.fails("passwordReset", weak).await, [("PASSWORD_WEAK".into(), "input.password".into())]);
    nobody.does("passwordReset", json!({ "token": token, "password": OTHER }), "changed").await;

    for token in [ann.token.as_deref().unwrap(), &program] {
        let data = nobody.known_by(token).ask("{ viewer { email } }", json!({})).await;
        assert_eq!(data["viewer"], json!(null));
    }
    assert_eq!(nobody.log_in(ANN, PASSWORD).await["userErrors"][0]["code"], "INVALID_CREDENTIALS");
    assert_eq!(nobody.log_in(ANN, OTHER).await["viewer"]["email"], ANN);
    assert_eq!(letters(&api.pool).await[1..], [("password_changed".to_owned(), ANN.to_owned(), "en".to_owned())]);
}

#[tokio::test]
async fn whoever_finds_their_address_registered_by_somebody_else_recovers_it() {
    let api = Api::start().await;
    let nobody = api.anonymous();
    let eve = "eve@example.com";
    let input = |password: &str| json!({ "email": eve, "fullName": "", "password": password });
    // Somebody lays an account in wait, with a password of theirs; then Eve comes.
    nobody.does("userRegister", input("the password of Mallory"), "accepted").await;
    nobody.does("userRegister", input(PASSWORD), "accepted").await;
    assert_eq!(letters(&api.pool).await[1].0, "already_registered");
    nobody.does("passwordRecover", json!({ "email": eve }), "accepted").await;
    let token = link(&api, "recover_password", eve, eve).await;

    nobody.does("passwordReset", json!({ "token": token, "password": OTHER }), "changed").await;

    // The link proved the address.
    assert_eq!(nobody.log_in(eve, OTHER).await["viewer"]["email"], eve);
    let told = nobody.log_in(eve, "the password of Mallory").await;
    assert_eq!(told["userErrors"][0]["code"], "INVALID_CREDENTIALS");
}
