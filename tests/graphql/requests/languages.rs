//! Errors in the language of whoever asks: the sentences change, codes and fields do not.

use crate::support::http::{Answer, Api, PASSWORD, Person, plan, text};
use crate::support::letters::link;
use domain::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

fn is_russian(sentence: &str) -> bool {
    sentence.chars().any(|c| matches!(c, 'а'..='я' | 'А'..='Я'))
}

/// Somebody whose account is Russian.
async fn russian(api: &Api, name: &str, roles: &[Role]) -> Person {
    let person = api.person(name, roles).await;
    person.does("profileUpdate", json!({ "language": "RU" }), "viewer { language }").await;
    person
}

/// A GraphQL request from a program that asks for this language.
async fn asking_for(person: &Person, api: &Api, language: &str, query: &str, variables: Value) -> Answer {
    let (url, body) = (api.url("/graphql"), json!({ "query": query, "variables": variables }));
    let accept = "application/graphql-response+json";
    person.send(|http| http.post(url).header("accept-language", language).header("accept", accept).json(&body)).await
}

fn message(answer: &Answer) -> String {
    text(&answer.body["errors"][0]["message"])
}

/// The sentences of a payload's errors, and all else of them.
fn told(payload: &Value) -> (Vec<String>, Vec<Value>) {
    let errors = payload["userErrors"].as_array().expect("a list of errors");
    let rest = |error: &Value| json!([error["code"], error["field"]]);
    (errors.iter().map(|error| text(&error["message"])).collect(), errors.iter().map(rest).collect())
}

#[tokio::test]
async fn bad_input_is_told_in_the_language_of_the_account_and_changes_nothing() {
    let api = Api::start().await;
    let (ann, anya) = (api.owner("Ann").await, russian(&api, "Anya", &[]).await);
    let nowhere = Uuid::now_v7();
    let nothing = plan(&nowhere.to_string(), &nowhere.to_string());
    let reversed = json!({ "startsAt": "2026-06-04T08:00:00Z", "endsAt": "2026-06-03T08:00:00Z" });
    let before = api.events().await;
    for (mutation, mut input, more) in [
        ("clientCreate", json!({ "email": "anna", "fullName": "x".repeat(201), "groupIds": [nowhere] }), json!({})),
        ("clientCreate", json!({ "email": "c@example.com", "comment": "\0" }), json!({})),
        ("clientUpdate", json!({ "id": nowhere, "fullName": "New", "expectedVersion": 7 }), json!({})),
        ("clientsImport", json!({ "csv": "name\nAnna\n" }), json!({})),
        ("groupCreate", json!({ "name": "x".repeat(101), "idempotencyKey": "" }), json!({})),
        ("groupClientsAdd", json!({ "groupId": nowhere }), json!({})),
        ("messageCreate", json!({ "subject": "Hi {{name}}", "text": "" }), json!({})),
        ("messagePreview", json!({ "subject": "Hi", "text": "{{email" }), json!({})),
        ("mailingCreate", nothing.clone(), reversed),
        ("mailingCreate", nothing.clone(), json!({ "name": "", "timeZone": "Europe/Berlni", "startsAt": "soon" })),
        ("mailingCreate", nothing.clone(), json!({ "periodicity": { "kind": "CRON", "cron": "61 * * * *" } })),
        ("mailingCreate", nothing.clone(), json!({ "periodicity": { "kind": "DAILY", "cron": "0 9 * * 1" } })),
        ("mailingPause", json!({ "id": nowhere }), json!({})),
        ("runResendFailed", json!({ "id": nowhere }), json!({})),
        ("passwordChange", json!({ "oldPassword": "no", "newPassword": "1234567890" }), json!({})),
        ("apiTokenCreate", json!({ "name": "", "scope": "READ", "expiresAt": "2020-01-01T00:00:00Z" }), json!({})),
        ("apiTokenRevoke", json!({ "id": nowhere }), json!({})),
    ] {
        for (name, value) in more.as_object().expect("an object") {
            input[name] = value.clone();
        }
        let (english, of_english) = told(&asked(&ann, mutation, &input).await);
        let (russian, of_russian) = told(&asked(&anya, mutation, &input).await);
        assert!(!english.is_empty(), "{mutation} should refuse {input}");
        assert_eq!(of_english, of_russian, "{mutation} {input}");
        assert!(english.iter().all(|sentence| !is_russian(sentence)), "{english:?}");
        assert!(russian.iter().all(|sentence| is_russian(sentence)), "{russian:?}");
    }
    assert_eq!(api.events().await, before);
}

/// The payload of a mutation or query that has userErrors.
async fn asked(person: &Person, name: &str, input: &Value) -> Value {
    if name != "messagePreview" {
        return person.mutate(name, input.clone(), "").await;
    }
    let query =
        "query($input: MessagePreviewInput!) { messagePreview(input: $input) { userErrors { message field code } } }";
    person.ask(query, json!({ "input": input })).await["messagePreview"].take()
}

#[tokio::test]
async fn the_sentences_are_those_that_a_person_expects() {
    let api = Api::start().await;
    let anya = russian(&api, "Anya", &[]).await;
    let sentence = async |mutation: &str, input: Value| told(&asked(&anya, mutation, &input).await).0.join("; ");
    assert_eq!(
        sentence("clientCreate", json!({ "email": "c@example.com", "fullName": "x".repeat(202) })).await,
        "в имени 202 символа, а помещается не больше 200; сократите его"
    );
    assert_eq!(
        sentence("groupClientsAdd", json!({ "groupId": Uuid::now_v7() })).await,
        "укажите клиентов: либо через clientIds, либо через filter"
    );
}

