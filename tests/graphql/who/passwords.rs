//! Passwords: changed and recovered.

use crate::support::http::{Api, PASSWORD, text};
use crate::support::letters::{letters, link};
use crate::support::service::found;
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

/// The engine makes a link and then looks whether the password was changed since the letter was asked for; whoever changes it
/// makes all links useless once it is in the log. One of the two sees the other, at whatever moment.
#[tokio::test]
async fn a_link_that_is_made_while_the_password_is_being_changed_does_not_work() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let mut gate = api.pool.begin().await.expect("a transaction");
    sqlx::query("lock table events in share mode").execute(&mut *gate).await.expect("nothing is appended");
    let changing = tokio::spawn({
        let ann = ann.clone();
        async move { ann.does("passwordChange", json!({ "oldPassword": PASSWORD, "newPassword": OTHER }), "changed").await }
    });
    found("all but the append is done", async || {
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        )
        .fetch_one(&api.pool)
        .await
        .expect("an answer");
        (waiting > 0).then_some(())
    })
    .await;
    let recovery = link(&api, "recover_password", ANN, ANN).await;
    gate.commit().await.expect("appends go on");
    changing.await.expect("it is changed");

    let input = json!({ "token": recovery, "password": "yet another lengthy secret" });
    let invalid = [("LINK_INVALID".to_owned(), "input.token".to_owned())];
    assert_eq!(api.anonymous().fails("passwordReset", input).await, invalid);
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

#[tokio::test]
async fn a_password_is_right_however_the_keyboard_makes_its_letters() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let nobody = api.anonymous();
    let mut old = PASSWORD.to_owned();
    for (set, others) in [
        ("мои\u{306} длинныи\u{306} пароль", ["мой длинный пароль", "мой длинныи\u{306}\u{a0}пароль"]),
        ("ёлка зелёная стоит", ["е\u{308}лка зелёная стоит", "ёлка\u{3000}зеле\u{308}ная\u{2009}стоит"]),
        ("correct hörse battery", ["correct ho\u{308}rse battery", "correct\u{202f}hörse battery"]),
    ] {
        ann.does("passwordChange", json!({ "oldPassword": old, "newPassword": set }), "changed").await;
        for typed in [set, others[0], others[1]] {
            assert_eq!(nobody.log_in(ANN, typed).await["viewer"]["email"], ANN, "{typed:?} for {set:?}");
        }
        let told = nobody.log_in(ANN, &others[0].to_uppercase()).await;
        assert_eq!(told["userErrors"][0]["code"], "INVALID_CREDENTIALS", "{set:?}");
        others[1].clone_into(&mut old);
    }
}

#[tokio::test]
async fn a_password_from_before_there_was_a_normal_form_is_right_and_is_hashed_anew() {
    let api = Api::start().await;
    api.owner("Ann").await;
    let nobody = api.anonymous();
    // Hashed as it was typed, with letters apart from their marks.
    let as_typed = "наи\u{306}ти пароль с е\u{308}\u{a0}";
    let hash = "$argon2id$v=19$m=19456,t=2,p=1$krs+dSVcxwLRTEF3E9sP/g$JAzedF6sUMwbDhYZ0Avd05PJlNl2thbdTqbpxaWuw2A";
    let stored = async || -> String {
        sqlx::query_scalar("select password_hash from credentials").fetch_one(&api.pool).await.unwrap()
    };
    for (first, others) in
        [(as_typed, ["найти пароль с ё ", as_typed]), ("найти пароль с ё\u{a0}", [as_typed, "найти пароль с ё "])]
    {
        sqlx::query("update credentials set password_hash = $1").bind(hash).execute(&api.pool).await.unwrap();
        for typed in ["найти пароль с е\u{a0}", "наити пароль с ё\u{a0}"] {
            let told = nobody.log_in(ANN, typed).await;
            assert_eq!(told["userErrors"][0]["code"], "INVALID_CREDENTIALS", "{typed:?}");
        }
        assert_eq!(stored().await, hash);

        assert_eq!(nobody.log_in(ANN, first).await["viewer"]["email"], ANN, "{first:?}");

        assert_ne!(stored().await, hash, "hashed anew");
        for typed in others {
            assert_eq!(nobody.log_in(ANN, typed).await["viewer"]["email"], ANN, "{typed:?} after {first:?}");
        }
    }
}

#[tokio::test]
async fn no_new_password_has_control_characters_and_an_old_one_that_has_some_is_right() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let nobody = api.anonymous();
    let old = "tab\tnul\0bell\u{7} horse";
    let hash = "$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbiBieXRlcyBvaw$BX/GPfg/zRIOteXbA1AV0AWjrKzMYiQzOBjke+guEF4";
    sqlx::query("update credentials set password_hash = $1").bind(hash).execute(&api.pool).await.unwrap();

    assert_eq!(nobody.log_in(ANN, old).await["viewer"]["email"], ANN);
    assert_eq!(nobody.log_in(ANN, "tabnulbell horse").await["userErrors"][0]["code"], "INVALID_CREDENTIALS");
    let change = |new: &str| json!({ "oldPassword": old, "newPassword": new });
    for new in [old, "correct horse\nbattery", "correct horse\u{7f} battery", "correct horse\u{2028}battery"] {
        let told = ann.mutate("passwordChange", change(new), "changed").await;
        assert_eq!(told["userErrors"][0]["code"], "PASSWORD_CONTROL_CHARACTER", "{new:?}: {told}");
    }
    ann.does("passwordChange", change("correct horse  battery 👩\u{200d}🔬"), "changed").await;
    assert_eq!(nobody.log_in(ANN, "correct horse  battery 👩\u{200d}🔬").await["viewer"]["email"], ANN);
}
