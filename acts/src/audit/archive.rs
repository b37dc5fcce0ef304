//! The way to letters that were sent.

use crate::refusal::Refused;
use domain::RunId;
use sqlx::PgPool;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

/// A letter as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentLetter {
    /// The subject, as people read it.
    pub subject: String,
    /// The text without HTML.
    pub text: String,
    /// The HTML, if the message has any.
    pub html: Option<String>,
    /// The names and values of the header fields in their order.
    pub headers: Vec<(String, String)>,
}

/// A letter that is being written.
type Written = Pin<Box<dyn Future<Output = Result<Option<SentLetter>, Refused>> + Send>>;

/// Writes the letter of a place in a run once more.
type Write = dyn Fn(PgPool, RunId, i32) -> Written + Send + Sync;

/// The way to letters that were sent.
#[derive(Clone)]
pub struct Archive(pub(super) Arc<Write>);

impl Archive {
    /// With this way of writing the letter of a place in a run; `None` if nobody has the place.
    #[must_use]
    pub fn new<F>(write: impl Fn(PgPool, RunId, i32) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Option<SentLetter>, Refused>> + Send + 'static,
    {
        Self(Arc::new(move |pool, run, ordinal| Box::pin(write(pool, run, ordinal))))
    }
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Archive")
    }
}
