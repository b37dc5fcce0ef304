//! `skymailing sender`: whether other mail servers will believe letters of a domain.

use super::output;
use crate::config::Config;
use acts::senders::{Checked, Wanted};
use domain::Language;
use domain::alignment::{Finding, Record, Verdict};
use serde_json::{Value, json};
use words::Sentence;

/// Look at the domain that letters are from.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Look up SPF, DKIM, DMARC, MX and return path of a domain, and say which records to enter; fails if something is bad.
    Check(Check),
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
        let Act::Check(check) = self.act;
        check.run(config).await
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
            output::say_json(&as_json(&checked, bad == 0));
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
            0 => Ok(()),
            1 => anyhow::bail!("there is a problem"),
            many => anyhow::bail!("there are {many} problems"),
        }
    }
}

/// A finding in one line.
fn line(finding: &Finding) -> String {
    format!("{:<8} {}: {}", finding.verdict.name(), finding.subject.name(), finding.what.told(Language::En))
}

fn as_json(Checked { domain, findings }: &Checked, ok: bool) -> Value {
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
    json!({ "domain": domain.as_str(), "ok": ok, "findings": findings })
}
