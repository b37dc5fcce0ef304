//! Domains whose letters are signed: keys, their records, and who may write from all of their addresses.

use super::{sealing, told};
use crate::graphql::who::roles::everybody::{Everybody, STRANGER, WRONG, input, mutation};
use crate::support::http::{Api, Person, text};
use chrono::TimeDelta;
use domain::{Role, SenderDomainId, sender_domain};
use serde_json::{Value, json};

const DOMAIN: &str =
    "senderDomain { domain version keys { selector algorithm status imported record { name type value } zoneLine
    recordNeededUntil } grants { owner { email } } }";

async fn root(api: &Api) -> Person {
    api.person("Root", &[Role::Administrator]).await
}

async fn now(root: &Person, domain: &str) -> Value {
    root.ask(
        &format!("{{ {} }}", DOMAIN.replacen("senderDomain", &format!("senderDomain(domain: \"{domain}\")"), 1)),
        json!({}),
    )
    .await["senderDomain"]
        .take()
}

/// Selectors and what they do.
fn keys(domain: &Value) -> Vec<(String, String)> {
    let keys = domain["keys"].as_array().expect("keys");
    keys.iter().map(|key| (text(&key["selector"]), text(&key["status"]))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(selector, status)| ((*selector).to_owned(), (*status).to_owned())).collect()
}

/// All that is in the log and in the answers of a story, where no private key may be.
async fn events(api: &Api) -> String {
    let query = "select string_agg(payload::text || metadata::text, ' ') from events";
    sqlx::query_scalar(query).fetch_one(&api.pool).await.expect("the log can be read")
}

#[tokio::test]
async fn a_domain_is_added_with_two_keys_that_wait_and_the_records_to_enter() {
    let api = sealing().await;
    let root = root(&api).await;
    let made = root.does("senderDomainCreate", json!({ "domain": " Example.ORG. " }), DOMAIN).await;
    let domain = &made["senderDomain"];
    assert_eq!(domain["domain"], "example.org");
    assert_eq!(keys(domain), pairs(&[("s20260504r", "WAITING"), ("s20260504e", "WAITING")]));
    let record = &domain["keys"][0]["record"];
    assert_eq!((&record["name"], &record["type"]), (&json!("s20260504r._domainkey.example.org"), &json!("TXT")));
    assert!(text(&record["value"]).starts_with("v=DKIM1; k=rsa; p=MII"), "{record}");
    let line = text(&domain["keys"][0]["zoneLine"]);
    assert!(line.starts_with("s20260504r._domainkey.example.org. IN TXT ( \"v=DKIM1; k=rsa; p="), "{line}");
    assert!(text(&domain["keys"][1]["record"]["value"]).starts_with("v=DKIM1; k=ed25519; p="));
    assert_eq!(
        root.ask("{ senderDomains { totalCount nodes { domain } } }", json!({})).await["senderDomains"]["totalCount"],
        1
    );

    let again = root.fails("senderDomainCreate", json!({ "domain": "example.org" })).await;
    assert_eq!(again, told("SENDER_DOMAIN_TAKEN", "input.domain"));
    for bad in ["localhost", "192.0.2.1", "news@example.org", ""] {
        let refused = root.fails("senderDomainCreate", json!({ "domain": bad })).await;
        assert_eq!(refused, told("DOMAIN_INVALID", "input.domain"), "{bad}");
    }
}

#[tokio::test]
async fn private_keys_are_sealed_in_a_table_of_their_own_and_nowhere_else() {
    let api = sealing().await;
    let root = root(&api).await;
    root.does("senderDomainCreate", json!({ "domain": "example.org" }), DOMAIN).await;
    let name = sender_domain::DomainName::parse("example.org").expect("a domain");
    let id = SenderDomainId::derive(&name);
    let sealed: Vec<(String, Vec<u8>)> =
        sqlx::query_as("select selector, sealed from sealed_keys where domain_id = $1 order by selector")
            .bind(id.0)
            .fetch_all(&api.pool)
            .await
            .expect("the table can be read");
    assert_eq!(sealed.iter().map(|(selector, _)| selector.as_str()).collect::<Vec<_>>(), ["s20260504e", "s20260504r"]);
    let master = api.node.services.master_key.as_ref().expect("there is one");
    for (selector, bytes) in &sealed {
        let opened = master.open(&projections::sealed_keys::purpose(id, selector), bytes).expect("it opens");
        let key = dkim::PrivateKey::from_der(&opened).expect("a private key");
        // What is published is its other half.
        let domain = now(&root, "example.org").await;
        let keys = domain["keys"].as_array().expect("keys");
        let published = keys.iter().find(|key| key["selector"] == selector.as_str()).expect("the key");
        assert_eq!(published["record"]["value"], key.public_record());
    }
    let log = events(&api).await;
    assert!(!log.contains("PRIVATE") && !log.contains("sealed"), "{log}");
}

