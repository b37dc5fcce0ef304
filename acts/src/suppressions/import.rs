//! Addresses from a file, such as the list that another service has kept.

use super::{Addition, List, Wanted, Written, room};
use crate::Services;
use crate::address_book::import::addresses::{Address, Addresses};
use crate::address_book::import::{ImportError, KEPT_PROBLEMS, Progress, RowProblem};
use crate::refusal::Problem;
use domain::suppression::{Error, Reason, Source, Suppression};
use domain::{Code, Language, SuppressionId, UserId};
use eventstore::{ExecuteError, Loaded, Metadata, StoreError};
use projections::suppressions::guard;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};
use tokio::io::AsyncRead;
use uuid::Uuid;
use words::Sentence as _;
use words::quotas::{Noun, Reached};

/// How many rows are read, and appended, at a time.
const PAGE: usize = 1_000;

/// After so many new addresses PostgreSQL is told how large the guard's table has become, then whenever there are four times as many,
/// and at the end. It would do so by itself within minutes, and plan the guard's questions for a small table until then.
const TOLD: u64 = 1_000;

/// How many characters of the name of a file are kept with each of its addresses.
const NAME_LENGTH: usize = 100;

/// How an import of addresses ended. `rows` is `suppressed` plus `already_there` plus `passed_over` plus the sum of `bad`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Rows in the file, without the header and empty rows.
    pub rows: u64,
    /// How many addresses are suppressed now and were not before.
    pub suppressed: u64,
    /// Rows whose address was imported before, stands in the file before, or, in a list that this service has written, is in force for
    /// the reason that the row has. They changed nothing.
    pub already_there: u64,
    /// Rows of a list that this service has written which keep nobody from writing: lifted, ended, or about one mailing or one
    /// topic only. They changed nothing.
    pub passed_over: u64,
    /// Rows that were not imported, counted by code; `QUOTA_REACHED`: the list is full.
    pub bad: BTreeMap<Code, u64>,
    /// What is wrong with them, in the order of the file: the first [`KEPT_PROBLEMS`] of each code.
    pub problems: Vec<RowProblem>,
    /// Columns of the file that were not read.
    pub ignored_columns: Vec<String>,
    /// The position of the last event appended; none if nothing was.
    pub position: Option<i64>,
}

impl Imported {
    /// Rows that cannot be imported.
    #[must_use]
    pub fn bad_rows(&self) -> u64 {
        self.bad.values().sum()
    }

    fn tell(&mut self, problem: RowProblem) {
        let told = self.bad.entry(problem.code).or_default();
        *told += 1;
        if *told <= KEPT_PROBLEMS {
            self.problems.push(problem);
        }
    }

    fn progress(&self, bytes: u64) -> Progress {
        Progress {
            rows: self.rows,
            imported: self.suppressed,
            already_there: self.already_there,
            bad: self.bad_rows(),
            bytes,
        }
    }
}

