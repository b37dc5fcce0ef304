//! `skymailing doctor`: what is wrong, and what to do about it. Changes nothing.

mod returns;

use super::output;
use crate::config::Config;
use crate::database::{self, Purpose};
use crate::serving::descriptors;
use crate::wire::{MIGRATIONS, wall_clock};
use crate::{master_key, postgres, tzdata};
use acts::senders::{Unopened, unopened, with_own_keys};
use acts::system::{LATE, ZoneRules, zone_rules};
use chrono::{DateTime, TimeDelta, Utc};
use domain::alignment::{Domain, Verdict, What};
use domain::{Language, TimeZone};
use eventstore::EventStore;
use projections::clients::{self, Indexed};
use projections::{Standing, sealed_keys, standing};
use scheduler::smtp::{Connector, Relay};
use secrecy::ExposeSecret;
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;
use words::Sentence;

/// How long PostgreSQL may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The oldest PostgreSQL that is supported, as it tells its version.
const OLDEST: i32 = 140_000;

/// So many rows of one column are named that do not read.
const NAMED: usize = 5;

/// What is looked at in the tables, before those who follow the log and what comes back.
const OF_TABLES: [&str; 7] = ["read models", "rows", "administrators", "mailboxes", "mailings", "search", "signing"];

/// What is looked at of what comes back.
const OF_RETURNS: [&str; 2] = ["returns", "kept messages"];

/// Who follows the log.
static FOLLOWED: [Followed; 4] = [
    Followed {
        check: "dead addresses",
        name: "dead_addresses",
        fine: "those that mail servers call dead are found",
        otherwise: "mailings write to addresses that mail servers call dead",
    },
    Followed {
        check: "bounces",
        name: "feedback",
        fine: "nobody is written to whose letters come back, or who complains",
        otherwise: "mailings write to people whose letters came back, or who complained",
    },
    Followed {
        check: "guard",
        name: "guard",
        fine: "mailings of which too many letters come back are paused",
        otherwise: "mailings of which too many letters come back go on",
    },
    Followed {
        check: "alerts",
        name: "alerts",
        fine: "people are told of mailings that are stopped",
        otherwise: "nobody is told of mailings that are stopped",
    },
];

/// How far those may be behind who follow the log; they have a while to read an old one.
const FAR_BEHIND: TimeDelta = TimeDelta::minutes(10);

/// Check the settings, the database and the mail servers, and say what to do about problems.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

/// What one check found.
enum Finding {
    Fine(String),
    Problem {
        what: String,
        /// What to do about it.
        advice: String,
    },
    /// The service works, and letters may suffer all the same.
    Warning {
        what: String,
        /// What to do about it.
        advice: String,
    },
    /// Something else has to work first.
    Unknown(String),
}

struct Check {
    name: String,
    finding: Finding,
}

/// Somebody who follows the log.
struct Followed {
    /// What the check is called.
    check: &'static str,
    /// What the follower is called.
    name: &'static str,
    /// What happens as long as it goes on.
    fine: &'static str,
    /// What happens as long as it does not.
    otherwise: &'static str,
}

fn fine(what: impl Into<String>) -> Finding {
    Finding::Fine(what.into())
}

fn problem(what: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding::Problem { what: what.into(), advice: advice.into() }
}

fn warning(what: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding::Warning { what: what.into(), advice: advice.into() }
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let checks = examine(config).await;
        let problems = checks.iter().filter(|check| matches!(check.finding, Finding::Problem { .. })).count();
        if self.json {
            let checks: Vec<_> = checks.iter().map(as_json).collect();
            output::say_json(&json!({ "ok": problems == 0, "checks": checks }));
        } else {
            for Check { name, finding } in &checks {
                output::say(&match finding {
                    Finding::Fine(what) => format!("ok       {name}: {what}"),
                    Finding::Problem { what, advice } => format!("problem  {name}: {what}; {advice}"),
                    Finding::Warning { what, advice } => format!("warning  {name}: {what}; {advice}"),
                    Finding::Unknown(why) => format!("unknown  {name}: {why}"),
                });
            }
        }
        match problems {
            0 => Ok(()),
            1 => anyhow::bail!("there is a problem"),
            many => anyhow::bail!("there are {many} problems"),
        }
    }
}

