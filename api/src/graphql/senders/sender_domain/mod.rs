//! Domains whose letters are signed, for administrators.

mod input;
mod mutation;

pub(crate) use mutation::SenderDomainMutation;

use crate::failure::Failure;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{DateTime, int};
use crate::graphql::kit::tables::{GrantsOf, KeysOf, UserKey};
use crate::graphql::letters::sender::DnsRecord;
use crate::graphql::who::viewer::User;
use acts::senders::domains;
use async_graphql::{Context, Description, Enum, Object};
use domain::sender_domain::{Algorithm, DomainName, OVERLAP};
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
struct SenderDomainKey {
    domain: String,
    key: read::Key,
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

/// An owner who may write from all addresses of a domain.
#[derive(Description)]
struct SenderDomainGrant(read::Grant);

#[Object(use_type_description)]
impl SenderDomainGrant {
    /// The owner. Null only if the user could not be read; then the top-level `errors` say why.
    async fn owner(&self, context: &Context<'_>) -> Result<Option<User>, Failure> {
        Ok(context.tables().load_one(UserKey(self.0.owner_id)).await?.transpose()?.map(User))
    }

    /// The moment when the domain was granted to them.
    async fn granted_at(&self) -> DateTime {
        self.0.granted_at.into()
    }
}

/// A domain whose letters are signed (DKIM, RFC 6376), and the owners who may write from all of its addresses. Letters of a domain
/// without an active key go out unsigned; letters of one whose keys cannot be used do not go out.
#[derive(Description)]
pub(crate) struct SenderDomain(read::SenderDomain);

#[Object(use_type_description)]
impl SenderDomain {
    /// The domain as the name service knows it (A-labels, RFC 5890).
    async fn domain(&self) -> &str {
        &self.0.domain
    }

    /// The keys of the domain, in the order in which they were made, without those that were removed. Null only if they could not
    /// be read; then the top-level `errors` say why.
    async fn keys(&self, context: &Context<'_>) -> Result<Option<Vec<SenderDomainKey>>, Failure> {
        let keys = context.tables().load_one(KeysOf(self.0.id)).await?.unwrap_or_default();
        if !context.has_room_for(keys.len()) {
            return Ok(None);
        }
        let shown = keys.into_iter().filter_map(|key| context.shown(key));
        Ok(Some(shown.map(|key| SenderDomainKey { domain: self.0.domain.clone(), key }).collect()))
    }

    /// The owners who may write from all addresses of the domain, in the order in which it was granted to them. Null only if they
    /// could not be read; then the top-level `errors` say why.
    async fn grants(&self, context: &Context<'_>) -> Result<Option<Vec<SenderDomainGrant>>, Failure> {
        let grants = context.tables().load_one(GrantsOf(self.0.id)).await?.unwrap_or_default();
        if !context.has_room_for(grants.len()) {
            return Ok(None);
        }
        Ok(Some(grants.into_iter().map(SenderDomainGrant).collect()))
    }

    /// The moment when the domain was added.
    async fn added_at(&self) -> DateTime {
        self.0.added_at.into()
    }

    /// The version of the domain, counted from 1. It grows by one whenever something happens to the domain, its keys or grants.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

#[derive(Default)]
pub(crate) struct SenderDomainQuery;

#[Object]
impl SenderDomainQuery {
    /// This domain, if its letters are signed here; null if they are not. This is for administrators.
    async fn sender_domain(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The domain, such as `example.org`.")] domain: String,
    ) -> Result<Option<SenderDomain>, Failure> {
        context.administrator()?;
        let Ok(domain) = DomainName::parse(&domain) else { return Ok(None) };
        shown(context, &domain).await
    }

    /// The domains whose letters are signed, in the order in which they were added. This is for administrators.
    async fn sender_domains(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "How many items the page has at most: 1 to 100, by default 20. Any other number gets the error `BAD_REQUEST`."
        )]
        first: Option<i32>,
        #[graphql(
            desc = "The cursor after which the page begins, an `endCursor` of this list; null for the first page. A text that can be none gets the error `BAD_REQUEST`."
        )]
        after: Option<String>,
    ) -> Result<Option<List<SenderDomain>>, Failure> {
        context.administrator()?;
        let page = Page::new(first, after.as_deref())?;
        let pool = context.pool().clone();
        let rows = read::page(&pool, page.after, page.limit()).await?;
        let total = Total::new(move || {
            let pool = pool.clone();
            async move { read::count(&pool).await }
        });
        Ok(Some(page.of(rows, read::SenderDomain::cursor, SenderDomain, total)))
    }
}

async fn shown(context: &Context<'_>, domain: &DomainName) -> Result<Option<SenderDomain>, Failure> {
    Ok(read::get(context.pool(), domain).await?.map(SenderDomain))
}
