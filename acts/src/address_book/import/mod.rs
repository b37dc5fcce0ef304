//! Importing clients from what spreadsheets export.
//!
//! ```text
//! bytes ── workbook ──> CSV ── csv ──> records ── header ──> columns ── rows ──> clients and problems ── write ──> events
//! ```
//!
//! Rows are read, judged and appended in chunks: the next chunk is read while PostgreSQL appends the one before. Each
//! chunk is atomic, so an import that is killed leaves whole rows behind, and importing the same file again adds
//! exactly the rest. Memory does not grow with the file, except for 20 to 40 bytes per row that tell which line had a
//! repeated address first (see `rows::REMEMBERED`).

mod absent;
pub(crate) mod addresses;
mod csv;
mod first_line;
mod header;
mod mapping;
mod names;
mod report;
mod row_error;
mod rows;
mod update;
mod warning;
pub(crate) mod workbook;
mod write;

pub use first_line::{FirstLine, Named, first_line};
pub use mapping::Mapping;
pub use names::Field;
pub use report::{ImportError, ImportReport, ImportedColumn, KEPT_PROBLEMS, Progress, RowProblem};
pub use warning::Warning;

use crate::Services;
use crate::address_book::groups;
use crate::who::rights::Owner;
use csv::Reader;
use domain::{GroupId, Language};
use eventstore::{Metadata, StoreError};
use report::Tally;
use rows::Rows;
use tokio::io::AsyncRead;
use write::Writer;

/// How a file is imported.
#[derive(Clone, Debug, Default)]
pub struct How {
    /// What the columns mean whose names do not tell.
    pub mapping: Mapping,
    /// Whether clients that are in the address book already get what the file says of them. Empty cells erase nothing, and groups
    /// are joined and not left.
    pub update: bool,
    /// The id of a group that all of them join who are added or, with `update`, are there already; none for no group.
    pub group: Option<String>,
    /// Whether nothing is written: the report says what an import would do, and nobody is added or changed.
    pub dry_run: bool,
}

/// Into whose address book, and who is told what.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The services that the import writes through.
    pub services: &'a Services,
    /// The owner of the address book.
    pub owner: Owner,
    /// Who imports, and on whose request.
    pub metadata: &'a Metadata,
    /// The language of the report's sentences.
    pub language: Language,
}

/// Imports the clients of a CSV file, or of a workbook, into `owner`'s address book. `progress` is called after every chunk and at the end.
///
/// Bad rows are reported and the others imported, as long as the address book has room; an error means that the file is none, or that it could not be read
/// to its end. What was imported until then stays. The report's sentences are in `language`.
pub async fn import(
    services: &Services,
    owner: Owner,
    input: impl AsyncRead + Unpin + Send,
    metadata: &Metadata,
    language: Language,
    progress: impl FnMut(Progress) + Send,
) -> Result<ImportReport, ImportError> {
    import_telling(services, owner, input, metadata, language, progress, |_| {}).await
}

/// Like [`import`], and tells `problem` of every row that was not imported, in the order of the file; the report keeps
/// only the first [`KEPT_PROBLEMS`] of each code.
pub async fn import_telling(
    services: &Services,
    owner: Owner,
    input: impl AsyncRead + Unpin + Send,
    metadata: &Metadata,
    language: Language,
    progress: impl FnMut(Progress) + Send,
    problem: impl FnMut(&RowProblem) + Send,
) -> Result<ImportReport, ImportError> {
    let into = Target { services, owner, metadata, language };
    import_as(&How::default(), into, input, progress, problem).await
}

/// Like [`import_telling`], in a way of one's own.
pub async fn import_as(
    how: &How,
    into: Target<'_>,
    input: impl AsyncRead + Unpin + Send,
    progress: impl FnMut(Progress) + Send,
    problem: impl FnMut(&RowProblem) + Send,
) -> Result<ImportReport, ImportError> {
    let Target { services, owner, language, .. } = into;
    let _turn = services.quotas.imports().take(owner.id()).await.map_err(ImportError::Busy)?;
    let mut reader = Reader::new(workbook::opened(services, owner.id(), input).await?).await?;
    let line = header::first_line(&mut reader, &how.mapping).await?;
    let columns = header::columns(&line, &how.mapping)?;
    let group = group(into, how.group.as_deref()).await?;
    let mut warnings: Vec<Warning> =
        warning::ignored(&columns.ignored).map(|notable| Warning::told(&notable, language)).collect();
    let sheets = reader.sheet().and_then(workbook::Preamble::notable);
    warnings.extend(sheets.map(|notable| Warning::told(&notable, language)));
    let report = ImportReport {
        dry_run: how.dry_run,
        columns: header::meanings(&line, &columns),
        ignored_columns: columns.ignored.clone(),
        ..ImportReport::default()
    };
    let mut tally = Tally::new(report, progress, problem);
    let mut rows = Rows::new(reader, columns, owner.id(), language);
    let mut writer = Writer::new(into, how, group).await?;

    let (mut absent, mut several) = (absent::Found::new(), rows::Several::default());
    let mut next = rows.chunk().await?;
    while let Some(chunk) = next {
        let (written, read) = tokio::join!(writer.write(&chunk.rows), rows.chunk());
        tally.add(chunk.bytes, chunk.problems, written?);
        absent::add(&mut absent, chunk.absent);
        several.and(chunk.several);
        next = read?;
        // A file of bad rows in memory would never wait for anything.
        tokio::task::yield_now().await;
    }
    warnings.extend(warning::taken_for_empty(&absent).map(|notable| Warning::told(&notable, language)));
    warnings.extend(warning::several_addresses(&several).iter().map(|notable| Warning::told(notable, language)));
    Ok(tally.finish(rows.bytes(), warnings))
}

/// The group that all of them join, if one is named.
async fn group(into: Target<'_>, id: Option<&str>) -> Result<Option<GroupId>, ImportError> {
    let Some(id) = id else { return Ok(None) };
    let own = groups::own(into.services, into.owner.id(), &[id.to_owned()], &["groupId"]).await;
    let (groups, missing) = own.map_err(StoreError::from)?;
    match missing.into_iter().next() {
        Some(problem) => Err(ImportError::Group(problem.at(&["groupId"]))),
        None => Ok(groups.into_iter().next()),
    }
}
