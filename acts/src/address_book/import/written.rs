//! What became of rows.

use super::row_problem::RowProblem;

/// What became of a chunk.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) imported: u64,
    /// The lines of clients that were there and have changed.
    pub(super) updated: Vec<u64>,
    pub(super) groups_created: u64,
    /// Rows whose address is in the address book already.
    pub(super) already_there: Vec<RowProblem>,
    /// Rows whose address is not, where nobody is added.
    pub(super) not_there: Vec<RowProblem>,
    /// Rows for which there is no room in the address book.
    pub(super) without_room: Vec<RowProblem>,
    pub(super) position: Option<i64>,
}
