//! How much one request may ask for.

use std::time::Duration;

/// The largest GraphQL request, in bytes. Files have an upload of their own.
pub(crate) const BODY: usize = 64 * 1024;

/// The largest file of clients, in bytes.
pub(crate) const UPLOAD: usize = 100 * 1024 * 1024;

/// How much of a request that is too large is read and thrown away, so that its sender gets to read the answer.
pub(crate) const DISCARD: usize = 1024 * 1024;

/// The longest that answering a GraphQL request may take.
pub(crate) const TIME: Duration = Duration::from_secs(10);

/// How deep selections nest. The standard introspection query needs nearly all of it.
pub(crate) const DEPTH: usize = 15;

/// How many fields an answer may have, with every list counted as long as it was asked for.
pub(crate) const COMPLEXITY: usize = 20_000;

/// What it costs to work out a password's hash, or to have a letter sent: one per request.
pub(crate) const PASSWORD: usize = COMPLEXITY / 2 + 1;

/// The longest page of a list.
pub(crate) const PAGE: i32 = 100;

/// The length of a page for those who do not say.
pub(crate) const DEFAULT_PAGE: i32 = 20;

/// The most periods that statistics are asked for at once: a year of days, and some.
pub(crate) const PERIODS: usize = 400;

/// How much statistics cost: about as much as a few pages of lists.
pub(crate) fn statistics(selection: usize) -> usize {
    100 + 20 * selection
}

/// What it costs to look at a letter as a client would get it, and at each of its bodies: a few per request, as every
/// answer is kept in memory until all of it is written.
pub(crate) const PREVIEW: usize = COMPLEXITY / 10;

/// How many letters and articles are rendered at the same time, whoever looks at them: each takes a core for a moment.
pub(crate) const PREVIEWS: usize = 2;

/// How long a preview waits for its turn.
pub(crate) const PREVIEW_PATIENCE: Duration = Duration::from_secs(2);

/// How many imports go on at the same time, whoever makes them: each has a connection to the database most of the time.
pub(crate) const IMPORTS: usize = 4;

/// How long an import waits for its turn.
pub(crate) const IMPORT_PATIENCE: Duration = Duration::from_secs(5);

/// How many of one account may wait for their turn at something of which only a few are done at a time.
pub(crate) const QUEUE_OF_EACH: usize = 4;

/// How many of all accounts may be at such work or wait for it.
pub(crate) const QUEUE_OF_ALL: usize = 64;

/// How much the selection under a list costs: once per row that was asked for.
pub(crate) fn list(first: Option<i32>, row: usize) -> usize {
    let rows = first.unwrap_or(DEFAULT_PAGE).clamp(1, PAGE);
    1 + usize::try_from(rows).unwrap_or(1) * row
}
