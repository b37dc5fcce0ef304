//! The check as people meet it: the command line, the doctor, the API and the system page.

use super::in_order;
use crate::pages::reader::Reader;
use crate::support::dns_server::DnsServer;
use crate::support::http::{Api, Person};
use crate::support::process::skymailing;
use acts::senders::{Dns, Senders};
use domain::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

const QUERY: &str =
    "query($domain: String, $selectors: [String!]) { senderCheck(domain: $domain, selectors: $selectors) {
    domain findings { subject verdict message record { name type value } } userErrors { code field retryAfter } } }";

async fn check(person: &Person, variables: Value) -> Value {
    person.ask(QUERY, variables).await["senderCheck"].take()
}

/// The API, which asks this server about names; letters are from this domain.
async fn api(server: &DnsServer, from: &str) -> Api {
    let senders = Senders { dns: Dns::new(Some(server.at())), from: from.to_owned(), ..Senders::default() };
    Api::serving_as(|services| services.senders = senders).await
}

fn verdicts(findings: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = findings.as_array().expect("a list").iter();
    findings.map(|finding| (text(&finding["subject"]), text(&finding["verdict"]))).collect()
}

#[tokio::test]
async fn the_command_says_what_is_found_and_which_records_to_enter() {
    let server = in_order().await;
    let command = |arguments: &[&str]| {
        let arguments = [&["sender", "check"], arguments].concat();
        skymailing(&arguments).set("DNS_SERVER", server.at().to_string()).set("MAIL_FROM", "Ann <ann@example.org>")
    };
    let printed = command(&["--selector", "mail", "--json"]).succeeds().await;
    let answer: Value = serde_json::from_str(&printed).expect("it is JSON");
    assert_eq!((&answer["domain"], &answer["ok"]), (&json!("example.org"), &json!(true)), "{printed}");
    assert_eq!(answer["findings"].as_array().map(Vec::len), Some(5), "{printed}");

    assert_eq!(answer["state"], "ok", "{printed}");

    // Nobody listens there.
    let nobody = |more: &[&str]| {
        let arguments = [&["sender", "check", "example.org"], more].concat();
        skymailing(&arguments).set("DNS_SERVER", "127.0.0.1:1").set("MAIL_FROM", "Ann <ann@example.org>")
    };
    for more in [&["--json"][..], &["--json", "--selector", "mail"][..]] {
        let ended = nobody(more).run().await;
        let answer: Value = serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
        let told = (ended.code, &answer["ok"], &answer["state"]);
        assert_eq!(told, (Some(1), &json!(false), &json!("unknown")), "{ended:?}");
    }
    let ended = nobody(&[]).run().await;
    assert!(ended.code == Some(1) && ended.err.contains("the name service answers nothing"), "{ended:?}");

    let ended = command(&["news.example.net"]).run().await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.out.starts_with("Letters from news.example.net\n"), "{ended:?}");
    assert!(ended.out.contains("enter news.example.net TXT v=spf1 a ~all"), "{ended:?}");
    assert!(ended.out.contains("enter _dmarc.news.example.net TXT v=DMARC1; p=none"), "{ended:?}");
    for (arguments, words) in [
        (&["localhost"][..], "not a domain that everybody may know"),
        (&["192.0.2.1"][..], "is not a domain"),
        (&["example.org", "--selector", "a b"][..], "cannot be the name of a DKIM key"),
    ] {
        let ended = command(arguments).run().await;
        assert!(ended.code == Some(1) && ended.err.contains(words), "{ended:?}");
    }
}

#[tokio::test]
async fn the_doctor_warns_of_a_domain_and_fails_nothing_for_it() {
    let server = in_order().await;
    let state_where = async |from: &str, required: &str| {
        let doctor = skymailing(&["doctor", "--json"]).set("DATABASE_URL", "postgres://127.0.0.1:1/mail");
        let doctor = doctor.set("DNS_SERVER", server.at().to_string()).set("MAIL_FROM", from);
        let doctor = doctor.set("REQUIRE_ALIGNMENT", required);
        let ended = doctor.run().await;
        let answer: Value = serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
        let checks = answer["checks"].as_array().expect("checks").iter();
        checks.clone().find(|check| check["name"] == "sender").cloned().expect("it looks at the sender")
    };
    let state = async |from: &str| state_where(from, "false").await;
    let good = state("ann@example.org").await;
    assert_eq!(good["state"], "ok", "{good}");
    let gone = state("ann@example.net").await;
    assert_eq!(gone["state"], "warning", "{gone}");
    assert!(gone["finding"].as_str().is_some_and(|found| found.contains("SPF: ")), "{gone}");
    let local = state("ann@localhost").await;
    assert_eq!(local["state"], "ok", "{local}");
    // Unless whoever runs the service wants it so.
    let refused = state_where("ann@example.net", "true").await;
    assert_eq!(refused["state"], "problem", "{refused}");
    assert_eq!(state_where("ann@example.org", "true").await["state"], "ok");
}

