//! Asking for what is somewhere else: the way there is handed in by whoever puts the service together, as faces have no network of their own.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// What comes of being asked for.
type Fetched = Pin<Box<dyn Future<Output = Result<Vec<u8>, Unfetched>> + Send>>;

/// Asks for an address, by https.
type Ask = dyn Fn(String) -> Fetched + Send + Sync;

/// The way to what other servers have at an address.
#[derive(Clone)]
pub struct Fetch(Arc<Ask>);

/// Why something was not got. The words are for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unfetched(pub String);

impl Fetch {
    /// How long an answer is waited for.
    pub const TIME: Duration = Duration::from_secs(5);

    /// The most bytes that an answer may have.
    pub const MOST: usize = 64 * 1024;

    /// With this way of asking for an address, which begins with `https://`. What it gets is the body of an answer with the status 200, and
    /// it follows no redirection: the address was chosen, and where else it may lead was not.
    #[must_use]
    pub fn new<F>(ask: impl Fn(String) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Vec<u8>, Unfetched>> + Send + 'static,
    {
        Self(Arc::new(move |address| Box::pin(ask(address))))
    }

    /// Asks for an address.
    pub(super) async fn get(&self, address: &str) -> Result<Vec<u8>, Unfetched> {
        let got = timeout(Self::TIME, (self.0)(address.to_owned())).await;
        let bytes = got.map_err(|_| Unfetched(format!("there was no answer within {} s", Self::TIME.as_secs())))??;
        if bytes.len() > Self::MOST { Err(Unfetched("the answer is too long".to_owned())) } else { Ok(bytes) }
    }
}

/// Nobody asks anybody.
impl Default for Fetch {
    fn default() -> Self {
        Self::new(|_| std::future::ready(Err(Unfetched("nobody is there who asks".to_owned()))))
    }
}

impl fmt::Debug for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fetch")
    }
}
