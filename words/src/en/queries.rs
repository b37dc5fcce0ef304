use super::English;
use crate::queries::Problem;
use std::fmt;

impl English for Problem {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First { most, first } => write!(f, "first is 1 to {most}, not {first}"),
            Self::Last { most, last } => write!(f, "last is 1 to {most}, not {last}"),
            Self::FirstAndLast => write!(f, "a page has either first or last, not both"),
            Self::CursorBefore => write!(f, "before is no cursor of this list: take a startCursor of a page behind"),
            Self::Cursor => write!(f, "after is no cursor of this list: take an endCursor of a page before"),
            Self::CursorOfAnotherOrder => {
                write!(f, "after is a cursor of another order: take an endCursor of a page in this one, or begin anew")
            }
            Self::NotAMoment { name, text } => {
                write!(f, "{name} is {text:?}, not a moment: write one such as 2026-05-01T10:00:00Z")
            }
            Self::ToNotAfterFrom => write!(f, "to must be after from"),
            Self::TooManyPeriods { from, to, limit } => write!(
                f,
                "from {from} to {to} are more than {limit} periods: ask for less at once, or for longer periods",
            ),
            Self::ArticleByIdOrSlug => write!(f, "name either the article's id or its slug"),
            Self::ClientsNotNamed => write!(f, "say which clients: either with clientIds or with a filter"),
            Self::CsvTooLarge { bytes, most, upload } => write!(
                f,
                "the CSV has {bytes} bytes; at most {most} MiB fit here, and POST /import/clients takes up to \
                 {upload} MiB",
            ),
            Self::WorkbookTooLong { most } => {
                write!(f, "a workbook takes up to {most} recipients: take the CSV file, which has all of them")
            }
            Self::WorkbookCellTooLong { most } => write!(
                f,
                "a cell of a workbook holds up to {most} characters, and somebody has more in one, such as the names \
                 of their groups: take the CSV file, which has all of it",
            ),
            Self::Days { most, days } => write!(f, "days is 1 to {most}, not {days}"),
            Self::NoIntakeMessage => {
                write!(f, "no message of this id is kept: it was thrown away or understood meanwhile")
            }
            Self::NoApiToken => write!(f, "you have no API token of this id"),
            Self::NoSession => write!(f, "you have no session of this id"),
            Self::NoProjection { names } => write!(f, "there are the projections {names}"),
            Self::ProjectionBusy => write!(f, "this projection is being rebuilt already"),
            Self::ProgramOutdated { migration } => write!(
                f,
                "the database has migration {migration}, which this program does not know: rebuild with its newest version",
            ),
            Self::ProjectionObstructed { what } => write!(
                f,
                "{what} depends on the tables of this projection, which would be replaced: drop it, rebuild, and make it again",
            ),
        }
    }
}
