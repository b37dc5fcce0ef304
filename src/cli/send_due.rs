//! `skymailing send-due`: everything that is due, once.

use super::{output, send};
use crate::config::Config;
use crate::wire::Node;
use projections::{mailings, runs};
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// Start everything that is due, see it through, and end.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Print the answer as JSON.
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
        // Before that the read models cannot tell that there is nothing to do.
        node.caught_up(stop).await?;
        mailings::reckon_next_runs(node.services.pool()).await?;
        let before = runs::numbers(node.services.pool()).await?;
        let engine = node.engine(config, config.public_url())?;
        let running = tokio::spawn(engine.clone().run(stop.clone()));
        while !stop.is_cancelled() {
            match engine.has_work().await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => tracing::debug!(%error, "whether there is more to do cannot be seen"),
            }
            tokio::select! {
                () = tokio::time::sleep(send::LOOK) => {}
                () = stop.cancelled() => {}
            }
        }
        stop.cancel();
        running.await??;
        let after = runs::numbers(node.services.pool()).await?;
        let (finished, open) = (after.finished - before.finished, after.open);
        if self.json {
            output::say_json(&json!({ "finished": finished, "open": open }));
        } else {
            output::say(&format!("{finished} runs were finished; {open} go on later."));
        }
        Ok(())
    }
}
