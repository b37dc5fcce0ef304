//! `skymailing rebuild`: a projection's tables anew.

use super::output;
use crate::config::Config;
use crate::wire::Node;
use indicatif::{ProgressBar, ProgressStyle};
use projections::{Projection, RebuildProgress, rebuild};
use serde_json::json;

/// Fill the tables of a projection anew.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Which projection.
    #[arg(value_parser = parse)]
    name: Projection,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

fn parse(name: &str) -> Result<Projection, String> {
    Projection::from_name(name).ok_or_else(|| {
        let names: Vec<_> = Projection::ALL.iter().map(|projection| projection.name()).collect();
        format!("there are the projections {}", names.join(", "))
    })
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} events  {elapsed} (still {eta})") {
            bar.set_style(style);
        }
        let show = |progress: RebuildProgress| {
            bar.set_length(u64::try_from(progress.total).unwrap_or(0));
            bar.set_position(u64::try_from(progress.folded).unwrap_or(0));
        };
        let metadata = super::metadata();
        let rebuilt = tokio::select! {
            rebuilt = rebuild(&node.services.store, self.name, &metadata, show) => rebuilt.map_err(anyhow::Error::from),
            () = stop.cancelled() => Err(anyhow::anyhow!("stopped; the same command goes on where this ended")),
        };
        bar.finish_and_clear();
        node.close().await?;
        let rebuilt = rebuilt?;
        if self.json {
            output::say_json(&json!({ "projection": self.name.name(), "events": rebuilt.folded }));
        } else {
            output::say(&format!("{} was rebuilt from {} events.", self.name.name(), rebuilt.folded));
        }
        Ok(())
    }
}
