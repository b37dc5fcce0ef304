//! Importing clients from a small text. Large files go to `POST /import/clients`.

use crate::failure::Failure;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::int;
use crate::graphql::kit::user_error::{done, payload, refusal};
use crate::limits::{self, MIB};
use acts::address_book::import::{self, Field, How, ImportError, RowProblem, Target, Warning};
use acts::refusal::{Problem, Refused};
use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use domain::Said;
use eventstore::Receipt;

/// A row that was not imported.
#[derive(SimpleObject)]
struct ImportProblem {
    /// The line on which the row begins, counted from 1.
    line: i32,
    /// For programs, such as `EMAIL_INVALID`.
    code: String,
    /// The column that is to blame; null if the whole row is.
    column: Option<String>,
    /// A sentence that says what is wrong.
    message: String,
}

impl From<RowProblem> for ImportProblem {
    fn from(problem: RowProblem) -> Self {
        Self {
            line: int(problem.line),
            code: problem.code.to_owned(),
            column: problem.field.map(str::to_owned),
            message: problem.message,
        }
    }
}

/// Something in the file that was imported otherwise than you may have meant. It costs no row.
#[derive(SimpleObject)]
struct ImportWarning {
    /// For programs, such as `TAKEN_FOR_EMPTY`.
    code: String,
    /// The column that it is about.
    column: String,
    /// How many cells it is about; null if it is the column as a whole.
    cells: Option<i32>,
    /// A sentence that says what was done instead.
    message: String,
}

impl From<Warning> for ImportWarning {
    fn from(warning: Warning) -> Self {
        Self {
            code: warning.code.to_owned(),
            column: warning.column,
            cells: warning.cells.map(int),
            message: warning.message,
        }
    }
}

/// How an import ended. `rows` is `imported` plus `updated` plus `alreadyThere` plus `bad`.
#[derive(SimpleObject)]
struct ImportReport {
    /// Rows without the header and empty ones.
    rows: i32,
    /// Clients added.
    imported: i32,
    /// Clients that were in the address book already and were changed, if that was asked for.
    updated: i32,
    /// Rows whose address was in the address book already. They changed nothing.
    already_there: i32,
    /// Rows that cannot be imported, also for want of room in the address book (`QUOTA_REACHED`).
    bad: i32,
    /// What is wrong with the rows that were not imported, in their order: the first thousand of each code.
    problems: Vec<ImportProblem>,
    /// Groups that did not exist before.
    groups_created: i32,
    /// Columns that mean nothing here.
    ignored_columns: Vec<String>,
    /// What was imported otherwise than you may have meant.
    warnings: Vec<ImportWarning>,
}

impl From<import::ImportReport> for ImportReport {
    fn from(report: import::ImportReport) -> Self {
        Self {
            rows: int(report.rows),
            imported: int(report.imported),
            updated: int(report.updated),
            already_there: int(report.already_there),
            bad: int(report.bad_rows()),
            problems: report.problems.into_iter().map(ImportProblem::from).collect(),
            groups_created: int(report.groups_created),
            ignored_columns: report.ignored_columns,
            warnings: report.warnings.into_iter().map(ImportWarning::from).collect(),
        }
    }
}

/// What a column of a file means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Field")]
enum ImportField {
    Email,
    FullName,
    FirstName,
    /// Part of the full name where the file has none.
    MiddleName,
    LastName,
    Comment,
    Groups,
}

/// Which column of a file is what.
#[derive(InputObject)]
struct ImportColumn {
    field: ImportField,
    /// The name of the column, as the first line of the file has it.
    column: String,
}

#[derive(InputObject)]
struct ClientsImportInput {
    /// What a spreadsheet exports, up to 1 MiB of it. Its first line names the columns, in any order: `email`, `full_name` or
    /// `first_name`, `middle_name` and `last_name`, `comment`, `groups`, or what Google Contacts, Outlook and people in other
    /// languages call them.
    csv: String,
    /// Which column is what, where their names do not tell.
    columns: Option<Vec<ImportColumn>>,
    /// Whether clients that are in the address book already get what the file says of them. Empty cells erase nothing, and groups
    /// are joined and not left. False if it is left out.
    update: Option<bool>,
}

payload! {
    /// How the import ended, or why there was none.
    ClientsImportPayload { report: ImportReport }
}

#[derive(Default)]
pub(crate) struct ImportMutation;

#[Object]
impl ImportMutation {
    /// Adds clients to your address book. Bad rows are reported and the others imported; importing the same again
    /// changes nothing. For more than that there is `POST /import/clients`.
    async fn clients_import(
        &self,
        context: &Context<'_>,
        input: ClientsImportInput,
    ) -> Result<Option<ClientsImportPayload>, Failure> {
        let owner = context.owner()?;
        if input.csv.len() > limits::CSV {
            return Ok(Some(
                refusal(too_large(input.csv.len(), context.services().quotas.bounds().file).into())?.into(),
            ));
        }
        let (metadata, language) = (context.metadata()?, context.language());
        let mut how = How { update: input.update.unwrap_or_default(), ..How::default() };
        for ImportColumn { field, column } in input.columns.unwrap_or_default() {
            if let Err(error) = how.mapping.add(field.into(), &column) {
                return Ok(Some(refusal(Problem::of(&error).at(&["columns"]).into())?.into()));
            }
        }
        let into = Target { services: context.services(), owner, metadata: &metadata, language };
        let imported = import::import_as(&how, into, input.csv.as_bytes(), |_| {}, |_| {}).await;
        let report = match imported {
            Ok(report) => report,
            Err(ImportError::File(error)) => {
                return Ok(Some(refusal(Problem::of(&error).at(&["csv"]).into())?.into()));
            }
            Err(ImportError::Busy(problem)) => return Ok(Some(refusal(problem.into())?.into())),
            Err(ImportError::Store(error)) => return Err(error.into()),
            Err(ImportError::Input(error)) => return Err(Failure::from(sqlx::Error::Io(error))),
        };
        let position = report.position;
        let outcome: Result<_, Refused> = Ok((report, Receipt { position: position.unwrap_or(0), version: 0 }));
        let Some(mut done) = done(context, outcome, async |report| Ok(Some(ImportReport::from(report)))).await? else {
            return Ok(None);
        };
        if position.is_none() {
            done.position = None;
        }
        Ok(Some(done.into()))
    }
}

fn too_large(bytes: usize, upload: usize) -> Problem {
    let (most, upload) = (limits::CSV / MIB, upload / MIB);
    let said = Said::filled(
        format!(
            "the CSV has {bytes} bytes; at most {most} MiB fit here, and POST /import/clients takes up to {upload} MiB"
        ),
        format!(
            "в CSV {bytes} байт; здесь помещается не больше {most} МиБ, а POST /import/clients принимает до {upload} МиБ"
        ),
    );
    Problem::new("FILE_TOO_LARGE", &["csv"], said)
}
