//! Why a workbook is not read.

use std::io;
use words::import::{FileError, Kind};

/// As many bytes as a MiB has.
pub(super) const MIB: u64 = 1024 * 1024;

/// Why a workbook does not become a table.
#[derive(Debug)]
pub(super) enum Failed {
    /// For what it is.
    File(FileError),
    /// This machine has no room, for example.
    Machine(io::Error),
}

impl From<FileError> for Failed {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Machine(error)
    }
}

/// It is damaged, whatever it is that does not read: nobody could mend it by hand.
pub(super) fn damaged<E>(_: E) -> Failed {
    Failed::File(FileError::WorkbookBroken)
}

pub(super) fn unsupported(kind: Kind) -> FileError {
    FileError::Unsupported { kind }
}