fn as_json(Check { name, finding }: &Check) -> serde_json::Value {
    let (state, what, advice) = match finding {
        Finding::Fine(what) => ("ok", what, None),
        Finding::Problem { what, advice } => ("problem", what, Some(advice)),
        Finding::Warning { what, advice } => ("warning", what, Some(advice)),
        Finding::Unknown(why) => ("unknown", why, None),
    };
    json!({ "name": name, "state": state, "finding": what, "advice": advice })
}

async fn examine(config: &Config) -> Vec<Check> {
    let (server, url) = match config.database_url.get() {
        Some(url) => (None, Ok(url.expose_secret().to_owned())),
        None if !config.private_postgres().has_cluster() => {
            let what = format!(
                "there is no database yet: {} has none, and DATABASE_URL is not set",
                config.data_dir.display()
            );
            (None, Err(problem(what, "set DATABASE_URL, or start the service once, which makes a private one")))
        }
        None => match postgres::start(&config.private_postgres()).await {
            Ok(server) => {
                let url = server.url().to_owned();
                (Some(server), Ok(url))
            }
            Err(error) => (None, Err(problem(format!("{error}"), "see DATA_DIR and PG_BIN_DIR, or set DATABASE_URL"))),
        },
    };
    let pool = match url {
        Ok(url) => database(&url, config).await,
        Err(finding) => Err(finding),
    };
    let mut checks = Vec::new();
    let mut add = |name: &str, finding| checks.push(Check { name: name.to_owned(), finding });
    match config.relays() {
        Ok(relays) => {
            add("settings", settings(config, &relays));
            for relay in relays {
                add(&format!("mail server {}", relay.name()), mail_server(relay).await);
            }
        }
        Err(error) => add("settings", problem(error.to_string(), "correct SMTP_CA_FILE")),
    }

    add("sender", sender(config, pool.as_ref().ok().map(|(pool, _)| pool)).await);
    add("links", links(config));
    add("time zones", time_zones(config, wall_clock().now()));

    match pool {
        Ok((pool, version)) => {
            add("database", fine(format!("PostgreSQL {version} answers")));
            let migrated = migrations(&pool).await;
            let usable = matches!(migrated, Finding::Fine(_));
            add("migrations", migrated);
            add("clock", clock(&pool, config.clock_tolerance).await);
            if usable {
                add("read models", read_models(&pool).await);
                add("rows", rows(&pool).await);
                add("administrators", administrators(&pool).await);
                add("mailboxes", mailboxes(&pool).await);
                add("mailings", mailings(&pool).await);
                add("search", search(&pool).await);
                add("signing", signing(&pool, config).await);
                for (check, finding) in followers(&pool).await {
                    add(check, finding);
                }
                add("returns", returns::ways(&pool, config).await);
                add("kept messages", returns::kept(&pool).await);
            } else {
                for name in of_tables() {
                    add(name, Finding::Unknown("the migrations come first".to_owned()));
                }
            }
            pool.close().await;
        }
        Err(finding) => {
            add("database", finding);
            for name in ["migrations", "clock"].into_iter().chain(of_tables()) {
                add(name, Finding::Unknown("the database comes first".to_owned()));
            }
        }
    }
    if let Some(server) = server
        && let Err(error) = server.stop().await
    {
        tracing::warn!(%error, "the private PostgreSQL does not stop");
    }
    checks
}

/// What is looked at in the tables.
fn of_tables() -> impl Iterator<Item = &'static str> {
    OF_TABLES.into_iter().chain(FOLLOWED.iter().map(|followed| followed.check)).chain(OF_RETURNS)
}

/// What every setting for itself cannot tell. Those that are wrong for themselves are refused before this.
fn settings(config: &Config, relays: &[Relay]) -> Finding {
    let table = config.table();
    let sender = table.iter().find(|setting| setting.name == "MAIL_FROM").map_or("", |setting| setting.value.as_str());
    let public_url = config.public_url();
    if sender.trim_end_matches('>').ends_with("@localhost") && relays.iter().any(|relay| !is_local(relay.host())) {
        return problem(
            format!("letters are from {sender}, which no other mail server knows"),
            "set MAIL_FROM to an address of yours",
        );
    }
    if public_url.host_str().is_some_and(is_local) && !config.http_addr.ip().is_loopback() {
        return problem(
            format!("the service listens for other machines, but links in letters lead to {public_url}"),
            "set PUBLIC_URL to its address as browsers see it",
        );
    }
    if config.http_connections_per_address > config.http_connections {
        return problem(
            format!(
                "an address may have {} connections over HTTP, and all together {}",
                config.http_connections_per_address, config.http_connections
            ),
            "lower HTTP_CONNECTIONS_PER_ADDRESS, or raise HTTP_CONNECTIONS",
        );
    }
    let (allowed, needed) = (descriptors::raise(), config.descriptors().unwrap_or_default());
    if descriptors::for_http(allowed, needed) < config.http_connections as usize {
        return problem(
            format!(
                "the system allows {allowed} open files, too few for HTTP_CONNECTIONS={} and {needed} connections to \
                 PostgreSQL and mail servers",
                config.http_connections
            ),
            "raise `ulimit -n`, or lower HTTP_CONNECTIONS",
        );
    }
    fine(format!("{} settings, see `skymailing config`", table.len()))
}

