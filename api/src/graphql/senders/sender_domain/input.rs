//! What is asked of the domains whose letters are signed.

use acts::senders::domains::ImportKey;
use async_graphql::{ID, InputObject};

/// A private key that somebody brings along, whose record is published already or will be.
#[derive(InputObject)]
pub(super) struct SenderDomainImportKey {
    /// The private key in PEM: `BEGIN PRIVATE KEY` (PKCS#8) or `BEGIN RSA PRIVATE KEY` (PKCS#1), not encrypted; RSA of 2048, 3072 or 4096
    /// bits, or Ed25519 (`DKIM_KEY_INVALID`).
    pub(super) pem: String,
    /// The name under which its record is published: letters, digits and hyphens, 63 at most, no hyphen first or last
    /// (`SELECTOR_INVALID`). The domain must never have had it before (`SELECTOR_TAKEN`).
    pub(super) selector: String,
}

impl From<SenderDomainImportKey> for ImportKey {
    fn from(key: SenderDomainImportKey) -> Self {
        Self { pem: key.pem.into(), selector: key.selector }
    }
}

/// The domain that `senderDomainCreate` adds.
#[derive(InputObject)]
pub(super) struct SenderDomainCreateInput {
    /// The domain, also in letters beyond ASCII (`DOMAIN_INVALID`, `SENDER_DOMAIN_TAKEN`).
    pub(super) domain: String,
    /// Keys to bring along, at most 10 (`DKIM_KEY_INVALID`); null, left out or empty: an RSA key of 2048 bits and an Ed25519 key
    /// are made.
    pub(super) import_keys: Option<Vec<SenderDomainImportKey>>,
}

/// The key that `senderDomainKeyImport` brings along.
#[derive(InputObject)]
pub(super) struct SenderDomainKeyImportInput {
    /// The domain whose key it is (`SENDER_DOMAIN_NOT_FOUND`).
    pub(super) domain: String,
    /// The key to import, with its selector.
    pub(super) key: SenderDomainImportKey,
}

/// The key that `senderDomainKeyActivate` has letters signed with.
#[derive(InputObject)]
pub(super) struct SenderDomainKeyActivateInput {
    /// The domain (`SENDER_DOMAIN_NOT_FOUND`).
    pub(super) domain: String,
    /// The name of the key (`KEY_NOT_FOUND`).
    pub(super) selector: String,
}

/// The domain that `senderDomainKeyRotate` makes new keys for.
#[derive(InputObject)]
pub(super) struct SenderDomainKeyRotateInput {
    /// The domain (`SENDER_DOMAIN_NOT_FOUND`).
    pub(super) domain: String,
}

/// The key that `senderDomainKeyRetire` has letters signed with no longer.
#[derive(InputObject)]
pub(super) struct SenderDomainKeyRetireInput {
    /// The domain (`SENDER_DOMAIN_NOT_FOUND`).
    pub(super) domain: String,
    /// The name of the key (`KEY_NOT_FOUND`).
    pub(super) selector: String,
}

/// The key that `senderDomainKeyRemove` removes.
#[derive(InputObject)]
pub(super) struct SenderDomainKeyRemoveInput {
    /// The domain (`SENDER_DOMAIN_NOT_FOUND`).
    pub(super) domain: String,
    /// The name of the key (`KEY_NOT_FOUND`).
    pub(super) selector: String,
}

/// The domain that `senderDomainGrant` grants, and to whom.
#[derive(InputObject)]
pub(super) struct SenderDomainGrantInput {
    /// The domain (`SENDER_DOMAIN_NOT_FOUND`).
    pub(super) domain: String,
    /// The id of the user (`NOT_FOUND`).
    pub(super) user_id: ID,
}

/// The domain that `senderDomainGrantWithdraw` withdraws, and from whom.
#[derive(InputObject)]
pub(super) struct SenderDomainGrantWithdrawInput {
    /// The domain (`SENDER_DOMAIN_NOT_FOUND`).
    pub(super) domain: String,
    /// The id of the user (`NOT_FOUND`).
    pub(super) user_id: ID,
}

/// The domain that `senderDomainRemove` removes.
#[derive(InputObject)]
pub(super) struct SenderDomainRemoveInput {
    /// The domain (`SENDER_DOMAIN_NOT_FOUND`).
    pub(super) domain: String,
}
