//! The private halves of keys that letters are signed with, sealed under the master key.
//!
//! They are in no event and in no read model: whoever reads the log cannot sign, and a rebuild changes none. Here they are bytes that
//! mean nothing; whoever has the master key opens them for their [purpose]. Beside each stands the fingerprint of the master key that it is
//! sealed under, so that a process with another one knows that it is wrong itself.

use domain::SenderDomainId;
use domain::sender_domain::Selector;
use sqlx::{PgConnection, PgExecutor};
use std::fmt;

/// What a private key is sealed for: nobody can put it in the place of another one.
#[must_use]
pub fn purpose(domain: SenderDomainId, selector: &str) -> String {
    format!("dkim:{domain}:{selector}")
}

/// A key that letters of a domain are signed with.
#[derive(Clone)]
pub struct SigningKey {
    /// The id of the domain.
    pub id: SenderDomainId,
    /// The domain, as the name service knows it: `d=` of a signature.
    pub domain: String,
    /// The name under which the key's record is published: `s=` of a signature.
    pub selector: String,
    /// The private half as PKCS#8, sealed; `None` if it is lost.
    pub sealed: Option<Vec<u8>>,
    /// The fingerprint of the master key that it is sealed under; `None` if an older program has sealed it.
    pub sealed_under: Option<String>,
}

/// Not what is sealed, though it gives nothing away: it is long.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (domain, selector, there) = (&self.domain, &self.selector, self.sealed.is_some());
        f.debug_struct("SigningKey")
            .field("domain", domain)
            .field("selector", selector)
            .field("sealed", &there)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// What its private half is sealed for.
    #[must_use]
    pub fn purpose(&self) -> String {
        purpose(self.id, &self.selector)
    }
}

/// Keeps a private half that is sealed under the master key of this fingerprint. To be called within the transaction that appends the event
/// of the key.
pub async fn keep(
    executor: impl PgExecutor<'_>,
    domain: SenderDomainId,
    selector: &Selector,
    sealed: &[u8],
    under: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        // Of two who make a key of the same name at the same time only one appends its event, and the other's row goes with theirs.
        "insert into sealed_keys (domain_id, selector, sealed, sealed_under) values ($1, $2, $3, $4)
             on conflict (domain_id, selector) do update
            set sealed = excluded.sealed, sealed_under = excluded.sealed_under",
        domain.0,
        selector.as_str(),
        sealed,
        under,
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Forgets a private half, or all of a domain if no selector is named.
pub async fn forget(
    executor: impl PgExecutor<'_>,
    domain: SenderDomainId,
    selector: Option<&Selector>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from sealed_keys where domain_id = $1 and ($2::text is null or selector = $2)",
        domain.0,
        selector.map(Selector::as_str),
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// The private half of a key, sealed; `None` if it is lost.
pub async fn of(
    executor: impl PgExecutor<'_>,
    domain: SenderDomainId,
    selector: &Selector,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        "select sealed from sealed_keys where domain_id = $1 and selector = $2",
        domain.0,
        selector.as_str(),
    )
    .fetch_optional(executor)
    .await
}

/// The keys that letters of this domain are signed with, RSA before Ed25519; none if it signs no letters.
pub async fn active(executor: impl PgExecutor<'_>, domain: &str) -> Result<Vec<SigningKey>, sqlx::Error> {
    signing(executor, Some(domain)).await
}

/// The keys that letters of any domain are signed with.
pub async fn all_active(executor: impl PgExecutor<'_>) -> Result<Vec<SigningKey>, sqlx::Error> {
    signing(executor, None).await
}

async fn signing(executor: impl PgExecutor<'_>, domain: Option<&str>) -> Result<Vec<SigningKey>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select d.id, d.domain, k.selector, p.sealed as "sealed?", p.sealed_under as "sealed_under?"
             from sender_domains d
             join sender_domain_keys k on k.domain_id = d.id
             left join sealed_keys p on p.domain_id = k.domain_id and p.selector = k.selector
            where ($1::text is null or d.domain = $1) and d.removed_at is null
              and k.activated_at is not null and k.retired_at is null and k.removed_at is null
            order by d.domain, k.algorithm desc, k.selector"#,
        domain,
    )
    .fetch_all(executor)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| SigningKey {
            id: SenderDomainId(row.id),
            domain: row.domain,
            selector: row.selector,
            sealed: row.sealed,
            sealed_under: row.sealed_under,
        })
        .collect())
}

/// A sealed private half, whether letters are signed with it or not.
#[derive(Clone)]
pub struct Sealed {
    /// The id of the domain.
    pub domain: SenderDomainId,
    /// The name under which the key's record is published.
    pub selector: String,
    /// The private half as PKCS#8, sealed.
    pub sealed: Vec<u8>,
    /// The fingerprint of the master key that it is sealed under; `None` if an older program has sealed it.
    pub under: Option<String>,
}

/// Not what is sealed, though it gives nothing away: it is long.
impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (domain, selector, under) = (&self.domain, &self.selector, &self.under);
        f.debug_struct("Sealed")
            .field("domain", domain)
            .field("selector", selector)
            .field("under", under)
            .finish_non_exhaustive()
    }
}

impl Sealed {
    /// What it is sealed for.
    #[must_use]
    pub fn purpose(&self) -> String {
        purpose(self.domain, &self.selector)
    }
}

/// All sealed private halves, or those of them of which nobody has noted under which master key they are.
pub async fn all(executor: impl PgExecutor<'_>, only_unnoted: bool) -> Result<Vec<Sealed>, sqlx::Error> {
    let rows = sqlx::query!(
        "select domain_id, selector, sealed, sealed_under from sealed_keys
          where not $1 or sealed_under is null order by domain_id, selector",
        only_unnoted,
    )
    .fetch_all(executor)
    .await?;
    let rows = rows.into_iter().map(|row| Sealed {
        domain: SenderDomainId(row.domain_id),
        selector: row.selector,
        sealed: row.sealed,
        under: row.sealed_under,
    });
    Ok(rows.collect())
}

/// The fingerprints of the master keys that private halves are sealed under.
pub async fn fingerprints(executor: impl PgExecutor<'_>) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select distinct sealed_under as "under!" from sealed_keys where sealed_under is not null order by 1"#
    )
    .fetch_all(executor)
    .await
}

/// Keeps everybody from sealing anything until the transaction ends; reading goes on.
pub async fn lock(transaction: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("lock table sealed_keys in share row exclusive mode").execute(transaction).await.map(drop)
}

/// Puts what is sealed under the master key of this fingerprint in the place of what was there.
pub async fn replace(
    executor: impl PgExecutor<'_>,
    old: &Sealed,
    sealed: &[u8],
    under: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update sealed_keys set sealed = $3, sealed_under = $4 where domain_id = $1 and selector = $2",
        old.domain.0,
        old.selector.as_str(),
        sealed,
        under,
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Notes that what an older program has sealed is under the master key of this fingerprint, unless somebody has sealed it anew meanwhile.
pub async fn note(executor: impl PgExecutor<'_>, old: &Sealed, under: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update sealed_keys set sealed_under = $4
          where domain_id = $1 and selector = $2 and sealed = $3 and sealed_under is null",
        old.domain.0,
        old.selector.as_str(),
        old.sealed.as_slice(),
        under,
    )
    .execute(executor)
    .await?;
    Ok(())
}
