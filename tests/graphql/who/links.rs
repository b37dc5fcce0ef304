//! The links in letters of the service.

use crate::support::http::{Api, PASSWORD};
use crate::support::letters::link;
use crate::support::service::found;
use chrono::TimeDelta;
use reqwest::{Method, StatusCode};
use serde_json::json;

const ANN: &str = "ann@example.com";
const OTHER: &str = "a different lengthy secret";

/// The purposes of links: the mutation, the field of its payload, the page.
const PURPOSES: [(&str, &str, &str, &str); 3] = [
    ("verify_email", "emailVerify", "verified", "verify"),
    ("recover_password", "passwordReset", "changed", "recover"),
    ("confirm_email_change", "emailChangeConfirm", "changed", "email"),
];

fn input(mutation: &str, token: &str) -> serde_json::Value {
    if mutation == "passwordReset" { json!({ "token": token, "password": OTHER }) } else { json!({ "token": token }) }
}

#[tokio::test]
async fn a_link_works_once_for_its_purpose_and_until_it_expires() {
    let api = Api::start().await;
    api.account("Ann", &[]).await;
    let nobody = api.anonymous();
    let invalid = [("LINK_INVALID".to_owned(), "input.token".to_owned())];
    for (kind, mutation, done, _) in PURPOSES {
        let used = link(&api, kind, ANN, ANN).await;
        for (other, wrong, ..) in PURPOSES.iter().map(|(kind, mutation, ..)| (kind, mutation)) {
            if *other != kind {
                assert_eq!(nobody.fails(wrong, input(wrong, &used)).await, invalid, "{kind} for {wrong}");
            }
        }
        nobody.does(mutation, input(mutation, &used), done).await;
        assert_eq!(nobody.fails(mutation, input(mutation, &used)).await, invalid, "{mutation}: once");

        let expired = link(&api, kind, ANN, ANN).await;
        api.clock.advance(TimeDelta::hours(1));
        assert_eq!(nobody.fails(mutation, input(mutation, &expired)).await, invalid, "{mutation}: in time");
        for guessed in ["", "guessed", &"x".repeat(5_000)] {
            assert_eq!(nobody.fails(mutation, input(mutation, guessed)).await, invalid, "{mutation}: whole");
        }
    }
}

#[tokio::test]
async fn what_is_stored_of_a_link_is_of_no_use_to_whoever_reads_it() {
    let api = Api::start().await;
    api.account("Ann", &[]).await;
    let token = link(&api, "recover_password", ANN, ANN).await;
    let stored: Vec<u8> = sqlx::query_scalar("select token_hash from links").fetch_one(&api.pool).await.unwrap();
    assert_eq!(stored.len(), 32);
    let hexadecimal: String =
        sqlx::query_scalar("select encode(token_hash, 'hex') from links").fetch_one(&api.pool).await.unwrap();
    let nobody = api.anonymous();
    let told = nobody.fails("passwordReset", input("passwordReset", &hexadecimal)).await;
    assert_eq!(told, [("LINK_INVALID".into(), "input.token".into())]);
    nobody.does("passwordReset", input("passwordReset", &token), "changed").await;
}

#[tokio::test]
async fn of_two_who_follow_a_link_at_once_one_gets_through() {
    let api = Api::start().await;
    api.account("Ann", &[]).await;
    let token = link(&api, "recover_password", ANN, ANN).await;
    let people = [api.anonymous(), api.anonymous(), api.anonymous()];
    let tries = people.iter().map(|person| person.mutate("passwordReset", input("passwordReset", &token), "changed"));
    let answers = futures::future::join_all(tries).await;
    let changed = answers.iter().filter(|answer| answer["changed"] == true).count();
    assert_eq!(changed, 1, "{answers:?}");
}

