//! `skymailing config`: every setting.

use super::output;
use crate::config::{Config, Setting};
use serde_json::json;

/// Show every setting, where its value comes from, and what it means.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Print an object per setting, for programs.
    #[arg(long)]
    json: bool,
}

impl Options {
    #[expect(clippy::unnecessary_wraps, reason = "every subcommand may fail")]
    pub(super) fn run(self, config: &Config) -> anyhow::Result<()> {
        let settings = config.table();
        let width = settings.iter().map(|setting| setting.name.len()).max().unwrap_or_default();
        for Setting { name, value, source, meaning } in settings {
            if self.json {
                output::say_json(&json!({
                    "name": name, "value": value, "source": source.to_string(), "meaning": meaning,
                }));
            } else {
                output::say(&format!("{name:width$}  {value}  ({source})\n{:width$}  {meaning}", ""));
            }
        }
        Ok(())
    }
}
