//! `sender`: domains whose letters are signed, at the command line.

use crate::support::TestDatabase;
use crate::support::process::{Program, skymailing};
use crate::support::visitor::{ANN, create_ann};
use serde_json::{Value, json};

const MASTER_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn sender(database: &TestDatabase, words: &[&str]) -> Program {
    let program = skymailing(&[&["sender"], words].concat()).set("DATABASE_URL", &database.url);
    program.set("MASTER_KEY", MASTER_KEY)
}

async fn json_of(program: Program) -> Value {
    serde_json::from_str(&program.succeeds().await).expect("one line of JSON")
}

/// Selectors and what they do.
fn keys(domain: &Value) -> Vec<(&str, &str)> {
    let text = |value: &'_ Value| value.as_str().map(str::to_owned);
    let keys = domain["keys"].as_array().expect("keys");
    assert!(keys.iter().all(|key| text(&key["zone_line"]).is_some_and(|line| line.contains("._domainkey."))));
    keys.iter()
        .map(|key| (key["selector"].as_str().unwrap_or_default(), key["status"].as_str().unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn a_domain_is_added_signed_rotated_and_removed() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    assert_eq!(sender(&database, &["domains"]).succeeds().await, "There are none.\n");

    let added = sender(&database, &["add-domain", "Example.ORG"]).succeeds().await;
    let lines: Vec<&str> = added.lines().collect();
    assert_eq!(lines.len(), 6, "{added}");
    assert_eq!(lines[0], "example.org");
    assert!(lines[1].ends_with("  rsa  waiting") && lines[3].ends_with("  ed25519  waiting"), "{added}");
    assert!(lines[2].contains("._domainkey.example.org. IN TXT ( \"v=DKIM1; k=rsa; p="), "{added}");
    assert!(lines[5].contains("skymailing sender activate example.org"), "{added}");
    let again = sender(&database, &["add-domain", "example.org"]).run().await;
    assert!(again.code == Some(1) && again.err.contains("error: the domain example.org is there already"), "{again:?}");

    let records = json_of(sender(&database, &["records", "example.org", "--json"])).await;
    let made = keys(&records);
    assert_eq!(made.iter().map(|(_, status)| *status).collect::<Vec<_>>(), ["waiting", "waiting"]);
    let active = json_of(sender(&database, &["activate", "example.org", "--json"])).await;
    assert!(keys(&active).iter().all(|(_, status)| *status == "active"), "{active}");
    let rotated = json_of(sender(&database, &["rotate", "example.org", "--json"])).await;
    assert_eq!(keys(&rotated).len(), 4);
    let active = json_of(sender(&database, &["activate", "example.org", "--json"])).await;
    let mut counted: Vec<&str> = keys(&active).into_iter().map(|(_, status)| status).collect();
    counted.sort_unstable();
    assert_eq!(counted, ["active", "active", "retired", "retired"]);

    let (old, _) = made[0];
    let needed = sender(&database, &["remove", "example.org", old]).run().await;
    assert!(needed.code == Some(1) && needed.err.contains("may be on their way"), "{needed:?}");
    let whole = sender(&database, &["remove", "example.org"]).run().await;
    assert_eq!(whole.code, Some(1), "{whole:?}");
    let (new, _) = keys(&active)[3];
    let retired = sender(&database, &["retire", "example.org", new]).succeeds().await;
    assert!(retired.contains(&format!("  {new}  ")) && retired.contains("its record is needed until"), "{retired}");

    let other = json_of(sender(&database, &["add-domain", "example.com", "--json"])).await;
    assert_eq!(other["domain"], "example.com");
    let gone = sender(&database, &["remove", "example.com"]).succeeds().await;
    assert_eq!(gone, "example.com is removed; its letters are not signed here any more.\n");
    let listed = sender(&database, &["domains", "--json"]).succeeds().await;
    assert_eq!(listed.lines().count(), 1, "{listed}");
    assert!(!format!("{added}{records}{listed}").contains("PRIVATE"), "no private key is told");
}

#[tokio::test]
async fn keys_are_brought_along_from_files_and_a_domain_is_granted_to_a_user() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/dkim/src/keys/examples");
    let file = format!("{examples}/rsa_pkcs8.pem");
    let words = ["add-domain", "example.org", "--import", &file, "--selector", "mail", "--json"];
    let added = json_of(sender(&database, &words)).await;
    assert_eq!((keys(&added), &added["keys"][0]["imported"]), (vec![("mail", "waiting")], &json!(true)));
    let broken = format!("{examples}/rsa_encrypted.pem");
    let refused = sender(&database, &["import-key", "example.org", &broken, "--selector", "other"]).run().await;
    assert!(refused.code == Some(1) && refused.err.contains("encrypted"), "{refused:?}");
    for words in [
        &["add-domain", "example.com", "--import", &file][..],
        &["add-domain", "example.com", "--selector", "mail"],
        &["import-key", "example.org", "/does/not/exist.pem", "--selector", "x"],
    ] {
        assert!(sender(&database, words).run().await.code != Some(0), "{words:?}");
    }

    for _ in 0..2 {
        let granted = sender(&database, &["grant", "example.org", ANN]).succeeds().await;
        assert!(granted.contains(&format!("  granted to {ANN}\n")), "{granted}");
    }
    let nobody = sender(&database, &["grant", "example.org", "nobody@example.org"]).run().await;
    assert!(nobody.code == Some(1) && nobody.err.contains("nobody has an account"), "{nobody:?}");
    let withdrawn = json_of(sender(&database, &["withdraw", "example.org", ANN, "--json"])).await;
    assert_eq!(withdrawn["granted"], json!([]));
}

#[tokio::test]
async fn without_a_master_key_no_key_is_made_and_the_doctor_tells_of_those_that_do_not_open() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    let without = skymailing(&["sender", "add-domain", "example.org"]).set("DATABASE_URL", &database.url).run().await;
    assert!(without.code == Some(1) && without.err.contains("set MASTER_KEY"), "{without:?}");
    sender(&database, &["add-domain", "example.org"]).succeeds().await;
    sender(&database, &["activate", "example.org"]).succeeds().await;

    let doctor = |key: &str| {
        let doctor = skymailing(&["doctor"]).set("DATABASE_URL", &database.url).set("DNS_SERVER", "127.0.0.1:9");
        doctor.set("MASTER_KEY", key)
    };
    let well = doctor(MASTER_KEY).run().await;
    assert!(well.out.contains("ok       signing: "), "{well:?}");
    for key in ["", "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"] {
        let ill = doctor(key).run().await;
        assert!(ill.out.contains("problem  signing: the private keys of example.org do not open"), "{ill:?}");
        assert_eq!(ill.code, Some(1));
    }
}

