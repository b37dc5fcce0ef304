//! `skymailing segments`: saved filters over a user's clients, for those who have the command line.

use super::output;
use crate::config::Config;
use crate::wire::Node;
use acts::address_book::conditions::{self, Written};
use acts::address_book::segments::{self, New};
use acts::who::Operator;
use acts::who::rights::Owner;
use anyhow::Context as _;
use domain::segment::Join;
use domain::{EmailAddress, Language, SegmentId, UserId};
use projections::segments::{self as read, Segment, filter};
use projections::{Access, Cursor, users};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// How many segments are read at a time.
const CHUNK: i64 = 100;

/// Segments of a user's clients: show, make and delete them.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Show the segments, the oldest first.
    List(Listing),
    /// Show what a segment asks of clients, and how many are in it now.
    Show(Showing),
    /// Make a segment.
    Create(Creating),
    /// Delete a segment; its clients stay.
    Delete(Deleting),
}

/// Whose segments they are, and how they are told.
#[derive(Debug, clap::Args)]
struct How {
    /// The address of the user whose segments they are.
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
struct Showing {
    /// The name of the segment in any case, or its id.
    name: String,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
struct Creating {
    /// The file that says what the segment is, as `show --json` prints it: its name, `join` (`all` or `any`) and the conditions; `-` for
    /// standard input.
    #[arg(long, value_name = "FILE")]
    from_json: PathBuf,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
struct Deleting {
    /// The name of the segment in any case, or its id.
    name: String,
    #[command(flatten)]
    how: How,
}

/// A segment as a file says it. What else stands there, as the output of `show --json` has it, does not matter.
#[derive(Debug, Deserialize)]
struct Described {
    name: String,
    join: Join,
    conditions: Vec<Written>,
}

impl Described {
    fn read(file: &Path) -> anyhow::Result<Self> {
        let cannot = || format!("{} cannot be read", file.display());
        let text = if file == Path::new("-") {
            std::io::read_to_string(std::io::stdin()).context("standard input cannot be read")?
        } else {
            std::fs::read_to_string(file).with_context(cannot)?
        };
        serde_json::from_str(&text).with_context(|| format!("{} does not say what a segment is", file.display()))
    }
}

impl Act {
    fn how(&self) -> &How {
        match self {
            Self::List(Listing { how })
            | Self::Show(Showing { how, .. })
            | Self::Create(Creating { how, .. })
            | Self::Delete(Deleting { how, .. }) => how,
        }
    }
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let email = EmailAddress::parse(&self.act.how().owner).map_err(super::told)?;
        let described = match &self.act {
            // Before a database is waited for.
            Act::Create(creating) => Some(Described::read(&creating.from_json)?),
            Act::List(_) | Act::Show(_) | Act::Delete(_) => None,
        };
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let done = self.act(&node, &email, described, &stop).await;
        node.close().await?;
        output::say(done?.trim_end());
        Ok(())
    }

