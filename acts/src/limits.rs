//! How much may be done at once, and how large a thing may become.

use std::time::Duration;

/// How many bytes all revisions of a message may have before another one is written.
pub(crate) const REVISIONS: usize = 32 * 1024 * 1024;

/// How long an import waits for its turn, and so does whoever takes one back.
pub(crate) const IMPORT_PATIENCE: Duration = Duration::from_secs(5);

/// How long a workbook waits for its turn to be read. Each takes a few seconds at most.
pub(crate) const WORKBOOK_PATIENCE: Duration = Duration::from_secs(30);

/// How long a preview waits for its turn.
pub(crate) const PREVIEW_PATIENCE: Duration = Duration::from_secs(2);

/// How many of one account may wait for their turn at something of which only a few are done at a time.
pub(crate) const QUEUE_OF_EACH: usize = 4;

/// How many of all accounts may be at such work or wait for it.
pub(crate) const QUEUE_OF_ALL: usize = 64;

/// The largest file of clients unless it is set, in bytes.
pub(crate) const UPLOAD: usize = 100 * 1024 * 1024;
