//! Another master key takes the place of the one that there is: all private halves are sealed under it instead.
//!
//! It is one transaction, so whoever is killed in the middle of it leaves them all as they were, or all sealed anew. Nobody seals anything
//! under the old key meanwhile.

use crate::Services;
use crate::who::rights::Administrator;
use dkim::{MasterKey, NoRandomness};
use projections::sealed_keys::{self, Sealed};
use projections::senders::domains;

/// What became of the private halves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// How many are sealed under the new key now, and were not before.
    pub sealed: u64,
    /// How many were sealed under the new key already.
    pub already: u64,
}

/// Why nothing was sealed anew.
#[derive(Debug, thiserror::Error)]
pub enum RewrapError {
    /// PostgreSQL did not answer, or refused.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The system has no randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The new key could not be kept, and would have been lost.
    #[error("{0}; nothing was changed")]
    NotKept(String),
    /// A private half opens neither under the old key nor under the new one.
    #[error("the key {selector} of {domain} opens neither under the old master key nor under the new one{}; nothing was changed", named(.under.as_deref()))]
    Closed {
        /// The domain of the key, or its id if nobody knows its name any more.
        domain: String,
        /// The name under which the key's record is published.
        selector: String,
        /// The fingerprint of the master key that it is sealed under; `None` if nobody knows.
        under: Option<String>,
    },
}

/// Under which master key something is sealed, as the end of a sentence.
fn named(fingerprint: Option<&str>) -> String {
    fingerprint
        .map(|fingerprint| format!(": it is sealed under the one with the fingerprint {fingerprint}"))
        .unwrap_or_default()
}

/// Seals all private halves under `new` that are sealed under `old`, all or none. What is sealed under `new` already stays. Before anything
/// is written, and while nobody else does this, `keep` has to keep the new key where it will be found.
pub async fn rewrap(
    services: &Services,
    _by: Administrator,
    old: &MasterKey,
    new: &MasterKey,
    keep: impl FnOnce() -> Result<(), String>,
) -> Result<Rewrapped, RewrapError> {
    let mut transaction = services.pool().begin().await?;
    sealed_keys::lock(&mut transaction).await?;
    let mut rewrapped = Rewrapped::default();
    let (mut anew, mut closed): (Vec<(Sealed, Vec<u8>)>, Option<Sealed>) = (Vec::new(), None);
    for sealed in sealed_keys::all(&mut *transaction, false).await? {
        let purpose = sealed.purpose();
        if let Ok(private) = old.open(&purpose, &sealed.sealed) {
            let bytes = new.seal(&purpose, &private)?;
            anew.push((sealed, bytes));
        } else if new.open(&purpose, &sealed.sealed).is_ok() {
            rewrapped.already += 1;
        } else {
            closed = Some(sealed);
        }
    }
    if let Some(Sealed { domain, selector, under, .. }) = closed {
        transaction.rollback().await?;
        let known = domains::by_ids(services.pool(), &[domain.0]).await?.pop();
        let domain = known.map_or_else(|| domain.to_string(), |known| known.domain);
        return Err(RewrapError::Closed { domain, selector, under });
    }
    keep().map_err(RewrapError::NotKept)?;
    let fingerprint = new.fingerprint();
    for (sealed, bytes) in &anew {
        sealed_keys::replace(&mut *transaction, sealed, bytes, &fingerprint).await?;
        rewrapped.sealed += 1;
    }
    transaction.commit().await?;
    Ok(rewrapped)
}
