//! `skymailing report`: what became of a run.

use super::output;
use crate::config::Config;
use crate::wire::Node;
use anyhow::Context as _;
use domain::{Language, MailingId, RunId};
use projections::{Access, reports, runs};
use serde_json::json;
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
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let found = self.find(&node, &stop).await;
        node.close().await?;
        let report = found?;
        if self.json {
            output::say_json(&json!({
                "run": report.run_id,
                "mailing": report.mailing_id,
                "startedAt": report.started_at,
                "finishedAt": report.finished_at,
                "seconds": report.seconds(),
                "totals": report.totals.0,
                "sameMailbox": report.left_out(),
                "attempt": {
                    "at": report.attempted_at(), "succeeded": report.succeeded(), "serverReply": report.last_reply,
                },
            }));
        } else {
            output::say(&acts::mailings::reports::text(&report, self.language.unwrap_or(report.language)));
        }
        Ok(())
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
