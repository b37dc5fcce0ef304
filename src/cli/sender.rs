//! `skymailing sender`: whether other mail servers will believe letters of a domain, and the domains whose letters are signed.

use super::{output, sender_domains};
use crate::config::Config;
use acts::senders::{Checked, Wanted};
use domain::Language;
use domain::alignment::{Finding, Record, Subject, Verdict, What};
use serde_json::{Value, json};
use words::Sentence;

/// Look at the domain that letters are from, and have letters of domains signed.
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
}

#[derive(Debug, clap::Args)]
struct Check {
    /// The domain; without it that of `MAIL_FROM`.
    domain: Option<String>,
    /// The name of a DKIM key of the domain; can be given several times.
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
        // These two can be told without any answer.
        let asked = |finding: &&Finding| finding.what != What::DkimNotNamed && finding.subject != Subject::ReturnPath;
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
