//! Opening an account, proving its address, changing it, and the profile.

use crate::support::http::{Answer, Api, PASSWORD, Person};
use crate::support::letters::{letters, link};
use serde_json::{Value, json};

const EVE: &str = "eve@example.com";

fn registration(email: &str) -> Value {
    json!({ "email": email, "fullName": "Eve Adams", "timeZone": "Europe/Moscow", "language": "RU", "password": PASSWORD })
}

async fn registers(api: &Api, email: &str) {
    api.anonymous().does("userRegister", registration(email), "accepted").await;
}

/// The answer to a mutation as it is, without what is of each request's own.
async fn whole_answer(person: &Person, name: &str, input: Value) -> (u16, Value) {
    let kind = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
    let query = format!(
        "mutation($input: {kind}Input!) {{ {name}(input: $input) {{ accepted userErrors {{ message code field }} }} }}"
    );
    let Answer { status, body, .. } = person.post(&query, json!({ "input": input })).await;
    (status.as_u16(), body)
}

fn letter(kind: &str, to: &str, language: &str) -> (String, String, String) {
    (kind.to_owned(), to.to_owned(), language.to_owned())
}

#[tokio::test]
async fn whoever_registers_logs_in_once_the_address_is_proven() {
    let api = Api::start().await;
    registers(&api, EVE).await;
    assert_eq!(letters(&api.pool).await, [letter("verify_email", EVE, "ru")]);
    let nobody = api.anonymous();
    let early = nobody.log_in(EVE, PASSWORD).await;
    assert_eq!(
        (early["userErrors"][0]["code"].as_str(), &early["session"]),
        (Some("EMAIL_NOT_VERIFIED"), &json!(null))
    );
    // A wrong password learns nothing of it.
    let wrong = nobody.log_in(EVE, "wrong password").await;
    assert_eq!(wrong["userErrors"][0]["code"], "INVALID_CREDENTIALS");

    let token = link(&api, "verify_email", EVE, EVE).await;
    nobody.does("emailVerify", json!({ "token": token }), "verified").await;

    let session = nobody.log_in(EVE, PASSWORD).await;
    let eve = nobody.known_by(session["session"]["token"].as_str().expect("a session"));
    let viewer = eve.ask("{ viewer { email fullName timeZone language roles } }", json!({})).await;
    let expected =
        json!({ "email": EVE, "fullName": "Eve Adams", "timeZone": "Europe/Moscow", "language": "RU", "roles": [] });
    assert_eq!(viewer["viewer"], expected);
}

#[tokio::test]
async fn a_taken_address_is_answered_like_a_free_one_and_its_holder_is_told() {
    let api = Api::start().await;
    api.account("Ann", &[]).await;
    registers(&api, EVE).await;
    let nobody = api.anonymous();
    let free = whole_answer(&nobody, "userRegister", registration("free@example.com")).await;
    assert_eq!(free, (200, json!({ "data": { "userRegister": { "accepted": true, "userErrors": [] } } })));
    // Proven or not, in whatever case.
    for taken in ["Ann@Example.com", EVE] {
        assert_eq!(whole_answer(&nobody, "userRegister", registration(taken)).await, free, "{taken}");
    }
    let told = &letters(&api.pool).await[2..];
    // Their address and their language, not those of whoever asks.
    assert_eq!(told, [letter("already_registered", "ann@example.com", "en"), letter("already_registered", EVE, "ru")]);
    let accounts: i64 = sqlx::query_scalar("select count(*) from users").fetch_one(&api.pool).await.unwrap();
    let passwords: i64 = sqlx::query_scalar("select count(*) from credentials").fetch_one(&api.pool).await.unwrap();
    assert_eq!((accounts, passwords), (3, 3));
}

#[tokio::test]
async fn an_account_is_known_by_every_spelling_of_its_mailbox_and_nobody_else_has_it() {
    let api = Api::start().await;
    let (typed, others) = ("eve@пример.рф", ["Eve@xn--e1afmkfd.xn--p1ai", "eve@ПРИМЕР.рф", "\"eve\"@пример。рф"]);
    registers(&api, typed).await;
    let nobody = api.anonymous();
    nobody.does("emailVerify", json!({ "token": link(&api, "verify_email", typed, typed).await }), "verified").await;
    for spelling in others {
        registers(&api, spelling).await;
        let logged_in = nobody.log_in(spelling, PASSWORD).await;
        assert_eq!(logged_in["viewer"]["email"], typed, "{spelling}: {logged_in}");
        nobody.does("passwordRecover", json!({ "email": spelling }), "accepted").await;
    }
    let all = letters(&api.pool).await;
    let to_eve = |kind: &str| all.iter().filter(|letter| letter.0 == kind && letter.1 == typed).count();
    assert_eq!((to_eve("already_registered"), to_eve("recover_password"), all.len()), (3, 3, 7), "{all:?}");
    let accounts: i64 = sqlx::query_scalar("select count(*) from users").fetch_one(&api.pool).await.unwrap();
    assert_eq!(accounts, 1);
}

