//! `skymailing user`: accounts, blocking and roles, for those who have the command line.

use super::output;
use crate::config::Config;
use crate::wire::Node;
use acts::who::Operator;
use anyhow::Context as _;
use domain::{EmailAddress, Role, UserId};
use projections::users;
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// Block and unblock users, grant and revoke roles.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Shut a user out: all sessions end, and nothing of theirs is sent.
    Block(Shutting),
    /// Let a user in again; sessions stay ended.
    Unblock(Shutting),
    /// Give a role.
    Grant(Giving),
    /// Take a role away.
    Revoke(Giving),
}

#[derive(Debug, clap::Args)]
struct Shutting {
    /// The user's address.
    email: String,
    /// The reason, which managers and administrators read.
    #[arg(long)]
    reason: String,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Giving {
    /// The user's address.
    email: String,
    /// `manager`, `content_manager` or `administrator`.
    role: Role,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

impl Act {
    fn email(&self) -> &str {
        match self {
            Self::Block(Shutting { email, .. }) | Self::Unblock(Shutting { email, .. }) => email,
            Self::Grant(Giving { email, .. }) | Self::Revoke(Giving { email, .. }) => email,
        }
    }

    fn json(&self) -> bool {
        match self {
            Self::Block(Shutting { json, .. }) | Self::Unblock(Shutting { json, .. }) => *json,
            Self::Grant(Giving { json, .. }) | Self::Revoke(Giving { json, .. }) => *json,
        }
    }

    /// What is so now, as the end of a sentence about the user.
    fn told(&self) -> String {
        match self {
            Self::Block(_) => "is blocked".to_owned(),
            Self::Unblock(_) => "is not blocked".to_owned(),
            Self::Grant(Giving { role, .. }) => format!("has the role {role}"),
            Self::Revoke(Giving { role, .. }) => format!("has no role {role}"),
        }
    }
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let done = self.act(&node, &stop).await;
        node.close().await?;
        let user = done?;
        if self.act.json() {
            output::say_json(&json!({
                "id": user.id, "email": user.email, "blocked": user.blocked_at.is_some(), "roles": user.roles,
            }));
        } else {
            output::say(&format!("{} {}.", user.email, self.act.told()));
        }
        Ok(())
    }

    /// The user as they are afterwards.
    async fn act(&self, node: &Node, stop: &CancellationToken) -> anyhow::Result<users::User> {
        let services = &node.services;
        node.caught_up(stop).await?;
        let email = EmailAddress::parse(self.act.email()).map_err(super::told)?;
        let nobody = || format!("nobody has an account with the address {email}");
        let user = users::by_email(services.pool(), &email).await?.with_context(nobody)?;
        let (id, metadata) = (user.id.to_string(), super::metadata());
        let operator = Operator::of_this_host();
        let done = match &self.act {
            Act::Block(Shutting { reason, .. }) => {
                acts::who::users::block(services, &operator.watcher(), &id, reason.clone(), &metadata).await
            }
            Act::Unblock(Shutting { reason, .. }) => {
                acts::who::users::unblock(services, &operator.watcher(), &id, reason.clone(), &metadata).await
            }
            Act::Grant(Giving { role, .. }) => {
                acts::who::users::grant(services, &operator.administrator(), &id, *role, &metadata).await
            }
            Act::Revoke(Giving { role, .. }) => {
                acts::who::users::revoke(services, &operator.administrator(), &id, *role, &metadata).await
            }
        };
        let (_, receipt) = done?;
        services.shown(receipt.position).await;
        users::get(services.pool(), UserId(user.id)).await?.with_context(nobody)
    }
}
