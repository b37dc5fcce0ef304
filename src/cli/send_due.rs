//! `skymailing send-due`: everything that is due, once.

use super::{output, send};
use crate::config::Config;
use crate::wire::Node;
use projections::runs;
use serde_json::json;

/// Start everything that is due, see it through, and end.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let stop = crate::shutdown::token()?;
        let node = Node::start(config, &stop).await?;
        let engine = node.engine(config)?;
        let before = runs::numbers(node.services.pool()).await?;
        let running = tokio::spawn(engine.clone().run(stop.clone()));
        // What the log holds must have reached the read models before they can tell that there is nothing to do.
        let head = sqlx::query_scalar!(r#"select coalesce(max(position), 0) as "head!" from events"#)
            .fetch_one(node.services.pool())
            .await?;
        node.services.shown(head).await;
        while !stop.is_cancelled() && engine.has_work().await? {
            tokio::select! {
                () = tokio::time::sleep(send::LOOK) => {}
                () = stop.cancelled() => {}
            }
        }
        stop.cancel();
        running.await??;
        let after = runs::numbers(node.services.pool()).await?;
        node.close().await?;
        let (finished, open) = (after.finished - before.finished, after.open);
        if self.json {
            output::say_json(&json!({ "finished": finished, "open": open }));
        } else {
            output::say(&format!("{finished} runs were finished; {open} go on later."));
        }
        Ok(())
    }
}
