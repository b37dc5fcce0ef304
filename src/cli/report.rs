//! `skymailing report`: what became of a run.

use super::{new_file, output};
use crate::config::Config;
use crate::wire::Node;
use acts::mailings::recipients::Recipients;
use anyhow::Context as _;
use domain::{Language, MailingId, RunId};
use projections::deliveries::Filter;
use projections::{Access, reports, runs};
use serde_json::json;
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;

/// How many runs back a finished one is looked for.
const BACK: i64 = 100;

// Which run. No comment of documentation: clap would take it for the command's.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// The run's id.
    run: Option<RunId>,
    /// The newest finished run of this mailing.
    #[arg(long, value_name = "ID")]
    mailing: Option<MailingId>,
}

/// Print the report of a finished run.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(flatten)]
    which: Which,
    /// In this language, en or ru, instead of the mailing's owner's.
    #[arg(long, value_name = "en|ru")]
    language: Option<Language>,
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
    /// Write a CSV file as well, with every recipient, what became of their letter, and the mail server's words; the file must not
    /// be there yet. With `-` it goes to standard output, and the report is not printed.
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    recipients: Option<PathBuf>,
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let found = self.report(&node, &stop).await;
        node.close().await?;
        let report = found?;
        if self.recipients.as_deref().is_some_and(new_file::is_standard_output) {
            return Ok(());
        }
        if self.json {
            output::say_json(&json!({
                "run": report.run_id,
                "mailing": report.mailing_id,
                "startedAt": report.started_at,
                "finishedAt": report.finished_at,
                "seconds": report.seconds(),
                "totals": report.totals.0,
                "sameMailbox": report.left_out(),
                "cameBack": {
                    "bounced": report.bounced, "softBounced": report.soft_bounced, "complained": report.complained,
                },
                "attempt": {
                    "at": report.attempted_at(), "succeeded": report.succeeded(), "serverReply": report.last_reply,
                },
            }));
        } else {
            output::say(&acts::mailings::reports::text(&report, self.language.unwrap_or(report.language)));
        }
        Ok(())
    }

    /// The report, with its recipients written if somebody asked for them.
    async fn report(&self, node: &Node, stop: &CancellationToken) -> anyhow::Result<reports::Report> {
        let report = self.find(node, stop).await?;
        if let Some(path) = &self.recipients {
            let (run, language) = (RunId(report.run_id), self.language.unwrap_or(report.language));
            let (services, filter) = (&node.services, Filter::default());
            let mut all = Recipients::new(services, Access::All, run, filter, language, report.zone());
            new_file::write(path, async || Ok(all.next_lines().await?), stop).await?;
        }
        Ok(report)
    }

    async fn find(&self, node: &Node, stop: &CancellationToken) -> anyhow::Result<reports::Report> {
        node.caught_up(stop).await?;
        let pool = node.services.pool();
        let run = match (self.which.run, self.which.mailing) {
            (Some(run), _) => run,
            (None, Some(mailing)) => {
                let runs = runs::page(pool, Access::All, mailing, None, BACK).await?;
                // What does not read may be the last one that was finished.
                let finished = runs
                    .into_iter()
                    .map(|(_, run)| run)
                    .find(|run| run.as_ref().map_or(true, |run| run.status == runs::Status::Finished));
                RunId(finished.with_context(|| format!("no run of a mailing {mailing} is finished"))??.id)
            }
            (None, None) => anyhow::bail!("name a run, or a mailing with --mailing"),
        };
        if let Some(report) = reports::get(pool, Access::All, run).await? {
            return Ok(report);
        }
        match runs::get(pool, Access::All, run).await? {
            Some(_) => anyhow::bail!("the run {run} is not finished, so it has no report yet"),
            None => anyhow::bail!("there is no run {run}"),
        }
    }
}
