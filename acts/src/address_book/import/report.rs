//! What an import tells.

use super::header::ImportedColumn;
use super::preview::Previewed;
use super::row_problem::RowProblem;
use super::warning::Warning;
use super::written::Written;
use domain::{Code, GroupId, ImportId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many problems of each code the report keeps in detail; all are counted.
pub const KEPT_PROBLEMS: u64 = 1_000;

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
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

/// How an import ended, or how it would. `rows` is `imported` plus `updated` plus `already_there` plus `not_there` plus the sum of
/// `bad`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// The import, by which it can be taken back; none if nothing was written.
    pub import: Option<ImportId>,
    /// Whether nothing was written, and the report says what an import would do.
    pub dry_run: bool,
    /// Rows in the file, without the header and empty rows.
    pub rows: u64,
    /// How many clients were added.
    pub imported: u64,
    /// Clients that were in the address book already and were changed, if that was asked for.
    pub updated: u64,
    /// Rows whose address was in the address book already. They changed nothing.
    pub already_there: u64,
    /// Rows whose address is not in the address book, if nobody was to be added. They changed nothing.
    pub not_there: u64,
    /// Rows that were not imported, counted by code; `QUOTA_REACHED`: the address book is full.
    pub bad: BTreeMap<Code, u64>,
    /// How many of the file's addresses are suppressed at present: an import puts them into the address book, and nobody writes to
    /// them all the same.
    pub suppressed: u64,
    /// What is wrong with the rows that were not imported, those already there and those not there included, in the order of the
    /// file: the first [`KEPT_PROBLEMS`] of each code.
    pub problems: Vec<RowProblem>,
    /// How many groups the import made, as there were none of these names.
    pub groups_created: u64,
    /// The group that was made for all of them; none if none was to be.
    #[serde(skip)]
    pub group: Option<GroupId>,
    /// The first rows as they would be imported; empty if they were.
    pub preview: Vec<Previewed>,
    /// What each column was taken for, in their order: the first hundred.
    pub columns: Vec<ImportedColumn>,
    /// Columns of the file that mean nothing here.
    pub ignored_columns: Vec<String>,
    /// What was imported otherwise than somebody may have meant.
    pub warnings: Vec<Warning>,
    /// The position of the last event of a client or a group that was appended; none if nothing was.
    pub position: Option<i64>,
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
    /// Nothing so far, beside what a report begins with.
    pub(super) fn new(report: ImportReport, tell_progress: P, tell_problem: Q) -> Self {
        Self { report, progress: Progress::default(), told: BTreeMap::new(), tell_progress, tell_problem }
    }

    /// Adds what became of a chunk.
    pub(super) fn add(&mut self, bytes: u64, unreadable: Vec<RowProblem>, written: Written) {
        let (report, already_there) = (&mut self.report, written.already_there.len() as u64);
        let not_there = written.not_there.len() as u64;
        let mut problems = unreadable;
        problems.extend(written.without_room);
        report.rows +=
            problems.len() as u64 + already_there + not_there + written.imported + written.updated.len() as u64;
        report.imported += written.imported;
        report.updated += written.updated.len() as u64;
        report.already_there += already_there;
        report.not_there += not_there;
        report.groups_created += written.groups_created;
        report.position = written.position.or(report.position);
        for problem in &problems {
            *report.bad.entry(problem.code).or_default() += 1;
        }
        problems.extend(written.already_there);
        problems.extend(written.not_there);
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

    /// What was counted so far.
    pub(super) fn report(&mut self) -> &mut ImportReport {
        &mut self.report
    }

    /// The report. `bytes` is the length of the file, which may end with empty rows.
    pub(super) fn finish(mut self, bytes: u64, warnings: Vec<Warning>) -> ImportReport {
        self.report.warnings = warnings;
        (self.tell_progress)(Progress { bytes, ..self.progress });
        self.report
    }
}
