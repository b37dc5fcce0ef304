//! `skymailing import`: clients from a CSV file, or from a workbook.

use super::output;
use crate::config::Config;
use crate::wire::Node;
use acts::address_book::import::{FileConsent, How, ImportReport, Progress, Target};
use acts::who::Operator;
use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, Utc};
use domain::import::Mode;
use domain::{Code, EmailAddress, GroupId, Language, UserId};
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
    /// Say which column is what, where its name does not tell: `--map first_name=Rufname`, or `--map field:city=Ort` for one of the
    /// user's own fields.
    #[arg(long, value_name = "FIELD=COLUMN")]
    map: Vec<String>,
    /// Which rows are taken: `add` adds clients, `update` changes those that are there, `add_and_update` does both; empty cells erase
    /// nothing.
    #[arg(long, value_parser = mode, conflicts_with = "update")]
    mode: Option<Mode>,
    /// The same as `--mode add_and_update`.
    #[arg(long)]
    update: bool,
    /// The words that the people of the file have agreed to; without it nothing is written about that.
    #[arg(long, value_name = "WORDING")]
    consent: Option<String>,
    /// The id of the group that is the topic of the consent; without it the consent is to all that the user sends.
    #[arg(long, value_name = "GROUP", requires = "consent")]
    consent_topic: Option<GroupId>,
    /// When they agreed, such as `2026-05-01` or `2026-05-01T10:00:00Z`, where no column tells it.
    #[arg(long, value_name = "MOMENT", requires = "consent", value_parser = moment)]
    consent_at: Option<DateTime<Utc>>,
    /// Write nothing, and say what would be imported.
    #[arg(long)]
    dry_run: bool,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let name = self.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mode = self.mode.unwrap_or(if self.update { Mode::AddAndUpdate } else { Mode::Add });
        let (topic, at) = (self.consent_topic, self.consent_at);
        let consent = self.consent.clone().map(|wording| FileConsent { wording, topic, at });
        let mut how = How { mode, consent, file: name, dry_run: self.dry_run, ..How::default() };
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

/// A mode by its name.
fn mode(name: &str) -> Result<Mode, String> {
    let names = || Mode::ALL.map(Mode::name).join(", ");
    Mode::from_name(name).ok_or_else(|| format!("it is one of {}", names()))
}

/// A moment, or the beginning of a day in UTC.
fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    let day = || text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0).map(|at| at.and_utc());
    let moment = DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc());
    moment
        .or_else(day)
        .ok_or_else(|| "it is a day, such as 2026-05-01, or a moment, such as 2026-05-01T10:00:00Z".to_owned())
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
    if report.not_there > 0 {
        output::say(&format!("{} are not there, and nobody was to be added.", report.not_there));
    }
    if report.suppressed > 0 {
        output::say(&format!("{} of the addresses are suppressed: nobody writes to them.", report.suppressed));
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
    if let Some(id) = report.import {
        output::say(&format!("It can be taken back: skymailing imports undo {id}"));
    }
}