/// Whether other mail servers believe letters of `MAIL_FROM`. Whatever it is, the service does its work, unless it was told not to.
async fn sender(config: &Config, pool: Option<&PgPool>) -> Finding {
    let senders = config.senders();
    let Ok(domain) = Domain::parse(&senders.from) else {
        return fine(format!("letters are from {}, of which no other mail server knows", senders.from));
    };
    let sender = senders.of(domain);
    let sender = match pool {
        // Of a database that has no such tables yet is told elsewhere.
        Some(pool) => with_own_keys(pool, sender.clone()).await.unwrap_or(sender),
        None => sender,
    };
    let signs = !sender.selectors.is_empty();
    let checked = senders.look(sender).await;
    // Which keys there are where another server signs only that one knows, so that is asked for by name.
    let findings = checked.findings.iter().filter(|finding| finding.what != What::DkimNotNamed);
    let told = |verdicts: &[Verdict]| -> Vec<String> {
        let findings = findings.clone().filter(|finding| verdicts.contains(&finding.verdict));
        findings.map(|finding| format!("{}: {}", finding.subject.name(), finding.what.told(Language::En))).collect()
    };
    let (wrong, unknown) = (told(&[Verdict::Bad, Verdict::Warning]), told(&[Verdict::Unknown]));
    let refused = senders.required && !told(&[Verdict::Bad]).is_empty();
    let domain = checked.domain;
    let advice = "see `skymailing sender check`, which has the records to enter";
    if refused {
        let what = format!("no mailing without a sender of its own starts (REQUIRE_ALIGNMENT): {}", wrong.join("; "));
        return problem(what, advice);
    }
    if !wrong.is_empty() {
        return warning(format!("letters are from {domain}; {}", wrong.join("; ")), advice);
    }
    if !unknown.is_empty() {
        return Finding::Unknown(format!("letters are from {domain}; {}", unknown.join("; ")));
    }
    if signs {
        return fine(format!("letters are from {domain}, whose records are in order"));
    }
    fine(format!(
        "letters are from {domain}, whose records are in order; `skymailing sender check --selector NAME` looks for DKIM keys"
    ))
}

/// Whether mail programs can use the links in letters.
fn links(config: &Config) -> Finding {
    let public_url = config.public_url();
    if public_url.scheme() == "https" {
        return fine(format!("links in letters lead to {public_url}"));
    }
    if public_url.host_str().is_some_and(is_local) {
        return fine(format!("links in letters lead to {public_url}, which only this machine can open"));
    }
    warning(
        format!("PUBLIC_URL is {public_url}, not https, so mail programs offer no one-click unsubscribe"),
        "have a proxy speak https, and set PUBLIC_URL to its address",
    )
}

/// Whether a host, as it stands in a URL, is this machine.
fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1" | "[::1]")
}

/// Which rules of time zones are used, and whether they are old: they change several times a year.
fn time_zones(config: &Config, now: DateTime<Utc>) -> Finding {
    let named = config.tzdata_dir.get().map(PathBuf::as_path);
    let chosen = match tzdata::choose(named) {
        Ok((chosen, _)) => chosen,
        Err(error) => return problem(error.to_string(), "correct TZDATA_DIR, or leave it out"),
    };
    let tzdata::Chosen { version, directory, passed_over, unreadable } = chosen;
    let from = match &directory {
        Some(directory) => format!("version {version} of {}", directory.display()),
        None => format!("version {version}, which this program was compiled with"),
    };
    if !unreadable.is_empty() {
        return problem(format!("{from}: {} cannot be read", unreadable.join(", ")), "install tzdata again");
    }
    let update = match directory {
        Some(_) => "update the system's package tzdata",
        None => "update this program, or the system's package tzdata",
    };
    match zone_rules(&version, now) {
        ZoneRules::Untold => {
            problem(format!("{from}: nobody can tell how old it is"), "see that it is kept up to date")
        }
        ZoneRules::Old => problem(format!("{from}: that is old"), update),
        ZoneRules::Fresh => fine(match passed_over {
            Some((system, Some(older))) if older != version => {
                format!("{from}; {} is older ({older})", system.display())
            }
            Some((system, None)) => format!("{from}; how old {} is cannot be told", system.display()),
            _ => from,
        }),
    }
}

