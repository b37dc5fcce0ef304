//! `skymailing audit`: what happened, for those who have the command line.

use super::{new_file, output};
use crate::config::Config;
use crate::wire::Node;
use acts::audit::export::{Export, Form, Reader};
use acts::sheets::Delimiter;
use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::{EmailAddress, Language, StreamKind, UserId};
use projections::audit::{By, Filter, Unread};
use projections::{Access, users};
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Ask the log of everything that happened.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Write events into a file: JSON Lines, or CSV if its name ends so.
    Export(Box<Exporting>),
}

#[derive(Debug, clap::Args)]
struct Exporting {
    /// The file, which must not be there yet. With `-` it goes to standard output.
    file: PathBuf,
    /// CSV, whatever the file is called.
    #[arg(long)]
    csv: bool,
    /// Only what belongs to the user with this address.
    #[arg(long, value_name = "ADDRESS")]
    owner: Option<String>,
    /// Only what this one caused: the id of a user, `system` or `command_line`.
    #[arg(long, value_name = "ACTOR", value_parser = by)]
    actor: Option<By>,
    /// Only what happened to the object of this id.
    #[arg(long, value_name = "ID")]
    object: Option<Uuid>,
    /// Only what happened to such objects, such as `mailing` or `client`.
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: Option<StreamKind>,
    /// Only events of this name, such as `Paused`.
    #[arg(long = "type", value_name = "NAME")]
    event_type: Option<String>,
    /// Only what was recorded at this moment or later, such as `2026-05-01T10:00:00Z`.
    #[arg(long, value_name = "MOMENT")]
    from: Option<DateTime<Utc>>,
    /// Only what was recorded before this moment.
    #[arg(long, value_name = "MOMENT")]
    to: Option<DateTime<Utc>>,
    /// Only what belongs to this course of things.
    #[arg(long, value_name = "ID")]
    correlation: Option<Uuid>,
    /// Only events that have this text in their data, in any case.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Sentences in this language, en or ru.
    #[arg(long, value_name = "en|ru", default_value = "en")]
    language: Language,
}

fn by(text: &str) -> Result<By, String> {
    match text {
        "system" => Ok(By::System),
        "command_line" => Ok(By::CommandLine),
        user => user.parse().map(By::User).map_err(|_| "it is the id of a user, system or command_line".to_owned()),
    }
}

fn kind(text: &str) -> Result<StreamKind, String> {
    let all = StreamKind::ALL.map(StreamKind::name).join(", ");
    StreamKind::from_name(text).ok_or_else(|| format!("it is one of {all}"))
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let Act::Export(exporting) = self.act;
        let owner = exporting.owner.as_deref().map(EmailAddress::parse).transpose().map_err(super::told)?;
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let exported = exporting.export(&node, owner.as_ref(), &stop).await;
        node.close().await?;
        if let Some(said) = exported? {
            output::say(&said);
        }
        Ok(())
    }
}

impl Exporting {
    async fn export(
        &self,
        node: &Node,
        owner: Option<&EmailAddress>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Option<String>> {
        node.caught_up(stop).await?;
        let owner = match owner {
            None => None,
            Some(owner) => {
                let user = users::by_email(node.services.pool(), owner).await?;
                Some(UserId(user.with_context(|| format!("there is no user {owner}"))?.id))
            }
        };
        let filter = Filter {
            owner,
            actor: self.actor,
            object: self.object,
            kind: self.kind,
            event_type: self.event_type.clone(),
            since: self.from,
            until: self.to,
            correlation: self.correlation,
            text: self.search.clone(),
            unread: Unread::default(),
        };
        let is_csv = self.csv || self.file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
        let form = if is_csv { Form::Csv(Delimiter::Comma) } else { Form::JsonLines };
        let reader = (Reader::Operator, self.language);
        let mut export = Export::new(&node.services, Access::All, filter, reader, form);
        new_file::write(&self.file, async || Ok(export.next().await?), stop).await?;
        let said = format!("{} events were exported to {}.", export.count(), self.file.display());
        Ok((!new_file::is_standard_output(&self.file)).then_some(said))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actors_and_kinds_are_read_as_they_are_written_and_nothing_else_is() {
        assert_eq!((by("system"), by("command_line")), (Ok(By::System), Ok(By::CommandLine)));
        let ann = Uuid::from_u128(7);
        assert_eq!(by(&ann.to_string()), Ok(By::User(UserId(ann))));
        assert!(by("somebody").is_err());
        assert_eq!(kind("sender_domain"), Ok(StreamKind::SenderDomain));
        assert!(kind("Mailing").is_err_and(|said| said.contains("mailing, run")));
    }
}
