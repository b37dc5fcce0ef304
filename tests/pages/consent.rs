//! What clients have agreed to, over HTTP alone: the evidence on their page, what was known at a moment, the forms, and groups that
//! are public.

use super::reader::{Reader, location};
use crate::support::http::Api;
use domain::Role;
use reqwest::StatusCode;
use serde_json::json;

/// A page that is there, as text.
async fn page(reader: &Reader, path: &str) -> String {
    let (status, page) = reader.get(path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {page}");
    page
}

#[tokio::test]
async fn consent_is_written_down_shown_with_its_evidence_asked_for_as_of_a_moment_and_withdrawn() {
    let api = Api::start().await;
    let (ann, eve) = (api.owner("Ann").await, api.owner("Eve").await);
    let max = api.person("Max", &[Role::Manager]).await;
    let group = ann.group("News").await;
    let client = ann.client("anna@example.com", &[&group]).await;
    let (reader, manager) = (Reader::of(&api, &ann), Reader::of(&api, &max));
    let path = format!("/clients/{client}");
    let empty = page(&reader, &path).await;
    assert!(empty.contains("Nobody has written down that this client agreed"), "{empty}");
    assert!(empty.contains("written down by a program"), "how they came: {empty}");
    assert!(empty.contains(&format!("href=\"{path}/consent/new\"")), "{empty}");
    let form = page(&reader, &format!("{path}/consent/new")).await;
    assert!(form.contains("News</option>") && form.contains("All letters</option>"), "{form}");

    let before = api.events().await;
    let give = format!("{path}/consent");
    let bad =
        [("wording", "<b>News</b>"), ("at", "2030-01-01T10:00"), ("address", "nowhere"), ("topicId", group.as_str())];
    let answer = reader.post(&give, &bad).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let form = answer.text().await.expect("a page");
    for part in
        ["id=\"at-wrong\"", "id=\"address-wrong\"", "href=\"#at\"", "&#60;b&#62;News&#60;/b&#62;", "selected>News"]
    {
        assert!(form.contains(part), "{part}: {form}");
    }
    assert_eq!(api.events().await, before);
    let good =
        [("wording", "<b>News</b>"), ("at", "2026-04-01T10:00"), ("address", "192.0.2.1"), ("topicId", group.as_str())];
    let answer = reader.post(&give, &good).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, path.as_str()));
    assert_eq!(api.events().await, before + 1);
    let moment: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar("select clock_timestamp()").fetch_one(&api.pool).await.expect("the time");
    let asked = format!("{path}?at={}", moment.format("%Y-%m-%dT%H:%M:%S%.6fZ"));
    for reader in [&reader, &manager] {
        let shown = page(reader, &path).await;
        for part in
            ["&#60;b&#62;News&#60;/b&#62;", "written down by hand, from the network address 192.0.2.1", "Agreed"]
        {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        let answer = page(reader, &asked).await;
        assert!(answer.contains("Yes: the client had agreed by then"), "{answer}");
        assert!(page(reader, &format!("{path}?at=2020-01-01T00:00")).await.contains("No: the client was not in the"));
        assert!(page(reader, &format!("{path}?at=soon")).await.contains("id=\"at-wrong\""));
    }
    assert!(!page(&manager, &path).await.contains("/consent/"), "whoever looks changes nothing");

    let withdraw = format!("{path}/consent/withdraw?topic={group}");
    assert!(page(&reader, &path).await.contains(&format!("href=\"{withdraw}\"")));
    let question = page(&reader, &withdraw).await;
    assert!(question.contains("Does anna@example.com agree no longer?"), "{question}");
    assert!(question.contains(&format!("action=\"{withdraw}\"")), "{question}");
    let before = api.events().await;
    for _ in 0..2 {
        let answer = reader.post(&withdraw, &[]).await;
        assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, path.as_str()));
    }
    assert_eq!(api.events().await, before + 1, "twice is once");
    let shown = page(&reader, &path).await;
    assert!(shown.contains("Withdrawn") && !shown.contains("/consent/withdraw"), "{shown}");
    assert!(page(&reader, &asked).await.contains("Yes: the client had agreed by then"), "what was known stays");

    let stranger = Reader::of(&api, &eve);
    for path in [&path, &withdraw, &format!("{path}/consent/new")] {
        assert_eq!(stranger.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(stranger.post(&give, &good).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(stranger.post(&withdraw, &[]).await.status(), StatusCode::NOT_FOUND);
    ann.does("profileUpdate", json!({ "language": "RU" }), "").await;
    let russian = page(&reader, &asked).await;
    assert!(
        russian.contains("Да: к тому времени клиент согласился") && russian.contains("записано вручную"),
        "{russian}"
    );
}

#[tokio::test]
async fn a_group_is_made_public_with_a_form_whose_address_can_be_copied_and_no_longer() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (group, reader) = (ann.group("Readers since May").await, Reader::of(&api, &ann));
    let path = format!("/groups/{group}");
    let private = page(&reader, &path).await;
    assert!(private.contains("Make it public") && !private.contains("/subscribe/"), "{private}");
    let publish = format!("{path}/publish");
    let long = "x".repeat(501);
    let answer = reader.post(&publish, &[("title", "<i>News</i>"), ("description", long.as_str())]).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let form = answer.text().await.expect("a page");
    assert!(form.contains("id=\"description-wrong\"") && form.contains("&#60;i&#62;News&#60;/i&#62;"), "{form}");
    assert!(form.contains("value=\"Readers since May\""), "the other form is as it was: {form}");
    let answer = reader.post(&publish, &[("title", "<i>News</i>"), ("description", "Once\r\na month")]).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, path.as_str()));
    let public = page(&reader, &path).await;
    let form = format!("/subscribe/{}?topic={group}", ann.id);
    assert!(public.contains(&form) && public.contains("&#60;i&#62;News&#60;/i&#62;"), "{public}");
    assert!(public.contains("Change what people are told") && public.contains("data-copy"), "{public}");

    let unpublish = format!("{path}/unpublish");
    assert!(page(&reader, &unpublish).await.contains("Make the group Readers since May public no longer?"));
    let answer = reader.post(&unpublish, &[]).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, path.as_str()));
    assert!(!page(&reader, &path).await.contains("/subscribe/"));
}
