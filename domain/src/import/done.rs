//! What an import has done, and what was taken back of it.

use serde::{Deserialize, Serialize};

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// How many rows the file had.
    pub rows: u64,
    /// How many clients were added.
    pub added: u64,
    /// How many clients were changed.
    pub updated: u64,
    /// How many rows changed nothing.
    pub unchanged: u64,
    /// How many rows could not be taken.
    pub bad: u64,
}

/// What taking an import back did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenBack {
    /// How many of the clients that it added were removed.
    pub removed: u64,
    /// How many of those that it changed are as they were.
    pub restored: u64,
    /// How many stay as they are, as a whole or in part, because others have changed them since.
    pub left: u64,
}