#[tokio::test]
async fn keys_are_activated_rotated_with_an_overlap_and_removed_when_nobody_needs_them() {
    let api = sealing().await;
    let root = root(&api).await;
    root.does("senderDomainCreate", json!({ "domain": "example.org" }), "").await;
    let key = |selector: &str| json!({ "domain": "example.org", "selector": selector });
    for selector in ["s20260504r", "s20260504e", "S20260504E"] {
        root.does("senderDomainKeyActivate", key(selector), DOMAIN).await;
    }
    api.clock.advance(TimeDelta::days(10));
    let rotated = root.does("senderDomainKeyRotate", json!({ "domain": "example.org" }), DOMAIN).await;
    let both =
        [("s20260504r", "ACTIVE"), ("s20260504e", "ACTIVE"), ("s20260514r", "WAITING"), ("s20260514e", "WAITING")];
    assert_eq!(keys(&rotated["senderDomain"]), pairs(&both));
    let activated = root.does("senderDomainKeyActivate", key("s20260514r"), DOMAIN).await;
    let one =
        [("s20260504r", "RETIRED"), ("s20260504e", "ACTIVE"), ("s20260514r", "ACTIVE"), ("s20260514e", "WAITING")];
    assert_eq!(keys(&activated["senderDomain"]), pairs(&one));
    assert!(activated["senderDomain"]["keys"][0]["recordNeededUntil"].is_string());

    let active = root.fails("senderDomainKeyRemove", key("s20260514r")).await;
    assert_eq!(active, told("KEY_ACTIVE", "input.selector"));
    let needed = root.fails("senderDomainKeyRemove", key("s20260504r")).await;
    assert_eq!(needed, told("KEY_STILL_NEEDED", "input.selector"));
    assert_eq!(root.fails("senderDomainKeyRemove", key("nothing")).await, told("KEY_NOT_FOUND", "input.selector"));
    assert_eq!(root.fails("senderDomainKeyRemove", key("a.b")).await, told("SELECTOR_INVALID", "input.selector"));
    api.clock.advance(TimeDelta::days(7));
    for _ in 0..2 {
        root.does("senderDomainKeyRemove", key("s20260504r"), "").await;
    }
    root.does("senderDomainKeyRemove", key("s20260514e"), "").await;
    let left = [("s20260504e", "ACTIVE"), ("s20260514r", "ACTIVE")];
    assert_eq!(keys(&now(&root, "example.org").await), pairs(&left));
    let sealed: i64 =
        sqlx::query_scalar("select count(*) from sealed_keys").fetch_one(&api.pool).await.expect("counted");
    assert_eq!(sealed, 2, "what was removed is gone");

    // A domain goes as its keys do.
    let domain = json!({ "domain": "example.org" });
    assert_eq!(root.fails("senderDomainRemove", domain.clone()).await, told("KEY_ACTIVE", "input.selector"));
    for selector in ["s20260504e", "s20260514r"] {
        root.does("senderDomainKeyRetire", key(selector), "").await;
    }
    assert_eq!(root.fails("senderDomainRemove", domain.clone()).await, told("KEY_STILL_NEEDED", "input.selector"));
    api.clock.advance(TimeDelta::days(7));
    for _ in 0..2 {
        let removed = root.does("senderDomainRemove", domain.clone(), "removedDomain").await;
        assert_eq!(removed["removedDomain"], "example.org");
    }
    assert_eq!(now(&root, "example.org").await, Value::Null);
    assert_eq!(root.fails("senderDomainKeyRotate", domain).await, told("SENDER_DOMAIN_NOT_FOUND", "input.domain"));
    let sealed: i64 =
        sqlx::query_scalar("select count(*) from sealed_keys").fetch_one(&api.pool).await.expect("counted");
    assert_eq!(sealed, 0);
}

