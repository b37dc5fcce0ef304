//! Files of clients that are looked at before they are imported, and imports that go on when nobody waits for them.
//!
//! ```text
//! bytes ── keep ──> pieces in PostgreSQL ── look ──> what an import would do ── import ──> clients, and a report
//! ```
//!
//! Of a workbook the table is kept that becomes of it. A look and an import are the same reading ([`super::import`]); a look writes nothing. Both are work that may take a minute, so
//! a task does them and leaves word every second of how far it is: pages on any node show it, and whoever has waited enough may
//! leave. If the task's node goes away, the word grows old, and the work can be begun again: clients that are there already are
//! not added twice.

mod file;
mod keep;
mod work;

pub use keep::Keeping;
pub use work::{import, look};

use super::import::{FileConsent, How, ImportReport, Mapping, Meaning, Named, Previewed, Progress};
use crate::Services;
use crate::refusal::Refused;
use crate::who::rights::Owner;
use chrono::{DateTime, TimeDelta, Utc};
use domain::custom_field::{Key, Label};
use domain::import::Mode;
use domain::{ImportId, group};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use std::borrow::Cow;
use uuid::Uuid;

/// How many files of one owner are kept that are there as a whole. Whoever brings in another one gives up the oldest.
const KEPT: i64 = 3;

/// How many files of one owner come at the same time. Whoever begins to send another one gives up the oldest.
const COMING: i64 = 2;

/// How long a file is kept that nobody imports.
const LIFE: TimeDelta = TimeDelta::days(1);

/// How old the last word of a task may be before it is taken for dead.
const SILENCE: TimeDelta = TimeDelta::seconds(15);

/// How many problems of rows are kept to be shown; all are counted.
const SHOWN: usize = 100;

/// How a file is to be imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wishes {
    /// What columns are, by the usual names of their meanings and their own names; none as long as their names are to tell.
    pub columns: Option<Vec<(String, String)>>,
    /// The keys and names of fields that the owner's clients get with the import.
    pub new_fields: Vec<(String, String)>,
    /// Which rows are taken.
    pub mode: Mode,
    /// The id of the group that all of them join.
    pub group: Option<String>,
    /// The name of a group that is to be made for them when they are imported.
    pub new_group: Option<String>,
    /// What the people of the file have agreed to; none if nobody says that they have.
    pub consent: Option<FileConsent>,
}

impl Wishes {
    /// The same as an import of a file takes it. A column that cannot be meant is left out. A file has one import, of the same id:
    /// one that broke off goes on.
    fn how(&self, dry_run: bool, (id, file): (Uuid, &str)) -> How {
        let mut mapping = Mapping::default();
        for (meaning, column) in self.columns.iter().flatten() {
            if let Some(meaning) = Meaning::of_name(meaning) {
                // Two columns of one meaning: the form that wished for it has said so.
                let _: Result<(), _> = mapping.add(meaning, column);
            }
        }
        How {
            mapping: mapping.only(self.columns.is_some()),
            mode: self.mode,
            group: self.group.clone(),
            // The form that wished for it has seen that it is a name.
            new_group: self.new_group.as_deref().and_then(|name| group::Name::parse(name).ok()),
            new_fields: self.new_fields(),
            consent: self.consent.clone(),
            file: file.to_owned(),
            id: Some(ImportId(id)),
            dry_run,
        }
    }

    fn new_fields(&self) -> Vec<(Key, Label)> {
        let read = |(key, label): &(String, String)| Some((Key::parse(key).ok()?, Label::parse(label).ok()?));
        self.new_fields.iter().filter_map(read).collect()
    }

    /// Whether a look that was made with these says what an import with the others does, but for the group and the consent.
    #[must_use]
    pub fn read_like(&self, others: &Self) -> bool {
        self.columns == others.columns && self.mode == others.mode && self.new_fields == others.new_fields
    }
}

/// A column of a file, as a look has found it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What stands in it first.
    pub example: String,
    /// The usual name of what it is taken for; none if it is not read.
    pub field: Option<String>,
}

/// What is wrong with a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRow {
    /// The line on which it begins.
    pub line: u64,
    /// The usual name of the column that is to blame.
    pub field: Option<String>,
    /// What stands there.
    pub value: Option<String>,
    /// A sentence about it, in the language of whoever had the file read.
    pub said: String,
}

/// What an import has done, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// How many rows there are.
    pub rows: u64,
    /// How many of them are new clients.
    pub imported: u64,
    /// How many of them change a client.
    pub updated: u64,
    /// How many of them change nothing, as their clients are there.
    pub already_there: u64,
    /// How many of them change nothing, as their clients are not there and nobody is added.
    pub not_there: u64,
    /// How many of the file's addresses nobody writes to at present.
    pub suppressed: u64,
    /// How many cannot be imported.
    pub bad: u64,
    /// How many groups are new.
    pub groups_created: u64,
    /// The first of the rows that cannot be imported.
    pub bad_rows: Vec<BadRow>,
    /// What is imported otherwise than somebody may have meant.
    pub warnings: Vec<String>,
    /// The first rows as they would be imported.
    pub preview: Vec<Previewed>,
    /// The import, by which it can be taken back; none if nothing was written.
    pub import: Option<Uuid>,
    /// The id of the group that all of them have joined, if it was made for them.
    pub group: Option<Uuid>,
}

