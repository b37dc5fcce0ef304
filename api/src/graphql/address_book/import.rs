//! Importing clients from a small text. Large files go to `POST /import/clients`.

use crate::failure::Failure;
use crate::graphql::kit::codes::codes_of;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{DateTime, Long, int};
use crate::graphql::kit::user_error::{Done, payload, refusal};
use crate::limits::{self, MIB};
use acts::address_book::import::{
    self, Becomes, Field, FileConsent, How, ImportError, Meaning, Previewed, RowProblem, Target, Warning,
};
use acts::refusal::{Fault, Problem};
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use domain::custom_field::Key;
use domain::import::Mode;
use domain::{Code, GroupId, group};
use std::borrow::Cow;
use words::import::FileError;

codes_of! {
    /// The code of what is wrong with a row of an imported table, for programs to compare. New codes may be added.
    pub(crate) ImportProblemCode in ImportProblem
}

codes_of! {
    /// The code of what was imported otherwise than somebody may have meant, for programs to compare. New codes may be
    /// added.
    pub(crate) ImportWarningCode in ImportWarning
}

/// Why a row of a table was not imported.
#[derive(SimpleObject)]
struct ImportProblem {
    /// The line on which the row begins, counted from 1.
    line: i32,
    /// The code of the reason, such as `EMAIL_INVALID`, for programs to compare.
    code: ImportProblemCode,
    /// The column that is to blame, by the name of its meaning such as `email`, or `field:city` for one of your own fields; null if
    /// the whole row is.
    column: Option<String>,
    /// The beginning of what stands in that column, up to 100 characters; null if the whole row is to blame.
    value: Option<String>,
    /// A sentence in the viewer's language that tells the reason.
    message: String,
}

impl From<RowProblem> for ImportProblem {
    fn from(problem: RowProblem) -> Self {
        Self {
            line: int(problem.line),
            code: problem.code.into(),
            column: problem.field.map(Cow::into_owned),
            value: problem.value,
            message: problem.message,
        }
    }
}

/// Something in a table that was imported otherwise than you may have meant. No row was left out for it.
#[derive(SimpleObject)]
struct ImportWarning {
    /// The code of what was done, such as `TAKEN_FOR_EMPTY`, for programs to compare.
    code: ImportWarningCode,
    /// The name of the column that the warning is about; empty if it is about the whole file.
    column: String,
    /// How many cells the warning is about; null if it is about the column as a whole.
    cells: Option<i32>,
    /// A sentence in the viewer's language that says what was done instead.
    message: String,
}

impl From<Warning> for ImportWarning {
    fn from(warning: Warning) -> Self {
        Self {
            code: warning.code.into(),
            column: warning.column,
            cells: warning.cells.map(int),
            message: warning.message,
        }
    }
}

/// What a column of a table was taken for.
#[derive(SimpleObject)]
struct ImportedColumn {
    /// The name of the column, as the first line of the table has it, up to 100 characters.
    name: String,
    /// What the column was taken for; null if it was not read, or if it is one of your own fields.
    field: Option<ImportField>,
    /// The key of the field of your own that the column was taken for; null if it is none.
    custom_field: Option<String>,
}

impl From<import::ImportedColumn> for ImportedColumn {
    fn from(column: import::ImportedColumn) -> Self {
        let (field, custom_field) = match column.field {
            Some(Meaning::Usual(field)) => (Some(field.into()), None),
            Some(Meaning::Custom(key)) => (None, Some(key.to_string())),
            None => (None, None),
        };
        Self { name: column.name, field, custom_field }
    }
}

/// What would become of a row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Becomes")]
enum ImportBecomes {
    /// A client would be added.
    New,
    /// A client who is in the address book would be changed.
    Changed,
    /// The client is in the address book and would stay as they are.
    Unchanged,
    /// No client has the address, and nobody was to be added.
    NotThere,
    /// The row could not be imported.
    Bad,
}

/// What a row of a table has for one of your own fields.
#[derive(SimpleObject)]
struct ImportPreviewField {
    /// The key of the field.
    key: String,
    /// The value, as files have it: a text, a number such as `12.5`, a day such as `2026-05-01`, `true` or `false`.
    value: String,
}

