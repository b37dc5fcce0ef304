//! `skymailing send`: start a run of a mailing now, and see it through.

use super::output;
use crate::config::Config;
use crate::wire::Node;
use acts::who::Operator;
use anyhow::Context as _;
use domain::{MailingId, RunId, Totals, UserId};
use indicatif::{ProgressBar, ProgressStyle};
use projections::{Access, ReadError, mailings, reports, runs};
use serde::Serialize;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the progress is looked at.
pub(super) const LOOK: Duration = Duration::from_millis(100);

/// Start a run of a mailing now, and see it through. Like every worker, it also takes its part of whatever else is due
/// meanwhile.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The mailing's id.
    mailing: MailingId,
    /// Makes repeating safe: the same key is the same run. Without it a run that is under way is seen through, and
    /// otherwise a new one is started.
    #[arg(long)]
    key: Option<String>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let sent = self.send(config, &node, &stop).await;
        stop.cancel();
        node.close().await?;
        sent
    }

    async fn send(&self, config: &Config, node: &Node, stop: &CancellationToken) -> anyhow::Result<()> {
        let services = &node.services;
        node.caught_up(stop).await?;
        let mailing = mailings::get(services.pool(), Access::All, self.mailing).await?;
        let mailing = mailing.with_context(|| format!("there is no mailing {}", self.mailing))?;
        let by = Operator::of_this_host().owner(UserId(mailing.owner_id));
        let started = acts::mailings::send_now(services, by, self.mailing, self.key.clone(), &super::metadata()).await;
        let (run, _) = started?;
        let mut engine = tokio::spawn(node.engine(config, config.public_url())?.run(stop.clone()));
        tokio::select! {
            finished = watch(node, run, stop) => finished?,
            ended = &mut engine => {
                ended??;
                anyhow::bail!("the delivery engine ended before the run was finished");
            }
        }
        stop.cancel();
        engine.await??;
        let report = reports::get(services.pool(), Access::All, run).await?;
        let report = report.context("stopped before the run was finished; it goes on with the next worker")?;
        if self.json {
            output::say(&Line::of(&report)?);
        } else {
            output::say(&acts::mailings::reports::text(&report, report.language));
        }
        Ok(())
    }
}

/// The report for programs: the numbers of a run on one line.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    #[serde(flatten)]
    totals: Totals,
    seconds: f64,
    per_second: f64,
}

impl Line {
    pub(super) fn of(report: &reports::Report) -> anyhow::Result<String> {
        let round = |number: f64| (number * 1000.0).round() / 1000.0;
        let line =
            Self { totals: report.totals.0, seconds: round(report.seconds()), per_second: round(report.per_second()) };
        Ok(serde_json::to_string(&line)?)
    }
}

/// Shows a run's progress until it is finished or `stop` is cancelled.
pub(super) async fn watch(node: &Node, run: RunId, stop: &CancellationToken) -> anyhow::Result<()> {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} letters  {msg}  {elapsed} (still {eta})") {
        bar.set_style(style);
    }
    while !stop.is_cancelled() {
        let look = runs::get(node.services.pool(), Access::All, run).await;
        match look {
            Ok(Some(run)) => {
                let totals = run.totals();
                bar.set_length(totals.planned);
                bar.set_position(totals.planned - totals.pending - totals.deferred);
                bar.set_message(format!("{} accepted", totals.accepted));
                if run.status == runs::Status::Finished {
                    break;
                }
            }
            Ok(None) => {}
            Err(error @ ReadError::Unreadable(_)) => return Err(error.into()),
            Err(error) => tracing::debug!(%error, "the progress cannot be seen"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => {}
        }
    }
    bar.finish_and_clear();
    Ok(())
}