#[tokio::test]
async fn an_owner_checks_a_domain_and_gets_the_records_to_enter() {
    let server = in_order().await;
    let api = api(&server, "example.org").await;
    let ann = api.owner("Ann").await;

    let good = check(&ann, json!({ "selectors": ["mail"] })).await;
    assert_eq!((&good["domain"], &good["userErrors"]), (&json!("example.org"), &json!([])));
    let all = ["SPF", "DKIM", "DMARC", "MX", "RETURN_PATH"].map(|subject| (subject.to_owned(), "GOOD".to_owned()));
    assert_eq!(verdicts(&good["findings"]), all);

    let other = check(&ann, json!({ "domain": "Other.Example.NET" })).await;
    assert_eq!(other["domain"], "other.example.net");
    let dmarc = &other["findings"][2];
    assert_eq!(
        (&dmarc["subject"], &dmarc["verdict"], &dmarc["record"]),
        (
            &json!("DMARC"),
            &json!("BAD"),
            &json!({ "name": "_dmarc.other.example.net", "type": "TXT", "value": "v=DMARC1; p=none" })
        )
    );
    ann.does("profileUpdate", json!({ "language": "RU" }), "").await;
    let russian = check(&ann, json!({})).await;
    assert!(russian["findings"][0]["message"].as_str().is_some_and(|said| said.contains("запись")), "{russian}");
}

#[tokio::test]
async fn only_public_domains_are_checked_only_for_owners_and_not_too_often() {
    let server = in_order().await;
    let api = api(&server, "localhost").await;
    let ann = api.owner("Ann").await;
    for (variables, codes) in [
        (json!({}), &["DOMAIN_NOT_PUBLIC"][..]),
        (json!({ "domain": "db.internal" }), &["DOMAIN_NOT_PUBLIC"][..]),
        (json!({ "domain": "intranet" }), &["DOMAIN_NOT_PUBLIC"][..]),
        (json!({ "domain": "10.0.0.1" }), &["DOMAIN_INVALID"][..]),
        (json!({ "domain": "example.org", "selectors": ["a b"] }), &["SELECTOR_INVALID"][..]),
        (json!({ "domain": "", "selectors": vec!["a"; 11] }), &["DOMAIN_INVALID", "SELECTORS_TOO_MANY"][..]),
    ] {
        let refused = check(&ann, variables.clone()).await;
        let errors = refused["userErrors"].as_array().expect("a list");
        let told: Vec<_> = errors.iter().map(|error| error["code"].as_str().unwrap_or_default()).collect();
        assert_eq!(told, codes, "{variables}");
        assert_eq!((&refused["domain"], &refused["findings"]), (&Value::Null, &json!([])));
        assert!(errors.iter().all(|error| error["field"].is_null()), "{refused}");
    }
    assert!(server.asked().is_empty(), "{:?}", server.asked());

    let max = api.person("Max", &[Role::Manager]).await;
    assert_eq!(max.post(QUERY, json!({})).await.code(), "FORBIDDEN");
    assert_eq!(api.anonymous().post(QUERY, json!({})).await.code(), "UNAUTHENTICATED");

    for _ in 0..20 {
        assert_eq!(check(&ann, json!({ "domain": "example.org" })).await["userErrors"], json!([]));
    }
    let often = check(&ann, json!({ "domain": "example.org" })).await;
    assert_eq!(often["userErrors"][0]["code"], "RATE_LIMITED");
    assert!(often["userErrors"][0]["retryAfter"].is_i64(), "{often}");
    // Not for somebody else.
    let eve = api.owner("Eve").await;
    assert_eq!(check(&eve, json!({ "domain": "example.org" })).await["userErrors"], json!([]));
}

#[tokio::test]
async fn the_system_page_looks_up_the_sender_when_it_is_asked_to() {
    let server = in_order().await;
    server.without_text("_dmarc.example.org");
    let api = api(&server, "example.org").await;
    let root = api.person("Root", &[Role::Administrator]).await;
    let reader = Reader::of(&api, &root);

    let (status, page) = reader.get("/system").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains("Letters are from the domain example.org") && page.contains("/system?sender=check"),
        "{page}"
    );
    assert!(server.asked().is_empty(), "{:?}", server.asked());

    let (status, page) = reader.get("/system?sender=check").await;
    assert_eq!(status, StatusCode::OK);
    for words in
        ["<pre class=\"copy\">_dmarc.example.org</pre>", "<pre class=\"copy\">v=DMARC1; p=none</pre>", "Return-Path"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
}
