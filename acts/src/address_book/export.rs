//! Address books as files, for spreadsheets and for bringing them back in.
//!
//! What is exported can be imported again by [`super::import`], with the same names, comments and groups: it takes away the
//! apostrophes, too, that keep spreadsheets from running cells as formulas. Behind these, each field of the owner's own has a column that
//! is called by its key.

use super::custom_fields::value_in;
use crate::Services;
use crate::sheets::{Delimiter, MARK, line};
use crate::who::rights::Owner;
use domain::custom_field::Value;
use projections::clients::{self, Client, Filter};
use projections::custom_fields::{self, CustomField};
use projections::{Access, Cursor, ReadError, groups};
use sqlx::PgPool;
use uuid::Uuid;

/// How many clients are read at a time.
const CHUNK: i64 = 1_000;

/// How many are read at a time of those who pass the filter of a segment.
const LARGE_CHUNK: i64 = 10_000;

/// What stands between the names of several groups, as an import understands it.
const BETWEEN: &str = "|";

/// What stands between and behind the names where one of them has a lesser separator in it.
const STRONGER: &str = ":::";

/// A file as it is written: piece by piece, so that nobody has to hold all of it.
#[derive(Debug)]
pub struct Export {
    pool: PgPool,
    access: Access,
    filter: Filter,
    delimiter: Delimiter,
    /// The fields of the owner's own, as they were when it began.
    fields: Option<Vec<CustomField>>,
    /// Where it goes on.
    after: Option<Cursor>,
    /// How many clients have been written.
    count: u64,
    begun: bool,
    over: bool,
}

impl Export {
    /// A file of those of an owner's clients that pass the filter, of which nothing is written yet.
    #[must_use]
    pub fn new(services: &Services, owner: Owner, filter: Filter, delimiter: Delimiter) -> Self {
        let (pool, access) = (services.pool().clone(), Access::Owner(owner.id()));
        Self { pool, access, filter, delimiter, fields: None, after: None, count: 0, begun: false, over: false }
    }

    /// How many clients have been written so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The names of the columns of its rows.
    pub async fn columns(&mut self) -> Result<Vec<String>, ReadError> {
        Ok(columns(self.fields().await?))
    }

    /// The fields of the owner's own: the same from the first row to the last, whatever is defined meanwhile.
    async fn fields(&mut self) -> Result<&[CustomField], ReadError> {
        if self.fields.is_none() {
            self.fields = Some(custom_fields::all(&self.pool, self.access).await?);
        }
        Ok(self.fields.as_deref().unwrap_or_default())
    }

    /// The next rows as cells, in the order of [`Self::columns`], for files of other forms; `None` at the end.
    pub async fn rows(&mut self) -> Result<Option<Vec<Vec<String>>>, ReadError> {
        if self.over {
            return Ok(None);
        }
        // Who passes the filter of a segment is found out anew for each part of the file.
        let chunk = if self.filter.segment.is_some() { LARGE_CHUNK } else { CHUNK };
        let rows = clients::page(&self.pool, self.access, &self.filter, self.after, chunk).await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let mut groups = groups::names_of(&self.pool, self.access, &ids).await?;
        let fields = self.fields().await?;
        let cells =
            rows.iter().map(|client| cells(client, &groups.remove(&client.id).unwrap_or_default(), fields)).collect();
        self.count += rows.len() as u64;
        self.over = rows.len() < usize::try_from(chunk).unwrap_or(usize::MAX);
        self.after = rows.last().map(Client::cursor).or(self.after);
        Ok(Some(cells))
    }

    /// The next lines of a CSV file; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<String>, ReadError> {
        let Some(rows) = self.rows().await? else { return Ok(None) };
        let delimiter = self.delimiter;
        let mut text = if self.begun { String::new() } else { header(delimiter, self.fields().await?) };
        self.begun = true;
        for cells in rows {
            text.push_str(&line(delimiter, cells));
        }
        Ok(Some(text))
    }
}

/// The names of the columns, in their order: those of every form of file, as an import knows them, and behind them the keys of these
/// fields.
#[must_use]
pub fn columns(fields: &[CustomField]) -> Vec<String> {
    let columns = ["email", "full_name", "first_name", "last_name", "comment", "groups"];
    columns.into_iter().chain(fields.iter().map(|field| field.key.as_str())).map(str::to_owned).collect()
}

/// What stands in these columns for a client who belongs to these groups.
#[must_use]
pub fn cells(client: &Client, groups: &[String], fields: &[CustomField]) -> Vec<String> {
    let part = |name: Option<&str>| name.unwrap_or_default().to_owned();
    let mut cells = vec![
        client.email.clone(),
        client.full_name.clone(),
        part(client.first_name.as_deref()),
        part(client.last_name.as_deref()),
        client.comment.clone(),
        joined(groups),
    ];
    cells.extend(fields.iter().map(|field| value_in(&client.fields, field).map(Value::plain).unwrap_or_default()));
    cells
}

/// The first line. It begins with the mark by which spreadsheets know UTF-8.
#[must_use]
pub fn header(delimiter: Delimiter, fields: &[CustomField]) -> String {
    format!("{MARK}{}", line(delimiter, columns(fields)))
}

/// The line of a client who belongs to these groups, with what they have in these fields.
#[must_use]
pub fn row(delimiter: Delimiter, client: &Client, groups: &[String], fields: &[CustomField]) -> String {
    line(delimiter, cells(client, groups, fields))
}

fn joined(groups: &[String]) -> String {
    // An import takes the strongest separator that it finds, and names without one stand as they are.
    let has_lesser = groups.iter().any(|name| name.contains(['|', ';', ',']));
    if has_lesser { groups.join(STRONGER) + STRONGER } else { groups.join(BETWEEN) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_separated_by_what_none_of_their_names_has() {
        let names = |all: &[&str]| all.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(joined(&names(&["Friends", "Press"])), "Friends|Press");
        assert_eq!(joined(&names(&["A, B"])), "A, B:::");
        assert_eq!(joined(&names(&["A|B", "C"])), "A|B:::C:::");
        assert_eq!(joined(&[]), "");
    }

    #[test]
    fn a_file_has_the_delimiter_that_spreadsheets_of_the_language_expect() {
        assert!(header(Delimiter::Comma, &[]).starts_with("\u{feff}\"email\",\"full_name\""));
        assert!(header(Delimiter::Semicolon, &[]).contains("\"email\";\"full_name\""));
    }
}
