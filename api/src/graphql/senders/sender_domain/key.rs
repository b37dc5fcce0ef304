//! Keys that letters are signed with, for administrators.

use crate::graphql::kit::scalars::DateTime;
use crate::graphql::letters::sender::DnsRecord;
use acts::senders::domains;
use async_graphql::{Description, Enum, Object};
use domain::sender_domain::{Algorithm, OVERLAP};
use projections::senders::domains as read;

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Algorithm")]
enum SenderKeyAlgorithm {
    /// RSA with SHA-256 (RFC 6376), which every mail server knows.
    Rsa,
    /// Ed25519 with SHA-256 (RFC 8463), which stands beside the other one, as many mail servers do not know it.
    Ed25519,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum SenderKeyStatus {
    /// The key waits: its record has to be published, and then somebody activates it.
    Waiting,
    /// Letters are signed with the key.
    Active,
    /// Letters are signed with the key no longer. Its record has to stay published until `recordNeededUntil`.
    Retired,
}

/// A key that letters of a domain are, were or will be signed with. Its private half is told to nobody.
#[derive(Description)]
pub(super) struct SenderDomainKey {
    pub(super) domain: String,
    pub(super) key: read::Key,
}

#[Object(use_type_description)]
impl SenderDomainKey {
    /// The name of the key, under which its record is published. A domain never has it twice.
    async fn selector(&self) -> &str {
        &self.key.selector
    }

    /// How the key signs.
    async fn algorithm(&self) -> SenderKeyAlgorithm {
        self.key.algorithm.into()
    }

    /// What the key does.
    async fn status(&self) -> SenderKeyStatus {
        match (self.key.activated_at, self.key.retired_at) {
            (None, _) => SenderKeyStatus::Waiting,
            (Some(_), None) => SenderKeyStatus::Active,
            (Some(_), Some(_)) => SenderKeyStatus::Retired,
        }
    }

    /// The record that has to be entered where the domain is kept (DNS), so that others can verify letters.
    async fn record(&self) -> DnsRecord {
        let domains::Record { name, value, .. } = domains::record(&self.domain, &self.key);
        DnsRecord { name, kind: "TXT", value }
    }

    /// The same record as a line of a zone file.
    async fn zone_line(&self) -> String {
        domains::record(&self.domain, &self.key).zone_line
    }

    /// Whether somebody brought the key along, so that it was not made here.
    async fn imported(&self) -> bool {
        self.key.imported
    }

    /// The moment when the key was made here, or brought along.
    async fn made_at(&self) -> DateTime {
        self.key.made_at.into()
    }

    /// The moment since which letters are signed with the key; null if they never were.
    async fn activated_at(&self) -> Option<DateTime> {
        self.key.activated_at.map(DateTime::from)
    }

    /// The moment since which letters are signed with the key no longer; null if they are, or never were.
    async fn retired_at(&self) -> Option<DateTime> {
        self.key.retired_at.map(DateTime::from)
    }

    /// The moment until which the record of a retired key has to stay published, and from which the key can be removed; null
    /// unless the key is retired.
    async fn record_needed_until(&self) -> Option<DateTime> {
        self.key.retired_at.map(|at| DateTime::from(at + OVERLAP))
    }
}
