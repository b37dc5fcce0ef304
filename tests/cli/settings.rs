//! Settings, and what the program says about itself.

use crate::support::process::bare;
use serde_json::Value;
use std::collections::BTreeMap;

const NAMES: &[&str] = &[
    "DATABASE_URL",
    "DATABASE_CONNECTIONS",
    "REQUEST_STATEMENT_TIMEOUT",
    "DATA_DIR",
    "PG_BIN_DIR",
    "TZDATA_DIR",
    "SMTP_URL",
    "SMTP_CONNECTIONS",
    "SMTP_LETTERS_PER_CONNECTION",
    "SMTP_CONNECT_TIMEOUT",
    "SMTP_COMMAND_TIMEOUT",
    "SMTP_DATA_TIMEOUT",
    "SMTP_CA_FILE",
    "SMTP_HELLO",
    "MAIL_FROM",
    "MASTER_KEY",
    "DNS_SERVER",
    "SENDING_ADDRESSES",
    "REQUIRE_ALIGNMENT",
    "BOUNCE_DOMAIN",
    "BOUNCE_SEPARATOR",
    "INTAKE_ADDR",
    "INTAKE_IMAP_URL",
    "SOFT_BOUNCES",
    "SOFT_BOUNCES_WITHIN",
    "GUARD_MINIMUM",
    "GUARD_BOUNCES",
    "GUARD_COMPLAINTS",
    "SES_TOPIC",
    "SENDGRID_WEBHOOK_KEY",
    "MAILGUN_WEBHOOK_KEY",
    "POSTMARK_WEBHOOK_PASSWORD",
    "BREVO_WEBHOOK_TOKEN",
    "HTTP_ADDR",
    "HTTP_CONNECTIONS",
    "HTTP_CONNECTIONS_PER_ADDRESS",
    "HTTP_HEADER_TIMEOUT",
    "HTTP_BODY_TIMEOUT",
    "HTTP_IDLE_TIMEOUT",
    "HTTP_WRITE_TIMEOUT",
    "REQUEST_TIMEOUT",
    "REQUEST_BODY",
    "REQUEST_BODIES",
    "REQUEST_ANSWER",
    "REQUEST_DEPTH",
    "REQUEST_FIELDS",
    "REQUEST_WORK",
    "REQUESTS_PER_ACCOUNT",
    "REQUESTS_PER_ADDRESS",
    "PUBLIC_URL",
    "TRUSTED_PROXIES",
    "CACHE_ENABLED",
    "REPORTS_VISIBILITY",
    "TRANSACTIONAL_MAILINGS",
    "SESSION_LIFETIME",
    "SESSION_IDLE",
    "METRICS_ADDR",
    "LOG",
    "LOG_FORMAT",
    "LEASE",
    "CLOCK_TOLERANCE",
    "SHUTDOWN_TIMEOUT",
    "RETRY_PAUSES",
    "QUOTA_CLIENTS",
    "QUOTA_GROUPS",
    "QUOTA_SEGMENTS",
    "QUOTA_SUPPRESSIONS",
    "QUOTA_SUBSCRIPTIONS",
    "QUOTA_MESSAGES",
    "QUOTA_REVISIONS",
    "QUOTA_MAILINGS",
    "QUOTA_SENDERS",
    "QUOTA_PICTURES",
    "QUOTA_SESSIONS",
    "QUOTA_IMPORTS",
    "QUOTA_PREVIEWS",
    "IMPORTS_AT_ONCE",
    "PREVIEWS_AT_ONCE",
    "IMPORT_FILE",
];

/// Value and source by name, as `config --json` prints them.
fn settings(printed: &str) -> BTreeMap<String, (String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let line = |line: &str| {
        let setting: Value = serde_json::from_str(line).expect("an object per line");
        assert!(!text(&setting["meaning"]).is_empty(), "{line}");
        (text(&setting["name"]), (text(&setting["value"]), text(&setting["source"])))
    };
    printed.lines().map(line).collect()
}

fn given(value: &str, source: &str) -> (String, String) {
    (value.to_owned(), source.to_owned())
}

