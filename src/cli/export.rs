//! `skymailing export`: an address book as a CSV file.

use super::output;
use crate::config::Config;
use crate::wire::Node;
use acts::address_book::export::{Delimiter, Export};
use acts::who::Operator;
use anyhow::Context as _;
use domain::{EmailAddress, GroupId, UserId};
use projections::clients::Filter;
use projections::users;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// In the place of a file's name: standard output.
const STANDARD_OUTPUT: &str = "-";

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
        if self.file != Path::new(STANDARD_OUTPUT) {
            output::say(&format!("{count} clients were exported to {}.", self.file.display()));
        }
        Ok(())
    }

    async fn write(&self, node: &Node, email: &EmailAddress, stop: &CancellationToken) -> anyhow::Result<u64> {
        node.caught_up(stop).await?;
        let owner = users::by_email(node.services.pool(), email).await?;
        let owner = owner.with_context(|| format!("there is no user {}", self.owner))?;
        let owner = Operator::of_this_host().owner(UserId(owner.id));
        let filter =
            Filter { group: self.group.map(|group| group.0), search: self.search.clone(), ..Filter::default() };
        let delimiter = if self.semicolons { Delimiter::Semicolon } else { Delimiter::Comma };
        let export = Export::new(&node.services, owner, filter, delimiter);
        if self.file == Path::new(STANDARD_OUTPUT) {
            return write(export, std::io::stdout().lock(), stop).await;
        }
        let cannot = || format!("{} cannot be written", self.file.display());
        // Addresses are nobody else's.
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.file).with_context(cannot)?;
        let written = write(export, file, stop).await;
        if written.is_err() {
            // Half of a file must not look like a whole one.
            std::fs::remove_file(&self.file).with_context(cannot)?;
        }
        written
    }
}

/// Writes all of it; how many clients there are. Nothing else waits in this process while a piece is written.
async fn write(mut export: Export, mut to: impl Write, stop: &CancellationToken) -> anyhow::Result<u64> {
    let all = async {
        while let Some(lines) = export.next().await? {
            to.write_all(lines.as_bytes())?;
        }
        to.flush()?;
        Ok(export.count())
    };
    tokio::select! {
        count = all => count,
        () = stop.cancelled() => anyhow::bail!("stopped before all clients were written"),
    }
}
