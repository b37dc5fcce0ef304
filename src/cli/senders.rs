//! `skymailing sender list`, `revoke` and `allow`: the senders of users, for those who have the command line.

use super::output;
use crate::config::Config;
use crate::wire::Node;
use acts::who::Operator;
use anyhow::Context as _;
use domain::{EmailAddress, SenderId, UserId};
use projections::senders::{self, Sender, Which};
use projections::{Access, users};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Act {
    /// Show the senders of users, with their ids.
    List(Listing),
    /// Let no letters be from a sender any more; its mailings are paused, and its owner is told why.
    Revoke(Revoking),
    /// Let the owner of a sender that was revoked show anew that its address is theirs.
    Allow(Allowing),
}

#[derive(Debug, clap::Args)]
pub(super) struct Listing {
    /// The address of the user whose senders they are; without it everybody's.
    #[arg(long, value_name = "ADDRESS")]
    user: Option<String>,
    /// Only senders that have this in their name or address, in any case.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// How many at most, the oldest first.
    #[arg(long, value_name = "NUMBER", default_value = "100", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    first: u32,
    /// Print a line of JSON for each.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Revoking {
    /// The id of the sender, as `list` shows it.
    id: String,
    /// The reason, which the sender's owner reads.
    #[arg(long)]
    reason: String,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Allowing {
    /// The id of the sender, as `list` shows it.
    id: String,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

impl Act {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let done = self.act(&node, &stop).await;
        node.close().await?;
        for line in done? {
            output::say(&line);
        }
        Ok(())
    }

    /// The lines to say when it is done.
    async fn act(self, node: &Node, stop: &CancellationToken) -> anyhow::Result<Vec<String>> {
        node.caught_up(stop).await?;
        let (services, metadata) = (&node.services, super::metadata());
        let by = Operator::of_this_host().administrator().right();
        let (id, receipt, json) = match self {
            Self::List(listing) => return listing.show(node).await,
            Self::Revoke(Revoking { id, reason, json }) => {
                let (id, receipt) = acts::senders::revoke(services, by, &id, reason, &metadata).await?;
                (id, receipt, json)
            }
            Self::Allow(Allowing { id, json }) => {
                let (id, receipt) = acts::senders::allow(services, by, &id, &metadata).await?;
                (id, receipt, json)
            }
        };
        services.shown(receipt.position).await;
        let row = senders::get(services.pool(), Access::All, id).await?;
        let row = row.context("it is done, and the list does not show it yet")?;
        Ok(vec![if json { told(&row).to_string() } else { line(&row) }])
    }
}

impl Listing {
    async fn show(self, node: &Node) -> anyhow::Result<Vec<String>> {
        let pool = node.services.pool();
        let access = match &self.user {
            None => Access::All,
            Some(user) => {
                let email = EmailAddress::parse(user).map_err(super::told)?;
                let user = users::by_email(pool, &email).await?;
                let user = user.with_context(|| format!("nobody has an account with the address {email}"))?;
                Access::Owner(UserId(user.id))
            }
        };
        let which = Which::ToJudge;
        let rows = senders::page(pool, access, which, self.search.as_deref(), None, self.first.into()).await?;
        if self.json {
            return Ok(rows.iter().map(|row| told(row).to_string()).collect());
        }
        Ok(if rows.is_empty() { vec!["There are none.".to_owned()] } else { rows.iter().map(line).collect() })
    }
}

/// How it is with a sender, in a word or two.
fn state(row: &Sender) -> &'static str {
    match (row.revoked_at.is_some(), row.deleted_at.is_some(), row.verified_at.is_some(), row.granted) {
        (true, true, ..) => "deleted, revoked",
        (true, false, ..) => "revoked",
        (false, true, ..) => "deleted",
        (false, false, true, _) => "verified",
        (false, false, false, true) => "granted",
        (false, false, false, false) => "unverified",
    }
}

/// A sender for people.
fn line(row: &Sender) -> String {
    let why = row.revoked_why.as_ref().map(|why| format!(": {}", why.replace(['\r', '\n'], " "))).unwrap_or_default();
    format!("{}  {}  {}{why}", SenderId(row.id), row.address, state(row))
}

/// A sender for programs.
fn told(row: &Sender) -> Value {
    json!({
        "id": row.id,
        "owner": row.owner_id,
        "name": row.name,
        "address": row.address,
        "reply_to": row.reply_to,
        "usable": row.is_usable(),
        "verified_at": row.verified_at,
        "domain_granted": row.granted,
        "revoked_at": row.revoked_at,
        "revoked_why": row.revoked_why,
        "created_at": row.created_at,
        "deleted_at": row.deleted_at,
    })
}
