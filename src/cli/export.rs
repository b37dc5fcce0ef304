//! `skymailing export`: an address book as a CSV file, or as a workbook.

use super::{new_file, output, segments};
use crate::config::Config;
use crate::wire::Node;
use acts::address_book::export::Export;
use acts::sheets::Delimiter;
use acts::who::Operator;
use anyhow::Context as _;
use api::Table;
use domain::{EmailAddress, GroupId, UserId};
use projections::clients::Filter;
use projections::{Access, users};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Csv,
    Xlsx,
}

impl Format {
    /// What the name of a file promises.
    fn of(file: &Path) -> Self {
        let is_workbook = |ending: &OsStr| ending.eq_ignore_ascii_case("xlsx");
        if file.extension().is_some_and(is_workbook) { Self::Xlsx } else { Self::Csv }
    }
}

/// Write the clients of a user into a CSV or XLSX file, as `import` takes it.
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
    /// The form of the file; unless it is said, XLSX if its name ends so, and CSV otherwise.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// In a CSV file, put semicolons between columns, as spreadsheets expect it where numbers have a decimal comma.
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
        match self.format.unwrap_or_else(|| Format::of(&self.file)) {
            Format::Csv => new_file::write(&self.file, async || Ok(export.next().await?), stop).await?,
            Format::Xlsx => new_file::write_table(&self.file, async || table(&mut export).await, stop).await?,
        }
        Ok(export.count())
    }
}

/// All clients that are exported. Their rows are in a temporary file, and not in memory.
async fn table(export: &mut Export) -> anyhow::Result<Table> {
    let mut table = Table::new(&export.columns().await?)?;
    while let Some(rows) = export.rows().await? {
        table.add(&rows)?;
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_tells_its_form() {
        for (name, format) in [
            ("clients.xlsx", Format::Xlsx),
            ("CLIENTS.XLSX", Format::Xlsx),
            ("clients.csv", Format::Csv),
            ("-", Format::Csv),
        ] {
            assert_eq!(Format::of(Path::new(name)), format, "{name}");
        }
    }
}