    /// What is to be said when all is done.
    async fn act(
        &self,
        node: &Node,
        email: &EmailAddress,
        described: Option<Described>,
        stop: &CancellationToken,
    ) -> anyhow::Result<String> {
        node.caught_up(stop).await?;
        let user = users::by_email(node.services.pool(), email).await?;
        let user = user.with_context(|| format!("there is no user {email}"))?;
        let owner = Operator::of_this_host().owner(UserId(user.id));
        match (&self.act, described) {
            (Act::List(listing), _) => listing.show(node, owner).await,
            (Act::Show(showing), _) => showing.show(node, owner).await,
            (Act::Create(creating), Some(described)) => creating.create(node, owner, described).await,
            (Act::Create(_), None) => anyhow::bail!("nothing says what the segment is"),
            (Act::Delete(deleting), _) => deleting.delete(node, owner).await,
        }
    }
}

impl Listing {
    async fn show(&self, node: &Node, owner: Owner) -> anyhow::Result<String> {
        let rows = all(node.services.pool(), Access::Owner(owner.id())).await?;
        if self.how.json {
            return Ok(Value::Array(rows.iter().map(told).collect()).to_string());
        }
        if rows.is_empty() {
            return Ok("There are none.".to_owned());
        }
        Ok(rows.iter().map(|row| line(row) + "\n").collect())
    }
}

impl Showing {
    async fn show(&self, node: &Node, owner: Owner) -> anyhow::Result<String> {
        let (services, access) = (&node.services, Access::Owner(owner.id()));
        let row = named(services.pool(), access, &self.name).await?;
        let count = filter::count(services.pool(), access, &row.filter, services.now()).await?;
        if self.how.json {
            let mut told = told(&row);
            told["clients"] = count.into();
            return Ok(told.to_string());
        }
        let names = conditions::names(services, access, &[&row.filter]).await?;
        let said = |condition| format!("  {}\n", words::conditions::told(Language::En, condition, &names));
        let conditions: String = row.filter.conditions.iter().map(said).collect();
        let meets = match row.filter.join {
            Join::All => "all of this",
            Join::Any => "any of this",
        };
        Ok(format!("{}\nClients of whom {meets} is true:\n{conditions}Clients now: {count}", row.name))
    }
}

impl Creating {
    async fn create(&self, node: &Node, owner: Owner, described: Described) -> anyhow::Result<String> {
        let services = &node.services;
        let Described { name, join, conditions } = described;
        let filter = conditions::filter(services, owner, Some(&name), join, &conditions).await?;
        let (id, receipt) = segments::create(services, owner, None, New { name, filter }, &super::metadata()).await?;
        services.shown(receipt.position).await;
        let row = read::get(services.pool(), Access::Owner(owner.id()), id).await?;
        let row = row.context("it is written, and the list does not show it yet")?;
        Ok(if self.how.json { told(&row).to_string() } else { format!("Made: {}", line(&row)) })
    }
}

impl Deleting {
    async fn delete(&self, node: &Node, owner: Owner) -> anyhow::Result<String> {
        let services = &node.services;
        let row = named(services.pool(), Access::Owner(owner.id()), &self.name).await?;
        let (id, receipt) = segments::delete(services, owner, &row.id.to_string(), &super::metadata()).await?;
        services.shown(receipt.position).await;
        Ok(if self.how.json {
            json!({ "id": id.to_string(), "deleted": true }).to_string()
        } else {
            format!("The segment {:?} is deleted. Its clients stay.", row.name)
        })
    }
}

/// All segments that may be read, the oldest first.
async fn all(pool: &PgPool, access: Access) -> anyhow::Result<Vec<Segment>> {
    let (mut rows, mut after): (Vec<Segment>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = read::page(pool, access, None, after, CHUNK).await?;
        let Some((last, _)) = page.last() else { return Ok(rows) };
        after = Some(*last);
        for (_, row) in page {
            rows.push(row?);
        }
    }
}

/// The owner's segment of this name, in any case, or of this id.
pub(super) async fn named(pool: &PgPool, access: Access, name: &str) -> anyhow::Result<Segment> {
    let mut found = match name.parse::<SegmentId>() {
        Ok(id) => read::get(pool, access, id).await?,
        Err(_) => None,
    };
    if found.is_none() {
        let key = name.trim().to_lowercase();
        found = all(pool, access).await?.into_iter().find(|row| row.name.to_lowercase() == key);
    }
    found.with_context(|| format!("there is no segment {name:?}"))
}

/// A segment for people.
fn line(row: &Segment) -> String {
    let conditions = row.filter.conditions.len();
    format!("{}  {}  {conditions} condition{}", row.id, row.name, if conditions == 1 { "" } else { "s" })
}

/// A segment for programs.
fn told(row: &Segment) -> Value {
    let conditions: Vec<Written> = row.filter.conditions.iter().map(Written::from).collect();
    json!({
        "id": row.id,
        "name": row.name,
        "join": row.filter.join,
        "conditions": conditions,
        "created_at": row.created_at,
    })
}