#[tokio::test]
async fn letters_to_an_address_that_is_not_proven_do_not_call_anybody_by_the_name_that_a_stranger_chose() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let nobody = api.anonymous();
    let email = json!({ "email": EVE });
    // Verifying, registered already, verifying again, recovering; then one to another address of somebody who is proven.
    registers(&api, EVE).await;
    registers(&api, EVE).await;
    nobody.does("verificationRequest", email.clone(), "accepted").await;
    nobody.does("passwordRecover", email, "accepted").await;
    let change = json!({ "newEmail": "new@example.com", "password": PASSWORD });
    ann.does("emailChange", change, "accepted").await;
    let reset =
        json!({ "token": link(&api, "recover_password", EVE, EVE).await, "password": "a different lengthy secret" });
    nobody.does("passwordReset", reset, "changed").await;
    // By now it is proven.
    nobody.does("passwordRecover", json!({ "email": EVE }), "accepted").await;

    let names: Vec<String> = sqlx::query_scalar(
        "select payload -> 'Requested' ->> 'full_name' from events
          where aggregate_type = 'notice' and event_type = 'Requested' order by position",
    )
    .fetch_all(&api.pool)
    .await
    .unwrap();
    assert_eq!(names, ["", "", "", "", "", "", "Eve Adams"]);
}

#[tokio::test]
async fn of_many_who_register_the_same_address_at_once_one_has_it_and_none_learns_more() {
    let api = Api::start().await;
    let people = [api.anonymous(), api.anonymous(), api.anonymous(), api.anonymous()];
    let answers = people.iter().map(|person| whole_answer(person, "userRegister", registration(EVE)));
    let answers = futures::future::join_all(answers).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let mut kinds: Vec<_> = letters(&api.pool).await.into_iter().map(|(kind, ..)| kind).collect();
    kinds.sort();
    assert_eq!(kinds, ["already_registered", "already_registered", "already_registered", "verify_email"]);
    let passwords: i64 = sqlx::query_scalar("select count(*) from credentials").fetch_one(&api.pool).await.unwrap();
    assert_eq!(passwords, 1);
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_registration_is_told_at_once_and_nothing_is_written() {
    let api = Api::start().await;
    let before = api.events().await;
    let nobody = api.anonymous();
    let input = json!({ "email": "eve", "fullName": "x".repeat(201), "timeZone": "Mars", "password": "password12345" });
    let told = nobody.fails("userRegister", input).await;
    let expected = [
        ("EMAIL_INVALID", "input.email"),
        ("FULL_NAME_TOO_LONG", "input.fullName"),
        ("TIME_ZONE_UNKNOWN", "input.timeZone"),
        ("PASSWORD_WEAK", "input.password"),
    ];
    assert_eq!(told, expected.map(|(code, field)| (code.to_owned(), field.to_owned())));
    assert_eq!(api.events().await, before);
}

#[tokio::test]
async fn the_strength_of_a_password_is_judged_with_advice_and_with_what_is_known_of_its_owner() {
    let api = Api::start().await;
    let nobody = api.anonymous();
    for (password, advice) in [
        ("password12345", "easy to guess"),
        ("aaaaaaaaaaaaaaa", "Repeats like \"aaa\" are easy to guess."),
        ("eve@example.com", "Add another word or two."),
    ] {
        let mut input = registration(EVE);
        input["password"] = json!(password);
        let payload = nobody.mutate("userRegister", input, "accepted").await;
        assert_eq!(payload["userErrors"][0]["code"], "PASSWORD_WEAK", "{password}");
        let message = payload["userErrors"][0]["message"].as_str().unwrap();
        assert!(message.contains(advice), "{password}: {message}");
    }
}

#[tokio::test]
async fn the_letter_can_be_asked_for_again_until_the_address_is_proven() {
    let api = Api::start().await;
    api.account("Ann", &[]).await;
    registers(&api, EVE).await;
    let nobody = api.anonymous();
    let mut answers = Vec::new();
    for email in [EVE, "ann@example.com", "nobody@example.com"] {
        answers.push(whole_answer(&nobody, "verificationRequest", json!({ "email": email })).await);
    }
    assert_eq!(answers[0].1["data"]["verificationRequest"]["accepted"], true);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(letters(&api.pool).await, [letter("verify_email", EVE, "ru"), letter("verify_email", EVE, "ru")]);
}

#[tokio::test]
async fn an_address_is_changed_by_the_link_that_goes_to_the_new_one_and_the_old_one_is_told() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (old, new) = ("ann@example.com", "Anna@example.org");
    let wrong = json!({ "newEmail": new, "password": "wrong password" });
    assert_eq!(ann.fails("emailChange", wrong).await, [("PASSWORD_WRONG".into(), "input.password".into())]);
    assert_eq!(letters(&api.pool).await, []);

    ann.does("emailChange", json!({ "newEmail": new, "password": PASSWORD }), "accepted").await;
    assert_eq!(letters(&api.pool).await, [letter("confirm_email_change", new, "en")]);
    assert_eq!(ann.ask("{ viewer { email } }", json!({})).await["viewer"]["email"], old);

    // The link may be followed where nobody is logged in.
    let token = link(&api, "confirm_email_change", new, old).await;
    let recovery = link(&api, "recover_password", old, old).await;
    api.anonymous().does("emailChangeConfirm", json!({ "token": token }), "changed").await;

    assert_eq!(ann.ask("{ viewer { email } }", json!({})).await["viewer"]["email"], new);
    assert_eq!(letters(&api.pool).await[1..], [letter("email_changed", old, "en")]);
    let nobody = api.anonymous();
    assert_eq!(nobody.log_in(old, PASSWORD).await["userErrors"][0]["code"], "INVALID_CREDENTIALS");
    assert_eq!(nobody.log_in(new, PASSWORD).await["viewer"]["email"], new);
    // What went to the old address proves nothing any more, and the old address is free.
    let reset = json!({ "token": recovery, "password": "a different lengthy secret" });
    assert_eq!(nobody.fails("passwordReset", reset).await, [("LINK_INVALID".into(), "input.token".into())]);
    registers(&api, old).await;
    assert_eq!(letters(&api.pool).await[2..], [letter("verify_email", old, "ru")]);
}

