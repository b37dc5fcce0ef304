//! Private keys: made here or brought along, and sealed under the master key before anybody stores them.

use crate::Services;
use crate::refusal::{Fault, Problem, Refused};
use dkim::{KeyError, MasterKey, PrivateKey};
use domain::sender_domain::{Algorithm, Selector};
use domain::{Code, SenderDomainId};
use projections::sealed_keys::{self, SigningKey};
use secrecy::{ExposeSecret, SecretString};
use words::senders::{KeyFault, Problem as Said};

/// A private key that somebody brings along.
#[derive(Clone, Debug)]
pub struct ImportKey {
    /// The key in PEM (PKCS#8 or PKCS#1), not encrypted.
    pub pem: SecretString,
    /// The name under which its record is published.
    pub selector: String,
}

/// A key that is not stored yet.
pub(super) struct Fresh {
    pub(super) selector: Selector,
    pub(super) algorithm: Algorithm,
    /// The public half in base64.
    pub(super) public: String,
    pub(super) imported: bool,
    /// The private half.
    pub(super) sealed: Vec<u8>,
    /// The fingerprint of the master key that it is sealed under.
    pub(super) under: String,
}

/// The master key, or what is lacking.
pub(super) fn master_key(services: &Services) -> Result<&MasterKey, Problem> {
    services.master_key.as_ref().ok_or_else(|| Problem::new(Code::MasterKeyMissing, &[], Said::MasterKeyMissing))
}

/// Makes a key of each of these algorithms, under these names.
pub(super) async fn make(
    master: &MasterKey,
    domain: SenderDomainId,
    wanted: Vec<(Selector, Algorithm)>,
) -> Result<Vec<Fresh>, Refused> {
    let master = master.clone();
    // The primes of an RSA key are sought for half a second or several.
    let made = tokio::task::spawn_blocking(move || {
        let make = |(selector, algorithm): (Selector, Algorithm)| {
            let kind = match algorithm {
                Algorithm::Rsa => dkim::Kind::Rsa2048,
                Algorithm::Ed25519 => dkim::Kind::Ed25519,
            };
            let private = PrivateKey::generate(kind).map_err(|error| refused(error, &[]))?;
            seal(&master, domain, selector, &private, false)
        };
        wanted.into_iter().map(make).collect::<Result<Vec<_>, Refused>>()
    });
    made.await.map_err(Fault::from)?
}

/// Reads a key that somebody brings along, `field` of the input.
pub(super) fn import(
    master: &MasterKey,
    domain: SenderDomainId,
    key: &ImportKey,
    selector: Selector,
    field: &[&str],
) -> Result<Fresh, Refused> {
    let private = PrivateKey::from_pem(key.pem.expose_secret()).map_err(|error| refused(error, field))?;
    seal(master, domain, selector, &private, true)
}

fn seal(
    master: &MasterKey,
    domain: SenderDomainId,
    selector: Selector,
    private: &PrivateKey,
    imported: bool,
) -> Result<Fresh, Refused> {
    let algorithm = match private.algorithm() {
        dkim::Algorithm::RsaSha256 => Algorithm::Rsa,
        dkim::Algorithm::Ed25519Sha256 => Algorithm::Ed25519,
    };
    let record = private.public_record();
    let public = record.split_once("; p=").map_or(record.as_str(), |(_, public)| public).to_owned();
    let purpose = sealed_keys::purpose(domain, selector.as_str());
    let sealed = master.seal(&purpose, private.der()).map_err(Fault::from)?;
    Ok(Fresh { selector, algorithm, public, imported, sealed, under: master.fingerprint() })
}

/// What is wrong with a key.
fn refused(error: KeyError, field: &[&str]) -> Refused {
    let fault = match error {
        KeyError::NoKey => KeyFault::NoKey,
        KeyError::Encrypted => KeyFault::Encrypted,
        KeyError::Unreadable => KeyFault::Unreadable,
        KeyError::OtherAlgorithm => KeyFault::OtherAlgorithm,
        KeyError::TooShort { bits } => KeyFault::TooShort { bits },
        KeyError::TooLong { bits } => KeyFault::TooLong { bits },
        KeyError::OddLength { bits } => KeyFault::OddLength { bits },
        KeyError::Unsound => KeyFault::Unsound,
        KeyError::NoRandomness(error) => return Fault::from(error).into(),
    };
    Problem::new(Code::DkimKeyInvalid, field, Said::Key(fault)).into()
}

/// Whether a sealed private half opens under this key.
fn opens(master: Option<&MasterKey>, key: &SigningKey) -> bool {
    let opened = master.zip(key.sealed.as_deref()).map(|(master, sealed)| master.open(&key.purpose(), sealed));
    opened.is_some_and(|opened| opened.is_ok())
}

/// A key that letters are to be signed with, and that does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unopened {
    /// The domain whose letters it signs.
    pub domain: String,
    /// The name under which its record is published.
    pub selector: String,
    /// The fingerprint of the master key that it is sealed under; `None` if nobody knows, or if it is lost.
    pub under: Option<String>,
}

impl Unopened {
    /// Whether it was sealed under this very key, so that no other process opens it either.
    #[must_use]
    pub fn is_broken(&self, master: Option<&MasterKey>) -> bool {
        self.under.is_some() && self.under == master.map(MasterKey::fingerprint)
    }
}

/// The keys that letters are to be signed with, and that do not open under this master key: whoever has it sends no letter of their domains.
pub async fn unopened(pool: &sqlx::PgPool, master: Option<&MasterKey>) -> Result<Vec<Unopened>, sqlx::Error> {
    let active = sealed_keys::all_active(pool).await?;
    let closed = active.into_iter().filter(|key| !opens(master, key));
    let told = |SigningKey { domain, selector, sealed_under, .. }| Unopened { domain, selector, under: sealed_under };
    Ok(closed.map(told).collect())
}

/// Notes of the private halves that an older program has sealed, and that open under this master key, that they are sealed under it.
pub async fn note_fingerprints(pool: &sqlx::PgPool, master: &MasterKey) -> Result<(), sqlx::Error> {
    let fingerprint = master.fingerprint();
    for sealed in sealed_keys::all(pool, true).await? {
        if master.open(&sealed.purpose(), &sealed.sealed).is_ok() {
            sealed_keys::note(pool, &sealed, &fingerprint).await?;
        }
    }
    Ok(())
}
