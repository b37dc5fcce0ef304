//! How much one account may have, and do at once, so that it leaves room for the others.

use crate::at_once::AtOnce;
use crate::limits;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The bounds of one account, and of what all accounts do at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many clients an address book may have.
    pub clients: u32,
    /// How many groups of clients an account may have.
    pub groups: u32,
    /// How many segments of clients an account may have.
    pub segments: u32,
    /// How many addresses may be in an account's list of those that are not written to.
    pub suppressions: u32,
    /// How many people may ask for an account's letters in a day, with its public form.
    pub subscriptions: u32,
    /// How many messages an account may have.
    pub messages: u32,
    /// Revisions of each message and of each article.
    pub revisions: u32,
    /// How many mailings an account may have.
    pub mailings: u32,
    /// How many senders an account may have.
    pub senders: u32,
    /// How many pictures of articles an account may have added.
    pub pictures: u32,
    /// Sessions that are open; who opens one more ends the one that was used longest ago.
    pub sessions: u32,
    /// How many imports of clients an account may have at the same time.
    pub imports: u32,
    /// Letters and articles that are rendered at the same time.
    pub previews: u32,
    /// Imports at the same time of all accounts together, in this process: each has a connection to the database most of the time.
    pub imports_of_all: u32,
    /// How many previews all accounts may have made at the same time: each takes a core for a moment.
    pub previews_of_all: u32,
    /// How many bytes a file of clients may have.
    pub file: usize,
    /// Whether owners may say that a mailing is transactional, so that those who have left get its letters, too.
    pub transactional: bool,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            clients: 2_000_000,
            groups: 5_000,
            segments: 200,
            suppressions: 2_000_000,
            subscriptions: 1_000,
            messages: 5_000,
            revisions: 1_000,
            mailings: 5_000,
            senders: 50,
            pictures: 1_000,
            sessions: 100,
            imports: 2,
            previews: 2,
            imports_of_all: 4,
            previews_of_all: 2,
            file: limits::UPLOAD,
            transactional: true,
        }
    }
}

/// The bounds of one account, and who is at what is done a few at a time.
#[derive(Clone, Debug)]
pub struct Quotas {
    bounds: Bounds,
    imports: AtOnce,
    workbooks: AtOnce,
    undoing: AtOnce,
    rendering: AtOnce,
    letters: Arc<Semaphore>,
}

impl Quotas {
    /// How many bytes of letters all requests together read from the database at the same time: one request reads no more. Each
    /// byte is there up to four times: as it comes, as a row, in the answer, and in the answer as JSON.
    pub const LETTERS: usize = 32 * 1024 * 1024;

    /// These bounds for every account.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        let count = |bound: u32| usize::try_from(bound).unwrap_or(usize::MAX);
        Self {
            bounds,
            imports: AtOnce::new(count(bounds.imports), count(bounds.imports_of_all), limits::IMPORT_PATIENCE),
            workbooks: AtOnce::new(1, 1, limits::WORKBOOK_PATIENCE),
            undoing: AtOnce::new(1, count(bounds.imports_of_all), limits::IMPORT_PATIENCE),
            rendering: AtOnce::new(count(bounds.previews), count(bounds.previews_of_all), limits::PREVIEW_PATIENCE),
            letters: Arc::new(Semaphore::new(Self::LETTERS / 1024)),
        }
    }

    /// The bounds of one account.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Who imports clients.
    pub(crate) fn imports(&self) -> &AtOnce {
        &self.imports
    }

    /// Whose workbook is read: one at a time of all accounts together, as each takes memory for all of its texts.
    pub(crate) fn workbooks(&self) -> &AtOnce {
        &self.workbooks
    }

    /// Whose import is taken back. An import that is still going on does not keep anybody from it.
    pub(crate) fn undoing(&self) -> &AtOnce {
        &self.undoing
    }

    /// Room for letters that are read, in KiB.
    #[must_use]
    pub fn letters(&self) -> Arc<Semaphore> {
        Arc::clone(&self.letters)
    }

    /// The room for those who look at letters, or write articles.
    #[must_use]
    pub fn rendering(&self) -> &AtOnce {
        &self.rendering
    }
}

impl Default for Quotas {
    fn default() -> Self {
        Self::new(Bounds::default())
    }
}
