//! `skymailing suppressions`: addresses that are not written to any more, for those who have the command line.

use super::{new_file, output};
use crate::config::Config;
use crate::wire::Node;
use acts::address_book::import::Progress;
use acts::sheets::Delimiter;
use acts::suppressions::{Added, Export, Imported, Lifting, List};
use acts::who::Operator;
use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::suppression::{Lifter, Reason, Source};
use domain::{Code, EmailAddress, Language, SuppressionId, UserId};
use projections::columns::Word as _;
use projections::suppressions::{self, Filter, ScopeKind, Suppression};
use projections::{Access, users};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// How many bad rows are shown to people; `--json` has more of them.
const SHOWN: usize = 20;

/// Addresses that are not written to: show, add and lift them, import and export lists of them.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Show the addresses that are not written to, the latest first.
    List(Listing),
    /// Write to these addresses no more.
    Add(Adding),
    /// Let an address get letters again.
    Lift(Lifts),
    /// Write no more to the addresses in a CSV or XLSX file.
    Import(Importing),
    /// Write the list into a CSV file.
    Export(Exporting),
}

/// Whose list it is.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Whose {
    /// The address of the user whose list it is.
    #[arg(long, value_name = "ADDRESS")]
    user: Option<String>,
    /// The list of the installation, for everybody's mailings.
    #[arg(long)]
    installation: bool,
}

/// Which of the list.
#[derive(Debug, clap::Args)]
struct Which {
    /// Only addresses that have this in them, in any case.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only for this reason: `unsubscribed`, `dead`, `bounced`, `complained`, `by_hand` or `imported`.
    #[arg(long, value_name = "REASON", value_parser = reason)]
    reason: Option<Reason>,
    /// Also those that were lifted, or have come to their end.
    #[arg(long)]
    lifted: bool,
}

