//! Whom nobody writes to any more: the lists of owners, and that of the installation.

use crate::Services;
use crate::address_book::import::{ImportError, Progress, RowProblem};
use crate::refusal::Refused;
use crate::sheets::Delimiter;
use crate::who::rights::{Administrator, Owner};
use domain::suppression::Scope;
use domain::{Code, Language, SuppressionId};
use eventstore::{Metadata, Receipt};
use projections::suppressions::{Filter, Suppression};
use projections::{Access, Cursor};
use std::collections::BTreeMap;
use tokio::io::AsyncRead;

/// How many addresses one request may name.
pub const MAX_NAMED: usize = 1_000;

/// Whose list is written to.
#[derive(Clone, Copy, Debug)]
pub enum List {
    /// The owner's: for all their mailings.
    Owner(Owner),
    /// The installation's: for everybody's mailings.
    Installation(Administrator),
}

/// By which of their rights somebody lifts a suppression; either may be lacking.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lifting {
    /// As the one whose list it is.
    pub owner: Option<Owner>,
    /// As one who looks after the service.
    pub administrator: Option<Administrator>,
}

/// What became of addresses that were to be suppressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// The suppressions of all of them, in the order in which the addresses were named, each once.
    pub ids: Vec<SuppressionId>,
    /// How many were not suppressed before.
    pub added: u64,
    /// How many were, for the same reason; nothing has changed for them.
    pub already: u64,
}

/// How an import of addresses ended. `rows` is `suppressed` plus `already_there` plus the sum of `bad`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Imported {
    /// Rows in the file, without the header and empty rows.
    pub rows: u64,
    /// How many addresses are suppressed now and were not before.
    pub suppressed: u64,
    /// Rows whose address was imported before, or stands in the file before. They changed nothing.
    pub already_there: u64,
    /// Rows that were not imported, counted by code.
    pub bad: BTreeMap<Code, u64>,
    /// What is wrong with them: the first 1,000 of each code.
    pub problems: Vec<RowProblem>,
    /// Columns of the file that were not read.
    pub ignored_columns: Vec<String>,
    /// The position of the last event appended; none if nothing was.
    pub position: Option<i64>,
}

/// Writes to none of these addresses any more, in no mailing of the owner's. Doing it again changes nothing.
pub async fn add(
    services: &Services,
    owner: Owner,
    emails: Vec<String>,
    note: Option<String>,
    metadata: &Metadata,
) -> Result<(Added, Receipt), Refused> {
    unimplemented!()
}

/// Writes to none of these addresses any more, in nobody's mailings. Doing it again changes nothing.
pub async fn add_to_installation(
    services: &Services,
    by: Administrator,
    emails: Vec<String>,
    note: Option<String>,
    metadata: &Metadata,
) -> Result<(Added, Receipt), Refused> {
    unimplemented!()
}

/// Lets an address get letters again, for a reason that is kept.
pub async fn lift(
    services: &Services,
    by: Lifting,
    id: &str,
    why: String,
    metadata: &Metadata,
) -> Result<(SuppressionId, Receipt), Refused> {
    unimplemented!()
}

/// Suppresses the addresses of a CSV file. `progress` is called after every thousand rows and at the end.
///
/// Bad rows are reported and the others imported; an error means that the file is none, or that it could not be read to its end.
/// What was imported until then stays, and importing the file again adds the rest. Sentences are in `language`.
pub async fn import(
    services: &Services,
    list: List,
    input: impl AsyncRead + Unpin + Send,
    file: &str,
    metadata: &Metadata,
    language: Language,
    progress: impl FnMut(Progress) + Send,
) -> Result<Imported, ImportError> {
    unimplemented!()
}

/// A list as a file, as it is written: piece by piece.
#[derive(Debug)]
pub struct Export {
    after: Option<Cursor>,
}

impl Export {
    /// A file of those suppressions that pass the filter and that may be read, of which nothing is written yet. `delimiter` and
    /// `language` are those of the spreadsheet.
    #[must_use]
    pub fn new(services: &Services, access: Access, filter: Filter, delimiter: Delimiter) -> Self {
        unimplemented!()
    }

    /// The next rows, for files of other forms; `None` at the end.
    pub async fn rows(&mut self) -> Result<Option<Vec<Suppression>>, Refused> {
        unimplemented!()
    }

    /// The next lines of a CSV file; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<String>, Refused> {
        unimplemented!()
    }

    /// How many suppressions have been written so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        0
    }
}
