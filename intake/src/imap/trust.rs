//! Which certificates of mail servers are trusted.

use rustls::ClientConfig;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Settings of TLS that are being made.
type Made = Pin<Box<dyn Future<Output = Result<Arc<ClientConfig>, String>> + Send>>;

/// Makes the settings of TLS.
type Make = dyn Fn() -> Made + Send + Sync;

/// Which certificates of mail servers are trusted. Reading the system's takes a while, so it is done once, and only where TLS is used.
#[derive(Clone)]
pub struct Trust {
    make: Arc<Make>,
    made: Arc<OnceCell<Arc<ClientConfig>>>,
}

impl Trust {
    /// With this way to make the settings of TLS; its error is a sentence for whoever runs the service.
    #[must_use]
    pub fn new<F>(make: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Arc<ClientConfig>, String>> + Send + 'static,
    {
        Self { make: Arc::new(move || Box::pin(make())), made: Arc::default() }
    }

    pub(super) async fn config(&self) -> Result<Arc<ClientConfig>, String> {
        self.made.get_or_try_init(|| (self.make)()).await.cloned()
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust")
    }
}
