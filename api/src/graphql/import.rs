//! Importing clients from a small text. Large files go to `POST /import/clients`.

use crate::graphql::context::Ask;
use crate::graphql::failure::Failure;
use crate::graphql::scalars::int;
use crate::graphql::user_error::{done, payload, refusal};
use crate::import::{self, ImportError, RowProblem};
use crate::limits;
use crate::refused::{Problem, Refused};
use async_graphql::{Context, InputObject, Object, SimpleObject};
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

/// How an import ended. `rows` is `imported` plus `alreadyThere` plus `bad`.
#[derive(SimpleObject)]
struct ImportReport {
    /// Rows without the header and empty ones.
    rows: i32,
    /// Clients added.
    imported: i32,
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
}

impl From<import::ImportReport> for ImportReport {
    fn from(report: import::ImportReport) -> Self {
        Self {
            rows: int(report.rows),
            imported: int(report.imported),
            already_there: int(report.already_there),
            bad: int(report.bad_rows()),
            problems: report.problems.into_iter().map(ImportProblem::from).collect(),
            groups_created: int(report.groups_created),
            ignored_columns: report.ignored_columns,
        }
    }
}

#[derive(InputObject)]
struct ClientsImportInput {
    /// What a spreadsheet exports, up to 1 MiB of it. Its first line names the columns, in any order: `email`, `full_name`,
    /// `comment`, `groups`.
    csv: String,
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
            return Ok(Some(refusal(too_large(input.csv.len()).into())?.into()));
        }
        let (metadata, language) = (context.metadata()?, context.language());
        let imported =
            import::import(context.services(), owner, input.csv.as_bytes(), &metadata, language, |_| {}).await;
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

fn too_large(bytes: usize) -> Problem {
    let (most, upload) = (limits::CSV / 1024 / 1024, limits::UPLOAD / 1024 / 1024);
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
