//! Odd input about accounts, at the limits of every field: kept exactly as it is, or refused, and never altered silently.

use crate::graphql::requests::odd_input::{BROKEN, LINES};
use crate::support::http::{Api, PASSWORD, Person, address_of, with};
use chrono::TimeDelta;
use domain::Role;
use serde_json::{Value, json};

async fn refused(api: &Api, person: &Person, mutation: &str, input: Value, field: &str, code: &str) {
    let before = api.events().await;
    let told = person.fails(mutation, input.clone()).await;
    assert_eq!(told, [(code.to_owned(), format!("input.{field}"))], "{mutation} {input}");
    assert_eq!(api.events().await, before, "{mutation} {input} should write nothing");
}

#[tokio::test]
async fn names_zones_and_languages_of_accounts() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let longest = ["x", "ж", "🚀"].map(|character| character.repeat(200));
    for name in LINES.into_iter().chain(longest.iter().map(String::as_str)) {
        let kept = ann.does("profileUpdate", json!({ "fullName": name }), "viewer { fullName }").await;
        assert_eq!(kept["viewer"]["fullName"], name);
    }
    for name in BROKEN {
        refused(&api, &ann, "profileUpdate", json!({ "fullName": name }), "fullName", "FULL_NAME_NOT_A_LINE").await;
    }
    let longer = "🚀".repeat(201);
    refused(&api, &ann, "profileUpdate", json!({ "fullName": longer }), "fullName", "FULL_NAME_TOO_LONG").await;
    for zone in ["", "Mars/Olympus", "europe/berlin\0", "+02:00", "Europe/Berlin ", &"x".repeat(10_000)] {
        let told = ann.mutate("profileUpdate", json!({ "timeZone": zone }), "viewer { timeZone }").await;
        let code = &told["userErrors"][0]["code"];
        assert!(code == "TIME_ZONE_UNKNOWN" || told["viewer"]["timeZone"] == zone.trim(), "{zone:?}: {told}");
    }
    let query = "mutation($l: Language) { profileUpdate(input: { language: $l }) { userErrors { code } } }";
    for language in ["", "DE", "en", "\0"] {
        assert_eq!(ann.post(query, json!({ "l": language })).await.code(), "BAD_REQUEST", "{language:?}");
    }
}

#[tokio::test]
async fn addresses_and_passwords_of_accounts() {
    let api = Api::start().await;
    let nobody = api.anonymous();
    let good = json!({ "email": "eve@example.com", "fullName": "Eve Adams", "password": PASSWORD });
    let registers = async |field: &str, value: &str, code: &str| {
        // As often as one may: bad ones count as well.
        api.clock.advance(TimeDelta::hours(1));
        refused(&api, &nobody, "userRegister", with(good.clone(), field, json!(value)), field, code).await;
    };
    for broken in BROKEN {
        registers("email", broken, "EMAIL_INVALID").await;
        registers("email", &format!("eve@example.com{broken}"), "EMAIL_INVALID").await;
        registers("fullName", broken, "FULL_NAME_NOT_A_LINE").await;
    }
    registers("email", "", "EMAIL_MISSING").await;
    registers("email", &format!("{}@example.com", "e".repeat(300)), "EMAIL_TOO_LONG").await;
    registers("password", "", "PASSWORD_TOO_SHORT").await;
    registers("password", "пароль!!!", "PASSWORD_TOO_SHORT").await;
    registers("password", &"ж".repeat(513), "PASSWORD_TOO_LONG").await;
    registers("password", "eve adams eve", "PASSWORD_WEAK").await;
    registers("password", "tab\tnul\0bell\u{7} \"quoted\"", "PASSWORD_CONTROL_CHARACTER").await;

    // What is odd in a password is part of it, up to the last byte.
    let ann = api.owner("Ann").await;
    let mut old = PASSWORD.to_owned();
    let long: String = (0..512_u32)
        .scan(7_u32, |state, _| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from_u32(0x430 + (*state >> 27))
        })
        .collect();
    assert_eq!(long.len(), 1_024);
    for new in [
        "zero\u{200d}width \\ \"quoted\" 'marks'",
        " blanks around, which count ",
        "пароль с длинным хвостом 🚀",
        &long,
    ] {
        ann.does("passwordChange", json!({ "oldPassword": old, "newPassword": new }), "changed").await;
        let log_in = async |password: &str| nobody.log_in(&address_of("Ann"), password).await;
        assert_eq!(log_in(new).await["viewer"]["email"], address_of("Ann"), "{new:?}");
        let mut shorter = new.to_owned();
        shorter.pop();
        assert_eq!(log_in(&shorter).await["userErrors"][0]["code"], "INVALID_CREDENTIALS", "{new:?}");
        old = new.to_owned();
    }
    // An address that is none has no account, and so it is said.
    for email in ["", "ann", "ann@example.com\0", "ann@example.com\r\nx", &"x".repeat(10_000)] {
        let told = nobody.log_in(email, &old).await;
        assert_eq!(told["userErrors"][0]["code"], "INVALID_CREDENTIALS", "{email:?}");
    }
    for (name, field) in [("passwordRecover", "email"), ("verificationRequest", "email")] {
        for (email, code) in [("ann@example.com\r\nBcc: b@example.com", "EMAIL_INVALID"), ("", "EMAIL_MISSING")] {
            refused(&api, &nobody, name, json!({ "email": email }), field, code).await;
        }
    }
    let change = json!({ "newEmail": "a\nb@example.com", "password": old });
    refused(&api, &ann, "emailChange", change, "newEmail", "EMAIL_INVALID").await;
}

