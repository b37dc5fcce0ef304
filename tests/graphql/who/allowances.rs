//! How often somebody may try.

use crate::support::http::{Api, PASSWORD, Person};
use crate::support::letters::link;
use chrono::TimeDelta;
use serde_json::{Value, json};

const ANN: &str = "ann@example.com";

/// The code of the first error, and how long to wait.
async fn told(person: &Person, mutation: &str, input: Value) -> (String, Option<i64>) {
    let kind = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
    let query = format!(
        "mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ userErrors {{ code retryAfter }} }} }}"
    );
    let data = person.ask(&query, json!({ "input": input })).await;
    let error = &data[mutation]["userErrors"][0];
    (error["code"].as_str().unwrap_or_default().to_owned(), error["retryAfter"].as_i64())
}

fn log_in(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

#[tokio::test]
async fn after_too_many_wrong_passwords_a_right_one_has_to_wait_too() {
    let api = Api::start().await;
    api.account("Ann", &[]).await;
    api.account("Bob", &[]).await;
    let nobody = api.anonymous();
    // Whether there is an account or not.
    for email in [ANN, "nobody@example.com"] {
        for _ in 0..10 {
            let wrong = told(&nobody, "sessionCreate", log_in(email, "wrong password")).await;
            assert_eq!(wrong, ("INVALID_CREDENTIALS".to_owned(), None));
        }
        for password in ["wrong password", PASSWORD] {
            let limited = told(&nobody, "sessionCreate", log_in(email, password)).await;
            assert_eq!(limited, ("RATE_LIMITED".to_owned(), Some(60)), "{email}");
        }
    }
    // However the address is written; and others are not kept waiting.
    assert_eq!(told(&nobody, "sessionCreate", log_in("ANN@example.com", PASSWORD)).await.0, "RATE_LIMITED");
    assert_eq!(told(&nobody, "sessionCreate", log_in("bob@example.com", PASSWORD)).await.0, "");

    api.clock.advance(TimeDelta::seconds(59));
    assert_eq!(told(&nobody, "sessionCreate", log_in(ANN, PASSWORD)).await, ("RATE_LIMITED".to_owned(), Some(1)));
    api.clock.advance(TimeDelta::seconds(1));
    assert_eq!(told(&nobody, "sessionCreate", log_in(ANN, PASSWORD)).await.0, "");
    // Then the wrong ones are forgotten.
    assert_eq!(told(&nobody, "sessionCreate", log_in(ANN, "wrong password")).await.0, "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn recovery_is_the_way_in_for_whom_somebody_else_keeps_waiting() {
    let api = Api::start().await;
    api.account("Ann", &[]).await;
    let nobody = api.anonymous();
    for _ in 0..10 {
        told(&nobody, "sessionCreate", log_in(ANN, "wrong password")).await;
    }
    assert_eq!(told(&nobody, "sessionCreate", log_in(ANN, PASSWORD)).await.0, "RATE_LIMITED");
    let token = link(&api, "recover_password", ANN, ANN).await;
    let input = json!({ "token": token, "password": "a different lengthy secret" });
    nobody.does("passwordReset", input, "changed").await;
    assert_eq!(told(&nobody, "sessionCreate", log_in(ANN, "a different lengthy secret")).await.0, "");
}

#[tokio::test]
async fn whoever_guesses_the_passwords_of_many_is_limited_by_address_and_right_ones_do_not_count() {
    let api = Api::start().await;
    api.account("Ann", &[]).await;
    let nobody = api.anonymous();
    for _ in 0..3 {
        assert_eq!(told(&nobody, "sessionCreate", log_in(ANN, PASSWORD)).await.0, "");
    }
    // Where nobody has an account, and each account only once.
    for number in 0..100 {
        let wrong = told(&nobody, "sessionCreate", log_in(&format!("a{number}@example.com"), "x")).await;
        assert_eq!(wrong.0, "INVALID_CREDENTIALS", "{number}");
    }
    let limited = told(&nobody, "sessionCreate", log_in(ANN, PASSWORD)).await;
    assert_eq!(limited, ("RATE_LIMITED".to_owned(), Some(6)));
}

#[tokio::test]
async fn letters_and_registrations_are_limited_per_account_whether_there_is_one_or_not() {
    let api = Api::start().await;
    api.account("Ann", &[]).await;
    let nobody = api.anonymous();
    let register = |email: &str| json!({ "email": email, "fullName": "", "password": "a different lengthy secret" });
    for email in [ANN, "nobody@example.com"] {
        for number in 0..5 {
            // Both have letters sent, so they count together.
            let mutation = if number % 2 == 0 { "passwordRecover" } else { "verificationRequest" };
            assert_eq!(told(&nobody, mutation, json!({ "email": email })).await.0, "", "{email}");
            assert_eq!(told(&nobody, "userRegister", register(email)).await.0, "", "{email}");
        }
        for mutation in ["passwordRecover", "verificationRequest"] {
            let limited = told(&nobody, mutation, json!({ "email": email })).await;
            assert_eq!(limited, ("RATE_LIMITED".to_owned(), Some(600)), "{email}");
        }
        assert_eq!(told(&nobody, "userRegister", register(email)).await.0, "RATE_LIMITED", "{email}");
    }
    // And by the address they come from.
    let mut codes = Vec::new();
    for number in 0..11 {
        codes.push(told(&nobody, "passwordRecover", json!({ "email": format!("a{number}@example.com") })).await.0);
    }
    assert_eq!(codes.iter().filter(|code| *code == "RATE_LIMITED").count(), 5, "{codes:?}");
    api.clock.advance(TimeDelta::minutes(10));
    assert_eq!(told(&nobody, "passwordRecover", json!({ "email": ANN })).await.0, "");
}

#[tokio::test]
async fn what_is_back_at_its_full_allowance_is_swept_out() {
    let api = Api::start().await;
    let nobody = api.anonymous();
    for number in 0..5 {
        told(&nobody, "sessionCreate", log_in(&format!("a{number}@example.com"), "x")).await;
    }
    let count = async || -> i64 {
        sqlx::query_scalar("select count(*) from rate_limits").fetch_one(&api.pool).await.expect("a count")
    };
    // The address, and each account by itself and from there.
    assert_eq!(count().await, 11);
    api.clock.advance(TimeDelta::hours(1));
    told(&nobody, "sessionCreate", log_in("b@example.com", "x")).await;
    assert_eq!(count().await, 3);
}

/// The service behind a proxy on this machine, so that people come from wherever they say.
async fn behind_a_proxy() -> Api {
    Api::with(|options| options.trusted_proxies = "127.0.0.1".parse().expect("proxies")).await
}

/// Logs in from an address; the code of what is wrong, and how long to wait.
async fn log_in_from(api: &Api, address: &str, email: &str, password: &str) -> (String, Option<i64>) {
    let query =
        "mutation($input: SessionCreateInput!) { sessionCreate(input: $input) { userErrors { code retryAfter } } }";
    let body = json!({ "query": query, "variables": { "input": log_in(email, password) } });
    let url = api.url("/graphql");
    let answer = api.anonymous().send(|http| http.post(url).header("x-forwarded-for", address).json(&body)).await;
    let error = &answer.body["data"]["sessionCreate"]["userErrors"][0];
    (error["code"].as_str().unwrap_or_default().to_owned(), error["retryAfter"].as_i64())
}

/// As if so many wrong passwords had been shown for an account, from anywhere.
async fn guessed(api: &Api, email: &str, tries: i32) {
    sqlx::query(
        "insert into rate_limits (subject, full_at) values (sha256(convert_to('password account ' || $1, 'UTF8')), $2)
         on conflict (subject) do update set full_at = excluded.full_at",
    )
    .bind(email)
    .bind(api.clock.now() + TimeDelta::minutes(1) * tries)
    .execute(&api.pool)
    .await
    .expect("written down");
}

#[tokio::test]
async fn a_stranger_who_goes_on_guessing_keeps_nobody_from_logging_in() {
    let api = behind_a_proxy().await;
    api.account("Ann", &[]).await;
    // For an hour as much as one address may: ten at once, then one a minute. Whether Ann has an account or not.
    for email in [ANN, "nobody@example.com"] {
        for number in 0..30 {
            let expected = if number % 15 < 10 { "INVALID_CREDENTIALS" } else { "RATE_LIMITED" };
            let told = log_in_from(&api, "192.0.2.66", email, "wrong password").await.0;
            assert_eq!(told, expected, "{email} {number}");
            if number == 14 {
                api.clock.advance(TimeDelta::minutes(10));
            }
        }
    }
    // Ann has never been here, and comes from elsewhere.
    assert_eq!(log_in_from(&api, "198.51.100.1", ANN, PASSWORD).await.0, "");
}

#[tokio::test]
async fn many_addresses_that_guess_are_slowed_down_and_whoever_has_logged_in_before_is_not() {
    let api = behind_a_proxy().await;
    api.account("Ann", &[]).await;
    let home = "2001:db8:1:2::1";
    assert_eq!(log_in_from(&api, home, ANN, PASSWORD).await.0, "");
    for email in [ANN, "nobody@example.com"] {
        guessed(&api, email, 90).await;
        let mut codes = Vec::new();
        for number in 0..15 {
            codes.push(log_in_from(&api, &format!("192.0.2.{number}"), email, "wrong password").await.0);
        }
        let judged = codes.iter().filter(|code| *code == "INVALID_CREDENTIALS").count();
        assert_eq!((judged, codes[14].as_str()), (10, "RATE_LIMITED"), "{email}: {codes:?}");
    }
    // A right password from a new address has to wait, too, or the limit would tell.
    assert_eq!(log_in_from(&api, "198.51.100.1", ANN, PASSWORD).await, ("RATE_LIMITED".to_owned(), Some(60)));
    // From where Ann was before she gets in, also from another address of the same host; not from its neighbour's.
    for address in [home, "2001:db8:1:2::ffff"] {
        assert_eq!(log_in_from(&api, address, ANN, PASSWORD).await.0, "", "{address}");
    }
    assert_eq!(log_in_from(&api, "2001:db8:1:3::1", ANN, PASSWORD).await.0, "RATE_LIMITED");
    // Even there nobody guesses without end.
    for number in 0..11 {
        let expected = if number < 10 { "INVALID_CREDENTIALS" } else { "RATE_LIMITED" };
        assert_eq!(log_in_from(&api, home, ANN, "wrong password").await.0, expected, "{number}");
    }
    // What she knows nothing of for three months is forgotten.
    api.clock.advance(TimeDelta::days(91));
    guessed(&api, ANN, 100).await;
    assert_eq!(log_in_from(&api, home, ANN, PASSWORD).await.0, "RATE_LIMITED");
}

#[tokio::test]
async fn whoever_replaces_a_forgotten_password_is_known_from_there_and_nobody_is_from_elsewhere_any_more() {
    let api = behind_a_proxy().await;
    api.account("Ann", &[]).await;
    let (thief, ann) = ("192.0.2.66", "198.51.100.1");
    assert_eq!(log_in_from(&api, thief, ANN, PASSWORD).await.0, "");
    let token = link(&api, "recover_password", ANN, ANN).await;
    let (url, new) = (api.url("/graphql"), "a different lengthy secret");
    let query = "mutation($input: PasswordResetInput!) { passwordReset(input: $input) { changed } }";
    let body = json!({ "query": query, "variables": { "input": { "token": token, "password": new } } });
    let reset = api.anonymous().send(|http| http.post(url).header("x-forwarded-for", ann).json(&body)).await;
    assert_eq!(reset.body["data"]["passwordReset"]["changed"], true);

    guessed(&api, ANN, 100).await;

    assert_eq!(log_in_from(&api, thief, ANN, new).await.0, "RATE_LIMITED");
    assert_eq!(log_in_from(&api, ann, ANN, new).await.0, "");
}

/// Guesses at the door count against nobody who is inside.
#[tokio::test]
async fn somebody_who_is_signed_in_changes_the_password_while_others_guess_it() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    for _ in 0..11 {
        told(&api.anonymous(), "sessionCreate", log_in(ANN, "wrong password")).await;
    }
    guessed(&api, ANN, 100).await;
    let change = |old: &str| json!({ "oldPassword": old, "newPassword": "a different lengthy secret" });
    for _ in 0..10 {
        assert_eq!(told(&ann, "passwordChange", change("wrong password")).await.0, "PASSWORD_WRONG");
    }
    assert_eq!(told(&ann, "passwordChange", change(PASSWORD)).await, ("RATE_LIMITED".to_owned(), Some(60)));
    api.clock.advance(TimeDelta::minutes(1));
    assert_eq!(told(&ann, "passwordChange", change(PASSWORD)).await.0, "");
}