#[tokio::test]
async fn a_key_that_is_brought_along_has_to_be_one_and_its_name_a_new_one() {
    let api = sealing().await;
    let root = root(&api).await;
    let pem = include_str!("../../../dkim/src/keys/examples/rsa_pkcs8.pem");
    let import = json!([{ "pem": pem, "selector": "Brought" }]);
    let made = root.does("senderDomainCreate", json!({ "domain": "example.org", "importKeys": import }), DOMAIN).await;
    assert_eq!(keys(&made["senderDomain"]), pairs(&[("brought", "WAITING")]));
    assert_eq!(made["senderDomain"]["keys"][0]["imported"], true);
    assert!(!events(&api).await.contains("PRIVATE"));

    let key =
        |pem: &str, selector: &str| json!({ "domain": "example.org", "key": { "pem": pem, "selector": selector } });
    let encrypted = include_str!("../../../dkim/src/keys/examples/rsa_encrypted.pem");
    let elliptic = include_str!("../../../dkim/src/keys/examples/ec_pkcs8.pem");
    for bad in ["", "no key", encrypted, elliptic] {
        let refused = root.fails("senderDomainKeyImport", key(bad, "other")).await;
        assert_eq!(refused, told("DKIM_KEY_INVALID", "input.key"), "{bad}");
    }
    assert_eq!(
        root.fails("senderDomainKeyImport", key(pem, "brought")).await,
        told("SELECTOR_TAKEN", "input.selector")
    );
    root.does("senderDomainKeyImport", key(pem, "other"), "").await;
    let nowhere = json!({ "domain": "example.com", "key": { "pem": pem, "selector": "other" } });
    assert_eq!(root.fails("senderDomainKeyImport", nowhere).await, told("SENDER_DOMAIN_NOT_FOUND", "input.domain"));
}

#[tokio::test]
async fn without_the_master_key_no_key_is_made_and_none_is_activated() {
    let api = Api::start().await;
    let root = root(&api).await;
    let refused = root.fails("senderDomainCreate", json!({ "domain": "example.org" })).await;
    assert_eq!(refused, told("MASTER_KEY_MISSING", ""));

    let api = sealing().await;
    let root = self::root(&api).await;
    root.does("senderDomainCreate", json!({ "domain": "example.org" }), "").await;
    // As if it were sealed under another key.
    sqlx::query("update sealed_keys set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)")
        .execute(&api.pool)
        .await
        .expect("it is changed");
    let key = json!({ "domain": "example.org", "selector": "s20260504r" });
    let before = api.events().await;
    assert_eq!(root.fails("senderDomainKeyActivate", key).await, told("MASTER_KEY_MISSING", "input.selector"));
    assert_eq!(api.events().await, before);
}

#[tokio::test]
async fn a_domain_is_granted_to_owners_by_their_ids() {
    let api = sealing().await;
    let (root, ann) = (root(&api).await, api.owner("Ann").await);
    root.does("senderDomainCreate", json!({ "domain": "example.org" }), "").await;
    let to = |id: &str| json!({ "domain": "example.org", "userId": id });
    for _ in 0..2 {
        let granted = root.does("senderDomainGrant", to(&ann.id.to_string()), DOMAIN).await;
        assert_eq!(granted["senderDomain"]["grants"], json!([{ "owner": { "email": "ann@example.com" } }]));
    }
    for nobody in ["nobody", "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(root.fails("senderDomainGrant", to(nobody)).await, told("NOT_FOUND", "input.userId"));
    }
    let withdrawn = root.does("senderDomainGrantWithdraw", to(&ann.id.to_string()), DOMAIN).await;
    assert_eq!(withdrawn["senderDomain"]["grants"], json!([]));
}

#[tokio::test]
async fn domains_are_for_administrators_alone() {
    let everybody = Everybody::start().await;
    let domain = json!({ "domain": "example.org" });
    let key = json!({ "domain": "example.org", "selector": "s1" });
    let whom = json!({ "domain": "example.org", "userId": everybody.ann.id.to_string() });
    let import = json!({ "domain": "example.org", "key": { "pem": "", "selector": "s1" } });
    let absent = "SENDER_DOMAIN_NOT_FOUND";
    for (name, fields, root) in [
        ("senderDomainCreate", &domain, "MASTER_KEY_MISSING"),
        ("senderDomainKeyRotate", &domain, "MASTER_KEY_MISSING"),
        ("senderDomainKeyImport", &import, "MASTER_KEY_MISSING"),
        ("senderDomainKeyActivate", &key, absent),
        ("senderDomainKeyRetire", &key, absent),
        ("senderDomainKeyRemove", &key, absent),
        ("senderDomainGrant", &whom, absent),
        ("senderDomainGrantWithdraw", &whom, absent),
        ("senderDomainRemove", &domain, absent),
    ] {
        everybody.expect(&mutation(name), &input(fields), [STRANGER, WRONG, WRONG, WRONG, root]).await;
    }
    let one = "{ senderDomain(domain: \"example.org\") { domain } }";
    everybody.expect(one, &json!({}), [STRANGER, WRONG, WRONG, WRONG, "null"]).await;
    everybody.expect("{ senderDomains { totalCount } }", &json!({}), [STRANGER, WRONG, WRONG, WRONG, "yes"]).await;
}
