//! `skymailing doctor`: what is wrong, and what to do about it. Changes nothing.

mod database;
mod finding;
mod followers;
mod mail_server;
mod people;
mod read_models;
mod returns;
mod sender;
mod settings;
mod signing;
mod time_zones;

use super::output;
use crate::config::Config;
use crate::postgres;
use crate::wire::wall_clock;
use finding::{Finding, fine, problem};
use secrecy::ExposeSecret;
use serde_json::json;

/// What is looked at in the tables, before those who follow the log and what comes back.
const OF_TABLES: [&str; 7] = ["read models", "rows", "administrators", "mailboxes", "mailings", "search", "signing"];

/// What is looked at of what comes back.
const OF_RETURNS: [&str; 2] = ["returns", "kept messages"];

/// Check the settings, the database and the mail servers, and say what to do about problems.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

struct Check {
    name: String,
    finding: Finding,
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
        Ok(url) => database::connect(&url, config).await,
        Err(finding) => Err(finding),
    };
    let mut checks = Vec::new();
    let mut add = |name: &str, finding| checks.push(Check { name: name.to_owned(), finding });
    match config.relays() {
        Ok(relays) => {
            add("settings", settings::together(config, &relays));
            for relay in relays {
                add(&format!("mail server {}", relay.name()), mail_server::answers(relay).await);
            }
        }
        Err(error) => add("settings", problem(error.to_string(), "correct SMTP_CA_FILE")),
    }

    add("sender", sender::believed(config, pool.as_ref().ok().map(|(pool, _)| pool)).await);
    add("links", settings::links(config));
    add("time zones", time_zones::rules(config, wall_clock().now()));

    match pool {
        Ok((pool, version)) => {
            add("database", fine(format!("PostgreSQL {version} answers")));
            let migrated = database::migrations(&pool).await;
            let usable = matches!(migrated, Finding::Fine(_));
            add("migrations", migrated);
            add("clock", database::clock(&pool, config.clock_tolerance).await);
            if usable {
                add("read models", read_models::follow(&pool).await);
                add("rows", read_models::rows(&pool).await);
                add("administrators", people::administrators(&pool).await);
                add("mailboxes", people::mailboxes(&pool).await);
                add("mailings", time_zones::mailings(&pool).await);
                add("search", read_models::search(&pool).await);
                add("signing", signing::keys(&pool, config).await);
                for (check, finding) in followers::all(&pool).await {
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
    OF_TABLES.into_iter().chain(followers::checks()).chain(OF_RETURNS)
}
