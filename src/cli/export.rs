//! `skymailing export`: an address book as a CSV file.

use super::{new_file, output, segments};
use crate::config::Config;
use crate::wire::Node;
use acts::address_book::export::Export;
use acts::sheets::Delimiter;
use acts::who::Operator;
use anyhow::Context as _;
use domain::{EmailAddress, GroupId, UserId};
use projections::clients::Filter;
use projections::{Access, users};
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;

/// Write the clients of a user into a CSV file, as `import` takes it.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The file to write, which must not be there yet; `-` for standard output.
    file: PathBuf,
    /// The address of the user whose clients they are.
    #[arg(long)]
    owner: String,
    /// Only those who belong to this group.
    #[arg(long, value_name = "ID")]
    group: Option<GroupId>,
    /// Only those who are in this segment now: its name in any case, or its id.
    #[arg(long, value_name = "NAME")]
    segment: Option<String>,
    /// Only those whose name, address or comment has this in it, in any case.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Put semicolons between columns, as spreadsheets expect it where numbers have a decimal comma.
    #[arg(long)]
    semicolons: bool,
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let email = EmailAddress::parse(&self.owner).map_err(super::told)?;
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let written = self.write(&node, &email, &stop).await;
        node.close().await?;
        let count = written?;
        if !new_file::is_standard_output(&self.file) {
            output::say(&format!("{count} clients were exported to {}.", self.file.display()));
        }
        Ok(())
    }

    async fn write(&self, node: &Node, email: &EmailAddress, stop: &CancellationToken) -> anyhow::Result<u64> {
        node.caught_up(stop).await?;
        let owner = users::by_email(node.services.pool(), email).await?;
        let owner = owner.with_context(|| format!("there is no user {}", self.owner))?;
        let owner = Operator::of_this_host().owner(UserId(owner.id));
        let segment = match &self.segment {
            Some(name) => {
                let found = segments::named(node.services.pool(), Access::Owner(owner.id()), name).await?;
                Some(found.filter)
            }
            None => None,
        };
        let group = self.group.map(|group| group.0);
        let filter = Filter { group, segment, search: self.search.clone(), ..Filter::default() };
        let delimiter = if self.semicolons { Delimiter::Semicolon } else { Delimiter::Comma };
        let mut export = Export::new(&node.services, owner, filter, delimiter);
        new_file::write(&self.file, async || Ok(export.next().await?), stop).await?;
        Ok(export.count())
    }
}
