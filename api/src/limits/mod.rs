//! How much one request may ask for.

use std::time::Duration;

/// What one request may have, as whoever runs the service sets it. What protects the parser (nesting, parts, names) is no
/// setting: it goes by the stack and the time that the parser takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestLimits {
    /// The longest that answering a GraphQL request may take.
    pub time: Duration,
    /// The largest GraphQL request of somebody who is signed in, in bytes.
    pub body: usize,
    /// How many bytes of large requests are held at the same time, whoever sends them. It is at least `body`.
    pub bodies: usize,
    /// The longest answer, in bytes.
    pub answer: usize,
    /// How deep fields stand below each other.
    pub depth: usize,
    /// How many fields an answer may have, with every list counted as long as it was asked for.
    pub fields: u64,
    /// How much PostgreSQL may have to do for a request, in tenths of reading a row by its key.
    pub work: u64,
}

impl Default for RequestLimits {
    fn default() -> Self {
        let (body, bodies, answer) = (BODY, BODIES, ANSWER);
        Self { time: TIME, body, bodies, answer, depth: DEPTH, fields: FIELDS, work: WORK }
    }
}

/// As many bytes as a MiB has.
pub(crate) const MIB: usize = 1024 * 1024;

/// The largest GraphQL request unless it is set, in bytes. A test derives it from the longest fields of every mutation: a byte of a text is up to
/// seven in a body, as `\\u003c` where a text stands in the document itself.
pub(crate) const BODY: usize = 16 * 1024 * 1024;

/// How many fields a form may have. Each takes more memory than its bytes.
pub(crate) const FORM_FIELDS: usize = 10_000;

/// The largest GraphQL request of somebody who is not signed in, in bytes: to register and to log in takes little.
pub(crate) const BODY_OF_STRANGERS: usize = 64 * 1024;

/// The largest form of somebody who is not signed in (any more), in bytes: a letter whose text and HTML are as long as they may be, in
/// letters that take six signs where their two bytes are percent-encoded. All such forms together have no more room than one.
pub(crate) const FORM_OF_STRANGERS: usize = 10 * 1024 * 1024;

/// How many of them are read at the same time; one from each address.
pub(crate) const FORMS_OF_STRANGERS: usize = 4;

/// The longest report of a provider, in bytes: those that tell many events at once have about 768 KiB at the most.
pub(crate) const REPORT: usize = MIB;

/// How many bytes of reports beyond [`BODY_OF_STRANGERS`] are held at the same time, whoever sends them.
pub(crate) const REPORTS: usize = 8 * MIB;

/// How many of them are read at the same time from one address, and how many of all: a provider sends from a few addresses.
pub(crate) const REPORTS_OF_EACH: usize = 4;

/// See [`REPORTS_OF_EACH`].
pub(crate) const REPORTS_OF_ALL: usize = 16;

/// How much of what was typed is kept for somebody who has to log in first, in bytes: it comes and goes with the pages meanwhile.
pub(crate) const KEPT: usize = 4 * 1024 * 1024;

/// How many exports one account reads at the same time, and how many all of them.
pub(crate) const EXPORTS: (usize, usize) = (2, 16);

/// How long an export waits for its turn.
pub(crate) const EXPORT_PATIENCE: Duration = Duration::from_secs(3);

/// How long somebody who reads an export may take in nothing of it.
pub(crate) const EXPORT_SILENCE: Duration = Duration::from_mins(1);

/// How many recipients a workbook takes; it is made while somebody waits for it.
pub(crate) const WORKBOOK_RECIPIENTS: u64 = 100_000;

/// How long an export may take.
pub(crate) const EXPORT_TIME: Duration = Duration::from_hours(1);

/// Unless it is set, how many bytes of requests beyond [`BODY_OF_STRANGERS`] are held at the same time, whoever sends them. Reading one takes up to
/// four times as much.
pub(crate) const BODIES: usize = 24 * 1024 * 1024;

/// How many such requests of one account are read at the same time.
pub(crate) const LARGE_BODIES_OF_EACH: usize = 2;

/// How many of all accounts may send one or wait for it.
pub(crate) const LARGE_BODIES_OF_ALL: usize = 64;

/// How long a large request waits for its turn, and for room.
pub(crate) const BODY_PATIENCE: Duration = Duration::from_secs(5);

/// How long a large request may take to arrive.
pub(crate) const BODY_TIME: Duration = Duration::from_mins(2);

/// The largest file of clients inside a GraphQL request, in bytes.
pub(crate) const CSV: usize = 1024 * 1024;

/// How much of a request that is too large is read and thrown away, so that its sender gets to read the answer.
pub(crate) const DISCARD: usize = 1024 * 1024;

/// The longest that answering a GraphQL request may take unless it is set.
pub(crate) const TIME: Duration = Duration::from_secs(10);

/// How deep fields stand below each other unless it is set. The standard introspection query needs nearly all of it.
pub(crate) const DEPTH: usize = 15;

/// How deep brackets stand inside each other in a document, and selection sets when every fragment is where it is spread. The
/// parser takes about 2 KiB of stack for each, and 10 in a build without optimisation.
pub(crate) const NESTING: usize = 32;

/// How many names, signs and values a document has; and how many selections and values, when every fragment is where it is
/// spread. Standard introspection has 200.
pub(crate) const PARTS: usize = 10_000;

/// How long a document is beside its texts, in bytes.
pub(crate) const SYNTAX: usize = 64 * 1024;

/// How long the texts in a document are together, as they are written there, in bytes: those of a letter with every sign escaped
/// by a backslash. The parser takes its time for each of them.
pub(crate) const TEXTS: usize = INPUT + INPUT / 8;

/// The longest name in a document, in characters: it is repeated in what is said about it.
pub(crate) const NAME: usize = 255;

/// How long all arguments are together, in bytes, with variables filled in wherever they are used. It is more than the fields of
/// any mutation may have, so that the field that is too long is told.
pub(crate) const INPUT: usize = 4 * 1024 * 1024;

/// How many values a request has in its variables.
pub(crate) const VALUES: usize = 50_000;

/// How many fields an answer may have unless it is set. Standard introspection has
/// about half of them.
pub(crate) const FIELDS: u64 = 60_000;

/// How much PostgreSQL may have to do for a request unless it is set: 2,000 rows read one by one, or 20 searches through an address book.
pub(crate) const WORK: u64 = 20_000;

/// How many fields that there are not are looked at.
pub(crate) const UNKNOWN: usize = 20;

/// How many errors in a document are told.
pub(crate) const ERRORS: usize = 20;

/// The longest answer unless it is set, in bytes. Long texts are counted while they are gathered, everything when it is written.
pub(crate) const ANSWER: usize = 16 * 1024 * 1024;

/// How long a request waits for others that read letters.
pub(crate) const LETTERS_PATIENCE: Duration = Duration::from_secs(3);

/// How many pages of one account are kept live at the same time.
pub(crate) const LIVE_OF_EACH: usize = 12;

/// The longest page of a list.
pub(crate) const PAGE: i32 = 100;

/// The length of a page for those who do not say.
pub(crate) const DEFAULT_PAGE: i32 = 20;

/// The most days for which it is counted at once how much came in.
pub(crate) const INTAKE_DAYS: i32 = 366;

/// The most periods that statistics are asked for at once: a year of days, and some.
pub(crate) const PERIODS: usize = 400;

#[cfg(test)]
mod agreement;