/// Greets a mail server, with TLS and password as the settings want, and sends nothing.
async fn mail_server(relay: Relay) -> Finding {
    let address = format!("{}:{}", relay.host(), relay.port());
    match Connector::new(relay).open().await {
        Ok(connection) => {
            connection.quit().await;
            fine(format!("{address} answers"))
        }
        Err((phase, happening)) => problem(
            format!("{address}: {phase}, {happening}"),
            "see SMTP_URL; letters wait meanwhile, and go on by themselves",
        ),
    }
}

async fn database(url: &str, config: &Config) -> Result<(PgPool, String), Finding> {
    let away = |error: sqlx::Error| problem(error.to_string(), "see DATABASE_URL and whether PostgreSQL runs");
    let options = database::options(url, Purpose::Once).map_err(away)?;
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
    let pool = pool.connect_with(options).await.map_err(away)?;
    let row = sqlx::query!(
        r#"select current_setting('server_version') as "version!",
                  current_setting('server_version_num')::int as "number!",
                  current_setting('max_connections')::int
                    - current_setting('superuser_reserved_connections')::int as "connections!""#
    )
    .fetch_one(&pool)
    .await
    .map_err(away)?;
    if row.number < OLDEST {
        return Err(problem(format!("PostgreSQL {} is too old", row.version), "use 14 or newer"));
    }
    if i64::from(row.connections) < i64::from(config.database_connections) {
        return Err(problem(
            format!(
                "it allows {} connections in all, and each process may open {}",
                row.connections, config.database_connections
            ),
            "raise its max_connections, or lower DATABASE_CONNECTIONS",
        ));
    }
    Ok((pool, row.version))
}

/// Clients and accounts from before one mailbox could have several spellings.
async fn mailboxes(pool: &PgPool) -> Finding {
    match EventStore::new(pool.clone()).addresses_of_old_spelling(database::todays_spelling).await {
        Ok(0) => fine("every address is there once"),
        Ok(doubles) => problem(
            format!(
                "{doubles} clients or accounts have the same mailbox as another one, with its domain spelled otherwise"
            ),
            "nothing is lost, and a run sends one letter to each mailbox; delete one client of each two, or give it another address",
        ),
        Err(error) => problem(error.to_string(), "see the log of PostgreSQL"),
    }
}

/// Mailings that cannot start by themselves, since nobody here knows the clocks that they go by.
async fn mailings(pool: &PgPool) -> Finding {
    let zones = match projections::mailings::time_zones(pool).await {
        Ok(zones) => zones,
        Err(error) => return problem(error.to_string(), "see the log of PostgreSQL"),
    };
    let unknown: Vec<_> = zones.iter().filter(|(zone, _)| TimeZone::parse(zone).is_err()).collect();
    if unknown.is_empty() {
        return fine("the clocks that they go by are known");
    }
    let waiting: i64 = unknown.iter().map(|(_, mailings)| mailings).sum();
    let zones: Vec<&str> = unknown.iter().map(|(zone, _)| zone.as_str()).collect();
    problem(
        format!(
            "{waiting} of them start no run by themselves, for there are no rules for their time zones: {}",
            zones.join(", ")
        ),
        "update this program, or the system's package tzdata, see TZDATA_DIR; their owners can choose another zone",
    )
}

/// Indexes without which looking for a client among many takes long.
async fn search(pool: &PgPool) -> Finding {
    match clients::indexed(pool).await {
        Ok(Indexed::NotNeeded) => fine("there are few enough clients to look through all of them"),
        Ok(Indexed::All) => fine("clients are found by indexes"),
        Ok(Indexed::WithoutSearch) => problem(
            "PostgreSQL has no pg_trgm for this database, so a search looks through all clients, and is broken off after \
             REQUEST_STATEMENT_TIMEOUT",
            "install PostgreSQL's contributed extensions (Debian: they are part of postgresql), and have an administrator of \
             the database run `create extension pg_trgm` in it; the service makes the index within a minute",
        ),
        Ok(Indexed::NotYet) => fine(
            "a search looks through all clients until serve or api has made the indexes, which takes minutes; its log tells of it",
        ),
        Err(error) => problem(error.to_string(), "see the log of PostgreSQL"),
    }
}