#[tokio::test]
async fn a_get_never_uses_a_link_up_and_the_button_of_its_page_does() {
    let api = Api::start().await;
    api.account("Ann", &[]).await;
    let nobody = api.anonymous();
    for (kind, _, _, page) in PURPOSES {
        let token = link(&api, kind, ANN, ANN).await;
        let url = api.url(&format!("/account/{page}?token={token}"));
        for method in [Method::GET, Method::HEAD, Method::GET] {
            let seen = nobody.send(|http| http.request(method.clone(), &url)).await;
            assert_eq!(seen.status, StatusCode::OK);
            let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; \
                          base-uri 'none'; frame-ancestors 'none'";
            for (header, value) in [
                ("content-security-policy", policy),
                ("referrer-policy", "no-referrer"),
                ("cache-control", "no-store"),
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("content-type", "text/html; charset=utf-8"),
            ] {
                assert_eq!(seen.header(header), value, "{header}");
            }
            if method == Method::GET {
                let html = seen.body.as_str().expect("a page");
                assert!(html.contains(&format!("method=\"post\" action=\"/account/{page}\"")), "{html}");
                assert!(html.contains(&format!("value=\"{token}\"")), "{html}");
            }
        }
        let used: i64 = sqlx::query_scalar("select count(*) from links where kind = $1 and used_at is not null")
            .bind(kind)
            .fetch_one(&api.pool)
            .await
            .unwrap();
        assert_eq!(used, 0, "{kind}");

        let form = format!("token={token}&password=a+different+lengthy+secret");
        let post = || async {
            nobody
                .send(|http| {
                    let request = http.post(api.url(&format!("/account/{page}"))).body(form.clone());
                    request.header("content-type", "application/x-www-form-urlencoded").header("accept-language", "ru")
                })
                .await
        };
        let pressed = post().await;
        assert_eq!(pressed.status, StatusCode::OK, "{pressed:?}");
        assert!(pressed.body.as_str().is_some_and(|html| html.contains("lang=\"ru\"")), "{pressed:?}");
        assert_eq!(post().await.status, StatusCode::UNPROCESSABLE_ENTITY, "once");
    }
    assert_eq!(nobody.log_in(ANN, OTHER).await["viewer"]["email"], ANN);
    assert_eq!(nobody.log_in(ANN, PASSWORD).await["userErrors"][0]["code"], "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn a_page_tells_what_is_wrong_with_a_password_and_asks_again() {
    let api = Api::start().await;
    api.account("Ann", &[]).await;
    let token = link(&api, "recover_password", ANN, ANN).await;
    let nobody = api.anonymous();
    let post = async |password: &str| {
        let form = format!("token={token}&password={password}");
        let request = |http: &reqwest::Client| {
            let request = http.post(api.url("/account/recover")).body(form);
            request.header("content-type", "application/x-www-form-urlencoded")
        };
        nobody.send(request).await
    };
    let weak = post("password12345").await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    let html = weak.body.as_str().expect("a page");
    assert!(html.contains("easy to guess") && html.contains(&token), "{html}");
    assert_eq!(post("a+different+lengthy+secret").await.status, StatusCode::OK);
}

/// Anna follows the link to her new address, and at the same moment somebody changes the password, which makes all links
/// useless. Then the address turns out to be taken, so that the link, which did nothing, is put back.
#[tokio::test]
async fn a_link_that_is_put_back_works_again_unless_it_was_made_useless_meanwhile() {
    const NEW: &str = "new@example.com";
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let in_use = [("EMAIL_TAKEN".to_owned(), "input.token".to_owned())];
    let invalid = [("LINK_INVALID".to_owned(), "input.token".to_owned())];
    for (voided, again) in [(false, &in_use), (true, &invalid)] {
        let token = link(&api, "confirm_email_change", NEW, ANN).await;
        // Somebody is about to have the address, so the change has to wait.
        let mut other = api.pool.begin().await.expect("a transaction");
        sqlx::query("insert into claims values ('user-email', '', $1, 'user', $2)")
            .bind(NEW)
            .bind(uuid::Uuid::now_v7().to_string())
            .execute(&mut *other)
            .await
            .expect("claimed");
        let (nobody, input) = (api.anonymous(), json!({ "token": token }));
        let follows = tokio::spawn(async move { nobody.fails("emailChangeConfirm", input).await });
        found("the change waits", async || {
            let waiting: i64 = sqlx::query_scalar(
                "select count(*) from pg_stat_activity
                  where datname = current_database() and wait_event_type = 'Lock' and query like '%into claims%'",
            )
            .fetch_one(&api.pool)
            .await
            .expect("the activity");
            (waiting == 1).then_some(())
        })
        .await;
        if voided {
            let change = json!({ "oldPassword": PASSWORD, "newPassword": OTHER });
            ann.does("passwordChange", change, "changed").await;
        }

        other.commit().await.expect("the other one has it");

        assert_eq!(follows.await.expect("an answer"), in_use);
        let told = api.anonymous().fails("emailChangeConfirm", json!({ "token": token })).await;
        assert_eq!(told, *again, "made useless: {voided}");
        sqlx::query("delete from claims where value = $1").bind(NEW).execute(&api.pool).await.expect("free again");
    }
}
