//! `skymailing fields`: the fields of a user's own that their clients have.

use super::output;
use crate::config::Config;
use crate::wire::Node;
use acts::address_book::custom_fields::{self, New};
use acts::who::Operator;
use acts::who::rights::Owner;
use anyhow::Context as _;
use domain::custom_field::{Key, Kind};
use domain::{CustomFieldId, EmailAddress, UserId};
use projections::custom_fields::{self as read, CustomField};
use projections::{Access, users};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// The fields that the clients of a user have beside name and address: show, define, rename and remove them.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Show the fields, in the order in which they were defined.
    List(Listing),
    /// Give the clients a field, also one that was removed.
    Define(Defining),
    /// Let people see another name; the key stays.
    Rename(Renaming),
    /// Take a field away; what clients have in it is kept, and shown no more.
    Remove(Removing),
}

/// Whose fields they are, and how they are told.
#[derive(Debug, clap::Args)]
struct How {
    /// The address of the user whose fields they are.
    #[arg(long, value_name = "ADDRESS")]
    owner: String,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Listing {
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
struct Defining {
    /// What letters and files call it, such as `city`; letters say `{{city}}`.
    key: String,
    /// What people see; without it, the key as it was typed.
    label: Option<String>,
    /// What its values are: `text`, `number`, `date` or `yes_no`.
    #[arg(long, value_name = "KIND", default_value = "text", value_parser = kind)]
    kind: Kind,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
struct Renaming {
    /// The key of the field, as `list` shows it.
    key: String,
    /// What people see from now on.
    label: String,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
struct Removing {
    /// The key of the field, as `list` shows it.
    key: String,
    #[command(flatten)]
    how: How,
}

/// A kind by its name.
fn kind(name: &str) -> Result<Kind, String> {
    let names = || Kind::ALL.map(Kind::name).join(", ");
    Kind::from_name(name).ok_or_else(|| format!("it is one of {}", names()))
}

impl Act {
    fn how(&self) -> &How {
        match self {
            Self::List(Listing { how })
            | Self::Define(Defining { how, .. })
            | Self::Rename(Renaming { how, .. })
            | Self::Remove(Removing { how, .. }) => how,
        }
    }
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let email = EmailAddress::parse(&self.act.how().owner).map_err(super::told)?;
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let done = self.act(&node, &email, &stop).await;
        node.close().await?;
        output::say(done?.trim_end());
        Ok(())
    }

    /// What is to be said when all is done.
    async fn act(&self, node: &Node, email: &EmailAddress, stop: &CancellationToken) -> anyhow::Result<String> {
        node.caught_up(stop).await?;
        let user = users::by_email(node.services.pool(), email).await?;
        let user = user.with_context(|| format!("there is no user {email}"))?;
        let owner = Operator::of_this_host().owner(UserId(user.id));
        match &self.act {
            Act::List(listing) => listing.show(node, owner).await,
            Act::Define(defining) => defining.define(node, owner).await,
            Act::Rename(renaming) => renaming.rename(node, owner).await,
            Act::Remove(removing) => removing.remove(node, owner).await,
        }
    }
}

impl Listing {
    async fn show(&self, node: &Node, owner: Owner) -> anyhow::Result<String> {
        let rows = read::all(node.services.pool(), Access::Owner(owner.id())).await?;
        if self.how.json {
            return Ok(Value::Array(rows.iter().map(told).collect()).to_string());
        }
        if rows.is_empty() {
            return Ok("There are none.".to_owned());
        }
        Ok(rows.iter().map(|row| line(row) + "\n").collect())
    }
}

impl Defining {
    async fn define(&self, node: &Node, owner: Owner) -> anyhow::Result<String> {
        let label = self.label.clone().unwrap_or_else(|| self.key.clone());
        let new = New { key: self.key.clone(), label, kind: self.kind };
        let (id, receipt) = custom_fields::define(&node.services, owner, new, &super::metadata()).await?;
        node.services.shown(receipt.position).await;
        let row = one(node, owner, id).await?;
        Ok(if self.how.json { told(&row).to_string() } else { format!("Defined: {}", line(&row)) })
    }
}

impl Renaming {
    async fn rename(&self, node: &Node, owner: Owner) -> anyhow::Result<String> {
        let id = id(owner, &self.key)?.to_string();
        let (services, metadata) = (&node.services, super::metadata());
        let (id, receipt) = custom_fields::rename(services, owner, &id, None, &self.label, &metadata).await?;
        services.shown(receipt.position).await;
        let row = one(node, owner, id).await?;
        Ok(if self.how.json { told(&row).to_string() } else { format!("Renamed: {}", line(&row)) })
    }
}

impl Removing {
    async fn remove(&self, node: &Node, owner: Owner) -> anyhow::Result<String> {
        let id = id(owner, &self.key)?.to_string();
        let (id, receipt) = custom_fields::remove(&node.services, owner, &id, &super::metadata()).await?;
        node.services.shown(receipt.position).await;
        Ok(if self.how.json {
            json!({ "id": id.to_string(), "removed": true }).to_string()
        } else {
            "The field is removed. What clients have in it is kept, and shown no more.".to_owned()
        })
    }
}

/// The id of the owner's field with this key.
fn id(owner: Owner, key: &str) -> anyhow::Result<CustomFieldId> {
    Ok(CustomFieldId::derive(owner.id(), &Key::parse(key).map_err(super::told)?))
}

/// A field that was written just now.
async fn one(node: &Node, owner: Owner, id: CustomFieldId) -> anyhow::Result<CustomField> {
    let row = read::by_ids(node.services.pool(), Access::Owner(owner.id()), &[id.0]).await?.pop();
    row.context("it is written, and the list does not show it yet")
}

/// A field for people.
fn line(row: &CustomField) -> String {
    format!("{}  {}  {}  {{{{{}}}}}", row.key, row.kind.name(), row.label, row.key)
}

/// A field for programs.
fn told(row: &CustomField) -> Value {
    json!({
        "id": row.id,
        "key": row.key,
        "label": row.label,
        "kind": row.kind.name(),
        "defined_at": row.defined_at,
    })
}
