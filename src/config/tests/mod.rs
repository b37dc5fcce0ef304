//! Settings as somebody gives them, and what comes of it.

mod env_example;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use domain::sender_domain::DomainName;
use secrecy::ExposeSecret;

use super::*;

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    command: Option<Work>,
}

#[derive(Subcommand)]
enum Work {
    Serve,
}

/// Parses as the program would, on a machine whose environment sets nothing.
fn parse(arguments: &[&str]) -> Result<Config, String> {
    let command = Program::command().mut_args(|arg| arg.env(None::<&str>));
    let matches = command
        .try_get_matches_from(std::iter::once(&"skymailing").chain(arguments))
        .map_err(|error| error.to_string())?;
    let program = Program::from_arg_matches(&matches).map_err(|error| error.to_string())?;
    assert!(matches!(program.command, None | Some(Work::Serve)));
    Ok(program.config)
}

fn refusal(arguments: &[&str]) -> String {
    parse(arguments).expect_err("it is refused")
}

fn line(config: &Config, name: &str) -> (String, Source) {
    let setting = config.table().into_iter().find(|it| it.name == name).expect("it is a setting");
    (setting.value, setting.source)
}

#[test]
fn the_definition_of_the_arguments_is_sound() {
    Program::command().debug_assert();
}

#[test]
fn every_setting_has_a_variable_of_its_name_and_a_meaning() {
    let names: Vec<String> =
        Program::command().get_arguments().filter_map(|arg| arg.get_env()?.to_str().map(str::to_owned)).collect();
    let table = parse(&[]).expect("defaults are right").table();
    assert_eq!(table.iter().map(|it| it.name.clone()).collect::<Vec<_>>(), names);
    assert_eq!(names.len(), 79);
    for setting in table {
        assert!(!setting.meaning.is_empty(), "{}", setting.name);
        assert_eq!(setting.source, Source::Default, "{}", setting.name);
    }
}

#[test]
fn every_setting_has_a_row_in_the_page_for_operators() {
    let page = include_str!("../../../docs/operations.md");
    let rows = || page.lines().filter_map(|line| line.strip_prefix("| `")).filter_map(|row| row.split(" | ").next());
    for setting in parse(&[]).expect("defaults are right").table() {
        let own = |row: &str| row.split(['`', ',', ' ']).any(|name| name == setting.name);
        assert_eq!(rows().filter(|row| own(row)).count(), 1, "{}", setting.name);
    }
}

#[test]
fn without_any_setting_the_defaults_are_for_a_developers_machine() {
    let config = parse(&[]).expect("defaults are right");
    assert!(config.database_url.get().is_none());
    assert!(config.pg_bin_dir.get().is_none());
    assert!(config.master_key.get().is_none());
    assert_eq!(config.database_connections, 16);
    assert_eq!(config.data_dir, PathBuf::from("./data"));
    let relays = config.relays().expect("there is no file to read");
    assert_eq!(relays.len(), 1);
    assert_eq!((relays[0].host(), relays[0].port(), relays[0].connections()), ("127.0.0.1", 1025, 10));
    assert!(config.metrics_addr.get().is_none());
    assert_eq!((config.mail_from.name(), config.mail_from.address()), (Some("SkyMailing"), "no-reply@localhost"));
    assert_eq!(config.public_url().as_str(), "http://127.0.0.1:8080/");
    assert_eq!((config.log.as_str(), config.log_format), ("info", LogFormat::Text));
    assert_eq!(config.lease, Duration::from_secs(10));
    assert_eq!(config.reports_visibility, ReportsVisibility::Owner);
    assert_eq!(config.requests.limits(), api::RequestLimits::default());
    assert_eq!(config.transactional_mailings, TransactionalMailings::Owner);
    assert!(!config.require_alignment && !config.senders().required);
    assert_eq!(config.bounds(), acts::Bounds::default());
    assert_eq!(config.trusted_proxies, TrustedProxies::default());
    assert_eq!(config.retry_pauses.iter().map(Duration::as_secs).collect::<Vec<_>>(), [300, 900, 2_700, 7_200, 21_600]);
}

#[test]
fn who_is_asked_about_names_is_an_address_with_or_without_a_port() {
    for (text, address) in [
        ("192.0.2.53", "192.0.2.53:53"),
        ("127.0.0.1:5353", "127.0.0.1:5353"),
        ("2001:db8::53", "[2001:db8::53]:53"),
        ("[2001:db8::53]:5353", "[2001:db8::53]:5353"),
    ] {
        let config = parse(&["--dns-server", text]).expect("it is right");
        assert_eq!(config.dns_server.get().map(ToString::to_string).as_deref(), Some(address));
    }
    assert!(refusal(&["--dns-server", "dns.example.org"]).contains("is not an IP address"));
    assert!(parse(&["--dns-server", ""]).expect("it is right").dns_server.get().is_none());
}

