//! The first rows of a file, as they would be imported.

use super::row_problem::RowProblem;
use super::rows::{Chunk, Row};
use super::written::Written;
use domain::client;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// How many rows are shown.
const SHOWN: usize = 10;

/// What would become of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Becomes {
    /// A client would be added.
    New,
    /// A client who is there would be changed.
    Changed,
    /// The client is there, and would stay as they are.
    Unchanged,
    /// No client has the address, and nobody is to be added.
    NotThere,
    /// The row could not be imported.
    #[default]
    Bad,
}

/// A row as it would be imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Previewed {
    /// The line on which the row begins.
    pub line: u64,
    /// What would become of it.
    pub becomes: Becomes,
    /// The address; of a row that could not be imported what stands in the column that is to blame.
    pub email: String,
    /// The name that letters would greet.
    pub full_name: String,
    /// What stands in the owner's own fields, by their keys.
    pub fields: Vec<(String, String)>,
    /// The names of the groups that the row names.
    pub groups: Vec<String>,
    /// Why the row could not be imported; none if it could.
    pub said: Option<String>,
}

/// Adds the rows of a chunk, as far as there is room.
pub(super) fn add(preview: &mut Vec<Previewed>, chunk: &Chunk, written: &Written) {
    let room = SHOWN.saturating_sub(preview.len());
    if room == 0 {
        return;
    }
    let lines = |problems: &[RowProblem]| problems.iter().map(|problem| problem.line).collect::<HashSet<u64>>();
    let (unchanged, not_there) = (lines(&written.already_there), lines(&written.not_there));
    let (changed, without_room) =
        (written.updated.iter().copied().collect::<HashSet<u64>>(), lines(&written.without_room));
    let good = chunk.rows.iter().filter(|row| !without_room.contains(&row.line)).take(room).map(|row| {
        let becomes = match row.line {
            line if changed.contains(&line) => Becomes::Changed,
            line if unchanged.contains(&line) => Becomes::Unchanged,
            line if not_there.contains(&line) => Becomes::NotThere,
            _ => Becomes::New,
        };
        good(row, becomes)
    });
    let bad = chunk.problems.iter().take(room).chain(written.without_room.iter().take(room)).map(bad);
    let mut rows: Vec<Previewed> = good.chain(bad).collect();
    rows.sort_by_key(|row| row.line);
    rows.truncate(room);
    preview.append(&mut rows);
}

fn good(row: &Row, becomes: Becomes) -> Previewed {
    let mut shown = Previewed { line: row.line, becomes, ..Previewed::default() };
    if let Some(client::Event::Added { email, full_name, fields, .. }) = row.events.first() {
        shown.email = email.to_string();
        full_name.as_str().clone_into(&mut shown.full_name);
        shown.fields = fields.iter().map(|(key, value)| (key.to_string(), value.plain())).collect();
    }
    shown.groups = row.groups.iter().map(|name| name.as_str().to_owned()).collect();
    shown
}

fn bad(problem: &RowProblem) -> Previewed {
    Previewed {
        line: problem.line,
        becomes: Becomes::Bad,
        email: problem.value.clone().unwrap_or_default(),
        said: Some(problem.message.clone()),
        ..Previewed::default()
    }
}
