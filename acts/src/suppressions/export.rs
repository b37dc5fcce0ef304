//! Lists as files, for spreadsheets and for bringing their addresses in elsewhere.

use crate::Services;
use crate::sheets::{Delimiter, MARK, line};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::suppression::Lifter;
use projections::columns::Word as _;
use projections::suppressions::{self, Filter, Suppression};
use projections::{Access, Cursor, ReadError};
use sqlx::PgPool;

/// How many suppressions are read at a time.
const CHUNK: i64 = 1_000;

/// A list as a file, as it is written: piece by piece, so that nobody has to hold all of it.
#[derive(Debug)]
pub struct Export {
    pool: PgPool,
    access: Access,
    filter: Filter,
    delimiter: Delimiter,
    /// Where it goes on.
    after: Option<Cursor>,
    /// How many have been read.
    count: u64,
    begun: bool,
    over: bool,
}

impl Export {
    /// A file of those suppressions that pass the filter, among those that may be read, of which nothing is written yet.
    #[must_use]
    pub fn new(services: &Services, access: Access, filter: Filter, delimiter: Delimiter) -> Self {
        let pool = services.pool().clone();
        Self { pool, access, filter, delimiter, after: None, count: 0, begun: false, over: false }
    }

    /// How many suppressions have been written so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The next rows, for files of other forms; `None` at the end. A row that does not read ends the file: whoever relies on such a
    /// list must not get one with a gap.
    pub async fn rows(&mut self) -> Result<Option<Vec<Suppression>>, ReadError> {
        if self.over {
            return Ok(None);
        }
        let listed = suppressions::page(&self.pool, self.access, &self.filter, self.after, CHUNK).await?;
        self.over = listed.len() < usize::try_from(CHUNK).unwrap_or(usize::MAX);
        self.after = listed.last().map(|(place, _)| *place).or(self.after);
        let rows = listed.into_iter().map(|(_, row)| row).collect::<Result<Vec<Suppression>, _>>()?;
        self.count += rows.len() as u64;
        Ok(Some(rows))
    }

    /// The next lines of a CSV file; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<String>, ReadError> {
        let Some(rows) = self.rows().await? else { return Ok(None) };
        let mut text = if self.begun { String::new() } else { header(self.delimiter) };
        self.begun = true;
        for one in &rows {
            text.push_str(&row(self.delimiter, one));
        }
        Ok(Some(text))
    }
}

/// The first line. It begins with the mark by which spreadsheets know UTF-8.
fn header(delimiter: Delimiter) -> String {
    let names = [
        "email",
        "reason",
        "scope",
        "mailing_id",
        "group_id",
        "source",
        "note",
        "suppressed_at",
        "until",
        "lifted_at",
        "lifted_by",
        "lifted_why",
    ];
    format!("{MARK}{}", line(delimiter, names))
}

/// The line of a suppression. Words are those of programs, as the API has them, in small letters.
fn row(delimiter: Delimiter, one: &Suppression) -> String {
    let moment = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let (suppressed_at, until) = (moment(one.suppressed_at), one.until.map(moment).unwrap_or_default());
    let lifted_at = one.lifted_at.map(moment).unwrap_or_default();
    let [mailing, group] = [one.mailing_id, one.group_id].map(|id| id.map(|id| id.to_string()).unwrap_or_default());
    line(
        delimiter,
        [
            one.email.as_str(),
            one.reason.name(),
            one.scope.word(),
            &mailing,
            &group,
            one.source.name(),
            one.note.as_deref().unwrap_or_default(),
            &suppressed_at,
            &until,
            &lifted_at,
            one.lifted_by.map(Lifter::name).unwrap_or_default(),
            one.lifted_why.as_deref().unwrap_or_default(),
        ],
    )
}
