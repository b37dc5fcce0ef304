//! The certificates that Amazon's SNS signs with: asked for where they are, and kept.

use super::fetch::{Fetch, Unfetched};
use bounces::webhooks::ses::Certificate;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// How many are kept. SNS has one for each region, and changes it once in a while.
const KEPT: usize = 4;

/// How many are asked for at the same time: whoever knows the name of the topic can have us ask for what is not there.
const ASKED: usize = 2;

/// The certificates that are known, newest first.
#[derive(Debug)]
pub(in crate::http) struct Certificates {
    known: Mutex<Vec<(String, Certificate)>>,
    asking: Semaphore,
}

impl Default for Certificates {
    fn default() -> Self {
        Self { known: Mutex::default(), asking: Semaphore::new(ASKED) }
    }
}

impl Certificates {
    /// The certificate from this address, if something signed with it has come before.
    pub(super) fn known(&self, address: &str) -> Option<Certificate> {
        let known = self.lock();
        known.iter().find(|(at, _)| at == address).map(|(_, certificate)| certificate.clone())
    }

    /// Asks for the certificate at an address.
    pub(super) async fn ask(&self, fetch: &Fetch, address: &str) -> Result<Certificate, Unfetched> {
        let turn = timeout(Fetch::TIME, self.asking.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(Unfetched("others are being asked for".to_owned())) };
        let pem = fetch.get(address).await?;
        Certificate::read(&pem).map_err(|_| Unfetched("what is there is no certificate".to_owned()))
    }

    /// Keeps a certificate with which something was signed. Those that nothing was signed with would drive out those that are needed.
    pub(super) fn keep(&self, address: &str, certificate: Certificate) {
        let mut known = self.lock();
        known.retain(|(at, _)| at != address);
        known.insert(0, (address.to_owned(), certificate));
        known.truncate(KEPT);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(String, Certificate)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