/// Whether the keys open that letters are to be signed with: letters of their domains do not go out unsigned.
async fn signing(pool: &PgPool, config: &Config) -> Finding {
    let master = match (config.master_key.get(), config.database_url.get()) {
        (Some(key), _) => Ok(Some(key.clone())),
        // Only whoever starts the service makes one.
        (None, None) => master_key::read(&master_key::file(&config.data_dir)),
        (None, Some(_)) => Ok(None),
    };
    let master = match master {
        Ok(master) => master,
        Err(error) => return problem(format!("{error:#}"), "restore the file from a backup, or set MASTER_KEY"),
    };
    let (active, closed) = match (sealed_keys::all_active(pool).await, unopened(pool, master.as_ref()).await) {
        (Ok(active), Ok(closed)) => (active, closed),
        (Err(error), _) | (_, Err(error)) => return problem(error.to_string(), "see the log of PostgreSQL"),
    };
    let domains: BTreeSet<&str> = active.iter().map(|key| key.domain.as_str()).collect();
    let is_broken = |key: &&Unopened| key.is_broken(master.as_ref());
    let broken: BTreeSet<&str> = closed.iter().filter(is_broken).map(|key| key.domain.as_str()).collect();
    let unusable: BTreeSet<&str> = closed.iter().map(|key| key.domain.as_str()).collect();
    let list = |domains: &BTreeSet<&str>| domains.iter().copied().collect::<Vec<_>>().join(", ");
    if !broken.is_empty() {
        return problem(
            format!("the private keys of {} do not open, so letters from there are not sent", list(&broken)),
            "they were damaged: restore them from a backup, or make new ones with `skymailing sender rotate DOMAIN`",
        );
    }
    if !unusable.is_empty() {
        let under: BTreeSet<&str> = closed.iter().filter_map(|key| key.under.as_deref()).collect();
        let named = if under.is_empty() { String::new() } else { format!(" (fingerprint {})", list(&under)) };
        let here = match &master {
            Some(master) => format!("the one here is {}", master.fingerprint()),
            None => "there is none here".to_owned(),
        };
        return problem(
            format!(
                "the private keys of {} do not open with this MASTER_KEY, so letters from there are left to processes with another one: \
                 they are sealed under another master key{named}, and {here}",
                list(&unusable)
            ),
            "set MASTER_KEY to the key under which they are sealed, in all processes, and start them anew; if it is lost, \
             `skymailing sender rotate DOMAIN` makes new keys",
        );
    }
    if domains.is_empty() {
        return fine(
            "no domain has an active key, so letters go out unsigned; `skymailing sender add-domain` makes keys",
        );
    }
    fine(format!("letters from {} are signed", list(&domains)))
}

/// Whether those go on who follow the log.
async fn followers(pool: &PgPool) -> Vec<(&'static str, Finding)> {
    let found = scheduler::followers(pool).await;
    let finding = |followed: &Followed| match &found {
        Ok(found) => follower(followed, found.iter().find(|one| one.name == followed.name)),
        Err(error) => problem(error.to_string(), "see the log of PostgreSQL"),
    };
    FOLLOWED.iter().map(|followed| (followed.check, finding(followed))).collect()
}

fn follower(Followed { fine: goes_on, otherwise, .. }: &Followed, found: Option<&scheduler::Follower>) -> Finding {
    let Some(found) = found else {
        return problem(
            format!("{otherwise}, for the table followers has no row for this"),
            "restore the table from a backup",
        );
    };
    if let Some(error) = &found.error {
        return problem(
            format!("{otherwise}, for the log is not read beyond position {}: {error}", found.position),
            "use the program's newest version, which tries again when it starts; if it stands still there, too, report it",
        );
    }
    match found.waited() {
        Some(waited) if waited > FAR_BEHIND => warning(
            format!("{otherwise}, for the last {} s of the log are not read yet", waited.num_seconds()),
            "start the service (serve or worker); if it runs, it reads an old log, or see what it says itself",
        ),
        _ => fine(*goes_on),
    }
}

