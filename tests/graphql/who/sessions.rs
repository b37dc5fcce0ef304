//! Logging in and out.

use crate::support::http::{Api, PASSWORD};
use acts::who::Operator;
use acts::who::SessionTimes;
use chrono::TimeDelta;
use reqwest::StatusCode;
use serde_json::json;

const LOG_IN: &str = "mutation($input: SessionCreateInput!) {
    sessionCreate(input: $input) { session { token } viewer { email } userErrors { code field message } } }";

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_look_the_same() {
    let api = Api::start().await;
    api.account("Ann", &[]).await;
    let nobody = api.anonymous();
    let mut answers = Vec::new();
    for (email, password) in [
        ("ann@example.com", "wrong password"),
        ("nobody@example.com", PASSWORD),
        ("no address", PASSWORD),
        ("ann@example.com", ""),
        ("ann@example.com", "x".repeat(5_000).as_str()),
    ] {
        let payload = nobody.log_in(email, password).await;
        assert_eq!((&payload["session"], &payload["viewer"]), (&json!(null), &json!(null)));
        answers.push(payload["userErrors"].clone());
    }
    assert_eq!(answers[0][0]["code"], "INVALID_CREDENTIALS");
    assert_eq!(answers[0][0]["field"], json!(null));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let right = nobody.log_in("ANN@example.com", PASSWORD).await;
    assert_eq!(right["viewer"]["email"], "ann@example.com");
}

#[tokio::test]
async fn a_session_works_by_token_and_by_cookie_until_it_is_ended() {
    let api = Api::start().await;
    api.account("Ann", &[]).await;
    let nobody = api.anonymous();
    let input = json!({ "input": { "email": "ann@example.com", "password": PASSWORD } });
    let answer = nobody.post(LOG_IN, input).await;
    let token = answer.body["data"]["sessionCreate"]["session"]["token"].as_str().expect("a token").to_owned();
    assert_eq!(token.len(), 43, "32 bytes");
    let cookie = answer.header("set-cookie").to_owned();
    assert_eq!(cookie, format!("skymailing_session={token}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"));

    let viewer = json!({ "query": "{ viewer { email } }" });
    let with_cookie = |extra: &'static [(&'static str, &'static str)]| {
        let (url, cookie, viewer) = (api.url("/graphql"), format!("a=b; skymailing_session={token}"), viewer.clone());
        let nobody = nobody.clone();
        async move {
            nobody
                .send(|http| {
                    let request = http.post(url).header("cookie", cookie).json(&viewer);
                    extra.iter().fold(request, |request, (name, value)| request.header(*name, *value))
                })
                .await
        }
    };
    assert_eq!(with_cookie(&[]).await.body["data"]["viewer"]["email"], "ann@example.com");
    assert_eq!(with_cookie(&[("sec-fetch-site", "same-origin")]).await.status, StatusCode::OK);
    // Another site's page cannot use it.
    for lines in [&[("sec-fetch-site", "cross-site")], &[("origin", "https://evil.example")]] {
        let answer = with_cookie(lines).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "CROSS_SITE"));
    }

    let ann = nobody.known_by(&token);
    assert_eq!(ann.ask("{ viewer { email } }", json!({})).await["viewer"]["email"], "ann@example.com");
    // The database does not know the token itself.
    let stored: Vec<u8> = sqlx::query_scalar("select token_hash from sessions").fetch_one(&api.pool).await.unwrap();
    assert_eq!(stored.len(), 32);

    let ended = ann.post("mutation { sessionDelete { deleted userErrors { code } } }", json!({})).await;
    assert_eq!(ended.body["data"]["sessionDelete"]["deleted"], true);
    assert!(ended.header("set-cookie").contains("Max-Age=0"), "{ended:?}");
    assert_eq!(ann.ask("{ viewer { email } }", json!({})).await["viewer"], json!(null));
    assert_eq!(with_cookie(&[]).await.body["data"]["viewer"], json!(null));
    // Nothing is wrong with asking again.
    let again = ann.ask("mutation { sessionDelete { deleted userErrors { code } } }", json!({})).await;
    assert_eq!(again["sessionDelete"]["deleted"], false);
}