#[tokio::test]
async fn config_lists_every_setting_with_secrets_masked() {
    let config = |arguments: &[&str]| {
        bare(arguments)
            .set("DATABASE_URL", "postgres://ann:s3cret@db/mail")
            .set("SMTP_URL", "smtps://ann:s3cret@smtp.example.org")
    };
    let text = config(&["config", "--lease", "7s"]).succeeds().await;
    let json = config(&["config", "--lease", "7s", "--json"]).succeeds().await;

    let settings = settings(&json);
    assert_eq!(settings.len(), NAMES.len());
    for name in NAMES {
        assert!(settings.contains_key(*name), "{name}");
        let start = format!("{name} ");
        assert!(text.lines().any(|line| line.starts_with(&start)), "{name} is not in {text}");
    }
    assert_eq!(settings["DATABASE_URL"], given("postgres://ann:***@db/mail", "environment"));
    assert_eq!(settings["SMTP_URL"], given("smtps://ann:***@smtp.example.org", "environment"));
    assert_eq!(settings["LEASE"], given("7s", "flag"));
    assert_eq!(settings["LOG"], given("info", "default"));
    assert!(!format!("{text}{json}").contains("s3cret"));
}

#[tokio::test]
async fn a_wrong_setting_is_refused_at_start_with_its_name_and_an_example() {
    for (name, value) in [
        ("DATABASE_URL", "mysql://ann:s3cret@db/mail"),
        ("SMTP_URL", "ftp://ann:s3cret@smtp.example.org"),
        ("MAIL_FROM", "s3cret"),
        ("MASTER_KEY", "s3cret"),
        ("SES_TOPIC", "bounces"),
        ("SENDGRID_WEBHOOK_KEY", "s3cret"),
        ("MAILGUN_WEBHOOK_KEY", "s3cret"),
        ("POSTMARK_WEBHOOK_PASSWORD", "s3cret"),
        ("BREVO_WEBHOOK_TOKEN", "s3cret"),
        ("HTTP_ADDR", "8080"),
        ("TRUSTED_PROXIES", "localhost"),
        ("REPORTS_VISIBILITY", "everybody"),
        ("TRANSACTIONAL_MAILINGS", "everybody"),
        ("REQUIRE_ALIGNMENT", "yes"),
        ("SESSION_IDLE", "4m"),
        ("LEASE", "10"),
        ("LOG", "info,sqlx=loud"),
    ] {
        let ended = bare(&["serve"]).set(name, value).run().await;
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{name}: {ended:?}");
        assert!(ended.err.starts_with(&format!("error: {name} is wrong: ")), "{}", ended.err);
        assert!(ended.err.contains(&format!("\n  example: {name}=")), "{}", ended.err);
        assert!(name == "MAIL_FROM" || !ended.err.contains("s3cret"), "{}", ended.err);
    }
}

#[tokio::test]
async fn settings_are_read_from_a_file_and_the_environment_counts_more() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join(".env"), "# ours\nLEASE=7s\nLOG=\"warn\"\n").expect("a file");
    let config = bare(&["config", "--json"]).within(dir.path()).set("LOG", "error");

    let settings = settings(&config.succeeds().await);

    assert_eq!(settings["LEASE"], given("7s", "environment"));
    assert_eq!(settings["LOG"], given("error", "environment"));

    std::fs::write(dir.path().join(".env"), "LEASE=soon\n").expect("a file");
    let ended = config.run().await;
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.starts_with("error: LEASE is wrong: "), "{}", ended.err);

    std::fs::write(dir.path().join(".env"), "this is no setting\n").expect("a file");
    let ended = config.run().await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.starts_with("error: the file .env cannot be read: "), "{}", ended.err);
}

#[tokio::test]
async fn help_names_every_setting_and_is_as_committed() {
    let whole = bare(&["--help"]).succeeds().await;
    let unwrapped = whole.split_whitespace().collect::<Vec<_>>().join(" ");
    for name in NAMES {
        assert!(unwrapped.contains(&format!("[env: {name}]")), "{name} is not in {whole}");
    }
    insta::assert_snapshot!("help", whole);
    // The settings are the same everywhere, so they are committed once.
    let (_, settings) = whole.split_once("\nSettings (").expect("settings");
    for command in [
        "serve",
        "api",
        "worker",
        "createadmin",
        "consent",
        "import",
        "fields",
        "user",
        "send",
        "send-due",
        "sender",
        "report",
        "statistics",
        "segments",
        "suppressions",
        "rebuild",
        "doctor",
        "config",
        "demo",
    ] {
        let help = bare(&[command, "--help"]).succeeds().await;
        let (own, rest) = help.split_once("\nSettings (").expect("settings");
        assert_eq!(rest, settings, "{command}");
        insta::assert_snapshot!(format!("help_{command}"), own);
    }
}