async fn migrations(pool: &PgPool) -> Finding {
    // The table is sqlx's own, so it is not there when our queries are checked.
    let applied = sqlx::query_as::<_, (i64, Vec<u8>)>("select version, checksum from _sqlx_migrations where success");
    let start = "start the service (serve, api or worker), which applies them";
    let applied: BTreeMap<i64, Vec<u8>> = match applied.fetch_all(pool).await {
        Ok(rows) => rows.into_iter().collect(),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => {
            return problem("no migration was applied yet", start);
        }
        Err(error) => return problem(error.to_string(), "see the log of PostgreSQL"),
    };
    let known: BTreeMap<i64, &[u8]> = MIGRATIONS.iter().map(|one| (one.version, one.checksum.as_ref())).collect();
    if let Some(version) = applied.keys().find(|version| !known.contains_key(version)) {
        return problem(
            format!("the database has migration {version}, which this program does not know"),
            "use the program's newest version",
        );
    }
    let changed = known.iter().find(|(version, sum)| applied.get(version).is_some_and(|then| then != *sum));
    if let Some((version, _)) = changed {
        return problem(
            format!("migration {version} was another one when it was applied"),
            "use the version of the program that the database was made with",
        );
    }
    match known.len() - applied.len() {
        0 => fine(format!("all {} are applied", known.len())),
        missing => problem(format!("{missing} of {} are not applied", known.len()), start),
    }
}

async fn clock(pool: &PgPool, tolerance: Duration) -> Finding {
    let theirs = sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#).fetch_one(pool).await;
    let ours = wall_clock().now();
    match theirs {
        Ok(theirs) if (theirs - ours).abs().to_std().is_ok_and(|apart| apart > tolerance) => problem(
            format!("PostgreSQL's clock and ours are {} s apart", (theirs - ours).abs().num_seconds()),
            "have both machines follow a time server; the service goes by PostgreSQL's",
        ),
        Ok(_) => fine("PostgreSQL's and ours agree"),
        Err(error) => problem(error.to_string(), "see the log of PostgreSQL"),
    }
}

async fn read_models(pool: &PgPool) -> Finding {
    let rows = match standing(pool, None).await {
        Ok(rows) => rows,
        Err(error) => return problem(error.to_string(), "see the log of PostgreSQL"),
    };
    if let Some((name, error)) = rows.iter().find_map(|row| Some((&row.name, row.error.as_ref()?))) {
        return problem(
            format!("{name} stopped: {error}"),
            format!(
                "use the program's newest version, which tries again when it starts; if it stops again, `skymailing rebuild {name}`"
            ),
        );
    }
    match rows.iter().filter_map(Standing::waited).max() {
        Some(waited) if waited > LATE => problem(
            format!("they are {} s behind the log", waited.num_seconds()),
            "start the service (serve, api or worker); if it runs, see its log",
        ),
        _ => fine(format!("all {} show everything", rows.len())),
    }
}

/// Rows in which a value stands that they cannot have. Everybody else goes on without them.
async fn rows(pool: &PgPool) -> Finding {
    let columns = [projections::catalogue::columns(), acts::who::columns()].concat();
    let (mut whats, mut advice) = (Vec::new(), Vec::new());
    for column in &columns {
        let unreadable = match column.unreadable(pool, NAMED + 1).await {
            Ok(unreadable) => unreadable,
            Err(error) => return problem(error.to_string(), "see the log of PostgreSQL"),
        };
        whats.extend(unreadable.iter().take(NAMED).map(ToString::to_string));
        if unreadable.len() > NAMED {
            whats.push(format!("{}.{} has more such rows", column.table, column.name));
        }
        for remedy in unreadable.iter().take(NAMED).map(projections::Unreadable::remedy) {
            if !advice.contains(&remedy) {
                advice.push(remedy);
            }
        }
    }
    if whats.is_empty() {
        return fine(format!("what stands in {} columns can stand there", columns.len()));
    }
    problem(whats.join("; "), advice.join("; "))
}

async fn administrators(pool: &PgPool) -> Finding {
    let kind = domain::user::ADMINISTRATOR;
    match EventStore::held(pool, kind).await {
        Ok(0) => problem("there is none, so nobody can grant roles", "use `skymailing createadmin`"),
        Ok(count) => fine(format!("{count} can log in")),
        Err(error) => problem(error.to_string(), "see the log of PostgreSQL"),
    }
}
