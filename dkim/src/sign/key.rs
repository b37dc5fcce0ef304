//! A key of a signer.

use crate::{PrivateKey, Selector};

/// A private key and where its other half is published.
#[derive(Debug)]
pub struct Key {
    /// Under which name.
    pub selector: Selector,
    /// What signs.
    pub private: PrivateKey,
}