#[derive(Debug, clap::Args)]
struct Listing {
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    which: Which,
    /// How many at most.
    #[arg(long, value_name = "NUMBER", default_value = "100", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    first: u32,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Adding {
    /// The addresses.
    #[arg(required = true, value_name = "ADDRESS")]
    emails: Vec<String>,
    #[command(flatten)]
    whose: Whose,
    /// What there is to say about it.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Lifts {
    /// The id of the suppression, as `list` shows it.
    id: String,
    #[command(flatten)]
    whose: Whose,
    /// The reason, which is kept with the address.
    #[arg(long)]
    reason: String,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Importing {
    /// The file: one address in each line, or a column `email`, or what other programs and languages call it; XLSX, of which the first
    /// visible sheet with something in it is read, or CSV with comma, semicolon or tab, in UTF-8.
    file: PathBuf,
    #[command(flatten)]
    whose: Whose,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Exporting {
    /// The file to write, which must not be there yet; `-` for standard output.
    file: PathBuf,
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    which: Which,
    /// Put semicolons between columns, as spreadsheets expect it where numbers have a decimal comma.
    #[arg(long)]
    semicolons: bool,
}

/// A reason by its name.
fn reason(name: &str) -> Result<Reason, String> {
    let names = || Reason::ALL.map(Reason::name).join(", ");
    Reason::from_name(name).ok_or_else(|| format!("it is one of {}", names()))
}

impl Which {
    fn filter(&self, list: List, now: DateTime<Utc>) -> Filter {
        Filter {
            search: self.search.clone(),
            reason: self.reason,
            // Whoever may read all reads those of owners, too.
            scope: matches!(list, List::Installation(_)).then_some(ScopeKind::Installation),
            in_force: (!self.lifted).then_some((true, now)),
            ..Filter::default()
        }
    }
}

impl Act {
    fn whose(&self) -> &Whose {
        match self {
            Self::List(Listing { whose, .. })
            | Self::Add(Adding { whose, .. })
            | Self::Lift(Lifts { whose, .. })
            | Self::Import(Importing { whose, .. })
            | Self::Export(Exporting { whose, .. }) => whose,
        }
    }
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let email = self.act.whose().user.as_deref().map(EmailAddress::parse).transpose().map_err(super::told)?;
        if let Act::Import(Importing { file, .. }) = &self.act {
            // Before a database is waited for.
            std::fs::metadata(file).with_context(|| unread(file))?;
        }
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let done = self.act(&node, email.as_ref(), &stop).await;
        node.close().await?;
        if let Some(said) = done? {
            output::say(said.trim_end());
        }
        Ok(())
    }

    /// What is to be said when all is done.
    async fn act(
        &self,
        node: &Node,
        email: Option<&EmailAddress>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Option<String>> {
        node.caught_up(stop).await?;
        let list = list(node, email).await?;
        match &self.act {
            Act::List(listing) => listing.show(node, list).await.map(Some),
            Act::Add(adding) => adding.add(node, list).await.map(Some),
            Act::Lift(lifts) => lifts.lift(node, list).await.map(Some),
            Act::Import(importing) => importing.import(node, list, stop).await.map(Some),
            Act::Export(exporting) => exporting.export(node, list, stop).await,
        }
    }
}

/// The list of this user, or the installation's.
async fn list(node: &Node, email: Option<&EmailAddress>) -> anyhow::Result<List> {
    let operator = Operator::of_this_host();
    let Some(email) = email else { return Ok(List::Installation(operator.administrator().right())) };
    let user = users::by_email(node.services.pool(), email).await?;
    let user = user.with_context(|| format!("there is no user {email}"))?;
    Ok(List::Owner(operator.owner(UserId(user.id))))
}

/// What is read of a list.
fn access(list: List) -> Access {
    match list {
        List::Owner(owner) => Access::Owner(owner.id()),
        List::Installation(_) => Access::All,
    }
}

impl Listing {
    async fn show(&self, node: &Node, list: List) -> anyhow::Result<String> {
        let (pool, filter) = (node.services.pool(), self.which.filter(list, node.services.now()));
        let rows = suppressions::page(pool, access(list), &filter, None, self.first.into()).await?;
        let rows = rows.into_iter().map(|(_, row)| row).collect::<Result<Vec<Suppression>, _>>()?;
        if self.json {
            return Ok(Value::Array(rows.iter().map(told).collect()).to_string());
        }
        if rows.is_empty() {
            return Ok("There are none.".to_owned());
        }
        Ok(rows.iter().map(|row| line(row) + "\n").collect())
    }
}

/// A suppression for people.
fn line(row: &Suppression) -> String {
    let lifted = row.lifted_at.map(|at| format!(", lifted {}", at.date_naive())).unwrap_or_default();
    let until = row.until.map(|at| format!(", until {}", at.date_naive())).unwrap_or_default();
    let (reason, scope, since) = (row.reason.name(), row.scope.word(), row.suppressed_at.date_naive());
    format!("{}  {}  {reason} ({scope}) since {since}{until}{lifted}", row.id, row.email)
}

/// A suppression for programs.
fn told(row: &Suppression) -> Value {
    let file = match &row.source.0 {
        Source::File { file, row } => json!({ "file": file, "row": row }),
        Source::Recipient { .. } | Source::MailServer { .. } | Source::Report { .. } | Source::Person => Value::Null,
    };
    json!({
        "id": row.id,
        "email": row.email,
        "reason": row.reason.name(),
        "scope": row.scope.word(),
        "mailing": row.mailing_id,
        "topic": row.group_id,
        "source": row.source_kind.word(),
        "file": file,
        "note": row.note,
        "suppressed_at": row.suppressed_at,
        "until": row.until,
        "lifted_at": row.lifted_at,
        "lifted_by": row.lifted_by.map(Lifter::name),
        "lifted_why": row.lifted_why,
    })
}

impl Adding {
    async fn add(&self, node: &Node, list: List) -> anyhow::Result<String> {
        let (services, metadata) = (&node.services, super::metadata());
        let (addresses, remark) = (self.emails.clone(), self.note.clone());
        let added = match list {
            List::Owner(owner) => acts::suppressions::add(services, owner, addresses, remark, &metadata).await,
            List::Installation(by) => {
                acts::suppressions::add_to_installation(services, by, addresses, remark, &metadata).await
            }
        };
        let (Added { ids, added, already }, receipt) = added?;
        services.shown(receipt.position).await;
        if self.json {
            let ids: Vec<String> = ids.iter().map(SuppressionId::to_string).collect();
            return Ok(json!({ "ids": ids, "added": added, "already_there": already }).to_string());
        }
        Ok(format!("{added} added, {already} already there."))
    }
}

impl Lifts {
    async fn lift(&self, node: &Node, list: List) -> anyhow::Result<String> {
        let (services, metadata) = (&node.services, super::metadata());
        let by = match list {
            List::Owner(owner) => Lifting { owner: Some(owner), administrator: None },
            List::Installation(administrator) => Lifting { owner: None, administrator: Some(administrator) },
        };
        let lifted = acts::suppressions::lift(services, by, &self.id, self.reason.clone(), &metadata).await;
        let (id, receipt) = lifted?;
        services.shown(receipt.position).await;
        let row = suppressions::get(services.pool(), Access::All, id).await?;
        let row = row.context("it is lifted, and the list does not show it yet")?;
        if self.json {
            return Ok(told(&row).to_string());
        }
        Ok(format!("{} is written to again, as far as this goes ({}).", row.email, row.reason.name()))
    }
}

fn unread(file: &Path) -> String {
    format!("{} cannot be read", file.display())
}

impl Importing {
    async fn import(&self, node: &Node, list: List, stop: &CancellationToken) -> anyhow::Result<String> {
        let services = &node.services;
        let open = || unread(&self.file);
        let file = tokio::fs::File::open(&self.file).await.with_context(open)?;
        let size = file.metadata().await.with_context(open)?.len();
        let name = self.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let bar = super::import::progress_bar(size);
        let show = |progress: Progress| {
            bar.set_position(progress.bytes);
            bar.set_message(format!("{} addresses", progress.imported));
        };
        let metadata = super::metadata();
        let imported = tokio::select! {
            imported = acts::suppressions::import(services, list, file, &name, &metadata, Language::En, show) => imported,
            () = stop.cancelled() => anyhow::bail!("stopped; importing the same file again goes on where this ended"),
        };
        bar.finish_and_clear();
        let imported = imported?;
        if let Some(position) = imported.position {
            services.shown(position).await;
        }
        if self.json { Ok(serde_json::to_string(&imported)?) } else { Ok(report(&imported)) }
    }
}

fn report(imported: &Imported) -> String {
    let mut lines = vec![format!(
        "{} rows: {} suppressed, {} already there, {} not imported.",
        imported.rows,
        imported.suppressed,
        imported.already_there,
        imported.bad_rows(),
    )];
    if imported.passed_over > 0 {
        lines.push(format!(
            "Passed over (lifted, ended, or about one mailing or topic only): {} rows.",
            imported.passed_over
        ));
    }
    if let Some(rows) = imported.bad.get(&Code::QuotaReached) {
        lines.push(format!("The list is full (see QUOTA_SUPPRESSIONS): {rows} rows were left out for that."));
    }
    lines.extend(
        imported.problems.iter().take(SHOWN).map(|problem| format!("  line {}: {}", problem.line, problem.message)),
    );
    if imported.problems.len() > SHOWN {
        lines.push("  ... (all of them with --json)".to_owned());
    }
    if !imported.ignored_columns.is_empty() {
        lines.push(format!("Ignored columns: {}.", imported.ignored_columns.join(", ")));
    }
    lines.join("\n")
}

impl Exporting {
    async fn export(&self, node: &Node, list: List, stop: &CancellationToken) -> anyhow::Result<Option<String>> {
        let delimiter = if self.semicolons { Delimiter::Semicolon } else { Delimiter::Comma };
        let mut export =
            Export::new(&node.services, access(list), self.which.filter(list, node.services.now()), delimiter);
        new_file::write(&self.file, async || Ok(export.next().await?), stop).await?;
        let said = format!("{} addresses were exported to {}.", export.count(), self.file.display());
        Ok((!new_file::is_standard_output(&self.file)).then_some(said))
    }
}