#[tokio::test]
async fn senders_of_users_are_shown_revoked_and_allowed_again() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    assert_eq!(sender(&database, &["list"]).succeeds().await, "There are none.\n");
    let made = "with ann as (select aggregate_id as id from events where aggregate_type = 'user' limit 1)
        insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload)
        select 'sender', '01890000-0000-7000-8000-000000000001', 1, 'Created', '1',
               json_build_object('Created', json_build_object('owner', id, 'name', 'News', 'address', 'news@example.org'))
          from ann";
    sqlx::query(made).execute(&database.pool).await.expect("inserted");

    let listed = sender(&database, &["list", "--user", ANN]).succeeds().await;
    assert_eq!(listed, "01890000-0000-7000-8000-000000000001  news@example.org  unverified\n");
    let id = "01890000-0000-7000-8000-000000000001";
    let empty = sender(&database, &["revoke", id, "--reason", " "]).run().await;
    assert!(empty.code == Some(1) && empty.err.contains("a reason is needed"), "{empty:?}");
    let revoked = sender(&database, &["revoke", id, "--reason", "It is theirs."]).succeeds().await;
    assert_eq!(revoked, format!("{id}  news@example.org  revoked: It is theirs.\n"));
    let one = json_of(sender(&database, &["list", "--search", "news", "--json"])).await;
    assert_eq!((&one["usable"], &one["revoked_why"]), (&json!(false), &json!("It is theirs.")));
    let allowed = json_of(sender(&database, &["allow", id, "--json"])).await;
    assert_eq!((&allowed["revoked_at"], &allowed["revoked_why"]), (&Value::Null, &Value::Null));
    sqlx::query(
        "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload)
         values ('sender', $1, 4, 'Deleted', '1', '\"Deleted\"')",
    )
    .bind(id)
    .execute(&database.pool)
    .await
    .expect("inserted");
    assert_eq!(sender(&database, &["list"]).succeeds().await, "There are none.\n");
    let revoked = sender(&database, &["revoke", id, "--reason", "It is theirs."]).succeeds().await;
    assert_eq!(revoked, format!("{id}  news@example.org  deleted, revoked: It is theirs.\n"));
    assert_eq!(sender(&database, &["list"]).succeeds().await, revoked);
    let nobody = sender(&database, &["allow", "nothing"]).run().await;
    assert!(nobody.code == Some(1) && nobody.err.contains("there is no such sender"), "{nobody:?}");
}

