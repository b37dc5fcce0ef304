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
//!
//! An import that writes anything is a stream of its own, which begins with the first clients that it writes. All that it does has the
//! import as its correlation, by which it can be taken back as a whole ([`super::imports`]).

mod absent;
pub(crate) mod addresses;
mod csv;
mod error;
mod first_line;
mod group_names;
mod header;
mod how;
mod mapping;
mod moments;
mod names;
mod own_field;
mod preamble;
mod preview;
mod report;
mod room;
mod row_error;
mod row_problem;
mod rows;
mod update;
mod warning;
pub(crate) mod workbook;
mod write;
mod written;

pub use error::ImportError;
pub use first_line::{FirstLine, Named, first_line};
pub use header::ImportedColumn;
pub use how::{FileConsent, How, Target};
pub use mapping::Mapping;
pub use names::{Field, Meaning};
pub use own_field::{OwnField, own_fields};
pub use preview::{Becomes, Previewed};
pub use report::{ImportReport, KEPT_PROBLEMS, Progress};
pub use row_problem::RowProblem;
pub use warning::Warning;

use crate::Services;
use crate::address_book::{consent, groups};
use crate::refusal::Problem;
use crate::who::rights::Owner;
use csv::Reader;
use domain::suppression::Scope;
use domain::{GroupId, ImportId, Language, mailing};
use eventstore::{Metadata, StoreError};
use how::shortened;
use preamble::Preamble;
use projections::ReadError;
use projections::suppressions::guard;
use report::Tally;
use rows::{Of, Row, Rows};
use tokio::io::AsyncRead;
use uuid::Uuid;
use words::import::RowError;
use write::Writer;

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
    let id = how.id.unwrap_or_else(|| ImportId(Uuid::now_v7()));
    // All that it does belongs together, and to the import.
    let metadata = Metadata { correlation_id: id.0, ..into.metadata.clone() };
    let into = Target { metadata: &metadata, ..into };
    let own = own_fields(services, owner, &how.new_fields).await.map_err(unread)?;
    let mut reader = Reader::new(workbook::opened(services, owner.id(), input).await?).await?;
    let line = header::first_line(&mut reader, &how.mapping, &own).await?;
    let columns = header::columns(&line, &how.mapping, &own)?;
    let group = group(into, how.group.as_deref()).await?;
    let agreed = agreed(into, how.consent.as_ref()).await?;
    let mut warnings: Vec<Warning> =
        warning::ignored(&columns.ignored).map(|notable| Warning::told(&notable, language)).collect();
    let sheets = reader.sheet().and_then(Preamble::notable);
    warnings.extend(sheets.map(|notable| Warning::told(&notable, language)));
    let report = ImportReport {
        dry_run: how.dry_run,
        columns: header::meanings(&line, &columns),
        ignored_columns: columns.ignored.clone(),
        ..ImportReport::default()
    };
    let mut tally = Tally::new(report, progress, problem);
    let of = Of { owner: owner.id(), import: id, file: shortened(&how.file), consent: agreed, now: services.now() };
    let mut rows = Rows::new(reader, columns, of, language);
    let mut writer = Writer::new(into, how, (id, group), own.len()).await?;
    let scopes = suppressing(into).await?;

    let (mut absent, mut several) = (absent::Found::new(), rows::Several::default());
    let mut preview = Vec::new();
    let mut next = rows.chunk().await?;
    while let Some(chunk) = next {
        let (written, read, suppressed) =
            tokio::join!(writer.write(&chunk.rows), rows.chunk(), suppressed(services, &scopes, &chunk.rows));
        let written = written?;
        if how.dry_run {
            preview::add(&mut preview, &chunk, &written);
        }
        tally.add(chunk.bytes, chunk.problems, written);
        tally.report().suppressed += suppressed?;
        absent::add(&mut absent, chunk.absent);
        several.and(chunk.several);
        next = read?;
        // A file of bad rows in memory would never wait for anything.
        tokio::task::yield_now().await;
    }
    warnings.extend(warning::taken_for_empty(&absent).map(|notable| Warning::told(&notable, language)));
    warnings.extend(warning::several_addresses(&several).iter().map(|notable| Warning::told(notable, language)));
    writer.finish(tally.report()).await?;
    tally.report().preview = preview;
    Ok(tally.finish(rows.bytes(), warnings))
}

fn unread(error: ReadError) -> ImportError {
    match error {
        ReadError::Database(error) => ImportError::Store(error.into()),
        ReadError::Unreadable(error) => ImportError::Unreadable(error),
    }
}

/// What the people of a file have agreed to, in the words as they are kept. What shows nothing is refused: a consent without words, to a
/// topic that is none of the owner's, or of a day that is yet to come.
async fn agreed(into: Target<'_>, consent: Option<&FileConsent>) -> Result<Option<FileConsent>, ImportError> {
    let Some(consent) = consent else { return Ok(None) };
    let refused = |problem: Problem, field| ImportError::Refused(problem.at(&["consent", field]));
    let wording = consent::wording(consent.wording.clone(), &["wording"]).map_err(|error| refused(error, "wording"))?;
    let read = FileConsent { wording, ..consent.clone() };
    if let Some(at) = consent.at.filter(|at| *at > into.services.now()) {
        let error = RowError::MomentInvalid { value: at.to_rfc3339() };
        return Err(refused(Problem::of(&error), "at"));
    }
    let Some(topic) = consent.topic else { return Ok(Some(read)) };
    let own = groups::own(into.services, into.owner.id(), &[topic.to_string()], &["topicId"]).await;
    match own.map_err(StoreError::from)?.1.into_iter().next() {
        Some(problem) => Err(refused(problem, "topicId")),
        None => Ok(Some(read)),
    }
}

/// The scopes in which anybody is suppressed whose letters the owner sends.
async fn suppressing(into: Target<'_>) -> Result<Vec<Uuid>, StoreError> {
    let scopes = [Scope::Installation, Scope::Owner { owner: into.owner.id() }].map(Scope::id);
    Ok(guard::in_use(into.services.pool(), &scopes).await?)
}

/// How many of the rows' addresses nobody writes to at present.
async fn suppressed(services: &Services, scopes: &[Uuid], rows: &[Row]) -> Result<u64, StoreError> {
    if scopes.is_empty() || rows.is_empty() {
        return Ok(0);
    }
    let mailboxes: Vec<String> = rows.iter().map(|row| row.key.clone()).collect();
    let reasons = guard::reasons(services.pool(), scopes, mailing::Kind::Bulk, &mailboxes).await?;
    Ok(reasons.into_iter().flatten().count() as u64)
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
