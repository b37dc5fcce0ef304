//! What was told of rows that do not read.

use projections::Unreadable;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// How many rows are kept in mind; beyond that all are forgotten, and told once more.
pub(crate) const KEPT: usize = 10_000;

/// The rows that were told already, and the mailings and runs that are left alone because of them, or because others have to see to them.
#[derive(Debug, Default)]
pub(crate) struct Told {
    rows: Mutex<HashSet<Unreadable>>,
    left_alone: Mutex<HashSet<Uuid>>,
}

impl Told {
    /// Tells of a row, unless that was done before. `false`: it was.
    pub(crate) fn tell(&self, error: &Unreadable) -> bool {
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

    /// The mailings and runs that are left alone because of rows, or because others have to see to them.
    pub(crate) fn left_alone(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.left_alone.lock().unwrap_or_else(PoisonError::into_inner)
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