#[tokio::test]
async fn a_taken_address_cannot_be_moved_to_and_whoever_asks_does_not_learn_that_it_is_taken() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    api.account("Bob", &[]).await;
    let ask = |email: &str| json!({ "newEmail": email, "password": PASSWORD });
    let free = whole_answer(&ann, "emailChange", ask("free@example.com")).await;
    assert_eq!(whole_answer(&ann, "emailChange", ask("BOB@example.com")).await, free);
    assert_eq!(letters(&api.pool).await, [letter("confirm_email_change", "free@example.com", "en")]);

    // Taken meanwhile: then its holder, who follows the link, may know. The link is not used up by it.
    let token = link(&api, "confirm_email_change", "bob@example.com", "ann@example.com").await;
    for _ in 0..2 {
        let told = ann.fails("emailChangeConfirm", json!({ "token": token })).await;
        assert_eq!(told, [("EMAIL_TAKEN".into(), "input.token".into())]);
    }
    assert_eq!(ann.ask("{ viewer { email } }", json!({})).await["viewer"]["email"], "ann@example.com");
}

#[tokio::test]
async fn a_profile_is_changed_in_what_is_named() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let selection = "viewer { fullName timeZone language version }";
    let changed = ann.does("profileUpdate", json!({ "fullName": "Anna Petrova" }), selection).await;
    let version = changed["viewer"]["version"].as_i64().unwrap();
    let expected =
        json!({ "fullName": "Anna Petrova", "timeZone": "Europe/Berlin", "language": "EN", "version": version });
    assert_eq!(changed["viewer"], expected);

    let input = json!({ "timeZone": "Asia/Tokyo", "language": "RU", "expectedVersion": version });
    let changed = ann.does("profileUpdate", input.clone(), selection).await;
    let expected =
        json!({ "fullName": "Anna Petrova", "timeZone": "Asia/Tokyo", "language": "RU", "version": version + 1 });
    assert_eq!(changed["viewer"], expected);

    // Of an older version, it is refused; and so is what makes no sense.
    assert_eq!(
        ann.fails("profileUpdate", json!({ "fullName": "X", "expectedVersion": version })).await,
        [("STALE_VERSION".into(), "input.expectedVersion".into())]
    );
    assert_eq!(
        ann.fails("profileUpdate", json!({ "timeZone": "Mars" })).await,
        [("TIME_ZONE_UNKNOWN".into(), "input.timeZone".into())]
    );
    let query = "mutation { profileUpdate(input: { fullName: \"X\" }) { userErrors { code } } }";
    assert_eq!(api.anonymous().post(query, json!({})).await.code(), "UNAUTHENTICATED");
}
