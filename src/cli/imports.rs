//! `skymailing imports`: what files have brought, and taking it back.

use super::output;
use crate::config::Config;
use crate::wire::Node;
use acts::address_book::imports::{self, Left, NAMED};
use acts::who::Operator;
use anyhow::Context as _;
use domain::client::Source;
use domain::import::TakenBack;
use domain::{EmailAddress, ImportId, UserId};
use projections::imports::{self as read, Import};
use projections::{Access, clients, users};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write as _;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Imports of files of clients: show them, and take one back.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Show the imports of a user, the latest first.
    List(Listing),
    /// Take an import back: the clients that it added are removed, and what it changed is as it was, but for what others have changed since.
    Undo(Undoing),
}

#[derive(Debug, clap::Args)]
struct Listing {
    /// The address of the user whose imports they are.
    #[arg(long)]
    owner: String,
    /// How many at most.
    #[arg(long, value_name = "NUMBER", default_value = "100", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    first: u32,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Undoing {
    /// The id of the import, as `list` shows it.
    id: ImportId,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let done = self.act(&node, &stop).await;
        node.close().await?;
        output::say(done?.trim_end());
        Ok(())
    }

    /// What is to be said when all is done.
    async fn act(&self, node: &Node, stop: &CancellationToken) -> anyhow::Result<String> {
        node.caught_up(stop).await?;
        match &self.act {
            Act::List(listing) => listing.show(node).await,
            Act::Undo(undoing) => undoing.undo(node, stop).await,
        }
    }
}

impl Listing {
    async fn show(&self, node: &Node) -> anyhow::Result<String> {
        let (pool, email) = (node.services.pool(), EmailAddress::parse(&self.owner).map_err(super::told)?);
        let owner = users::by_email(pool, &email).await?.with_context(|| format!("there is no user {}", self.owner))?;
        let rows = read::page(pool, Access::Owner(UserId(owner.id)), None, self.first.into()).await?;
        let rows = rows.into_iter().map(|(_, row)| row).collect::<Result<Vec<Import>, _>>()?;
        if self.json {
            return Ok(Value::Array(rows.iter().map(told).collect()).to_string());
        }
        if rows.is_empty() {
            return Ok("There are none.".to_owned());
        }
        Ok(rows.iter().map(|row| line(row) + "\n").collect())
    }
}

/// An import for people.
fn line(row: &Import) -> String {
    let (begun, file) =
        (row.begun_at.format("%Y-%m-%d %H:%M UTC"), if row.file.is_empty() { "-" } else { row.file.as_str() });
    let became = match (row.undone_at, row.undo_begun_at, row.finished_at) {
        (Some(at), ..) => format!("taken back {}", at.date_naive()),
        (None, Some(_), _) => "is being taken back".to_owned(),
        (None, None, Some(_)) => format!("{} added, {} changed", row.added.unwrap_or(0), row.updated.unwrap_or(0)),
        (None, None, None) => "goes on, or broke off".to_owned(),
    };
    format!("{}  {begun}  {file}  {became}", row.id)
}

/// An import for programs.
fn told(row: &Import) -> Value {
    json!({
        "id": row.id,
        "file": row.file,
        "mode": row.mode.name(),
        "begun_at": row.begun_at,
        "finished_at": row.finished_at,
        "rows": row.rows,
        "added": row.added,
        "updated": row.updated,
        "unchanged": row.unchanged,
        "bad": row.bad,
        "undo_begun_at": row.undo_begun_at,
        "undone_at": row.undone_at,
        "removed": row.removed,
        "restored": row.restored,
        "left_alone": row.left_alone,
    })
}

impl Undoing {
    async fn undo(&self, node: &Node, stop: &CancellationToken) -> anyhow::Result<String> {
        let services = &node.services;
        let row = read::get(services.pool(), Access::All, self.id).await?;
        let row = row.with_context(|| format!("there is no import {}", self.id))?;
        let owner = Operator::of_this_host().owner(UserId(row.owner_id));
        let (id, metadata) = (self.id.to_string(), super::metadata());
        let (_, undone, receipt) = tokio::select! {
            undone = imports::undo(services, owner, &id, Source::Person, &metadata, |_| {}) => undone?,
            () = stop.cancelled() => anyhow::bail!("stopped; the same command again goes on where this ended"),
        };
        services.shown(receipt.position).await;
        let TakenBack { removed, restored, left } = undone.done;
        if self.json {
            let left_alone = undone.left;
            return Ok(
                json!({ "removed": removed, "restored": restored, "left": left, "left_alone": left_alone }).to_string()
            );
        }
        let mut said =
            format!("{removed} clients removed, {restored} restored, {left} left as others have changed them.\n");
        let ids: Vec<Uuid> = undone.left.iter().map(|left| left.client).collect();
        let known = clients::by_ids(services.pool(), Access::Owner(owner.id()), &ids).await?;
        let emails: HashMap<Uuid, String> = known.into_iter().map(|client| (client.id, client.email)).collect();
        for Left { client, parts } in &undone.left {
            let email = emails.get(client).map_or("?", String::as_str);
            let _ = writeln!(said, "  {email}: {}", parts.join(", "));
        }
        if left > NAMED as u64 {
            said += "  ...\n";
        }
        Ok(said)
    }
}