/// A row of a table as it would be imported.
#[derive(SimpleObject)]
struct ImportPreviewRow {
    /// The line on which the row begins, counted from 1.
    line: i32,
    /// What would become of the row.
    becomes: ImportBecomes,
    /// The e-mail address of the row. Of a row that could not be imported it is what stands in the column that is to blame.
    email: String,
    /// The name that letters would greet; empty if the row tells none.
    full_name: String,
    /// What the row has for your own fields.
    fields: Vec<ImportPreviewField>,
    /// The names of the groups that the row names.
    groups: Vec<String>,
    /// A sentence in the viewer's language that says why the row could not be imported; null if it could.
    message: Option<String>,
}

impl From<Previewed> for ImportPreviewRow {
    fn from(row: Previewed) -> Self {
        let field = |(key, value)| ImportPreviewField { key, value };
        Self {
            line: int(row.line),
            becomes: row.becomes.into(),
            email: row.email,
            full_name: row.full_name,
            fields: row.fields.into_iter().map(field).collect(),
            groups: row.groups,
            message: row.said,
        }
    }
}

/// What an import did, or, if it was a dry run, what it would do. `rows` is the sum of `imported`, `updated`, `alreadyThere`, `notThere`
/// and `bad`.
#[derive(SimpleObject)]
struct ImportReport {
    /// The id of the import, for the queries `import` and `node`, and for `importUndo`; null if nothing was written.
    import_id: Option<ID>,
    /// True if nothing was written because `dryRun` was true: `imported`, `updated` and `groupsCreated` then say how many
    /// there would be.
    dry_run: bool,
    /// How many rows the table has, without the first line and without empty ones.
    rows: i32,
    /// How many rows added a client to the address book.
    imported: i32,
    /// How many rows changed a client who was in the address book already: a name, the comment, or a group that the
    /// client joined. It is 0 unless the mode was `UPDATE` or `ADD_AND_UPDATE`.
    updated: i32,
    /// How many rows changed nothing, because a client with their address was in the address book already. Without
    /// `update` these are all such rows, and `problems` has them as `EMAIL_TAKEN`. With `update` these are the rows
    /// that said nothing new, and `problems` has them as `ROW_UNCHANGED`.
    already_there: i32,
    /// How many rows changed nothing, because nobody in the address book has their address and the mode was `UPDATE`;
    /// `problems` has them as `ROW_NOT_THERE`. In other modes it is 0.
    not_there: i32,
    /// How many of the table's addresses are suppressed at present, for all letters of yours or of this installation. An import
    /// lifts no suppression: these clients are imported, and nobody writes to them.
    suppressed: i32,
    /// How many rows could not be imported: something is wrong with them, an earlier row has the same address
    /// (`DUPLICATE_IN_FILE`), or the address book is full (`QUOTA_REACHED`).
    bad: i32,
    /// Why rows were not imported, in the order of the rows: the first thousand of each code. Rows that are counted in
    /// `alreadyThere` or `notThere` are here, too.
    problems: Vec<ImportProblem>,
    /// How many groups the import created, because there were none of these names.
    groups_created: i32,
    /// The first ten rows as they would be imported; empty unless `dryRun` was true.
    preview: Vec<ImportPreviewRow>,
    /// What each column was taken for, in the order of the columns: the first hundred.
    columns: Vec<ImportedColumn>,
    /// The names of the columns whose meaning is not known, and which were therefore not read.
    ignored_columns: Vec<String>,
    /// What was imported otherwise than you may have meant; empty if nothing was.
    warnings: Vec<ImportWarning>,
}

impl From<import::ImportReport> for ImportReport {
    fn from(report: import::ImportReport) -> Self {
        Self {
            import_id: report.import.map(|id| id.0.into()),
            dry_run: report.dry_run,
            rows: int(report.rows),
            imported: int(report.imported),
            updated: int(report.updated),
            already_there: int(report.already_there),
            not_there: int(report.not_there),
            suppressed: int(report.suppressed),
            bad: int(report.bad_rows()),
            problems: report.problems.into_iter().map(ImportProblem::from).collect(),
            groups_created: int(report.groups_created),
            preview: report.preview.into_iter().map(ImportPreviewRow::from).collect(),
            columns: report.columns.into_iter().map(ImportedColumn::from).collect(),
            ignored_columns: report.ignored_columns,
            warnings: report.warnings.into_iter().map(ImportWarning::from).collect(),
        }
    }
}