#[test]
fn several_mail_servers_have_the_settings_that_their_urls_leave_open() {
    let urls = "smtp://a.example?connections=3&rate=100/s smtps://ann:s3cret@b.example?name=bulk&letters=7";
    let config = parse(&["--smtp-url", urls, "--smtp-connections", "5", "--smtp-letters-per-connection", "50"]);
    let config = config.expect("it is right");
    let relays = config.relays().expect("there is no file to read");
    let limits = |at: usize| (relays[at].name(), relays[at].connections(), relays[at].letters_per_connection());
    assert_eq!((limits(0), limits(1)), (("default", 3, 50), ("bulk", 5, 7)));
    assert!(relays[0].rate().is_some() && relays[1].rate().is_none());
    let shown = line(&config, "SMTP_URL").0;
    assert!(shown.contains("smtps://ann:***@b.example?name=bulk") && !shown.contains("s3cret"), "{shown}");
}

#[test]
fn mail_is_taken_for_a_domain_or_not_at_all() {
    let taken = |arguments: &[&str]| parse(arguments).expect("each alone is right").returns.intake();
    assert!(matches!(taken(&[]), Ok(None)));
    assert!(matches!(taken(&["--bounce-domain", "bounce.example.org"]), Ok(None)));
    let both = taken(&["--bounce-domain", "bounce.example.org", "--intake-addr", "127.0.0.1:2525"]);
    let (address, domain) = both.expect("it is whole").expect("it is taken");
    assert_eq!((address.to_string().as_str(), domain.as_str()), ("127.0.0.1:2525", "bounce.example.org"));
    let refused = taken(&["--intake-addr", "127.0.0.1:2525"]).expect_err("nobody knows whose");
    assert!(refused.to_string().contains("BOUNCE_DOMAIN"), "{refused}");
}

#[test]
fn those_who_deliver_mail_need_open_files_too() {
    let needed =
        |arguments: &[&str]| parse(arguments).expect("it is right").descriptors().expect("there is no file to read");
    let delivering = needed(&["--intake-addr", "127.0.0.1:2525"]) - needed(&[]);
    assert_eq!(delivering, intake::smtp::Limits::default().connections);
}

#[test]
fn a_flag_counts_before_and_after_the_subcommand() {
    for arguments in [["--http-addr", "127.0.0.1:9000", "serve"], ["serve", "--http-addr", "127.0.0.1:9000"]] {
        let config = parse(&arguments).expect("it is right");
        assert_eq!(config.http_addr.port(), 9000);
        assert_eq!(line(&config, "HTTP_ADDR"), ("127.0.0.1:9000".to_owned(), Source::Flag));
    }
}

