//! A running mailbox: what it keeps, and where it is.

use super::shelf::Shelf;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// A running mailbox. It ends with its token.
#[derive(Clone)]
pub struct Mailbox {
    pub(super) shelf: Arc<Mutex<Shelf>>,
    pub(super) smtp: SocketAddr,
    /// Where the service is whose letters it gets.
    pub(super) home: Arc<OnceLock<String>>,
}

impl Mailbox {
    /// Where it takes letters.
    #[must_use]
    pub fn smtp(&self) -> SocketAddr {
        self.smtp
    }

    /// Its pages lead back to the service at this address.
    pub fn leads_to(&self, home: &str) {
        // Whoever said so first is believed.
        let _ = self.home.set(home.to_owned());
    }

    pub(super) fn home(&self) -> Option<String> {
        self.home.get().cloned()
    }

    /// How many letters it has received.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.shelf().count()
    }

    pub(super) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
