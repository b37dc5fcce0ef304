//! Secrets that are known to their holder only: sessions', tokens', links'. The database has their SHA-256.

use crate::refusal::Fault;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

/// 32 random bytes, as text for headers and addresses.
pub(crate) fn fresh() -> Result<String, Fault> {
    let mut secret = [0_u8; 32];
    OsRng.try_fill_bytes(&mut secret)?;
    Ok(URL_SAFE_NO_PAD.encode(secret))
}

/// What is kept of it.
pub(crate) fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}