#[tokio::test]
async fn the_master_key_is_put_in_the_place_of_another_and_processes_with_the_old_one_are_told() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    sender(&database, &["add-domain", "example.org"]).succeeds().await;
    sender(&database, &["activate", "example.org"]).succeeds().await;
    let new = "ff".repeat(32);
    let dir = tempfile::tempdir().expect("a directory");
    let rotate = |words: &[&str], master: &str| {
        let program = skymailing(&[&["keys", "rotate"], words].concat()).set("DATABASE_URL", &database.url);
        program.set("MASTER_KEY", master).set("DATA_DIR", dir.path().display().to_string())
    };
    let bad = rotate(&[], MASTER_KEY).set("NEW_MASTER_KEY", "s3cret").run().await;
    assert!(
        bad.code == Some(1) && bad.err.contains("NEW_MASTER_KEY is wrong") && !bad.err.contains("s3cret"),
        "{bad:?}"
    );
    let same = rotate(&[], MASTER_KEY).set("NEW_MASTER_KEY", MASTER_KEY).run().await;
    assert!(same.code == Some(1) && same.err.contains("is the one that there is"), "{same:?}");

    let rotated = json_of(rotate(&["--json"], MASTER_KEY).set("NEW_MASTER_KEY", &new)).await;
    assert_eq!((&rotated["sealed"], &rotated["already"], &rotated["file"]), (&json!(2), &json!(0), &Value::Null));
    let again = rotate(&[], MASTER_KEY).set("NEW_MASTER_KEY", &new).succeeds().await;
    assert!(again.contains("2 keys were sealed under it already"), "{again}");
    let doctor = async |key: &str| {
        let doctor = skymailing(&["doctor"]).set("DATABASE_URL", &database.url).set("DNS_SERVER", "127.0.0.1:9");
        doctor.set("MASTER_KEY", key).run().await
    };
    assert!(doctor(&new).await.out.contains("ok       signing: "));
    let old = doctor(MASTER_KEY).await;
    let fingerprint = rotated["fingerprint"].as_str().expect("a text");
    assert!(old.out.contains(fingerprint) && old.out.contains("f14c1e04e858b1b8"), "{old:?}");
    assert!(!format!("{old:?}{rotated}").contains(&new), "no key is told");

    // What somebody left there who was stopped before anything was sealed under it may have been seen by anybody since.
    let file = dir.path().join("master.key.next");
    let left = "ee".repeat(32);
    std::fs::write(&file, &left).expect("a file");
    // One that is made is in a file before anything is sealed under it.
    let made = rotate(&[], &new).succeeds().await;
    assert!(made.contains(&file.display().to_string()), "{made}");
    let key = std::fs::read_to_string(file).expect("it is kept");
    assert_ne!(key.trim(), left);
    assert!(doctor(key.trim()).await.out.contains("ok       signing: "));
    // Nothing opens under a wrong one, and nothing is changed.
    let wrong = rotate(&[], MASTER_KEY).set("NEW_MASTER_KEY", &new).run().await;
    assert!(wrong.code == Some(1) && wrong.err.contains("nothing was changed"), "{wrong:?}");
    assert!(doctor(key.trim()).await.out.contains("ok       signing: "));
}