/// What a column of a table of clients means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Field")]
enum ImportField {
    /// The column has the clients' e-mail addresses.
    Email,
    /// The column has the clients' full names.
    FullName,
    /// The column has the clients' first names.
    FirstName,
    /// The column has the clients' middle names, which become part of the full name if no column has full names.
    MiddleName,
    /// The column has the clients' last names.
    LastName,
    /// The column has remarks about the clients.
    Comment,
    /// The column has the names of the groups that the clients join.
    Groups,
    /// The column has the moments when the clients agreed to get letters, as `consent` says it. Without `consent` it is not read.
    ConsentAt,
}

/// Which rows of a table are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Mode")]
pub(crate) enum ImportMode {
    /// Clients who are not in the address book are added, and those who are stay as they are.
    Add,
    /// Clients who are in the address book get what the table says of them, and nobody is added.
    Update,
    /// Clients who are not in the address book are added, and those who are get what the table says of them.
    AddAndUpdate,
}

/// What all people of a table have agreed to.
#[derive(InputObject)]
struct ImportConsent {
    /// The words that they agreed to: 1 to 2,000 characters (`CONSENT_WORDING_EMPTY`, `CONSENT_WORDING_TOO_LONG`).
    wording: String,
    /// The id of the group, one of yours, that is the topic of the consent (`NOT_FOUND`); null or left out for all that you send.
    topic_id: Option<ID>,
    /// The moment when they agreed, where no column tells it (`CONSENT_AT_INVALID` if it is in the future, `DATE_TIME_INVALID`). If it is null or left
    /// out, nobody knows, and the moment of the import is written down.
    at: Option<DateTime>,
}

/// The meaning of one column of a table of clients: either `field` or `customField` (`FILE_MAPPING_INVALID`).
#[derive(InputObject)]
struct ImportColumn {
    /// What the column means, if it is something that all clients have.
    field: Option<ImportField>,
    /// The key of the field of your own that the column is (`CUSTOM_FIELD_NOT_FOUND`).
    custom_field: Option<String>,
    /// The name of the column, as the first line of the table has it.
    column: String,
}

/// The clients that `clientsImport` adds, as a table.
#[derive(InputObject)]
struct ClientsImportInput {
    /// The table as text with delimiters (CSV, RFC 4180), as a spreadsheet exports it, with commas, semicolons or tabs:
    /// up to 1 MiB (1,048,576 bytes in UTF-8; `FILE_TOO_LARGE`). Its first line names the columns, in any order:
    /// `email`, which is needed, `full_name` or `first_name`, `middle_name` and `last_name`, `comment`, and `groups`,
    /// with `|` or `;` between the names of several groups. What Google Contacts, Outlook and people in other languages
    /// call these columns is understood, too.
    csv: String,
    /// What the columns mean whose names do not tell; null or left out if they all do. A column whose name is the key or the label
    /// of one of your own fields is that field. A name that the first line does
    /// not have gets `FILE_COLUMN_UNKNOWN`, and two columns of the same meaning get `FILE_MAPPING_TWICE`.
    columns: Option<Vec<ImportColumn>>,
    /// Whether columns that `columns` does not name mean nothing, whatever they are called. If this is false, null or left
    /// out, they mean what their names tell.
    only_columns: Option<bool>,
    /// Which rows are taken. A row that changes a client gives them its names, its comment and what it has for your own fields, and
    /// the client joins its groups. Empty cells erase nothing, and no group is left. If it is null or left out, `update` says it.
    mode: Option<ImportMode>,
    /// True for the mode `ADD_AND_UPDATE`; if it is false, null or left out, the mode is `ADD`. It is not read if `mode` is given.
    update: Option<bool>,
    /// What the people of the table have agreed to; null or left out if nobody knows that they have, and then nothing is written
    /// about it. A consent that a client has withdrawn since is not given again.
    consent: Option<ImportConsent>,
    /// What the table is called, such as the name of its file, for you to know the import again: up to 200 characters are kept. Null
    /// or left out for none.
    file: Option<String>,
    /// The id of a group of yours that all clients of the table join: those who are added and, if the mode lets them be changed,
    /// those who are there already. If you have no such group, the request is refused (`NOT_FOUND`). Null or left out
    /// for none.
    group_id: Option<ID>,
    /// Whether nothing is written: the report then says what the same request would do without it. If this is false, null
    /// or left out, the clients are imported.
    dry_run: Option<bool>,
}

