//! `skymailing rebuild`: the tables of a projection anew, or of all.

use super::output;
use crate::config::Config;
use crate::wire::Node;
use anyhow::ensure;
use indicatif::{ProgressBar, ProgressStyle};
use projections::{Projection, RebuildProgress, rebuild_together};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Fill the tables of a projection anew.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Which projection.
    #[arg(value_parser = parse, required_unless_present = "all", conflicts_with = "all")]
    name: Option<Projection>,
    /// All of them, with one reading of the log: much faster than one after the other.
    #[arg(long)]
    all: bool,
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

/// How far all of them are together: as far as the last of those that still go on. Who never began, or was stopped early, is waited
/// for no longer.
#[derive(Debug, Default)]
struct Together {
    going_on: BTreeMap<Projection, i64>,
    total: i64,
}

impl Together {
    fn hears(&mut self, projection: Projection, RebuildProgress { folded, total }: RebuildProgress) -> RebuildProgress {
        self.total = self.total.max(total);
        if folded < total {
            self.going_on.insert(projection, folded);
        } else {
            self.going_on.remove(&projection);
        }
        let last = self.going_on.values().copied().min();
        RebuildProgress { folded: last.unwrap_or(self.total), total: self.total }
    }
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let projections = self.name.map_or_else(|| Projection::ALL.to_vec(), |name| vec![name]);
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} events  {elapsed} (still {eta})") {
            bar.set_style(style);
        }
        let mut together = Together::default();
        let show = |projection, progress| {
            let RebuildProgress { folded, total } = together.hears(projection, progress);
            bar.set_length(u64::try_from(total).unwrap_or(0));
            bar.set_position(u64::try_from(folded).unwrap_or(0));
        };
        let metadata = super::metadata();
        let rebuilt = tokio::select! {
            rebuilt = rebuild_together(&node.services.store, &projections, &metadata, show) => rebuilt.map_err(anyhow::Error::from),
            () = stop.cancelled() => Err(anyhow::anyhow!("stopped; the same command goes on where this ended")),
        };
        bar.finish_and_clear();
        node.close().await?;
        self.say(rebuilt?)
    }

    /// Says what came of each, and fails if any failed.
    fn say(
        &self,
        rebuilt: Vec<(Projection, Result<RebuildProgress, projections::RebuildError>)>,
    ) -> anyhow::Result<()> {
        let (mut told, mut failed) = (Vec::new(), Vec::new());
        for (projection, ended) in rebuilt {
            let name = projection.name();
            match ended {
                Ok(RebuildProgress { folded, .. }) if self.json => {
                    told.push(json!({ "projection": name, "events": folded }));
                }
                Ok(RebuildProgress { folded, .. }) => {
                    output::say(&format!("{name} was rebuilt from {folded} events."));
                }
                Err(error) if self.all => failed.push(format!("{name}: {error}")),
                Err(error) => return Err(error.into()),
            }
        }
        match (self.json, self.all) {
            (true, true) => output::say_json(&Value::Array(told)),
            (true, false) => told.iter().for_each(output::say_json),
            (false, _) => {}
        }
        ensure!(failed.is_empty(), "not rebuilt: {}", failed.join("; "));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_where_the_last_one_is_that_still_goes_on() {
        let mut together = Together::default();
        let mut after = |projection, folded, total| {
            let RebuildProgress { folded, total } = together.hears(projection, RebuildProgress { folded, total });
            (folded, total)
        };

        assert_eq!(after(Projection::Users, 2_000, 9_000), (2_000, 9_000));
        assert_eq!(after(Projection::Clients, 4_000, 9_000), (2_000, 9_000));
        // It was stopped there.
        assert_eq!(after(Projection::Users, 2_000, 2_000), (4_000, 9_000));
        assert_eq!(after(Projection::Clients, 8_000, 9_000), (8_000, 9_000));
        // Events came meanwhile.
        assert_eq!(after(Projection::Clients, 9_003, 9_003), (9_003, 9_003));
    }
}
