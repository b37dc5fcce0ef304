use super::{Done, Mode, TakenBack};
use crate::UserId;
use serde::{Deserialize, Serialize};

/// What happened to an import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The import has begun.
    Begun {
        /// The owner of the address book.
        owner: UserId,
        /// The name of the file; it may be empty.
        file: String,
        /// Which rows are taken.
        mode: Mode,
    },
    /// The file was read to its end.
    Finished(Done),
    /// Somebody has begun to take it back.
    UndoBegun,
    /// It was taken back.
    Undone(TakenBack),
}
