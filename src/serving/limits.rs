//! How long and how much whoever asks may keep.

use api::TrustedProxies;
use std::time::Duration;

/// How long is waited for whom, and how many connections there are.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at the same time.
    pub connections: usize,
    /// Of these, from one address.
    pub per_address: usize,
    /// Who may have all of them, because it connects for many.
    pub proxies: TrustedProxies,
    /// How long a request's head may take, from its first byte, or from the beginning of the connection.
    pub header: Duration,
    /// How long the next part of a body may take.
    pub body: Duration,
    /// How long a connection is kept for the next request.
    pub idle: Duration,
    /// How long somebody may take in nothing of their answer.
    pub write: Duration,
}

impl Default for Limits {
    /// As the settings have them.
    fn default() -> Self {
        Self {
            connections: 1_000,
            per_address: 100,
            proxies: TrustedProxies::default(),
            header: Duration::from_secs(10),
            body: Duration::from_secs(30),
            idle: Duration::from_secs(75),
            write: Duration::from_secs(30),
        }
    }
}
