//! Importing clients from a small text. Large files go to `POST /import/clients`.

use crate::failure::Failure;
use crate::graphql::kit::codes::codes_of;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{Long, int};
use crate::graphql::kit::user_error::{Done, payload, refusal};
use crate::limits::{self, MIB};
use acts::address_book::import::{self, Field, How, ImportError, RowProblem, Target, Warning};
use acts::refusal::{Fault, Problem};
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use domain::Code;

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
    /// The column that is to blame, by its usual name such as `email`; null if the whole row is.
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
            column: problem.field.map(str::to_owned),
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
    /// What the column was taken for; null if it was not read.
    field: Option<ImportField>,
}

impl From<import::ImportedColumn> for ImportedColumn {
    fn from(column: import::ImportedColumn) -> Self {
        Self { name: column.name, field: column.field.map(ImportField::from) }
    }
}

/// What an import did, or, if it was a dry run, what it would do. `rows` is the sum of `imported`, `updated`, `alreadyThere` and `bad`.
#[derive(SimpleObject)]
struct ImportReport {
    /// True if nothing was written because `dryRun` was true: `imported`, `updated` and `groupsCreated` then say how many
    /// there would be.
    dry_run: bool,
    /// How many rows the table has, without the first line and without empty ones.
    rows: i32,
    /// How many rows added a client to the address book.
    imported: i32,
    /// How many rows changed a client who was in the address book already: a name, the comment, or a group that the
    /// client joined. It is 0 unless `update` was true.
    updated: i32,
    /// How many rows changed nothing, because a client with their address was in the address book already. Without
    /// `update` these are all such rows, and `problems` has them as `EMAIL_TAKEN`. With `update` these are the rows
    /// that said nothing new, and `problems` has them as `ROW_UNCHANGED`.
    already_there: i32,
    /// How many rows could not be imported: something is wrong with them, an earlier row has the same address
    /// (`DUPLICATE_IN_FILE`), or the address book is full (`QUOTA_REACHED`).
    bad: i32,
    /// Why rows were not imported, in the order of the rows: the first thousand of each code. Rows that are counted in
    /// `alreadyThere` are here, too.
    problems: Vec<ImportProblem>,
    /// How many groups the import created, because there were none of these names.
    groups_created: i32,
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
            dry_run: report.dry_run,
            rows: int(report.rows),
            imported: int(report.imported),
            updated: int(report.updated),
            already_there: int(report.already_there),
            bad: int(report.bad_rows()),
            problems: report.problems.into_iter().map(ImportProblem::from).collect(),
            groups_created: int(report.groups_created),
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
}

/// The meaning of one column of a table of clients.
#[derive(InputObject)]
struct ImportColumn {
    /// What the column means.
    field: ImportField,
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
    /// What the columns mean whose names do not tell; null or left out if they all do. A name that the first line does
    /// not have gets `FILE_COLUMN_UNKNOWN`, and two columns of the same meaning get `FILE_MAPPING_TWICE`.
    columns: Option<Vec<ImportColumn>>,
    /// Whether columns that `columns` does not name mean nothing, whatever they are called. If this is false, null or left
    /// out, they mean what their names tell.
    only_columns: Option<bool>,
    /// Whether a row whose address is in the address book already changes that client: the client gets the names and
    /// the comment of the row, and joins its groups. Empty cells erase nothing, and no group is left. If this is false,
    /// null or left out, such rows change nothing.
    update: Option<bool>,
    /// The id of a group of yours that all clients of the table join: those who are added and, if `update` is true,
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
        /// The position in the log of the last event that this request wrote. Administrators can compare it with the
        /// `position` of a read model in `projections`; everybody else needs only `behind`. Null if nothing was written.
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
    /// `update=true`, `dryRun=true`, `group=ID`, `only=true` for `onlyColumns`, and, as often as needed,
    /// `map=FIELD=COLUMN` for `columns`, where the FIELD is `email`, `full_name`, `first_name`, `middle_name`,
    /// `last_name`, `comment` or `groups`: `/import/clients?update=true&map=email=Kontakt`. The answer is the report in
    /// JSON, with names such as `already_there`, and with `bad` rows counted by their codes. What went wrong is
    /// answered as top-level `errors` are, with the codes below, or with `PAYLOAD_TOO_LARGE` or
    /// `UNSUPPORTED_MEDIA_TYPE`. The pages `docs/api.md` and `docs/importing.md` of the service tell more.
    ///
    /// The user errors are `FILE_TOO_LARGE`, `FILE_EMPTY`, `FILE_NOT_UTF8`, `FILE_HEADER_BROKEN`,
    /// `FILE_EMAIL_COLUMN_MISSING`, `FILE_COLUMN_TWICE`, `FILE_COLUMN_UNKNOWN`, `FILE_MAPPING_INVALID`,
    /// `FILE_MAPPING_TWICE`, `FILE_UNSUPPORTED` and `FILE_WORKBOOK_BROKEN` for a text that begins as archives do,
    /// `NOT_FOUND` for `groupId`, and, if too many imports are going on, `RATE_LIMITED`. With
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
            update: input.update.unwrap_or_default(),
            group: input.group_id.map(|id| id.0),
            dry_run: input.dry_run.unwrap_or_default(),
            ..How::default()
        };
        for ImportColumn { field, column } in input.columns.unwrap_or_default() {
            if let Err(error) = how.mapping.add(field.into(), &column) {
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
            Err(ImportError::Group(problem) | ImportError::Busy(problem)) => {
                return Ok(Some(refusal(problem.into())?.into()));
            }
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

fn too_large(bytes: usize, upload: usize) -> Problem {
    let (most, upload) = (limits::CSV / MIB, upload / MIB);
    Problem::new(Code::FileTooLarge, &["csv"], words::queries::Problem::CsvTooLarge { bytes, most, upload })
}