/// Suppresses the addresses of a CSV file called `file`. `progress` is called after every thousand rows.
///
/// Bad rows are reported and the others imported, as long as the list has room; an error means that the file is none, or that it
/// could not be read to its end. What was imported until then stays, and importing the file again adds the rest. Sentences are in
/// `language`.
pub async fn import(
    services: &Services,
    list: List,
    input: impl AsyncRead + Unpin + Send,
    file: &str,
    metadata: &Metadata,
    language: Language,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Imported, ImportError> {
    let whose = list.owner().unwrap_or(UserId(Uuid::nil()));
    let _turn = services.quotas.imports().take(whose).await.map_err(ImportError::Busy)?;
    let mut addresses = Addresses::open(input, language).await?;
    let addition = Addition { services, scope: list.scope(), reason: Reason::Imported, metadata };
    let file = file_name(file);
    let mut room = room(services, list).await.map_err(StoreError::from)?;
    let mut imported = Imported { ignored_columns: addresses.ignored().to_vec(), ..Imported::default() };
    let mut told_at = TOLD;
    while let Some(page) = addresses.page(PAGE).await? {
        let (mut problems, now) = (page.problems, services.now());
        let (over, addresses): (Vec<Address>, Vec<Address>) =
            page.addresses.into_iter().partition(|one| one.said.is_over(now));
        let found = addresses.len() as u64;
        let once = each_once(not_in_force(&addition, addresses).await?);
        let wanted: Vec<Wanted> = once
            .iter()
            .map(|Address { email, row, .. }| {
                let source = Source::File { file: file.clone(), row: *row };
                Wanted { email: email.clone(), source, note: None }
            })
            .collect();
        let Written { added, without_room, position, .. } =
            addition.write(&wanted, room, false).await.map_err(broken_off)?;
        room = room.saturating_sub(usize::try_from(added).unwrap_or(usize::MAX));
        imported.rows += found + (over.len() + problems.len()) as u64;
        imported.passed_over += over.len() as u64;
        imported.suppressed += added;
        imported.already_there += found - added - without_room.len() as u64;
        imported.position = position.or(imported.position);
        let full = Reached { noun: Noun::Suppression, most: services.quotas.bounds().suppressions };
        let lines = without_room.into_iter().filter_map(|place| Some(once.get(place)?.line));
        problems.extend(lines.map(|line| no_room(line, full, language)));
        problems.sort_by_key(|problem| problem.line);
        for problem in problems {
            imported.tell(problem);
        }
        if imported.suppressed >= told_at {
            tell_postgresql(services).await;
            told_at = imported.suppressed.saturating_mul(4);
        }
        progress(imported.progress(page.bytes));
        // A file of bad rows in memory would never wait for anything.
        tokio::task::yield_now().await;
    }
    if imported.suppressed >= TOLD {
        tell_postgresql(services).await;
    }
    Ok(imported)
}

/// What is imported is so also where that fails.
async fn tell_postgresql(services: &Services) {
    if let Err(error) = guard::analyze(services.pool()).await {
        tracing::warn!(%error, "PostgreSQL does not know yet how many addresses are suppressed");
    }
}

/// Without those that are in force for the reason that a list of ours says: who has unsubscribed here has not been imported as well.
async fn not_in_force(addition: &Addition<'_>, addresses: Vec<Address>) -> Result<Vec<Address>, StoreError> {
    let stream = |one: &Address| {
        let reason = one.said.reason.filter(|reason| *reason != addition.reason)?;
        Some(SuppressionId::derive(addition.scope, &one.email.key(), reason).0)
    };
    let mut ids: Vec<Uuid> = addresses.iter().filter_map(stream).collect();
    if ids.is_empty() {
        return Ok(addresses);
    }
    ids.sort_unstable();
    ids.dedup();
    let (now, loaded) = (addition.services.now(), addition.services.store.load_many::<Suppression>(&ids).await?);
    let in_force = |(id, stream): (Uuid, Loaded<Suppression>)| stream.state.is_in_force(now).then_some(id);
    let in_force: HashSet<Uuid> = ids.into_iter().zip(loaded).filter_map(in_force).collect();
    Ok(addresses.into_iter().filter(|one| stream(one).is_none_or(|id| !in_force.contains(&id))).collect())
}

/// Each mailbox once, where it stands first: two rows of one append could never be appended.
fn each_once(addresses: Vec<Address>) -> Vec<Address> {
    let mut seen = HashSet::new();
    addresses.into_iter().filter(|one| seen.insert(one.email.key())).collect()
}

/// The name of a file without the folders before it, as it is kept. PostgreSQL keeps every character but one.
fn file_name(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.chars().filter(|c| !c.is_control()).take(NAME_LENGTH).collect()
}

fn no_room(line: u64, full: Reached, language: Language) -> RowProblem {
    RowProblem { line, code: Code::QuotaReached, field: None, value: None, message: full.told(language) }
}

/// Nothing of a row is for the rules to refuse: what is an address can be suppressed.
fn broken_off(error: ExecuteError<Error>) -> ImportError {
    match error {
        ExecuteError::Store(error) => ImportError::Store(error),
        ExecuteError::Refused(refusal) => ImportError::Busy(Problem::of(&refusal)),
        ExecuteError::Conflict | ExecuteError::StaleVersion { .. } | ExecuteError::KeyReused => {
            ImportError::Busy(Problem::new(Code::Conflict, &[], words::suppressions::Problem::Contended))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_name_of_a_file_no_folder_is_kept() {
        for (given, kept) in [
            ("left.csv", "left.csv"),
            ("/home/ann/lists/left.csv", "left.csv"),
            ("C:\\Users\\Ann\\left.csv", "left.csv"),
            ("a\0b\n.csv", "ab.csv"),
            ("", ""),
        ] {
            assert_eq!(file_name(given), kept);
        }
        assert_eq!(file_name(&"ж".repeat(200)).chars().count(), NAME_LENGTH);
    }

    #[test]
    fn of_each_code_a_thousand_are_told_and_all_are_counted() {
        let mut imported = Imported::default();
        for line in 0..KEPT_PROBLEMS + 5 {
            imported.tell(RowProblem {
                line,
                code: Code::EmailInvalid,
                field: None,
                value: None,
                message: String::new(),
            });
        }
        assert_eq!((imported.bad_rows(), imported.problems.len() as u64), (KEPT_PROBLEMS + 5, KEPT_PROBLEMS));
    }
}
