//! `skymailing sender`: whether other mail servers will believe letters of a domain, the domains whose letters are signed, and the senders
//! of users.

use super::{output, sender_domains, senders};
use crate::config::Config;
use crate::database::{self, Purpose};
use crate::postgres;
use acts::senders::{Checked, Wanted, with_own_keys};
use domain::Language;
use domain::alignment::{Finding, Record, Sender, Subject, Verdict, What};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use std::time::Duration;
use words::Sentence;

/// How long the database is waited for that knows which keys there are. All else is known without it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Look at the domain that letters are from, have letters of domains signed, and revoke senders of users.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Look up SPF, DKIM, DMARC, MX and return path of a domain, and say which records to enter; fails if something is bad, or if the name
    /// service answers nothing.
    Check(Check),
    #[command(flatten)]
    Domains(sender_domains::Act),
    #[command(flatten)]
    Senders(senders::Act),
}

#[derive(Debug, clap::Args)]
struct Check {
    /// The domain; without it that of `MAIL_FROM`.
    domain: Option<String>,
    /// The name of a DKIM key of the domain; can be given several times. Without any, those are looked for that sign its letters here.
    #[arg(long = "selector", value_name = "NAME")]
    selectors: Vec<String>,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        match self.act {
            Act::Check(check) => check.run(config).await,
            Act::Domains(act) => act.run(config).await,
            Act::Senders(act) => act.run(config).await,
        }
    }
}

impl Check {
    async fn run(self, config: &Config) -> anyhow::Result<()> {
        let senders = config.senders();
        let wanted = Wanted { domain: self.domain, selectors: self.selectors };
        let sender = senders.read(&wanted).map_err(|errors| {
            let sentences: Vec<String> = errors.iter().map(|error| error.told(Language::En)).collect();
            anyhow::anyhow!(sentences.join("; "))
        })?;
        let sender = match own_keys(config, sender.clone()).await {
            Ok(sender) => sender,
            Err(error) => {
                tracing::warn!(%error, "which keys sign for the domain here is not known; name them with --selector");
                sender
            }
        };
        let checked = senders.look(sender).await;
        let bad = checked.findings.iter().filter(|finding| finding.verdict == Verdict::Bad).count();
        if self.json {
            output::say_json(&as_json(&checked, State::of(&checked)));
        } else {
            output::say(&format!("Letters from {}", checked.domain));
            for finding in &checked.findings {
                output::say(&line(finding));
                if let Some(Record { name, kind, value }) = &finding.record {
                    output::say(&format!("         enter {name} {kind} {value}"));
                }
            }
        }
        match bad {
            0 if State::of(&checked) == State::Unknown => {
                anyhow::bail!("the name service answers nothing, so nobody can tell; see DNS_SERVER")
            }
            0 => Ok(()),
            1 => anyhow::bail!("there is a problem"),
            many => anyhow::bail!("there are {many} problems"),
        }
    }
}

/// What a check comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ok,
    Problem,
    /// Nothing was answered.
    Unknown,
}

impl State {
    fn of(Checked { findings, .. }: &Checked) -> Self {
        // These can be told without any answer.
        let told = |what: &What| matches!(what, What::DkimNotNamed | What::SpfElsewhere { .. });
        let asked = |finding: &&Finding| !told(&finding.what) && finding.subject != Subject::ReturnPath;
        if findings.iter().any(|finding| finding.verdict == Verdict::Bad) {
            Self::Problem
        } else if findings.iter().filter(asked).all(|finding| finding.verdict == Verdict::Unknown) {
            Self::Unknown
        } else {
            Self::Ok
        }
    }

    /// The word for programs.
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Problem => "problem",
            Self::Unknown => "unknown",
        }
    }
}

/// The same sender; if nobody named any of its keys, with those that sign for its domain here. A database that is not there yet has
/// none.
async fn own_keys(config: &Config, sender: Sender) -> anyhow::Result<Sender> {
    if !sender.selectors.is_empty() {
        return Ok(sender);
    }
    if let Some(url) = config.database_url.get() {
        return read(url.expose_secret(), sender).await;
    }
    if !config.private_postgres().has_cluster() {
        return Ok(sender);
    }
    let server = postgres::start(&config.private_postgres()).await?;
    let read = read(server.url(), sender).await;
    server.stop().await?;
    read
}

async fn read(url: &str, sender: Sender) -> anyhow::Result<Sender> {
    let options = database::options(url, Purpose::Once)?;
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE).connect_with(options).await?;
    let read = with_own_keys(&pool, sender).await;
    pool.close().await;
    Ok(read?)
}

/// A finding in one line.
fn line(finding: &Finding) -> String {
    format!("{:<8} {}: {}", finding.verdict.name(), finding.subject.name(), finding.what.told(Language::En))
}

fn as_json(Checked { domain, findings }: &Checked, state: State) -> Value {
    let record = |Record { name, kind, value }: &Record| json!({ "name": name, "type": kind, "value": value });
    let finding = |finding: &Finding| {
        json!({
            "subject": finding.subject.name(),
            "verdict": finding.verdict.name(),
            "finding": finding.what.told(Language::En),
            "record": finding.record.as_ref().map(record),
        })
    };
    let findings: Vec<Value> = findings.iter().map(finding).collect();
    json!({ "domain": domain.as_str(), "ok": state == State::Ok, "state": state.name(), "findings": findings })
}