#[tokio::test]
async fn a_session_ends_by_itself_after_thirty_days_and_earlier_if_nobody_uses_it() {
    let (day, second) = (TimeDelta::days(1), TimeDelta::seconds(1));
    let hours = SessionTimes { lifetime: TimeDelta::hours(2), idle: TimeDelta::hours(1) };
    for (times, step, rests) in [
        // Used every ten days, until it is thirty days old.
        (SessionTimes::default(), day * 10, 3),
        (SessionTimes::default(), day * 14, 1),
        (hours, TimeDelta::minutes(40), 3),
        (hours, TimeDelta::hours(1), 1),
    ] {
        let api = Api::with(|options| options.session_times = times).await;
        let ann = api.owner("Ann").await;
        let is_in = async || ann.ask("{ viewer { email } }", json!({})).await["viewer"] != json!(null);
        for _ in 1..rests {
            api.clock.advance(step);
            assert!(is_in().await);
        }
        api.clock.advance(step - second);
        if rests == 1 {
            // Looking at it would be using it.
            api.clock.advance(second);
        } else {
            assert!(is_in().await);
            api.clock.advance(second);
        }
        assert!(!is_in().await, "{times:?} {step}");
        // And it is swept out when the next one begins, once it has come to its end.
        api.clock.advance(times.lifetime);
        api.anonymous().log_in("ann@example.com", PASSWORD).await;
        let kept: i64 = sqlx::query_scalar("select count(*) from sessions").fetch_one(&api.pool).await.unwrap();
        assert_eq!(kept, 1);
    }
}

#[tokio::test]
async fn a_session_that_is_used_in_time_goes_on() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    api.clock.advance(TimeDelta::days(14) - TimeDelta::seconds(1));
    assert_ne!(ann.ask("{ viewer { email } }", json!({})).await["viewer"], json!(null));
    let seen = ann.ask("{ sessions { expiresAt } }", json!({})).await;
    assert_eq!(seen["sessions"][0]["expiresAt"], "2026-06-01T08:59:59Z", "fourteen days from now");
    api.clock.advance(TimeDelta::days(10));
    let seen = ann.ask("{ sessions { expiresAt } }", json!({})).await;
    assert_eq!(seen["sessions"][0]["expiresAt"], "2026-06-03T09:00:00Z", "thirty days from the log-in");
}

/// A page of a sibling domain can plant a cookie of any name but one of this kind.
#[tokio::test]
async fn where_cookies_travel_encrypted_the_sessions_is_one_that_no_other_host_can_plant() {
    let api = Api::with(|options| options.public_url = "https://mail.example.org/".parse().unwrap()).await;
    api.account("Ann", &[]).await;
    let input = json!({ "input": { "email": "ann@example.com", "password": PASSWORD } });
    let answer = api.anonymous().post(LOG_IN, input).await;
    let token = answer.body["data"]["sessionCreate"]["session"]["token"].as_str().expect("a token").to_owned();
    let line = format!("__Host-skymailing_session={token}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure");
    assert_eq!(answer.header("set-cookie"), line);
    for (name, viewer) in
        [("__Host-skymailing_session", json!({ "email": "ann@example.com" })), ("skymailing_session", json!(null))]
    {
        let (url, cookie) = (api.url("/graphql"), format!("{name}={token}"));
        let query = json!({ "query": "{ viewer { email } }" });
        let answer = api.anonymous().send(|http| http.post(url).header("cookie", cookie).json(&query)).await;
        assert_eq!(answer.body["data"]["viewer"], viewer, "{name}");
    }
}

#[tokio::test]
async fn an_address_has_one_account() {
    use acts::who::accounts::{NewUser, create_user};
    let api = Api::start().await;
    api.account("Ann", &[]).await;
    let before = api.events().await;
    let new = NewUser {
        email: "Ann@Example.com".to_owned(),
        full_name: "Another Ann".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        language: domain::Language::default(),
        password: PASSWORD.into(),
        roles: vec![],
    };
    let metadata = crate::support::service::metadata();
    let error = create_user(&api.node.services, Operator::of_this_host(), new.clone(), &metadata)
        .await
        .expect_err("it is taken");
    let acts::Refused::Problems(problems) = error else { panic!("{error}") };
    assert_eq!(
        (problems[0].code.as_str(), problems[0].field.as_slice()),
        ("EMAIL_TAKEN", ["email".to_owned()].as_slice())
    );
    let passwords: i64 = sqlx::query_scalar("select count(*) from credentials").fetch_one(&api.pool).await.unwrap();
    assert_eq!((passwords, api.events().await), (1, before));

    let bad = NewUser { email: "x".to_owned(), time_zone: "Mars".to_owned(), password: "short".into(), ..new };
    let error = create_user(&api.node.services, Operator::of_this_host(), bad, &metadata).await.expect_err("all wrong");
    let acts::Refused::Problems(problems) = error else { panic!("{error}") };
    let codes: Vec<_> = problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["EMAIL_INVALID", "TIME_ZONE_UNKNOWN", "PASSWORD_TOO_SHORT"]);
}
