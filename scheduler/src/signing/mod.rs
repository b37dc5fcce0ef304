//! Letters are signed (DKIM, RFC 6376) with the keys of the domain that they are from.
//!
//! | file | its part |
//! | --- | --- |
//! | `keys` | which keys a domain has, opened once and looked at again every second |
//! | `no_signer` | why letters of a domain cannot be signed |
//! | `threads` | where it is computed: a signature takes a millisecond, which is longer than the runtime may be kept waiting |
//!
//! Letters of a domain that has no keys go unsigned, as a relay may sign them itself. Those of a domain that has keys which cannot be
//! used do not go at all: whoever gets them would trust them less than any other, and nobody would learn why.
//!
//! Why they cannot be used decides what becomes of a mailing. Beside each sealed key stands the fingerprint of the master key that it is
//! sealed under. A process with another master key, or with none, is wrong itself: it leaves the mailing to others, and says so. A key that
//! does not open under the very master key that is named opens nowhere, and its mailings are paused.
//!
//! A signature bears the date of its letter and not the present moment. Nothing else in it is left to chance, so a letter that is tried
//! again is the same to the byte, as long as the keys are.

mod keys;
mod no_signer;
mod threads;

pub(crate) use no_signer::NoSigner;

use crate::smtp::{Letter, LetterError};
use chrono::{DateTime, Utc};
use dkim::{MasterKey, Signer};
use keys::Keys;
use sqlx::PgPool;
use std::sync::Arc;
use threads::Threads;

/// The signing of an engine.
#[derive(Debug)]
pub(crate) struct Signing {
    keys: Keys,
    threads: Threads,
}

impl Signing {
    /// What is sealed opens with this key.
    pub(crate) fn new(pool: PgPool, master_key: Option<MasterKey>) -> Self {
        Self { keys: Keys::new(pool, master_key), threads: Threads::default() }
    }

    /// Who signs what is from this domain at this moment. None: nobody does, and it goes as it is.
    pub(crate) async fn signer(&self, domain: &str) -> Result<Option<Arc<Signer>>, NoSigner> {
        self.keys.signer(domain).await
    }

    /// The letter, signed, if there is somebody to sign it; as soon as it is its turn.
    pub(crate) async fn sign(
        &self,
        letter: Letter,
        signer: Option<Arc<Signer>>,
        date: DateTime<Utc>,
    ) -> Result<Letter, LetterError> {
        match signer {
            Some(signer) => self.threads.sign(letter, signer, date).await,
            None => Ok(letter),
        }
    }
}