#[test]
fn a_secret_is_held_whole_and_shown_without_its_password() {
    let config = parse(&[
        "--database-url",
        "postgres://ann:s3cret@db/mail",
        "--smtp-url",
        "smtps://ann:s3cret@smtp.example.org",
    ]);
    let config = config.expect("it is right");
    assert_eq!(config.database_url.get().map(ExposeSecret::expose_secret), Some("postgres://ann:s3cret@db/mail"));
    assert_eq!(line(&config, "DATABASE_URL").0, "postgres://ann:***@db/mail");
    assert_eq!(line(&config, "SMTP_URL").0, "smtps://ann:***@smtp.example.org");
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn a_master_key_is_shown_neither_in_the_table_nor_in_a_refusal() {
    let key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let config = parse(&["--master-key", key]).expect("it is right");
    assert_eq!(
        config.master_key.get().expect("it is set").reveal().as_str(),
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    );
    assert_eq!(line(&config, "MASTER_KEY"), ("***".to_owned(), Source::Flag));
    assert!(!format!("{config:?}").contains("0001"));
    let message = refusal(&["--master-key", &key[2..]]);
    assert!(message.starts_with("error: MASTER_KEY is wrong: ") && !message.contains(&key[2..]), "{message}");
    assert_eq!(line(&parse(&[]).expect("defaults are right"), "MASTER_KEY").0, "");
}

#[test]
fn providers_are_known_by_what_proves_their_reports() {
    let none = parse(&[]).expect("defaults are right").returns.webhooks();
    assert!(none.ses.is_none() && none.sendgrid.is_none() && none.mailgun.is_none());
    assert!(none.postmark.is_none() && none.brevo.is_none());

    let (topic, secret) = ("arn:aws:sns:eu-west-1:123456789012:bounces", "a-s3cret-of-a-provider");
    let key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEGDdN9iUhPOcjTn0eFr5ZrPqEaBEH4/g7TIA0UPgACHwKhceNTqL2aiJwwB83mt2RUeGc6YrsWejK+yRhtWHRlg==";
    let config = parse(&[
        "--ses-topic",
        topic,
        "--sendgrid-webhook-key",
        key,
        "--mailgun-webhook-key",
        secret,
        "--postmark-webhook-password",
        secret,
        "--brevo-webhook-token",
        secret,
    ]);
    let config = config.expect("it is right");
    let webhooks = config.returns.webhooks();
    assert_eq!(webhooks.ses.map(|topic| topic.to_string()).as_deref(), Some(topic));
    assert_eq!(webhooks.sendgrid, api::PublicKey::parse(key).ok());
    for kept in [webhooks.mailgun, webhooks.postmark, webhooks.brevo] {
        assert_eq!(kept, api::Secret::parse(secret).ok());
    }
    assert_eq!(line(&config, "SES_TOPIC").0, topic);
    assert_eq!(line(&config, "SENDGRID_WEBHOOK_KEY").0, key);
    for name in ["MAILGUN_WEBHOOK_KEY", "POSTMARK_WEBHOOK_PASSWORD", "BREVO_WEBHOOK_TOKEN"] {
        assert_eq!(line(&config, name), ("***".to_owned(), Source::Flag), "{name}");
    }
    assert!(!format!("{config:?}").contains("s3cret"));
    for flag in ["--mailgun-webhook-key", "--postmark-webhook-password", "--brevo-webhook-token"] {
        let message = refusal(&[flag, "s3cret"]);
        assert!(message.contains("16 letters, digits or signs") && !message.contains("s3cret"), "{message}");
    }
    assert!(refusal(&["--ses-topic", "bounces"]).contains("it is not the ARN of a topic"));
    assert!(refusal(&["--sendgrid-webhook-key", secret]).contains("it is no public key of the curve P-256"));
}

#[test]
fn the_mailbox_for_what_comes_back_is_shown_without_its_password_also_where_it_is_refused() {
    let config = parse(&["--intake-imap-url", "imaps://ann%40example.org:s3cret@imap.example.org/INBOX?every=5m"]);
    let config = config.expect("it is right");
    let mailbox = config.returns.mailbox().expect("it is set");
    assert_eq!((mailbox.host(), mailbox.port(), mailbox.every()), ("imap.example.org", 993, Duration::from_mins(5)));
    let shown = line(&config, "INTAKE_IMAP_URL").0;
    assert_eq!(shown, "imaps://ann%40example.org:***@imap.example.org/INBOX?every=5m");
    assert!(!format!("{config:?}").contains("s3cret"));
    assert!(parse(&["--intake-imap-url", ""]).expect("it is right").returns.mailbox().is_none());
    for (url, reason) in [
        ("pop3://ann:s3cret@mail.example.org", "imap:// or imaps://"),
        ("imaps://ann:s3cret@imap.example.org?every=1d", "every= is how often"),
        ("imaps://ann:s3cret@imap.example.org/Processed", "another mailbox"),
    ] {
        let message = refusal(&["--intake-imap-url", url]);
        assert!(message.starts_with("error: INTAKE_IMAP_URL is wrong: ") && message.contains(reason), "{message}");
        assert!(!message.contains("s3cret"), "{message}");
    }
}

#[test]
fn a_mail_server_is_proposed_for_what_comes_back_only_where_the_program_takes_mail() {
    let bounces = ["--bounce-domain", "bounce.example.org"];
    let returns = |more: &[&str]| parse(&[&bounces[..], more].concat()).expect("it is right").senders().returns;
    let domain = DomainName::parse("bounce.example.org").expect("a domain");
    let to = |exchange: Option<&str>| {
        let exchange = exchange.map(|name| Domain::parse(name).expect("a domain"));
        Some(alignment::Returns::to(&domain, exchange))
    };
    let url = "https://mail.example.org";
    assert_eq!(returns(&[]), to(None));
    assert_eq!(returns(&["--public-url", url]), to(None));
    assert_eq!(returns(&["--intake-addr", "0.0.0.0:2525", "--public-url", url]), to(Some("mail.example.org")));
    assert_eq!(returns(&["--intake-addr", "0.0.0.0:2525", "--public-url", "http://localhost:8080"]), to(None));
    assert!(parse(&[]).expect("defaults are right").senders().returns.is_none());
}

#[test]
fn a_setting_that_is_set_to_nothing_is_not_set() {
    let config = parse(&["--database-url", "", "--pg-bin-dir=", "--smtp-ca-file", " ", "--public-url", ""])
        .expect("it is right");
    assert!(
        config.database_url.get().is_none() && config.pg_bin_dir.get().is_none() && config.smtp_ca_file.get().is_none()
    );
}

#[test]
fn a_wrong_value_is_refused_with_the_name_of_the_setting_a_reason_and_an_example() {
    for (flag, value, reason) in [
        ("--database-url", "mysql://localhost/mail", "only PostgreSQL can be used"),
        ("--database-url", "localhost", "it is not a URL"),
        ("--database-url", "postgres://localhost/mail?sslmode=maybe", "it cannot be used as a connection string"),
        ("--database-connections", "7", "not a number from 8 to 1000"),
        ("--data-dir", "", "it is empty"),
        ("--smtp-url", "http://localhost", "smtp:// or smtps://"),
        ("--smtp-url", "smtp://a.example smtp://b.example", "two relays have the name \"default\""),
        ("--smtp-url", "smtp://a.example smtp://b.example?name=B", "in URL 2: a relay's name="),
        ("--smtp-url", "smtp://a.example?rate=many", "number of letters per second"),
        ("--metrics-addr", "9464", "not an IP address with a port"),
        ("--smtp-connections", "201", "not a number from 1 to 200"),
        ("--smtp-connections", "many", "\"many\" is not a number"),
        ("--smtp-letters-per-connection", "0", "not a number from 1"),
        ("--smtp-connect-timeout", "30", "\"30\" is not a whole number with one of the units"),
        ("--smtp-command-timeout", "0s", "not between 1s and 3600s"),
        ("--smtp-data-timeout", "2h", "not between 1s and 3600s"),
        ("--smtp-data-timeout", "99999999999999999999d", "not a whole number"),
        ("--smtp-ca-file", "/does/not/exist.pem", "cannot be read"),
        ("--mail-from", "SkyMailing", "is not an e-mail address"),
        ("--http-addr", "8080", "not an IP address with a port"),
        ("--public-url", "ftp://example.org", "http:// or https://"),
        ("--public-url", "mail.example.org", "it is not a URL"),
        ("--public-url", "https://example.org/?page=1", "nothing else"),
        ("--log", "info,sqlx=loud", "is not a filter"),
        ("--log-format", "xml", "neither text nor json"),
        ("--request-body", "16", "not a number of mebibytes"),
        ("--request-body", "16MB", "not a number of mebibytes"),
        ("--request-answer", "0MiB", "not between 4MiB and 1024MiB"),
        ("--request-depth", "31", "not a number from 15 to 30"),
        ("--lease", "10 s", "not a whole number"),
        ("--retry-pauses", "5m,soon", "\"soon\" is not a whole number"),
        ("--retry-pauses", "", "not a whole number"),
    ] {
        let message = refusal(&[flag, value]);
        let name = flag.trim_start_matches("--").replace('-', "_").to_uppercase();
        assert!(message.starts_with(&format!("error: {name} is wrong: ")), "{message}");
        assert!(message.contains(reason), "{message}");
        assert!(message.contains(&format!("example: {name}=")), "{message}");
    }
}

#[test]
fn a_wrong_secret_is_not_repeated() {
    for value in [
        "mysql://ann:s3cret@db/mail",
        "postgres://ann:s3cret@db:port/mail",
        "postgres://ann:s3cret@db/mail?sslmode=maybe",
    ] {
        let message = refusal(&["--database-url", value]);
        assert!(!message.contains("s3cret"), "{message}");
    }
    for value in ["smtp://ann:s3cret@smtp.example.org:99999", "smtp://a.example smtps://ann:s3cret@b.example?rate=x"] {
        assert!(!refusal(&["--smtp-url", value]).contains("s3cret"));
    }
}

#[test]
fn times_have_a_unit() {
    for (text, seconds) in [("5000ms", 5), ("30s", 30), ("5m", 300), ("1h", 3_600)] {
        let config = parse(&["--smtp-data-timeout", text]).expect("it is right");
        assert_eq!(config.smtp_data_timeout, Duration::from_secs(seconds));
    }
    let config = parse(&["--retry-pauses", "1s, 2d"]).expect("it is right");
    assert_eq!(*config.retry_pauses, [Duration::from_secs(1), Duration::from_hours(48)]);
}

#[test]
fn the_public_address_can_be_joined_with_a_page() {
    let url = |arguments: &[&str]| {
        parse(arguments).expect("it is right").public_url().join("verify").expect("it is a page").to_string()
    };
    assert_eq!(url(&["--public-url", "https://example.org/mail"]), "https://example.org/mail/verify");
    assert_eq!(url(&["--http-addr", "0.0.0.0:9000"]), "http://localhost:9000/verify");
    assert_eq!(url(&["--http-addr", "[::1]:9000"]), "http://[::1]:9000/verify");
}
