use super::{Done, Mode, TakenBack};
use crate::UserId;

/// What can be asked of an import.
#[derive(Clone, Debug)]
pub enum Command {
    /// Begins it, before the first client is written.
    Begin {
        /// The owner of the address book.
        owner: UserId,
        /// The name of the file; it may be empty.
        file: String,
        /// Which rows are taken.
        mode: Mode,
    },
    /// The file was read to its end.
    Finish {
        /// What was done.
        done: Done,
    },
    /// Begins to take it back. Also one that broke off can be taken back.
    BeginUndo {
        /// The user who asks.
        by: UserId,
    },
    /// It is taken back.
    FinishUndo {
        /// What was done.
        done: TakenBack,
    },
}
