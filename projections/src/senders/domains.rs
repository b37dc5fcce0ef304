//! Domains whose letters are signed: their keys, and who may write from all of their addresses.

use crate::Cursor;
use crate::columns::row;
use crate::{Listed, ReadError, split};
use chrono::{DateTime, Utc};
use domain::sender_domain::{Algorithm, DomainName};
use domain::{SenderDomainId, UserId};
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

/// A domain whose letters are signed.
#[derive(Clone, Debug)]
pub struct SenderDomain {
    /// The domain's id.
    pub id: Uuid,
    /// The domain, as the name service knows it.
    pub domain: String,
    /// The moment when it was added.
    pub added_at: DateTime<Utc>,
    /// The domain's version: the place in its stream of the last event that is shown.
    pub version: i64,
}

impl SenderDomain {
    /// Its place in [`page`].
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.added_at, id: self.id }
    }
}

row! {
    /// A key of a domain, as far as everybody may know it. One that was removed is not shown.
    pub struct Key from StoredKey {
        words {
            /// How it signs.
            pub algorithm: Algorithm = "sender_domain_keys"(domain_id, selector),
        }
        /// The domain that it is of.
        pub domain_id: Uuid,
        /// The name under which its record is published.
        pub selector: String,
        /// The public half in base64: `p=` of its record.
        pub public: String,
        /// Whether it was brought along.
        pub imported: bool,
        /// The moment when it was made.
        pub made_at: DateTime<Utc>,
        /// The moment since which letters are signed with it; `None` if they never were.
        pub activated_at: Option<DateTime<Utc>>,
        /// The moment since which they are not any more; `None` if they are, or never were.
        pub retired_at: Option<DateTime<Utc>>,
    }
}

impl Key {
    /// Whether letters are signed with it.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.activated_at.is_some() && self.retired_at.is_none()
    }
}

/// Those of one domain's keys, in the order in which they were made, that are to sign next: of each algorithm the one that was made
/// last, if it was never activated. See [`domain::sender_domain::Holding::waiting`].
pub fn waiting(keys: &[Key]) -> impl Iterator<Item = &Key> {
    let latest = move |algorithm: Algorithm| keys.iter().rfind(|key| key.algorithm == algorithm);
    Algorithm::ALL.into_iter().filter_map(latest).filter(|key| key.activated_at.is_none())
}

/// An owner who may write from all addresses of a domain.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The domain.
    pub domain_id: Uuid,
    /// The owner.
    pub owner_id: Uuid,
    /// The moment when it was granted to them.
    pub granted_at: DateTime<Utc>,
}

/// The domains after a place, oldest first.
pub async fn page(pool: &PgPool, after: Option<Cursor>, limit: i64) -> Result<Vec<SenderDomain>, sqlx::Error> {
    let (at, id) = split(after);
    sqlx::query_as!(
        SenderDomain,
        "select id, domain, added_at, version from sender_domains
          where removed_at is null and ($1::timestamptz is null or (added_at, id) > ($1, $2))
          order by added_at, id limit $3",
        at,
        id,
        limit,
    )
    .fetch_all(pool)
    .await
}

/// How many domains there are.
pub async fn count(pool: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"select count(*) as "count!" from sender_domains where removed_at is null"#)
        .fetch_one(pool)
        .await
}

/// This domain; `None` if it is not there.
pub async fn get(pool: &PgPool, domain: &DomainName) -> Result<Option<SenderDomain>, sqlx::Error> {
    Ok(by_ids(pool, &[SenderDomainId::derive(domain).0]).await?.pop())
}

/// Domains by their ids, in no order.
pub async fn by_ids(pool: &PgPool, ids: &[Uuid]) -> Result<Vec<SenderDomain>, sqlx::Error> {
    sqlx::query_as!(
        SenderDomain,
        "select id, domain, added_at, version from sender_domains where id = any($1) and removed_at is null",
        ids,
    )
    .fetch_all(pool)
    .await
}

/// The keys of these domains, each with its domain's id, in the order in which they were made.
pub async fn keys(executor: impl PgExecutor<'_>, domains: &[Uuid]) -> Result<Listed<Uuid, Key>, sqlx::Error> {
    let rows = sqlx::query_as!(
        StoredKey,
        "select domain_id, selector, algorithm, public, imported, made_at, activated_at, retired_at
           from sender_domain_keys where domain_id = any($1) and removed_at is null
          order by domain_id, made_at, algorithm desc, selector",
        domains,
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| (row.domain_id, row.read())).collect())
}

/// The keys of one domain, in the order in which they were made.
pub async fn keys_of(pool: &PgPool, domain: SenderDomainId) -> Result<Vec<Key>, ReadError> {
    let keys = keys(pool, &[domain.0]).await?;
    keys.into_iter().map(|(_, key)| key.map_err(ReadError::from)).collect()
}

/// The names of the keys that letters of these domains are signed with, each with its domain; the latest first.
pub async fn signing(executor: impl PgExecutor<'_>, domains: &[String]) -> Result<Vec<(String, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        "select d.domain, k.selector from sender_domains d join sender_domain_keys k on k.domain_id = d.id
          where d.domain = any($1) and d.removed_at is null
            and k.activated_at is not null and k.retired_at is null and k.removed_at is null
          order by d.domain, k.made_at desc, k.selector",
        domains,
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| (row.domain, row.selector)).collect())
}

/// The domains from whose addresses an owner may write without showing that they are theirs, in the order of the alphabet.
pub async fn granted_to(pool: &PgPool, owner: UserId) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "select d.domain from sender_domain_grants g join sender_domains d on d.id = g.domain_id
          where g.owner_id = $1 and d.removed_at is null order by d.domain",
        owner.0,
    )
    .fetch_all(pool)
    .await
}

/// Who may write from all addresses of these domains, in the order in which it was granted.
pub async fn grants(pool: &PgPool, domains: &[Uuid]) -> Result<Vec<Grant>, sqlx::Error> {
    sqlx::query_as!(
        Grant,
        "select domain_id, owner_id, granted_at from sender_domain_grants where domain_id = any($1)
          order by domain_id, granted_at, owner_id",
        domains,
    )
    .fetch_all(pool)
    .await
}
