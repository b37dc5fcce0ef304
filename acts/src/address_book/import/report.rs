//! What an import tells.

use super::warning::Warning;
use super::write::Written;
use crate::refusal::Problem;
use domain::{Code, Language, Refusal, Said};
use eventstore::StoreError;
use serde::Serialize;
use std::collections::BTreeMap;

/// How many problems of each code the report keeps in detail; all are counted.
pub const KEPT_PROBLEMS: u64 = 1_000;

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Rows judged, without the header and empty rows.
    pub rows: u64,
    /// How many clients were added so far.
    pub imported: u64,
    /// Rows whose address is in the address book already.
    pub already_there: u64,
    /// How many rows could not be imported so far.
    pub bad: u64,
    /// How many bytes of the file are behind the import.
    pub bytes: u64,
}

/// Why a row was not imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowProblem {
    /// The line of the file on which the row begins, counted from 1 (the header's, as a rule). A row with line breaks
    /// inside quotation marks spans several.
    pub line: u64,
    /// The code, such as [`Code::EmailInvalid`].
    pub code: Code,
    /// The column that is to blame, by its usual name; none if the row as a whole is.
    pub field: Option<&'static str>,
    /// A sentence for a person.
    pub message: String,
}

impl RowProblem {
    /// What is told of a row in a language.
    pub(super) fn of(line: u64, error: &dyn Refusal, language: Language) -> Self {
        Self { line, code: error.code(), field: error.field(), message: error.sentence(language) }
    }
}

/// How an import ended. `rows` is `imported` plus `updated` plus `already_there` plus the sum of `bad`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// Rows in the file, without the header and empty rows.
    pub rows: u64,
    /// How many clients were added.
    pub imported: u64,
    /// Clients that were in the address book already and were changed, if that was asked for.
    pub updated: u64,
    /// Rows whose address was in the address book already. They changed nothing.
    pub already_there: u64,
    /// Rows that were not imported, counted by code; `QUOTA_REACHED`: the address book is full.
    pub bad: BTreeMap<Code, u64>,
    /// What is wrong with the rows that were not imported, those already there included, in the order of the file: the
    /// first [`KEPT_PROBLEMS`] of each code.
    pub problems: Vec<RowProblem>,
    /// How many groups the import made, as there were none of these names.
    pub groups_created: u64,
    /// Columns of the file that mean nothing here.
    pub ignored_columns: Vec<String>,
    /// What was imported otherwise than somebody may have meant.
    pub warnings: Vec<Warning>,
    /// The position of the last event appended; none if nothing was.
    pub position: Option<i64>,
}

/// Why an import ended before the end of its file. What was imported until then stays; importing the file again adds
/// the rest.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is no file of clients. Nothing was imported.
    #[error(transparent)]
    File(#[from] FileError),
    /// So many imports are going on that this one would not get on, or others kept changing the same address book.
    #[error("{0}")]
    Busy(Problem),
    /// The input broke off.
    #[error("the file could not be read to its end: {0}; import it again, clients that are there already do no harm")]
    Input(#[from] std::io::Error),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a file cannot be imported at all. Nothing was imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The file has nothing in it.
    #[error("the file is empty; its first line names the columns, such as: email,full_name,comment,groups")]
    Empty,
    /// UTF-16, a workbook, or text in another encoding.
    #[error("the file is {found}; save it as CSV in UTF-8")]
    NotUtf8 {
        /// What the file is instead, as far as that can be seen.
        found: Said,
    },
    /// The first line cannot be read as one.
    #[error("the first line, which names the columns, cannot be read: {reason}")]
    HeaderBroken {
        /// Why the line cannot be read.
        reason: Said,
    },
    /// No column has addresses, so nobody could be written to.
    #[error(
        "the first line has to name the columns, among them \"email\"; it has: {found}; or say which column it is, as in map=email=Contact"
    )]
    EmailColumnMissing {
        /// The names found, separated by commas.
        found: String,
    },
    /// A mapping names a column that is not there.
    #[error("there is no column {name:?} in the first line; it has: {found}")]
    ColumnUnknown {
        /// The name that the mapping has.
        name: String,
        /// The names found, separated by commas.
        found: String,
    },
    /// A mapping is none.
    #[error(
        "{text:?} does not say which column is what; write, once for each, one of email, full_name, first_name, middle_name, \
             last_name, comment, groups, then = and the name of a column, such as first_name=Vorname"
    )]
    MappingInvalid {
        /// The text that was given.
        text: String,
    },
    /// A mapping names two columns for one field.
    #[error("two columns are said to be {field}: {first:?} and {second:?}; name one of them")]
    FieldMappedTwice {
        /// The meaning that was given to two columns.
        field: &'static str,
        /// The column that was named first.
        first: String,
        /// The column that was named then.
        second: String,
    },
    /// A mapping names one column for two fields.
    #[error("the column {column:?} is said to be {first} and {second}; a column is one of them")]
    ColumnMappedTwice {
        /// The name of the column.
        column: String,
        /// The meaning that the column was given first.
        first: &'static str,
        /// The meaning that the column was given then.
        second: &'static str,
    },
    /// Two columns have the same meaning.
    #[error("the columns {first:?} and {second:?} mean the same, {meaning}; rename or remove one")]
    ColumnTwice {
        /// The name of one.
        first: String,
        /// The name of the other.
        second: String,
        /// The usual name of both.
        meaning: &'static str,
    },
}

