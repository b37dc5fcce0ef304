//! The private halves of keys that letters are signed with, sealed under the master key.
//!
//! They are in no event and in no read model: whoever reads the log cannot sign, and a rebuild changes none. Here they are bytes that
//! mean nothing; whoever has the master key opens them for their [purpose].

use domain::SenderDomainId;
use domain::sender_domain::Selector;
use sqlx::PgExecutor;
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

/// Keeps a sealed private half. To be called within the transaction that appends the event of the key.
pub async fn keep(
    executor: impl PgExecutor<'_>,
    domain: SenderDomainId,
    selector: &Selector,
    sealed: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        // Of two who make a key of the same name at the same time only one appends its event, and the other's row goes with theirs.
        "insert into sealed_keys (domain_id, selector, sealed) values ($1, $2, $3)
             on conflict (domain_id, selector) do update set sealed = excluded.sealed",
        domain.0,
        selector.as_str(),
        sealed,
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
        r#"select d.id, d.domain, k.selector, p.sealed as "sealed?"
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
        })
        .collect())
}