#[tokio::test]
async fn who_is_not_signed_in_is_told_in_the_language_that_their_program_asks_for() {
    let api = Api::start().await;
    let nobody = api.anonymous();
    let log_in = "mutation($email: String!, $password: String!) {
        sessionCreate(input: { email: $email, password: $password }) { userErrors { message code } } }";
    for (language, russian) in
        [("ru-RU, en;q=0.5", true), ("en;q=0.1, ru;q=0.2", true), ("en, ru", false), ("de", false), ("", false)]
    {
        let wrong = json!({ "email": "ann@example.com", "password": "wrong" });
        let answer = asking_for(&nobody, &api, language, log_in, wrong).await;
        let error = &answer.body["data"]["sessionCreate"]["userErrors"][0];
        assert_eq!(error["code"], "INVALID_CREDENTIALS");
        assert_eq!(is_russian(&text(&error["message"])), russian, "{language}: {error}");

        let answer = asking_for(&nobody, &api, language, "{ clients { totalCount } }", json!({})).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"));
        assert_eq!(is_russian(&message(&answer)), russian, "{language}");
    }
}

#[tokio::test]
async fn the_account_s_language_goes_before_the_program_s() {
    let api = Api::start().await;
    let (ann, anya) = (api.owner("Ann").await, russian(&api, "Anya", &[]).await);
    for (person, language, russian) in [(&ann, "ru", false), (&anya, "en", true), (&anya, "", true)] {
        let answer = asking_for(person, &api, language, "{ users { totalCount } }", json!({})).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "FORBIDDEN"));
        assert_eq!(is_russian(&message(&answer)), russian, "{language}");
    }
}

#[tokio::test]
async fn what_ends_a_request_is_told_in_both_languages_and_what_is_wrong_with_a_document_in_english() {
    let api = Api::start().await;
    let anya = russian(&api, "Anya", &[]).await;
    for (query, code, russian) in [
        ("{ projections { name } }", "FORBIDDEN", true),
        ("{ clients(first: 1000) { totalCount } }", "BAD_REQUEST", true),
        ("{ clients(after: \"?\") { totalCount } }", "BAD_REQUEST", true),
        ("{ article { title } }", "BAD_REQUEST", true),
        ("{ nothing }", "BAD_REQUEST", false),
        ("{", "BAD_REQUEST", false),
    ] {
        let answer = anya.post(query, json!({})).await;
        assert_eq!(answer.code(), code, "{query}: {answer:?}");
        assert_eq!(is_russian(&message(&answer)), russian, "{query}: {answer:?}");
    }
    let nobody = api.anonymous();
    for (method, content_type, body, status) in [
        ("PUT", "application/json", "{}", StatusCode::METHOD_NOT_ALLOWED),
        ("POST", "text/plain", "{}", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("POST", "application/json", "[]", StatusCode::BAD_REQUEST),
        ("POST", "application/json", "{}", StatusCode::BAD_REQUEST),
    ] {
        for (language, russian) in [("ru", true), ("en", false)] {
            let method = method.parse().expect("a method");
            let request = |http: &reqwest::Client| {
                let request = http.request(method, api.url("/graphql")).header("accept-language", language);
                request.header("content-type", content_type).body(body)
            };
            let answer = nobody.send(request).await;
            assert_eq!(answer.status, status);
            assert_eq!(is_russian(&message(&answer)), russian, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn an_import_tells_of_its_rows_in_the_language_of_the_account() {
    let api = Api::start().await;
    let (ann, anya) = (api.owner("Ann").await, russian(&api, "Anya", &[]).await);
    let file = "email,name,groups\na@example.com,A,\nbroken,B,\na@example.com,C,\nb@example.com,D,x\u{1}y\nc@example.com,E,F,G\n\
                \"d@example.com,\n";
    let mut codes = Vec::new();
    for (person, russian) in [(&ann, false), (&anya, true)] {
        let url = api.url("/import/clients");
        let answer = person.send(|http| http.post(url).header("content-type", "text/csv").body(file)).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let uploaded = answer.body["problems"].as_array().expect("problems").clone();
        let payload =
            person.does("clientsImport", json!({ "csv": file }), "report { problems { line code message } }").await;
        let imported = payload["report"]["problems"].as_array().expect("problems").clone();
        // Imported again, the first row is there already.
        assert_eq!((uploaded.len(), imported.len()), (5, 6), "{imported:?}");
        for problem in uploaded.iter().chain(&imported) {
            assert_eq!(is_russian(&text(&problem["message"])), russian, "{problem}");
        }
        codes.push(imported.iter().map(|problem| text(&problem["code"])).collect::<Vec<_>>());

        let url = api.url("/import/clients");
        let answer = person.send(|http| http.post(url).header("content-type", "text/csv").body("name\nA\n")).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNPROCESSABLE_ENTITY, "FILE_EMAIL_COLUMN_MISSING"));
        assert_eq!(is_russian(&message(&answer)), russian, "{answer:?}");
    }
    assert_eq!(codes[0], codes[1]);
}

#[tokio::test]
async fn a_page_behind_a_link_tells_what_is_wrong_in_the_reader_s_language() {
    let api = Api::start().await;
    api.account("Ann", &[]).await;
    let nobody = api.anonymous();
    for (language, part) in [("ru", "В пароле не меньше 10 символов"), ("en", "A password has at least 10 characters")]
    {
        let token = link(&api, "recover_password", "ann@example.com", "ann@example.com").await;
        let (url, form) = (api.url("/account/recover"), [("token", token.as_str()), ("password", "short")]);
        let answer = nobody.send(|http| http.post(url).header("accept-language", language).form(&form)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(text(&answer.body).contains(part), "{answer:?}");
    }
    assert!(nobody.log_in("ann@example.com", PASSWORD).await["session"]["token"].is_string(), "nothing is changed");
}