impl Refusal for FileError {
    fn code(&self) -> Code {
        match self {
            Self::Empty => Code::FileEmpty,
            Self::NotUtf8 { .. } => Code::FileNotUtf8,
            Self::HeaderBroken { .. } => Code::FileHeaderBroken,
            Self::EmailColumnMissing { .. } => Code::FileEmailColumnMissing,
            Self::ColumnUnknown { .. } => Code::FileColumnUnknown,
            Self::MappingInvalid { .. } => Code::FileMappingInvalid,
            Self::FieldMappedTwice { .. } | Self::ColumnMappedTwice { .. } => Code::FileMappingTwice,
            Self::ColumnTwice { .. } => Code::FileColumnTwice,
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("file")
    }

    fn in_russian(&self) -> String {
        match self {
            Self::Empty => {
                "файл пуст; его первая строка называет столбцы, например: email,full_name,comment,groups".to_owned()
            }
            Self::NotUtf8 { found } => format!("файл {}; сохраните его как CSV в UTF-8", found.ru),
            Self::HeaderBroken { reason } => {
                format!("первую строку, которая называет столбцы, не удалось прочесть: {}", reason.ru)
            }
            Self::EmailColumnMissing { found } => {
                format!(
                    "первая строка должна называть столбцы, и среди них \"email\"; в ней: {found}; или укажите, какой это столбец, \
                     например map=email=Contact"
                )
            }
            Self::ColumnUnknown { name, found } => format!("столбца {name:?} в первой строке нет; в ней: {found}"),
            Self::MappingInvalid { text } => format!(
                "{text:?} не говорит, какой столбец что значит; напишите, для каждого один раз, одно из email, full_name, \
                 first_name, middle_name, last_name, comment, groups, затем = и название столбца, например first_name=Vorname"
            ),
            Self::FieldMappedTwice { field, first, second } => {
                format!("для {field} указаны два столбца: {first:?} и {second:?}; назовите один из них")
            }
            Self::ColumnMappedTwice { column, first, second } => {
                format!("столбец {column:?} указан и как {first}, и как {second}; столбец бывает чем-то одним")
            }
            Self::ColumnTwice { first, second, meaning } => {
                format!("столбцы {first:?} и {second:?} значат одно и то же, {meaning}; переименуйте или удалите один")
            }
        }
    }
}

impl ImportReport {
    /// Rows that cannot be imported.
    #[must_use]
    pub fn bad_rows(&self) -> u64 {
        self.bad.values().sum()
    }
}

/// Counts, and tells.
pub(super) struct Tally<P, Q> {
    report: ImportReport,
    progress: Progress,
    told: BTreeMap<Code, u64>,
    tell_progress: P,
    tell_problem: Q,
}

impl<P: FnMut(Progress), Q: FnMut(&RowProblem)> Tally<P, Q> {
    pub(super) fn new(ignored_columns: Vec<String>, tell_progress: P, tell_problem: Q) -> Self {
        let report = ImportReport { ignored_columns, ..ImportReport::default() };
        Self { report, progress: Progress::default(), told: BTreeMap::new(), tell_progress, tell_problem }
    }

    /// Adds what became of a chunk.
    pub(super) fn add(&mut self, bytes: u64, unreadable: Vec<RowProblem>, written: Written) {
        let (report, already_there) = (&mut self.report, written.already_there.len() as u64);
        let mut problems = unreadable;
        problems.extend(written.without_room);
        report.rows += problems.len() as u64 + already_there + written.imported + written.updated;
        report.imported += written.imported;
        report.updated += written.updated;
        report.already_there += already_there;
        report.groups_created += written.groups_created;
        report.position = written.position.or(report.position);
        for problem in &problems {
            *report.bad.entry(problem.code).or_default() += 1;
        }
        problems.extend(written.already_there);
        problems.sort_by_key(|problem| problem.line);
        for problem in problems {
            (self.tell_problem)(&problem);
            let told = self.told.entry(problem.code).or_default();
            *told += 1;
            if *told <= KEPT_PROBLEMS {
                report.problems.push(problem);
            }
        }
        self.progress = Progress {
            rows: report.rows,
            imported: report.imported,
            already_there: report.already_there,
            bad: report.bad_rows(),
            bytes,
        };
        (self.tell_progress)(self.progress);
    }

    /// The report. `bytes` is the length of the file, which may end with empty rows.
    pub(super) fn finish(mut self, bytes: u64, warnings: Vec<Warning>) -> ImportReport {
        self.report.warnings = warnings;
        (self.tell_progress)(Progress { bytes, ..self.progress });
        self.report
    }
}
