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
    assert_eq!(count().await, 6);
    api.clock.advance(TimeDelta::hours(1));
    told(&nobody, "sessionCreate", log_in("b@example.com", "x")).await;
    assert_eq!(count().await, 2);
}
