//! The first line of a file as people see it who are to say what its columns mean.

use super::csv::Reader;
use super::error::ImportError;
use super::header::{self, likely};
use super::mapping::Mapping;
use super::names::Meaning;
use super::own_field::OwnField;
use super::workbook;
use crate::Services;
use crate::sheets;
use crate::who::rights::Owner;
use serde::Serialize;
use tokio::io::AsyncRead;
use words::import::FileError;

/// How many columns are shown; nobody chooses among more.
const SHOWN: usize = 100;

/// In how many rows an example is looked for.
const ROWS: usize = 20;

/// A column of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Its whole name, as the first line has it, and as a [`Mapping`] names it.
    pub name: String,
    /// What stands in it first; empty if nothing stands in the first rows.
    pub example: String,
    /// What it is taken for; none if it is not read.
    pub field: Option<Meaning>,
}

/// The columns of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FirstLine {
    /// The columns that have a name, in their order.
    pub columns: Vec<Named>,
    /// Why nothing can be imported as long as the columns are understood like this.
    pub refused: Option<FileError>,
}

/// Reads what the columns of a file are called, and what they are taken for by an owner who has these fields of their own. An error
/// means that the file has no first line.
pub async fn first_line(
    services: &Services,
    owner: Owner,
    input: impl AsyncRead + Unpin + Send,
    mapping: &Mapping,
    own: &[OwnField],
) -> Result<FirstLine, ImportError> {
    let mut reader = Reader::new(workbook::opened(services, owner.id(), input).await?).await?;
    let line = header::first_line(&mut reader, mapping, own).await?;
    let (judged, refused) = match header::columns(&line, mapping, own) {
        Ok(columns) => (Some(columns), None),
        Err(refused) => (None, Some(refused)),
    };
    let mapped = |name: &str| mapping.entries().find(|(_, column)| *column == name).map(|(meaning, _)| meaning.clone());
    let field = |index, name: &str| match &judged {
        Some(columns) => columns.meaning(index),
        None if mapping.may_guess() => mapped(name).or_else(|| likely(name, own)),
        None => mapped(name),
    };
    let named = line.fields().enumerate().filter(|(_, name)| !name.is_empty()).take(SHOWN);
    let mut columns: Vec<(usize, Named)> = named
        .map(|(index, name)| {
            (index, Named { name: name.to_owned(), example: String::new(), field: field(index, name) })
        })
        .collect();
    for _ in 0..ROWS {
        match reader.next().await? {
            None => break,
            Some(Err(_)) => {}
            Some(Ok(record)) => {
                for (index, column) in columns.iter_mut().filter(|(_, column)| column.example.is_empty()) {
                    column.example = header::shortened(sheets::unshielded(record.field(*index)));
                }
            }
        }
    }
    Ok(FirstLine { columns: columns.into_iter().map(|(_, column)| column).collect(), refused })
}