payload! {
    /// The report of the import, or why there was none.
    ClientsImportPayload {
        /// What the import did with each kind of row. What is wrong with single rows is told here and is no user error.
        /// Null if there are user errors.
        report: ImportReport
    }
    position {
        /// The position in the log of the last event of a client or a group that this request wrote. Administrators can compare
        /// it with the `position` of a read model in `projections`; everybody else needs only `behind`. Null if nothing was written.
    }
    behind {
        /// True if everything was written, but the tables that answers are read from (the read models) did not show it within 5
        /// seconds: the clients will be in the lists after about a second. The report is complete all the same. False if there
        /// are user errors.
    }
}

#[derive(Default)]
pub(crate) struct ImportMutation;

#[Object]
impl ImportMutation {
    /// Adds the clients of a table to the viewer's address book. Bad rows are reported and the others imported; the
    /// same table again changes nothing.
    ///
    /// A larger table is sent by `POST /import/clients`, beside this endpoint, with the same session or API token. The
    /// request has the table as its body and the content type `text/csv`, or a workbook (XLSX) and
    /// `application/vnd.openxmlformats-officedocument.spreadsheetml.sheet`. Behind a question mark its address may have
    /// `mode=add`, `mode=update` or `mode=add_and_update`, `update=true`, `dryRun=true`, `group=ID`, `file=NAME`, `only=true` for
    /// `onlyColumns`, `consent=WORDING`, `consentTopic=ID` and `consentAt=MOMENT` for `consent`, and, as often as needed,
    /// `map=FIELD=COLUMN` for `columns`, where the FIELD is `email`, `full_name`, `first_name`, `middle_name`,
    /// `last_name`, `comment`, `groups`, `consent_at` or `field:KEY`: `/import/clients?mode=update&map=email=Kontakt`. The answer is the report in
    /// JSON, with names such as `already_there`, and with `bad` rows counted by their codes. What went wrong is
    /// answered as top-level `errors` are, with the codes below, or with `PAYLOAD_TOO_LARGE` or
    /// `UNSUPPORTED_MEDIA_TYPE`. The pages `docs/api.md` and `docs/importing.md` of the service tell more.
    ///
    /// The user errors are `FILE_TOO_LARGE`, `FILE_EMPTY`, `FILE_NOT_UTF8`, `FILE_HEADER_BROKEN`,
    /// `FILE_EMAIL_COLUMN_MISSING`, `FILE_COLUMN_TWICE`, `FILE_COLUMN_UNKNOWN`, `FILE_MAPPING_INVALID`,
    /// `FILE_MAPPING_TWICE`, `FILE_UNSUPPORTED` and `FILE_WORKBOOK_BROKEN` for a text that begins as archives do,
    /// `CUSTOM_FIELD_NOT_FOUND`, `NOT_FOUND` for `groupId` and `topicId`, `CONSENT_WORDING_EMPTY`, `CONSENT_WORDING_TOO_LONG`,
    /// `CONSENT_AT_INVALID`, `DATE_TIME_INVALID`, `IMPORT_TAKEN_BACK` if somebody takes the import back while it goes on, and,
    /// if too many imports are going on, `RATE_LIMITED`. With
    /// `CONFLICT` some of the rows may be imported already: send the same table again.
    async fn clients_import(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The table, and how it is read.")] input: ClientsImportInput,
    ) -> Result<Option<ClientsImportPayload>, Failure> {
        let owner = context.owner()?;
        if input.csv.len() > limits::CSV {
            return Ok(Some(
                refusal(too_large(input.csv.len(), context.services().quotas.bounds().file).into())?.into(),
            ));
        }
        let (metadata, language) = (context.metadata()?, context.language());
        let mut how = How {
            mode: mode_of(input.mode, input.update),
            group: input.group_id.map(|id| id.0),
            file: input.file.unwrap_or_default(),
            dry_run: input.dry_run.unwrap_or_default(),
            ..How::default()
        };
        how.consent = match input.consent.map(consent).transpose() {
            Ok(consent) => consent,
            Err(problem) => return Ok(Some(refusal(problem.into())?.into())),
        };
        for column in input.columns.unwrap_or_default() {
            let added = meaning(&column).and_then(|meaning| how.mapping.add(meaning, &column.column));
            if let Err(error) = added {
                return Ok(Some(refusal(Problem::of(&error).at(&["columns"]).into())?.into()));
            }
        }
        how.mapping = how.mapping.only(input.only_columns.unwrap_or_default());
        let into = Target { services: context.services(), owner, metadata: &metadata, language };
        let imported = import::import_as(&how, into, input.csv.as_bytes(), |_| {}, |_| {}).await;
        let report = match imported {
            Ok(report) => report,
            Err(ImportError::File(error)) => {
                return Ok(Some(refusal(Problem::of(&error).at(&["csv"]).into())?.into()));
            }
            Err(ImportError::Group(problem) | ImportError::Refused(problem) | ImportError::Busy(problem)) => {
                return Ok(Some(refusal(problem.into())?.into()));
            }
            Err(ImportError::Unreadable(error)) => return Err(Failure::Unreadable(error)),
            Err(ImportError::Store(error)) => return Err(error.into()),
            Err(ImportError::Input(error)) => return Err(Fault::from(error).into()),
        };
        let behind = match report.position {
            Some(position) => !context.services().shown(position).await,
            None => false,
        };
        // The report is made of what was written, and not read: it is there however far the read models are.
        let done = Done {
            position: report.position.map(Long),
            noun: Some(ImportReport::from(report)),
            user_errors: Vec::new(),
            behind,
            warnings: Vec::new(),
        };
        Ok(Some(done.into()))
    }
}

