//! `skymailing import`: clients from a CSV file, or from a workbook.

use super::output;
use crate::config::Config;
use crate::wire::Node;
use acts::address_book::import::{How, ImportReport, Progress, Target};
use acts::who::Operator;
use anyhow::Context as _;
use domain::{Code, EmailAddress, Language, UserId};
use indicatif::{ProgressBar, ProgressStyle};
use projections::users;
use std::path::PathBuf;

/// How many bad rows are shown to people; `--json` has more of them.
const SHOWN: usize = 20;

/// Import clients from a CSV or XLSX file.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The file, with the columns `email`, `full_name` (or `first_name`, `middle_name`, `last_name`), `comment` and `groups`, or
    /// what other programs and languages call them: XLSX, of which the first visible sheet with something in it is read, or CSV
    /// with comma, semicolon or tab, in UTF-8.
    file: PathBuf,
    /// The address of the user whose clients they become.
    #[arg(long)]
    owner: String,
    /// Say which column is what, where its name does not tell: `--map first_name=Rufname`.
    #[arg(long, value_name = "FIELD=COLUMN")]
    map: Vec<String>,
    /// Change clients that are there already; empty cells erase nothing.
    #[arg(long)]
    update: bool,
    /// Write nothing, and say what would be imported.
    #[arg(long)]
    dry_run: bool,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let mut how = How { update: self.update, dry_run: self.dry_run, ..How::default() };
        for mapping in &self.map {
            how.mapping.add_text(mapping)?;
        }
        let open = || format!("{} cannot be read", self.file.display());
        let file = tokio::fs::File::open(&self.file).await.with_context(open)?;
        let size = file.metadata().await.with_context(open)?.len();
        let email = EmailAddress::parse(&self.owner).map_err(super::told)?;
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let imported = async {
            node.caught_up(&stop).await?;
            let owner = users::by_email(node.services.pool(), &email).await?;
            let owner = owner.with_context(|| format!("there is no user {}", self.owner))?;
            let bar = progress_bar(size);
            let metadata = super::metadata();
            let into = Target {
                services: &node.services,
                owner: Operator::of_this_host().owner(UserId(owner.id)),
                metadata: &metadata,
                language: Language::En,
            };
            let report = tokio::select! {
                report = acts::address_book::import::import_as(&how, into, file, |progress| show(&bar, progress), |_| {}) => report,
                () = stop.cancelled() => anyhow::bail!("stopped; importing the same file again goes on where this ended"),
            };
            bar.finish_and_clear();
            let report = report?;
            if let Some(position) = report.position {
                node.services.shown(position).await;
            }
            Ok(report)
        };
        let report = imported.await;
        node.close().await?;
        let report = report?;
        if self.json {
            output::say_json(&serde_json::to_value(&report)?);
        } else {
            tell(&report);
        }
        Ok(())
    }
}

/// A bar over the bytes of a file, on standard error.
pub(super) fn progress_bar(size: u64) -> ProgressBar {
    let bar = ProgressBar::new(size);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3}%  {msg}  {elapsed} (still {eta})") {
        bar.set_style(style);
    }
    bar
}

/// Moves the bar.
pub(super) fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_position(progress.bytes);
    bar.set_message(format!("{} clients imported", progress.imported));
}

fn tell(report: &ImportReport) {
    if report.dry_run {
        output::say("Nothing was written. An import would do this:");
    }
    output::say(&format!(
        "{} rows: {} imported, {} already there, {} not imported; {} groups created.",
        report.rows,
        report.imported,
        report.already_there,
        report.bad_rows(),
        report.groups_created,
    ));
    if report.updated > 0 {
        output::say(&format!("{} of those that were there are changed.", report.updated));
    }
    if let Some(rows) = report.bad.get(&Code::QuotaReached) {
        output::say(&format!("The address book is full (see QUOTA_CLIENTS): {rows} rows were left out for that."));
    }
    for problem in report.problems.iter().take(SHOWN) {
        output::say(&format!("  line {}: {}", problem.line, problem.message));
    }
    if report.problems.len() > SHOWN {
        output::say("  ... (all of them with --json)");
    }
    for warning in &report.warnings {
        output::say(&format!("Warning: {}.", warning.message));
    }
    if !report.ignored_columns.is_empty() {
        output::say(&format!("Ignored columns: {}.", report.ignored_columns.join(", ")));
    }
}