#[tokio::test]
async fn reasons_for_shutting_out_and_for_disabling() {
    let api = Api::start().await;
    let root = api.person("Root", &[Role::Administrator]).await;
    let ann = api.owner("Ann").await;
    let mailing = ann.mailing(&ann.message().await, &ann.client("anna@example.com", &[]).await).await;
    let longest = ["x", "ж", "🚀"].map(|character| character.repeat(500));
    let lines = "of several\r\nlines\tand \u{1b}[31mcolours";
    for reason in LINES.into_iter().chain([lines]).chain(longest.iter().map(String::as_str)) {
        let user = json!({ "id": ann.id.to_string(), "reason": reason });
        let blocked = root.does("userBlock", user.clone(), "user { blockedReason }").await;
        assert_eq!(blocked["user"]["blockedReason"], reason);
        root.does("userUnblock", user, "").await;
        let input = json!({ "id": mailing, "reason": reason });
        let disabled = root.does("mailingDisable", input.clone(), "mailing { reason }").await;
        assert_eq!(disabled["mailing"]["reason"], reason);
        root.does("mailingEnable", input, "").await;
    }
    let bob = api.owner("Bob").await;
    root.does("userBlock", json!({ "id": bob.id.to_string(), "reason": "complaints" }), "").await;
    let longer = "🚀".repeat(501);
    let off = root.mailing(&root.message().await, &root.client("anna@example.com", &[]).await).await;
    root.does("mailingDisable", json!({ "id": off, "reason": "complaints" }), "").await;
    for (name, id) in [
        ("userBlock", ann.id.to_string()),
        ("userUnblock", bob.id.to_string()),
        ("mailingDisable", mailing),
        ("mailingEnable", off),
    ] {
        for (reason, code) in [(&*longer, "REASON_TOO_LONG"), (" \t\n", "REASON_MISSING"), ("a\0b", "TEXT_INVALID")] {
            refused(&api, &root, name, json!({ "id": id, "reason": reason }), "reason", code).await;
        }
    }
}

#[tokio::test]
async fn names_and_ids_of_tokens_and_sessions() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let token = |name: &str| {
        let expires_at = (api.clock.now() + TimeDelta::days(1)).to_rfc3339();
        json!({ "name": name, "scope": "READ", "expiresAt": expires_at })
    };
    let longest = ["x", "ж", "🚀"].map(|character| character.repeat(100));
    for name in LINES.into_iter().chain(longest.iter().map(String::as_str)) {
        let made = ann.does("apiTokenCreate", token(name), "apiToken { name }").await;
        assert_eq!(made["apiToken"]["name"], name);
    }
    for name in BROKEN {
        refused(&api, &ann, "apiTokenCreate", token(name), "name", "NAME_NOT_A_LINE").await;
    }
    refused(&api, &ann, "apiTokenCreate", token(&"🚀".repeat(101)), "name", "NAME_TOO_LONG").await;
    for id in ["", "\0", "x", &"9".repeat(10_000), "00000000-0000-0000-0000-000000000000"] {
        for name in ["apiTokenRevoke", "sessionEnd"] {
            refused(&api, &ann, name, json!({ "id": id }), "id", "NOT_FOUND").await;
        }
    }

    // What programs call themselves is shown as far as it is text, and keeps nobody out.
    let body = json!({ "query": "{ sessions { userAgent } }" });
    for agent in [&b"a\xff\xfeb"[..], "Обозреватель/1.0".as_bytes(), &b"x".repeat(5_000), b"<script>"] {
        let url = api.url("/graphql");
        let agent = reqwest::header::HeaderValue::from_bytes(agent).expect("a header may have such bytes");
        let answer = ann.send(|http| http.post(url).header("user-agent", agent).json(&body)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (200, ""), "{answer:?}");
        assert_eq!(answer.body["data"]["sessions"].as_array().map(Vec::len), Some(1));
    }
    // A key that nobody has is nobody's.
    for token in ["", "x", "sky_x", &"x".repeat(5_000)] {
        let answer = ann.known_by(token).post("{ viewer { id } }", json!({})).await;
        assert!(answer.status.is_success() && answer.body["data"]["viewer"].is_null(), "{token}: {answer:?}");
    }
}
