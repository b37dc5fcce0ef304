//! Rows that do not read: they are left alone, and told once.
//!
//! Nothing is sent because of such a row and nothing given up, as nobody knows what should stand there, and all others go on.
//! A rebuild of the read model makes the row well; until then it is looked at again now and then.

use crate::context::Context;
use projections::{Listed, Unreadable, columns};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// The tables by whose words it is decided what is started, planned, sent and finished.
const DECIDING: [&str; 3] = ["mailings", "runs", "notices"];

/// How many rows of one column are told at a time.
const TOLD: usize = 20;

/// How many rows are kept in mind; beyond that all are forgotten, and told once more.
const KEPT: usize = 10_000;

/// The rows that were told already, and the mailings and runs that are left alone because of them.
#[derive(Debug, Default)]
pub(crate) struct Told {
    rows: Mutex<HashSet<Unreadable>>,
    left_alone: Mutex<HashSet<Uuid>>,
}

impl Told {
    /// Tells of a row, unless that was done before. `false`: it was.
    fn tell(&self, error: &Unreadable) -> bool {
        let mut told = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= KEPT {
            told.clear();
        }
        let first = told.insert(error.clone());
        if first {
            let remedy = error.remedy();
            tracing::error!(table = error.table, column = error.column, row = error.id, %error, remedy, "a row is left alone");
        }
        first
    }
}

impl Context {
    /// Leaves a mailing or a run alone for a while because of a row, which is told once.
    pub(crate) fn leave_alone(&self, id: Uuid, error: &Unreadable) {
        self.told.tell(error);
        self.stuck.add(id);
        self.told.left_alone.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    }

    /// The rows that read; what the others are about is left alone.
    pub(crate) fn readable<T>(&self, rows: Listed<Uuid, T>) -> Vec<T> {
        let read = |(id, row)| match row {
            Ok(row) => Some(row),
            Err(error) => {
                self.leave_alone(id, &error);
                None
            }
        };
        rows.into_iter().filter_map(read).collect()
    }

    /// What is left alone at the moment because of rows that do not read. To wait for it is in vain.
    pub(crate) fn left_alone(&self) -> Vec<Uuid> {
        let stuck = self.stuck.now();
        let mut left = self.told.left_alone.lock().unwrap_or_else(PoisonError::into_inner);
        left.retain(|id| stuck.contains(id));
        left.iter().copied().collect()
    }

    /// Tells of the rows that nobody comes across because their status is none by which anybody looks for them.
    pub(crate) async fn look_for_unreadable(&self) {
        for column in columns::columns().iter().filter(|column| DECIDING.contains(&column.table)) {
            match column.unreadable(self.pool(), TOLD).await {
                Ok(rows) => rows.iter().for_each(|error| {
                    self.told.tell(error);
                }),
                Err(error) => return tracing::debug!(%error, "rows that do not read cannot be looked for"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_told_once_and_again_when_something_else_stands_in_it() {
        let told = Told::default();
        let row = |value| Unreadable::new("runs", "status", "7".to_owned(), value);
        assert!(told.tell(&row("rubbish")));
        assert!(!told.tell(&row("rubbish")));
        assert!(told.tell(&row("other rubbish")));
    }
}