impl From<ImportReport> for Summary {
    fn from(report: ImportReport) -> Self {
        let bad = report.bad_rows();
        // Those who are there already are no mistakes.
        let told = report.problems.into_iter().filter(|problem| report.bad.contains_key(&problem.code));
        let bad_rows = told.take(SHOWN).map(|problem| BadRow {
            line: problem.line,
            field: problem.field.map(Cow::into_owned),
            value: problem.value,
            said: problem.message,
        });
        Self {
            rows: report.rows,
            imported: report.imported,
            updated: report.updated,
            already_there: report.already_there,
            not_there: report.not_there,
            suppressed: report.suppressed,
            bad,
            groups_created: report.groups_created,
            bad_rows: bad_rows.collect(),
            warnings: report.warnings.into_iter().map(|warning| warning.message).collect(),
            preview: report.preview,
            import: report.import.map(Uuid::from),
            group: report.group.map(Uuid::from),
        }
    }
}

/// What a look has found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Look {
    /// The file's columns.
    pub columns: Vec<Column>,
    /// Why nothing of it can be imported like this, with its code.
    pub refused: Option<(String, String)>,
    /// What an import would do; none if it would do nothing.
    pub summary: Option<Summary>,
    /// With which wishes it was looked at.
    pub wishes: Wishes,
}

impl From<Named> for Column {
    fn from(column: Named) -> Self {
        let Named { name, example, field } = column;
        Self { name, example, field: field.map(|meaning| meaning.name().into_owned()) }
    }
}

/// How far a file is.
#[expect(clippy::large_enum_variant, reason = "a few of them are shown at a time")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is being looked at.
    Looking,
    /// It has been looked at.
    Looked(Look),
    /// A look ended before the end of the file.
    LookBrokeOff,
    /// It is being imported.
    Importing,
    /// An import ended before the end of the file. What was imported until then stays.
    BrokeOff,
    /// It has been imported, and only the report is left of it.
    Imported(Summary),
}

/// A file of clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The id of the file.
    pub id: Uuid,
    /// What the file was called.
    pub name: String,
    /// How many bytes it has.
    pub size: u64,
    /// When it came.
    pub created_at: DateTime<Utc>,
    /// When it is thrown away.
    pub expires_at: DateTime<Utc>,
    /// How it is to be imported.
    pub wishes: Wishes,
    /// How far it is.
    pub stage: Stage,
    /// How far the work at it is.
    pub progress: Progress,
    /// Why the work ended before its end, in the language of whoever began it.
    pub said: Option<String>,
}

struct Row {
    id: Uuid,
    name: String,
    size: i64,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    wishes: Json<Wishes>,
    is_import: bool,
    at_work: bool,
    progress: Json<Progress>,
    look: Option<Json<Look>>,
    report: Option<Json<Summary>>,
    said: Option<String>,
}

impl From<Row> for Upload {
    fn from(row: Row) -> Self {
        let stage = match (row.report, row.is_import, row.at_work, row.look) {
            (Some(report), ..) => Stage::Imported(report.0),
            (None, true, true, _) => Stage::Importing,
            (None, true, false, _) => Stage::BrokeOff,
            (None, false, true, _) => Stage::Looking,
            (None, false, false, Some(look)) => Stage::Looked(look.0),
            (None, false, false, None) => Stage::LookBrokeOff,
        };
        Self {
            id: row.id,
            name: row.name,
            size: u64::try_from(row.size).unwrap_or(0),
            created_at: row.created_at,
            expires_at: row.expires_at,
            wishes: row.wishes.0,
            stage,
            progress: row.progress.0,
            said: row.said,
        }
    }
}

/// The files of an owner that are there as a whole, the newest first.
pub async fn all(services: &Services, owner: Owner) -> Result<Vec<Upload>, sqlx::Error> {
    of(services, owner, None).await
}

/// One of an owner's files; `None` if there is none of this id.
pub async fn get(services: &Services, owner: Owner, id: Uuid) -> Result<Option<Upload>, sqlx::Error> {
    Ok(of(services, owner, Some(id)).await?.pop())
}

async fn of(services: &Services, owner: Owner, id: Option<Uuid>) -> Result<Vec<Upload>, sqlx::Error> {
    let now = services.now();
    let rows = sqlx::query_as!(
        Row,
        r#"select id, name, size as "size!", created_at, expires_at, wishes as "wishes: Json<Wishes>", is_import,
                  job is not null and beat_at > $3 as "at_work!", progress as "progress: Json<Progress>",
                  look as "look: Json<Look>", report as "report: Json<Summary>", said
             from uploads
            where owner_id = $1 and ($2::uuid is null or id = $2) and size is not null and expires_at > $4
            order by created_at desc"#,
        owner.id().0,
        id,
        now - SILENCE,
        now,
    )
    .fetch_all(services.pool())
    .await?;
    Ok(rows.into_iter().map(Upload::from).collect())
}

/// Throws a file away. Work at it stops within a second or two; what was imported until then stays.
pub async fn discard(services: &Services, owner: Owner, id: Uuid) -> Result<(), Refused> {
    sqlx::query!("delete from uploads where owner_id = $1 and id = $2", owner.id().0, id)
        .execute(services.pool())
        .await?;
    Ok(())
}
