//! What is asked for: arguments of fields and inputs.

use chrono::{DateTime, Utc};

/// What is wrong with an argument, or with an input as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The length of a page is none.
    First {
        /// The longest page.
        most: i32,
        /// The length that was asked for.
        first: i32,
    },
    /// The length of a page that is counted from the end is none.
    Last {
        /// The longest page.
        most: i32,
        /// The length that was asked for.
        last: i32,
    },
    /// A page is asked for from both ends.
    FirstAndLast,
    /// The cursor is none of this list.
    Cursor,
    /// The cursor before which a page ends is none of this list.
    CursorBefore,
    /// The cursor is of another order.
    CursorOfAnotherOrder,
    /// An argument is no date and time.
    NotAMoment {
        /// The name of the argument.
        name: String,
        /// The text that was given.
        text: String,
    },
    /// The end of a time is not after its start.
    ToNotAfterFrom,
    /// A time has too many periods.
    TooManyPeriods {
        /// The start of the time.
        from: DateTime<Utc>,
        /// The end of the time.
        to: DateTime<Utc>,
        /// How many periods there may be.
        limit: usize,
    },
    /// An article is named twice or not at all.
    ArticleByIdOrSlug,
    /// Clients are named twice or not at all.
    ClientsNotNamed,
    /// A text with clients is too large.
    CsvTooLarge {
        /// The size of the text, in bytes.
        bytes: usize,
        /// How many MiB it may have.
        most: usize,
        /// How many MiB an upload may have.
        upload: usize,
    },
    /// A workbook would have too many rows.
    WorkbookTooLong {
        /// How many recipients it takes.
        most: u64,
    },
    /// A cell of a workbook would have too much in it.
    WorkbookCellTooLong {
        /// How many characters it holds.
        most: u64,
    },
    /// The number of days is none for which it is counted how much came in.
    Days {
        /// The most days.
        most: i32,
        /// The number that was asked for.
        days: i32,
    },
    /// There is no such message that came in and was not understood.
    NoIntakeMessage,
    /// There is no such token.
    NoApiToken,
    /// There is no such session.
    NoSession,
    /// There is no such projection.
    NoProjection {
        /// The names of all projections, separated by commas.
        names: String,
    },
    /// The projection is being rebuilt.
    ProjectionBusy,
    /// The database has a migration that this program does not know, so it cannot fill a projection.
    ProgramOutdated {
        /// The migration's number.
        migration: i64,
    },
    /// Something depends on the projection's tables, which would be replaced.
    ProjectionObstructed {
        /// What it is, as PostgreSQL calls it.
        what: String,
    },
}
