//! Rows that do not read: they are left alone, and told once.
//!
//! Nothing is sent because of such a row and nothing given up, as nobody knows what should stand there, and all others go on.
//! A rebuild of the read model makes the row well; until then it is looked at again now and then.

use crate::context::Context;
use projections::{Listed, Unreadable, catalogue};
use uuid::Uuid;

/// The tables by whose words it is decided what is started, planned, sent and finished.
const DECIDING: [&str; 3] = ["mailings", "runs", "notices"];

/// How many rows of one column are told at a time.
const TOLD: usize = 20;

impl Context {
    /// Leaves a mailing or a run alone for a while because of a row, which is told once.
    pub(crate) fn leave_alone(&self, id: Uuid, error: &Unreadable) {
        self.told.tell(error);
        self.stuck.add(id);
        self.told.left_alone().insert(id);
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
        let mut left = self.told.left_alone();
        left.retain(|id| stuck.contains(id));
        left.iter().copied().collect()
    }

    /// Tells of the rows that nobody comes across because their status is none by which anybody looks for them.
    pub(crate) async fn look_for_unreadable(&self) {
        for column in catalogue::columns().iter().filter(|column| DECIDING.contains(&column.table)) {
            match column.unreadable(self.pool(), TOLD).await {
                Ok(rows) => rows.iter().for_each(|error| {
                    self.told.tell(error);
                }),
                Err(error) => return tracing::debug!(%error, "rows that do not read cannot be looked for"),
            }
        }
    }
}
