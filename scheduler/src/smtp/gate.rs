//! Who has to know of a letter before its text leaves.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

/// Whether the text may leave, in time.
pub type Opening = Pin<Box<dyn Future<Output = bool> + Send>>;

/// Stands between a letter's envelope and its text. As long as it has not opened, the relay certainly has no letter, so that
/// whoever sends can write down elsewhere that it may have one from now on. Each letter has its own.
///
/// It is told beforehand how far the letter is, so that nobody has to wait for it.
pub trait Gate: fmt::Debug + Send + Sync {
    /// The letter's transaction begins; again when it is offered once more.
    fn begins(self: Arc<Self>);

    /// The relay has taken sender and recipient: one turn more, and the text is next.
    fn nears(self: Arc<Self>);

    /// Comes back when the text may leave (`true`), or when it never may.
    fn opens(self: Arc<Self>) -> Opening;
}
