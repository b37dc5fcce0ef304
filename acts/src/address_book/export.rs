//! Address books as files, for spreadsheets and for bringing them back in.
//!
//! What is exported can be imported again by [`super::import`], with the same names, comments and groups: it takes away the
//! apostrophes, too, that keep spreadsheets from running cells as formulas.

use crate::Services;
use crate::sheets::{Delimiter, MARK, line};
use crate::who::rights::Owner;
use projections::clients::{self, Client, Filter};
use projections::{Access, Cursor, groups};
use sqlx::PgPool;
use uuid::Uuid;

/// How many clients are read at a time.
const CHUNK: i64 = 1_000;

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
        Self { pool, access, filter, delimiter, after: None, count: 0, begun: false, over: false }
    }

    /// How many clients have been written so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The next rows as cells, in the order of [`columns`], for files of other forms; `None` at the end.
    pub async fn rows(&mut self) -> Result<Option<Vec<Vec<String>>>, sqlx::Error> {
        if self.over {
            return Ok(None);
        }
        let rows = clients::page(&self.pool, self.access, &self.filter, self.after, CHUNK).await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let mut groups = groups::names_of(&self.pool, self.access, &ids).await?;
        let cells = rows.iter().map(|client| cells(client, &groups.remove(&client.id).unwrap_or_default())).collect();
        self.count += rows.len() as u64;
        self.over = rows.len() < usize::try_from(CHUNK).unwrap_or(usize::MAX);
        self.after = rows.last().map(Client::cursor).or(self.after);
        Ok(Some(cells))
    }

    /// The next lines of a CSV file; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<String>, sqlx::Error> {
        let Some(rows) = self.rows().await? else { return Ok(None) };
        let mut text = if self.begun { String::new() } else { header(self.delimiter) };
        self.begun = true;
        for cells in rows {
            text.push_str(&line(self.delimiter, cells));
        }
        Ok(Some(text))
    }
}

/// The names of the columns, in their order: those of every form of file, as an import knows them.
#[must_use]
pub fn columns() -> Vec<String> {
    ["email", "full_name", "first_name", "last_name", "comment", "groups"].map(str::to_owned).into()
}

/// What stands in these columns for a client who belongs to these groups.
#[must_use]
pub fn cells(client: &Client, groups: &[String]) -> Vec<String> {
    let part = |name: Option<&str>| name.unwrap_or_default().to_owned();
    vec![
        client.email.clone(),
        client.full_name.clone(),
        part(client.first_name.as_deref()),
        part(client.last_name.as_deref()),
        client.comment.clone(),
        joined(groups),
    ]
}

/// The first line. It begins with the mark by which spreadsheets know UTF-8.
#[must_use]
pub fn header(delimiter: Delimiter) -> String {
    format!("{MARK}{}", line(delimiter, columns()))
}

/// The line of a client who belongs to these groups.
#[must_use]
pub fn row(delimiter: Delimiter, client: &Client, groups: &[String]) -> String {
    line(delimiter, cells(client, groups))
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
        assert!(header(Delimiter::Comma).starts_with("\u{feff}\"email\",\"full_name\""));
        assert!(header(Delimiter::Semicolon).contains("\"email\";\"full_name\""));
    }
}