/// The mode that an input has, by its newer or its older name.
fn mode_of(mode: Option<ImportMode>, update: Option<bool>) -> Mode {
    match (mode, update) {
        (Some(mode), _) => mode.into(),
        (None, Some(true)) => Mode::AddAndUpdate,
        (None, Some(false) | None) => Mode::Add,
    }
}

fn consent(input: ImportConsent) -> Result<FileConsent, Problem> {
    let topic = match input.topic_id {
        Some(id) => {
            let missing = || Problem::of(&group::Error::NotFound).at(&["consent", "topicId"]);
            Some(id.parse::<GroupId>().map_err(|_| missing())?)
        }
        None => None,
    };
    let at = input.at.map(|at| at.0).transpose().map_err(|text| {
        let words = words::requests::Problem::NoMoment { text };
        Problem::new(Code::DateTimeInvalid, &["consent", "at"], words)
    })?;
    Ok(FileConsent { wording: input.wording, topic, at })
}

/// What a column is said to mean.
fn meaning(column: &ImportColumn) -> Result<Meaning, FileError> {
    let name = column.custom_field.as_deref();
    match (column.field, name.map(Key::parse)) {
        (Some(field), None) => Ok(Meaning::Usual(field.into())),
        (None, Some(Ok(key))) => Ok(Meaning::Custom(key)),
        _ => {
            let said = name.unwrap_or_default();
            Err(FileError::MappingInvalid { text: format!("{said}={}", column.column).chars().take(200).collect() })
        }
    }
}

fn too_large(bytes: usize, upload: usize) -> Problem {
    let (most, upload) = (limits::CSV / MIB, upload / MIB);
    Problem::new(Code::FileTooLarge, &["csv"], words::queries::Problem::CsvTooLarge { bytes, most, upload })
}
