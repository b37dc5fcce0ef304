//! Why an import ends before the end of its file.

use crate::refusal::Problem;
use domain::Language;
use eventstore::StoreError;
use projections::Unreadable;
use words::Sentence as _;
use words::import::{BrokenOff, FileError};

/// Why an import ended before the end of its file. What was imported until then stays; importing the file again adds
/// the rest.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is no file of clients. Nothing was imported.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is no such group for all of them. Nothing was imported.
    #[error("{0}")]
    Group(Problem),
    /// It cannot be imported like this, or not any more, as the import was taken back meanwhile.
    #[error("{0}")]
    Refused(Problem),
    /// So many imports are going on that this one would not get on, or others kept changing the same address book.
    #[error("{0}")]
    Busy(Problem),
    /// The input broke off.
    #[error("{}", broken_off(.0))]
    Input(#[from] std::io::Error),
    /// What the owner's own fields are cannot be read. Nothing was imported.
    #[error(transparent)]
    Unreadable(Unreadable),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn broken_off(error: &std::io::Error) -> String {
    BrokenOff { error: error.to_string() }.told(Language::En)
}
